"""Where Dagster writes its history: its own SQLite storage, with connections that stay open.

Dagster opens a database anew for each event, writes it through to the disk, and closes it, which also folds its log: of a night with 1,200 events that was a quarter of the time.
What is kept, and how a run of it reads, is in `history`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._core.storage.sqlite_storage import DagsterSqliteStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

_LOG = 4 * 1024 * 1024  # bytes to which the log of a database is cut, once what is in it is in the database
_OPEN = 4  # databases: the index of all runs, and the runs that are written or looked at


class HistoryStorage(DagsterSqliteStorage):
    """Dagster's storage of runs, events and schedules in SQLite, as `dagster.yaml` names it."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(base_dir, inst_data)
        self._event_log_storage = _Events(self._event_log_storage._base_dir)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> HistoryStorage:
        """As Dagster makes it from `dagster.yaml`."""
        return cls(inst_data=inst_data, **config_value)


class _Events(SqliteEventLogStorage):
    def __init__(self, base_dir: str) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        super().__init__(base_dir)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).connect() as connection, connection.begin():
            yield connection

    def _engine(self, shard: str) -> Engine:
        """The one connection to a database, under the lock of this storage; of the others that which was used longest ago is closed."""
        if shard not in self._engines:
            address, arguments = self.conn_string_for_shard(shard), {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
            if shard not in self._initialized_dbs:
                self._initdb(create_engine(address, poolclass=NullPool, connect_args=arguments))  # which takes more than one connection
                self._initialized_dbs.add(shard)
            self._engines[shard] = create_engine(address, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args=arguments)
            event.listen(self._engines[shard], "connect", _as_kept_open)
            if len(self._engines) > _OPEN:
                self._engines.popitem(last=False)[1].dispose()
        self._engines.move_to_end(shard)
        return self._engines[shard]

    def dispose(self) -> None:
        super().dispose()
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _as_kept_open(connection: Any, _record: Any) -> None:
    """What SQLite advises for a database with a write-ahead log: a loss of power may lose the last events, and damages nothing (sqlite.org/pragma.html#pragma_synchronous).

    Closing used to cut off the log; one that stays open keeps its greatest size, but for this limit.
    """
    connection.execute("PRAGMA synchronous=NORMAL").close()
    connection.execute(f"PRAGMA journal_size_limit={_LOG}").close()
