"""A client of OData v4, as CBS serves it: any table of observations, without knowing what it is about.

What a table must be stands in the registry, and is held against it in `statline_v4`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.sources.columns import numbers, texts
from nplv_orchestration.sources.http import Http

if TYPE_CHECKING:
    import pyarrow as pa

_LINK, _COUNT = "@odata.nextLink", "@odata.count"


def properties(http: Http, address: str) -> dict[str, Any]:
    """What a table tells of itself: title, version, period, licence, number of observations."""
    return http.json(f"{address}/Properties")


def entity(http: Http, address: str, name: str) -> list[dict[str, Any]]:
    """All rows of a small entity: Dimensions, MeasureCodes, the codes of a dimension."""
    return http.rows(f"{address}/{name}", {}, _LINK)


def observations(http: Http, address: str, dimensions: Sequence[str], where: str) -> Iterator[tuple[pa.Table, int]]:
    """The observations that a `$filter` leaves, a page at a time, each page with the publisher's count of all of them.

    Columns: `measure`, each of `dimensions` (text, with its padding), `value` (double) and `attribute` (text). Raises SourceRefused
    for an observation without one of these, of another kind, or when the publisher does not count.
    """
    import msgspec
    import pyarrow as pa

    fields = ["Measure", *dimensions, "ValueAttribute"]
    names = [f"c{number}" for number in range(len(fields))]
    cells: list[Any] = [(name, str, msgspec.field(name=column)) for name, column in zip(names, fields, strict=True)]
    observation = msgspec.defstruct("Observation", [*cells, ("value", float | None, msgspec.field(name="Value"))], gc=False)
    query = {"$select": ",".join([*fields, "Value"]), "$count": "true"} | ({"$filter": where} if where else {})
    counted: int | None = None
    for part in http.pages(observation, [(f"{address}/Observations", query)], _LINK, _COUNT):
        counted = part.count if part.count is not None else counted
        if counted is None:
            raise SourceRefused(f"{address}/Observations does not say how many there are")
        columns = {("measure" if c == "Measure" else "attribute" if c == "ValueAttribute" else c): n for n, c in zip(names, fields, strict=True)}
        table = {column: texts(list(map(attrgetter(name), part.value))) for column, name in columns.items()}
        yield pa.table(table | {"value": numbers([o.value for o in part.value])}), counted
