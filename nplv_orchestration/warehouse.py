"""The private warehouse in which figures are made, a DuckDB file or a lake: connections, the raw views over the archive, fingerprints.

Every connection to it but those of dbt is made here, with dagster-duckdb's resource. What stands in the tables is dbt's.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING

from nplv_orchestration.archive import Archive, TableState
from nplv_orchestration.errors import NplvError
from nplv_orchestration.evidence import RAW_CHECKS
from nplv_orchestration.settings import DBT, Deployment, Settings
from nplv_orchestration.sources.registry import REGISTRY, SourceTable
from nplv_orchestration.sources.revision import Moved
from nplv_orchestration.sql import literal, transaction

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
_MOVED = [column.name for column in fields(Moved)]  # an older manifest may not have the newest of them

_REGISTERED = {"table_key": "VARCHAR", "table_period": "INTEGER", "boundary_year": "INTEGER"}
_SOURCES = {
    "key": "VARCHAR", "relation": "VARCHAR", "publisher": "VARCHAR", "table_id": "VARCHAR", "title": "VARCHAR", "period": "INTEGER",
    "boundary_year": "INTEGER", "state": "VARCHAR", "reason": "VARCHAR", "source_table": "VARCHAR", "source_modified": "TIMESTAMP",
    "fetched_at": "TIMESTAMP", "rows": "BIGINT", "newest_year": "INTEGER", "sha256": "VARCHAR", "address": "VARCHAR", "licence": "VARCHAR",
    "measures_empty": "VARCHAR", "checks_failed": "VARCHAR[]",
}  # fmt: skip
DATABASE = "nplv"  # what the models call it
# a hash of the rows of `t`, whatever their order. DuckDB's own, because it is asked of all tables several times a night: it tells
# content apart, and is no seal against who forges it
CONTENT = "md5(concat_ws('-', count(*), bit_xor(hash(t)), sum(hash(t))))"


@contextmanager
def connect(settings: Settings) -> Iterator[DuckDBPyConnection]:
    """A connection to the warehouse of these settings. Raises NplvError when DuckDB cannot do what is asked, as on a full disk."""
    from dagster_duckdb import DuckDBResource
    from duckdb import Error

    deployment = settings.deployment
    try:
        # connections of one name share what they read of the lake, for as long as one of them is open
        with DuckDBResource(database=f":memory:{deployment.programme}" if deployment else _file(settings)).get_connection() as connection:
            try:
                if deployment:
                    _use_lake(connection, deployment)
                yield connection
            finally:
                connection.close()  # the resource closes it only when all went well
    except Error as error:
        if deployment:
            from nplv_orchestration.shared.lake import told

            raise NplvError(told(error)) from error
        text = " ".join(str(error).split())[:300]
        raise NplvError(
            f"the warehouse {settings.warehouse_path} could not be used: {text}; free space when the disk is full, else remove the file (it is built anew from the archive), and run again"
        ) from error


def _file(settings: Settings) -> str:
    """The DuckDB file, in a folder that is there."""
    settings.warehouse_path.parent.mkdir(parents=True, exist_ok=True)
    return str(settings.warehouse_path)


def _use_lake(connection: DuckDBPyConnection, deployment: Deployment) -> None:
    from nplv_orchestration.shared import lake

    if not connection.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = ?", [DATABASE]).fetchone():
        lake.prepare(connection)
        lake.attach(connection, deployment, "warehouse", DATABASE)
    connection.execute(f"USE {DATABASE}")


def for_dbt(settings: Settings) -> str:
    """Tell dbt, in this process, where the warehouse of these settings is; gives the target of `profiles.yml` for it."""
    if deployment := settings.deployment:
        from nplv_orchestration.shared import lake

        told = {"WAREHOUSE": deployment.lake} | lake.place(deployment, "warehouse")
    else:
        told = {"WAREHOUSE": _file(settings)}
    os.environ |= {f"{DBT}{name}": value for name, value in told.items()}
    return "lake" if deployment else "warehouse"


def raw_columns() -> dict[str, dict[str, str]]:
    """The columns with their types of what `register_raw` makes for the models to read, by the name of the relation."""
    return {table.relation: _REGISTERED | table.columns for table in REGISTRY} | {"sources": _SOURCES}


def register_raw(connection: DuckDBPyConnection, archive: Archive, states: Iterable[TableState]) -> None:
    """Make schema `raw`: a view for each relation over the versions in use, and `raw.sources`, the manifest."""
    by_key = {state.key: state for state in states}
    with transaction(connection):
        connection.execute("CREATE SCHEMA IF NOT EXISTS raw")
        _register_relations(connection, archive, by_key)
        _register_sources(connection, by_key)
        _register_revisions(connection, archive)


def _register_relations(connection: DuckDBPyConnection, archive: Archive, states: Mapping[str, TableState]) -> None:
    """Make a view for each relation; one of which no version is in use has its columns and no rows."""
    relations: dict[str, list[SourceTable]] = {}
    for table in REGISTRY:
        relations.setdefault(table.relation, []).append(table)
    for relation, tables in relations.items():
        parts = [part for table in tables if (part := _part(table, states[table.key], archive))]
        if not parts:
            columns = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in (_REGISTERED | tables[0].columns).items())
            parts = [f"SELECT {columns} WHERE false"]
        connection.execute(f"CREATE OR REPLACE VIEW raw.{relation} AS " + " UNION ALL BY NAME ".join(parts))


def _register_sources(connection: DuckDBPyConnection, states: Mapping[str, TableState]) -> None:
    """Make `raw.sources`: a row for each table of the registry, with how it stands."""
    rows = ", ".join(f"({', '.join(_manifest_row(table, states[table.key]))})" for table in REGISTRY)
    connection.execute(f"CREATE OR REPLACE TABLE raw.sources ({', '.join(f'{name} {kind}' for name, kind in _SOURCES.items())})")
    connection.execute(f"INSERT INTO raw.sources VALUES {rows}")


def _register_revisions(connection: DuckDBPyConnection, archive: Archive) -> None:
    """Make `raw.revisions`: what each version of each table moved of the version before it, a row for each year and part."""
    connection.execute(
        "CREATE OR REPLACE TABLE raw.revisions (key VARCHAR, source_table VARCHAR, publisher_version VARCHAR, source_modified TIMESTAMP, "
        "fetched_at TIMESTAMP, year INTEGER, part VARCHAR, rows_before BIGINT, added BIGINT, gone BIGINT, changed BIGINT, restated BIGINT, known_before BIGINT, "
        "known_after BIGINT, largest_change DOUBLE, mean_change DOUBLE)"
    )
    rows = []
    for table in REGISTRY:
        for m in archive.versions(table.key):
            head = [literal(table.key), literal(table.name), literal(m.publisher_version), _timestamp(m.publisher_modified), _timestamp(m.fetched_at)]
            rows += [f"({', '.join([*head, *(literal(one.get(column, 0)) for column in _MOVED)])})" for one in m.moved]
    if rows:
        connection.execute(f"INSERT INTO raw.revisions VALUES {', '.join(rows)}")


def _part(table: SourceTable, state: TableState, archive: Archive) -> str | None:
    manifest = state.manifest
    if manifest is None:
        return None
    return (
        f"SELECT {literal(table.key)} AS table_key, {literal(table.period)}::INTEGER AS table_period, "
        f"{literal(manifest.boundary_year)}::INTEGER AS boundary_year, * "
        f"FROM read_parquet({literal(archive.address(manifest))})"
    )


def _manifest_row(table: SourceTable, state: TableState) -> list[str]:
    m = state.manifest
    values = [
        table.key, table.relation, table.publisher, table.table_id, table.title, table.period,
        m.boundary_year if m else table.boundary_year, state.state, state.reason, table.name,
    ]  # fmt: skip
    return [
        *map(literal, values),
        _timestamp(m.publisher_modified if m else None),
        _timestamp(m.fetched_at if m else None),
        *map(
            literal,
            [m.rows if m else None, max(m.years, default=None) if m else None, m.sha256 if m else None, m.address if m else None, table.licence],
        ),
        literal(",".join(m.measures_empty) if m else ""),
        f"{[one.check for one in RAW_CHECKS if one.fails(state)]}::VARCHAR[]",
    ]


def _timestamp(text: str | None) -> str:
    """ISO text as a timestamp without a zone: publishers' own moments are compared with nothing but themselves."""
    if text is None:
        return "NULL::TIMESTAMP"
    moment = datetime.fromisoformat(text).replace(tzinfo=None)
    return f"TIMESTAMP '{moment.isoformat(sep=' ')}'"


def relations(connection: DuckDBPyConnection) -> set[str]:
    """The tables and views that there are, as schema.name."""
    query = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = current_database()"
    return {f"{schema}.{name}" for schema, name in connection.execute(query).fetchall()}


def fingerprints(connection: DuckDBPyConnection, tables: Iterable[str]) -> dict[str, str]:
    """A hash of the rows of each table, whatever their order; a table that is not there has none."""
    present = relations(connection)
    wanted = [r for r in dict.fromkeys(tables) if r in present]
    if not wanted:
        return {}
    query = " UNION ALL ".join(f"SELECT {literal(r)}, {CONTENT} FROM {r} AS t" for r in wanted)
    return dict(connection.execute(query).fetchall())
