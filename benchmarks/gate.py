"""How long the checks, the gate's decision and a publication take on a country of national size.

    .venv/bin/python -m benchmarks.gate [--rounds N] [--home HOME]

Each round judges everything anew in a process of its own, as the first night does; the time of the checks includes the imports that they need.
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
from pathlib import Path

from benchmarks.processes import NPLV

BOUNDS = {"all checks of all marts": 15.0, "the gate's decision": 1.0, "publication": 5.0}


def measure(home: Path) -> dict[str, float]:
    """Seconds of each, on the warehouse of a home that was published already; its publication is thrown away and made again."""
    from assets.publication import decide
    from nplv_orchestration import expectations, lateness, measures, publication, transform
    from nplv_orchestration.manifest import load_manifest
    from nplv_orchestration.monitor import open_monitor
    from nplv_orchestration.settings import Settings

    manifest = load_manifest()
    took = {}
    with open_monitor(Settings(home=home), "a benchmark") as monitor:
        begin = time.perf_counter()
        transform.run_tests([check.name for check in manifest.checks], monitor.settings, monitor.home.dbt)
        marts = [(i, manifest.marts[i.indicator_id].relation) for i in manifest.indicators]
        with monitor.warehouse() as connection:
            frames = [(i, relation, "", measures.rows_of(connection, relation)) for i, relation in marts]
            lateness.judge(connection, [(i, relation, "") for i, relation in marts], monitor.today)
        expectations.judge(frames, {}, monitor.home.data_docs)
        took["all checks of all marts"] = time.perf_counter() - begin
        begin = time.perf_counter()
        decisions = decide(monitor, manifest).decisions
        took["the gate's decision"] = time.perf_counter() - begin
        shutil.rmtree(monitor.home.published)
        with monitor.warehouse() as connection:
            begin = time.perf_counter()
            publication.publish(
                connection, manifest, decisions, monitor.configuration, monitor.home, monitor.mode, monitor.today, monitor.settings.keep_versions
            )
            took["publication"] = time.perf_counter() - begin
    return took


def main() -> None:
    """Measure, and print a table."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--home", type=Path, help="a home of the national country; default one that is made for it")
    words.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.once:
        print(json.dumps(measure(given.home)))
        return
    folder = Path(tempfile.mkdtemp())
    home = folder / "home"
    try:
        if given.home:
            shutil.copytree(given.home, home, symlinks=True)
        else:
            subprocess.run([*NPLV, "run"], env=os.environ | {"NPLV_HOME": str(home), "NPLV_DEMO_SIZE": "national"}, check=True, capture_output=True)
        rounds = []
        for _ in range(given.rounds):
            ended = subprocess.run(
                [sys.executable, "-m", "benchmarks.gate", "--once", "--home", str(home)], check=True, capture_output=True, text=True
            )
            rounds.append(json.loads(ended.stdout.splitlines()[-1]))
        print("| what | seconds: median (lowest to highest) | bound |\n|---|---|---|")
        for name, bound in BOUNDS.items():
            took = [one[name] for one in rounds]
            print(f"| {name} | {statistics.median(took):.2f} ({min(took):.2f} to {max(took):.2f}) | {bound:g} |")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
