"""Zip files of csv that publishers put on their site: the Leefbaarometer, and CBS's buurt of each address.

A conditional request asks whether a file changed; its answer carries the file when it did, so nothing is fetched twice.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path, PurePosixPath

from nplv_orchestration.errors import SourceRefused, SourceUnreachable
from nplv_orchestration.progress import Watch
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.pulled import Answer, Draft, Pulled
from nplv_orchestration.sources.registry import FIRST_YEAR, SourceTable
from nplv_orchestration.sources.values import text_number

MOST_UNPACKED = 4 << 30
_DIMENSIONS = ("afw", "fys", "onv", "soc", "vrz", "won")


def ask(table: SourceTable, base: str, http: Http, known_version: str | None) -> Answer:
    """One question: the file, unless it still is the version that is known."""
    address = f"{base}/{table.path}"
    headers = {}
    if known_version:
        headers = {"If-None-Match": known_version} if known_version.startswith(('"', "W/")) else {"If-Modified-Since": known_version}
    response = http.get(address, headers=headers)
    if response.status_code == 304 and known_version:
        return Answer(known_version, None, address)
    if "html" in response.headers.get("content-type", ""):
        raise SourceUnreachable(f"{address} answered a web page where a file was expected; try again later")
    modified = response.headers.get("last-modified")
    version = response.headers.get("etag") or modified
    if not version:
        raise SourceRefused(f"{address} names neither an ETag nor a date, so a change cannot be seen")
    moment = parsedate_to_datetime(modified).isoformat() if modified else None
    return Answer(version, moment, address, carried=response.content)


def pull_leefbaarometer(table: SourceTable, answer: Answer, draft: Path, watch: Watch) -> Pulled:
    """The scores of buurten from FIRST_YEAR on. Raises SourceRefused, naming member, line and column."""
    name, lines = _member(table, answer.carried, {"bu_code", "jaar", *_DIMENSIONS})

    def rows() -> Iterator[dict[str, object]]:
        for number, line in enumerate(lines, 2):
            if not re.fullmatch(r"\d{4}", line["jaar"]):
                raise SourceRefused(f"{name}, line {number}, jaar: '{line['jaar'][:20]}' is not a year")
            if int(line["jaar"]) < FIRST_YEAR:
                continue
            grade = line.get("klasse") or line.get("kafw") or ""
            values = {d: text_number(line[d], where=f"{name}, line {number}, {d}")[0] for d in _DIMENSIONS}
            yield {
                "region_code": line["bu_code"].strip(), "year": int(line["jaar"]), "versie": line.get("versie", "").strip(),
                "class": int(grade) if grade.isdigit() else None, **values,
            }  # fmt: skip

    with Draft(table, draft, ("region_code", "year"), watch) as out:
        out.add(rows())
    return out.pulled(table.boundary_year)


def pull_addresses(table: SourceTable, answer: Answer, draft: Path, watch: Watch) -> Pulled:
    """Postcode and house number with the code of their buurt, leading zeros restored."""
    buurt = f"Buurt{table.boundary_year}"
    name, lines = _member(table, answer.carried, {"PC6", "Huisnummer", buurt}, delimiter=";")

    def rows() -> Iterator[dict[str, object]]:
        for number, line in enumerate(lines, 2):
            if not line["Huisnummer"].isdigit():
                raise SourceRefused(f"{name}, line {number}, Huisnummer: '{line['Huisnummer'][:20]}' is not a number")
            yield {
                "postcode": line["PC6"].replace(" ", ""), "house_number": int(line["Huisnummer"]),
                "region_code": "BU" + line[buurt].strip().removeprefix("BU").zfill(8),
            }  # fmt: skip

    with Draft(table, draft, ("postcode", "house_number"), watch) as out:
        out.add(rows())
    return out.pulled(table.boundary_year)


def _member(table: SourceTable, content: bytes, columns: set[str], delimiter: str = ",") -> tuple[str, Iterator[dict[str, str]]]:
    """The one csv in a zip that has these columns: its name, and its lines."""
    name = f"{table.publisher} {table.table_id}"
    try:
        packed = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        raise SourceRefused(f"{name}: the file is not a zip") from None
    members = packed.infolist()
    if any(".." in PurePosixPath(m.filename).parts or m.filename.startswith("/") for m in members):
        raise SourceRefused(f"{name}: the zip has a path that climbs out")
    if sum(m.file_size for m in members) > MOST_UNPACKED:
        raise SourceRefused(f"{name}: the zip unpacks to more than {MOST_UNPACKED >> 30} GB")
    fits = []
    for member in members:
        if member.filename.lower().endswith(".csv"):
            with packed.open(member) as file:
                head = file.readline().decode("utf-8-sig", errors="replace").strip()
            if columns <= {c.strip('" ') for c in head.split(delimiter)}:
                fits.append(member)
    if len(fits) != 1:
        raise SourceRefused(f"{name}: {len(fits)} files in the zip have the columns {', '.join(sorted(columns))}")
    return fits[0].filename, _lines(packed, fits[0], delimiter, name)


def _lines(packed: zipfile.ZipFile, member: zipfile.ZipInfo, delimiter: str, name: str) -> Iterator[dict[str, str]]:
    try:
        with packed.open(member) as file:
            reader = csv.DictReader(io.TextIOWrapper(file, "utf-8-sig", newline=""), delimiter=delimiter)
            for line in reader:
                if None in line or None in line.values():
                    raise SourceRefused(f"{name}, {member.filename}, line {reader.line_num}: another number of columns than its head")
                yield line
    except (UnicodeDecodeError, zipfile.BadZipFile, EOFError) as error:
        raise SourceRefused(f"{name}: {member.filename} cannot be read: {error}") from None
