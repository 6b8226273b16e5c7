"""The overview table: a row for each indicator, as figures and as the words and numbers a reader sees.

Reading the public database belongs here; the files that are made from it do not.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplv_orchestration.configuration import Configuration, of
from nplv_orchestration.edition.life import Standing
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.published import demand_public, facts, records

if TYPE_CHECKING:
    from nplv_orchestration.edition.difference import Moved

ACTIELIJNEN = {"fysiek": "Fysiek", "sociaal": "Sociaal", "veiligheid": "Veiligheid"}
NO_FIGURE = "geen cijfer"
DEMO_MARK = "DEMONSTRATIEGEGEVENS"  # where there is no room for more
DEMO = f"{DEMO_MARK}: alle cijfers zijn verzonnen"
UNDECIDED = "niet te bepalen"
ROUNDED_TO = 100
"""To how many persons counts that were delivered as made to order are told, so that a difference between two editions tells of no few of them."""

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
    standing: Standing = field(default_factory=Standing)
    examples: list[dict[str, Any]] = field(default_factory=list)
    """Approved texts from areas: area_name, text_nl, source, date."""
    compared_with: str = ""
    """The edition that this one is compared with, such as 2024/r1; empty for the first."""
    moved: list[Moved] = field(default_factory=list)
    """What differs from it."""
    erratum: list[str] = field(default_factory=list)
    """The text of the correction, of a revision of what was sent."""
    achieved: list[dict[str, Any]] = field(default_factory=list)
    """What the programme did, of the newest round up to this year: the totals of `programma.resultaten`."""
    milestones: list[dict[str, Any]] = field(default_factory=list)
    """What was done that has no number, with its approved sentence."""
    grant: list[dict[str, Any]] = field(default_factory=list)
    """The grant Kansrijke Wijk, by theme, year and item."""
    survey: list[dict[str, Any]] = field(default_factory=list)
    """The survey of the programme offices, counted by question and answer."""
    quotes: list[dict[str, Any]] = field(default_factory=list)
    """What may be quoted of it: question_id, quote."""
    calculation: list[dict[str, Any]] = field(default_factory=list)
    """Of every total, series and year the figure with its parts, and with what the catalogue says of how it is made."""
    revisions: list[dict[str, Any]] = field(default_factory=list)
    """How much each new release of a source changed, by year."""
    results: list[dict[str, Any]] = field(default_factory=list)
    """Every check on what was published, with its outcome."""
    decisions: list[dict[str, Any]] = field(default_factory=list)
    """What the gate decided of each mart."""
    waivers: list[dict[str, Any]] = field(default_factory=list)
    """The waivers that the gate knew, and whether they were needed."""
    replayed: str = ""
    """That it is no edition, but what one would have told with what was known on another day; empty for an edition."""

    @property
    def is_demo(self) -> bool:
        """Whether the figures are invented."""
        return self.facts.get("mode") == "demo"

    @cached_property
    def programme(self) -> Configuration:
        """Of which programme it is, with its words."""
        return of(self.facts)

    @property
    def lines(self) -> dict[str, str]:
        """The action lines of which there are indicators, with their names."""
        there = {row["actielijn"] for row in self.rows}
        return {line: title for line, title in ACTIELIJNEN.items() if line in there}

    @property
    def mark(self) -> str:
        """What stands over every page of what may not be taken for an edition; empty for an edition of real figures."""
        return "; ".join(part for part in (DEMO if self.is_demo else "", self.replayed) if part)

    @property
    def made_at(self) -> datetime:
        """When its version was published, in UTC: the only moment that its files tell of themselves."""
        return datetime.fromisoformat(self.facts["published_at"])

    @property
    def failed(self) -> int:
        """How many of the checks on what was published did not hold."""
        return sum(row["outcome"] == "failed" for row in self.results)

    @property
    def start_years(self) -> tuple[int, int]:
        """From which years on its developments are told, as chosen for this edition; an indicator may begin later."""
        return next((row["start1_from"], row["start2_from"]) for row in self.rows if row["start1_from"])

    @property
    def kind(self) -> str:
        """What the figures are, in words."""
        return self.mark or "werkelijke cijfers"

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
        n.year AS newest_year, n.status_reason AS newest_reason, w.waivers, contains(c.sources, '"cbs_maatwerk"') AS is_delivered, false AS revised
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


_CALCULATION = """
    SELECT v.*, v.series = c.main_series AS is_main_series, c.multiplier, c.rounded_to, c.decimals, c.method_nl, c.numerator_nl, c.denominator_nl,
        contains(c.sources, '"cbs_maatwerk"') AS is_delivered
    FROM marts.indicator_values AS v INNER JOIN marts.indicators AS c ON v.indicator_id = c.indicator_id
    WHERE v.year <= $year ORDER BY c.number, v.series, v.year, v.geo_level
"""
_OF_ROUND = "SELECT * FROM programma.{table} WHERE round <= $year QUALIFY round = max(round) OVER () ORDER BY ALL"
_IN_DECIMALS = (
    "start1_value",
    "start1_nl",
    "start2_value",
    "start2_nl",
    "latest_value",
    "latest_nl",
    "change_start1",
    "change_start2",
    "gap_difference_latest",
)


def read(database: Path, year: int) -> Edition:
    """What the edition of a year tells. Raises NplvError without a published version, WrongCall for a year without figures."""
    import duckdb

    if not database.exists():
        raise NplvError(f"{database} is not there: nothing was published yet; run `nplv run`")
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = partial(records, connection)

        def of_round(table: str) -> list[dict[str, Any]]:
            return rows(_OF_ROUND.format(table=table), year=year)

        demand_public(connection, database, "an edition")
        years = [
            r["year"] for r in rows("SELECT DISTINCT year FROM marts.indicator_values WHERE geo_level = 'nplv' AND value IS NOT NULL ORDER BY 1")
        ]
        if not years or not years[0] <= year <= years[-1]:
            possible = f"{years[0]} to {years[-1]}" if years else "none: no indicator has a figure"
            raise WrongCall(f"an edition {year} cannot be made: years with figures are {possible}")
        table = [_rounded(row, _IN_DECIMALS) for row in rows(_ROWS, year=year)]
        points: dict[str, list[Point]] = {}
        for point in rows(_POINTS, year=year):
            points.setdefault(point["indicator_id"], []).append((point["year"], point["value"], point["national"]))
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
            examples=rows("SELECT * FROM areas.examples ORDER BY ALL"),
            achieved=of_round("resultaten"),
            milestones=of_round("mijlpalen"),
            grant=of_round("spuk_kansrijke_wijk"),
            survey=of_round("enquete"),
            quotes=of_round("enquete_citaten"),
            calculation=[_rounded(row, ("value", "value_low", "value_high")) for row in rows(_CALCULATION, year=year)],
            revisions=rows("SELECT * FROM provenance.revisions ORDER BY ALL"),
            results=rows("SELECT check_name, kind, node, severity, outcome, decision, fingerprint FROM quality.check_results ORDER BY ALL"),
            decisions=rows("SELECT * FROM quality.decisions ORDER BY indicator_id"),
            waivers=rows("SELECT * FROM quality.waivers ORDER BY ALL"),
        )


def _rounded(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """A row in the decimals that are shown, where its counts were delivered as made to order: from more of them a count could be found back."""
    if not row["is_delivered"]:
        return row
    parts = {name: None if row[name] is None else round(row[name] / ROUNDED_TO) * ROUNDED_TO for name in ("numerator", "denominator")}
    return row | {name: None if row[name] is None else round(row[name], row["decimals"]) for name in names} | parts


def catalogue(database: Path) -> dict[str, dict[str, Any]]:
    """The catalogue of a published version: of each indicator all fields, by its id."""
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        return {row["indicator_id"]: row for row in records(connection, "SELECT * FROM marts.indicators ORDER BY number")}


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


SYMBOLS = {
    "[v]": "voorlopig: de uitgever kan het cijfer nog bijstellen, of de aantallen waardoor is gedeeld zijn van een ander jaar",
    "[h]": "herzien: in de vorige editie stond bij een van deze jaren een ander cijfer",
    "[b]": "breuk: tussen de getoonde jaren veranderde de manier van tellen; over een breuk heen wordt niet vergeleken",
    "[s]": "benadering: het cijfer is een schatting van wat bedoeld is",
    "[d]": "verdeeld: regio's die over een grens van een gebied liggen, zijn verdeeld naar adressen",
    "[x]": "niet beschikbaar: er is geen cijfer; de reden staat in de opmerking",
    "[z]": "niet van toepassing: van dit cijfer heeft een verhouding tot Nederland geen betekenis",
    "[n]": "niet bijgewerkt: het laatst gepubliceerde cijfer, omdat een nieuwer cijfer de controles niet doorstond",
}
"""The signs beside a figure in a sheet, and what they mean."""


def symbols(row: dict[str, Any]) -> list[str]:
    """The signs of a figure, in the order of `SYMBOLS`."""
    has_figure = row["latest_value"] is not None
    holds = {
        "[v]": has_figure and row["status"] == "voorlopig",
        "[h]": has_figure and row["revised"],
        "[b]": bool(breaks_shown(row)),
        "[s]": has_figure and (row["approximation"] or row["region_quality"] == "geraden"),
        "[d]": has_figure and row["region_quality"] == "verdeeld",
        "[x]": not has_figure,
        "[z]": has_figure and row["gap_ratio_latest"] is None,
        "[n]": has_figure and row["status"] == "niet_bijgewerkt",
    }
    return [sign for sign in SYMBOLS if holds[sign]]


def breaks_shown(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The breaks between the years that are shown."""
    shown = [row[f"{point}_year"] for point in ("start1", "start2", "latest") if row[f"{point}_year"]]
    return [b for b in breaks(row) if shown and min(shown) < b["year"] <= max(shown)]


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
    notes += [f"breuk in {b['year']}, waarover niet wordt vergeleken: {b['text_nl'].rstrip('.')}" for b in breaks_shown(row)]
    return "; ".join(notes)
