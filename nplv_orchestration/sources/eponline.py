"""EP-Online's total file: the energy labels of all buildings, a csv of millions of lines in a zip, with two lines before its head.

What a line says belongs here, and where the file is found at RVO; files that people put in the inbox come through `inbox`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.sources import zips
from nplv_orchestration.sources.columns import unlike
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.pulled import Draft

if TYPE_CHECKING:
    import pyarrow as pa

FILE_NAME = r"v\d{8}_v\d+_csv\.(zip|csv)"
_LABEL = r"^(A\+{0,5}|[B-G])$"
_NEEDED = {
    "opnamedatum": "recorded_on", "energieklasse": "label", "bagverblijfsobjectid": "dwelling_id", "postcode": "postcode",
    "huisnummer": "house_number", "gebouwklasse": "building",
}  # fmt: skip
_OPTIONAL = {"geldigtot": "valid_until"}


def newest(base: str, key: str, http: Http) -> tuple[str, str]:
    """The newest total file at RVO: its name, and the address it can be fetched from, which is secret and holds for a few minutes.

    Raises SourceRefused for a key that is not accepted, or an answer that names no such file.
    """
    address = f"{base}/Mutatiebestand/DownloadInfo"
    told = http.json(address, {"fileType": "csv"}, {"Authorization": key})
    name, link = told.get("bestandsnaam"), told.get("downloadUrl")
    if not isinstance(name, str) or not re.fullmatch(FILE_NAME, name) or not isinstance(link, str):
        raise SourceRefused(f"{address} names no total file: '{str(name)[:60]}'")
    if not re.match(rf"{base.split(':')[0]}://[\w.-]+(:\d+)?/", link, re.ASCII):  # as secured as the question was, and without a name or password
        raise SourceRefused(f"{address} gives no address of {name} that can be used")
    return name, link


def read(path: Path, name: str, out: Draft) -> date:
    """Write the labels of dwellings in a total file to a draft, each with the file's own date as reference date; gives that date.

    Raises SourceRefused, naming the file, line and column.
    """
    with _text(path, name) as file:
        published = file.readline(200).decode("utf-8-sig", errors="replace").strip().split(";")
        if published[:1] != ["PublicatieDatum"] or len(published) < 2:
            raise SourceRefused(f"{name}, line 1: found '{';'.join(published)[:40]}', expected PublicatieDatum")
        reference = _reference(published[1], name)
        file.readline(200)
        head = zips.head_of(file, ";", name)
        ours = {cell: _NEEDED.get(_plain(cell)) or _OPTIONAL[_plain(cell)] for cell in head if _plain(cell) in _NEEDED | _OPTIONAL}
        if lacking := set(_NEEDED.values()) - set(ours.values()):
            names = [theirs for theirs, our in _NEEDED.items() if our in lacking]
            raise SourceRefused(f"{name}, line 3: no column {', '.join(names)}")
        for our in set(ours.values()):  # a name that stands there twice is refused with the lines
            if len(alike := [cell for cell in ours if ours[cell] == our]) > 1:
                raise SourceRefused(f"{name}, line 3: {' and '.join(alike)} say the same")
        for first, rows in zips.lines(file, head, list(ours), ";", name, 4):
            out.write(_labels(rows, ours, reference, name, first))
    return reference


@contextmanager
def _text(path: Path, name: str) -> Iterator[IO[bytes]]:
    if name.lower().endswith(".csv"):
        with path.open("rb") as file:
            yield file
        return
    with zips.opened(path, name) as packed:
        members = zips.csv_members(packed)
        if len(members) != 1:
            raise SourceRefused(f"{name}: {len(members)} csv files in the zip, expected one")
        with zips.member(packed, members[0], name) as file:
            yield file


def _plain(column: str) -> str:
    """A name of a column without what differs from version to version: capitals, underscores, and the word before it."""
    return re.sub(r"^(pand|meting)", "", re.sub(r"[^a-z0-9]", "", column.lower()))


def _labels(rows: pa.Table, ours: dict[str, str], reference: date, name: str, first: int) -> pa.Table:
    """The labels among these lines: of dwellings, with a class and the number of a dwelling, whose lost zeros are restored.

    ours: our name of each column by the file's.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    line = pa.array(range(first, first + rows.num_rows), pa.int64())
    rows = pa.table({our: pc.utf8_trim_whitespace(rows[column]) for column, our in ours.items()} | {"line": line})
    theirs = {our: column for column, our in ours.items()}
    filled = [pc.not_equal(rows[column], "") for column in ("dwelling_id", "label")]
    rows = rows.filter(pc.and_(pc.equal(rows["building"], "W"), pc.and_(*filled))).combine_chunks()
    cells = {column: rows[column].combine_chunks() for column in rows.column_names}
    postcode = pc.utf8_upper(pc.replace_substring(cells["postcode"], " ", ""))
    for column, found, form in (
        ("label", cells["label"], _LABEL), ("dwelling_id", cells["dwelling_id"], r"^\d{1,16}$"),
        ("postcode", postcode, r"^(\d{4}[A-Z]{2})?$"), ("house_number", cells["house_number"], r"^(\d{1,5}(\D.{0,10})?)?$"),
    ):  # fmt: skip
        if (row := unlike(found, form)) >= 0:
            raise SourceRefused(f"{name}, line {cells['line'][row]}, {theirs[column]}: found '{str(found[row])[:20]}'")
    number = pc.struct_field(pc.extract_regex(cells["house_number"], r"^(?P<n>\d{1,5})"), "n")
    until = cells.get("valid_until")
    return pa.table(
        {
            "dwelling_id": pc.utf8_lpad(cells["dwelling_id"], 16, "0"),
            "recorded_on": _dates(cells["recorded_on"], theirs["recorded_on"], cells["line"], name),
            "valid_until": pa.nulls(rows.num_rows, pa.date32())
            if until is None
            else _dates(until, theirs["valid_until"], cells["line"], name, may_be_empty=True),
            "label": cells["label"],
            "postcode": postcode,
            "house_number": number.cast(pa.int32()),
            "reference_date": pa.array([reference] * rows.num_rows, pa.date32()),
        }
    )


def _dates(cells: pa.StringArray, column: str, line: pa.Int64Array, name: str, may_be_empty: bool = False) -> pa.Date32Array:
    """Dates written in one of three ways. There are few different ones among millions, so each is read once."""
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = cells.dictionary_encode()
    found: list[date | None] = []
    for place, text in enumerate(coded.dictionary.to_pylist()):
        moment = _date(text)
        if moment is None and not (may_be_empty and text == ""):
            row = pc.index(coded.indices, place).as_py()
            raise SourceRefused(f"{name}, line {line[row]}, {column}: '{text[:20]}' is not a date")
        found.append(moment)
    return pa.array(found, pa.date32()).take(coded.indices)


def _date(text: str) -> date | None:
    for form, digits in (("%Y%m%d", r"\d{8}"), ("%d-%m-%Y", r"\d{2}-\d{2}-\d{4}"), ("%Y-%m-%d", r"\d{4}-\d{2}-\d{2}")):
        if re.fullmatch(digits, text, re.ASCII):
            try:
                return datetime.strptime(text, form).date()
            except ValueError:
                return None
    return None


def _reference(text: str, name: str) -> date:
    found = _date(text.strip())
    if found is None:
        raise SourceRefused(f"{name}, line 1: '{text[:20]}' is not a date")
    return found
