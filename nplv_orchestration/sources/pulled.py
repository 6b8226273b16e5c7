"""What every reader gives: the answer to the cheap question, and the rows of a pull as Parquet.

The shape of a pull belongs here; how a publisher is read is in the readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from nplv_orchestration.archive import Delivery
from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.progress import Watch
from nplv_orchestration.sources.registry import SourceTable

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

BATCH = 100_000  # rows that are written together
_PIECE = 30_000  # rows that are looked at together: the pages that come side by side, so that it is done while others are on their way


@dataclass(frozen=True)
class Answer:
    """The answer to "has it changed?": the publisher's own version and date, and what a pull needs of the question."""

    version: str
    modified: str | None
    address: str
    carried: Any = None


def moment(told: object, table: SourceTable) -> str:
    """A moment as its publisher writes it, in ISO text. Raises SourceRefused for anything else, which could not be kept as a moment."""
    try:
        datetime.fromisoformat(str(told))
    except ValueError:
        raise SourceRefused(f"{table.name}: was modified at '{str(told)[:40]}', which is no moment") from None
    return str(told)


@dataclass
class Pulled:
    """What a pull gave, written to a draft."""

    rows: int
    years: list[int]
    boundary_year: int | None
    measures_empty: list[str] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)


def load() -> None:
    """Load the libraries of a pull. Whoever waits for a publisher does that in the meantime."""
    for name in ("msgspec", "numpy", "pyarrow.compute", "pyarrow.parquet", "duckdb"):
        import_module(name)


def in_batches(pages: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in somewhat larger tables, each column in one piece: what is done to a table costs as much for a small one."""
    import pyarrow as pa

    waiting: list[pa.Table] = []
    for page in pages:
        waiting.append(page)
        if sum(table.num_rows for table in waiting) >= _PIECE:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting.clear()
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


class Draft:
    """Rows on their way to Parquet, a batch at a time: a table of millions of rows is never in memory.

    expected: how many rows the publisher says there are. As a context: leaving it finishes the file, and refuses it when it has
    another number of rows, or two rows of one grain.
    """

    def __init__(self, table: SourceTable, path: Path, watch: Watch, expected: int | None = None) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {"VARCHAR": pa.string(), "DOUBLE": pa.float64(), "INTEGER": pa.int32(), "DATE": pa.date32()}
        self._table, self._path, self._watch = table, path, watch
        self._schema = pa.schema([(name, kinds[kind]) for name, kind in table.columns.items()])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._waiting: list[pa.Table] = []
        self.rows = 0
        self.expected = expected

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self._flush()
        self._writer.close()
        if kind is None:
            if self.expected not in (None, self.rows):
                raise self._refused(f"{self.rows} rows came, and the publisher counts {self.expected}")
            self._refuse_duplicates()

    def pulled(self, boundary_year: int | None, measures_empty: list[str] | None = None) -> Pulled:
        """What the finished file gave. Raises SourceRefused when it speaks of a year that has not begun."""
        years = self._years()
        if years and years[-1] > datetime.now(UTC).year:
            raise self._refused(f"rows of {years[-1]}, a year that has not begun")
        return Pulled(self.rows, years, boundary_year, measures_empty or [])

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows; each has every column of the table."""
        import pyarrow as pa

        rest = iter(rows)
        while batch := list(islice(rest, BATCH)):
            self.write(pa.Table.from_pylist(batch, schema=self._schema))

    def write(self, rows: pa.Table) -> None:
        """Write a batch that has every column of the table. Raises SourceRefused as soon as there are more rows than were counted."""
        self._waiting.append(rows.select(self._schema.names).cast(self._schema))
        self.rows += rows.num_rows
        if self.expected is not None and self.rows > self.expected:
            raise self._refused(f"{self.rows} rows came, and the publisher counts {self.expected}")
        if sum(table.num_rows for table in self._waiting) >= BATCH:
            self._flush()
        self._watch("rijen", self.rows, self.expected or 0)

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting.clear()

    def _refused(self, what: str) -> SourceRefused:
        return SourceRefused(f"{self._table.name}: {what}")

    def copy(self, rows: Path, column: str, value: str) -> None:
        """Write those rows of a Parquet file of this table whose column (SQL) has a value, as they are; columns that it lacks are null."""
        import duckdb
        import pyarrow as pa

        mine = ", ".join(f"{name}: NULL::{kind}" for name, kind in self._table.columns.items())
        with duckdb.connect() as connection:
            lacking = f"SELECT * FROM (SELECT UNNEST({{{mine}}})) WHERE false"
            every = f"SELECT * FROM read_parquet(?) WHERE {column} = ?"
            names = ", ".join(self._table.columns)
            found = connection.execute(f"SELECT {names} FROM ({lacking} UNION ALL BY NAME {every})", [str(rows), value])
            for batch in found.fetch_record_batch(BATCH):
                self.write(pa.Table.from_batches([batch]))

    def _years(self) -> list[int]:
        """The years that the rows speak of, in order; a table without a column for them speaks of its period."""
        column = year_of(self._table)
        if column is None:
            return [self._table.period] if self._table.period else []
        found = self._query(f"SELECT list_sort(list(DISTINCT {column})) FROM rows").fetchone()
        return list(found[0] or []) if found else []

    def _query(self, query: str) -> duckdb.DuckDBPyConnection:
        """Ask the finished file, `rows`. Its name stands in the text: a parameter would make DuckDB load pandas."""
        import duckdb

        name = str(self._path).replace("'", "''")
        return duckdb.connect().execute(query.replace("FROM rows", f"FROM read_parquet('{name}')"))

    def _refuse_duplicates(self) -> None:
        """By hashes first: those of millions of rows are small, where the keys themselves are not."""
        if not self._table.grain:
            return
        import numpy as np

        grain = ", ".join(self._table.grain)
        hashes, at = np.empty(self.rows, np.uint64), 0
        for batch in self._query(f"SELECT hash({grain}) AS h FROM rows").to_arrow_reader(BATCH):
            hashes[at : at + batch.num_rows] = np.frombuffer(batch["h"].buffers()[1], np.uint64, batch.num_rows, 8 * batch["h"].offset)
            at += batch.num_rows
        hashes.sort()
        alike = hashes[1:][hashes[1:] == hashes[:-1]][:1000]
        if len(alike):
            some = ", ".join(map(str, alike.tolist()))
            twice = self._query(
                f"SELECT {grain} FROM rows WHERE hash({grain}) IN ({some}) GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 1"
            ).fetchone()
            if twice:
                raise self._refused(f"two rows for {', '.join(map(str, twice))}")


def year_of(table: SourceTable) -> str | None:
    """The year of a row of a table, in SQL; None when its rows do not tell."""
    columns = {"round": "round", "year": "year", "period": "left(period, 4)::INTEGER", "reference_date": "year(reference_date)"}
    return next((columns[name] for name in columns if name in table.columns), None)
