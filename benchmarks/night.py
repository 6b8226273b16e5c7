"""How long a night takes, and how much memory: whole processes, against the real figures served on this machine.

    .venv/bin/python benchmarks/night.py [--opendata FOLDER] [--rounds N]

Each figure is the median of the rounds, with its lowest and highest. The bounds are those that the project sets itself
for two cores. Importing Dagster alone stands beside loading the code location, so that a slow machine is seen as such.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from processes import MEMORY, NPLV, Task, measure, table

ROOT = Path(__file__).resolve().parents[1]


def requests(url: str) -> int:
    """How many requests the server has had, this one not counted."""
    with urllib.request.urlopen(f"{url}/stats") as answer:
        stats = json.load(answer)
    return sum(n for name, n in stats.items() if name.startswith("requests /") and name != "requests /stats")


def main() -> None:
    """Measure, and print a table."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--opendata", type=Path, default=ROOT.parent / "shared" / "opendata")
    words.add_argument("--rounds", type=int, default=3)
    given = words.parse_args()
    server = subprocess.Popen([sys.executable, str(given.opendata / "server.py"), "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    url = json.loads(server.stdout.readline())["url"]
    folder = Path(tempfile.mkdtemp())
    environment = os.environ | {
        "NPLV_HOME": str(folder / "home"), "NPLV_SOURCES": "live", "NPLV_CBS_URL": f"{url}/odata/v1/CBS",
        "NPLV_CBS_DOWNLOAD_URL": f"{url}/download", "NPLV_DATADERDEN_URL": f"{url}/dataderden", "NPLV_LEEFBAAROMETER_URL": f"{url}/leefbaarometer",
    }  # fmt: skip
    run = [*NPLV, "run", "--edition", "2024"]
    loading = "from nplv_orchestration.definitions import defs; defs.get_repository_def()"
    unchanged = Task("a night with nothing changed", run, 15, MEMORY)
    tasks = [
        Task("importing Dagster", [sys.executable, "-c", "import dagster"]),
        Task("loading the code location", [sys.executable, "-c", loading], 6),
        Task("a first night", run, 60, MEMORY, lambda: shutil.rmtree(folder / "home", ignore_errors=True)),
        unchanged,
    ]
    asked: list[int] = []
    try:
        for _ in range(given.rounds):
            for task in tasks:
                before = requests(url)
                measure(task, environment)
                if task is unchanged:
                    asked.append(requests(url) - before)
    finally:
        server.kill()
        shutil.rmtree(folder)
    print(f"{table(tasks)}\n\nRequests in a night with nothing changed: {statistics.median(asked):.0f}.")


if __name__ == "__main__":
    main()
