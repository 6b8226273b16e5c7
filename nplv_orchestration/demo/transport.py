"""The demo country's publishers as one httpx transport: the client asks as it always does, and no network is touched.

Routing and the words of HTTP belong here; what a table holds is in the module of its publisher.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from email.utils import format_datetime
from typing import Any

import httpx
from pydantic import HttpUrl

from nplv_orchestration.demo import cbs, dataderden, leefbaarometer
from nplv_orchestration.demo.calendar import published, release
from nplv_orchestration.demo.figures import FIRST, LAST, Figures
from nplv_orchestration.demo.odata import Cube, WrongQuestion
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.registry import BY_KEY, REGISTRY, SourceTable

# names that can never be anybody's (RFC 2606)
ADDRESSES = {
    "cbs_url": "https://cbs.demo.invalid/odata/v1/CBS",
    "cbs_download_url": "https://download.demo.invalid",
    "dataderden_url": "https://dataderden.demo.invalid",
    "leefbaarometer_url": "https://leefbaarometer.demo.invalid",
}
_BY_TABLE = {table.table_id: table for table in REGISTRY}


def addressed(settings: Settings) -> Settings:
    """The settings with the addresses of these publishers."""
    return settings.model_copy(update={name: HttpUrl(address) for name, address in ADDRESSES.items()})


class DemoTransport(httpx.BaseTransport):
    """Answers every question of a night."""

    def __init__(self, figures: Figures, night: int) -> None:
        self.figures, self._night = figures, night
        self._routes: list[tuple[str, Callable[..., httpx.Response]]] = [
            (r"cbs\.demo\.invalid/odata/v1/CBS/(\w+)/(\w+)", self._v4),
            (r"dataderden\.demo\.invalid/ODataFeed/odata/(\w+)/(\w+)/?(\$count)?", self._v3),
            (r"leefbaarometer\.demo\.invalid/(resources/open-data-leefbaarometer-meting-2024\.zip)", self._scores),
            (r"download\.demo\.invalid/postcode/(?P<year>\d{4})-cbs-pc6huisnr(?P=year)0801_buurt\.zip", self._addresses),
        ]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer to one request; 404 for what no publisher has."""
        place = f"{request.url.host}{request.url.path}"
        for pattern, answer in self._routes:
            if match := re.fullmatch(pattern, place):
                try:
                    return answer(request, *match.groups())
                except WrongQuestion as error:
                    return httpx.Response(400, text=str(error))
        return httpx.Response(404, text="not found")

    def _v4(self, request: httpx.Request, table_id: str, name: str) -> httpx.Response:
        table = _BY_TABLE.get(table_id)
        found = cbs.entity(table, name, self.figures, self._night) if table and table.reader == "statline_v4" else None
        context = {"@odata.context": f"{ADDRESSES['cbs_url']}/{table_id}/$metadata#{name}"}
        if found is None:
            return httpx.Response(404, text="not found")
        if isinstance(found, dict):
            return _json(context | found)
        if isinstance(found, list):
            return _json(context | {"value": found})
        query = request.url.params
        cube = found.narrowed(query.get("$filter", ""))
        counted = {"@odata.count": len(cube)} if query.get("$count") == "true" else {}
        return self._page(request, cube, context | counted, "@odata.nextLink")

    def _v3(self, request: httpx.Request, table_id: str, name: str, count: str | None) -> httpx.Response:
        table = _BY_TABLE.get(table_id)
        found = dataderden.entity(table, name, self.figures, self._night) if table and table.reader == "statline_v3" else None
        query = request.url.params
        if found is None:
            return httpx.Response(404, text="not found")
        if count and isinstance(found, Cube):
            return httpx.Response(200, text=str(len(found.narrowed(query.get("$filter", "")))))
        if query.get("$format") != "json":
            return httpx.Response(200, text='<?xml version="1.0"?><feed/>', headers={"content-type": "application/atom+xml"})
        context = {"odata.metadata": f"{ADDRESSES['dataderden_url']}/ODataFeed/OData/{table_id}/$metadata#{name}"}
        if isinstance(found, list):
            return _json(context | {"value": found})
        return self._page(request, found.narrowed(query.get("$filter", "")), context, "odata.nextLink")

    def _page(self, request: httpx.Request, cube: Cube, head: dict[str, Any], link: str) -> httpx.Response:
        query = request.url.params
        skip, size = _number(query, "$skip", 0), self.figures.country.size.page
        top = _number(query, "$top", len(cube))
        rows = list(cube.rows(skip, min(size, top)))
        if "$select" in query and rows:
            chosen = query["$select"].split(",")
            if unknown := set(chosen) - set(rows[0]):
                raise WrongQuestion(f"$select: there is no column {', '.join(sorted(unknown))}")
            rows = [{name: row[name] for name in chosen} for row in rows]
        more = {link: str(request.url.copy_set_param("$skip", str(skip + size)))} if "$top" not in query and skip + size < len(cube) else {}
        return _json(head | {"value": rows} | more)

    def _scores(self, request: httpx.Request, path: str) -> httpx.Response:
        number = release("leefbaarometer", self._night)
        return self._zip(request, BY_KEY["leefbaarometer"], lambda: leefbaarometer.scores(self.figures, number))

    def _addresses(self, request: httpx.Request, year: str) -> httpx.Response:
        if not FIRST <= int(year) <= LAST:
            return httpx.Response(404, text="not found")
        return self._zip(request, BY_KEY[f"cbs_addresses_{year}"], lambda: cbs.addresses(self.figures, int(year)))

    def _zip(self, request: httpx.Request, table: SourceTable, content: Callable[[], bytes]) -> httpx.Response:
        """A file, unless the one who asks has it already."""
        day = published(table, self._night)
        headers = {
            "etag": f'"{self.figures.country.name}-{day:%Y%m%d}"',
            "last-modified": format_datetime(datetime.combine(day, time(2), UTC), usegmt=True),
        }
        if request.headers.get("if-none-match") == headers["etag"]:
            return httpx.Response(304, headers=headers)
        return httpx.Response(200, content=content(), headers=headers | {"content-type": "application/zip"})


def _number(query: httpx.QueryParams, name: str, otherwise: int) -> int:
    text = query.get(name, str(otherwise))
    if not text.isdigit():
        raise WrongQuestion(f"{name}: {text} is not a number")
    return int(text)


def _json(body: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, content=json.dumps(body).encode(), headers={"content-type": "application/json; charset=utf-8"})
