"""Reading a published version: where its databases are, and rows of them.

What is asked belongs to who asks; writing a version is in `publication`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def database(settings: Settings, part: str) -> Path:
    """The database of the current version; part: intern or openbaar. Raises NplvError when nothing was published yet."""
    path = Home.of(settings).current.resolve() / part / "nplv.duckdb"
    if not path.exists():
        raise NplvError(f"{Home.of(settings).root} holds no published version; run `nplv run` first")
    return path


def records(connection: DuckDBPyConnection, query: str, **values: object) -> list[dict[str, Any]]:
    """The rows of a query by the names of its columns; values: what stands in it as $name."""
    found = connection.execute(query, values or None)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def facts(connection: DuckDBPyConnection) -> dict[str, str]:
    """What is known of the version itself, such as its mode, demo or live."""
    return {row["key"]: row["value"] for row in records(connection, "SELECT * FROM provenance.build")}
