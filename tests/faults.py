"""What goes wrong at publishers, as one table: the demo country's transport with the answers at one address changed.

A fault that the server of real figures plays over a socket (`server.py --fault`) is in `test_sources`.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

Row = dict[str, Any]
Ask = Callable[[httpx.Request], httpx.Response]
Change = Callable[[httpx.Request, Ask], httpx.Response]
Ends = Literal["same", "refused", "unreachable", "taken"]


@dataclass(frozen=True)
class Fault:
    """Which answers of which table are changed, how, and how that must end.

    at: a regular expression for the whole path below the table's own. times: how many answers at one address are changed, 0 for all.
    ends: in the same data as without the fault, or refused, or as if there were no answer. first: how a first pull ends where that is
    otherwise: "taken" is a fault that only an earlier version gives away. bounds: of `sources.http`, made small enough to meet.
    """

    name: str
    table: str
    at: str
    change: Change
    ends: Ends
    says: str = ""
    times: int = 0
    first: Ends | None = None
    bounds: dict[str, float] = field(default_factory=dict)


class Faulty(httpx.BaseTransport):
    """The answers of `inner`, with one fault."""

    def __init__(self, inner: httpx.BaseTransport, fault: Fault) -> None:
        self._inner, self._fault = inner, fault
        self.changed: Counter[str] = Counter()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        place = request.url.path
        if not re.search(f"{self._fault.at}$", place) or (self._fault.times and self.changed[place] >= self._fault.times):
            return self._inner.handle_request(request)
        self.changed[place] += 1
        return self._fault.change(request, self._inner.handle_request)


class Stream(httpx.SyncByteStream):
    """A body that comes in pieces, as over a network; an exception among them is raised in its place."""

    def __init__(self, pieces: Iterable[bytes | Exception]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def of_kind(kind: str, *pieces: bytes | Exception, **headers: str) -> Change:
    """Another answer, with status 200."""
    return lambda request, ask: httpx.Response(200, stream=Stream(pieces), headers={"content-type": kind, "etag": '"x"'} | headers)


def status(number: int, **headers: str) -> Change:
    return lambda request, ask: httpx.Response(number, headers=headers)


def breaks(request: httpx.Request, ask: Ask) -> httpx.Response:
    raise httpx.ReadError("[Errno 104] Connection reset by peer")


def cut(request: httpx.Request, ask: Ask) -> httpx.Response:
    """Half a body, after which the connection is gone: the client knows from the length that was promised."""
    whole = ask(request)
    half = whole.content[: len(whole.content) // 2]
    error = httpx.RemoteProtocolError("peer closed connection without sending complete message body")
    return httpx.Response(200, stream=Stream([half, error]), headers=whole.headers)


def ends_early(request: httpx.Request, ask: Ask) -> httpx.Response:
    """Half a body of which no length was promised."""
    whole = ask(request)
    return httpx.Response(200, stream=Stream([whole.content[: len(whole.content) // 2]]), headers=whole.headers)


def drips(request: httpx.Request, ask: Ask) -> httpx.Response:
    """A body without an end, a byte now and then."""

    def pieces() -> Iterator[bytes]:
        while True:
            time.sleep(0.01)
            yield b" "

    return httpx.Response(200, stream=Stream(pieces()), headers={"content-type": "application/json", "etag": '"x"'})


def drips_packed(request: httpx.Request, ask: Ask) -> httpx.Response:
    """The same, packed: pieces that unpack to nothing."""

    def pieces() -> Iterator[bytes]:
        yield gzip.compress(b"", mtime=0)[:10]
        while True:
            time.sleep(0.01)
            yield b"\x00\x00\x00\xff\xff"

    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    return httpx.Response(200, stream=Stream(pieces()), headers=headers)


def loops(request: httpx.Request, ask: Ask) -> httpx.Response:
    return httpx.Response(302, headers={"location": str(request.url)})


def bytes_of(change: Callable[[bytes], bytes]) -> Change:
    """The publisher's answer, its bytes changed."""

    def changed(request: httpx.Request, ask: Ask) -> httpx.Response:
        whole = ask(request)
        return httpx.Response(200, content=change(whole.content), headers={k: v for k, v in whole.headers.items() if k != "content-length"})

    return changed


def answer(change: Callable[[Row], object]) -> Change:
    """The publisher's answer, its JSON changed in place."""

    def changed(content: bytes) -> bytes:
        body = json.loads(content)
        change(body)
        return json.dumps(body).encode()

    return bytes_of(changed)


def each(change: Callable[[Row], object]) -> Change:
    """The publisher's answer, each of its rows changed in place."""
    return answer(lambda body: [change(row) for row in body["value"]])


def first(**cells: Any) -> Change:
    """The publisher's answer, cells of its first row changed."""
    return answer(lambda body: body["value"][0].update(cells))


def all_rows(change: Callable[[list[Row]], list[Row]]) -> Change:
    """All rows in one page, changed, and counted as they are then: a fault in which the publisher agrees with itself."""

    def rows(request: httpx.Request, ask: Ask) -> list[Row]:
        found, url = [], request.url
        while True:
            body = json.loads(ask(httpx.Request("GET", url)).content)
            found += body["value"]
            following = body.get("@odata.nextLink") or body.get("odata.nextLink")
            if not following:
                return change(found)
            url = httpx.URL(following)

    def changed(request: httpx.Request, ask: Ask) -> httpx.Response:
        if request.url.path.endswith("/$count"):
            told = request.url.copy_with(path=request.url.path.removesuffix("/$count")).copy_set_param("$format", "json")
            return httpx.Response(200, text=str(len(rows(httpx.Request("GET", told), ask))))
        found = rows(request, ask)
        return httpx.Response(200, json={"@odata.count": len(found), "value": found})

    return changed


def renumbered(request: httpx.Request, ask: Ask) -> httpx.Response:
    """Columns with other numbers at their end, in the question as in the answer."""
    chosen = request.url.params.get("$select")
    if chosen:
        before = re.sub(r"_(4\d|[5-9]\d)", lambda m: f"_{int(m[1]) - 40}", chosen)  # a link to a next page has them as they were
        request = httpx.Request("GET", request.url.copy_set_param("$select", before))
    content = re.sub(rb'"(\w+[a-z])_(\d+)"', lambda m: b'"%s_%d"' % (m[1], int(m[2]) + 40), ask(request).content)
    return httpx.Response(200, content=content, headers={"content-type": "application/json"})


def csv(change: Callable[[str], str]) -> Change:
    """The zip, with the text of each csv in it changed."""

    def changed(content: bytes) -> bytes:
        with zipfile.ZipFile(io.BytesIO(content)) as source:
            return zipped({name: change(source.read(name).decode()).encode() for name in source.namelist()})

    return bytes_of(changed)


def zipped(members: dict[str, bytes], sizes: int | None = None) -> bytes:
    """A zip; sizes: what it says that each of its files unpacks to, where that is not so."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
        for member in target.infolist():
            member.file_size = member.file_size if sizes is None else sizes
    return packed.getvalue()


def without_some(code: str) -> bool:
    """Whether a row of this region stays where about a sixth goes."""
    return sum(code.strip().encode()) % 6 != 0


_SCORES = b"versie,bu_code,bu_naam,jaar,lbm,afw,fys,onv,soc,vrz,won,klasse\n"
_HTML = b"<!DOCTYPE html>\n<html><body>Onderhoud, probeer het later</body></html>\n"
_ATOM = b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"></feed>'
KWB, CRIME, HEALTH, SCORES, ADDRESSES = "cbs_kwb_2024", "politie_misdrijven", "rivm_gezondheid", "leefbaarometer", "cbs_addresses_2024"
V4, V3, ZIP = "/Observations", "/UntypedDataSet", r"meting-2024\.zip"
_FIGURE, _HEALTH = r"GeregistreerdeMisdrijven_\d+", r"GoedErvarenGezondheid_\d+"


def _cell(column: str, value: Any, at: int = 0) -> Change:
    """A cell of one row changed, in the column whose name (with the number of this release) is like that."""

    def changed(body: Row) -> None:
        row = body["value"][at]
        row.update({name: value for name in row if re.fullmatch(column, name)})

    return answer(changed)


def _with_link(name: str, to: object) -> Change:
    return answer(lambda body: body.update({name: to}))


_V4_LINK, _V3_LINK = "@odata.nextLink", "odata.nextLink"
_V4_AWAY, _V3_AWAY = "https://elders.invalid/CBS/85984NED/Observations", "https://elders.invalid/ODataFeed/odata/47018NED/UntypedDataSet"
_V4_SELF = "https://cbs.demo.invalid/odata/v1/CBS/85984NED/Observations?$select=Measure,WijkenEnBuurten,ValueAttribute,Value&$count=true"


def _drop_last(body: Row) -> None:
    del body["value"][-10:]


def _twice(body: Row) -> None:
    body["value"][-1] = body["value"][0]


def _emptied(measure: str) -> Callable[[Row], object]:
    return lambda row: row.update(Value=None, ValueAttribute="Missing") if row["Measure"] == measure else None


def _no_year(year: int) -> Callable[[str], str]:
    return lambda text: "\n".join(line for line in text.split("\n") if f",{year}," not in line)


def _lines(change: Callable[[list[str]], object]) -> Change:
    """The lines of each csv in a zip, the head first, changed in place."""

    def changed(text: str) -> str:
        lines = text.split("\n")
        change(lines)
        return "\n".join(lines)

    return csv(changed)


def _put(line: int, cell: int, value: str, delimiter: str = ",") -> Change:
    def changed(lines: list[str]) -> None:
        cells = lines[line].split(delimiter)
        cells[cell] = value
        lines[line] = delimiter.join(cells)

    return _lines(changed)


def _both(at: str) -> str:
    return rf"{at}(/\$count)?"


TWO_HUNDRED = 200 << 20  # bytes of zeros, some 200 kB packed

FAULTS: tuple[Fault, ...] = (
    # the network, and what stands before a publisher
    Fault("503 once", KWB, "", status(503), "same", times=1),
    Fault("503 once at a third party", CRIME, "", status(503), "same", times=1),
    Fault("503 once for a file", SCORES, ZIP, status(503), "same", times=1),
    Fault("a part that is not there", CRIME, "/Perioden", status(404), "unreachable", r"Perioden is not there \(404\), though the table is"),
    Fault("a count that is not there", CRIME, r"\$count", status(404), "unreachable", r"count is not there \(404\), though the table is"),
    Fault("measures that are not there", KWB, "/MeasureCodes", status(404), "unreachable", r"MeasureCodes is not there \(404\), though the table is"),
    Fault("503 always", KWB, V4, status(503), "unreachable", "Observations cannot be reached: HTTP 503"),
    Fault("503 always at a third party", CRIME, "/Perioden", status(503), "unreachable", "Perioden cannot be reached: HTTP 503"),
    Fault("503 always for a file", SCORES, ZIP, status(503), "unreachable", r"2024\.zip cannot be reached: HTTP 503"),
    Fault("reset once", HEALTH, "", breaks, "same", times=1),
    Fault("reset always", HEALTH, V3, breaks, "unreachable", "UntypedDataSet cannot be reached: .*Connection reset by peer"),
    Fault("cut once", KWB, V4, cut, "same", times=1),
    Fault("cut always", KWB, V4, cut, "unreachable", "Observations cannot be reached: peer closed connection"),
    Fault("a file cut always", SCORES, ZIP, cut, "unreachable", r"2024\.zip cannot be reached: peer closed connection"),
    Fault("a body of no known length that ends early", CRIME, V3, ends_early, "refused", "UntypedDataSet answered broken JSON"),
    Fault("a file of no known length that ends early", SCORES, ZIP, ends_early, "refused", "not a zip, or not complete"),
    Fault("gzip that is none", KWB, V4, of_kind("application/json", b"{}", **{"content-encoding": "gzip"}), "unreachable", "cannot be reached"),
    Fault("maintenance", KWB, "/Properties", of_kind("text/html", _HTML), "unreachable", "Properties answered 'text/html' where JSON was"),
    Fault("maintenance while rows come", CRIME, V3, of_kind("text/html", _HTML), "unreachable", "UntypedDataSet answered 'text/html'"),
    Fault("maintenance while rows are counted", CRIME, r"/\$count", of_kind("text/html", _HTML), "unreachable", "answered 'text/html' where a number"),
    Fault("maintenance in place of a file", SCORES, ZIP, of_kind("text/html", _HTML), "unreachable", "answered a web page where a file was expected"),
    Fault("maintenance that says it is JSON", KWB, V4, of_kind("application/json", _HTML), "refused", "Observations answered broken JSON"),
    Fault("Atom", HEALTH, "/DataProperties", of_kind("application/atom+xml", _ATOM), "unreachable", "'application/atom.xml' where JSON was"),
    Fault("a drip", KWB, V4, drips, "unreachable", "Observations cannot be reached: .* not complete after", bounds={"_PAGE_SECONDS": 0.05}),
    Fault("a packed drip", CRIME, V3, drips_packed, "unreachable", "not complete after", bounds={"_PAGE_SECONDS": 0.05}),
    Fault("a file that drips", SCORES, ZIP, drips, "unreachable", r"2024\.zip cannot be reached: .* not complete", bounds={"_FILE_SECONDS": 0.05}),
    Fault(
        "a page too large", KWB, V4, of_kind("application/json", *[b" " * (1 << 20)] * 3), "refused", "Observations answered more than 1 MB",
        bounds={"MOST_PAGE": 1 << 20},
    ),
    Fault(
        "a page too large once unpacked", CRIME, V3, of_kind("application/json", gzip.compress(bytes(3 << 20)), **{"content-encoding": "gzip"}),
        "refused", "UntypedDataSet answered more than 1 MB", bounds={"MOST_PAGE": 1 << 20},
    ),
    Fault(
        "a file too large", SCORES, ZIP, of_kind("application/zip", *[bytes(1 << 20)] * 3), "refused", r"2024\.zip answered more than 1 MB",
        bounds={"MOST_FILE": 1 << 20},
    ),
    Fault("a redirect loop", KWB, "/Dimensions", loops, "refused", "Dimensions leads nowhere: Exceeded maximum allowed redirects"),
    Fault("a redirect loop of a file", SCORES, ZIP, loops, "refused", r"2024\.zip leads nowhere"),
    # pages
    Fault("a short page", KWB, V4, answer(_drop_last), "refused", "2606 rows came, and the publisher counts 2616", times=1),
    Fault("a short page at a third party", HEALTH, V3, answer(_drop_last), "refused", "rows came, and the publisher counts 2943"),
    Fault("an empty answer", KWB, V4, all_rows(lambda rows: []), "refused", "no rows came"),
    Fault("an empty answer at a third party", CRIME, _both(V3), all_rows(lambda rows: []), "refused", "no rows came"),
    Fault("no list", KWB, V4, of_kind("application/json", b'{"error": "x"}'), "refused", "Observations answered .* required field `value`"),
    Fault("a list only", KWB, "/Properties", of_kind("application/json", b"[1]"), "refused", "Properties answered something else .*got `array`"),
    Fault("no count", KWB, V4, answer(lambda body: body.pop("@odata.count")), "refused", "Observations does not say how many there are"),
    Fault("a count that is none", CRIME, r"/\$count", of_kind("text/plain", b"veel"), "refused", "47018NED counts 'veel', which is no number"),
    Fault("an answer of no bytes", KWB, "/MeasureCodes", of_kind("application/json", b""), "refused", "MeasureCodes answered broken JSON"),
    Fault("no properties", KWB, "/Properties", of_kind("application/json", b"{}"), "refused", "its properties name no version"),
    Fault("no TableInfos", CRIME, "/TableInfos", all_rows(lambda rows: []), "refused", "TableInfos has 0 rows, expected one"),
    Fault("a link that repeats", KWB, V4, _with_link(_V4_LINK, _V4_SELF), "refused", "repeats or leads away|the publisher counts"),
    Fault("a link that is none", KWB, V4, _with_link(_V4_LINK, 7), "refused", "Observations answered .*Expected `str . null`, got `int`"),
    Fault("a link that leads away", KWB, V4, _with_link(_V4_LINK, _V4_AWAY), "refused", "Observations links to a page that repeats or leads away"),
    Fault("a link that leads away at a third party", CRIME, V3, _with_link(_V3_LINK, _V3_AWAY), "refused", "UntypedDataSet links to a page"),
    # columns
    Fault("columns renumbered", CRIME, r"/(DataProperties|UntypedDataSet)", renumbered, "same"),
    Fault("columns renumbered, health", HEALTH, r"/(DataProperties|UntypedDataSet)", renumbered, "same"),
    Fault("a measure gone", KWB, "/MeasureCodes", all_rows(lambda rows: rows[1:]), "refused", "no measure T001036 'Aantal inwoners'"),
    Fault("a column gone", KWB, V4, each(lambda row: row.pop("ValueAttribute")), "refused", "missing required field `ValueAttribute`"),
    Fault("a column gone from the rows", CRIME, V3, each(lambda row: row.pop("Perioden")), "refused", "missing required field `Perioden`"),
    Fault(
        "a column gone at a third party", HEALTH, "/DataProperties", all_rows(lambda rows: [r for r in rows if "Goed" not in r["Title"]]),
        "refused", r"0 columns are 'Goed ervaren gezondheid' \(%\); there are: .*Eenzaam",
    ),
    Fault("a column gone from a file", SCORES, ZIP, csv(lambda text: text.replace(",soc,", ",sociaal,", 1)), "refused", "0 files in the zip have"),
    Fault("a column gone of addresses", ADDRESSES, r"\.zip", csv(lambda t: t.replace("Buurt2024", "Buurt2025")), "refused", "columns Buurt2024, Hui"),
    Fault("two columns of one title", CRIME, "/DataProperties", all_rows(lambda rows: [*rows, rows[-3]]), "refused", "2 columns are 'Geregistreerde"),
    Fault("another unit", KWB, "/MeasureCodes", first(Unit="x 1 000"), "refused", r"'Aantal inwoners' \(aantal\); alike: T001036 .* \(x 1 000\)"),
    Fault(
        "another unit at a third party", HEALTH, "/DataProperties", each(lambda row: row.update(Unit="promille") if row.get("Unit") == "%" else None),
        "refused", r"0 columns are 'Goed ervaren gezondheid' \(%\); there are: .*promille",
    ),
    Fault("another title", KWB, "/MeasureCodes", first(Title="Inwoners"), "refused", "no measure T001036 .*alike: T001036 'Inwoners'"),
    Fault(
        "another title at a third party", CRIME, "/DataProperties",
        each(lambda row: row.update(Title=row["Title"].replace("Geregistreerde misdrijven", "Aangiften"))),
        "refused", r"0 columns are 'Geregistreerde misdrijven' \(aantal\); there are: .*Aangiften",
    ),
    # what a table is about
    Fault("another table", KWB, "/Properties", answer(lambda b: b.update(Identifier="85618NED")), "refused", "about another table, '85618NED'"),
    Fault("another table at a third party", CRIME, "/TableInfos", first(Identifier="47013NED"), "refused", "TableInfos is about another table"),
    Fault("no moment of change", CRIME, "/TableInfos", first(Modified=None), "refused", "TableInfos does not say when"),
    Fault("a measure nobody asked for", KWB, V4, first(Measure="X"), "refused", "CBS 85984NED: measure X was not asked for"),
    Fault("a code nobody asked for", HEALTH, V3, first(Marges="MW1"), "refused", "a row of Marges 'MW1', which was not asked for"),
    Fault("a code gone", CRIME, "/SoortMisdrijf", all_rows(lambda rows: rows[:1]), "refused", r"SoortMisdrijf has no code 1\.1\.1, 1\.4\.2"),
    Fault(
        "a wrong period", KWB, "/Properties", answer(lambda b: b.update(TemporalCoverage="2023", Title="Kerncijfers wijken en buurten 2023")),
        "refused", "covers '2023', the registry says 2024",
    ),
    Fault("a row of a wrong period", CRIME, V3, first(Perioden="2012JJ00"), "refused", "a row of period '2012JJ00', which was not asked for"),
    Fault("a row of a month", CRIME, V3, first(Perioden="2024MM01"), "refused", "a row of period '2024MM01', which was not asked for"),
    Fault("a file of a wrong period", SCORES, ZIP, _put(1, 3, "202"), "refused", "buurten 2002-2024.csv, line 2, jaar: '202' is not a year"),
    Fault("a year that has not begun", SCORES, ZIP, _put(1, 3, "2099"), "refused", "rows of 2099, a year that has not begun"),
    Fault("other boundaries", KWB, "/Dimensions", first(MapYear=2025), "refused", "boundaries of 2025, the registry says 2024"),
    Fault("boundaries that are no year", KWB, "/Dimensions", first(MapYear=["2024"]), "refused", r"boundaries of \['2024'\], the registry says 2024"),
    Fault(
        "other boundaries at a third party", CRIME, "/DataProperties", each(lambda row: row.update(MapYear=2026) if row.get("MapYear") else None),
        "refused", "boundaries of 2026, the registry says 2025",
    ),
    Fault(
        "regions of other boundaries, unsaid", HEALTH, V3,
        each(lambda row: row.update(WijkenEnBuurten=re.sub("^BU9", "BU8", row["WijkenEnBuurten"]))), "refused",
        "rows of the last version are gone", first="taken",
    ),
    Fault("a region that is none", HEALTH, V3, first(WijkenEnBuurten="totaal"), "refused", "a row of region 'totaal', which is no code of a region"),
    Fault("no region", HEALTH, V3, first(WijkenEnBuurten=None), "refused", "a row of region 'None', which is no code of a region"),
    Fault("an observation of no region", KWB, V4, first(WijkenEnBuurten=" "), "refused", "an observation of region '', which is no code of a region"),
    Fault("an age that nobody asked for", HEALTH, V3, first(Leeftijd="99999"), "refused", "a row of Leeftijd '99999', which was not asked for"),
    Fault("rows twice", KWB, V4, answer(_twice), "refused", "two rows for NL00, residents", times=1),
    Fault("rows twice at a third party", HEALTH, V3, answer(_twice), "refused", "two rows for NL01, 2020JJ00, MW00000"),
    Fault("rows twice in a file", SCORES, ZIP, _lines(lambda lines: lines.insert(1, lines[-2])), "refused", "two rows for BU\\w+, 2024"),
    Fault("rows twice among addresses", ADDRESSES, r"\.zip", _lines(lambda lines: lines.insert(2, lines[1])), "refused", "two rows for 0001AA, 1"),
    # figures
    Fault("numbers as text", KWB, V4, first(Value="12"), "refused", r"Expected `float . null`, got `str` - at `\$\.value\[0\]\.Value`"),
    Fault(
        "text as numbers", CRIME, V3,
        each(lambda row: row.update({k: float(v) for k, v in row.items() if k.startswith("Geregistreerde") and v.strip() != "."})), "same",
    ),
    Fault("a comma for a point", HEALTH, V3, _cell(_HEALTH, "    78,4"), "refused", "NL01, 2020JJ00: '78,4' is not a number with decimal mark"),
    Fault("a comma for a point in a file", SCORES, ZIP, _put(1, 5, '"-0,17"'), "refused", r"2002-2024\.csv, line 2, afw: '-0,17' is not a number"),
    Fault("an enormous number", KWB, V4, first(Value=1e300), "refused", "NL00, residents: 1e.300 is not a possible figure"),
    Fault("an infinite number", KWB, V4, bytes_of(lambda b: re.sub(rb'"Value": [\d.]+', b'"Value": 1e999', b)), "refused", "Observations answered"),
    Fault("an enormous number at a third party", CRIME, V3, _cell(_FIGURE, "99999999999"), "refused", "NL00, 2018JJ00: .* is not a possible figure"),
    Fault("a number that does not end", CRIME, V3, _cell(_FIGURE, "9" * 5000), "refused", "NL00, 2018JJ00: '9{40}' is not a number"),
    Fault("an enormous score", SCORES, ZIP, _put(1, 5, "1e9"), "refused", "line 2, afw: 1e.09 is not a possible figure, expected -5 to 5"),
    Fault("a negative count", KWB, V4, first(Value=-5), "refused", "NL00, residents: -5 is not a possible figure, expected 0"),
    Fault("a negative count of crimes", CRIME, V3, _cell(_FIGURE, "-1"), "refused", "NL00, 2018JJ00: -1 is not a possible figure, expected 0"),
    Fault("a percentage of 101", HEALTH, V3, _cell(_HEALTH, "101.0"), "refused", "2020JJ00: 101 is not a possible figure, expected 0 to 100"),
    Fault(
        "a percentage of 101 in a long table", KWB, V4,
        each(lambda row: row.update(Value=101.0, ValueAttribute="None") if row["Measure"] == "M001796_2" else None), "refused",
        "NL00, labour_participation: 101 is not a possible figure, expected 0 to 100",
    ),
    Fault("a line break in a cell", CRIME, V3, _cell(_FIGURE, "1\n\x1b[2J2"), "refused", "NL00, 2018JJ00: '1 .*2' is not a number"),
    Fault("a line break in a title", KWB, "/MeasureCodes", first(Title="Aantal\r\ninwoners"), "refused", "alike: T001036 'Aantal +inwoners'"),
    Fault("an unknown attribute", KWB, V4, first(ValueAttribute="Vreemd"), "refused", "NL00, residents: .*'Vreemd' has no meaning here"),
    Fault("a figure that is secret", KWB, V4, first(ValueAttribute="Secret"), "refused", "NL00, residents: .*'Secret' has no meaning here"),
    Fault("a class of 10", SCORES, ZIP, _put(1, 11, "10"), "refused", "line 2, class: '10' is not a class from 1 to 9"),
    Fault("a house number of letters", ADDRESSES, r"\.zip", _put(1, 1, "een", ";"), "refused", "line 2, Huisnummer: found 'een'"),
    Fault("a postcode of digits", ADDRESSES, r"\.zip", _put(1, 0, "1011", ";"), "refused", "line 2, PC6: found '1011'"),
    # text and files
    Fault("a cell too few", SCORES, ZIP, _lines(lambda lines: lines.insert(1, "3.0,BU00010001")), "refused", r"2024\.csv: line 2: 2 cells, expected 12"),
    Fault("two files that fit", SCORES, ZIP, of_kind("application/zip", zipped({"a.csv": _SCORES, "b.csv": _SCORES})), "refused", "2 files in the zip"),
    Fault("invalid UTF-8", KWB, V4, bytes_of(lambda b: b.replace(b"NL00", b"NL\xff0")), "refused", "Observations answered broken JSON"),
    Fault("invalid UTF-8 in a dimension", CRIME, "/SoortMisdrijf", bytes_of(lambda b: b.replace(b"Totaal", b"T\xe9")), "refused", "SoortMisdrijf answ"),
    Fault(
        "invalid UTF-8 in a file", SCORES, ZIP,
        of_kind("application/zip", zipped({"buurten.csv": _SCORES + b"3.0,BU\xff,Caf\xe9,2024,4.1,0,0,0,0,0,0,\n"})), "refused", "not UTF-8 text",
    ),
    Fault("a path that climbs out", SCORES, ZIP, of_kind("application/zip", zipped({"../../x.csv": _SCORES})), "refused", "a path that climbs out"),
    Fault("a path from the root", SCORES, ZIP, of_kind("application/zip", zipped({"/etc/x.csv": _SCORES})), "refused", "a path that climbs out"),
    Fault(
        "a zip that says it unpacks to terabytes", SCORES, ZIP, of_kind("application/zip", zipped({"x.csv": _SCORES}, 1 << 42)), "refused",
        "the zip unpacks to more than 8 GB",
    ),
    Fault(
        "a zip that says less than it gives", SCORES, ZIP, of_kind("application/zip", zipped({"x.csv": _SCORES + bytes(TWO_HUNDRED)}, 100)), "refused",
        r"x\.csv: (cannot be unpacked|unpacks to more than it says)",
    ),
    Fault(
        "a line that does not end", SCORES, ZIP, of_kind("application/zip", zipped({"x.csv": _SCORES + b"1" * (20 << 20)})), "refused",
        r"x\.csv: a line that does not end",
    ),
    Fault("a csv that is html", SCORES, ZIP, of_kind("application/zip", zipped({"x.csv": _HTML})), "refused", "0 files in the zip have the columns afw"),
    Fault("html that says it is a zip", SCORES, ZIP, of_kind("application/zip", _HTML), "refused", "the file is not a zip, or not complete"),
    Fault("a file of no bytes", SCORES, ZIP, of_kind("application/zip", b""), "refused", "the file is not a zip, or not complete"),
    Fault("addresses of no bytes", ADDRESSES, r"\.zip", of_kind("application/zip", b""), "refused", "the file is not a zip, or not complete"),
    Fault("a csv of no bytes", SCORES, ZIP, of_kind("application/zip", zipped({"x.csv": b""})), "refused", "0 files in the zip have the columns"),
    Fault("a csv of a head only", SCORES, ZIP, of_kind("application/zip", zipped({"x.csv": _SCORES})), "refused", "no rows came"),
    # half an edition: the publisher agrees with itself, and only the last version tells
    Fault(
        "a sixth of the rows gone", KWB, V4, all_rows(lambda rows: [r for r in rows if without_some(r["WijkenEnBuurten"])]), "refused",
        r"2024, \w+: \d+ of 327 rows of the last version are gone", first="taken",
    ),
    Fault(
        "a sixth of the rows gone at a third party", CRIME, _both(V3), all_rows(lambda rows: [r for r in rows if without_some(r["WijkenEnBuurten"])]),
        "refused", r"2018, [\d.]+: \d+ of 326 rows of the last version are gone", first="taken",
    ),
    Fault(
        "a sixth of a year gone from a file", SCORES, ZIP,
        csv(lambda t: "\n".join(x for x in t.split("\n") if ",2020," not in x or without_some(x.split(",")[1]))), "refused",
        r"2020, afw: \d+ of 240 rows of the last version are gone", first="taken",
    ),
    Fault("a measure without figures", KWB, V4, each(_emptied("D006842")), "refused", "2024, welfare: 0 figures, where the last", first="taken"),
    Fault(
        "a column without figures", HEALTH, V3, each(lambda row: row.update({k: "       ." for k in row if re.fullmatch(_HEALTH, k)})), "refused",
        r"2020, M\w+: 0 figures, where the last version had \d+", first="taken",
    ),
    Fault(
        "a year lost", CRIME, "/Perioden", all_rows(lambda rows: [r for r in rows if r["Key"] != "2024JJ00"]), "refused",
        "no rows of 2024, which the last version had", first="taken",
    ),
    Fault("a year lost from a file", SCORES, ZIP, csv(_no_year(2022)), "refused", "no rows of 2022, which the last version had", first="taken"),
)  # fmt: skip
