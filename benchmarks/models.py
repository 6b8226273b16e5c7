"""How long the models take on a country of national size, and the questions of an analyst on what was published of it.

    .venv/bin/python -m benchmarks.models [--rounds N]

Figures are invented; their number is that of the real country: 14,500 buurten, eight editions, all sources. The demo country has eight
addresses a place, so it is built once more with as many as the real one has, nine million in each edition.
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
from functools import partial
from pathlib import Path

import duckdb

from benchmarks.processes import NPLV, Task, measure, table

SECONDS, MB, MILLISECONDS = 60, 2048, 50
TIMES = 78  # as many addresses: nine million in each edition
QUESTIONS = {
    "the latest figure of each indicator": "SELECT indicator_id, arg_max(value, year) FROM marts.indicator_values WHERE geo_level = 'nplv' GROUP BY ALL",
    "one indicator of all areas over the years": "SELECT geo_name, year, value FROM marts.mart_inkomen WHERE geo_level = 'gebied' ORDER BY ALL",
    "all trends, with names": "SELECT c.name_nl, t.* FROM marts.indicator_trends AS t JOIN marts.indicators AS c USING (indicator_id)",
    "the gap of each area to the country": "SELECT a.indicator_id, a.geo_name, a.year, a.value - n.value FROM marts.indicator_values AS a "
    "JOIN marts.indicator_values AS n USING (indicator_id, series, year) WHERE a.geo_level = 'gebied' AND n.geo_level = 'nederland'",
    "ranks of the areas": "SELECT indicator_id, year, geo_name, rank() OVER (PARTITION BY indicator_id, year ORDER BY value) "
    "FROM marts.indicator_values WHERE geo_level = 'gebied'",
    "one figure taken apart": "SELECT * FROM marts.indicator_components WHERE indicator_id = 'lbm_zwak_aandeel' AND geo_level = 'nplv' AND year = 2024",
    "the country taken apart": "SELECT sum(numerator) / sum(denominator) FROM marts.indicator_components "
    "WHERE indicator_id = 'energielabel_efg' AND geo_level = 'nederland' AND year = 2024 AND counted",
    "where figures rest on split regions": "SELECT indicator_id, year, count(*) FROM marts.indicator_components WHERE region_quality <> 'exact' GROUP BY ALL",
    "what was checked": "SELECT mart, outcome, count(*) FROM quality.check_results GROUP BY ALL",
}


def more_addresses(home: Path, there: Path) -> None:
    """A copy of the archive of a home with as many addresses as the real country has."""
    shutil.copytree(home / "archive", there / "archive")
    for folder in (there / "archive").glob("cbs_addresses_*"):
        last = sorted(folder.glob("0*.json"))[-1]
        told = json.loads(last.read_text(encoding="utf-8"))
        rows = f"SELECT postcode, ((house_number - 1) * {TIMES} + h)::INTEGER AS house_number, region_code FROM '{folder}/{told['sha256']}.parquet', range(1, {TIMES + 1}) AS t (h)"
        duckdb.sql(f"COPY ({rows}) TO '{folder}/many.parquet' (FORMAT parquet, COMPRESSION zstd)")
        last.write_text(json.dumps(told | {"sha256": "many", "rows": told["rows"] * TIMES}), encoding="utf-8")


def main() -> None:
    """Measure, and print two tables."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--rounds", type=int, default=3)
    given = words.parse_args()
    folder = Path(tempfile.mkdtemp())
    home, many, built = folder / "home", folder / "many", folder / "built"

    def build(name: str, source: Path) -> Task:
        again = partial(shutil.rmtree, built, ignore_errors=True)
        return Task(name, [sys.executable, "-m", "benchmarks.build", str(source), str(built)], SECONDS, MB, lambda: (again(), built.mkdir()))

    try:
        subprocess.run([*NPLV, "run"], env=os.environ | {"NPLV_HOME": str(home), "NPLV_DEMO_SIZE": "national"}, check=True, capture_output=True)
        more_addresses(home, many)
        tasks = [build("all models, eight addresses a place", home), build("all models, nine million addresses an edition", many)]
        for _ in range(given.rounds):
            for task in tasks:
                measure(task, dict(os.environ))
        print(f"{table(tasks)}\n\n| question | milliseconds: median (lowest to highest) | bound | rows |\n|---|---|---|---|")
        with duckdb.connect(str((home / "published" / "current").resolve() / "intern" / "nplv.duckdb"), read_only=True) as connection:
            for question, query in QUESTIONS.items():
                took = []
                for _ in range(20):
                    begin = time.perf_counter()
                    rows = connection.execute(query).fetchall()
                    took.append(1000 * (time.perf_counter() - begin))
                print(f"| {question} | {statistics.median(took):.1f} ({min(took):.1f} to {max(took):.1f}) | {MILLISECONDS} | {len(rows):,} |")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
