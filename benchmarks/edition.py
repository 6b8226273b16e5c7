"""How long an edition takes: making all its files, and making it again from the archive to compare; whole processes on the small demo country.

    .venv/bin/python benchmarks/edition.py [--rounds N]

Each figure is the median of the rounds, with its lowest and highest. The bounds are those that the project sets itself for two cores.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from processes import MEMORY, NPLV, Task, measure, table


def main() -> None:
    """Measure, and print a table."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rounds", type=int, default=3)
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        environment = os.environ | {"NPLV_HOME": str(home), "NPLV_DEMO_SIZE": "small"}
        subprocess.run([*NPLV, "run"], env=environment, check=True, capture_output=True)
        (folder,) = home.glob("editions/*/r1")
        year = folder.parent.name
        tasks = [
            Task("a whole edition", [*NPLV, "edition", year], 10, MEMORY, partial(shutil.rmtree, folder)),
            Task("an edition with nothing changed", [*NPLV, "edition", year], None, MEMORY),
            Task("verifying an edition, made again from the archive", [*NPLV, "verify", str(folder)], 60, MEMORY),
        ]
        for _ in range(given.rounds):
            for task in tasks:
                measure(task, environment)
    print(table(tasks))


if __name__ == "__main__":
    main()
