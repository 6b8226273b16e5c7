"""Twenty analysts at once, with notebooks that were left open: do they slow a night down, or stop it, and what do they wait for?

    .venv/bin/python -m benchmarks.analysts [--analysts N] [--pace SECONDS] [--rounds N]

The same night of the tiny demo country, with revised figures and new years, side by side in one run: alone, and while analysts ask the fifteen questions of
the documentation, each one every so many seconds, at random. A third of them have a notebook open since before the night, which keeps its connection, a third
open the version anew for each question, as `nplv query` does, and a third have a notebook open and ask nothing. Ends with status 1 when a night failed, or a
question did.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KEPT, ANEW, IDLE = "a notebook kept open", "opened anew", "a notebook left alone"
WAYS = (KEPT, ANEW, IDLE)


def questions() -> list[str]:
    """The queries of the documentation."""
    from nplv_orchestration.site.read import TEXTS

    return re.findall(r"^```sql\n(.*?)^```", (TEXTS / "vragen.md").read_text(encoding="utf-8"), re.S | re.M)


def analyse(way: str, home: Path, stop: Path, pace: float, seed: int) -> dict[str, Any]:
    """What one analyst does until the file `stop` is there; how long each answer took, in seconds, and what went wrong."""
    from nplv_orchestration import open_published
    from nplv_orchestration.asking import ask

    dice, asked = random.Random(seed), questions()
    notebook = open_published(home=home)
    notebook.sql("SELECT count(*) FROM indicator_values").fetchall()
    print("open", flush=True)
    waits: list[float] = []
    errors: list[str] = []
    while not stop.exists():
        time.sleep(min(1.0, pace))
        if way == IDLE or dice.random() > 1 / max(pace, 1):
            continue
        sql, begin = dice.choice(asked), time.perf_counter()
        try:
            if way == KEPT:
                notebook.sql(sql).fetchall()
            else:
                ask(home / "published" / "current" / "intern" / "nplv.duckdb", sql)
        except Exception as error:  # whatever it is, it is told
            errors.append(str(error).splitlines()[0])
        waits.append(time.perf_counter() - begin)
    return {"way": way, "waits": waits, "errors": errors}


@contextmanager
def analysts(count: int, home: Path, stop: Path, pace: float) -> Iterator[list[dict[str, Any]]]:
    """Let analysts ask, all of them with the version open before this goes on; at the end the list has what each tells."""
    told: list[dict[str, Any]] = []
    command = [sys.executable, "-m", "benchmarks.analysts", "--analyst"]
    processes = [
        subprocess.Popen([*command, WAYS[n % 3], str(home), str(stop), str(pace), str(n)], stdout=subprocess.PIPE, text=True) for n in range(count)
    ]
    try:
        for process in processes:
            assert process.stdout and process.stdout.readline() == "open\n", "an analyst did not start"
        yield told
    finally:
        stop.touch()
        told += [json.loads(process.communicate()[0] or "{}") for process in processes]


def night(home: Path, which: int) -> float:
    """Run a night; how long it took, in seconds. Raises CalledProcessError when it failed."""
    environment = os.environ | {"NPLV_HOME": str(home), "NPLV_DEMO_SIZE": "tiny", "NPLV_DEMO_NIGHT": str(which)}
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-m", "nplv_orchestration.cli", "run"], env=environment, check=True, capture_output=True)
    return time.perf_counter() - begin


def measure(folder: Path, count: int, pace: float, rounds: int) -> tuple[list[float], list[float], list[dict[str, Any]]]:
    """The times of the night alone, and with analysts, one after the other in each round; and what these tell."""
    night(folder / "home", 0)
    alone, beside = [], []
    told: list[dict[str, Any]] = []
    for n in range(rounds):
        quiet, busy = (Path(shutil.copytree(folder / "home", folder / f"{name}{n}", symlinks=True)) for name in ("quiet", "busy"))
        alone.append(night(quiet, 20))
        with analysts(count, busy, folder / f"stop{n}", pace) as more:
            beside.append(night(busy, 20))
        told += more
    return alone, beside, told


def table(told: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What each kind of analyst met, as a table."""
    yield "| analysts | questions | errors | median answer, s | longest, s |\n|---|---|---|---|---|"
    for way in WAYS:
        of = [one for one in told if one["way"] == way]
        waits = [wait for one in of for wait in one["waits"]]
        times = f"{statistics.median(waits):.2f} | {max(waits):.2f}" if waits else "- | -"
        yield f"| {len(of)}: {way} | {len(waits)} | {sum(len(one['errors']) for one in of)} | {times} |"


def main() -> None:
    """Measure, and print a table."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--analysts", type=int, default=20)
    words.add_argument("--pace", type=float, default=15.0, help="seconds from one question of an analyst to the next")
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--analyst", nargs=5, metavar=("WAY", "HOME", "STOP", "PACE", "SEED"), help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.analyst:
        way, home, stop, pace, seed = given.analyst
        print(json.dumps(analyse(way, Path(home), Path(stop), float(pace), int(seed))))
        return
    with tempfile.TemporaryDirectory() as name:
        alone, beside, told = measure(Path(name), given.analysts, given.pace, given.rounds)
    print("\n".join(table(told)))
    ratio = statistics.median(beside) / statistics.median(alone)
    print(
        f"\nThe night alone {statistics.median(alone):.1f} s, beside {given.analysts} analysts {statistics.median(beside):.1f} s: {ratio:.2f} times as long."
    )
    found = [error for one in told for error in one["errors"]]
    print("\n".join(found), file=sys.stderr)
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
