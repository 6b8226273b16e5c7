"""Zips of csv that publishers put on their site: the Leefbaarometer, and CBS's buurt of each address.

A conditional request asks whether a file changed; its answer carries the file when it did, so nothing is fetched twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nplv_orchestration.errors import SourceRefused, SourceUnreachable
from nplv_orchestration.progress import Watch
from nplv_orchestration.sources import zips
from nplv_orchestration.sources.columns import unlike
from nplv_orchestration.sources.contract import Description
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.pulled import Answer, Draft, Pulled
from nplv_orchestration.sources.registry import FIRST_YEAR, SourceTable
from nplv_orchestration.sources.values import BadCell, Bounds, text_numbers

if TYPE_CHECKING:
    import pyarrow as pa

_DIMENSIONS = ("afw", "fys", "onv", "soc", "vrz", "won")
_SCORE = Bounds(-5, 5)  # a deviation on a scale on which the country's best and worst lie some tenths from the mean
_GRADES = ("klasse", "kafw")


def ask(table: SourceTable, base: str, http: Http, known_version: str | None, into: Path) -> Answer:
    """One question: the file, written to `into`, unless it still is the version that is known."""
    address = f"{base}/{table.path}"
    headers = {}
    if known_version:
        headers = {"If-None-Match": known_version} if known_version.startswith(('"', "W/")) else {"If-Modified-Since": known_version}
    reply = http.download(address, into, headers=headers)
    if reply.status == 304:
        if not known_version:
            raise SourceUnreachable(f"{address} answered that nothing changed, and was not asked that; try again later")
        return Answer(known_version, None, address)
    if "html" in reply.headers.get("content-type", ""):
        raise SourceUnreachable(f"{address} answered a web page where a file was expected; try again later")
    modified = reply.headers.get("last-modified")
    version = reply.headers.get("etag") or modified
    if not version:
        raise SourceRefused(f"{address} names neither an ETag nor a date, so a change cannot be seen")
    try:
        moment = parsedate_to_datetime(modified).isoformat() if modified else None
    except ValueError:
        raise SourceRefused(f"{address} has a date of change that is none: '{modified[:40]}'") from None
    return Answer(version, moment, address, carried=into)


def describe(table: SourceTable, answer: Answer) -> Description:
    """What a file that was fetched says of its table: whether it has the columns, and how many lines."""
    found = Description(table, modified=answer.modified or answer.version, rows=0)
    columns, delimiter = _form(table)
    try:
        with _member(table, answer.carried, columns, delimiter, []) as batches:
            found.rows = sum(rows.num_rows for _, _, rows in batches)
    except SourceRefused as refused:
        found.differs(str(refused).removeprefix(f"{table.name}: "), "path=")
    return found


def _form(table: SourceTable) -> tuple[list[str], str]:
    """The columns that are needed of a file, and what stands between them."""
    if table.reader == "addresses":
        return ["PC6", "Huisnummer", f"Buurt{table.boundary_year}"], ";"
    return ["bu_code", "jaar", *_DIMENSIONS], ","


def pull_leefbaarometer(table: SourceTable, answer: Answer, draft: Path, watch: Watch) -> Pulled:
    """The scores of buurten from FIRST_YEAR on. Raises SourceRefused, naming member, line and column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    with _member(table, answer.carried, *_form(table), ["versie", *_GRADES]) as found, Draft(table, draft, watch) as out:
        for name, first, rows in found:
            year = rows["jaar"].combine_chunks()
            if (row := unlike(year, r"^(19|20)\d\d$")) >= 0:
                raise SourceRefused(f"{name}, line {first + row}, jaar: '{str(year[row])[:20]}' is not a year")
            year = year.cast(pa.int32())
            scores = {d: _scores(rows, d, name, first) for d in _DIMENSIONS}
            grade = next((rows[column].combine_chunks() for column in _GRADES if column in rows.column_names), None)
            columns = {
                "region_code": pc.utf8_trim_whitespace(rows["bu_code"].combine_chunks()), "year": year,
                "versie": pc.utf8_trim_whitespace(rows["versie"]) if "versie" in rows.column_names else pa.nulls(len(year), pa.string()),
                "class": _grades(grade, len(year), name, first),
            }  # fmt: skip
            out.write(pa.table(columns | scores).filter(pc.greater_equal(year, FIRST_YEAR)))
    return out.pulled(table.boundary_year)


def _scores(rows: pa.Table, column: str, name: str, first: int) -> pa.DoubleArray:
    try:
        return text_numbers(rows[column].combine_chunks(), bounds=_SCORE)[0]
    except BadCell as bad:
        raise SourceRefused(f"{name}, line {first + bad.row}, {column}: {bad}") from None


def _grades(cells: pa.StringArray | None, count: int, name: str, first: int) -> pa.Int32Array:
    """The publisher's class from 1 to 9, where the file has one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if cells is None:
        return pa.nulls(count, pa.int32())
    known = pc.not_equal(cells, "")
    if (row := unlike(cells, "^[1-9]?$")) >= 0:
        raise SourceRefused(f"{name}, line {first + row}, class: '{str(cells[row])[:20]}' is not a class from 1 to 9")
    return pc.if_else(known, cells, pa.scalar(None, pa.string())).cast(pa.int32())


def pull_addresses(table: SourceTable, answer: Answer, draft: Path, watch: Watch) -> Pulled:
    """Postcode and house number with the code of their buurt, leading zeros restored."""
    import pyarrow as pa
    import pyarrow.compute as pc

    buurt = f"Buurt{table.boundary_year}"
    with _member(table, answer.carried, *_form(table), []) as found, Draft(table, draft, watch) as out:
        for name, first, rows in found:
            house, postcode = rows["Huisnummer"].combine_chunks(), pc.replace_substring(rows["PC6"].combine_chunks(), " ", "")
            code = pc.replace_substring_regex(pc.utf8_trim_whitespace(rows[buurt].combine_chunks()), "^BU", "")
            forms = (("Huisnummer", house, r"^\d{1,6}$"), ("PC6", postcode, r"^\d{4}[A-Z]{2}$"), (buurt, code, r"^[0-9A-Z]{1,8}$"))
            for column, cells, form in forms:
                if (row := unlike(cells, form)) >= 0:
                    raise SourceRefused(f"{name}, line {first + row}, {column}: found '{str(cells[row])[:20]}'")
            region = pc.binary_join_element_wise("BU", pc.utf8_lpad(code, 8, "0"), "")
            out.write(pa.table({"postcode": postcode, "house_number": house.cast(pa.int32()), "region_code": region}))
    return out.pulled(table.boundary_year)


@contextmanager
def _member(table: SourceTable, path: Path, columns: list[str], delimiter: str, optional: list[str]) -> Iterator[Iterator[tuple[str, int, pa.Table]]]:
    """The one csv in a zip that has these columns: its lines in batches, as the file's name, the number of the first line, and text."""
    with zips.opened(path, table.name) as packed:
        fits = []
        for info in zips.csv_members(packed):
            with zips.member(packed, info, table.name) as file:
                head = zips.head_of(file, delimiter, f"{table.name}, {info.filename[-80:]}")
            if set(columns) <= set(head):
                fits.append(info)
        if len(fits) != 1:
            raise SourceRefused(f"{table.name}: {len(fits)} files in the zip have the columns {', '.join(sorted(columns))}")
        name = f"{table.name}, {fits[0].filename[-80:]}"
        with zips.member(packed, fits[0], table.name) as file:
            head = zips.head_of(file, delimiter, name)
            wanted = [*columns, *(column for column in optional if column in head)]
            yield ((name, first, rows) for first, rows in zips.lines(file, head, wanted, delimiter, name, 2))
