"""Reading what was published, as those do who have only the public database."""

from pathlib import Path

import duckdb


def public(home: Path, query: str) -> list[tuple[object, ...]]:
    """The rows of a query on the public database of the current version of a home."""
    with duckdb.connect(str((home / "published" / "current").resolve() / "openbaar" / "nplv.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()
