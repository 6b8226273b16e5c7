"""What one run holds: settings, the home under its lock, the archive, one client for all publishers, the warehouse.

Assets ask it for what they need. It holds state for the length of a run and knows nothing of Dagster.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from nplv_orchestration.archive import Archive, TableState
from nplv_orchestration.configuration import Configuration
from nplv_orchestration.edition import life
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home, write_atomically
from nplv_orchestration.manifest import project_fingerprint
from nplv_orchestration.progress import Progress, silent
from nplv_orchestration.settings import Settings, SourceMode
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.refresh import Publishers
from nplv_orchestration.sources.registry import REGISTRY, SourceTable
from nplv_orchestration.versions import code_fingerprint
from nplv_orchestration.warehouse import connect, fingerprints

if TYPE_CHECKING:
    import httpx
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Monitor:
    """The things of one run; made by `open_monitor`, which holds the lock."""

    settings: Settings
    configuration: Configuration
    home: Home
    mode: SourceMode
    archive: Archive
    publishers: Publishers
    progress: Progress
    today: date
    """The day of this run: in Amsterdam, or that of the demo country."""
    died: str
    """Who wrote here before and was killed; empty when the last writer ended by itself."""

    @contextmanager
    def warehouse(self) -> Iterator[DuckDBPyConnection]:
        """A connection to the private warehouse."""
        with connect(self.settings) as connection:
            yield connection

    def states(self) -> list[TableState]:
        """How the last question about each table ended. Raises NplvError when one was never asked, or never well answered."""
        found = {table.key: self.archive.state(table.key) for table in REGISTRY}
        never = [table.key for table in REGISTRY if _is_owed(table, found[table.key])]
        if never:
            raise NplvError(f"never asked, or never well answered: {', '.join(never)}; run the raw assets first")
        return [state for state in found.values() if state]

    def inputs(self) -> str:
        """A hash of all that the figures follow from: archived versions and their states, models, seeds, code, and the choice of indicators."""
        sources = [
            (
                s.key,
                "fresh" if s.state == "unchanged" else s.state,
                s.reason,
                s.manifest.sha256 if s.manifest else "",
                s.manifest.publisher_version if s.manifest else "",
            )
            for s in self.states()
        ]
        return hashlib.sha256(json.dumps([sources, project_fingerprint(), code_fingerprint(), self.configuration.indicators]).encode()).hexdigest()

    def has_warehouse(self) -> bool:
        """Whether there is a warehouse to ask; a shared one is there always, be it empty."""
        return self.settings.deployment is not None or self.settings.warehouse_path.exists()

    def is_built(self) -> bool:
        """Whether the warehouse already holds what would be built: the same inputs, and tables nobody touched since."""
        if not self.home.built.exists() or not self.has_warehouse():
            return False
        built: dict[str, Any] = json.loads(self.home.built.read_text(encoding="utf-8"))
        if built["inputs"] != self.inputs():
            return False
        with self.warehouse() as connection:
            now = fingerprints(connection, built["tables"])
        return now == dict(built["tables"])

    def forget_built(self) -> None:
        """From here on the warehouse is being changed."""
        self.home.built.unlink(missing_ok=True)

    def remember_built(self, tables: dict[str, str]) -> None:
        """The warehouse was built and judged whole, with these fingerprints."""
        write_atomically(self.home.built, json.dumps({"inputs": self.inputs(), "tables": tables}).encode())


def _is_owed(table: SourceTable, state: TableState | None) -> bool:
    """Whether nothing can be made yet for want of a table: its publisher, who is there, has not told what it holds."""
    if state is None:
        return True
    return state.manifest is None and state.state in ("unreachable", "refused") and not table.is_delivered


def day_of(settings: Settings, home: Home) -> date:
    """The day that it is for a home: in Amsterdam, or in the demo country on the night that it came to."""
    if home.mode(settings) == "demo":
        from nplv_orchestration import demo

        return demo.day(settings, home)
    return life.today()


@contextmanager
def open_monitor(
    settings: Settings,
    who: str,
    *,
    progress: Progress = silent,
    wait: float = 0.0,
    transport: httpx.BaseTransport | None = None,
    day: date | None = None,
    configuration: Configuration | None = None,
) -> Iterator[Monitor]:
    """Open the home for writing; a home of the demo country gets that country's publishers and areas. day: default today, or the demo country's.
    configuration: default that of the folder of the programme.

    Raises HomeBusy, and WrongCall for settings of another mode or programme.
    """
    home = Home.of(settings)
    home.mode(settings)  # refused before anybody waits
    configuration = configuration or settings.configuration
    with home.writing(who, wait) as died:
        mode = home.claim(settings)
        today = day_of(settings, home)
        if mode == "demo":
            from nplv_orchestration import demo

            settings, reviewed, answering = demo.publishers(settings, home)
            transport = transport or answering
        else:
            reviewed = settings.programme_folder
        if mode == "live" and settings.deployment and settings.inbox is None:
            raise WrongCall("NPLV_INBOX: name a folder that all machines share, or what people deliver is on one of them only")
        settings.inbox_folder.mkdir(parents=True, exist_ok=True)
        archive = Archive.of(home)
        archive.tidy()
        publishers = Publishers(settings, archive, Http(transport), progress, reviewed)
        monitor = Monitor(settings, configuration, home, mode, archive, publishers, progress, day or today, died)
        try:
            with monitor.warehouse() if settings.deployment else nullcontext():  # what is read of a lake is read once in a run
                yield monitor
        finally:
            publishers.close()
