"""A home as it is, copied to another place, whatever its engines are."""

from __future__ import annotations

import shutil
from pathlib import Path

from nplv_orchestration.settings import Deployment, Settings


def copied(home: Path, to: Path) -> Path:
    """Copy a home to a place that is not there yet, with its warehouse; it is written to by nobody meanwhile."""
    shutil.copytree(home, to, symlinks=True)
    one, other = Settings(home=home).deployment, Settings(home=to).deployment
    if one and other:
        _copy_lake(one, other)
    return to


def _copy_lake(one: Deployment, other: Deployment) -> None:
    import duckdb

    from nplv_orchestration.shared import lake

    with duckdb.connect() as connection:
        lake.prepare(connection)
        lake.attach(connection, one, "warehouse", "one", "READ_ONLY")
        lake.attach(connection, other, "warehouse", "other")
        connection.execute("BEGIN")
        for schema, name in connection.execute("SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'one'").fetchall():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS other.{schema}")
            connection.execute(f"CREATE TABLE other.{schema}.{name} AS FROM one.{schema}.{name}")
        for schema, name, sql in connection.execute("SELECT schema_name, view_name, sql FROM duckdb_views() WHERE database_name = 'one'").fetchall():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS other.{schema}")
            connection.execute(f"CREATE VIEW other.{schema}.{name} AS {sql.partition(' AS ')[2]}")
        connection.execute("COMMIT")
