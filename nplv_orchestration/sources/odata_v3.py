"""A client of OData v3, as CBS serves it for itself and for third parties: any table, without knowing what it is about.

What a table must be stands in the registry, and is held against it in `statline_v3`. Always the Feed, which has no cap,
and always untyped, because that keeps why a value is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from nplv_orchestration.errors import SourceNotFound, SourceRefused, SourceUnreachable
from nplv_orchestration.sources.columns import texts
from nplv_orchestration.sources.http import Http, page_form

if TYPE_CHECKING:
    import pyarrow as pa

_JSON = {"$format": "json"}  # without it the Feed answers Atom
_LINK = "odata.nextLink"


@dataclass(frozen=True)
class Topic:
    """A column of figures: its key, which is numbered anew with each release, and what it is about.

    place: the titles of the groups that it stands in, the innermost last. Titles are cut off at 40 characters by the publisher.
    """

    key: str
    title: str
    unit: str
    place: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.key} '{' / '.join((*self.place, self.title))}' ({self.unit})"


def info(http: Http, address: str) -> dict[str, Any]:
    """The one row of TableInfos: title, period, when it was modified. Raises SourceRefused when it is not one row."""
    found: list[dict[str, Any]] = http.page(f"{address}/TableInfos", page_form(dict[str, Any], _LINK), _JSON).value
    if len(found) != 1:
        raise SourceRefused(f"{address}/TableInfos has {len(found)} rows, expected one")
    return found[0]


def entity(http: Http, address: str, name: str) -> list[dict[str, Any]]:
    """All rows of a small entity: DataProperties, a dimension, CategoryGroups."""
    return http.rows(f"{address}/{name}", _JSON, _LINK)


def topics(properties: Sequence[Mapping[str, Any]]) -> list[Topic]:
    """The columns of figures among DataProperties, each with its place in the tree. Raises SourceRefused for a tree that has a circle."""
    groups = {str(p.get("ID")): p for p in properties if p.get("Type") == "TopicGroup" and p.get("ID") is not None}
    return [
        Topic(_text(p, "Key"), _text(p, "Title"), _text(p, "Unit"), _place(p, groups))
        for p in properties
        if p.get("Type") == "Topic"
    ]  # fmt: skip


def _place(of: Mapping[str, Any], groups: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    place: list[str] = []
    inner = of
    while (parent := str(inner.get("ParentID"))) in groups:
        if len(place) >= len(groups):
            raise SourceRefused(f"the groups of column {_text(of, 'Key')} go round in a circle")
        inner = groups[parent]
        place.insert(0, _text(inner, "Title"))
    return tuple(place)


def _text(row: Mapping[str, Any], name: str) -> str:
    return str(row.get(name) or "").strip()


def count(http: Http, address: str, where: str) -> int:
    """How many rows the publisher counts. Raises SourceUnreachable for a web page, and SourceRefused for another answer that is no number."""
    place = f"{address}/UntypedDataSet/$count"
    try:
        reply = http.get(place, {"$filter": where} if where else {})
    except SourceNotFound as absent:
        raise SourceUnreachable(f"{absent}, though the table is; try again later") from None
    if "html" in reply.headers.get("content-type", ""):
        raise SourceUnreachable(f"{place} answered 'text/html' where a number was expected; try again later")
    told = reply.content[:40].decode(errors="replace").strip()
    if not (told.isascii() and told.isdigit()):
        raise SourceRefused(f"{address} counts '{told}', which is no number")
    return int(told)


def rows(http: Http, address: str, columns: Sequence[str], parts: Sequence[str]) -> Iterator[pa.Table]:
    """The rows of a table as text, a page at a time: one column of text for each of `columns`, keys with their padding.

    parts: a `$filter` for each part; they are asked side by side, and come in turns in a fixed order. Raises SourceRefused for a
    row without one of the columns, or a cell that is no text, number or null.
    """
    import msgspec
    import pyarrow as pa

    names = [f"c{number}" for number in range(len(columns))]
    cells = [(name, str | int | float | None, msgspec.field(name=column)) for name, column in zip(names, columns, strict=True)]
    row = msgspec.defstruct("Row", cells, gc=False)
    query = {"$select": ",".join(columns), **_JSON}
    starts = [(f"{address}/UntypedDataSet", ({"$filter": part} if part else {}) | query) for part in parts]
    for part in http.pages(row, starts, _LINK):
        yield pa.table({column: texts(list(map(attrgetter(name), part.value))) for name, column in zip(names, columns, strict=True)})
