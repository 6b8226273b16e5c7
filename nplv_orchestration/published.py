"""Reading a published database: a connection to it, and rows of it.

Which version is meant is in `as_of`, what is asked belongs to who asks; writing a version is in `publication`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nplv_orchestration import current
from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home
from nplv_orchestration.sql import literal

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

    from nplv_orchestration.manifest import Node


Part = Literal["intern", "openbaar"]
"""The database with the areas, for the programme's analysts, or the one without any."""

SCHEMAS = ("marts", "programma", "areas", "quality", "provenance")
"""Where a table is looked for when its schema is not named."""

GEO_NAMES = {
    "nplv": "gebieden samen",
    "nederland": "Nederland",
    "gemeenten": "gemeenten van de gebieden",
    "rest_19_gemeenten": "gemeenten zonder de gebieden",
    "overig_nederland": "Nederland zonder de gebieden",
}
"""The levels that have one geo each, under the names by which a reader chooses them; the first is what the others are compared with."""

DATABASE = "nplv"
"""What the published database is called in a connection."""


def connect(path: Path) -> DuckDBPyConnection:
    """A read-only connection to a published database, of its own: DuckDB gives two connections of a process to one file one set of settings.

    What does not fit in memory goes to the machine's folder for that: beside the file it would break its seal.
    """
    import duckdb

    connection = duckdb.connect(config={"temp_directory": str(Path(tempfile.gettempdir()) / "nplv-duckdb")})
    connection.execute(f"ATTACH {literal(path)} AS {DATABASE} (READ_ONLY)")
    connection.execute(f"SET search_path = '{','.join(f'{DATABASE}.{schema}' for schema in SCHEMAS)}'")
    return connection


def records(connection: DuckDBPyConnection, query: str, **values: object) -> list[dict[str, Any]]:
    """The rows of a query by the names of its columns; values: what stands in it as $name."""
    found = connection.execute(query, values or None)
    names = [column[0] for column in found.description or []]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def facts(connection: DuckDBPyConnection) -> dict[str, str]:
    """What is known of the version itself, such as its mode, demo or live."""
    return {row["key"]: row["value"] for row in records(connection, "SELECT * FROM provenance.build")}


def demand_public(connection: DuckDBPyConnection, database: Path, what: str) -> None:
    """Raises NplvError for a database with figures of areas, for who makes something that others see. what: that, as the subject of a sentence."""
    if connection.execute("SELECT 1 FROM marts.indicator_values WHERE geo_level = 'gebied' LIMIT 1").fetchone():
        raise NplvError(f"{database} holds figures of areas: {what} is made from the public database only")


def last_figures(home: Home, marts: Iterable[Node]) -> dict[str, pd.DataFrame]:
    """What was last published of these marts, areas included: all rows of each, by indicator id; one that never was is not there.

    Raises NplvError when the current version is not as it was published.
    """
    import duckdb

    if not home.current.exists():
        return {}
    current.demand_untouched(home)
    with duckdb.connect(str(home.current.resolve() / "intern" / "nplv.duckdb"), read_only=True) as connection:
        there = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'marts'").fetchall()}
        frames = {mart.name: connection.sql(f"SELECT * FROM marts.{mart.name}").df() for mart in marts if mart.name in there}
    return {name.removeprefix("mart_"): rows for name, rows in frames.items()}
