"""How the NPLV monitor runs: settings, sources, archive, gate, publication, edition, command line.

What is made and what must hold is defined in the packages `assets` and `checks`; the figures are made in
`dbt_project/`. Nothing in here imports those two packages, except `build`, which wires everything.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__version__ = "0.1.0"


def open_published(as_of: str | None = None, *, part: Literal["intern", "openbaar"] = "intern", home: Path | str | None = None) -> DuckDBPyConnection:
    """A read-only connection to a published version, for who asks from Python; see `as_of.open_published`."""
    from nplv_orchestration import as_of as versions

    return versions.open_published(as_of, part=part, home=home)
