"""When a publisher brings out the figures of a new year.

Which table has which rhythm stands in the registry and with the forms; what follows for a table in use is in `calendar`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Rhythm:
    """Figures of every so many years, at the latest so many months after the end of one."""

    every: int
    months: int


def due(year: int, months: int) -> date:
    """The day on which the figures of a year must be there, months after the end of that year."""
    return date(year + 1 + months // 12, 1 + months % 12, 1)
