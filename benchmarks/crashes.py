"""Kill -9 in runs that would publish new figures: at random moments, and at each write from the gate on.

    .venv/bin/python -m benchmarks.crashes [--random N] [--writes all|kinds|N] [--earlier N] [--seed N] [--jobs N]

Every kill has a copy of a home of its own: of the tiny demo country after its first night, or, for the writes from the gate on, of one in which the
sources, models and checks of a later night are done. After the kill what people read must be whole, and be that of before or that of after; then the
same command is run again at once, and must make what a night that nobody killed made. What a write is, and what must hold, is in `tests/killing.py`.
Ends with status 1 when anything else was found; each such kill is named.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.processes import NPLV
from tests.killing import Write, content, damage, left_overs

NIGHT = 20  # publishers have new figures of four tables, and deliveries and a correction change
GATE = "publication.release"
KEPT = ["--kept", "1"]  # so that the removal of an old version is met
REMOVALS = 12  # of the files in a folder that is nobody's any more, one by one; these stand for all
COLUMNS = "| killed | kills | told the old figures | told the new | the same after a rerun | failures |\n|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Kill:
    """Where a run is killed: after seconds, or at a write."""

    where: str
    start: Path
    seconds: float = 0.0
    write: Write | None = None
    moment: str = ""

    @property
    def label(self) -> str:
        """The kill in a line."""
        return f"{self.moment} {self.write.by}: {self.write.what}" if self.write else f"after {self.seconds:.2f} s"


@dataclass(frozen=True)
class Ended:
    """What a kill left. told: old or new figures, or neither; same: whether the rerun made the same as a night without the kill."""

    kill: Kill
    told: str
    same: bool
    wrong: list[str]


class Crashes:
    """A folder with the homes that kills start from, and what must be told before and after."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.first, self.judged, later = folder / "first", folder / "judged", folder / "later"
        self.run(self.first, night=0)
        shutil.copytree(self.first, later, symlinks=True)
        begin = time.perf_counter()
        self.run(later)
        self.length = time.perf_counter() - begin
        self.old, self.new = content(self.first), content(later)
        self.earlier = self.writes(self.first)
        gate = next(write for write in self.earlier if write.by == GATE)
        self.earlier = self.earlier[: self.earlier.index(gate)]
        shutil.copytree(self.first, self.judged, symlinks=True)
        self.killed(self.judged, Kill("", self.first, write=gate, moment="before"))
        found = self.writes(self.judged, *KEPT)
        self.later = found[[write.by for write in found].index(GATE) :]

    def environment(self, home: Path, night: int = NIGHT) -> dict[str, str]:
        """The settings of a night."""
        return os.environ | {"NPLV_HOME": str(home), "NPLV_DEMO_SIZE": "tiny", "NPLV_DEMO_NIGHT": str(night)}

    def run(self, home: Path, night: int = NIGHT) -> str:
        """A night; gives what it complained of, nothing when it ended well."""
        ended = subprocess.run([*NPLV, "run"], env=self.environment(home, night), capture_output=True, text=True, check=False)
        return (ended.stderr.splitlines() or ["no line"])[-1] if ended.returncode else ""

    def writes(self, start: Path, *more: str) -> list[Write]:
        """Every write of a night that begins in a home."""
        home, log = self.folder / "watched", self.folder / "watched.log"
        shutil.copytree(start, home, symlinks=True)
        subprocess.run([sys.executable, "-m", "tests.killing", str(log), *more, "run"], env=self.environment(home), check=True, capture_output=True)
        shutil.rmtree(home)
        return Write.read(log)

    def killed(self, home: Path, kill: Kill) -> bool:
        """Start a night and kill it; whether it was."""
        command = [*NPLV, "run"]
        if kill.write:
            at = ["--at", str(kill.write.number), "--moment", kill.moment, "--seconds", str(kill.write.seconds)]
            kept = KEPT if kill.start == self.judged else []
            command = [sys.executable, "-m", "tests.killing", str(home.with_suffix(".log")), *at, *kept, "run"]
        run = subprocess.Popen(command, env=self.environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not kill.write:
            with suppress(subprocess.TimeoutExpired):
                run.wait(kill.seconds)
            run.kill()
        return run.wait() == -signal.SIGKILL

    def try_it(self, numbered: tuple[int, Kill]) -> Ended:
        """Kill a night in a home of its own, look, run it again, and look again."""
        number, kill = numbered
        home = self.folder / f"home-{number}"
        shutil.copytree(kill.start, home, symlinks=True)
        while not self.killed(home, kill):  # it was quicker than the night that was measured
            if kill.write:
                return Ended(kill, "neither", False, ["was not killed"])
            kill = replace(kill, seconds=0.9 * kill.seconds)
            shutil.rmtree(home)
            shutil.copytree(kill.start, home, symlinks=True)
        wrong = [f"after the kill: {line}" for line in damage(home)]
        found = {name: told for name, told in content(home).items() if not name.startswith("editions")}  # an edition comes after its version
        told = "old" if found.items() <= self.old.items() else "new" if found.items() <= self.new.items() else "neither"
        wrong += ["after the kill: figures that are neither the old nor the new ones"] * (told == "neither")
        complaint = self.run(home)
        wrong += [f"the rerun: {complaint}"] * bool(complaint)
        found = content(home)
        wrong += [f"after the rerun: {name} is not the same" for name in sorted(found.keys() | self.new) if found.get(name) != self.new.get(name)]
        wrong += [f"after the rerun: {line}" for line in [*damage(home), *left_overs(home)]]
        shutil.rmtree(home)
        home.with_suffix(".log").unlink(missing_ok=True)
        return Ended(kill, told, found == self.new, wrong)


def at_each(writes: Iterable[Write], start: Path, where: str = "") -> Iterator[Kill]:
    """Before each write and, where it has one, in its middle; after a write is before the next one."""
    for write in writes:
        for moment in ("before", "middle") if write.has_middle else ("before",):
            yield Kill(where or write.by, start, write=write, moment=moment)


def kinds(found: list[Write]) -> list[Write]:
    """Of writes that differ in nothing but which table, mart or block of a file they are of, the first and the last."""
    by_kind: dict[str, list[Write]] = {}
    for write in found:
        words = re.sub(r"\b(marts|areas|quality|provenance|release)\.\w+", r"\1.TABLE", re.sub(r"[0-9a-f]{12,}|\d+", "N", write.what))
        by_kind.setdefault(f"{write.by} {' '.join(words.split()[:3])} {'openbaar' in words}", []).append(write)
    return sorted({write.number: write for same in by_kind.values() for write in (same[0], same[-1])}.values(), key=lambda write: write.number)


def spread(found: list[Write], number: int) -> list[Write]:
    """A number of writes, spread over all."""
    return found if number >= len(found) else [found[(2 * n + 1) * len(found) // (2 * number)] for n in range(number)]


def main() -> None:
    """Kill, look, run again, look again, and print a table."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--random", type=int, default=60, help="kills at random moments, spread over the whole run")
    words.add_argument(
        "--writes", default="all", help="which of the writes from the gate on, each before it and in its middle: all, two of each kind, or how many"
    )
    words.add_argument("--earlier", type=int, default=20, help="how many of the writes before the gate")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--jobs", type=int, default=1, help="kills side by side")
    given = words.parse_args()
    begin, chance = time.perf_counter(), random.Random(given.seed)
    with tempfile.TemporaryDirectory() as name:
        crashes = Crashes(Path(name).resolve())
        removals = [write for write in crashes.later if write.what.startswith("unlink ")]
        each = [write for write in crashes.later if write not in removals] + spread(removals, REMOVALS)
        each.sort(key=lambda write: write.number)
        chosen = kinds(each) if given.writes == "kinds" else spread(each, len(each) if given.writes == "all" else int(given.writes))
        kills = [Kill("at a random moment", crashes.first, crashes.length * (n + chance.random()) / given.random) for n in range(given.random)]
        kills += at_each(spread(crashes.earlier, given.earlier), crashes.first, "at a write before the gate")
        kills += at_each(chosen, crashes.judged)
        if chosen:
            kills.append(Kill(chosen[-1].by, crashes.judged, write=chosen[-1], moment="after"))
        with ThreadPoolExecutor(given.jobs) as pool:
            ended = []
            for number, one in enumerate(pool.map(crashes.try_it, enumerate(kills)), 1):
                ended.append(one)
                for line in one.wrong or [f"told the {one.told} figures"]:
                    print(f"{number} of {len(kills)}, {one.kill.where}, {one.kill.label}: {line}", file=sys.stderr, flush=True)
    print(COLUMNS)
    for where in dict.fromkeys(one.kill.where for one in ended):
        here = [one for one in ended if one.kill.where == where]
        told = [sum(one.told == figures for one in here) for figures in ("old", "new")]
        print(
            f"| {where} | {len(here)} | {told[0]} | {told[1]} | {sum(one.same for one in here)} | {sum(bool(one.wrong) or not one.same for one in here)} |"
        )
    seen = f"{len(crashes.earlier)} writes before the gate, {len(crashes.later)} from there on"
    print(
        f"\n{len(kills)} kills in {(time.perf_counter() - begin) / 60:.0f} minutes, seed {given.seed}; a night took {crashes.length:.0f} s, with {seen}."
    )
    raise SystemExit(any(one.wrong or not one.same for one in ended))


if __name__ == "__main__":
    main()
