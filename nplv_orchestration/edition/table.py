"""The overview table: a row for each indicator, as figures and as the words and numbers a reader sees.

Reading the public database belongs here; the files that are made from it do not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.published import facts, records

ACTIELIJNEN = {"fysiek": "Fysiek", "sociaal": "Sociaal", "veiligheid": "Veiligheid"}
NO_FIGURE = "geen cijfer"
DEMO_MARK = "DEMONSTRATIEGEGEVENS"  # where there is no room for more
DEMO = f"{DEMO_MARK}: alle cijfers zijn verzonnen"
UNDECIDED = "niet te bepalen"


Point = tuple[int, float | None, float | None]
"""A year, the figure of the areas together, and that of the Netherlands."""


@dataclass(frozen=True)
class Edition:
    """All that an edition tells, read once. rows: see `_ROWS`; one for each indicator, in the order of the table."""

    year: int
    facts: dict[str, str]
    rows: list[dict[str, Any]]
    sources: list[dict[str, Any]]
    delineation: list[dict[str, Any]]
    """Which buurten make up which area, and whether that is officieel, kandidaat or verzonnen."""
    points: dict[str, list[Point]]
    """Of each indicator the years of its main series up to this one, with the figure of the areas and that of the Netherlands."""
    checks: dict[str, int]
    """How many checks passed and how many failed, of what was published."""

    @property
    def is_demo(self) -> bool:
        """Whether the figures are invented."""
        return self.facts.get("mode") == "demo"

    @property
    def kind(self) -> str:
        """What the figures are, in words."""
        return DEMO if self.is_demo else "werkelijke cijfers"

    @property
    def delineated(self) -> str:
        """What the delineation of the areas is, in a word (of several words each)."""
        return ", ".join(sorted({row["delineation"] for row in self.delineation}))

    @property
    def areas(self) -> int:
        """How many areas there are."""
        return len({row["area_id"] for row in self.delineation})

    @property
    def municipalities(self) -> int:
        """In how many municipalities they lie."""
        return len({row["municipality_name"] for row in self.delineation})

    @property
    def missing(self) -> list[dict[str, Any]]:
        """The indicators without a figure for the areas, each with `status_reason`."""
        return [row for row in self.rows if row["latest_value"] is None]


_ROWS = """
    SELECT c.*, t.* EXCLUDE (indicator_id, geo_level, geo_code, series, up_to_year),
        coalesce(l.coverage, 0) AS coverage, l.region_quality, l.weight_year, l.numerator, l.denominator, l.regions,
        l.source_table, l.source_modified,
        coalesce(l.status, 'ontbreekt') AS status, CASE WHEN l.year IS NULL THEN n.status_reason ELSE l.status_reason END AS status_reason,
        n.year AS newest_year, n.status_reason AS newest_reason, w.waivers
    FROM marts.indicators AS c
    LEFT JOIN marts.indicator_trends_by_year AS t
        ON c.indicator_id = t.indicator_id AND c.main_series = t.series AND t.geo_level = 'nplv' AND t.up_to_year = $year
    LEFT JOIN marts.indicator_values AS l
        ON c.indicator_id = l.indicator_id AND c.main_series = l.series AND l.geo_level = 'nplv' AND l.year = t.latest_year
    LEFT JOIN (
        SELECT indicator_id, series, year, status_reason FROM marts.indicator_values
        WHERE geo_level = 'nplv' AND year <= $year QUALIFY year = max(year) OVER (PARTITION BY indicator_id, series)
    ) AS n ON c.indicator_id = n.indicator_id AND c.main_series = n.series
    LEFT JOIN (
        SELECT indicator_id, string_agg(text_nl, '; ' ORDER BY text_nl) AS waivers FROM quality.waivers WHERE is_used GROUP BY indicator_id
    ) AS w ON c.indicator_id = w.indicator_id
    ORDER BY c.number
"""


_POINTS = """
    SELECT a.indicator_id, a.year, a.value, n.value AS national
    FROM marts.indicator_values AS a
    INNER JOIN marts.indicators AS c ON a.indicator_id = c.indicator_id AND a.series = c.main_series
    LEFT JOIN marts.indicator_values AS n
        ON a.indicator_id = n.indicator_id AND a.series = n.series AND a.year = n.year AND n.geo_level = 'nederland'
    WHERE a.geo_level = 'nplv' AND a.year <= $year
    ORDER BY a.indicator_id, a.year
"""


def read(database: Path, year: int) -> Edition:
    """What the edition of a year tells. Raises NplvError without a published version, WrongCall for a year without figures."""
    import duckdb

    if not database.exists():
        raise NplvError(f"{database} is not there: nothing was published yet; run `nplv run`")
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = partial(records, connection)
        if rows("SELECT 1 FROM marts.indicator_values WHERE geo_level = 'gebied' LIMIT 1"):
            raise NplvError(f"{database} holds figures of areas: an edition is made from the public database only")
        years = [
            r["year"] for r in rows("SELECT DISTINCT year FROM marts.indicator_values WHERE geo_level = 'nplv' AND value IS NOT NULL ORDER BY 1")
        ]
        if not years or not years[0] <= year <= years[-1]:
            possible = f"{years[0]} to {years[-1]}" if years else "none: no indicator has a figure"
            raise WrongCall(f"an edition {year} cannot be made: years with figures are {possible}")
        table = rows(_ROWS, year=year)
        points: dict[str, list[Point]] = {}
        for point in rows(_POINTS, year=year):
            points.setdefault(point["indicator_id"], []).append((point["year"], point["value"], point["national"]))
        counted = {row["outcome"]: row["n"] for row in rows("SELECT outcome, count(*) AS n FROM quality.check_results GROUP BY outcome")}
        return Edition(
            year=year,
            facts=facts(connection),
            rows=table,
            sources=rows("SELECT * FROM provenance.sources ORDER BY key"),
            delineation=rows(
                "SELECT a.area_id, a.area_name, a.municipality_name, r.region_code, r.boundary_year, a.delineation FROM areas.focus_area_regions AS r "
                "JOIN areas.focus_areas AS a USING (area_id) ORDER BY ALL"
            ),
            points=points,
            checks={outcome: counted.get(outcome, 0) for outcome in ("passed", "failed")},
        )


def development(row: dict[str, Any]) -> str:
    """How an indicator moved, in words. A deviation from the country is told as a distance, never as an improvement."""
    if row["relative"]:
        distance = {"ingelopen": "afstand kleiner", "opgelopen": "afstand groter", "gelijk": "afstand vrijwel gelijk"}
        return distance.get(row["gap_verdict"], row["gap_verdict"]) or UNDECIDED
    return row["verdict"] or UNDECIDED


def changes(row: dict[str, Any]) -> list[tuple[float, int]]:
    """The changes up to the latest year that the verdicts rest on: how much, and since when."""
    found = {row[f"{start}_year"]: row[f"change_{start}"] for start in ("start1", "start2") if row[f"change_{start}"] is not None}
    return [(change, year) for year, change in found.items()]


def breaks(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The breaks of the series that is shown, with `year` and `text_nl`."""
    return [b for b in json.loads(row["breaks"]) if b["series"] == row["main_series"]]


def number(value: float | None, decimals: int) -> str:
    """A figure as a Dutch reader sees it: decimal comma, a point for thousands; words when there is none."""
    if value is None:
        return NO_FIGURE
    text = f"{value:,.{decimals}f}"
    if float(text.replace(",", "")) == 0:
        text = text.lstrip("-")
    return text.translate(str.maketrans(",.-", ".,−"))


def signed(value: float | None, decimals: int) -> str:
    """A change, with its sign."""
    text = number(value, decimals)
    return text if value is None or text.startswith("−") or not text.strip("0,") else f"+{text}"


def remarks(row: dict[str, Any]) -> str:
    """What a reader must know of a figure, in words."""
    notes = []
    if row["approximation"]:
        notes.append("benadering")
    if row["status"] == "voorlopig":
        notes.append("voorlopig")
    if row["status_reason"]:
        notes.append(row["status_reason"])
    if row["latest_year"] and row["newest_year"] > row["latest_year"]:
        over = f"over {row['newest_year']}"
        notes.append(row["newest_reason"] if over in row["newest_reason"] else f"{over}: {row['newest_reason']}")
    if row["waivers"]:
        notes.append(row["waivers"])
    if row["region_quality"] == "geraden":
        notes.append("regio's op gelijke codes")
    if row["region_quality"] == "verdeeld":
        notes.append("regio's verdeeld naar adressen")
    shown = [row[f"{point}_year"] for point in ("start1", "start2", "latest") if row[f"{point}_year"]]
    for b in breaks(row):
        if shown and min(shown) < b["year"] <= max(shown):
            notes.append(f"breuk in {b['year']}, waarover niet wordt vergeleken: {b['text_nl'].rstrip('.')}")
    return "; ".join(notes)
