"""What a publisher says of a table, held against what the registry says it must be.

A pull refuses a table that differs, and `nplv sources check` tells of it; both from what the readers describe here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from nplv_orchestration.errors import SourceRefused, one_line
from nplv_orchestration.sources import registry
from nplv_orchestration.sources.registry import SourceTable


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the registry says. entry: the words in the registry's line that would have to change."""

    what: str
    entry: str


@dataclass
class Description:
    """What a publisher says of a table. columns: the publisher's key of each measure; rows: how many the table has, where that is told."""

    table: SourceTable
    columns: dict[str, str] = field(default_factory=dict)
    rows: int | None = None
    licence: str | None = None
    modified: str | None = None
    differences: list[Difference] = field(default_factory=list)

    def differs(self, what: str, entry: str) -> None:
        """Note a difference."""
        self.differences.append(Difference(one_line(what), entry))

    def check_boundaries(self, years: list[object]) -> None:
        """Note it when the boundaries are of another year than the registry says."""
        if not years or any(year != self.table.boundary_year for year in years):
            found = ", ".join(sorted({str(year)[:20] for year in years})) or "no regions"
            self.differs(f"boundaries of {found}, the registry says {self.table.boundary_year}", "boundary_year")

    def refuse(self) -> None:
        """Raises SourceRefused, naming all that differs; nothing when nothing does."""
        if self.differences:
            raise SourceRefused(f"{self.table.name}: {'; '.join(d.what for d in self.differences)}")


def line_of(table: SourceTable, entry: str) -> str:
    """Where in the registry the words of a difference stand, as file:line.

    A table of a series (one a year) has no lines of its own: then it is the line that has its number, else that of the series.
    """
    path = Path(registry.__file__)
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [n for n, line in enumerate(lines) if (m := re.search(r'\bkey=f?"(\w+)', line)) and table.key.startswith(m[1])]
    start = max(starts, key=lambda n: len(lines[n]), default=0)
    end = next((n for n in range(start + 1, len(lines)) if "SourceTable(" in lines[n]), len(lines))
    found = next((n for n in (*range(start, end), *range(len(lines))) if entry in lines[n]), start)
    return f"nplv_orchestration/sources/{path.name}:{found + 1}"
