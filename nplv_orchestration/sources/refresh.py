"""When a table is pulled: one cheap question a night, a pull when its publisher changed it, and what to do when not.

What a table is stands in the registry, and how it is read in the readers. The last good version stays in use, labelled,
whenever a publisher is down or sends something else than the registry says.
"""

from __future__ import annotations

import csv
import lzma
import zipfile
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from nplv_orchestration.archive import Archive, Manifest, State, TableState
from nplv_orchestration.errors import NotConfigured, NplvError, SourceNotFound, SourceRefused, SourceUnreachable
from nplv_orchestration.progress import Progress, silent
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources import areas, files, inbox, odata_v3, odata_v4
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.pulled import Answer, Pulled
from nplv_orchestration.sources.registry import SourceTable


@dataclass
class Publishers:
    """What a refresh needs: where to ask, one client for all, where the areas are described, and where good answers are kept."""

    settings: Settings
    archive: Archive
    http: Http
    progress: Progress = silent
    areas: Path = areas.REAL


def refresh(table: SourceTable, publishers: Publishers) -> TableState:
    """Bring one table up to date, and say how that ended.

    Raises SourceUnreachable or SourceRefused when a publisher's table has no good version to fall back on.
    """
    archive = publishers.archive
    last = archive.current(table.key)
    name = f"{table.publisher} {table.table_id}"
    if table.only_with and archive.current(table.only_with) is None:
        return _end(archive, table, "not_needed", f"{name}: niet nodig zonder {table.only_with}", last)
    try:
        answer = _ask(table, publishers, last)
        if last and (last.publisher_version, last.request) == (answer.version, table.request) and archive.path(last).exists():
            return _end(archive, table, "unchanged", "", last)
        draft = archive.draft(table.key)
        try:
            pulled = _read(table, answer, publishers)
            if pulled.rows == 0:
                raise SourceRefused(f"{name}: no rows came; ask the publisher, or look at the registry's filter")
            if last and (lost := set(last.years) - set(pulled.years)):
                gone = ", ".join(map(str, sorted(lost)))
                raise SourceRefused(
                    f"{name}: no rows of {gone}, which the last version had; if that is meant, give the table a new key in the registry"
                )
            stored = archive.store(draft, _manifest(table, answer, pulled))
        finally:
            draft.unlink(missing_ok=True)
        return _end(archive, table, "fresh", "", stored, changed=True)
    except NotConfigured as absent:
        return _end(archive, table, "not_configured", str(absent), last)
    except SourceNotFound:
        reason = f"{name}: niet gevonden bij de uitgever (404)"
        if last:
            return _end(archive, table, "stale", reason, last)
        return _end(archive, table, "not_found", reason, None)
    except SourceUnreachable as unreachable:
        before = archive.state(table.key)
        if last is None and before and before.state == "not_found":
            return _end(archive, table, "not_found", before.reason, None)
        if last is None:
            _end(archive, table, "unreachable", f"{name}: niet bereikbaar, en er is geen eerdere versie", None, detail=str(unreachable))
            raise
        return _end(archive, table, "stale", f"{name}: niet bereikbaar; in gebruik is de versie van {last.fetched_at[:10]}", last)
    except SourceRefused as refused:
        if last is None:
            ended = _end(archive, table, "refused", f"{name}: geweigerd, en er is geen eerdere versie", None, detail=str(refused))
            if table.is_delivered:  # a person's file that is wrong changes nothing else
                return ended
            raise
        reason = f"{name}: nieuwe versie geweigerd; in gebruik is de versie van {last.fetched_at[:10]}"
        return _end(archive, table, "refused", reason, last, detail=str(refused))
    except OSError as error:
        raise NplvError(f"{name} could not be stored in {archive.root}: {error}; free space or choose another NPLV_HOME") from None


def _ask(table: SourceTable, publishers: Publishers, last: Manifest | None) -> Answer:
    settings, http = publishers.settings, publishers.http
    match table.reader:
        case "areas":
            return areas.ask(table, publishers.areas)
        case "odata_v4":
            return odata_v4.ask(table, _base(settings.cbs_url), http)
        case "odata_v3":
            return odata_v3.ask(table, _base(settings.dataderden_url), http)
        case "leefbaarometer" | "addresses":
            base = settings.leefbaarometer_url if table.reader == "leefbaarometer" else settings.cbs_download_url
            usable = last and last.request == table.request and publishers.archive.path(last).exists()
            known = last.publisher_version if last and usable else None
            return files.ask(table, _base(base), http, known)
        case "maatwerk" | "eponline":
            return inbox.ask(table, settings.inbox_folder)


def _read(table: SourceTable, answer: Answer, publishers: Publishers) -> Pulled:
    """Pull a table. Raises SourceRefused also for whatever the libraries that unpack and decode make of a broken answer."""
    try:
        return _pull(table, answer, publishers)
    except (UnicodeError, csv.Error, zlib.error, lzma.LZMAError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise SourceRefused(f"{table.publisher} {table.table_id} cannot be read: {error or type(error).__name__}") from None


def _pull(table: SourceTable, answer: Answer, publishers: Publishers) -> Pulled:
    draft = publishers.archive.draft(table.key)
    watch = partial(publishers.progress, f"bron {table.publisher} {table.table_id}")
    match table.reader:
        case "areas":
            return areas.pull(table, answer, draft, watch)
        case "odata_v4":
            return odata_v4.pull(table, answer, publishers.http, draft, watch)
        case "odata_v3":
            return odata_v3.pull(table, answer, publishers.http, draft, watch)
        case "leefbaarometer":
            return files.pull_leefbaarometer(table, answer, draft, watch)
        case "addresses":
            return files.pull_addresses(table, answer, draft, watch)
        case "maatwerk":
            return inbox.pull_maatwerk(table, answer, draft, watch)
        case "eponline":
            return inbox.pull_eponline(table, answer, draft, watch)


def _base(url: object) -> str:
    return str(url).rstrip("/")


def _manifest(table: SourceTable, answer: Answer, pulled: Pulled) -> Manifest:
    return Manifest(
        key=table.key,
        relation=table.relation,
        publisher=table.publisher,
        table_id=table.table_id,
        title=table.title,
        address=answer.address,
        publisher_version=answer.version,
        publisher_modified=answer.modified,
        fetched_at=datetime.now(UTC).replace(microsecond=0).isoformat(),
        rows=pulled.rows,
        years=pulled.years,
        sha256="",
        boundary_year=pulled.boundary_year,
        period=table.period,
        licence=table.licence,
        request=table.request,
        measures_empty=pulled.measures_empty,
    )


def _end(
    archive: Archive, table: SourceTable, state: State, reason: str, manifest: Manifest | None, changed: bool = False, detail: str = ""
) -> TableState:
    before = archive.state(table.key)
    same = before is not None and (before.state, before.reason, before.detail) == (state, reason, detail) and not changed
    since = before.since if same and before else datetime.now(UTC).replace(microsecond=0).isoformat()
    ended = TableState(table.key, state, since, reason, manifest, changed, detail)
    try:
        archive.write_state(ended)
    except OSError as error:
        raise NplvError(f"{archive.root} cannot be written ({error.strerror}); free space or choose another NPLV_HOME") from None
    return ended
