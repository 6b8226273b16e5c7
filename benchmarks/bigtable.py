"""A table of any size in the format of 47018NED, served on this machine: what `sources.py` pulls, in a process of its own.

    .venv/bin/python benchmarks/bigtable.py [--pages N]

Base address of its publisher: http://127.0.0.1:PORT/N/dataderden, with N the number of years that the table has, the last one of them
2026. Each year has so many pages of 10,000 rows: a row for each region and offence, all offences that the registry asks. A page is
rendered and packed when it is asked for the first time, and kept; who measures asks once before, so that the server costs next to
nothing. Columns, keys and envelopes are those of the real table; what they hold means nothing. GET /stats tells requests and bytes.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
from collections import Counter
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, unquote, urlsplit

PAGE = 10_000
LAST_YEAR = 2026
OFFENCES = ("0.0.0 ", "1.1.1 ", "1.4.2 ", "1.4.3 ", "1.4.5 ", "1.4.6 ", "1.4.7 ")
COLUMNS = ("ID", "SoortMisdrijf", "WijkenEnBuurten", "Perioden", "GeregistreerdeMisdrijven_1", "Gemeentenaam_2", "SoortRegio_3")
MODIFIED = "2026-03-27T02:00:00"


def region(number: int) -> str:
    """The code of a buurt."""
    return f"BU{number:08d}"


def cells(column: str, typed: bool, year: int, first: int) -> list[str]:
    """One column of a page in JSON; first: the place of its first row in its year."""
    rows = range(first, first + PAGE)
    match column:
        case "ID":
            return [f"{row}" if typed else f'"{row}"' for row in rows]
        case "SoortMisdrijf":
            return [f'"{OFFENCES[row % 7]}"' for row in rows]
        case "WijkenEnBuurten":
            return [f'"{region(row // 7)}"' for row in rows]
        case "Perioden":
            return [f'"{year}JJ00"'] * PAGE
        case "GeregistreerdeMisdrijven_1":
            found = [(row * 2_654_435_761 + year) % 4099 % 211 for row in rows]  # the highest stands for a figure that is not given
            if typed:
                return ["null" if value == 210 else f"{value}.0" for value in found]
            return ['"        ."' if value == 210 else f'"{value:>7}.0"' for value in found]
        case "Gemeentenaam_2":
            return [f'"{f"Gemeente {row // 700}":<40}"' for row in rows]
        case "SoortRegio_3":
            return ['"Buurt     "'] * PAGE
    raise KeyError(column)


class Handler(BaseHTTPRequestHandler):
    """The publisher."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    pages: int
    stats: ClassVar[Counter[str]] = Counter()

    def log_message(self, *words: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer; 404 for what is not there, 400 for a question that the real one would not know."""
        path = unquote(urlsplit(self.path).path)
        query = {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}
        try:
            if path == "/stats":
                self._send(200, gzip.compress(json.dumps(self.stats).encode()), "application/json")
                return
            self.stats[f"requests {path}"] += 1
            match = re.fullmatch(r"/(\d+)/dataderden/ODataFeed/odata/47018NED/(\w*)/?(\$count)?", path)
            if not match:
                raise KeyError(path)
            kind = "text/plain" if match[3] else "application/json; charset=utf-8"
            body = answer(self.headers["Host"], int(match[1]), self.pages, match[2], bool(match[3]), tuple(sorted(query.items())))
            self.stats["bytes"] += len(body)
            self._send(200, body, kind)
        except KeyError as missing:
            self._send(404, gzip.compress(str(missing).encode()), "text/plain")
        except ValueError as bad:
            self._send(400, gzip.compress(str(bad).encode()), "text/plain")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        packed = "gzip" in self.headers.get("Accept-Encoding", "")
        body = body if packed else gzip.decompress(body)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@cache
def answer(host: str, years: int, pages: int, entity: str, count: bool, query: tuple[tuple[str, str], ...]) -> bytes:
    """The packed body of an answer. Raises KeyError for an entity that is not there, ValueError for a question that has no meaning."""
    base, asked = f"http://{host}/{years}/dataderden/ODataFeed/odata/47018NED", dict(query)
    body: dict[str, Any] = {"odata.metadata": f"{base}/$metadata#{entity}"}
    every = range(LAST_YEAR - years + 1, LAST_YEAR + 1)
    if entity in ("TypedDataSet", "UntypedDataSet"):
        chosen = wanted(asked.get("$filter", ""), every)
        if count:
            return packed(str(len(chosen) * pages * PAGE))
        number = int(asked.get("$skip", 0)) // PAGE
        columns = asked["$select"].split(",") if "$select" in asked else list(COLUMNS)
        year, first = chosen[number // pages], number % pages * PAGE
        form = "{" + ",".join(f'"{column}":%s' for column in columns) + "}"
        rows = zip(*(cells(column, entity == "TypedDataSet", year, first) for column in columns), strict=True)
        text = json.dumps(body)[:-1] + ', "value": [' + ",".join(map(form.__mod__, rows)) + "]"
        if number + 1 < len(chosen) * pages:
            rest = asked | {"$skip": str((number + 1) * PAGE)}
            text += f', "odata.nextLink": "{base}/{entity}?' + "&".join(f"{name}={quote(value)}" for name, value in rest.items()) + '"'
        return packed(text + "}")
    return packed(json.dumps(body | {"value": small(entity, base, every, pages)}))


def wanted(question: str, years: range) -> list[int]:
    """The years that a `$filter` leaves; it knows offences and periods that are equal to something, and all offences must be asked."""
    asked: dict[str, set[str]] = {}
    for column, value in re.findall(r"(\w+) eq '([^']*)'", question):
        asked.setdefault(column, set()).add(value)
    left = re.sub(r"\w+ eq '[^']*'|\b(and|or)\b|[() ]", "", question)
    if left or asked.keys() - {"SoortMisdrijf", "Perioden"} or asked.get("SoortMisdrijf", set(OFFENCES)) != set(OFFENCES):
        raise ValueError(f"this $filter is not known here: {question}")
    return [year for year in years if f"{year}JJ00" in asked.get("Perioden", {f"{year}JJ00"})]


def small(entity: str, base: str, years: range, pages: int) -> list[dict[str, Any]]:
    """The rows of all that is not the table itself."""
    codes: dict[str, tuple[str, ...]] = {
        "SoortMisdrijf": OFFENCES, "Perioden": tuple(f"{year}JJ00" for year in years),
        "WijkenEnBuurten": tuple(region(number) for number in range((pages * PAGE - 1) // 7 + 1)),
    }  # fmt: skip
    match entity:
        case "":
            return [{"name": name, "url": f"{base}/{name}"} for name in ("TableInfos", "UntypedDataSet", "TypedDataSet", "DataProperties", *codes)]
        case "TableInfos":
            return [{"ID": 0, "Identifier": "47018NED", "Modified": MODIFIED, "MetaDataModified": MODIFIED, "ReasonDelivery": "Actualisering"}]
        case "DataProperties":
            kinds = {"SoortMisdrijf": "Dimension", "WijkenEnBuurten": "GeoDetail", "Perioden": "TimeDimension"}
            rows: list[dict[str, Any]] = [
                {"ID": n, "ParentID": None, "Type": kind, "Key": key, "Title": key, "MapYear": 2025 if kind == "GeoDetail" else None}
                for n, (key, kind) in enumerate(kinds.items())
            ]
            titles = {COLUMNS[4]: ("Geregistreerde misdrijven", "aantal"), COLUMNS[5]: ("Gemeentenaam", ""), COLUMNS[6]: ("Soort regio", "")}
            return rows + [
                {"ID": n, "ParentID": None, "Type": "Topic", "Key": key, "Title": title, "Unit": unit, "Datatype": "Double" if unit else "String"}
                for n, (key, (title, unit)) in enumerate(titles.items(), 3)
            ]
    return [{"Key": key, "Title": key.strip(), "Description": None, "Status": "Definitief", "CategoryGroupID": None} for key in codes[entity]]


def packed(text: str) -> bytes:
    """Text as it goes over the line."""
    return gzip.compress(text.encode(), 1)


def main() -> None:
    """Serve until ended; the address goes to standard output, as one line of JSON."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--pages", type=int, default=63)
    Handler.pages = words.parse_args().pages
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
