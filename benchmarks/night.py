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
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NPLV = [sys.executable, "-m", "nplv_orchestration.cli"]


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Run a command; seconds on the clock, and the most memory it had in MB. Raises when it fails."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with status {process.returncode}")
    return time.perf_counter() - begin, used.ru_maxrss / 1024


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
    tasks = {
        "importing Dagster": ([sys.executable, "-c", "import dagster"], None),
        "loading the code location": ([sys.executable, "-c", "from nplv_orchestration.definitions import defs; defs.get_repository_def()"], 6),
        "a first night": (run, 60),
        "a night with nothing changed": (run, 15),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    asked: list[int] = []
    try:
        for _ in range(given.rounds):
            shutil.rmtree(folder / "home", ignore_errors=True)
            for name, (command, _) in tasks.items():
                before = requests(url)
                found[name].append(measure(command, environment))
                if name == "a night with nothing changed":
                    asked.append(requests(url) - before)
    finally:
        server.kill()
        shutil.rmtree(folder)
    print("| what | seconds: median (lowest to highest) | bound | most memory, MB | bound |\n|---|---|---|---|---|")
    for name, (_, bound) in tasks.items():
        seconds = [s for s, _ in found[name]]
        memory = max(m for _, m in found[name])
        print(
            f"| {name} | {statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f}) | {bound or ''} | {memory:.0f} "
            f"| {1536 if 'night' in name else ''} |"
        )
    print(f"\nRequests in a night with nothing changed: {statistics.median(asked):.0f}.")


if __name__ == "__main__":
    main()
