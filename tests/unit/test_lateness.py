"""Whether a figure is late: dates that a person can count."""

from datetime import date

import duckdb
import pytest

from nplv_orchestration.catalogue import Indicator, Series
from nplv_orchestration.lateness import judge, newest_due
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.sources.rhythm import due


def series(first: int = 2018, every: int = 1, last: int | None = None) -> Series:
    return Series(id="hoofdreeks", name_nl="", first=first, every=every, last=last)


@pytest.mark.parametrize(
    ("year", "months", "day"),
    [
        (2024, 0, date(2025, 1, 1)),
        (2024, 6, date(2025, 7, 1)),
        (2024, 11, date(2025, 12, 1)),
        (2024, 12, date(2026, 1, 1)),
        (2024, 15, date(2026, 4, 1)),
    ],
)
def test_a_figure_is_due_so_many_months_after_the_end_of_its_year(year: int, months: int, day: date) -> None:
    assert due(year, months) == day


@pytest.mark.parametrize(
    ("of", "months", "day", "newest"),
    [
        (series(), 6, date(2026, 6, 30), 2024),
        (series(), 6, date(2026, 7, 1), 2025),
        (series(first=2018, every=2), 24, date(2026, 12, 31), 2022),  # 2024 is due on 1 January 2027
        (series(first=2018, every=2), 24, date(2027, 1, 1), 2024),
        (series(last=2020), 6, date(2026, 7, 1), 2020),  # a series that ended is never late again
        (series(first=2026), 6, date(2026, 7, 1), None),
    ],
)
def test_a_yearly_table_is_fresh_while_its_next_edition_is_not_due(of: Series, months: int, day: date, newest: int | None) -> None:
    assert newest_due(of, months, day) == newest


def indicator() -> Indicator:
    """Crimes, due six months after the end of the year."""
    return next(i for i in load_manifest().indicators if i.indicator_id == "misdrijven").model_copy(update={"due_after_months": 6})


@pytest.mark.parametrize(("day", "late"), [(date(2026, 6, 30), False), (date(2026, 7, 1), True)])
def test_only_a_figure_of_the_areas_counts_and_a_late_one_is_a_warning(day: date, late: bool) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE m AS SELECT * FROM (VALUES ('nplv', 'hoofdreeks', 2023, 1.0, 1.0), ('nplv', 'hoofdreeks', 2024, NULL, 0.2), ('nplv', 'hoofdreeks', 2025, NULL, 0), ('nederland', 'hoofdreeks', 2025, 1.0, 1.0)) t (geo_level, series, year, value, coverage)"
        )
        (found,) = judge(connection, [(indicator(), "m", "f")], day)
    assert (found.outcome, found.severity, found.fingerprint) == ("failed" if late else "passed", "warn", "f")
    assert found.details["observed"] == "hoofdreeks: 2024"
    assert found.details["worst"] == (["hoofdreeks: het cijfer over 2025 had er op 2026-07-01 moeten zijn"] if late else [])
