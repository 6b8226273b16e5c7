"""Waivers: checks that a mart need not pass for a while, as decided by people in a reviewed file.

What a waiver is, and what is wrong with one, belongs here; the gate decides with them. One that is expired, or that no
failed check needs, is an error: it would let through what nobody has looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from nplv_orchestration.warehouse import relations

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Waiver:
    """One line of the file: this check may fail for this indicator up to and including `until`; reason and decided_by are published with the figures."""

    check: str
    indicator_id: str
    reason: str
    decided_by: str
    until: date

    def told(self) -> str:
        """The waiver as a reader of the figures sees it."""
        return f"gepubliceerd met ontheffing van controle {self.check}: {self.reason} ({self.decided_by}, tot en met {self.until.isoformat()})"


def read(connection: DuckDBPyConnection) -> list[Waiver]:
    """The waivers in the warehouse; none before any source was registered there."""
    if "raw.waivers" not in relations(connection):
        return []
    rows = connection.execute("SELECT check_name, indicator_id, reason, decided_by, until FROM raw.waivers ORDER BY ALL").fetchall()
    return [Waiver(check, indicator_id, reason, by, date.fromisoformat(until)) for check, indicator_id, reason, by, until in rows]


def faults(waivers: Iterable[Waiver], used: Collection[Waiver], day: date) -> list[str]:
    """What is wrong with the file on a day, in Dutch, a line for each waiver that is expired or that no failed check needs."""
    found = []
    for waiver in waivers:
        name = f"ontheffing van controle {waiver.check} voor {waiver.indicator_id} ({waiver.decided_by})"
        if waiver.until < day:
            found.append(f"{name} verliep op {waiver.until.isoformat()}: haal haar uit waivers.csv, of laat opnieuw besluiten")
        elif waiver not in used:
            found.append(f"{name} is niet nodig: geen controle van die naam die daar faalt heeft haar nodig; haal haar uit waivers.csv")
    return found
