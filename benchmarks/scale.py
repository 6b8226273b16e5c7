"""How a deployment grows: nights of one, four and sixteen programmes, on one, two and four workers, with the engines that they share on the same machine.

.venv/bin/python -m benchmarks.scale [--programmes 1 4 16] [--workers 1 2 4] [--rounds 1] [--size tiny]

A worker takes one programme at a time, as Celery hands them out, and each of its runs is a process. What a programme is to this is what it has of its own: its
areas, its sources, its archive, its lakes, its versions and its editions. A round of a programme is a night in which its publishers have something new, so that a
version is published; the work is programmes times rounds.
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
from nplv_orchestration.demo.country import SIZES
from tests.engines import Engines, engines

Waiting = SimpleQueue[tuple[str, list[int]]]


@dataclass(frozen=True)
class Grown:
    """What was measured of so many programmes on so many workers. seconds: of all; each: of a night; processor: seconds of the runs; memory: the most of one run, MB."""

    programmes: int
    rounds: int
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
        n = self.programmes * self.rounds
        return (
            f"{self.programmes}", f"{self.rounds}", f"{self.workers}", f"{self.seconds:.0f}", f"{self.seconds / n:.1f}", f"{self.each:.0f}",
            f"{self.processor / n:.0f}", f"{self.memory:.0f}", f"{self.requests / n:.0f}", f"{self.transactions / n:.0f}", f"{self.stored / self.programmes:.1f}",
        )  # fmt: skip


HEAD = (
    "programmes", "rounds", "workers", "seconds", "seconds for each night", "seconds a night takes", "processor seconds a night", "most memory of a run, MB",
    "requests of the store a night", "transactions of PostgreSQL a night", "MB stored of a programme",
)  # fmt: skip
_ROUNDS = (0, 7, 20, 40)  # nights of the demo country in which something is published anew


def grow(running: Engines, programmes: int, rounds: int, workers: int, size: str, folder: Path) -> Grown:
    """Measure it once, in a database and a bucket of its own."""
    name = f"work{programmes}on{workers}"
    demo = {"NPLV_SOURCES": "demo", "NPLV_DEMO_SIZE": size, "NPLV_PROGRAMMES": str(folder / "programmes")}
    environment = os.environ | running.environment(name) | demo
    waiting: Waiting = SimpleQueue()
    for number in range(programmes):
        programme = f"programma{number}"
        shutil.copytree(ROOT / "nplv_orchestration" / "programmes" / "nplv", folder / "programmes" / programme)
        waiting.put((programme, list(_ROUNDS[:rounds])))
    before, begin = running.requests().total(), time.perf_counter()
    with ThreadPoolExecutor(workers) as pool:
        nights = [
            night for done in [pool.submit(_work, waiting, environment, folder / f"worker{n}") for n in range(workers)] for night in done.result()
        ]
    seconds = time.perf_counter() - begin
    ((transactions,),) = running.sql("postgres", f"SELECT xact_commit FROM pg_stat_database WHERE datname = '{name}'")
    stored = sum(size for size, _ in running.objects(name).values()) / 1e6
    shutil.rmtree(folder)
    return Grown(
        programmes, rounds, workers, seconds, statistics.mean(n[0] for n in nights), sum(n[1] for n in nights), max(n[2] for n in nights),
        running.requests().total() - before, int(str(transactions)), stored,
    )  # fmt: skip


def _work(waiting: Waiting, environment: dict[str, str], home: Path) -> list[tuple[float, float, float]]:
    """Do nights until none waits; of each the seconds, those of the processor, and the MB."""
    done = []
    while found := _next(waiting):
        programme, (night, *later) = found
        own = {"NPLV_PROGRAMME": programme, "NPLV_HOME": str(home), "NPLV_DEMO_NIGHT": str(night)}
        begin = time.perf_counter()
        process = subprocess.Popen([*NPLV, "run"], env=environment | own, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        told = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"the night of {programme} ended with status {process.returncode}: {told.decode()[-500:]}")
        done.append((time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
        if later:
            waiting.put((programme, later))
    return done


def main() -> None:
    """Measure all, and print the table as it grows."""
    call = argparse.ArgumentParser(description=__doc__)
    call.add_argument("--programmes", type=int, nargs="+", default=[1, 4, 16])
    call.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    call.add_argument("--rounds", type=int, choices=range(1, len(_ROUNDS) + 1), default=1)
    call.add_argument("--size", choices=SIZES, default="tiny")
    asked = call.parse_args()
    print(_row(HEAD), _row("---" for _ in HEAD), sep="\n")
    with engines() as running, tempfile.TemporaryDirectory() as folder:
        for programmes in asked.programmes:
            for workers in (w for w in asked.workers if w <= programmes):
                print(_row(grow(running, programmes, asked.rounds, workers, asked.size, Path(folder) / "grown").row), flush=True)


def _next(waiting: Waiting) -> tuple[str, list[int]] | None:
    """The programme that has waited longest, with the nights that it has to do; None when none waits."""
    try:
        return waiting.get_nowait()
    except Empty:
        return None


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
