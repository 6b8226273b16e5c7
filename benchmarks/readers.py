"""Processes that query the current version without pause while versions are published: an error, a lock, an answer that mixes two versions?

    .venv/bin/python -m benchmarks.readers [--readers N] [--publications N]

The versions are those of the tiny demo country, written by the real `publish`, with the number of the version for each figure in them: an answer holds
one number, or it is mixed. Readers open the database anew for each question, keep it open as a notebook does, read Parquet, or do so with another DuckDB
1.x, which is fetched from the package index and runs in a process without this project. One more reads Parquet through the link itself, as one should
not: its answers may be mixed, and are told only. Ends with status 1 when any other answer was wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb  # and nothing of this project: a reader may be a process that has no more than this

OLDER, NEWER = "1.1.3", "1.5.6"  # the first that is there for each Python that is supported, and one after ours
ANEW, NOTEBOOK, PARQUET, LINK = "the database, opened anew", "the database, kept open", "Parquet", "Parquet through the link itself"
FIGURES = {"marts.indicator_values": "value", "marts.mart_inkomen": "value", "marts.indicator_trends": "latest_value"}
MARK = "provenance.build"
START = 60.0  # seconds in which a reader has its first answer


@dataclass
class Reader:
    """What a reader does, in words; client: the folder of another DuckDB, whose version is then part of the name."""

    way: str
    client: Path | None = None
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The way with the client."""
        return f"{self.way}, by DuckDB {self.told['duckdb']}"


# A reader ---------------------------------------------------------------------------------------------------------------


def question(tables: dict[str, str]) -> str:
    """One question on several tables: each number that figures have, how many figures there are, and each version that is named. tables: where each is."""
    figures = " UNION ALL ".join(f"SELECT {column} AS figure FROM {tables[name]}" for name, column in FIGURES.items())
    versions = f"(SELECT list(DISTINCT value) FROM {tables[MARK]} WHERE key = 'version')"
    return f"SELECT list(DISTINCT figure), count(figure), {versions} FROM ({figures})"


def ask(way: str, current: Path, kept: dict[Path, duckdb.DuckDBPyConnection]) -> Any:
    """Ask the question once. kept: the connections of a notebook."""
    if way in (PARQUET, LINK):
        folder = current.resolve() if way == PARQUET else current
        with duckdb.connect() as connection:
            return connection.execute(question({name: f"'{folder}/intern/parquet/{name}.parquet'" for name in (*FIGURES, MARK)})).fetchone()
    tables = {name: name for name in (*FIGURES, MARK)}
    if way == NOTEBOOK:
        if not kept:
            kept[current] = duckdb.connect(str(current.resolve() / "intern" / "nplv.duckdb"), read_only=True)
        return kept[current].execute(question(tables)).fetchone()
    with duckdb.connect(str(current / "intern" / "nplv.duckdb"), read_only=True) as connection:
        return connection.execute(question(tables)).fetchone()


def read(way: str, current: Path, stop: Path) -> dict[str, Any]:
    """Ask without pause until the file `stop` is there; what was answered. The first answer is told at once, in a line."""
    kept: dict[Path, duckdb.DuckDBPyConnection] = {}
    errors, mixed, answers, longest = Counter[str](), 0, Counter[tuple[str, float, int]](), 0.0
    while not stop.exists() or not answers:
        begin = time.perf_counter()
        try:
            numbers, figures, versions = ask(way, current, kept)
            if len(numbers) == len(versions) == 1:
                answers[versions[0], numbers[0], figures] += 1
            else:
                mixed += 1
        except duckdb.Error as error:
            errors[str(error).splitlines()[0]] += 1
        longest = max(longest, time.perf_counter() - begin)
        if answers.total() + mixed + errors.total() == 1:
            print("asked", flush=True)
    seen = [[*answer, times] for answer, times in answers.items()]
    return {"duckdb": duckdb.__version__, "seen": seen, "mixed": mixed, "errors": errors, "longest": longest}


# The readers and the writer ---------------------------------------------------------------------------------------------


def client(folder: Path, version: str) -> Path:
    """Another DuckDB in a folder of its own. Raises CalledProcessError when it cannot be fetched."""
    there = folder / f"duckdb-{version}"
    fetch = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-deps", "--target", str(there), f"duckdb=={version}"]
    subprocess.run(fetch, check=True, capture_output=True)
    return there


@contextmanager
def reading(readers: Sequence[Reader], current: Path, stop: Path) -> Iterator[None]:
    """Let readers ask, all of them before this goes on; at the end each has what it was told."""
    processes = []
    for reader in readers:
        environment = os.environ | ({"PYTHONPATH": str(reader.client)} if reader.client else {})
        command = [sys.executable, __file__, "--read", reader.way, str(current), str(stop)]
        processes.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
    try:
        for process in processes:
            assert process.stdout and process.stdout.readline() == "asked\n", "a reader did not start"
        yield
    finally:
        stop.touch()
        for reader, process in zip(readers, processes, strict=True):
            reader.told = json.loads(process.communicate()[0] or "{}")


def publish(home: Path, numbers: Iterable[int]) -> dict[str, tuple[float, int]]:
    """Publish versions of a home that has had a night, in each of which every figure is its number: that number and how many figures, by version."""
    from assets.publication import decide
    from nplv_orchestration import publication
    from nplv_orchestration.manifest import load_manifest
    from nplv_orchestration.monitor import open_monitor
    from nplv_orchestration.settings import Settings

    manifest = load_manifest()
    released = {"marts.indicator_trends": "publication.indicator_trends"}
    made: dict[str, tuple[float, int]] = {}
    with open_monitor(Settings(home=home), "the benchmark of readers") as monitor:
        decisions = decide(monitor, manifest).decisions
        for number in numbers:
            with monitor.warehouse() as connection:
                figures = 0
                for name, column in FIGURES.items():
                    done = connection.execute(f"UPDATE {released.get(name, name.replace('marts.', 'release.'))} SET {column} = {number}").fetchone()
                    figures += done[0] if done else 0
                published = publication.publish(
                    connection, manifest, decisions, monitor.configuration, monitor.home, monitor.mode, monitor.today, monitor.settings.keep_versions
                )
                made[published.version] = float(number), figures
    return made


def wrong(reader: Reader, made: dict[str, tuple[float, int]]) -> list[str]:
    """What a reader should not have been told, a line each."""
    found = [f"{times} times {error}" for error, times in reader.told["errors"].items()]
    found += [f"{reader.told['mixed']} answers of more than one version"] * bool(reader.told["mixed"])
    found += [
        f"{times} times {figures} figures {number} of {version}"
        for version, number, figures, times in reader.told["seen"]
        if made[version] != (number, figures)
    ]
    return found + ["a notebook that moved to another version"] * (reader.way == NOTEBOOK and len(reader.told["seen"]) > 1)


def main() -> None:
    """Publish and read, and print a table."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--readers", type=int, default=20)
    words.add_argument("--publications", type=int, default=30)
    words.add_argument("--read", nargs=3, metavar=("WAY", "CURRENT", "STOP"), help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.read:
        way, current, stop = given.read
        print(json.dumps(read(way, Path(current), Path(stop))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder, home = Path(name), Path(name) / "home"
        environment = os.environ | {"NPLV_HOME": str(home), "NPLV_DEMO_SIZE": "tiny"}
        subprocess.run([sys.executable, "-m", "nplv_orchestration.cli", "run"], env=environment, check=True, capture_output=True)
        made = publish(home, [1])
        older, newer = client(folder, OLDER), client(folder, NEWER)
        ways = [Reader(ANEW), Reader(NOTEBOOK), Reader(PARQUET), Reader(ANEW, older), Reader(ANEW, newer)]
        readers = [Reader(ways[n % len(ways)].way, ways[n % len(ways)].client) for n in range(given.readers)]
        careless = Reader(LINK)
        begin = time.perf_counter()
        with reading([*readers, careless], home / "published" / "current", folder / "stop"):
            made |= publish(home, range(2, given.publications + 2))
        took = time.perf_counter() - begin
    print("| readers | questions | errors | mixed answers | versions seen | longest wait, s |\n|---|---|---|---|---|---|")
    for name in dict.fromkeys(reader.name for reader in [*readers, careless]):
        told = [reader.told for reader in [*readers, careless] if reader.name == name]
        errors, mixed = sum(sum(t["errors"].values()) for t in told), sum(t["mixed"] for t in told)
        questions = errors + mixed + sum(times for t in told for *_, times in t["seen"])
        versions = len({version for t in told for version, *_ in t["seen"]})
        print(f"| {len(told)}: {name} | {questions:,} | {errors} | {mixed} | {versions} | {max(t['longest'] for t in told):.2f} |")
    print(f"\n{given.publications} publications in {took:.0f} s, while {given.readers} readers asked.")
    found = [f"{reader.name}: {line}" for reader in readers for line in wrong(reader, made)]
    print("\n".join(found), file=sys.stderr)
    raise SystemExit(bool(found))


if __name__ == "__main__":
    main()
