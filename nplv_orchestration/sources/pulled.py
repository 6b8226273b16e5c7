"""What every reader gives: the answer to the cheap question, and the rows of a pull as Parquet.

The shape of a pull belongs here; how a publisher is read is in the readers.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.progress import Watch
from nplv_orchestration.sources.registry import SourceTable

BATCH = 50_000


@dataclass(frozen=True)
class Answer:
    """The answer to "has it changed?": the publisher's own version and date, and what a pull needs of the question."""

    version: str
    modified: str | None
    address: str
    carried: Any = None


@dataclass
class Pulled:
    """What a pull gave, written to a draft."""

    rows: int
    years: list[int]
    boundary_year: int | None
    measures_empty: list[str] = field(default_factory=list)


class Draft:
    """Rows on their way to Parquet, a batch at a time: a table of millions of rows is never in memory.

    As a context: leaving it finishes the file, and refuses it when two rows have the same key.
    """

    def __init__(self, table: SourceTable, path: Path, key: tuple[str, ...], watch: Watch) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {"VARCHAR": pa.string(), "DOUBLE": pa.float64(), "INTEGER": pa.int32(), "DATE": pa.date32()}
        self._table, self._path, self._key, self._watch = table, path, key, watch
        self._schema = pa.schema([(name, kinds[kind]) for name, kind in table.columns.items()])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self.rows = 0
        self.expected = 0  # how many rows will come, where the publisher says so

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._writer.close()
        if kind is None:
            self._refuse_duplicates()

    def pulled(self, boundary_year: int | None, measures_empty: list[str] | None = None) -> Pulled:
        """What the finished file gave. Raises SourceRefused when it speaks of a year that has not begun."""
        years = self._years()
        if years and years[-1] > datetime.now(UTC).year:
            raise SourceRefused(f"{self._table.publisher} {self._table.table_id}: rows of {years[-1]}, a year that has not begun")
        return Pulled(self.rows, years, boundary_year, measures_empty or [])

    def add(self, rows: Iterable[dict[str, Any]]) -> None:
        """Write rows; each has every column of the table."""
        import pyarrow as pa

        rest = iter(rows)
        while batch := list(islice(rest, BATCH)):
            self._writer.write_table(pa.Table.from_pylist(batch, schema=self._schema))
            self.rows += len(batch)
            self._watch("rijen", self.rows, self.expected)

    def _years(self) -> list[int]:
        """The years that the rows speak of, in order; a table without a column for them speaks of its period."""
        columns = {"year": "year", "period": "left(period, 4)::INTEGER", "reference_date": "year(reference_date)"}
        column = next((columns[name] for name in columns if name in self._table.columns), None)
        if column is None:
            return [self._table.period] if self._table.period else []
        found = self._one(f"SELECT list_sort(list(DISTINCT {column})) FROM read_parquet(?)")
        return list(found[0] or []) if found else []

    def _one(self, query: str) -> tuple[Any, ...] | None:
        import duckdb

        with duckdb.connect() as connection:
            return connection.execute(query, [str(self._path)]).fetchone()

    def _refuse_duplicates(self) -> None:
        key = ", ".join(self._key)
        twice = self._one(f"SELECT {key} FROM read_parquet(?) GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 1")
        if twice:
            raise SourceRefused(f"{self._table.publisher} {self._table.table_id}: two rows for {', '.join(map(str, twice))}")
