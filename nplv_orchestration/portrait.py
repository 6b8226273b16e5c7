"""What the Dagster UI shows of a mart at a glance: its latest figure beside that of the Netherlands, and its series as a small picture.

The figures are those of the private warehouse, before the gate. How an edition tells them is in `edition`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from nplv_orchestration.catalogue import Indicator
from nplv_orchestration.edition.table import DEMO, number, signed
from nplv_orchestration.warehouse import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Point = tuple[int, float | None, float | None]
"""A year, the figure of the areas together, and that of the Netherlands."""

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 420, 150, 14, 96, 34, 24
_NOTHING = (None, None, None, "ontbreekt", "")  # of a mart without a row
_BARS = "▁▂▃▄▅▆▇█"
_AREAS, _COUNTRY = "#154273", "#767676"


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
    shown = base64.b64encode(picture(indicator, portrait.points, is_demo).encode()).decode()
    value, national = (number(x, indicator.decimals) for x in (portrait.value, portrait.national))
    told = f"{indicator.name_nl}: {value} in {portrait.year}, Nederland {national}" if portrait.year else f"{indicator.name_nl}: geen cijfer"
    if portrait.gap is not None:
        told += f", verschil {signed(portrait.gap, indicator.decimals)}"
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


def picture(indicator: Indicator, points: Sequence[Point], is_demo: bool) -> str:
    """Two lines in SVG, the areas together and the Netherlands, with a dot for each measurement and none where there is no figure."""
    shown = [v for _, *both in points for v in both if v is not None]
    low, high = (min(shown), max(shown)) if shown else (0.0, 1.0)
    years = [year for year, *_ in points] or [0]

    def x(year: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (year - years[0]) / max(years[-1] - years[0], 1)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * ((value - low) / (high - low) if high > low else 0.5)

    marks = [
        f'<text x="{_LEFT}" y="14" font-weight="bold">{escape(indicator.unit)}</text>',
        *([f'<text x="{_LEFT}" y="27" fill="#8a5a00" font-weight="bold">{escape(DEMO.split(":")[0])}</text>'] if is_demo else []),
        *(f'<text x="{x(year):.0f}" y="{_HEIGHT - 6}" text-anchor="middle">{year}</text>' for year in dict.fromkeys((years[0], years[-1]))),
    ]
    ends = []
    for place, (name, colour) in enumerate((("gebieden", _AREAS), ("Nederland", _COUNTRY)), 1):
        dots = [(x(p[0]), y(v), v) for p in points if (v := p[place]) is not None]
        marks.append(f'<polyline points="{" ".join(f"{a:.1f},{b:.1f}" for a, b, _ in dots)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        marks += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3" fill="{colour}"/>' for a, b, _ in dots]
        if dots:
            ends.append((dots[-1][1] + 4, f"{name} {number(dots[-1][2], indicator.decimals)}", colour))
    floor = -1e9
    for height, text, colour in sorted(ends):  # two names at one height cannot be read
        floor = max(height, floor + 14)
        marks.append(f'<text x="{_WIDTH - _RIGHT + 8}" y="{floor:.1f}" fill="{colour}">{text}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="Arial, sans-serif" font-size="11">'
        f'<rect width="100%" height="100%" fill="#fff"/>{"".join(marks)}</svg>'
    )
