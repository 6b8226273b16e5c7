"""How a deployment grows: first nights of one, four and sixteen programmes, on one, two and four workers, with the engines that they share on the same machine.

.venv/bin/python -m benchmarks.scale [--programmes 1 4 16] [--workers 1 2 4]

A worker takes one programme at a time, as Celery hands them out, and each of its runs is a process. What a programme is to this is what it has of its own: its
areas, its sources, its archive, its lakes, its version and its edition.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from benchmarks.processes import NPLV, ROOT
from tests.engines import Engines, engines


@dataclass(frozen=True)
class Grown:
    """What was measured of so many programmes on so many workers. seconds: of all; each: of a night; processor: seconds of the runs; memory: the most of one run, MB."""

    programmes: int
    workers: int
    seconds: float
    each: float
    processor: float
    memory: float
    requests: int
    transactions: int
    stored: float

    @property
    def row(self) -> tuple[str, ...]:
        """As a row of the table."""
        n = self.programmes
        return (
            f"{n}", f"{self.workers}", f"{self.seconds:.0f}", f"{self.seconds / n:.1f}", f"{self.each:.0f}", f"{self.processor / n:.0f}", f"{self.memory:.0f}",
            f"{self.requests / n:.0f}", f"{self.transactions / n:.0f}", f"{self.stored / n:.1f}",
        )  # fmt: skip


HEAD = (
    "programmes", "workers", "seconds", "seconds a programme", "seconds of a night", "processor seconds a programme", "most memory of a run, MB",
    "requests of the store a programme", "transactions of PostgreSQL a programme", "MB stored a programme",
)  # fmt: skip


def grow(running: Engines, programmes: int, workers: int, folder: Path) -> Grown:
    """Measure it once, in a database and a bucket of its own."""
    name = f"work{programmes}on{workers}"
    environment = (
        os.environ | running.environment(name) | {"NPLV_SOURCES": "demo", "NPLV_DEMO_SIZE": "tiny", "NPLV_PROGRAMMES": str(folder / "programmes")}
    )
    waiting: SimpleQueue[str] = SimpleQueue()
    for number in range(programmes):
        programme = f"programma{number}"
        shutil.copytree(ROOT / "nplv_orchestration" / "programmes" / "nplv", folder / "programmes" / programme)
        waiting.put(programme)
    before, begin = running.requests().total(), time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        nights = [
            night for done in [pool.submit(_work, waiting, environment, folder / f"worker{n}") for n in range(workers)] for night in done.result()
        ]
    seconds = time.perf_counter() - begin
    ((transactions,),) = running.sql("postgres", f"SELECT xact_commit FROM pg_stat_database WHERE datname = '{name}'")
    stored = sum(size for size, _ in running.objects(name).values()) / 1e6
    shutil.rmtree(folder / "programmes")
    return Grown(
        programmes, workers, seconds, statistics.mean(n[0] for n in nights), sum(n[1] for n in nights), max(n[2] for n in nights),
        running.requests().total() - before, int(str(transactions)), stored,
    )  # fmt: skip


def _work(waiting: SimpleQueue[str], environment: dict[str, str], home: Path) -> list[tuple[float, float, float]]:
    """Do nights until none waits; of each the seconds, those of the processor, and the MB."""
    done = []
    while programme := _next(waiting):
        begin = time.perf_counter()
        process = subprocess.Popen(
            [*NPLV, "run"], env=environment | {"NPLV_PROGRAMME": programme, "NPLV_HOME": str(home)}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        told = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"the night of {programme} ended with status {process.returncode}: {told.decode()[-500:]}")
        done.append((time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
    return done


def main() -> None:
    """Measure all, and print the table as it grows."""
    call = argparse.ArgumentParser(description=__doc__)
    call.add_argument("--programmes", type=int, nargs="+", default=[1, 4, 16])
    call.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    asked = call.parse_args()
    print(_row(HEAD), _row("---" for _ in HEAD), sep="\n")
    with engines() as running, tempfile.TemporaryDirectory() as folder:
        for programmes in asked.programmes:
            for workers in (w for w in asked.workers if w <= programmes):
                print(_row(grow(running, programmes, workers, Path(folder)).row), flush=True)


def _next(waiting: SimpleQueue[str]) -> str:
    """The programme that has waited longest; empty when none does."""
    try:
        return waiting.get_nowait()
    except Empty:
        return ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
