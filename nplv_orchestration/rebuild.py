"""Makes figures again from the archive, with the versions of sources, the figures before them and the day that they rest on.

An edition or a published version is made again and compared; between two editions is computed what the one before would have told with one thing changed as it
is now; and what would have been told on a day is made from what was known then. It is done in a home of its own, which is thrown away: models, checks, gate and
publication run there as they do every night, without asking a publisher.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from nplv_orchestration import configuration, current
from nplv_orchestration.archive import Archive, TableState
from nplv_orchestration.current import Event
from nplv_orchestration.edition import evidence
from nplv_orchestration.edition.build import BETWEEN, between, drafted, named, steps_of, steps_told, write_edition
from nplv_orchestration.edition.difference import AREAS, METHOD, STEPS, provenance_of
from nplv_orchestration.edition.life import Standing
from nplv_orchestration.edition.table import read
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.history import QUIET
from nplv_orchestration.home import Home
from nplv_orchestration.progress import Progress, silent
from nplv_orchestration.publication import RELEASED
from nplv_orchestration.published import records
from nplv_orchestration.run import raise_failure
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.registry import BY_KEY
from nplv_orchestration.sums import hashes
from nplv_orchestration.versions import versions

_DELINEATION = ("focus_areas", "focus_area_regions")


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
        if found := _other_content(elsewhere, home, told, progress):
            return [found]
        before = _before(home, told)
        steps = steps_told(before, folder) if before else None
        if told["recomputed"] and not steps:
            raise NplvError(f"{steps_of(folder)}, what was recomputed for the edition, is gone or was changed; put it back from a backup")
        cut_off = date.fromisoformat(told["cut_off"]) if told["cut_off"] else None
        kept = {name: told[name] for name in ("revision", "status", "reason", "corrects_sent")}
        standing = Standing(**kept, cut_off=cut_off, agreed=tuple(told["agreed"]))
        edition = read(elsewhere.current / "openbaar" / "nplv.duckdb", told["edition"])
        edition = replace(edition, standing=standing, facts=told["published_version"])
        made = elsewhere.editions / folder.parent.name / folder.name
        write_edition(edition, made, before, steps, evidence.provenance(edition, told["compared_with"], told["recomputed"]))
        return list(_compared(folder, made))


def split(home: Home, folder: Path, progress: Progress = silent) -> Path:
    """Compute what lies between an edition and the one before it, and keep it beside its folder; the next concept tells each cause with its share.

    What the edition before told is computed with the code of now, and then with the delineation of now as well; what is left is by the sources. An indicator
    that the gate holds on the way is left out. Raises WrongCall when there is no edition before it, or one whose figures were entered; NplvError as `differences`.
    """
    now = provenance_of(folder)
    before = _before(home, now)
    if before is None:
        raise WrongCall(f"edition {folder.parent.name}/{folder.name} is compared with none, so there is nothing to tell apart")
    was = provenance_of(before)
    if "published_version" not in was:
        raise WrongCall(f"the figures of {before.parent.name}/{before.name} were entered from a letter: there are no sources to compute them from")
    if why := is_rebuildable(folder):
        raise NplvError(f"edition {folder.parent.name}/{folder.name} cannot be told apart: {why}; make its concept anew with this code first")
    as_now = {source["key"]: source for source in now["sources"] if source["relation"] in _DELINEATION}
    is_redrawn = any(source["sha256"] != as_now[source["key"]]["sha256"] for source in was["sources"] if source["key"] in as_now)
    with drafted(steps_of(folder)) as draft:
        figures = _recomputed(home, was, progress)
        (draft / STEPS[METHOD]).write_bytes(figures)
        if is_redrawn:
            figures = _recomputed(home, was | {"sources": [as_now.get(source["key"], source) for source in was["sources"]]}, progress)
        (draft / STEPS[AREAS]).write_bytes(figures)
        (draft / BETWEEN).write_bytes(between(now["compared_with"], now["published_version"]))
    return steps_of(folder)


def version_differs(home: Home, version: str, progress: Progress = silent) -> str | None:
    """What is otherwise when a published version is made again, in words: empty when it has the same content, None when other code made it.

    Raises NplvError as `differences`.
    """
    told = _told_by(home.published / version)
    if told["published_version"]["code_version"] != versions()["code_version"]:
        return None
    with tempfile.TemporaryDirectory() as name:
        return _other_content(Home(Path(name).resolve() / "home"), home, told, progress)


def _told_by(version: Path) -> dict[str, Any]:
    """What a published version tells that it rests on, as an edition's `provenance.json` tells it of its own."""
    import duckdb

    parquet = version / "intern" / "parquet"
    with duckdb.connect() as connection:
        rows = partial(records, connection)
        sources = rows(
            "SELECT * REPLACE (fetched_at::VARCHAR AS fetched_at) FROM read_parquet($file)", file=str(parquet / "provenance.sources.parquet")
        )
        build = rows("SELECT key, value FROM read_parquet($file)", file=str(parquet / "provenance.build.parquet"))
    return {"sources": sources, "published_version": {row["key"]: row["value"] for row in build}}


def _recomputed(home: Home, told: dict[str, Any], progress: Progress) -> bytes:
    """The figures of an edition, as `berekening.csv`, made anew from what it told that it rests on; without the indicators that are held."""
    with tempfile.TemporaryDirectory() as name:
        elsewhere = Home(Path(name).resolve() / "home")
        furnish(elsewhere, home, told, _before_version(home, told["published_version"]["version"]))
        make(elsewhere, told, progress)
        made = read(elsewhere.current / "openbaar" / "nplv.duckdb", told["edition"])
        released = {row["indicator_id"] for row in made.decisions if row["decision"] == RELEASED}
        return evidence.calculation(replace(made, calculation=[row for row in made.calculation if row["indicator_id"] in released]))


def _other_content(elsewhere: Home, home: Home, told: dict[str, Any], progress: Progress) -> str:
    """Make a published version again elsewhere; that its content is another one, in words, or nothing."""
    was = told["published_version"]["version"]
    furnish(elsewhere, home, told, _before_version(home, was))
    make(elsewhere, told, progress)
    version = current.name(elsewhere) or ""
    is_other = version.rpartition("-")[2] != was.rpartition("-")[2]
    return f"{was}: the archive makes other content than that version had ({version})" if is_other else ""


def furnish(elsewhere: Home, home: Home, told: dict[str, Any], earlier: list[Event]) -> None:
    """Put into a home what a version is made from: archived sources up to the ones it uses, and what was published before it (earlier)."""
    elsewhere.root.mkdir(parents=True)
    shutil.copy(home.root / "sources", elsewhere.root / "sources")
    archive = Archive.of(home)
    for source in told["sources"]:
        _versions(archive, elsewhere.archive / source["key"], source)
    for key in BY_KEY.keys() - {source["key"] for source in told["sources"]}:  # the registry got it afterwards, so there is nothing of it
        (elsewhere.archive / key).mkdir(parents=True)
        state = TableState(key, "not_configured", told["published_version"]["published_at"], "", manifest=None, changed=False)
        Archive(elsewhere.archive).write_state(state)
    for event in earlier:
        if (folder := home.published / event.version).is_dir() and not (elsewhere.published / event.version).exists():
            elsewhere.published.mkdir(exist_ok=True)
            (elsewhere.published / event.version).symlink_to(folder)
    if earlier:
        current.write(elsewhere, earlier)
        current.unfinished(elsewhere)


def _before_version(home: Home, version: str) -> list[Event]:
    """What was published before a version. Raises NplvError when that version is not known here, or the one before it, against which it was judged, is gone."""
    events = current.history(home)
    names = [event.version for event in events]
    if version not in names:
        raise NplvError(f"{home.published / 'history.jsonl'} does not know version {version}: use the NPLV_HOME in which it was made")
    earlier = events[: names.index(version)]
    if earlier and not (home.published / earlier[-1].version).is_dir():
        raise NplvError(f"version {earlier[-1].version}, against which version {version} was judged, is gone; put it back from a backup")
    return earlier


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
        link = folder / f"{source['sha256']}.parquet"
        if manifest.sha256 != source["sha256"] or link.is_symlink():
            continue
        if not archive.holds(manifest):
            raise NplvError(f"{archive.path(manifest)} is gone or damaged; restore the archive from a backup")
        link.symlink_to(archive.path(manifest))
    state = TableState(source["key"], source["state"], source["fetched_at"] or "", source["reason"], manifest=None, changed=False)
    Archive(folder.parent).write_state(state)  # it knows its manifest by what lies in the folder


def _is_same_moment(manifest: str, published: str) -> bool:
    return manifest[:19].replace("T", " ") == published[:19].replace("T", " ")


def make(home: Home, told: dict[str, Any], progress: Progress) -> None:
    """Everything from the models to the publication, in a home that was furnished, without a publisher and without a message to anybody."""
    import dagster as dg

    from nplv_orchestration.build import build_definitions

    programme = configuration.of(told["published_version"])
    day = date.fromisoformat(told["published_version"]["day"])
    settings = Settings.model_construct(home=home.root, programme=programme.id)  # the environment is of the other home
    definitions = build_definitions(settings, progress=progress, day=day, configuration=programme)
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
