"""Whether all that is kept is as it was written, and, in the weekly check, whether the archive still makes the figures that are published.

It changes nothing. Seals are checked in `sums`, `current` and `life`; making a version again is in `rebuild`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nplv_orchestration import current
from nplv_orchestration.archive import Archive, file_of
from nplv_orchestration.edition import life
from nplv_orchestration.errors import NplvError, some_of
from nplv_orchestration.home import Home
from nplv_orchestration.progress import Progress, silent


def sealed(home: Home) -> Iterator[tuple[Path, list[str]]]:
    """Each published version and each edition of a home, with what in it is not as it was made."""
    for folder in [*current.versions(home), *sorted(home.editions.glob("[0-9]*/r[0-9]*"))]:
        yield folder, faults(home, folder)


def faults(home: Home, folder: Path) -> list[str]:
    """What is not as it was made in a version or an edition, or a copy of one."""
    return life.faults(folder) if is_edition(folder) else current.faults(home, folder)


def is_edition(folder: Path) -> bool:
    """Whether a folder is an edition, where the others are versions."""
    return (folder / "provenance.json").exists()


def demand_sound(home: Home, progress: Progress = silent) -> dict[str, int]:
    """Look at everything: gives how many of each kind were looked at, by what they are. Raises NplvError naming what is not as it was written.

    The current version is made again unless other code made it: the next night publishes anew then.
    """
    from nplv_orchestration import rebuild

    archive = Archive.of(home)
    progress("zegels")
    folders = dict(sealed(home))
    found = [f"{folder}: {some_of(wrong)}" for folder, wrong in folders.items() if wrong]
    progress("archief")
    files = archive.files()
    found += [f"{archive.root / name} is not what its name says" for name in files if archive.digest(name) != Path(name).stem]
    in_use = [manifest for key in archive.tables() if (manifest := archive.current(key))]
    found += [f"{archive.root / name} is not there" for manifest in in_use if (name := file_of(manifest)) not in files]
    progress("opnieuw maken")
    version = current.name(home)
    differs = rebuild.version_differs(home, version, progress) if version and not found else None
    found += [differs] if differs else []
    if found:
        raise NplvError(f"{len(found)} of what is kept is not as it was written: {some_of(found)}; put it back from a backup (docs/runbook.md)")
    editions = sum(map(is_edition, folders))
    kinds = {"gepubliceerde versies": len(folders) - editions, "edities": editions, "bestanden in het archief": len(files)}
    return kinds | {"opnieuw gemaakt": int(differs is not None)}
