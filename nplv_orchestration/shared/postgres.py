"""The locks that all machines share, in the PostgreSQL database of the catalogue. They are PostgreSQL's own, and gone when the connection is, as with its process.

A lock of a process, not of a transaction: a pooler between that lends connections out by the transaction would give it to somebody else.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nplv_orchestration.errors import HomeBusy, NplvError

if TYPE_CHECKING:
    from nplv_orchestration.settings import Deployment

_LOOK = 0.2  # seconds between two tries to get a lock
_OFF = 60.0  # seconds that the clock of a machine may be off: versions and history are in the order of their moments
# PostgreSQL asks whether a machine that says nothing is still there, so that the lock of one that lost its power is free after a minute
_KEPT = "-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=4"
_LIVING: dict[str, Any] = {}  # the connection of each run of this process, for as long as it lives


def connect(deployment: Deployment) -> Any:
    """A connection to the database of the catalogue, in which each statement stands by itself. Raises NplvError when there is none."""
    import psycopg2

    try:
        connection = psycopg2.connect(deployment.catalogue, connect_timeout=10, options=_KEPT, application_name="nplv")
    except psycopg2.Error as error:
        raise NplvError(
            f"PostgreSQL of NPLV_WAREHOUSE does not let this in: {str(error).strip()}; see to the server, its address, and the password (PGPASSWORD), and run again"
        ) from None
    connection.autocommit = True
    return connection


def ask(connection: Any, query: str, *values: object) -> Any:
    """The first row of what a statement gives, or None. Raises NplvError when the server cannot do it, or is gone."""
    import psycopg2

    try:
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchone() if cursor.description else None
    except psycopg2.Error as error:
        raise NplvError(f"PostgreSQL of NPLV_WAREHOUSE: {str(error).strip()}; what was published stays as it was; run again") from None


class Writer:
    """Who is the only writer of a programme, while it lasts. followed: the version that the lakes hold, as far as this writer knows."""

    def __init__(self, connection: Any, programme: str) -> None:
        self._connection, self._programme = connection, programme
        self.followed: str | None = None

    def demand(self) -> None:
        """Raises NplvError when the lock is lost, as when PostgreSQL was started again: then another may be writing."""
        found = ask(
            self._connection,
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND ((classid::bigint << 32) | objid::bigint) = %s",
            _key(f"writer {self._programme}"),
        )
        if found != (1,):
            raise NplvError("the lock of the only writer was lost; what was published stays as it was; run again")


@contextmanager
def writing(deployment: Deployment, who: str, wait: float) -> Iterator[tuple[Writer, str]]:
    """Be the only writer of a programme; with who was it before and is gone ("" when nobody is). Waits up to `wait` seconds, then raises HomeBusy, naming who it is."""
    programme = deployment.programme
    with closing(connect(deployment)) as connection:
        _demand_clock(connection)
        _make(connection, programme)
        end = time.monotonic() + wait
        while not _take(connection, f"writer {programme}"):
            if time.monotonic() >= end:
                raise _busy(connection, programme)
            time.sleep(_LOOK)
        died = _holder(connection, programme)
        _hold(connection, programme, who)
        try:
            yield Writer(connection, programme), died
        finally:
            _let_go(connection, programme)


def refuse_when_busy(deployment: Deployment) -> None:
    """Raises HomeBusy, naming who it is, when a programme has a writer."""
    with closing(connect(deployment)) as connection:
        _make(connection, deployment.programme)
        if not _take(connection, f"writer {deployment.programme}"):
            raise _busy(connection, deployment.programme)


def live(deployment: Deployment, run_id: str) -> None:
    """From here on this run is known to live, until this process ends."""
    if run_id not in _LIVING:
        _LIVING[run_id] = connect(deployment)
        ask(_LIVING[run_id], "SELECT pg_advisory_lock(%s)", _key(f"run {run_id}"))


def lives(deployment: Deployment, run_id: str) -> bool:
    """Whether the process of a run that was known to live does so still."""
    with closing(connect(deployment)) as connection:
        return not _take(connection, f"run {run_id}")


def _take(connection: Any, what: str) -> bool:
    """Take a lock, unless another connection has it."""
    return bool(ask(connection, "SELECT pg_try_advisory_lock(%s)", _key(what)) == (True,))


def _make(connection: Any, programme: str) -> None:
    """The table with the writer, when it is not there yet."""
    if ask(connection, "SELECT to_regclass(%s)", f'"{programme}".writer') == (None,):
        ask(connection, f'CREATE SCHEMA IF NOT EXISTS "{programme}"')
        ask(connection, f'CREATE TABLE IF NOT EXISTS "{programme}".writer (who text PRIMARY KEY)')


def _holder(connection: Any, programme: str) -> str:
    found = ask(connection, f'SELECT who FROM "{programme}".writer')
    return str(found[0]) if found else ""


def _hold(connection: Any, programme: str, who: str) -> None:
    ask(connection, f'DELETE FROM "{programme}".writer')
    if who:
        ask(connection, f'INSERT INTO "{programme}".writer VALUES (%s)', who)


def _let_go(connection: Any, programme: str) -> None:
    """Say that nobody writes, and nobody died. When the server is gone the next writer is told who was last, which is so."""
    with suppress(NplvError):
        _hold(connection, programme, "")


def _busy(connection: Any, programme: str) -> HomeBusy:
    return HomeBusy(f"programme {programme} is being written by {_holder(connection, programme) or 'another process'}; try again when it is done")


def _demand_clock(connection: Any) -> None:
    """Raises NplvError when the clock of this machine is not that of PostgreSQL."""
    there = ask(connection, "SELECT clock_timestamp()")[0]
    off = (datetime.now(UTC) - there).total_seconds()
    if abs(off) > _OFF:
        raise NplvError(
            f"the clock of this machine is {abs(off):.0f} seconds {'ahead of' if off > 0 else 'behind'} that of PostgreSQL, and versions are in the order of their moments: "
            "set both by the network's time, and run again"
        )


def _key(what: str) -> int:
    """The number by which PostgreSQL knows a lock."""
    return int.from_bytes(hashlib.sha256(f"nplv {what}".encode()).digest()[:8], "big", signed=True)
