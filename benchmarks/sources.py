"""How the sources are pulled: beside the client that analysts use, at real sizes, and as the tables grow. Whole processes.

    .venv/bin/python -m benchmarks.sources [--opendata FOLDER] [--rounds N] [--only PART ...]
        [--pages N] [--records N] [--addresses N] [--years N ...] [--growth-pages N]

The ways that are held against each other go in turns, against one server, and must find the same rows with the same total. Figures are
medians of the rounds. The table of any size is served by `bigtable.py`, what is measured is in `pull.py`, the deliveries are made by
`labels.py`. A quick run: --rounds 1 --pages 2 --records 100000 --addresses 200000 --years 1 2 --growth-pages 2.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.bigtable import LAST_YEAR
from benchmarks.chart import draw

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("real", "large", "labels", "night", "growth")
OURS, THEIRS = "this project", "cbsodata"
Stats = dict[str, int]


@dataclass
class Way:
    """A way to do something, and what each round of it took: seconds on the clock, of them without imports, of processors, MB, and on the line."""

    name: str
    clock: list[float] = field(default_factory=list)
    inside: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    sent: list[Stats] = field(default_factory=list)

    def run(self, *words: str, url: str = "") -> None:
        """Run `pull.py` once more. Its memory is its own: this process stays small, because a child is counted from where its parent was."""
        before = stats(url) if url else {}
        begin = time.perf_counter()
        process = subprocess.Popen([sys.executable, "-m", "benchmarks.pull", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        text = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(words)} ended with status {process.returncode}")
        self.clock.append(time.perf_counter() - begin)
        told = json.loads(text)
        self.inside.append(told.pop("seconds"))
        self.processor.append(used.ru_utime + used.ru_stime)
        self.memory.append(used.ru_maxrss / 1024)
        self.told.append(told)
        if url:
            after = stats(url)
            self.sent.append({name: after[name] - before[name] for name in after})

    def row(self) -> str:
        """A row of the table."""
        spread = f"{statistics.median(self.clock):.1f} ({min(self.clock):.1f} to {max(self.clock):.1f})"
        line = f"{statistics.median(s['bytes'] for s in self.sent) / 1e6:.1f} | {self.sent[-1]['requests']}" if self.sent else " | "
        return f"| {self.name} | {spread} | {statistics.median(self.inside):.1f} | {statistics.median(self.processor):.1f} | {max(self.memory):.0f} | {line} |"


HEAD = (
    "| what | seconds: median (lowest to highest) | without imports | of processors | most memory, MB | MB on the line | requests |\n"
    "|---|---|---|---|---|---|---|"
)


def stats(url: str) -> Stats:
    """What a server has sent so far."""
    base = re.sub(r"(:\d+)/.*", r"\1", url)
    with urllib.request.urlopen(f"{base}/stats") as answer:
        told = json.load(answer)
    requests = sum(n for name, n in told.items() if name.startswith("requests /") and name != "requests /stats")
    return {"bytes": told.get("bytes", 0), "requests": requests}


@contextmanager
def serving(*command: str) -> Iterator[str]:
    """The address of a server that tells it on its first line."""
    server = subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    try:
        yield json.loads(server.stdout.readline())["url"]
    finally:
        server.kill()
        server.wait()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for as long as it is needed."""
    folder = Path(tempfile.mkdtemp())
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def side_by_side(url: str, rounds: int, first_year: int, warm: bool) -> tuple[Way, Way]:
    """47018NED in both ways, in turns. warm: ask all of it once before, unmeasured, so that the server has made its pages."""
    ours, theirs = Way(OURS), Way(THEIRS)
    if warm:
        for way in (Way(OURS), Way(THEIRS)):
            _both(way, url, first_year)
    for _ in range(rounds):
        for way in (ours, theirs):
            _both(way, url, first_year)
        if ours.told[-1] != theirs.told[-1]:
            raise SystemExit(f"the two ways found other figures: {ours.told[-1]} and {theirs.told[-1]}")
    return ours, theirs


def _both(way: Way, url: str, first_year: int) -> None:
    if way.name == THEIRS:
        way.run("theirs", url, url=url)
        return
    with scratch() as home:
        way.run("ours", url, str(home), str(first_year), url=url)


def told(title: str, ways: tuple[Way, ...]) -> str:
    """A table, with the ratio of the second way to the first where there are two."""
    lines = [f"{title}", "", HEAD, *(way.row() for way in ways)]
    if len(ways) == 2 and ways[1].name == THEIRS:
        ours, theirs = ways
        clock = statistics.median(t / o for o, t in zip(ours.clock, theirs.clock, strict=True))
        inside = statistics.median(t / o for o, t in zip(ours.inside, theirs.inside, strict=True))
        lines += [
            "",
            f"{THEIRS} takes {clock:.1f} times as long, and {inside:.1f} times without imports; its memory is {max(theirs.memory) / max(ours.memory):.1f} times as much.",
        ]
    return "\n".join(lines) + "\n"


def real(given: argparse.Namespace) -> str:
    """The crimes of the real figures, from a far server."""
    with serving(str(given.opendata / "server.py"), "--port", "0", "--delay", "0.3") as url:
        return told("The real 47018NED (44,511 rows), each answer after 0.3 s", side_by_side(url, given.rounds, 2018, warm=False))


def large(given: argparse.Namespace) -> str:
    """A table of millions of rows."""
    with serving("-m", "benchmarks.bigtable", "--pages", str(given.pages)) as url:
        ways = side_by_side(f"{url}/8", given.rounds, 2018, warm=True)
    return told(f"A table of {8 * given.pages * 10_000:,} rows", ways)


def labels(given: argparse.Namespace) -> str:
    """EP-Online at its real size."""
    way = Way("from the zip in the inbox to a count for each buurt")
    with scratch() as made:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.labels", str(made / "home"), str(given.records), str(given.addresses)], cwd=ROOT, check=True
        )
        size = sum(path.stat().st_size for path in (made / "home" / "inbox").iterdir())
        for _ in range(given.rounds):
            for taken in (made / "home" / "inbox" / "accepted").glob("*"):
                taken.rename(made / "home" / "inbox" / taken.name)
            for name in ("archive/eponline_labels", "warehouse"):
                shutil.rmtree(made / "home" / name, ignore_errors=True)
            way.run("labels", str(made / "home"))
    found, reading = way.told[-1], statistics.median(one["reading"] for one in way.told)
    return told(
        f"EP-Online: {given.records:,} records ({size / 1e6:.0f} MB packed), {given.addresses:,} addresses; bounds 60 s and 2048 MB", (way,)
    ) + (
        f"\nOf that {reading:.1f} s is reading into Parquet ({found['rows']:,} labels of dwellings); {found['dwellings']:,} dwellings with a valid label, "
        f"{found['labelled']:,} of them in {found['buurten']:,} buurten.\n"
    )


def night(given: argparse.Namespace) -> str:
    """The questions of a night in which nothing changed."""
    ways = Way("the real figures, each answer after 0.1 s"), Way("the small demo country, inside the process")
    with serving(str(given.opendata / "server.py"), "--port", "0", "--delay", "0.1") as url, scratch() as folder:
        for way, where in zip(ways, (url, "demo"), strict=True):
            home, at = str(folder / where[:4]), url if where == url else ""
            Way("a first night").run("night", where, home)
            for _ in range(given.rounds):
                way.run("night", where, home, url=at)
                found = way.told[-1]
                if found["requests"] != found["asked"] or found["states"].get("fresh"):
                    raise SystemExit(f"not a night with nothing changed, a question for each table: {found}")
    lines = [f"{way.name}: {way.told[-1]['requests']} requests for {way.told[-1]['asked']} tables, which ended {_states(way)}." for way in ways]
    return told("A night with nothing changed: asking and refreshing every table; bound 3 s", ways) + "\n" + "\n".join(lines) + "\n"


def _states(way: Way) -> str:
    return ", ".join(f"{name} {number}" for name, number in way.told[-1]["states"].items())


def growth(given: argparse.Namespace) -> str:
    """A table of more and more years."""
    drawn: dict[str, dict[str, list[tuple[float, float]]]] = {"seconds": {OURS: [], THEIRS: []}, "most memory, MB": {OURS: [], THEIRS: []}}
    lines = [f"| years | rows | {OURS}: seconds | MB | {THEIRS}: seconds | MB |", "|---|---|---|---|---|---|"]
    with serving("-m", "benchmarks.bigtable", "--pages", str(given.growth_pages)) as url:
        for years in given.years:
            ways = side_by_side(f"{url}/{years}", given.rounds, LAST_YEAR - years + 1, warm=True)
            for way in ways:
                drawn["seconds"][way.name].append((years, statistics.median(way.clock)))
                drawn["most memory, MB"][way.name].append((years, max(way.memory)))
            cells = [f"{statistics.median(way.clock):.1f} | {max(way.memory):.0f}" for way in ways]
            lines.append(f"| {years} | {years * given.growth_pages * 10_000:,} | {' | '.join(cells)} |")
    draw(given.chart, "years in the table", drawn)
    return "\n".join(["From one year to ten", "", *lines]) + "\n"


def main() -> None:
    """Measure, and print the tables."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--opendata", type=Path, default=ROOT.parent / "shared" / "opendata")
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    words.add_argument("--pages", type=int, default=63, help="pages of 10,000 rows in each of the eight years of the large table")
    words.add_argument("--records", type=int, default=5_500_000, help="records of EP-Online")
    words.add_argument("--addresses", type=int, default=9_000_000)
    words.add_argument("--years", type=int, nargs="+", default=[1, 2, 4, 6, 8, 10])
    words.add_argument("--growth-pages", type=int, default=21, help="pages of 10,000 rows in each year of the table that grows")
    words.add_argument("--chart", type=Path, default=ROOT / "benchmarks" / "growth.svg")
    given = words.parse_args()
    for part in (real, large, labels, night, growth):
        if part.__name__ in given.only:
            print(part(given), flush=True)


if __name__ == "__main__":
    main()
