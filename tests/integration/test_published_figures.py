"""The marts on the real figures against what was published, or is known of them. With `pytest -s` it prints the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import pytest
from rich.console import Console
from rich.table import Table

from nplv_orchestration.home import Home
from tests.real import Night


@dataclass(frozen=True)
class Known:
    """A figure that is known from elsewhere. tolerance: in the unit of the figure."""

    what: str
    indicator: str
    geo: str
    year: int
    figure: float
    tolerance: float
    source: str


REBUILT, PUBLISHED = "a rebuild from the same figures", "published"
FIGURES = [
    Known("dwellings in weak or lower liveability, %", "lbm_zwak_aandeel", "nplv", 2024, 54.6, 0.05, REBUILT),
    Known("dwellings in weak or lower liveability, %", "lbm_zwak_aandeel", "nplv", 2024, 55.0, 3.0, PUBLISHED),
    Known("the same in the Netherlands", "lbm_zwak_aandeel", "nederland", 2024, 9.2, 0.05, REBUILT),
    Known("the same in the Netherlands", "lbm_zwak_aandeel", "nederland", 2024, 11.0, 0.2 * 11, PUBLISHED),
    Known("good perceived health, %", "ervaren_gezondheid", "nplv", 2020, 71.8, 0.05, REBUILT),
    Known("good perceived health, %", "ervaren_gezondheid", "nplv", 2022, 59.8, 0.05, REBUILT),
    Known("the same in the Netherlands", "ervaren_gezondheid", "nederland", 2020, 78.4, 0.05, PUBLISHED),
    Known("the same in the Netherlands", "ervaren_gezondheid", "nederland", 2022, 69.0, 0.05, PUBLISHED),
    Known("below the Netherlands, 5 to 10 points", "ervaren_gezondheid", "nplv", 2020, 78.4 - 7.5, 2.5, PUBLISHED),
    Known("below the Netherlands, 5 to 10 points", "ervaren_gezondheid", "nplv", 2022, 69.0 - 7.5, 2.5, PUBLISHED),
    Known("recorded crimes per 1,000 residents", "misdrijven", "nplv", 2023, 64.8, 0.06, REBUILT),
    Known("income per resident, x 1,000 euro", "inkomen", "nplv", 2024, 28.6, 0.05, REBUILT),
]

Ask = Callable[[str], list[tuple]]


@pytest.fixture
def ask(night: Night) -> Ask:
    """Ask the internal database of that night."""
    database = Home.of(night[0]).current.resolve() / "intern" / "nplv.duckdb"

    def rows(query: str) -> list[tuple]:
        with duckdb.connect(str(database), read_only=True) as connection:
            return connection.execute(query).fetchall()

    return rows


def test_the_marts_tell_what_is_known(ask: Ask) -> None:
    told = {(i, g, y): v for i, g, y, v in ask("SELECT indicator_id, geo_level, year, value FROM marts.indicator_values WHERE geo_level <> 'gebied'")}
    table = Table("figure", "year", "known", "from", "mart", "difference", "tolerance")
    wrong = []
    for known in FIGURES:
        value = told[known.indicator, known.geo, known.year]
        apart = value - known.figure
        table.add_row(known.what, str(known.year), f"{known.figure:.1f}", known.source, f"{value:.2f}", f"{apart:+.2f}", f"{known.tolerance:.2f}")
        wrong += [known] if abs(apart) > known.tolerance else []
    Console(width=140).print(table)
    assert wrong == []


def test_the_areas_have_the_residents_that_were_told(ask: Ask, night: Night) -> None:
    """1.192 million on 1 January 2025, 6.6% of the country: the candidate buurten have about as many a year earlier."""
    areas, country = (
        ask(f"SELECT denominator FROM marts.mart_misdrijven WHERE geo_level = '{level}' AND year = 2023")[0][0] for level in ("nplv", "nederland")
    )
    assert areas == pytest.approx(1_192_000, rel=0.03)
    assert 100 * areas / country == pytest.approx(6.6, abs=0.1)
    assert country == 17_942_942


def test_income_reaches_its_coverage_by_the_coarsest_cover(ask: Ask) -> None:
    """Over the buurten one by one it is 66%: the publisher tells no income of small ones."""
    row = ask("SELECT coverage, regions, status FROM marts.mart_inkomen WHERE geo_level = 'nplv' AND year = 2024")[0]
    assert (round(100 * row[0]), row[2]) == (97, "definitief")
    levels = dict(
        ask(
            "SELECT left(region_code, 2), count(*) FROM marts.indicator_components "
            "WHERE indicator_id = 'inkomen' AND geo_level = 'nplv' AND year = 2024 AND counted GROUP BY ALL"
        )
    )
    assert levels["WK"] > 90
    assert levels["BU"] < 26


def test_crimes_are_divided_by_residents_of_a_year_at_most_apart(ask: Ask) -> None:
    rows = {y: (s, r) for y, s, r in ask("SELECT year, status, status_reason FROM marts.mart_misdrijven WHERE geo_level = 'nplv'")}
    assert rows[2023] == ("voorlopig", "gedeeld door de inwoners van 2024")
    for year in (2021, 2022):
        assert rows[year] == ("ontbreekt", f"geen aantallen om mee te wegen binnen 1 jaar van {year}")


def test_the_drags_of_the_leefbaarometer_come_in_their_order(ask: Ask) -> None:
    """Overlast en onveiligheid, then woningvoorraad."""
    drags = ask(
        "SELECT indicator_id, value FROM marts.indicator_values WHERE geo_level = 'nplv' AND year = 2024 AND indicator_id LIKE 'lbm%' AND unit LIKE 'afwijking%'"
    )
    order = [name for name, _ in sorted(drags, key=lambda d: d[1])]
    assert order[:2] == ["lbm_overlast_onveiligheid", "lbm_woningvoorraad"]
    assert all(value < 0 for _, value in drags[:2])


def test_what_lies_on_other_boundaries_is_a_guess_and_listed(ask: Ask) -> None:
    """Crimes are on the boundaries of 2025, and no addresses lead from those to these of 2024."""
    assert ask("SELECT DISTINCT region_quality FROM marts.mart_misdrijven WHERE geo_level = 'nplv' AND value IS NOT NULL") == [("geraden",)]
    assert ask("SELECT DISTINCT region_quality FROM marts.mart_inkomen WHERE geo_level = 'nplv' AND value IS NOT NULL") == [("exact",)]
    listed = dict(ask("SELECT relation || ' ' || problem, count(*) FROM provenance.unplaced_regions GROUP BY ALL"))
    assert listed["leefbaarometer_buurten niet in de bron"] == 14_574 - 12_147
    assert all("niet in de indeling" not in what for what in listed)
