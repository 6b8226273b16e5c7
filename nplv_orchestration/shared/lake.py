"""The lakes of a programme (DuckLake: tables as Parquet in object storage, the catalogue in PostgreSQL): one in which figures are made, and two that analysts attach.

How a lake is attached, and that the two follow the current published version, belongs here. What is made in the first is dbt's; what may be published is decided
in `gate`, and which version is current in `current`: a lake that lags behind it, since a writer was killed, is brought along by the next one.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nplv_orchestration.errors import NplvError
from nplv_orchestration.published import Part
from nplv_orchestration.settings import Deployment
from nplv_orchestration.shared.objects import endpoint
from nplv_orchestration.sql import comment, literal, transaction
from nplv_orchestration.warehouse import CONTENT

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


Kind = Literal["warehouse", "intern", "openbaar"]
PARTS: tuple[Part, ...] = ("openbaar", "intern")
KINDS: tuple[Kind, ...] = (*PARTS, "warehouse")
EXTENSIONS = ("httpfs", "postgres_scanner", "ducklake")
# a file of at most 50 GB goes in parts of 5 MB, which are held in memory for each file that is written; by default these are of 80 MB. Five tries of a request, with
# longer and longer waits between, take a minute, in which a store can be started again
_STORE = {
    "enable_http_metadata_cache": "true",
    "parquet_metadata_cache": "true",
    "s3_uploader_max_filesize": "50GB",
    "http_retries": "5",
    "http_retry_wait_ms": "200",
}
_KEPT = timedelta(days=1)  # that what was replaced in the lake where figures are made can still be looked at


def prepare(connection: DuckDBPyConnection) -> None:
    """Let a connection read and write object storage and DuckLake, with what is installed here: nothing is fetched from elsewhere."""
    connection.execute("SET GLOBAL autoinstall_known_extensions = false")
    for name in EXTENSIONS:
        connection.execute(f"LOAD {literal(_extension(name))}")
    for name, value in _STORE.items():
        connection.execute(f"SET GLOBAL {name} = {literal(value)}")  # else a cursor, as each model of dbt has, is without it
    connection.execute(f"CREATE OR REPLACE SECRET nplv_store ({_secret()})")


def place(deployment: Deployment, kind: Kind) -> dict[str, str]:
    """Where a lake lies, as options of ATTACH: the schema of its catalogue and the address of its files. Each has its own, so that rights can be given to each."""
    # by default rows of a small table are kept in a table of PostgreSQL, which is slower to make than a file, and stays when its table is made anew
    return {"METADATA_SCHEMA": f"{deployment.programme}_{kind}", "DATA_PATH": f"{deployment.store}/lake/{kind}/", "DATA_INLINING_ROW_LIMIT": "0"}


def attach(connection: DuckDBPyConnection, deployment: Deployment, kind: Kind, name: str, *options: str) -> None:
    """Attach a lake under a name; one that is not there yet is made, unless the options say READ_ONLY. Raises NplvError when it cannot be."""
    from duckdb import Error

    given = [f"{key} {literal(value)}" for key, value in place(deployment, kind).items()]
    try:
        connection.execute(f"ATTACH {literal(deployment.lake)} AS {name} ({', '.join([*given, *options])})")
    except Error as error:
        raise NplvError(told(error)) from None


def told(error: Exception) -> str:
    """What went wrong with a lake, in one line, and what to do."""
    text = " ".join(str(error).split())[:400]
    if "DATA_PATH" in text:
        return f"the catalogue of NPLV_WAREHOUSE is of a lake in another store: {text}; use the NPLV_STORE of that deployment, or a database of its own for this one"
    if "catalog version" in text.lower() or "AUTOMATIC_MIGRATION" in text or "migrat" in text.lower():
        return f"the catalogue of NPLV_WAREHOUSE was made by another version of DuckLake: {text}; make a copy of the database, then migrate it as docs/deployment.md tells"
    return f"the lake of NPLV_WAREHOUSE could not be used: {text}; see to PostgreSQL and the store, and run again; what was published stays as it was"


def demand(deployment: Deployment) -> str | None:
    """The version that the two lakes hold, or None when they hold none, or not the same. Raises NplvError when a lake cannot be used: before anything is asked of a publisher."""
    held: set[str | None] = set()
    with _opened() as connection:
        for kind in KINDS:
            attach(connection, deployment, kind, "lake")
            if kind != "warehouse":
                held.add(_newest(connection))
            connection.execute("DETACH lake")
    return held.pop() if len(held) == 1 else None


def follow(deployment: Deployment, version: Path) -> None:
    """Let the two lakes hold what a published version holds, in a transaction of each, with its name as the tag; nothing when they do. version: its folder."""
    with _opened() as connection:
        for part in PARTS:
            attach(connection, deployment, part, "lake")
            if _newest(connection) != version.name:
                _take_over(connection, version / part / "nplv.duckdb", version.name)
            connection.execute("DETACH lake")


def snapshots(deployment: Deployment, version: str) -> dict[str, int]:
    """The snapshot of each of the two lakes in which a version stands, by the name of the lake."""
    found: dict[str, int] = {}
    with _opened() as connection:
        for part in PARTS:
            attach(connection, deployment, part, "lake", "READ_ONLY")
            row = connection.execute("SELECT min(snapshot_id) FROM lake.snapshots() WHERE commit_message = ?", [version]).fetchone()
            connection.execute("DETACH lake")
            if row and row[0] is not None:
                found[part] = int(row[0])
    return found


def tidy(deployment: Deployment, kept: Collection[str]) -> int:
    """Forget what the lakes held: of the two, snapshots of versions that are not kept; of the other, what was replaced. Gives how many snapshots went; their files go with them."""
    removed, day_ago = 0, literal((datetime.now(UTC) - _KEPT).isoformat())
    with _opened() as connection:
        for kind in KINDS:
            attach(connection, deployment, kind, "lake")
            rows = connection.execute("SELECT snapshot_id, snapshot_time, commit_message FROM lake.snapshots() ORDER BY snapshot_id").fetchall()
            if kind == "warehouse":
                old = [number for number, at, _ in rows[:-1] if datetime.now(UTC) - at > _KEPT]
            else:
                old = [number for number, _, version in rows[:-1] if version not in kept]
            if old:
                connection.execute(f"CALL ducklake_expire_snapshots('lake', versions => {old})")
            connection.execute(f"CALL ducklake_cleanup_old_files('lake', older_than => TIMESTAMPTZ {day_ago})")
            connection.execute(f"CALL ducklake_delete_orphaned_files('lake', older_than => TIMESTAMPTZ {day_ago})")
            connection.execute("DETACH lake")
            removed += len(old)
    return removed


def _newest(connection: DuckDBPyConnection) -> str | None:
    """The version that the attached lake holds, or None when it holds none."""
    row = connection.execute("SELECT commit_message FROM lake.snapshots() ORDER BY snapshot_id DESC LIMIT 1").fetchone()
    return row[0] if row else None


def _take_over(connection: DuckDBPyConnection, database: Path, version: str) -> None:
    """Make the attached lake hold what a published database holds. Raises NplvError when it reads back differently: then the lake stays as it was."""
    connection.execute(f"ATTACH {literal(database)} AS version (READ_ONLY)")
    try:
        with transaction(connection):
            tables = _tables(connection, "version")
            for gone in _tables(connection, "lake") - tables:
                connection.execute(f"DROP TABLE lake.{gone}")
            for schema in sorted({table.split(".")[0] for table in tables}):
                connection.execute(f"CREATE SCHEMA IF NOT EXISTS lake.{schema}")
            for table in sorted(tables):
                connection.execute(f"CREATE OR REPLACE TABLE lake.{table} AS SELECT * FROM version.{table}")
                both = [connection.execute(f"SELECT {CONTENT} FROM {of}.{table} AS t").fetchone() for of in ("lake", "version")]
                if both[0] != both[1]:
                    raise NplvError(f"{table} reads back from the lake differently from version {version}; the lake stays as it was")
            for statement in _comments(connection):
                connection.execute(statement)
            connection.execute(f"CALL lake.set_commit_message('nplv', {literal(version)})")
    finally:
        connection.execute("DETACH version")


def _tables(connection: DuckDBPyConnection, database: str) -> set[str]:
    found = connection.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = ?", [database]).fetchall()
    return {name for (name,) in found}


def _comments(connection: DuckDBPyConnection) -> list[str]:
    """What the published database tells of its tables and columns, as statements for the lake."""
    tables = connection.execute(
        "SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE database_name = 'version' AND comment IS NOT NULL ORDER BY ALL"
    ).fetchall()
    columns = connection.execute(
        "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() WHERE database_name = 'version' AND comment IS NOT NULL ORDER BY ALL"
    ).fetchall()
    return [comment(f"lake.{schema}.{table}", text) for schema, table, text in tables] + [
        comment(f"lake.{schema}.{table}", text, column) for schema, table, column, text in columns
    ]


@contextmanager
def _opened() -> Iterator[DuckDBPyConnection]:
    """A connection of its own that can attach lakes. What goes wrong there is told in one line."""
    import duckdb

    with duckdb.connect() as connection:
        try:
            prepare(connection)
            yield connection
        except duckdb.Error as error:
            raise NplvError(told(error)) from error


def package_of(extension: str) -> str:
    """The package that has an extension of DuckDB."""
    return f"duckdb_extension_{extension}"


def _extension(name: str) -> str:
    """The file of an extension, as its package installed it. Raises NplvError when there is none for this version of DuckDB."""
    import duckdb

    found = importlib.util.find_spec(package_of(name))
    for folder in (found.submodule_search_locations or []) if found else []:
        for file in Path(folder).glob(f"extensions/v{duckdb.__version__}/{name}.duckdb_extension"):
            return str(file)
    raise NplvError(f"DuckDB's extension {name} is not installed for DuckDB {duckdb.__version__}: pip install 'nplv-orchestration[shared]'")


def _secret() -> str:
    """The keys and the address of the store for DuckDB, from where AWS's own programs have them too."""
    session, address, region = _store(endpoint())
    keys, given = session.get_credentials(), {"REGION": region}
    if keys:
        frozen = keys.get_frozen_credentials()
        given |= {"KEY_ID": frozen.access_key, "SECRET": frozen.secret_key} | ({"SESSION_TOKEN": frozen.token} if frozen.token else {})
    scheme, _, host = address.partition("://")
    if "amazonaws.com" not in host:
        given |= {"ENDPOINT": host.rstrip("/"), "URL_STYLE": "path"}
    text = ", ".join(f"{key} {literal(value)}" for key, value in given.items())
    return f"TYPE s3, {text}" + (", USE_SSL false" if scheme == "http" else "")


@cache
def _store(given: str | None) -> tuple[Any, str, str]:
    """AWS's session, which renews keys that last an hour, and the address and region of the store: half a second, so once."""
    from botocore.session import get_session

    session = get_session()
    client = session.create_client("s3", endpoint_url=given, region_name=session.get_config_variable("region") or "us-east-1")
    return session, client.meta.endpoint_url, client.meta.region_name
