"""The weekly check: whether all that is kept is as it was written, and whether the archive still makes the figures that are published.

It changes nothing. Seals are checked in `sums`, `current` and `life`; making a version again is in `rebuild`.
"""

from __future__ import annotations

from nplv_orchestration import current, rebuild
from nplv_orchestration.archive import Archive
from nplv_orchestration.edition import life
from nplv_orchestration.errors import NplvError, some_of
from nplv_orchestration.home import Home
from nplv_orchestration.progress import Progress, silent
from nplv_orchestration.sums import sha256


def demand_sound(home: Home, progress: Progress = silent) -> dict[str, int]:
    """Look at everything: gives how many of each kind were looked at, by what they are. Raises NplvError naming what is not as it was written.

    The current version is made again unless other code made it: the next night publishes anew then.
    """
    archive = Archive(home.archive)
    progress("zegels")
    versions = current.versions(home)
    found = [f"version {one.name}: {some_of(faults)}" for one in versions if (faults := current.faults(home, one))]
    editions = sorted(home.editions.glob("[0-9]*/r[0-9]*"))
    found += [f"edition {one.parent.name}/{one.name}: {some_of(faults)}" for one in editions if (faults := life.faults(one))]
    progress("archief")
    files = sorted(home.archive.glob("*/*.parquet"))
    found += [f"{file} is not what its name says" for file in files if sha256(file) != file.stem]
    in_use = [manifest for folder in sorted(home.archive.glob("*")) if folder.is_dir() and (manifest := archive.current(folder.name))]
    found += [f"{archive.path(manifest)} is not there" for manifest in in_use if not archive.path(manifest).exists()]
    progress("opnieuw maken")
    version = current.name(home)
    again = [version] if version and not found and rebuild.is_of_this_code(home, version) else []
    found += [differs for one in again if (differs := rebuild.version_differs(home, one, progress))]
    if found:
        raise NplvError(f"{len(found)} of what is kept is not as it was written: {some_of(found)}; put it back from a backup (docs/runbook.md)")
    return {"gepubliceerde versies": len(versions), "edities": len(editions), "bestanden in het archief": len(files), "opnieuw gemaakt": len(again)}
