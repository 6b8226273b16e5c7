"""How long the demo country takes: whole processes, without any network.

    .venv/bin/python benchmarks/demo.py [--rounds N]

Each figure is the median of the rounds, with its lowest and highest. The bounds are those that the project sets itself for two cores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from functools import partial
from pathlib import Path

from processes import MEMORY, NPLV, Task, measure, table


def main() -> None:
    """Measure, and print a table."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rounds", type=int, default=3)
    given = words.parse_args()
    folder = Path(tempfile.mkdtemp())
    away = partial(shutil.rmtree, folder, ignore_errors=True)
    run = [*NPLV, "run"]
    written = folder / "land"
    tasks = {
        "tiny": [
            Task("a first night on the tiny country", run, 25, MEMORY, away),
            Task("the same, its history in Dagster's own storage", run, None, MEMORY, partial(_dagsters_own_storage, folder)),
        ],
        "small": [Task("a first night on the small country", run, 60, MEMORY, away), Task("the same with nothing changed", run, 15, MEMORY)],
        "national": [Task("the national country as files", [*NPLV, "demo", "--size", "national", "--out", str(written)], 60, None, away)],
    }
    try:
        for _ in range(given.rounds):
            for size, of_size in tasks.items():
                environment = os.environ | {"NPLV_HOME": str(folder / "home"), "NPLV_DEMO_SIZE": size}
                for task in of_size:
                    measure(task, environment)
    finally:
        away()
    print(table([task for of_size in tasks.values() for task in of_size]))


def _dagsters_own_storage(folder: Path) -> None:
    """A new home whose `dagster.yaml` is somebody's own, so that it stays as it is."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "home" / "dagster").mkdir(parents=True)
    (folder / "home" / "dagster" / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")


if __name__ == "__main__":
    main()
