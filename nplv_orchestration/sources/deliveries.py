"""From a file in the inbox to a version in the archive: judging each file by itself, merging it in, and taking it back.

What was taken over lives in the archive: a version is made of deliveries, and its manifest tells which. Which files
there are is in `inbox`, and what a file must hold in `forms`.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nplv_orchestration.archive import Archive, Delivery, Manifest, now
from nplv_orchestration.errors import NplvError, SourceRefused, WrongCall
from nplv_orchestration.progress import Watch, unwatched
from nplv_orchestration.sources import eponline, inbox, reviewed, sheets
from nplv_orchestration.sources.forms import Known
from nplv_orchestration.sources.inbox import BY_TABLE, Kind
from nplv_orchestration.sources.pulled import Answer, Draft, Pulled, year_of
from nplv_orchestration.sources.registry import BY_KEY, SourceTable
from nplv_orchestration.sources.revision import LEAST_LEFT, PARTS, compare
from nplv_orchestration.sources.revision import kept as kept_of


@dataclass(frozen=True)
class Judged:
    """How the files that waited for one table were judged. draft holds the new version where there is one: pulled.

    refused: the lines of each refused file; fetched: files that no person put there, which stay where they are; told: what became of
    files that were not taken over.
    """

    draft: Path
    answer: Answer
    pulled: Pulled | None
    accepted: list[Path]
    refused: dict[Path, list[str]]
    told: list[str]
    fetched: Sequence[Path] = ()

    def move(self) -> None:
        """Move the files to where they belong; only when the version is stored, so that none is lost. Raises NplvError."""
        for file in self.accepted:
            if file not in self.fetched:
                inbox.accept(file)
        for file, lines in self.refused.items():
            if file not in self.fetched:
                inbox.refuse(file, lines)


def judge(table: SourceTable, folder: Path, archive: Archive, described: Path, watch: Watch, fetched: Sequence[Path] = ()) -> Judged:
    """Judge the files that wait for a table, and write the version that they make to a draft.

    folder: the inbox; described: the folder of the areas; fetched: files that are judged too, and are not in the inbox. A file whose
    content was taken over before under its name is only moved.
    Raises NplvError when the last version is lost, and OSError when the disk is.
    """
    kind = BY_TABLE[table.key]
    files = [*inbox.waiting(folder, kind), *fetched]
    last = _last(archive, table, {file.name for file in files})
    deliveries = {d.part: d for d in last.deliveries} if last else {}
    sources = dict.fromkeys(deliveries, archive.path(last)) if last else {}
    draft = archive.draft(table.key)
    exists = known(table, described) if files and kind.form else Known()
    accepted: list[Path] = []
    refused: dict[Path, list[str]] = {}
    told: list[str] = []
    new: list[Path] = []
    try:
        for number, file in enumerate(files):
            rows = draft.with_name(f"{draft.stem}-{number}.parquet")
            new.append(rows)
            try:
                before, digest = inbox.moment(file), inbox.fingerprint(file)
            except OSError as error:  # it may not be read, or was just taken away; the others go on
                told.append(f"{file.name} kan niet worden gelezen ({error.strerror}); geef dit programma het recht daartoe")
                continue
            if any((d.name, d.sha256) == (file.name, digest) for d in deliveries.values()):
                accepted.append(file)
                continue
            try:
                delivery = _read(kind, table, file, digest, rows, exists, deliveries, sources, watch)
            except SourceRefused as error:
                refused[file] = getattr(error, "lines", [str(error)])
                told.append(f"geweigerd: {error}")
                continue
            except OSError as error:
                if file.exists():
                    raise
                told.append(f"{file.name} werd weggehaald terwijl het werd gelezen ({error.strerror})")
                continue
            if not _is_still(file, digest, before):
                continue  # it changed while it was read: the next time
            accepted.append(file)
            if _is_older(kind, delivery, rows, sources):
                told.append(f"{file.name} is niet in gebruik: van {delivery.part} is {deliveries[delivery.part].name} later")
                continue
            deliveries[delivery.part], sources[delivery.part] = delivery, rows
        answer = Answer(_version(deliveries.values()), max((d.modified for d in deliveries.values()), default=None), "inbox")
        changed = list(deliveries.values()) != (last.deliveries if last else [])
        pulled = _compose(kind, table, deliveries, sources, draft, watch) if changed else None
    finally:
        for rows in new:
            rows.unlink(missing_ok=True)
    return Judged(draft, answer, pulled, accepted, refused, told, fetched)


def _is_still(file: Path, digest: str, moment: str) -> bool:
    try:
        return (inbox.fingerprint(file), inbox.moment(file)) == (digest, moment)
    except FileNotFoundError:
        return False


def withdraw(archive: Archive, name: str) -> tuple[SourceTable, Delivery, Manifest]:
    """Store a version without the delivery of this file name; only for who holds the lock of the home.

    Gives the table, what was taken back, and the new version. Raises WrongCall, naming those that are there, for a name that is not.
    """
    key, gone = find(archive, name)
    table, last = BY_KEY[key], archive.current(key)
    assert last is not None
    if not archive.holds(last):
        raise NplvError(_lost(archive, last, [delivery.name for delivery in last.deliveries]))
    kept = {d.part: d for d in last.deliveries if d != gone}
    draft = archive.draft(key)
    try:
        pulled = _compose(BY_TABLE[key], table, kept, dict.fromkeys(kept, archive.path(last)), draft, unwatched)
        version = replace(
            last,
            publisher_version=_version(kept.values()),
            publisher_modified=max((d.modified for d in kept.values()), default=None),
            fetched_at=now(),
            rows=pulled.rows,
            years=pulled.years,
            deliveries=pulled.deliveries,
            moved=kept_of(compare(table, archive.path(last), draft)),
        )
        return table, gone, archive.store(draft, version)
    finally:
        draft.unlink(missing_ok=True)


def find(archive: Archive, name: str) -> tuple[str, Delivery]:
    """The key of the table that has a delivery of this file name, and the delivery. Raises WrongCall, naming those that are there."""
    there = held(archive)
    found = next(((key, delivery) for key, delivery in there if delivery.name == name), None)
    if found is None:
        names = ", ".join(sheets.shown(delivery.name, 80) for _, delivery in there) or "none"
        raise WrongCall(f"no delivery is named '{sheets.shown(name, 80)}'; those in use: {names}")
    return found


def held(archive: Archive) -> list[tuple[str, Delivery]]:
    """The deliveries that the last versions are made of, each with the key of its table."""
    return [(key, delivery) for key in BY_TABLE if (last := archive.current(key)) for delivery in last.deliveries]


def contacts(version: Path) -> dict[str, str]:
    """Who stands in each delivery as the one to ask, by file name; version: the rows of a table that has that column."""
    return dict(_query("SELECT delivery, string_agg(DISTINCT contact, '; ' ORDER BY contact) FROM read_parquet(?) GROUP BY delivery", version))


def _last(archive: Archive, table: SourceTable, waiting: set[str]) -> Manifest | None:
    """The version to go on from. One whose rows are lost can only be made anew, of all its files; one from before deliveries were told is."""
    last = archive.current(table.key)
    if last and not archive.holds(last):
        lacking = [delivery.name for delivery in last.deliveries if delivery.name not in waiting]
        if lacking or not waiting:
            raise NplvError(_lost(archive, last, lacking))
        return None
    return last if last and last.deliveries else None


def _lost(archive: Archive, last: Manifest, lacking: Iterable[str]) -> str:
    files = ", ".join(sheets.shown(name, 80) for name in lacking) or "its files"
    return f"{archive.path(last)} is not there, or damaged; restore it from a backup, or move {files} from the folder accepted back into the inbox"


def known(table: SourceTable, described: Path) -> Known:
    """What exists here: the areas and municipalities of this home, and what the catalogue has for the table.

    described: the folder of the areas. Raises SourceRefused when they are not there.
    """
    here, listed = reviewed.areas(described), catalogued(table)
    return replace(listed, areas=here.areas, municipalities=here.municipalities)


def catalogued(table: SourceTable) -> Known:
    """What the catalogue has: the indicators that are made from a table, and what the programme counts and asks."""
    from nplv_orchestration.manifest import load_manifest

    manifest = load_manifest()
    return Known(indicators={i.indicator_id: i.name_nl for i in manifest.indicators if table.key in i.sources}, programme=manifest.programme)


def _read(
    kind: Kind,
    table: SourceTable,
    file: Path,
    digest: str,
    rows: Path,
    exists: Known,
    deliveries: dict[str, Delivery],
    sources: dict[str, Path],
    watch: Watch,
) -> Delivery:
    """Read one file into a draft of its own. Raises SourceRefused with all that is wrong with it."""
    with Draft(table, rows, watch) as out:
        if kind.form:
            try:
                pages = sheets.read(file)
            except SourceRefused as error:
                raise sheets.FileRefused(file.name, [str(error)]) from None
            elsewhere = _elsewhere(kind, file.name, deliveries, sources)
            out.add(kind.form.rows(file.name, pages, exists, elsewhere))
        else:
            eponline.read(file, file.name, out)
    pulled = out.pulled(None)
    if not pulled.rows:
        raise sheets.FileRefused(file.name, ["er staan geen rijen in"])
    (part,) = _query(f"SELECT DISTINCT CAST({kind.part} AS VARCHAR) FROM read_parquet(?)", rows)
    before = deliveries.get(part[0])
    if before:
        way_out = f"is dat zo bedoeld, neem die dan eerst terug: nplv inbox withdraw {shlex.quote(before.name)}"
        lost = [
            f"{n or 'geen'} rijen van {of}, en de vorige levering ({sheets.shown(before.name, 80)}) had er {o}; {way_out}"
            for of, o, n in _losses(kind, table, sources[part[0]], part[0], rows)
        ]
        if lost:
            raise sheets.FileRefused(file.name, lost)
    return Delivery(file.name, part[0], digest, now(), pulled.rows, pulled.years, inbox.moment(file))


def _losses(kind: Kind, table: SourceTable, old: Path, part: str, new: Path) -> list[tuple[str, int, int]]:
    """What a delivery would lose of the one that it replaces: of what, how many rows that had, and how many are left; a tenth is no loss."""
    group = next((name for name in PARTS if name in table.columns), "''")
    of = f"concat_ws(' ', nullif({group}, ''), {year_of(table) or 'NULL'})"
    return _query(
        f"SELECT o.of, o.c, coalesce(n.c, 0) FROM (SELECT {of} AS of, count(*) AS c FROM read_parquet(?) WHERE CAST({kind.part} AS VARCHAR) = ? "
        f"GROUP BY ALL) AS o LEFT JOIN (SELECT {of} AS of, count(*) AS c FROM read_parquet(?) GROUP BY ALL) AS n USING (of) "
        f"WHERE coalesce(n.c, 0) < {LEAST_LEFT} * o.c ORDER BY ALL",
        old, part, new,
    )  # fmt: skip


def _elsewhere(kind: Kind, name: str, deliveries: dict[str, Delivery], sources: dict[str, Path]) -> dict[tuple[Any, ...], str]:
    """The keys of the rows of all other deliveries, with the delivery's name."""
    key = ", ".join(kind.form.grain) if kind.form else ""
    found: dict[tuple[Any, ...], str] = {}
    for part, path in sources.items():
        if part != name:
            rows = _query(f"SELECT {key} FROM read_parquet(?) WHERE CAST({kind.part} AS VARCHAR) = ?", path, part)
            found |= dict.fromkeys(rows, deliveries[part].name)
    return found


def _is_older(kind: Kind, delivery: Delivery, rows: Path, sources: dict[str, Path]) -> bool:
    """Whether a later delivery of the same part is in use."""
    if not kind.latest or delivery.part not in sources:
        return False
    latest = f"SELECT max({kind.latest}) FROM read_parquet(?) WHERE CAST({kind.part} AS VARCHAR) = ?"
    return bool(_query(latest, rows, delivery.part)[0] < _query(latest, sources[delivery.part], delivery.part)[0])


def _compose(kind: Kind, table: SourceTable, deliveries: dict[str, Delivery], sources: dict[str, Path], draft: Path, watch: Watch) -> Pulled:
    """Write the rows of these deliveries to a draft, in the order of their parts: what a version holds follows from them alone."""
    import duckdb

    with Draft(table, draft, watch) as out:
        for part in sorted(deliveries):
            try:
                out.copy(sources[part], f"CAST({kind.part} AS VARCHAR)", part)
            except duckdb.Error as error:
                raise _unreadable(sources[part], error) from None
    pulled = out.pulled(table.boundary_year)
    return replace(pulled, deliveries=[deliveries[part] for part in sorted(deliveries)])


def _version(deliveries: Iterable[Delivery]) -> str:
    content = "".join(sorted(f"{d.name}\0{d.sha256}\0" for d in deliveries))
    return hashlib.sha256(content.encode()).hexdigest()


def _query(sql: str, *values: object) -> list[tuple[Any, ...]]:
    import duckdb

    try:
        with duckdb.connect() as connection:
            return connection.execute(sql, [str(value) for value in values]).fetchall()
    except duckdb.Error as error:
        raise _unreadable(values[0], error) from None


def _unreadable(path: object, error: Exception) -> NplvError:
    return NplvError(f"{path} cannot be read ({str(error).splitlines()[0][:200]}); restore it from a backup")
