"""How statements are written to DuckDB, wherever they go: values as literals, and several statements as one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def literal(value: object) -> str:
    """A Python value as a SQL literal."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def comment(relation: str, meaning: str, column: str = "") -> str:
    """The statement that writes beside a table, or one of its columns, what it means."""
    what = f'COLUMN {relation}."{column}"' if column else f"TABLE {relation}"
    return f"COMMENT ON {what} IS {literal(meaning)}"


@contextmanager
def transaction(connection: DuckDBPyConnection) -> Iterator[None]:
    """All that is written, or nothing; in a lake it is one snapshot."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
