"""When the demo country's publishers bring out what: night 0 is the first, and every later night is a day after it.

What a release changes is told by the publisher's own module.
"""

from __future__ import annotations

from datetime import date, timedelta

from nplv_orchestration.sources.registry import SourceTable

START = date(2026, 1, 15)
_RELEASES = {  # nights on which a table is published anew
    "cbs_kwb_2024": (10,),  # the column of incomes
    "cbs_kwb_2025": (5, 30),  # first the values of dwellings, then labour and welfare
    "politie_misdrijven": tuple(range(7, 42, 7)),  # provisional years are revised; from the second on with other numbers to its columns
    "rivm_gezondheid": (20,),  # all history is restated, with other numbers to its columns
    "leefbaarometer": (40,),  # all history is restated, by a new version of the model
    "cbs_maatwerk": (15,),  # poverty over 2024
}


def release(key: str, night: int) -> int:
    """How many times a table was published anew up to a night."""
    return sum(night >= at for at in _RELEASES.get(key, ()))


def published(table: SourceTable, night: int) -> date:
    """The day on which a table was last published: at first in the summer after its period, or just before the first night."""
    number = release(table.key, night)
    if number:
        return START + timedelta(days=_RELEASES[table.key][number - 1])
    return min(date((table.period or START.year) + 1, 8, 27), START - timedelta(days=6))
