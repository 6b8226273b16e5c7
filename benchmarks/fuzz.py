"""Many spoilt answers through the readers: how each ended, and how long the slowest took.

    .venv/bin/python -m benchmarks.fuzz [--mutations N] [--seed N] [--only NAME ...] [--keep FOLDER]

The mutations, and the oracle that says what each must mean, are in `tests/mutations.py`. Ends with status 1 when a reader crashed, took
too long, or let something else through than stands there; each such case is named, and written to the folder when one is given.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.mutations import Defect, captures, judge, spoil

OUTCOMES = ("the same", "untouched", "refused", "unreachable", "not found", "defect")


def main() -> None:
    """Spoil, read, judge, and print a table."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--mutations", type=int, default=24_000)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--only", nargs="+", help="the beginnings of the names of captures")
    words.add_argument("--keep", type=Path, help="a folder for the cases that are defects")
    given = words.parse_args()
    chosen = [c for c in captures() if not given.only or c.name.startswith(tuple(given.only))]
    begin, said = time.perf_counter(), Counter[str]()
    print(f"| capture | {' | '.join(OUTCOMES)} | seconds | slowest, ms |\n|---|{'---|' * (len(OUTCOMES) + 2)}")
    with tempfile.TemporaryDirectory() as folder:
        for capture in chosen:
            counts: Counter[str] = Counter()
            started, slowest = time.perf_counter(), 0.0
            for number in range(given.mutations // len(chosen)):
                spoilt = spoil(capture, random.Random(f"{given.seed} {capture.name} {number}"))
                try:
                    outcome, seconds = judge(capture, spoilt, Path(folder))
                    slowest = max(slowest, seconds)
                except Defect as defect:
                    outcome = "defect"
                    said[f"{capture.name}: {str(defect)[:160]}"] += 1
                    if given.keep:
                        given.keep.mkdir(exist_ok=True)
                        (given.keep / f"{capture.name} {number}".replace(" ", "_")).write_bytes(spoilt.content)
                counts[outcome] += 1
            cells = " | ".join(str(counts[outcome]) for outcome in OUTCOMES)
            print(f"| {capture.name} | {cells} | {time.perf_counter() - started:.1f} | {1000 * slowest:.0f} |", flush=True)
    print(f"\n{given.mutations // len(chosen) * len(chosen)} mutations in {time.perf_counter() - begin:.0f} s, seed {given.seed}.")
    for what, number in said.most_common(40):
        print(f"- {number} times {what}")
    raise SystemExit(1 if said else 0)


if __name__ == "__main__":
    main()
