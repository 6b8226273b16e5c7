"""Answers of publishers, spoilt in many ways, and what each of them must then mean: shared by the test and by `benchmarks/fuzz.py`.

A reader may refuse a spoilt answer. What it accepts must equal what the oracle here reads in the same bytes, row by row; the oracle
uses the standard library alone, knows nothing of the readers, and takes the plainest way. Which ways to spoil there are, and what a
cell means, stands here; faults that somebody thought of by hand are in the tests of the readers.
"""

from __future__ import annotations

import copy
import csv
import io
import json
import math
import random
import re
import time
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq

from nplv_orchestration.errors import SourceNotFound, SourceRefused, SourceUnreachable
from nplv_orchestration.progress import unwatched
from nplv_orchestration.sources import eponline, files, odata_v3, odata_v4, statline_v3, statline_v4
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.pulled import Answer, Draft
from nplv_orchestration.sources.registry import BY_KEY, FIRST_YEAR, Measure
from nplv_orchestration.sources.values import BadCell, observations, text_numbers
from tests.real import OPENDATA

SLOWEST = 2.0  # seconds that one answer may take
WIRE = OPENDATA / "wire"
JSON = "application/json; charset=utf-8"
MISSING = {"", ".", "-", "NA", "<5", "-99995", "-99997", "-99999999"}
NUMBER_SIGNS = set("0123456789+-.eE")
SERVED = "https://opendata.cbs.nl/ODataFeed/OData"

Rng = random.Random
Rows = list[Any]


class Unreadable(Exception):
    """The oracle makes nothing of it."""


class Defect(AssertionError):
    """A reader crashed, took too long, or let something else through than stands there."""


@dataclass(frozen=True)
class Spoilt:
    """An answer after a mutation, and what the server says it is."""

    content: bytes
    kind: str = JSON


@dataclass(frozen=True)
class Capture:
    """An answer as its publisher gave it. read: what our reader makes of it; oracle: what stands there; is_json: what it is spoilt as."""

    name: str
    content: bytes
    read: Callable[[Spoilt, Path], Any]
    oracle: Callable[[bytes], Any]
    is_json: bool = True


# Ways to spoil ----------------------------------------------------------------------------------------------------------

INSERTED = (
    b"\0", b"\xff", b"\xc3", b"\xed\xa0\x80", b'"', b"'", b"{", b"}", b"[", b"]", b",", b";", b"\\", b"\r", b"\n", b"9" * 400, b"-", b"e999", b"_",
    b"NaN", b"Infinity", b"null", b"true", b"\xc2\xa0", b"\xd9\xa3", b" ", b"\t", b".", b"\\ud800",
)  # fmt: skip
TOKENS = ("NaN", "Infinity", "-Infinity", "1e999", "-0", "01", "9" * 400, "1E+3", "-", "0x10", "true", "[" * 5000)
STRANGE: tuple[Any, ...] = (
    None, True, "", ".", "       .", "NA", "nan", "inf", "1_000", "12,5", "٣", "1e5", "0x10", " 12.5", "12.5\n", "\u00a05", "--1", "+5", "1e400",
    0, -1, 12.5, 2**70, 10**400, 1e300, [], ["x"], {}, {"a": 1}, "BU0363AA01", "x" * 70_000, "\0", "'", "-99997", "<5", -99997,
)  # fmt: skip


def _flip(content: bytes, rng: Rng) -> bytes:
    spoilt = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8))):
        spoilt[rng.randrange(len(spoilt))] ^= 1 << rng.randrange(8)
    return bytes(spoilt)


def _slice(content: bytes, rng: Rng) -> tuple[int, int]:
    at = rng.randrange(len(content))
    return at, min(len(content), at + rng.choice((1, 3, 20, 200, 2000)))


def _cut(content: bytes, rng: Rng) -> bytes:
    return content[: rng.randrange(len(content))]


def _remove(content: bytes, rng: Rng) -> bytes:
    a, b = _slice(content, rng)
    return content[:a] + content[b:]


def _double(content: bytes, rng: Rng) -> bytes:
    a, b = _slice(content, rng)
    return content[:b] + content[a:]


def _insert(content: bytes, rng: Rng) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.choice(INSERTED) + content[at:]


def _swap(content: bytes, rng: Rng) -> bytes:
    (a, b), (c, d) = sorted((_slice(content, rng), _slice(content, rng)))
    return content if b > c else content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def _recode(content: bytes, rng: Rng) -> bytes:
    text = content.decode("utf-8", errors="replace")
    return rng.choice(
        (
            lambda: b"\xef\xbb\xbf" + content, lambda: text.encode("utf-16"), lambda: text.encode("utf-32-le"), lambda: b"\xef\xbb\xbf" * 2 + content,
            lambda: text.encode("cp1252", errors="replace").replace(b"a", b"\xe9", 3), lambda: content.replace(b"\n", b"\r\n"),
            lambda: content.replace(b"\n", b"\r"), lambda: b"", lambda: content * 2,
        )
    )()  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, as the way to it."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, child in inside for place in _places(child, (*path, key))]


def _at(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def _restructure(content: bytes, rng: Rng) -> bytes:
    """JSON with something else in one to three places, or with a row again or gone."""
    document = json.loads(content)
    for _ in range(rng.choice((1, 1, 1, 3))):
        places = _places(document)
        if not places:
            break
        path = rng.choice(places)
        parent, key = _at(document, path[:-1]), path[-1]
        match rng.randrange(7):
            case 0 if isinstance(parent, dict):  # renamed
                parent[rng.choice((str(key) + "_", str(key).lower(), " " + str(key), "x"))] = parent.pop(key)
            case 1:
                del parent[key]
            case 2 if isinstance(parent, list):
                parent[key:key] = [copy.deepcopy(parent[key])] * rng.choice((1, 2))
            case 3:  # text for a number, and the other way round
                text = str(parent[key])
                parent[key] = float(text) if re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", text) and isinstance(parent[key], str) else text[:200]
            case 4:  # what stands elsewhere
                other = rng.choice(places)
                parent[key] = copy.deepcopy(_at(document, other)) if other[: len(path)] != path else None
            case 5:
                parent[key] = [parent[key]]
            case _:
                parent[key] = copy.deepcopy(rng.choice(STRANGE))
    return json.dumps(document, ensure_ascii=rng.random() < 0.5).encode("utf-8", errors="surrogatepass")


def _retoken(content: bytes, rng: Rng) -> bytes:
    """JSON with a token that is none, or that differs from reader to reader, where a value stood."""
    found = list(re.finditer(rb":\s*(\"[^\"]*\"|[-\d.]+|null)", content))
    if not found:
        return content
    match = rng.choice(found)
    return content[: match.start(1)] + rng.choice(TOKENS).encode() + content[match.end(1) :]


def _cell(content: bytes, rng: Rng) -> bytes:
    """A csv with something else in one cell, a cell more or less, or a line again or gone."""
    lines = content.decode("utf-8", errors="replace").split("\n")
    at = rng.randrange(len(lines))
    mark = ";" if ";" in content.decode("utf-8", errors="replace") else ","
    cells = lines[at].split(mark)
    column = rng.randrange(len(cells))
    match rng.randrange(7):
        case 0:
            cells.insert(column, rng.choice(("", "x", cells[column])))
        case 1:
            del cells[column]
        case 2:
            lines.insert(rng.randrange(len(lines) + 1), lines[at])
        case 3:
            cells[column] = f'"{cells[column]}"'
        case 4:
            cells[column] = rng.choice(cells)
        case _:
            cells[column] = str(rng.choice(STRANGE))
    lines[at] = mark.join(cells)
    return "\n".join(lines).encode("utf-8", errors="surrogatepass")


def _repack(content: bytes, rng: Rng) -> bytes:
    """A zip whose content is spoilt and packed again, or that holds other files, under other names."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        name, text = packed.namelist()[0], packed.read(packed.namelist()[0])
    spoil = rng.choice((*BYTES, _cell, _cell, _cell, _cell))
    other = rng.choice((name, name, name, name, "../" + name, "/" + name, "a/../../" + name, "..\\" + name, name + "x", "x\0.csv"))
    packing = rng.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as packed:
        packed.writestr(other, spoil(text, rng) if text else text)
        if rng.random() < 0.1:
            packed.writestr(rng.choice(("tweede.csv", "lees mij.txt")), text)
    return out.getvalue()


BYTES = (_flip, _cut, _remove, _double, _insert, _insert, _swap, _recode)
KINDS = ("text/html", "application/atom+xml;type=feed", "", "application/octet-stream", "text/plain; charset=utf-16")


def spoil(capture: Capture, rng: Rng) -> Spoilt:
    """The capture after one mutation, now and then two."""
    content = capture.content
    if capture.is_json:
        content = rng.choice((*BYTES, *[_restructure] * 8, *[_retoken] * 3))(content, rng)
    elif content[:2] == b"PK":
        content = rng.choice((*BYTES, *[_repack] * 12))(content, rng)
    else:
        content = rng.choice((*BYTES, *[_cell] * 8))(content, rng)
    if content and rng.random() < 0.1:
        content = rng.choice(BYTES)(content, rng)
    return Spoilt(content, rng.choice(KINDS) if rng.random() < 0.02 else JSON)


# What stands there ------------------------------------------------------------------------------------------------------


def document(content: bytes) -> dict[str, Any]:
    """JSON as the standard says: UTF-8, an object, no NaN."""

    def refuse(token: str) -> None:
        raise Unreadable(token)

    try:
        found = json.loads(content.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from None
    if not isinstance(found, dict):
        raise Unreadable("no object")
    return found


def rows_of(content: bytes) -> list[dict[str, Any]]:
    """The rows of a page."""
    found = document(content).get("value")
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreadable("no rows")
    return found


def number(text: str) -> float | None:
    """What a cell of text means: a number, or nothing."""
    text = text.strip(" \t\xa0")
    if text in MISSING:
        return None
    if not set(text) <= NUMBER_SIGNS:
        raise Unreadable(text[:40])
    try:
        value = float(text)
    except ValueError:
        raise Unreadable(text[:40]) from None
    if not math.isfinite(value):
        raise Unreadable(text[:40])
    return value


def cell_text(row: dict[str, Any], column: str) -> str | None:
    """A cell as text."""
    if column not in row or isinstance(row[column], bool | list | dict):
        raise Unreadable(column)
    return None if row[column] is None else str(row[column])


def v3_rows(content: bytes, columns: list[str], topic: str, others: dict[str, bytes]) -> Rows:
    """The rows of all pages: keys as they stand, and the number in the column of figures. others: the pages by their address."""
    found: Rows = []
    pages = [content]
    seen = set()
    while pages:
        page = pages.pop()
        for row in rows_of(page):
            told = cell_text(row, topic)
            found.append((*(cell_text(row, column) for column in columns), None if told is None else number(told)))
        link = document(page).get("odata.nextLink")
        if link is not None:
            if link in seen or link not in others:
                raise Unreadable("a link that leads nowhere")
            seen.add(link)
            pages.append(others[link])
    return found


def v4_rows(content: bytes, columns: list[str]) -> Rows:
    """Observations: keys as they stand, and the number or nothing, as the attribute says."""
    found: Rows = []
    for row in rows_of(content):
        keys = [row.get(column) for column in columns]
        value, attribute = row.get("Value", "absent"), row.get("ValueAttribute")
        if not all(isinstance(key, str) for key in keys) or isinstance(value, bool | str | list | dict):
            raise Unreadable("a cell of another kind")
        if attribute == "Zero" and value in (None, 0):
            value = 0.0
        elif (attribute == "None") == (value is None) or attribute not in (
            "None", "Missing", "Secret", "Confidential", "Impossible", "NotApplicable", "Unknown",
        ):  # fmt: skip
            raise Unreadable("a value and an attribute that contradict each other")
        found.append((*keys, None if value is None else float(value)))
    return found


def the_topic(content: bytes, title: str, unit: str, year: int) -> str:
    """The key of the one column of figures of that title and unit, in a table of these boundaries."""
    properties = rows_of(content)
    years = [p.get("MapYear") for p in properties if p.get("Type") in ("GeoDetail", "GeoDimension")]
    if not years or any(other != year for other in years):
        raise Unreadable("boundaries")
    keys = [
        p.get("Key") for p in properties if p.get("Type") == "Topic" and (str(p.get("Title")).strip(), str(p.get("Unit")).strip()) == (title, unit)
    ]
    if len(keys) != 1 or not isinstance(keys[0], str):
        raise Unreadable("not one column")
    return keys[0].strip()


def the_measure(content: bytes, code: str, title: str, unit: str) -> str:
    """The code of a measure, when the list still has it once with that title and unit."""
    same = [row for row in rows_of(content) if row.get("Identifier") == code]
    if not same or (str(same[-1].get("Title")).strip(), str(same[-1].get("Unit")).strip()) != (title, unit):
        raise Unreadable("no such measure")
    return code


def lines_of(text: str, mark: str) -> list[list[str]]:
    """The lines of a csv that hold anything."""
    try:
        return [line for line in csv.reader(io.StringIO(text, newline=""), delimiter=mark) if line]
    except csv.Error as error:
        raise Unreadable(str(error)) from None


def zipped(content: bytes, wanted: list[str], mark: str) -> list[dict[str, str]]:
    """The lines of the one csv in a zip that has the wanted columns, as dicts."""
    found = []
    for _, packed in members(content):
        lines = lines_of(packed.decode("utf-8-sig", errors="surrogateescape"), mark)
        head = [cell.strip().strip('"').strip() for cell in (lines[0] if lines else [])]
        if set(wanted) <= set(head):
            found.append((head, lines[1:]))
    if len(found) != 1:
        raise Unreadable("not one file")
    head, lines = found[0]
    if any(len(line) != len(head) for line in lines):
        raise Unreadable("a line of another length")
    return [clean(dict(zip(head, line, strict=True)), wanted) for line in lines]


def clean(row: dict[str, str], wanted: Iterable[str]) -> dict[str, str]:
    """A line of which the wanted cells are UTF-8; what nobody reads may be anything."""
    for column in wanted:
        if not row.get(column, "").isprintable() and re.search("[\\ud800-\\udfff]", row[column]):
            raise Unreadable("not UTF-8")
    return row


def members(content: bytes) -> list[tuple[str, bytes]]:
    """The csv files in a zip, whole. Nothing when one of the files would climb out."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = packed.namelist()
            if any(re.search(r"(^|[/\\])\.\.([/\\]|$)", name) or name.startswith(("/", "\\")) for name in names):
                raise Unreadable("climbs out")
            return [(info.filename, packed.read(info)) for info in packed.infolist() if info.filename.lower().endswith(".csv")]
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable(repr(error)) from None


def scores(content: bytes) -> Rows:
    """The Leefbaarometer's buurten from the first year on."""
    found: Rows = []
    for row in zipped(content, ["bu_code", "jaar", *SCORE_COLUMNS], ","):
        if not re.fullmatch(r"(19|20)[0-9]{2}", row["jaar"]):
            raise Unreadable("no year")
        figures = [number(row[column]) for column in SCORE_COLUMNS]
        if int(row["jaar"]) >= FIRST_YEAR:
            found.append((row["bu_code"].strip(), int(row["jaar"]), *figures))
    return found


def addresses(content: bytes) -> Rows:
    """Postcode, house number and buurt."""
    found: Rows = []
    for row in zipped(content, ["PC6", "Huisnummer", "Buurt2024"], ";"):
        code = row["Buurt2024"].strip().removeprefix("BU")
        if not re.fullmatch(r"[0-9]{1,6}", row["Huisnummer"]) or not re.fullmatch(r"[0-9A-Z]{1,8}", code):
            raise Unreadable("no address")
        found.append((row["PC6"].replace(" ", ""), int(row["Huisnummer"]), "BU" + code.rjust(8, "0")))
    return found


def day(text: str) -> date:
    """A date in one of the three ways that EP-Online writes it."""
    for pattern in (
        r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})",
        r"(?P<d>[0-9]{2})-(?P<m>[0-9]{2})-(?P<y>[0-9]{4})",
        r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})",
    ):
        if match := re.fullmatch(pattern, text):
            try:
                return date(int(match["y"]), int(match["m"]), int(match["d"]))
            except ValueError:
                break
    raise Unreadable("no date")


LABEL_COLUMNS = ("opnamedatum", "energieklasse", "bagverblijfsobjectid", "postcode", "huisnummer", "gebouwklasse", "geldigtot")


def packed_labels(content: bytes) -> Rows:
    """The labels of dwellings in the one csv in EP-Online's zip."""
    texts = [text for _, text in members(content)]
    if len(texts) != 1:
        raise Unreadable("not one file")
    return labels(texts[0])


def labels(content: bytes) -> Rows:
    """The labels of dwellings in EP-Online's csv."""
    text = content.decode("utf-8-sig", errors="surrogateescape")
    first, _, rest = [*text.split("\n", 2), "", ""][:3]
    published = first.strip().split(";")
    if published[0] != "PublicatieDatum" or len(published) < 2:
        raise Unreadable("line 1")
    reference = day(published[1].strip())
    lines = lines_of(rest, ";")
    head = [re.sub(r"^(pand|meting)", "", re.sub(r"[^a-z0-9]", "", cell.lower())) for cell in (lines[0] if lines else [])]
    found: Rows = []
    for line in lines[1:]:
        if len(line) != len(head):
            raise Unreadable("a line of another length")
        row = clean({name: cell.strip() for name, cell in zip(head, line, strict=True)}, LABEL_COLUMNS)
        try:
            if row["gebouwklasse"] != "W" or not row["energieklasse"] or not row["bagverblijfsobjectid"]:
                continue
            house = re.match(r"[0-9]{1,5}", row["huisnummer"])
            until = row.get("geldigtot")
            found.append(
                (
                    row["bagverblijfsobjectid"].rjust(16, "0"), day(row["opnamedatum"]), day(until) if until else None, row["energieklasse"],
                    row["postcode"].replace(" ", "").upper(), int(house[0]) if house else None, reference,
                )
            )  # fmt: skip
        except KeyError as missing:
            raise Unreadable(str(missing)) from None
    return found


# What our readers make of it --------------------------------------------------------------------------------------------

SCORE_COLUMNS = ["afw", "fys", "onv", "soc", "vrz", "won"]
CRIME, KWB, LBM, LABELS, PLACES = (
    BY_KEY[key] for key in ("politie_misdrijven", "cbs_kwb_2024", "leefbaarometer", "eponline_labels", "cbs_addresses_2024")
)
TOPIC = Measure("income", "Gemiddeld inkomen per inwoner", "x 1 000 euro")
V3_TABLE = replace(CRIME, table_id="85984NED", boundary_year=2024, measures=(TOPIC,), dimensions={})
V4_TABLE = replace(KWB, table_id="80072ned", period=None, boundary_year=2024, measures=(Measure("sick", "Ziekteverzuimpercentage", "%", "M001924"),))
PERIODS = json.dumps({"value": [{"Key": "2024JJ00", "Status": "Definitief"}]}).encode()


def client(answers: dict[str, bytes], spoilt: Spoilt, where: str) -> Http:
    """A client of a publisher with these answers, by the end of their address; one of them is the spoilt one."""

    def answer(request: httpx.Request) -> httpx.Response:
        url = str(request.url.copy_with(query=None)) if request.url.query.startswith((b"%24select", b"%24filter", b"%24format")) else str(request.url)
        if url.endswith(where):
            return httpx.Response(200, content=spoilt.content, headers={"content-type": spoilt.kind})
        for end, content in answers.items():
            if url.endswith(end):
                return httpx.Response(200, content=content, headers={"content-type": JSON})
        return httpx.Response(404)

    return Http(httpx.MockTransport(answer), longest_wait=0.0)


def read_v3(columns: list[str], topic: str, answers: dict[str, bytes], where: str) -> Callable[[Spoilt, Path], Rows]:
    """The rows of a table by `odata_v3`, with the figures by `values`."""

    def read(spoilt: Spoilt, folder: Path) -> Rows:
        found: Rows = []
        for page in odata_v3.rows(client(answers, spoilt, where), f"{SERVED}/83599NED", [*columns, topic], [""]):
            figures, reasons = text_numbers(page[topic].combine_chunks())
            for value, reason in zip(figures.to_pylist(), reasons.to_pylist(), strict=True):
                if (value is None) == (reason is None):
                    raise Defect("a value and a reason, or neither")
            found += zip(*(page[column].to_pylist() for column in columns), figures.to_pylist(), strict=True)
        return found

    return read


def read_v4(columns: list[str]) -> Callable[[Spoilt, Path], Rows]:
    """Observations by `odata_v4`, with the figures by `values`."""

    def read(spoilt: Spoilt, folder: Path) -> Rows:
        found: Rows = []
        for page, _ in odata_v4.observations(client({}, spoilt, "/Observations"), "https://x.test/80072ned", columns[1:], ""):
            figures, _reasons = observations(page["value"].combine_chunks(), page["attribute"].combine_chunks())
            found += zip(page["measure"].to_pylist(), *(page[column].to_pylist() for column in columns[1:]), figures.to_pylist(), strict=True)
        return found

    return read


def read_entity(name: str) -> Callable[[Spoilt, Path], Rows]:
    """A small entity by `odata_v3`, and what is made of it."""

    def read(spoilt: Spoilt, folder: Path) -> Rows:
        http, address = client({}, spoilt, f"/{name}"), f"{SERVED}/80137ned"
        if name == "TableInfos":
            answer = statline_v3.ask(replace(CRIME, table_id="80137ned"), "https://x.test", http)
            datetime.fromisoformat(str(answer.modified))
            return [odata_v3.info(http, address)]
        found = odata_v3.entity(http, address, name)
        if name == "DataProperties":
            odata_v3.topics(found)
        return found

    return read


def read_v3_description(spoilt: Spoilt, folder: Path) -> str:
    """The key of the column of figures, by `statline_v3`."""
    http = client({"/Perioden": PERIODS, "/$count": b"7"}, spoilt, "/DataProperties")
    found = statline_v3.describe(V3_TABLE, Answer("1", None, f"{SERVED}/85984NED"), http)
    found.refuse()
    return found.columns["income"]


def read_v4_description(where: str, answers: dict[str, bytes]) -> Callable[[Spoilt, Path], Any]:
    """The code of the measure, by `statline_v4`; of Properties the version."""

    def read(spoilt: Spoilt, folder: Path) -> Any:
        http = client(answers, spoilt, where)
        answer = statline_v4.ask(V4_TABLE, "https://x.test", http)
        found = statline_v4.describe(V4_TABLE, answer, http)
        found.refuse()
        return answer.version if where == "/Properties" else found.columns["sick"]

    return read


def read_file(name: str, pull: Callable[[Path, Path], None], columns: list[str]) -> Callable[[Spoilt, Path], Rows]:
    """A file by its reader, to Parquet and back."""

    def read(spoilt: Spoilt, folder: Path) -> Rows:
        path, draft = folder / name, folder / "draft"
        path.write_bytes(spoilt.content)
        pull(path, draft)
        return [tuple(row[column] for column in columns) for row in pq.read_table(draft).to_pylist()]

    return read


def pull_labels(path: Path, draft: Path) -> None:
    with Draft(LABELS, draft, unwatched) as out:
        eponline.read(path, path.name, out)


# The captures -----------------------------------------------------------------------------------------------------------


def captures() -> list[Capture]:
    """All that is spoilt: the real captures beside the project, shortened by their makers, and files with a few invented lines."""

    def wire(name: str) -> bytes:
        return (WIRE / name).read_bytes()

    first, second = wire("83599NED__UntypedDataSet__page1__first_rows.json"), wire("83599NED__UntypedDataSet__page2_skip10000__first_rows.json")
    link = document(first)["odata.nextLink"]
    keys, topic = ["Perioden", "BedrijfstakkenBranchesSBI2008", "RegioS"], "OpenstaandeVacatures_1"
    typed = wire("80137ned__TypedDataSet__first_rows.json")
    typed_keys, typed_topic = ["Perioden", "Persoonskenmerken"], "Werknemers_2"
    observed = document(wire("80072ned__Observations__first_rows.json"))
    observed |= {"@odata.count": len(observed["value"])}
    found = json.dumps(observed | {"value": _varied(observed["value"])}).encode()
    v4_columns = ["Measure", "BedrijfskenmerkenSBI2008", "Perioden"]
    dimensions = document(wire("80072ned__Dimensions.json"))
    dimensions["value"].append({"Identifier": "WijkenEnBuurten", "Title": "Wijken en buurten", "Kind": "GeoDetail", "MapYear": 2024})
    v4 = {
        "/Properties": wire("80072ned__Properties.json"),
        "/Dimensions": json.dumps(dimensions).encode(),
        "/MeasureCodes": wire("80072ned__MeasureCodes.json"),
    }
    title, unit = TOPIC.title, TOPIC.unit
    all_pages = {link: second}
    zipped_labels, score_zip, address_zip = (
        packed("v20260901_v4_csv.csv", LABEL_LINES),
        packed("scores buurten.csv", SCORE_LINES),
        packed("pc6.csv", ADDRESS_LINES),
    )
    label_columns = ["dwelling_id", "recorded_on", "valid_until", "label", "postcode", "house_number", "reference_date"]

    def entity(name: str) -> Capture:
        return Capture(f"v3 {name}", wire(f"80137ned__{name}.json"), read_entity(name), rows_of)

    return [
        Capture("v3 page 1", first, read_v3(keys, topic, all_pages, "/UntypedDataSet"), lambda c: v3_rows(c, keys, topic, all_pages)),
        Capture(
            "v3 page 2", second, read_v3(keys, topic, {"/UntypedDataSet": first}, link.split(".nl")[1]),
            lambda c: v3_rows(first, keys, topic, {link: c}),
        ),
        Capture("v3 typed", typed, read_v3(typed_keys, typed_topic, {}, "/UntypedDataSet"), lambda c: v3_rows(c, typed_keys, typed_topic, {})),
        *(entity(name) for name in ("TableInfos", "DataProperties", "Perioden", "Persoonskenmerken")),
        Capture("v3 description", b'{"value":' + wire("85984NED__DataProperties_2025-03-27.json") + b"}", read_v3_description, lambda c: the_topic(c, title, unit, 2024)),
        Capture("v4 Properties", v4["/Properties"], read_v4_description("/Properties", v4), _version),
        Capture("v4 Dimensions", v4["/Dimensions"], read_v4_description("/Dimensions", v4), _v4_boundaries),
        Capture("v4 MeasureCodes", v4["/MeasureCodes"], read_v4_description("/MeasureCodes", v4), lambda c: the_measure(c, "M001924", "Ziekteverzuimpercentage", "%")),
        Capture("v4 Observations", found, read_v4(v4_columns), lambda c: v4_rows(c, v4_columns)),
        Capture(
            "Leefbaarometer zip", score_zip,
            read_file("s.zip", lambda p, d: void(files.pull_leefbaarometer(LBM, Answer("1", None, "", carried=p), d, unwatched)), ["region_code", "year", *SCORE_COLUMNS]),
            scores, is_json=False,
        ),
        Capture(
            "pc6huisnr zip", address_zip,
            read_file("a.zip", lambda p, d: void(files.pull_addresses(PLACES, Answer("1", None, "", carried=p), d, unwatched)), ["postcode", "house_number", "region_code"]),
            addresses, is_json=False,
        ),
        Capture("EP-Online csv", LABEL_LINES.encode(), read_file("v20260901_v4_csv.csv", pull_labels, label_columns), labels, is_json=False),
        Capture("EP-Online zip", zipped_labels, read_file("v20260901_v4_csv.zip", pull_labels, label_columns), packed_labels, is_json=False),
    ]  # fmt: skip


def void(_: object) -> None:
    """Nothing."""


def _varied(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The captured observations, some of them missing: the capture has only figures."""
    rows[1] |= {"Value": None, "ValueAttribute": "Secret"}
    rows[2] |= {"Value": None, "ValueAttribute": "Zero"}
    rows[3] |= {"Value": None, "ValueAttribute": "Impossible"}
    return rows


def _version(content: bytes) -> str:
    found = document(content)
    if str(found.get("Identifier", V4_TABLE.table_id)).strip() != V4_TABLE.table_id:
        raise Unreadable("another table")
    return f"{found.get('Version') or ''} {found.get('ObservationsModified') or ''}".strip()


def _v4_boundaries(content: bytes) -> str:
    years = [row.get("MapYear") for row in rows_of(content) if row.get("Identifier") == "WijkenEnBuurten"]
    if not years or any(year != 2024 for year in years):
        raise Unreadable("boundaries")
    return "M001924"


def packed(name: str, text: str) -> bytes:
    """A zip of one file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(name, text)
    return out.getvalue()


SCORE_LINES = "versie,bu_code,bu_naam,jaar,lbm,afw,fys,onv,soc,vrz,won\n" + "".join(
    f"Leefbaarometer 3.0,BU0363A{letter}01,De Dam,{year},4.1,{-0.17 + n / 10:.6f},0.1,-1.44651e-05,0,,-0.1\n"
    for n, letter in enumerate("ABCDEF")
    for year in (2016, 2018, 2024)
)
ADDRESS_LINES = "PC6;Huisnummer;Buurt2024;Wijk2024;Gemeente2024\n" + "".join(
    f"{1011 + n}AB;{number};{code};{code[:-2]};{code[:-4]}\n"
    for n in range(6)
    for number, code in ((1, "0363AA01"), (12, "140001"), (7, "BU03630000"))
)
LABEL_LINES = (
    "PublicatieDatum;01-09-2026\nLaatstVerwerkteMutatievolgnummer;1\n"
    "Pand_opnamedatum;Pand_opnametype;Pand_energieklasse;Pand_gebouwklasse;Meting_geldig_tot;Pand_postcode;Pand_huisnummer;Pand_bagverblijfsobjectid;Pand_oppervlakte\n"
) + "".join(
    f"{taken};Basisopname;{label};{building};{until};{1011 + n}AB;{n + 1}{'' if n % 3 else ' A'};{14010011086256 + n};37,20\n"
    for n in range(6)
    for taken, label, building, until in (("20251031", "A+++", "W", "20351031"), ("31-10-2015", "G", "W", ""), ("20200101", "C", "U", "20300101"))
)


# Holding the one against the other --------------------------------------------------------------------------------------


def same(ours: Any, theirs: Any) -> bool:
    """Whether two things are equal; numbers by value, and text for a number that stood there as a number."""
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    return ours == theirs


def judge(capture: Capture, spoilt: Spoilt, folder: Path) -> tuple[str, float]:
    """How a spoilt answer ended, and in how many seconds. Raises Defect for a crash, a wait, or something else than stands there."""
    begin = time.perf_counter()
    try:
        ours = capture.read(spoilt, folder)
        outcome = "accepted"
    except (SourceRefused, BadCell):
        outcome = "refused"
    except SourceUnreachable:
        outcome = "unreachable"
    except SourceNotFound:
        outcome = "not found"
    except Exception as error:
        raise Defect(f"crashed: {type(error).__name__}: {str(error)[:200]}") from error
    seconds = time.perf_counter() - begin
    if seconds > SLOWEST:
        raise Defect(f"took {seconds:.1f} s")
    if outcome == "accepted":
        try:
            theirs = capture.oracle(spoilt.content)
        except Unreadable as error:
            raise Defect(f"accepted what the oracle cannot read ({error}): {str(ours)[:300]}") from None
        if not same(ours, theirs):
            pairs = zip(ours, theirs, strict=False) if isinstance(ours, list) and isinstance(theirs, list) else [(ours, theirs)]
            differing = next((pair for pair in pairs if not same(*pair)), (len(ours), len(theirs)))
            raise Defect(f"read {str(differing[0])[:300]} where {str(differing[1])[:300]} stands")
        outcome = "the same" if spoilt.content != capture.content else "untouched"
    return outcome, seconds
