"""Whether a mart is as new as its publishers' calendar says that it could be.

Unlike all other checks this one depends on the day, so it is judged every night. When a figure is due stands in the
catalogue (`due_after_months`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from nplv_orchestration.catalogue import Indicator, Series
from nplv_orchestration.evidence import Evidence
from nplv_orchestration.sources.rhythm import due

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CHECK_NAME = "tijdig"
NOTES = "Het nieuwste cijfer is er zodra het er volgens de kalender van de uitgever kan zijn."


def newest_due(series: Series, months: int, day: date) -> int | None:
    """The newest year of a series whose figure must be there on a day; None when none is due yet."""
    last = min(day.year, series.last or day.year)
    return max((year for year in range(series.first, last + 1, series.every) if due(year, months) <= day), default=None)


def judge(connection: DuckDBPyConnection, marts: Iterable[tuple[Indicator, str, str]], day: date) -> list[Evidence]:
    """One Evidence for each mart: (indicator, table, fingerprint). A late figure is a warning: an old one is not wrong. One that is there and covers too little is not late."""
    found = []
    for indicator, table, fingerprint in marts:
        newest = dict(
            connection.execute(
                f"SELECT series, max(year) FROM {table} WHERE geo_level = 'nplv' AND (value IS NOT NULL OR coverage > 0) GROUP BY series"
            ).fetchall()
        )
        late = []
        for series in indicator.series:
            year = newest_due(series, indicator.due_after_months, day)
            if year is not None and newest.get(series.id, 0) < year:
                late.append(f"{series.id}: het cijfer over {year} had er op {due(year, indicator.due_after_months).isoformat()} moeten zijn")
        details = {
            "notes": NOTES,
            "expected": f"binnen {indicator.due_after_months} maanden na afloop van het jaar",
            "observed": "; ".join(f"{name}: {year}" for name, year in sorted(newest.items())) or "geen cijfer",
            "worst": late,
        }
        found.append(Evidence(CHECK_NAME, "calendar", table, "warn", "failed" if late else "passed", fingerprint, details))
    return found
