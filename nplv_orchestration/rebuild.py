"""Makes an edition again from the archive, with the versions of sources, the figures before it and the day that it rests on, and compares.

It is done in a home of its own, which is thrown away: models, checks, gate and publication run there as they do every night, without asking a publisher.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from nplv_orchestration import current
from nplv_orchestration.archive import Archive, TableState
from nplv_orchestration.edition import evidence
from nplv_orchestration.edition.build import named, write_edition
from nplv_orchestration.edition.difference import provenance_of
from nplv_orchestration.edition.life import Standing
from nplv_orchestration.edition.table import read
from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home
from nplv_orchestration.progress import Progress, silent
from nplv_orchestration.run import QUIET, raise_failure
from nplv_orchestration.settings import Settings
from nplv_orchestration.sums import hashes
from nplv_orchestration.versions import versions


def is_rebuildable(folder: Path) -> str:
    """Why the edition in a folder cannot be made again here; empty when it can: it was made by this code, from a published version."""
    told = provenance_of(folder)
    if "published_version" not in told:
        return "de cijfers van een eerdere brief zijn ingevoerd, en niet gemaakt"
    here = versions()["code_version"]
    other = next((code for code in (told["code_version"], told["published_version"]["code_version"]) if code != here), "")
    return f"gemaakt met code {other}, en dit is {here}" if other else ""


def differences(home: Home, folder: Path, progress: Progress = silent) -> list[str]:
    """What is otherwise in the edition when it is made again, a line for each file, the first one first; none when all bytes are the same.

    folder: an edition that `is_rebuildable`. Raises NplvError when the archive does not hold what it rests on any more, or nothing can be made of it.
    """
    told = provenance_of(folder)
    with tempfile.TemporaryDirectory() as name:
        elsewhere = Home(Path(name).resolve() / "home")
        _furnish(elsewhere, home, told)
        _run(elsewhere, told, progress)
        version = current.name(elsewhere) or ""
        if version.rpartition("-")[2] != told["published_version"]["version"].rpartition("-")[2]:
            return [f"{told['published_version']['version']}: the archive makes other content than that version had ({version})"]
        before = _before(home, told)
        cut_off = date.fromisoformat(told["cut_off"]) if told["cut_off"] else None
        kept = {name: told[name] for name in ("revision", "status", "reason", "corrects_sent")}
        standing = Standing(**kept, cut_off=cut_off, agreed=tuple(told["agreed"]))
        edition = read(elsewhere.current / "openbaar" / "nplv.duckdb", told["edition"])
        edition = replace(edition, standing=standing, facts=told["published_version"])
        made = elsewhere.editions / folder.parent.name / folder.name
        write_edition(edition, made, before, evidence.provenance(edition, told["compared_with"]))
        return list(_compared(folder, made))


def _furnish(elsewhere: Home, home: Home, told: dict[str, Any]) -> None:
    """Put into a home what the edition's version was made from: archived sources up to the ones it used, and the version before it."""
    elsewhere.root.mkdir(parents=True)
    shutil.copy(home.root / "sources", elsewhere.root / "sources")
    archive = Archive(home.archive)
    for source in told["sources"]:
        _versions(archive, elsewhere.archive / source["key"], source)
    events = current.history(home)
    names = [event.version for event in events]
    version = told["published_version"]["version"]
    if version not in names:
        raise NplvError(f"{home.published / 'history.jsonl'} does not know version {version}: use the NPLV_HOME in which the edition was made")
    earlier = events[: names.index(version)]
    for event in earlier:
        if (folder := home.published / event.version).is_dir() and not (elsewhere.published / event.version).exists():
            elsewhere.published.mkdir(exist_ok=True)
            (elsewhere.published / event.version).symlink_to(folder)
    if earlier and not (elsewhere.published / earlier[-1].version).exists():
        raise NplvError(f"version {earlier[-1].version}, against which version {version} was judged, is gone; put it back from a backup")
    if earlier:
        current.write(elsewhere, earlier)
        current.unfinished(elsewhere)


def _versions(archive: Archive, folder: Path, source: dict[str, Any]) -> None:
    """The versions of a table up to the one that was used, and how the question about it had ended."""
    folder.mkdir(parents=True)
    known = archive.versions(source["key"])
    at = [n for n, m in enumerate(known) if m.sha256 == source["sha256"] and _is_same_moment(m.fetched_at, source["fetched_at"])]
    if source["sha256"] and not at:
        raise NplvError(
            f"{archive.root / source['key']} does not hold the version that was used ({source['sha256'][:12]}); restore the archive from a backup"
        )
    for number, manifest in enumerate(known[: at[-1] + 1 if at else 0], 1):
        shutil.copy(archive.root / source["key"] / f"{number:04d}.json", folder)
        if manifest.sha256 == source["sha256"] and not archive.holds(manifest):
            raise NplvError(f"{archive.path(manifest)} is gone or damaged; restore the archive from a backup")
        link = folder / archive.path(manifest).name
        if not link.is_symlink():
            link.symlink_to(archive.path(manifest))
    state = TableState(source["key"], source["state"], source["fetched_at"] or "", source["reason"], manifest=None, changed=False)
    Archive(folder.parent).write_state(state)  # it knows its manifest by what lies in the folder


def _is_same_moment(manifest: str, published: str) -> bool:
    return manifest[:19].replace("T", " ") == published[:19].replace("T", " ")


def _run(home: Home, told: dict[str, Any], progress: Progress) -> None:
    """Everything from the models to the publication, in that home, without a publisher and without a message to anybody."""
    import dagster as dg

    from nplv_orchestration.build import build_definitions

    day = date.fromisoformat(told["published_version"]["day"])
    definitions = build_definitions(Settings.model_construct(home=home.root), progress=progress, day=day)  # the environment is of the other home
    job = definitions.resolve_implicit_global_asset_job_def()
    made = [key for key in job.asset_layer.executable_asset_keys if key.path[0] != "raw" and key.path != ["edition"]]
    with dg.DagsterInstance.ephemeral() as instance:
        raise_failure(job.execute_in_process(instance=instance, asset_selection=made, raise_on_error=False, run_config=QUIET))


def _before(home: Home, told: dict[str, Any]) -> Path | None:
    """The edition with which the one was compared."""
    if not told["compared_with"]:
        return None
    folder: Path = home.editions / told["compared_with"].partition(" ")[0]
    if not folder.is_dir() or named(folder) != told["compared_with"]:
        raise NplvError(f"{folder}, with which the edition was compared, is gone or was changed; put it back from a backup")
    return folder


def _compared(one: Path, other: Path) -> Iterable[str]:
    """The files that differ between two folders."""
    was, now = hashes(one), hashes(other)
    for name in sorted(was.keys() | now.keys()):
        if was.get(name) != now.get(name):
            yield f"{name}: {_first_difference(one / name, other / name)}"


def _first_difference(one: Path, other: Path) -> str:
    if not one.exists() or not other.exists():
        return "is made now, and was not" if other.exists() else "is not made any more"
    was, now = one.read_bytes(), other.read_bytes()
    place = next((n for n, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
    line = was[:place].count(b"\n") + 1
    return f"differs from line {line} on: was {was[place : place + 40]!r}, is made as {now[place : place + 40]!r}"
