"""When a table is pulled: one cheap question a night, a pull when its publisher changed it, and what to do when not.

What a table is stands in the registry, and how it is read in the readers. The last good version stays in use, labelled,
whenever a publisher is down or sends something else than the registry says.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from nplv_orchestration.archive import Archive, Manifest, State, TableState, now
from nplv_orchestration.configuration import FOLDER, OWN
from nplv_orchestration.errors import NotConfigured, NplvError, SourceNotFound, SourceRefused, SourceUnreachable
from nplv_orchestration.progress import Progress, silent
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources import deliveries, eponline, files, reviewed, statline_v3, statline_v4
from nplv_orchestration.sources.http import SIDE_BY_SIDE, Http
from nplv_orchestration.sources.pulled import Answer, Pulled, load
from nplv_orchestration.sources.registry import SourceTable
from nplv_orchestration.sources.revision import Moved, compare, kept, refuse_loss


@dataclass
class Publishers:
    """What a refresh needs: where to ask, one client for all, where the reviewed files are, and where good answers are kept."""

    settings: Settings
    archive: Archive
    http: Http
    progress: Progress = silent
    reviewed: Path = FOLDER / OWN
    _asked: dict[str, Future[Answer]] = field(default_factory=dict)
    _were_asked: set[str] = field(default_factory=set)

    def ask_ahead(self, tables: Iterable[SourceTable]) -> None:
        """Ask about tables side by side, each once in a run, before it is refreshed: a night in which nothing changed is all waiting for answers."""
        pool = ThreadPoolExecutor(SIDE_BY_SIDE)
        for table in tables:
            if table.is_asked and table.key not in self._were_asked:
                self._were_asked.add(table.key)
                self._asked[table.key] = pool.submit(_ask, table, self)
        pool.shutdown(wait=False)

    def answer(self, table: SourceTable) -> Answer:
        """The answer about a table: the one that was asked ahead, or one that is asked now."""
        asked = self._asked.pop(table.key, None)
        return asked.result() if asked else _ask(table, self)

    def close(self) -> None:
        """Wait for questions that are still open, and close the client."""
        for asked in self._asked.values():
            asked.cancel()
        wait(self._asked.values())
        self.http.close()


def refresh(table: SourceTable, publishers: Publishers) -> TableState:
    """Bring one table up to date, and say how that ended.

    Raises SourceUnreachable or SourceRefused when a publisher's table has no good version to fall back on, and NplvError when the
    archive cannot be written.
    """
    try:
        return _refresh(table, publishers)
    except OSError as error:
        raise NplvError(f"{table.name} could not be stored in {publishers.archive.root}: {error}; free space or choose another NPLV_HOME") from None


def _refresh(table: SourceTable, publishers: Publishers) -> TableState:
    archive = publishers.archive
    last = archive.current(table.key)
    name = table.name
    draft, download = archive.draft(table.key), archive.draft(table.key, "download")
    try:
        if table.is_delivered:
            return _take_over(table, publishers, last)
        if table.is_asked and archive.state(table.key) is None:  # it will be pulled: what that needs is loaded while the answer is on its way
            publishers.ask_ahead([table])
            load()
        answer = publishers.answer(table)
        if last and (last.publisher_version, last.request) == (answer.version, table.request) and archive.holds(last):
            return _end(archive, table, "unchanged", "", last)
        pulled = _pull(table, answer, publishers, draft)
        if pulled.rows == 0 and not table.may_be_empty:
            raise SourceRefused(f"{name}: no rows came; ask the publisher, or look at the registry's filter")
        moved: list[Moved] = []
        if last and archive.holds(last):
            moved = compare(table, archive.path(last), draft)
            if last.request == table.request and table.reader != "reviewed":  # what is dropped there was reviewed
                refuse_loss(table, last.years, pulled.years, moved)
        stored = archive.store(draft, _manifest(table, answer, pulled, moved, last))
        return _end(archive, table, "fresh", "", stored, changed=True)
    except NotConfigured as absent:
        return _end(archive, table, "not_configured", str(absent), last)
    except SourceNotFound as absent:
        reason = f"{name}: niet gevonden bij de uitgever"
        return _end(archive, table, "stale" if last else "not_found", reason, last, detail=str(absent))
    except SourceUnreachable as unreachable:
        before = archive.state(table.key)
        if last is None and before and before.state == "not_found":
            return _end(archive, table, "not_found", before.reason, None, detail=before.detail, is_down=True)
        if last is None:
            _end(archive, table, "unreachable", f"{name}: niet bereikbaar, en er is geen eerdere versie", None, detail=str(unreachable), is_down=True)
            raise
        reason = f"{name}: niet bereikbaar; in gebruik is de versie van {last.fetched_at[:10]}"
        return _end(archive, table, "stale", reason, last, detail=str(unreachable), is_down=True)
    except SourceRefused as refused:
        ended = _end(archive, table, "refused", _refusal(table, last), last, detail=str(refused))
        if last is None:
            raise
        return ended
    finally:
        draft.unlink(missing_ok=True)
        download.unlink(missing_ok=True)


def _take_over(table: SourceTable, publishers: Publishers, last: Manifest | None) -> TableState:
    """Take over what people delivered, and what RVO has where a key is set. A file that is wrong changes nothing else; detail tells of
    each what became of it. Raises what fetching a file raised, when nothing else was taken over.
    """
    archive = publishers.archive
    watch = partial(publishers.progress, f"bron {table.name}")
    trouble: SourceNotFound | SourceRefused | SourceUnreachable | None = None
    with TemporaryDirectory(prefix=".fetched-", dir=archive.folder(table.key)) as folder:
        fetched: list[Path] = []
        try:
            fetched = _fetch(table, publishers, last, Path(folder))
        except (SourceNotFound, SourceRefused, SourceUnreachable) as error:
            trouble = error
        judged = deliveries.judge(table, publishers.settings.inbox_folder, archive, publishers.reviewed, watch, fetched)
        detail = "; ".join([*judged.told, *([str(trouble)] if trouble else [])])
        stored = None
        if judged.pulled:
            moved = compare(table, archive.path(last), judged.draft) if last and archive.holds(last) else []
            stored = archive.store(judged.draft, _manifest(table, judged.answer, judged.pulled, moved))
        judged.move()
    if stored:
        return _end(archive, table, "fresh", "", stored, changed=True, detail=detail)
    if trouble:
        raise trouble
    if judged.refused:
        return _end(archive, table, "refused", _refusal(table, last), last, detail=detail)
    if last is None or last.rows == 0:  # never, or all of it was taken back
        raise NotConfigured(f"geen bestand van {table.publisher} ({table.title}) in de inbox")
    return _end(archive, table, "unchanged", "", last, detail=detail)


def _fetch(table: SourceTable, publishers: Publishers, last: Manifest | None, folder: Path) -> list[Path]:
    """The newest total file of EP-Online, fetched into a folder; none without a key, or when it was taken over before."""
    key = publishers.settings.eponline_api_key
    if table.reader != "eponline" or key is None:
        return []
    name, link = eponline.newest(publishers.settings.base(table.setting), key.get_secret_value(), publishers.http)
    if last and any(delivery.name == name for delivery in last.deliveries):
        return []
    publishers.http.download(link, folder / name)
    return [folder / name]


def _refusal(table: SourceTable, last: Manifest | None) -> str:
    if last is None:
        return f"{table.name}: geweigerd, en er is geen eerdere versie"
    return f"{table.name}: nieuwe versie geweigerd; in gebruik is de versie van {last.fetched_at[:10]}"


def _ask(table: SourceTable, publishers: Publishers) -> Answer:
    settings, http, archive = publishers.settings, publishers.http, publishers.archive
    match table.reader:
        case "reviewed":
            return reviewed.ask(table, publishers.reviewed)
        case "statline_v4":
            return statline_v4.ask(table, settings.base(table.setting), http)
        case "statline_v3":
            return statline_v3.ask(table, settings.base(table.setting), http, ahead=archive.state(table.key) is None)
        case "leefbaarometer" | "addresses":
            last = archive.current(table.key)
            usable = last and last.request == table.request and archive.holds(last)
            known = last.publisher_version if last and usable else None
            return files.ask(table, settings.base(table.setting), http, known, archive.draft(table.key, "download"))
        case "form" | "eponline":
            raise AssertionError(f"{table.key} is asked of nobody")


def _pull(table: SourceTable, answer: Answer, publishers: Publishers, draft: Path) -> Pulled:
    watch = partial(publishers.progress, f"bron {table.name}")
    match table.reader:
        case "reviewed":
            return reviewed.pull(table, answer, draft, watch)
        case "statline_v4":
            return statline_v4.pull(table, answer, publishers.http, draft, watch)
        case "statline_v3":
            return statline_v3.pull(table, answer, publishers.http, draft, watch)
        case "leefbaarometer":
            return files.pull_leefbaarometer(table, answer, draft, watch)
        case "addresses":
            return files.pull_addresses(table, answer, draft, watch)
        case "form" | "eponline":
            raise AssertionError(f"{table.key} is pulled from nobody")


def _manifest(table: SourceTable, answer: Answer, pulled: Pulled, moved: list[Moved], last: Manifest | None = None) -> Manifest:
    """What is kept of a version; last: the one before it, whose figures it may repeat under another name."""
    is_renamed = last is not None and last.request == table.request and last.publisher_version != answer.version
    return Manifest(
        key=table.key,
        relation=table.relation,
        publisher=table.publisher,
        table_id=table.table_id,
        title=table.title,
        address=answer.address,
        publisher_version=answer.version,
        publisher_modified=answer.modified,
        fetched_at=now(),
        rows=pulled.rows,
        years=pulled.years,
        sha256="",
        boundary_year=pulled.boundary_year,
        period=table.period,
        licence=table.licence,
        request=table.request,
        measures_empty=pulled.measures_empty,
        deliveries=pulled.deliveries,
        moved=kept(moved),
        repeats=last.fetched_at if last and is_renamed and table.grain and moved and not kept(moved) else "",
    )


def _end(
    archive: Archive,
    table: SourceTable,
    state: State,
    reason: str,
    manifest: Manifest | None,
    changed: bool = False,
    detail: str = "",
    is_down: bool = False,
) -> TableState:
    before = archive.state(table.key)
    same = before is not None and (before.state, before.reason, before.detail) == (state, reason, detail) and not changed
    since = before.since if same and before else now()
    ended = TableState(table.key, state, since, reason, manifest, changed, detail, is_down)
    try:
        archive.write_state(ended)
    except OSError as error:
        raise NplvError(f"{archive.root} cannot be written ({error.strerror}); free space or choose another NPLV_HOME") from None
    return ended
