"""Reading a published version: where its databases are, and rows of them.

What is asked belongs to who asks; writing a version is in `publication`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplv_orchestration.current import demand_untouched
from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Settings

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

    from nplv_orchestration.manifest import Node


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


def last_figures(home: Home, marts: Iterable[Node]) -> dict[str, pd.DataFrame]:
    """What was last published of these marts, areas included: all rows of each, by indicator id; one that never was is not there.

    Raises NplvError when the current version is not as it was published.
    """
    import duckdb

    if not home.current.exists():
        return {}
    demand_untouched(home)
    with duckdb.connect(str(home.current.resolve() / "intern" / "nplv.duckdb"), read_only=True) as connection:
        there = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'marts'").fetchall()}
        frames = {mart.name: connection.sql(f"SELECT * FROM marts.{mart.name}").df() for mart in marts if mart.name in there}
    return {name.removeprefix("mart_"): rows for name, rows in frames.items()}
