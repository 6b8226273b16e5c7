"""What the explorer shows of one published version: which figures, as rows, as lines of a chart and as a file; all of it internal, for it names areas.

Reading the version and choosing from it belong here; the words and the HTML around it are in `exploring_page`, the widgets in `explorer`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from nplv_orchestration.configuration import Configuration, of
from nplv_orchestration.edition.chart import AREAS, COUNTRY, LARGE, SMALL, Line, Look, draw
from nplv_orchestration.edition.csvs import as_csv
from nplv_orchestration.edition.table import DEMO_MARK
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.explain import Explanation, explain
from nplv_orchestration.published import GEO_NAMES, connect, facts, records

INTERNAL = "Intern: bevat cijfers van gebieden, niet voor publicatie"
TOTAL = "nplv"

COMPARATORS = {level: name for level, name in GEO_NAMES.items() if level != TOTAL}

LOOKS = {
    TOTAL: AREAS,
    "nederland": COUNTRY,
    "gemeenten": Look("#1a1a1a", "8 3 2 3", "open diamond"),
    "rest_19_gemeenten": Look("#5c4a00", "2 3", "open triangle"),
    "overig_nederland": Look("#595959", "1 3", "open wedge"),
}
_COLOURS = ("#b2182b", "#1b7837", "#762a83", "#8c510a", "#01665e", "#c51b7d", "#2166ac", "#3f3f9f", "#5b6400", "#a14000")
_STROKES = tuple(product(("", "7 2", "3 2", "9 2 3 2", "1 2"), ("square", "triangle", "diamond", "wedge", "cross")))

_SHADED = 4  # lines with bounds in one chart; shades of more hide the lines, and what each is of

COLUMNS = (
    "label", "version", "indicator_id", "indicator", "geo_level", "geo_code", "geo_name", "series", "year", "value", "value_low", "value_high", "unit",
    "numerator", "denominator", "coverage", "regions", "region_quality", "status", "status_reason", "source_table",
)  # fmt: skip
"""The columns of what is downloaded."""


@dataclass(frozen=True)
class Version:
    """All that the explorer shows of a version, read once, so that no file stays open while a page does.

    indicators: the rows of `marts.indicators` in their order; figures: those of `marts.indicator_values`, by indicator, level, name and year; areas: their names by geo_code.
    """

    database: Path
    facts: dict[str, str]
    indicators: list[dict[str, Any]]
    figures: list[dict[str, Any]]
    areas: dict[str, str]

    @property
    def name(self) -> str:
        """The name of the version."""
        return self.facts["version"]

    @cached_property
    def programme(self) -> Configuration:
        """Of which programme it is, with its words."""
        return of(self.facts)

    @property
    def is_demo(self) -> bool:
        """Whether the figures are invented."""
        return self.facts["mode"] == "demo"

    @property
    def label(self) -> str:
        """What is said with everything that is shown or downloaded."""
        return f"{DEMO_MARK}. {INTERNAL}" if self.is_demo else INTERNAL

    def note(self, most: str = "Intern, niet voor publicatie") -> str:
        """The same within a chart, where there is room for less. most: what is said of real figures."""
        return f"{most}; {DEMO_MARK}" if self.is_demo else most

    def indicator(self, indicator_id: str) -> dict[str, Any]:
        """The catalogue of one indicator."""
        return next(row for row in self.indicators if row["indicator_id"] == indicator_id)

    def look(self, geo: str) -> Look:
        """How the line of a geo is drawn; the same whichever others are chosen."""
        if geo in LOOKS:
            return LOOKS[geo]
        place = list(self.areas).index(geo)
        dash, mark = _STROKES[place % len(_STROKES)]
        return Look(_COLOURS[place % len(_COLOURS)], dash, mark)

    def geo_name(self, geo: str) -> str:
        """What a reader calls a geo."""
        return GEO_NAMES.get(geo) or self.areas[geo]


def read(database: Path) -> Version:
    """The version in an internal database. Raises NplvError for one without figures."""
    with connect(database) as connection:
        known = facts(connection)
        indicators = records(connection, "SELECT * FROM marts.indicators ORDER BY number")
        figures = records(connection, "SELECT * FROM marts.indicator_values ORDER BY indicator_id, geo_level, geo_name, geo_code, series, year")
    if not any(row["value"] is not None for row in figures):
        raise NplvError(f"version {known['version']} holds no figures yet, so there is nothing to explore; `nplv status` says what is missing")
    areas = {row["geo_code"]: row["geo_name"] for row in figures if row["geo_level"] == "gebied"}
    return Version(database, known, indicators, figures, dict(sorted(areas.items(), key=lambda area: area[1])))


def series(version: Version, indicator_id: str) -> dict[str, str]:
    """The series of an indicator by the names that a reader knows, to their ids; its main one first."""
    about = version.indicator(indicator_id)
    listed = sorted(json.loads(about["series"]), key=lambda one: one["id"] != about["main_series"])
    return {one["name_nl"]: one["id"] for one in listed}


def chosen(version: Version, indicator_id: str, geos: Sequence[str], of_series: str | None = None) -> list[dict[str, Any]]:
    """The rows of an indicator for these geos, in their order and by year. geos: levels of `GEO_NAMES`, and codes of areas; of_series: default the main one.

    Each row is that of `marts.indicator_values` with `geo`, the word of `geos` that it belongs to.
    """
    wanted = of_series or version.indicator(indicator_id)["main_series"]
    own = [row | {"geo": _geo(row)} for row in version.figures if row["indicator_id"] == indicator_id and row["series"] == wanted]
    return [row for geo in geos for row in own if row["geo"] == geo]


def _geo(row: dict[str, Any]) -> str:
    return str(row["geo_code"] if row["geo_level"] == "gebied" else row["geo_level"])


def lines(version: Version, rows: Iterable[dict[str, Any]]) -> list[Line]:
    """The rows of `chosen` as the lines of a chart, in their order."""
    by_geo: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_geo.setdefault(row["geo"], []).append(row)
    return [
        Line(version.geo_name(geo), version.look(geo), [(row["year"], row["value"], row["value_low"], row["value_high"]) for row in own])
        for geo, own in by_geo.items()
    ]


def picture(version: Version, indicator_id: str, rows: Sequence[dict[str, Any]], *, is_small: bool = False) -> str:
    """The chart of rows of `chosen`, as an SVG that says that it is internal. is_small: one of many beside each other.

    The bounds of 95% are shaded for a few lines; of more they stand in the table alone, and the chart says so.
    """
    about = version.indicator(indicator_id)
    drawn = lines(version, rows)
    is_crowded = sum(any(low is not None for _, _, low, _ in line.points) for line in drawn) > _SHADED
    if is_crowded:
        drawn = [replace(line, points=[(year, value, None, None) for year, value, *_ in line.points]) for line in drawn]
    return draw(
        drawn,
        unit=f"{about['unit']}. De marges staan in de tabel" if is_crowded else about["unit"],
        decimals=about["decimals"],
        breaks=[one["year"] for one in json.loads(about["breaks"]) if rows and one["series"] == rows[0]["series"]],
        title=f"{about['name_nl']}: {', '.join(line.name for line in drawn) or 'niets gekozen'}. {version.label}",
        note=version.note("Intern") if is_small else version.note(),
        shape=SMALL if is_small else LARGE,
    )


def download(version: Version, indicator_id: str, rows: Iterable[dict[str, Any]]) -> tuple[str, bytes]:
    """The name and the content of a csv file of rows of `chosen`; each row of it says that it is internal, and of which version."""
    about = version.indicator(indicator_id)
    told = {"label": version.label, "version": version.name, "indicator": about["name_nl"]}
    demo = f"{DEMO_MARK}-" if version.is_demo else ""
    return f"intern-{demo}{indicator_id}-{version.name}.csv", as_csv(COLUMNS, [row | told for row in rows])


def years(rows: Iterable[dict[str, Any]]) -> list[int]:
    """The years of rows, the newest first."""
    return sorted({row["year"] for row in rows}, reverse=True)


def taken_apart(version: Version, row: dict[str, Any]) -> Explanation:
    """How the figure of a row came about, as `nplv explain` tells it. Raises WrongCall when the version went away while its page was open."""
    if not version.database.exists():
        raise WrongCall(f"version {version.name} is no longer kept; open the page again for the current one")
    return explain(version.database, row["indicator_id"], row["year"], row["geo_code"], row["series"])
