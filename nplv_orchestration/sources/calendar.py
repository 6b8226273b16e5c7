"""Until when each table in use is as new as it can be, by the calendar of its publisher.

A yearly table is fresh while its next edition is not due, however long ago it was fetched. What the rhythm of a publisher is stands in the registry; whether a
figure of a mart is late is in `lateness`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from nplv_orchestration.archive import Archive
from nplv_orchestration.sources.registry import REGISTRY, SourceTable
from nplv_orchestration.sources.rhythm import due


@dataclass(frozen=True)
class Freshness:
    """The newest year that is there of a table, and of which year it must have figures next, by which day (until). in_registry: whether the table of that year is known here."""

    newest: int
    next: int
    until: date
    in_registry: bool

    def is_late(self, day: date) -> bool:
        """Whether the next figures should have been there."""
        return day >= self.until

    def told(self, day: date) -> str:
        """In Dutch, for a line of its own."""
        if not self.is_late(day):
            return f"vers tot {self.until.isoformat()}: dan moeten de cijfers over {self.next} er zijn"
        todo = "vraag de uitgever" if self.in_registry else "zet de tabel van dat jaar in het register (nplv_orchestration/sources/registry.py)"
        return f"te laat: de cijfers over {self.next} hadden er op {self.until.isoformat()} moeten zijn; {todo}"


def freshness(table: SourceTable, archive: Archive) -> Freshness | None:
    """Until when a table in use is fresh; None when it follows no calendar, was never there, or a table of a later year has taken its place.

    Tables of one year each make a row of editions: the next edition is the table of the next year.
    """
    if table.rhythm is None:
        return None
    manifest = archive.current(table.key)
    if manifest is None:
        return None
    editions = [other for other in REGISTRY if other.relation == table.relation]
    year = _year_of(table)
    if year is None:
        newest = max(manifest.years, default=None)
    else:
        newest = max(_year_of(other) or 0 for other in editions if archive.current(other.key))
        if newest != year:
            return None
    if newest is None:
        return None
    wanted = newest + table.rhythm.every
    known = year is None or wanted in {_year_of(other) for other in editions}
    return Freshness(newest, wanted, due(wanted, table.rhythm.months), known)


def _year_of(table: SourceTable) -> int | None:
    """The year of a table that is of one year; None for one that has many."""
    return table.period or (table.boundary_year if table.reader == "addresses" else None)
