"""What the Dagster UI shows of a table at a glance: what is missing in it and why; of a mart its latest figure beside that of the Netherlands, what moved since
it was published, and its series as a small picture.

The figures are those of the private warehouse, before the gate. How an edition tells them is in `edition`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nplv_orchestration.catalogue import Indicator
from nplv_orchestration.edition.chart import chart
from nplv_orchestration.edition.table import DEMO_MARK, Point, number, signed
from nplv_orchestration.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_NOTHING = (None, None, None, "ontbreekt", "")  # of a mart without a row
_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Moved:
    """How many figures of a mart are otherwise than in the version that is published: not there before, gone, or another figure."""

    new: int
    gone: int
    changed: int


@dataclass(frozen=True)
class Portrait:
    """The latest figure of a mart and its series. year and value are None when there is no figure in any year, and `reason` says why."""

    year: int | None
    value: float | None
    national: float | None
    status: str
    reason: str
    points: Sequence[Point]

    @property
    def gap(self) -> float | None:
        """The figure of the areas less that of the Netherlands, in the indicator's unit."""
        return None if self.value is None or self.national is None else self.value - self.national


def missing_cells(parquet: Path) -> dict[str, int]:
    """How many cells of an archived table have no figure, by the reason that its publisher gives; nothing where it tells no reasons."""
    import duckdb

    with duckdb.connect() as connection:
        columns = {row[0] for row in connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(parquet)]).fetchall()}
        if "missing" not in columns:
            return {}
        query = "SELECT missing, count(*) FROM read_parquet(?) WHERE missing IS NOT NULL GROUP BY ALL ORDER BY 2 DESC, 1"
        return dict(connection.execute(query, [str(parquet)]).fetchall())


def missing_figures(connection: DuckDBPyConnection, marts: Mapping[str, str]) -> dict[str, list[tuple[str, int]]]:
    """Why figures are missing and how many, by indicator, the most frequent first. marts: the table of each indicator."""
    found: dict[str, list[tuple[str, int]]] = {name: [] for name in marts}
    if marts:
        union = " UNION ALL ".join(f"SELECT indicator_id, status_reason FROM {relation} WHERE value IS NULL" for relation in marts.values())
        query = f"SELECT indicator_id, status_reason, count(*) FROM ({union}) GROUP BY ALL ORDER BY 3 DESC, 2"
        for name, reason, count in connection.execute(query).fetchall():
            found[name].append((reason, count))
    return found


def moved(connection: DuckDBPyConnection, version: Path, marts: Mapping[str, str]) -> dict[str, Moved]:
    """How each mart differs from what a published version has of it; an indicator that was never published is all new."""
    published = version / "intern" / "parquet" / "marts.indicator_values.parquet"
    if not marts or not published.exists():
        return {}
    keys = "indicator_id, geo_level, geo_code, series, year"
    union = " UNION ALL ".join(f"SELECT {keys}, value FROM {relation}" for relation in marts.values())
    rows = connection.execute(
        f"SELECT indicator_id, count(*) FILTER (n.value IS NOT NULL AND o.value IS NULL), count(*) FILTER (n.value IS NULL AND o.value IS NOT NULL), "
        f"count(*) FILTER (n.value <> o.value) FROM ({union}) AS n FULL JOIN (SELECT {keys}, value FROM read_parquet(?)) AS o USING ({keys}) GROUP BY 1",
        [str(published)],
    ).fetchall()
    return {name: Moved(*counts) for name, *counts in rows if name in marts}


def portraits(connection: DuckDBPyConnection, marts: Mapping[str, tuple[str, str]]) -> dict[str, Portrait]:
    """The portrait of each of these marts, by indicator. marts: the table of each indicator, and the series of it that is shown."""
    if not marts:
        return {}
    union = " UNION ALL BY NAME ".join(f"SELECT * FROM {relation} WHERE series = {literal(series)}" for relation, series in marts.values())
    rows = connection.execute(
        f"SELECT a.indicator_id, a.year, a.value, n.value, a.status, a.status_reason FROM ({union}) AS a "
        f"LEFT JOIN ({union}) AS n ON a.indicator_id = n.indicator_id AND a.year = n.year AND a.series = n.series AND n.geo_level = 'nederland' "
        "WHERE a.geo_level = 'nplv' ORDER BY a.indicator_id, a.year"
    ).fetchall()
    found = {}
    for indicator_id in marts:
        own = [row[1:] for row in rows if row[0] == indicator_id]
        known = [row for row in own if row[1] is not None]
        year, value, national, status, reason = (known or own or [_NOTHING])[-1]
        found[indicator_id] = Portrait(year if known else None, value, national if known else None, status, reason or "", [row[:3] for row in own])
    return found


def image(indicator: Indicator, portrait: Portrait, is_demo: bool) -> str:
    """The series as a picture in Markdown, with the same in words for who cannot see it."""
    value, national = (number(x, indicator.decimals) for x in (portrait.value, portrait.national))
    told = f"{indicator.name_nl}: {value} in {portrait.year}, Nederland {national}" if portrait.year else f"{indicator.name_nl}: geen cijfer"
    if portrait.gap is not None:
        told += f", verschil {signed(portrait.gap, indicator.decimals)}"
    svg = chart(
        portrait.points,
        unit=indicator.unit,
        decimals=indicator.decimals,
        breaks=[b.year for b in indicator.breaks if b.series == indicator.main_series],
        title=told,
        note=DEMO_MARK if is_demo else "",
    )
    shown = base64.b64encode(svg.encode()).decode()
    return f"![{told}](data:image/svg+xml;base64,{shown})"


def line(indicator: Indicator, points: Sequence[Point]) -> str:
    """The figures of the areas as a line of text: a bar for each measurement, the first figure and the last."""
    known = [(year, value) for year, value, _ in points if value is not None]
    if not known:
        return "geen cijfers"
    low, high = min(v for _, v in known), max(v for _, v in known)
    bars = "".join(_BARS[round((len(_BARS) - 1) * ((v - low) / (high - low) if high > low else 0.5))] for _, v in known)
    first, last = (f"{number(value, indicator.decimals)} ({year})" for year, value in (known[0], known[-1]))
    return f"{bars}  {first} tot {last}" if len(known) > 1 else first
