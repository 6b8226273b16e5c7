"""Kills a run at one of its writes, before it, in the middle of it or after it; and says what must hold afterwards.

    python -m tests.killing LOG run                                     `nplv run`, with a line in LOG for each write
    python -m tests.killing LOG --at NUMBER --moment MOMENT run         the same, killed there
    python -m tests.killing LOG --on WORDS --moment MOMENT run          killed at the first write that begins with these words

A write is what this project does to a file of the home: opening it to be written, each `write(2)`, a new name, a link, a removal, and each
statement of DuckDB that changes something; a sync is none, for a killed process loses nothing of what it wrote. In the middle is after half of the bytes, or after half of the seconds that a statement takes; what the
kernel does in one step has no middle. Before a write is also after the one before it, so what is done without Python (the exchange of two folders)
is met too. Dagster's history and dbt's notes are files of others, met only by kills at random moments (`benchmarks/crashes.py`).
"""

from __future__ import annotations

import argparse
import builtins
import io
import os
import re
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from threading import Timer
from typing import Any

import dagster as dg
import duckdb

from nplv_orchestration import current
from nplv_orchestration.home import Home
from nplv_orchestration.sums import problems

ROOT = Path(__file__).resolve().parents[1]
OURS = tuple(str(ROOT / name) for name in ("nplv_orchestration", "assets", "checks"))
THEIRS = ("dagster", "dbt")
NAMED = {"mkdir": 0, "rename": 0, "replace": 0, "symlink": 1, "unlink": 0, "remove": 0, "rmdir": 0}  # which argument is the path that changes
CHANGING = re.compile(r"(?:\s|/\*.*?\*/)*(create|copy|attach|detach|insert|update|delete|drop|alter|commit|checkpoint)\b", re.IGNORECASE | re.DOTALL)
MOMENTS = ("before", "middle", "after")


@dataclass(frozen=True)
class Write:
    """A write that a run did. by: who in the project asked for it; has_middle: whether it is more than one step of the kernel."""

    number: int
    seconds: float
    has_middle: bool
    by: str
    what: str

    @classmethod
    def read(cls, log: Path) -> list[Write]:
        """The writes that a log tells of."""
        lines = [line.split("\t", 4) for line in log.read_text(encoding="utf-8").splitlines()]
        return [cls(int(number), float(seconds), middle == "middle", by, what) for number, seconds, middle, by, what in lines]


@dataclass
class Killer:
    """Counts the writes of this process, and ends it at one of them."""

    home: Path
    log: int
    at: int = 0
    on: str = ""
    moment: str = "before"
    seconds: float = 0.0
    _numbers: Any = field(default_factory=lambda: count(1))

    def write(self, what: str, act: Callable[[], Any], half: Callable[[], Any] | None = None, *, is_long: bool = False) -> Any:
        """Do a write. half: what does the first half of it; is_long: it takes time, and half of that is its middle."""
        number = next(self._numbers)
        moment = self.moment if number == self.at or (self.on and what.startswith(self.on)) else ""
        if moment == "before":
            self.kill(number, what)
        if moment == "middle" and half:
            half()
            self.kill(number, what)
        if moment == "middle" and is_long:
            timer = Timer(self.seconds / 2, self.kill, (number, what))
            timer.daemon = True
            timer.start()
        begin = time.perf_counter()
        done = act()
        took = time.perf_counter() - begin
        if moment:
            self.kill(number, f"after {what}")
        self.tell(number, took, "middle" if half or is_long else "step", _asked_by(), what)
        return done

    def tell(self, *cells: object) -> None:
        """A line in the log."""
        os.write(self.log, ("\t".join(str(cell).replace("\n", " ") for cell in cells) + "\n").encode())

    def kill(self, number: int, what: str) -> None:
        """The end of this process."""
        self.tell(number, 0, "killed", _asked_by(), what)
        os.kill(os.getpid(), signal.SIGKILL)

    def counts(self, path: Path) -> bool:
        """Whether a file is one of this project's in the home."""
        return path.is_relative_to(self.home) and path.relative_to(self.home).parts[:1] not in [(name,) for name in THEIRS]


def _asked_by() -> str:
    """The function of this project that wants the write; `home` only knows how."""
    frame = sys._getframe(1)
    while frame:
        path = frame.f_code.co_filename
        if path.startswith(OURS) and not path.endswith(("/home.py", "/transform.py")):
            return f"{Path(path).stem}.{frame.f_code.co_name}"
        if "/dbt/" in path:
            return "dbt"
        frame = frame.f_back  # type: ignore[assignment]
    return "?"


def _opened(descriptor: int) -> Path:
    return Path(os.readlink(f"/proc/self/fd/{descriptor}"))


def watch(killer: Killer) -> None:
    """Let every write of this process go through the killer."""
    _watch_names(killer)
    _watch_files(killer)
    _watch_duckdb(killer)


def _watch_names(killer: Killer) -> None:
    """Names, links and removals, and the file of the lock, which is written without being opened anew."""

    def named(name: str, at: int) -> None:
        real = getattr(os, name)

        def watched(*words: Any, dir_fd: int | None = None, **more: Any) -> Any:
            path = (_opened(dir_fd) if dir_fd is not None else Path.cwd()) / os.fsdecode(words[at])
            if dir_fd is not None:
                more["dir_fd"] = dir_fd
            does_something = os.path.lexists(path) is not (name in ("mkdir", "symlink"))
            if not does_something or not killer.counts(path):
                return real(*words, **more)
            return killer.write(f"{name} {path.relative_to(killer.home)}", lambda: real(*words, **more))

        setattr(os, name, watched)

    ftruncate, pwrite = os.ftruncate, os.pwrite

    def truncated(descriptor: int, length: int) -> Any:
        return killer.write(f"ftruncate {_opened(descriptor).name}", lambda: ftruncate(descriptor, length))

    def pwritten(descriptor: int, content: bytes, offset: int) -> Any:
        what = f"pwrite {_opened(descriptor).name}"
        return killer.write(what, lambda: pwrite(descriptor, content, offset), lambda: pwrite(descriptor, content[: len(content) // 2], offset))

    for name, at in NAMED.items():
        named(name, at)
    os.ftruncate, os.pwrite = truncated, pwritten  # type: ignore[assignment]


def _watch_files(killer: Killer) -> None:
    """Files that Python opens to be written: the opening, and each write to the kernel."""
    real = io.open

    class File(io.FileIO):
        def write(self, content: Any) -> Any:
            what = f"write {Path(os.fsdecode(self.name)).absolute().relative_to(killer.home)}"  # type: ignore[arg-type]
            half = memoryview(content)[: len(content) // 2]
            return killer.write(what, lambda: io.FileIO.write(self, content), lambda: io.FileIO.write(self, half))

    def opening(
        file: Any, mode: str = "r", buffering: int = -1, encoding: Any = None, errors: Any = None, newline: Any = None, *words: Any, **more: Any
    ) -> Any:
        if isinstance(file, int) or not set(mode) & set("wax+") or not killer.counts(path := Path(os.fsdecode(file)).absolute()):
            return real(file, mode, buffering, encoding, errors, newline, *words, **more)
        raw = killer.write(f"open {path.relative_to(killer.home)}", lambda: File(file, mode.translate(str.maketrans("", "", "bt"))))
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

    io.open = builtins.open = opening  # type: ignore[assignment]


def _watch_duckdb(killer: Killer) -> None:
    """Statements that change something, and the closing of a database that has changes still to be written into its file."""
    connections: Any = duckdb.DuckDBPyConnection
    close = connections.close

    def stated(name: str) -> None:
        real = getattr(connections, name)

        def watched(self: Any, query: Any, *words: Any, **more: Any) -> Any:
            if not CHANGING.match(str(query)):
                return real(self, query, *words, **more)
            what = " ".join(re.sub(r"/\*.*?\*/", "", str(query), flags=re.DOTALL).split()).replace(f"{killer.home}/", "")[:120]
            return killer.write(what, lambda: real(self, query, *words, **more), is_long=True)

        setattr(connections, name, watched)

    def closing(self: Any) -> None:
        if any((killer.home / "warehouse").glob("*.wal")):
            killer.write("close the warehouse", lambda: close(self), is_long=True)
        else:
            close(self)

    for name in ("execute", "executemany"):
        stated(name)
    connections.close = closing


# What must hold ---------------------------------------------------------------------------------------------------------

PARTS = ("intern", "openbaar")
# of some tables what does not follow from figures: the moments, and whether a source was pulled by the run that published or by the one that was killed
TOLD = {
    "provenance.sources": "* EXCLUDE (fetched_at) REPLACE (replace(state, 'fresh', 'unchanged') AS state)",
    "provenance.revisions": "* EXCLUDE (fetched_at)",
    "quality.check_results": "* EXCLUDE (evaluated_at, fingerprint, version) REPLACE (replace(details, 'fresh', 'unchanged') AS details)",
}
LEFT_OVERS = re.compile(r"\.draft.*|\.retired.*|\.fetched-.*|.*\.tmp")


def content(home: Path) -> dict[str, object]:
    """All that the current version and the editions tell, as a hash for each table and file; when something was asked, checked or published is no part of it."""
    told: dict[str, object] = {}
    for part in PARTS:
        with duckdb.connect(str((home / "published" / "current").resolve() / part / "nplv.duckdb"), read_only=True) as connection:
            for name in _tables(connection) - {"provenance.build"}:
                told[f"{part} {name}"] = _hashed(connection, f"(SELECT {TOLD.get(name, '*')} FROM {name})")
    for file in (home / "editions").glob("*/current/*.csv"):
        if file.name != "revisies.csv":  # which tells when a release was fetched; what it moved is a table of the version
            told[str(file.relative_to(home))] = file.read_bytes()
    return told


def damage(home: Path) -> list[str]:
    """What is wrong with what people read: the current version opens, is complete, of one version and as it was sealed; so is each edition. None when all is well."""
    folder = (home / "published" / "current").resolve()
    found = [f"current points to {folder.name}"] if folder.parent != home / "published" or folder.name.startswith(".") else []
    found += [f"{version.name}: {told}" for version in current.versions(Home(home)) for told in current.faults(Home(home), version)]
    found += [told for edition in (home / "editions").glob("*/current") for told in problems(edition)]
    for part in PARTS:
        try:
            with duckdb.connect(str(folder / part / "nplv.duckdb"), read_only=True) as connection:
                found += _damaged(connection, folder, part)
        except duckdb.Error as error:
            found.append(f"{part}: {str(error).splitlines()[0]}")
    return found


def _damaged(connection: duckdb.DuckDBPyConnection, folder: Path, part: str) -> list[str]:
    names, files = _tables(connection), {path.stem: path for path in (folder / part / "parquet").iterdir()}
    if names != set(files):
        return [f"{part}: only as a table or only as Parquet: {', '.join(sorted(names ^ set(files)))}"]
    found = [
        f"{part} {name}: not the same as its Parquet" for name, path in files.items() if _hashed(connection, name) != _hashed(connection, f"'{path}'")
    ]
    marks = f"SELECT DISTINCT decode(value) FROM parquet_kv_metadata('{folder / part / 'parquet'}/*.parquet') WHERE decode(key) = 'version'"
    versions = {v for (v,) in connection.execute(f"SELECT value FROM provenance.build WHERE key = 'version' UNION {marks}").fetchall()}
    return found + [f"{part}: says that it is {', '.join(sorted(versions))}"] * (versions != {folder.name})


def _tables(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {f"{schema}.{name}" for schema, name in connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()}


def _hashed(connection: duckdb.DuckDBPyConnection, rows: str) -> object:
    return connection.execute(f"SELECT count(*), sum(hash(t::VARCHAR)) FROM {rows} AS t").fetchone()


def left_overs(home: Path) -> list[str]:
    """What a killed run left and the next one should have cleared away: drafts, versions that never were current, and runs that Dagster shows as going on."""
    events = [event.version for event in current.history(Home(home))]
    found = [f"version {folder.name} never was current" for folder in current.versions(Home(home)) if folder.name not in events]
    found += [f"the history ends with {events[-1]}"] * (events[-1] != current.name(Home(home)))
    found += [f"{path.relative_to(home)} was left" for path in home.rglob("*") if LEFT_OVERS.fullmatch(path.name)]
    with dg.DagsterInstance.from_config(str(Home(home).dagster)) as instance:
        return found + [f"run {run.run_id[:8]} is shown as {run.status.value}" for run in instance.get_runs() if not run.is_finished]


def main() -> None:
    """Run a command of `nplv`, watched."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("log", type=Path)
    words.add_argument("--at", type=int, default=0, help="the number of the write at which the run is killed")
    words.add_argument("--on", default="", help="how the write begins at which the run is killed")
    words.add_argument("--moment", choices=MOMENTS, default="before")
    words.add_argument("--seconds", type=float, default=0.0, help="how long that write takes, for its middle")
    words.add_argument("command", nargs="+")
    words.add_argument("--kept", type=int, help="how many versions are kept, for the removal of one to be met")
    given = words.parse_args()
    from nplv_orchestration import cli

    if given.kept:
        os.environ["NPLV_KEEP_VERSIONS"] = str(given.kept)
    log = os.open(given.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    watch(Killer(Path(os.environ["NPLV_HOME"]).resolve(), log, given.at, given.on, given.moment, given.seconds))
    sys.argv = ["nplv", *given.command]
    cli.main()


if __name__ == "__main__":
    main()
