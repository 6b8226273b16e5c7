"""Asking a published version: a query of a person, which can read the version and nothing else, and the answer as a file.

What is asked is hostile until proven otherwise: it is one SELECT, sees no file, no network and no setting, has a bound on memory, on what it gives back and on
time, and can be stopped. Reading the call and printing are in `cli_query`.
"""

from __future__ import annotations

import io
import json
import math
import re
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplv_orchestration.configuration import of
from nplv_orchestration.edition.csvs import as_csv
from nplv_orchestration.edition.table import DEMO_MARK
from nplv_orchestration.errors import WrongCall, some_of
from nplv_orchestration.published import SCHEMAS, connect, facts

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection, Statement

FORMATS = ("table", "csv", "json", "parquet", "xlsx")
BINARY = ("parquet", "xlsx")
_MEMORY, _DISK, _THREADS = "2GB", "4GB", 2  # so that no question takes the machine from a night
_MOST_CELLS, _MOST_BYTES = 5_000_000, 1_000_000_000  # that are given back: as rows, and as a table of pyarrow
_BATCH = 50_000  # rows
# functions of DuckDB that a SELECT may call and that change how it works, write a log or a profile, or run a text as SQL
_CHANGES = re.compile(
    r"\b((enable|disable)_\w+|truncate_duckdb_logs|write_log|(force_)?checkpoint|query|query_table|json_execute_serialized_sql)\b\W*\(", re.I
)
_MOST_OF_A_CELL = 32_767  # characters of a cell of xlsx
_LARGEST = 2**53  # up to which a sheet keeps a number whole
_MOST_OF_A_SHEET = 1_048_575  # rows of a sheet of xlsx, without its head
_NO_TABLE = re.compile(r"Table with name (\S+) does not exist")
_NO_COLUMN = re.compile(r'Referenced column "([^"]+)" not found|does not have a column named "([^"]+)"')


class Stopped(WrongCall):
    """The query was stopped by who asked it. Exit status 130, as for any program that is."""

    exit_status = 130


@dataclass(frozen=True)
class Answer:
    """The rows of a query under the names of its columns, and the version that was asked. rows: tuples, or a table of pyarrow, which keeps the types, when that was asked for."""

    columns: list[str]
    rows: Any
    facts: dict[str, str]
    part: str

    @property
    def cited(self) -> str:
        """What to name as the origin of the rows."""
        demo = f"{DEMO_MARK}, " if self.facts["mode"] == "demo" else ""
        return f"{demo}{of(self.facts).monitor_nl}, {self.part} database, versie {self.facts['version']}"


def ask(database: Path, sql: str, seconds: float | None = None, *, as_arrow: bool = False, most: int | None = None) -> Answer:
    """Ask one database. seconds: after which the query is stopped; as_arrow: the rows as a table of pyarrow; most: how many rows are wanted.

    Raises WrongCall for a query that is none, in words and with the nearest names, for one that needs or gives too much, and Stopped for one that was stopped.
    """
    import duckdb

    with connect(database) as connection, tempfile.TemporaryDirectory(prefix="nplv-query-") as folder:
        known = facts(connection)
        for setting in (
            f"temp_directory = '{folder}'", f"max_temp_directory_size = '{_DISK}'", f"memory_limit = '{_MEMORY}'", f"threads = {_THREADS}",
            "autoinstall_known_extensions = false", "autoload_known_extensions = false", "enable_external_access = false", "lock_configuration = true",
        ):  # fmt: skip
            connection.execute(f"SET {setting}")
        with _stoppable(connection, seconds) as stopped:
            try:
                found = connection.execute(_one_select(connection, sql))
                columns = [column[0] for column in found.description or []]
                return Answer(columns, _table(found) if as_arrow else _rows(found, len(columns), most), known, database.parent.name)
            except duckdb.InterruptException:
                raise Stopped(f"the query was stopped {stopped[0] if stopped else 'by Ctrl-C'}; nothing was changed") from None
            except (duckdb.OutOfMemoryException, MemoryError):
                raise WrongCall(f"the query needs more than {_MEMORY} of memory; ask for fewer rows, or of one indicator at a time") from None
            except duckdb.Error as error:
                raise WrongCall(f"the query failed: {_told(connection, str(error))}") from None


def _one_select(connection: DuckDBPyConnection, sql: str) -> Statement:
    """The statement of a query. Raises WrongCall unless it is one that only reads: DuckDB lets others write beside the file that is open, whatever its settings."""
    from duckdb import StatementType

    try:
        sql.encode()
    except UnicodeEncodeError:
        raise WrongCall("the query is not in UTF-8; write it anew") from None
    statements = connection.extract_statements(sql)
    if not statements:
        raise WrongCall("the query is empty")
    if len(statements) > 1:
        raise WrongCall("ask one question at a time: this is more than one statement (of a PIVOT, name the columns: PIVOT … ON … IN (…))")
    if statements[0].type != StatementType.SELECT:
        raise WrongCall(f"a query reads, with SELECT, FROM, DESCRIBE or SHOW; {statements[0].type.name} is not one that does")
    if found := _CHANGES.search(sql):
        raise WrongCall(f"a query reads, and {found[1]}() does something else; leave it out")
    return statements[0]


def _rows(found: DuckDBPyConnection, width: int, most: int | None) -> list[tuple[Any, ...]]:
    """The rows of a query, in batches, so that a large answer is refused before it has filled the memory."""
    if most is not None:
        return found.fetchmany(most)
    rows: list[tuple[Any, ...]] = []
    while batch := found.fetchmany(_BATCH):
        rows += batch
        if len(rows) * width > _MOST_CELLS:
            raise WrongCall(
                f"the answer has more than {_MOST_CELLS:,} cells; ask for fewer rows or columns, for parquet, or use `open_published` in Python"
            )
    return rows


def _table(found: DuckDBPyConnection) -> pa.Table:
    """The same as a table of pyarrow, with the types of the columns."""
    import pyarrow as pa

    with _holdable():
        reader = found.to_arrow_reader(_BATCH)
        batches, size = [], 0
        for batch in reader:
            batches.append(batch)
            size += batch.nbytes
            if size > _MOST_BYTES:
                raise WrongCall(
                    f"the answer is larger than {_MOST_BYTES // 1_000_000:,} MB; ask for fewer rows, or read the Parquet of the version itself"
                )
        return pa.Table.from_batches(batches, reader.schema)


@contextmanager
def _holdable() -> Iterator[None]:
    """Raises WrongCall for an answer that Arrow or Parquet has no type for."""
    from pyarrow import ArrowException

    try:
        yield
    except ArrowException as error:
        raise WrongCall(f"parquet cannot hold this answer: {str(error).splitlines()[0][:200]}; CAST the column, or ask for csv") from None


@contextmanager
def _stoppable(connection: DuckDBPyConnection, seconds: float | None) -> Iterator[list[str]]:
    """Let Ctrl-C, and a clock, stop what a connection does; gives why it was stopped, once it is."""
    why: list[str] = []

    def stop(reason: str) -> None:
        why.append(reason)
        connection.interrupt()

    timer = threading.Timer(seconds or 0, stop, [f"after {seconds:g} seconds" if seconds else ""])
    timer.daemon = True
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, lambda *_: stop("by Ctrl-C")) if in_main else None
    if seconds:
        timer.start()
    try:
        yield why
    finally:
        timer.cancel()
        if in_main:
            signal.signal(signal.SIGINT, before)


def _told(connection: DuckDBPyConnection, error: str) -> str:
    """DuckDB's error in a line; of a name that is not there the nearest ones that are."""
    if found := _NO_TABLE.search(error):
        name = found[1].strip('"').rstrip("!")
        tables = _names(connection, "SELECT schema_name || '.' || table_name FROM duckdb_tables()")
        near = _nearest(name, {table.split(".")[-1].removeprefix("mart_"): table for table in tables} | {t.split(".")[-1]: t for t in tables})
        return f"there is no table '{name}'{near or ' in this database'}; `SHOW ALL TABLES` lists them"
    if found := _NO_COLUMN.search(error):
        name, asked = found[1] or found[2], error.split("LINE 1:")[-1] if "LINE 1:" in error else ""
        of_query = [t for t in _names(connection, "SELECT table_name FROM duckdb_tables()") if re.search(rf"\b{re.escape(t)}\b", asked)]
        which, wanted = ("table_name", of_query) if of_query else ("schema_name", list(SCHEMAS))
        columns = _names(connection, f"SELECT DISTINCT column_name FROM duckdb_columns() WHERE {which} IN $wanted ORDER BY 1", wanted=wanted)
        near = _nearest(name, {c: c for c in columns}) or f"; there are {some_of(columns, ', ', 8)}"
        return f"there is no column '{name}'{near}; `DESCRIBE marts.…` lists those of a table"
    if "disabled by configuration" in error:
        return "it asks for a file or an address, and can read the published version only; `nplv_orchestration.open_published` has no such bound"
    return " ".join(error.split("\n\nLINE 1:")[0].split())[:300]


def _names(connection: DuckDBPyConnection, query: str, **values: object) -> list[str]:
    return [name for (name,) in connection.execute(query, values or None).fetchall()]


def _nearest(name: str, known: dict[str, str]) -> str:
    """The nearest of what is known by its name, in words; nothing when none is near."""
    by_lower = {n.lower(): told for n, told in known.items()}
    near = dict.fromkeys(by_lower[n] for n in get_close_matches(name.lower().split(".")[-1], by_lower, 3, 0.6))
    return f", the nearest is {' or '.join(near)}" if near else ""


def as_file(answer: Answer, kind: str) -> bytes:
    """The answer in one of `FORMATS` but table; parquet of rows as arrow only. Raises WrongCall when it does not fit."""
    if twice := {name for name in answer.columns if answer.columns.count(name) > 1}:
        raise WrongCall(f"two columns are called {sorted(twice)[0]}; give one of them another name with AS")
    match kind:
        case "parquet":
            return _parquet(answer)
        case "xlsx":
            return _xlsx(answer)
    records = [dict(zip(answer.columns, map(_plain, row), strict=True)) for row in answer.rows]
    if kind == "json":
        return (json.dumps(records, ensure_ascii=False, indent=1) + "\n").encode()
    return as_csv(answer.columns, ({name: _flat(cell) for name, cell in record.items()} for record in records))


def _plain(cell: Any) -> Any:
    """A cell as json has it: a time in words, a decimal as a number; what is no number is missing."""
    if isinstance(cell, list | tuple):
        return [_plain(one) for one in cell]
    if isinstance(cell, dict):
        return {str(name): _plain(one) for name, one in cell.items()}
    if isinstance(cell, date | datetime):
        return cell.isoformat()
    if isinstance(cell, Decimal):
        return float(cell)
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    return cell if cell is None or isinstance(cell, bool | int | str) else str(cell)


def _flat(cell: Any) -> Any:
    """The same for a sheet, where a list is its json."""
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, list | dict) else cell


def _parquet(answer: Answer) -> bytes:
    from pyarrow import parquet

    out, kept = io.BytesIO(), {"origin": answer.cited, "mode": answer.facts["mode"], "version": answer.facts["version"]}
    with _holdable():
        parquet.write_table(answer.rows.replace_schema_metadata(kept), out, compression="zstd")
    return out.getvalue()


def _xlsx(answer: Answer) -> bytes:
    """A sheet with the rows, and one that says what they are; a text is never a formula or a link."""
    from xlsxwriter import Workbook

    if len(answer.rows) > _MOST_OF_A_SHEET:
        raise WrongCall(f"{len(answer.rows):,} rows do not fit in a sheet, which has {_MOST_OF_A_SHEET:,}; ask for csv or parquet")
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}) as book:
        sheet, bold = book.add_worksheet("antwoord"), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(answer.columns) - 1, 18)
        for place, name in enumerate(answer.columns):
            sheet.write_string(0, place, name, bold)
        for down, row in enumerate(answer.rows, 1):
            for place, cell in enumerate(map(_flat, map(_plain, row))):
                if isinstance(cell, str) and len(cell) > _MOST_OF_A_CELL:
                    raise WrongCall(f"a text in column {answer.columns[place]} has more characters than a cell of a sheet; ask for csv or parquet")
                if cell is not None:
                    sheet.write(down, place, str(cell) if isinstance(cell, int) and abs(cell) > _LARGEST else cell)
        about = book.add_worksheet("herkomst")
        about.set_column(0, 0, 100)
        about.write_string(0, 0, answer.cited)
        book.set_properties({"title": answer.cited})
    return out.getvalue()
