"""Errors in the figures of the demo country's sources: how many the checks stop, list and miss; and how often they give a false alarm.

    .venv/bin/python -m benchmarks.seeded_errors [--ways N] [--only PATTERN] [--seeds N] [--processes N]

The ways in which a source goes wrong are in `tests/corrupted.py`. Each is one night on a copy of a clean home, and its outcome is held against that of the
same night without the error: stopped when the run failed, the source was refused, or every mart that it would have changed was held; listed when
other figures were published and a check failed that else passes; else missed. Material is a total that moved by more than its indicator's smallest
relevant change. Clean seeds are other demo countries, in which nothing is wrong and no check should fail. Ends with status 1 when a bound is not met.
"""

from __future__ import annotations

import argparse
import gc
import random
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal, TypeVar

import dagster as dg
import httpx
import pandas as pd

from nplv_orchestration import evidence
from nplv_orchestration.archive import Archive, TableState
from nplv_orchestration.build import NIGHTLY, build_definitions
from nplv_orchestration.demo.chance import seeded
from nplv_orchestration.demo.country import Country
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.demo.transport import DemoTransport
from nplv_orchestration.evidence import RAW_CHECKS, Evidence
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.registry import BY_KEY, REGISTRY
from nplv_orchestration.warehouse import connect
from tests.corrupted import NIGHTS, Way, tiny, ways

CAUGHT, ALARMS = 0.95, 0.02  # the bounds: of the ways, and of the outcomes of checks in clean countries
# which tables the clean country restates from which night on, and the checks that tell it: what they say is so
RESTATED = {"politie_misdrijven": 14, "rivm_gezondheid": 20, "leefbaarometer": 40}
RESTATEMENTS = ("herzien", "herziening", "herziening_gebied")
LATER = (5, 7, 10, 15, 20, 30, 40)  # the second night of a clean country, in turns
_SAME = 1e-9  # figures that differ by less are the same
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_KEY = ["indicator_id", "geo_level", "geo_code", "series", "year"]

Failing = dict[tuple[str, str], str]
"""What each failed check tells, by its table and its name."""
Ending = Literal["stopped", "listed", "missed", "no effect"]
Task = TypeVar("Task")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Outcome:
    """How a night ended. made: the figures before the gate; published: those that were let through or kept; checks: how many there were."""

    failed: str
    refused: frozenset[str]
    held: frozenset[str]
    made: pd.Series[float]
    published: pd.Series[float]
    failing: Failing
    checks: int


def run(home: Path, night: int, transport: httpx.BaseTransport) -> Outcome:
    """One night in a home of the tiny country, in this process."""
    definitions = build_definitions(Settings(home=home, demo_size="tiny", demo_night=night), transport=transport, wait=0)
    with dg.DagsterInstance.ephemeral() as instance:
        result = definitions.resolve_job_def(NIGHTLY).execute_in_process(instance=instance, raise_on_error=False, run_config=_QUIET)
    return ended(home, _failure(result))


def ended(home: Path, failed: str = "") -> Outcome:
    """How the last night of a home ended. failed: why it did, when it did."""
    archive, marts = Archive(home / "archive"), load_manifest().marts
    states = {table.key: state for table in REGISTRY if (state := archive.state(table.key))}
    failing = {(f"raw.{key}", one.check): _of_source(state) for key, state in states.items() for one in RAW_CHECKS if one.fails(state)}
    refused = frozenset(key for key, state in states.items() if state.state == "refused")
    version = home / "published" / "current" / "intern" / "nplv.duckdb"
    if not version.exists():
        none = pd.Series(dtype=float, index=pd.MultiIndex.from_arrays([[]] * len(_KEY), names=_KEY))
        return Outcome(failed, refused, frozenset(), none, none, failing, len(RAW_CHECKS) * len(states))
    with connect(Settings(home=home)) as connection:
        kept = evidence.read(connection).values()
        made = _figures(connection, " UNION ALL ".join(f"SELECT {', '.join(_KEY)}, value FROM {node.relation}" for node in marts.values()))
        connection.execute(f"ATTACH '{version}' AS version (READ_ONLY)")
        published = _figures(connection, f"SELECT {', '.join(_KEY)}, value FROM version.marts.indicator_values")
        held = connection.execute("SELECT DISTINCT mart FROM version.quality.check_results WHERE decision = 'vastgehouden'").fetchall()
    return Outcome(
        failed=failed,
        refused=refused,
        held=frozenset(indicator for indicator, node in marts.items() if (node.name,) in held),
        made=made,
        published=published,
        failing=failing | {(one.node, one.check): _words(one) for one in kept if one.outcome == "failed"},
        checks=len(RAW_CHECKS) * len(states) + len(kept),
    )


def _figures(connection: Any, query: str) -> pd.Series[float]:
    found: pd.Series[float] = connection.execute(query).df().set_index(_KEY)["value"]
    return found


def _of_source(state: TableState) -> str:
    """Why a table was refused or is old, else what its version moved."""
    moved = state.manifest.moved if state.manifest else []
    return (
        state.detail
        or state.reason
        or "; ".join(f"{one['year']} {one['part']}: {one['changed']} moved, by {one['largest']} at most" for one in moved)
    )


def _words(found: Evidence) -> str:
    """What a check found: the worst rows where it tells these, else how many rows were wrong."""
    told = found.details
    return f"{told['expected']}: {'; '.join(told['worst'])}" if "worst" in told else f"{told['rows']} rows"


def _failure(result: dg.ExecuteInProcessResult) -> str:
    """The words of the first error of a run, those of what lies behind it; empty when there is none."""
    for event in result.all_events:
        error = getattr(event.event_specific_data, "error", None)
        while error and error.cause:
            error = error.cause
        if error:
            return str(error.message).strip()[:300]
    return ""


@dataclass(frozen=True)
class Verdict:
    """How one way ended. by: what stopped or listed it.

    before, new: the largest move of a total that was published before and of one that was not, in smallest relevant changes; where: of which.
    vanished: totals that have no figure any more. silent: indicators of which a total moved by more than that, and no check on them failed.
    """

    way: str
    ending: Ending
    by: str
    seconds: float
    before: float = 0.0
    new: float = 0.0
    where: str = ""
    vanished: int = 0
    silent: tuple[str, ...] = ()

    @property
    def is_material(self) -> bool:
        """Whether a published total moved by more than its smallest relevant change."""
        return max(self.before, self.new) > 1


def judge(way: Way, clean: Outcome, found: Outcome, published_before: pd.Series[float], seconds: float = 0.0) -> Verdict:
    """How a night with an error ended, beside the same night without it. published_before: the figures that readers had until then."""
    if way.table in found.refused:
        return Verdict(way.name, "stopped", f"refused: {found.failing[f'raw.{way.table}', 'contract']}", seconds)
    changed = _differs(clean.made, found.made)
    if not changed.any():
        return Verdict(way.name, "no effect", found.failed, seconds)
    if found.failed:
        return Verdict(way.name, "stopped", found.failed, seconds)
    wrong = set(changed[changed].index.get_level_values("indicator_id"))
    fresh = sorted(set(found.failing) - set(clean.failing))
    named = ", ".join(f"{check} on {table.split('.')[-1]}" for table, check in fresh)
    if wrong <= found.held:
        return Verdict(way.name, "stopped", f"held: {named}", seconds)
    moves = _moves(clean.published, found.published, wrong - found.held)
    was = published_before.reindex(moves.index).notna()
    largest = moves.abs().sort_values().dropna()
    where = " ".join(map(str, largest.index[-1])) if len(largest) else ""
    return Verdict(
        way.name,
        "listed" if fresh else "missed",
        named,
        seconds,
        before=_largest(moves[was]),
        new=_largest(moves[~was]),
        where=where,
        vanished=int((found.published.reindex(moves.index).isna() & clean.published.reindex(moves.index).notna()).sum()),
        silent=tuple(sorted(set(moves.index[moves.abs() > 1].get_level_values("indicator_id")) - _spoken_of(fresh))),
    )


def _differs(clean: pd.Series[float], found: pd.Series[float]) -> pd.Series[bool]:
    one, other = clean.align(found)
    return (one.isna() != other.isna()) | ((one - other).abs() > _SAME * one.abs().clip(lower=1))


def _moves(clean: pd.Series[float], found: pd.Series[float], indicators: set[str]) -> pd.Series[float]:
    """By how many smallest relevant changes each total of these moved; infinitely where there should be no figure, not a number where one is gone."""
    smallest = {i.indicator_id: i.smallest_change for i in load_manifest().indicators}
    one, other = clean.align(found)
    ids, levels = (one.index.get_level_values(name) for name in ("indicator_id", "geo_level"))
    chosen = (levels != "gebied") & ids.isin(list(indicators)) & _differs(clean, found).to_numpy()
    moved = (other - one).mask(one.isna() & other.notna(), float("inf")) / ids.map(smallest)
    return moved[chosen]


def _largest(moves: pd.Series[float]) -> float:
    return float(moves.abs().max()) if moves.notna().any() else 0.0


def _spoken_of(checks: Iterable[tuple[str, str]]) -> set[str]:
    """The indicators that checks are about: on their marts, or on what these are made from."""
    manifest, tables = load_manifest(), {table for table, _ in checks}
    found = set()
    for indicator, mart in manifest.marts.items():
        nodes = [manifest.nodes[uid] for uid in manifest.ancestors(mart.unique_id)]
        raw = {f"raw.{table.key}" for table in REGISTRY if any(table.relation in node.sources for node in nodes)}
        if tables & ({node.relation for node in nodes} | raw):
            found.add(indicator)
    return found


class Nights:
    """Clean homes, one for each night on which figures come out, each made from the one before; and how each of these nights ended."""

    def __init__(self, folder: Path, last: int) -> None:
        self.folder = folder
        self.outcomes: dict[int, Outcome] = {}
        for before, night in zip((-1, *NIGHTS), NIGHTS, strict=False):
            if night > last:
                break
            if before >= 0:
                shutil.copytree(self.home(before), self.home(night), symlinks=True)
            self.outcomes[night] = run(self.home(night), night, DemoTransport(tiny(), night))
            if self.outcomes[night].failed:
                raise SystemExit(f"the clean night {night} failed: {self.outcomes[night].failed}")

    def home(self, night: int) -> Path:
        """The home as it is after a night."""
        return self.folder / f"night-{night}"

    def tried(self, name: str) -> Verdict:
        """How a way ends, on a copy of its home."""
        way, begin = ways()[name], time.perf_counter()
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            home = Path(shutil.copytree(self.home(way.before), Path(folder) / "home", symlinks=True))
            found = run(home, way.night, way.corrupt(home))
        gc.freeze()  # dbt collects garbage in each night, and need not look at what is there for good
        return judge(way, self.outcomes[way.night], found, self.outcomes[way.before].published, time.perf_counter() - begin)


@dataclass(frozen=True)
class Seed:
    """What failed in a clean country: on each of two nights the checks that did, and how many there were."""

    number: int
    nights: dict[int, tuple[Failing, int]]


def clean(number: int) -> Seed:
    """The first night of another country, and a later one with what came out by then."""
    with seeded(number), tempfile.TemporaryDirectory() as folder:
        figures = Figures(Country("tiny"))
        found = {}
        for night in (0, LATER[number % len(LATER)]):
            outcome = run(Path(folder), night, DemoTransport(figures, night))
            if outcome.failed or outcome.held:
                outcome.failing["the night", "failed" if outcome.failed else "held"] = outcome.failed or ", ".join(outcome.held)
            found[night] = outcome.failing, outcome.checks
        gc.freeze()
        return Seed(number, found)


def _each(work: Callable[[Task], Found], tasks: list[Task], processes: int) -> Iterator[Found]:
    if processes == 1:
        yield from map(work, tasks)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, tasks)


def _chosen(only: str, number: int) -> list[str]:
    names = [name for name in ways() if re.search(only, name)]
    random.Random(1).shuffle(names)
    return names[:number]


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _by_kind(verdicts: list[Verdict]) -> Iterator[str]:
    yield _row("kind of error", "ways", "stopped", "listed", "missed", "missed, and a published total moved", "missed, and a new total is off")
    yield "|---|" + "---|" * 6
    kinds = {name: way.kind for name, way in ways().items()}
    for kind in [*dict.fromkeys(kinds.values()), "all"]:
        those = [v for v in verdicts if kind in ("all", kinds[v.way]) and v.ending != "no effect"]
        if those:
            missed = [v for v in those if v.ending == "missed"]
            counts = [len([v for v in those if v.ending == ending]) for ending in ("stopped", "listed", "missed")]
            yield _row(kind, len(those), *counts, sum(v.before > 1 for v in missed), sum(v.new > 1 for v in missed))


def _told(verdict: Verdict) -> str:
    gone = f"; {verdict.vanished} totals have no figure any more" if verdict.vanished else ""
    size = f"{max(verdict.before, verdict.new):.2f} times the smallest change ({verdict.where})" if verdict.where else "no total moved"
    return f"- {verdict.way}: {size}{gone}"


def _report_ways(verdicts: list[Verdict]) -> bool:
    """Print how the ways ended; whether the bounds are met."""
    counted = [v for v in verdicts if v.ending != "no effect"]
    missed = [v for v in counted if v.ending == "missed"]
    print("\n".join(_by_kind(verdicts)))
    for title, those in (
        ("Missed", [_told(v) for v in missed]),
        (
            "Listed, with a total that moved of an indicator on which no check failed",
            [f"{_told(v)}: {', '.join(v.silent)}" for v in counted if v.ending == "listed" and v.silent],
        ),
        ("Without any effect, so no way", [f"- {v.way} {v.by}" for v in verdicts if v.ending == "no effect"]),
    ):
        if those:
            print(f"\n{title}:\n\n" + "\n".join(those))
    share = 1 - len(missed) / max(len(counted), 1)
    print(
        f"\nStopped or listed: {100 * share:.1f}% of {len(counted)} ways; missed with a published total that moved: {sum(v.is_material for v in missed)}."
    )
    return share >= CAUGHT and not any(v.is_material for v in missed)


def _is_so(night: int, table: str, check: str) -> bool:
    """Whether a check of a clean country tells of what its publishers did: they restate figures too."""
    manifest = load_manifest()
    relations = {BY_KEY[key].relation for key, since in RESTATED.items() if night >= since}
    made = {manifest.marts[i.indicator_id].relation for i in manifest.indicators if relations & set(i.sources)}
    return check in RESTATEMENTS and table in made | {f"raw.{key}" for key in RESTATED}


def _report_seeds(seeds: list[Seed]) -> bool:
    """Print what failed in clean countries; whether the bound is met."""
    told = [
        (s.number, night, table, check, words) for s in seeds for night, (failing, _) in s.nights.items() for (table, check), words in failing.items()
    ]
    alarms = [one for one in told if not _is_so(*one[1:4])]
    checks = sum(n for s in seeds for _, n in s.nights.values())
    loud = len({number for number, *_ in alarms})
    share = 100 * len(alarms) / max(checks, 1)
    print(f"\nClean countries: {len(seeds)}, {loud} of them with a false alarm; {len(alarms)} of {checks} outcomes of checks ({share:.2f}%).")
    print(f"Told rightly, of figures that were restated: {len(told) - len(alarms)}.\n")
    for (table, check), number in Counter(one[2:4] for one in alarms).most_common():
        print(f"- {check} on {table}: {number} times")
    for number, night, table, check, words in alarms:
        print(f"  - country {number}, night {night}: {check} on {table}: {' '.join(words.split())[:300]}")
    return len(alarms) < ALARMS * checks


@contextmanager
def _watched(what: str, total: int) -> Iterator[Callable[[str], None]]:
    begin, done = time.perf_counter(), 0

    def tell(words: str) -> None:
        nonlocal done
        done += 1
        print(f"{time.perf_counter() - begin:6.0f} s  {what} {done} of {total}: {words}", file=sys.stderr, flush=True)

    yield tell


def main() -> None:
    """Try the ways and the clean countries, and print what came of them."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--ways", type=int, default=len(ways()), help="so many of them, spread over all kinds; 0 for none")
    words.add_argument("--only", default="", help="a regular expression for the names of ways")
    words.add_argument("--seeds", type=int, default=50, help="how many clean countries; 0 for none")
    words.add_argument("--processes", type=int, default=1)
    given = words.parse_args()
    names, good, begin = _chosen(given.only, given.ways), True, time.perf_counter()
    if names:
        with tempfile.TemporaryDirectory() as folder, _watched("way", len(names)) as tell:
            nights = Nights(Path(folder), max(ways()[name].night for name in names))
            verdicts = []
            for verdict in _each(nights.tried, names, given.processes):
                verdicts.append(verdict)
                tell(f"{verdict.ending} ({verdict.seconds:.1f} s) {verdict.way}: {verdict.by[:200]}")
        good = _report_ways(verdicts)
    if given.seeds:
        with _watched("clean country", given.seeds) as tell:
            seeds = []
            for seed in _each(clean, list(range(1, given.seeds + 1)), given.processes):
                seeds.append(seed)
                tell(f"{sum(len(failing) for failing, _ in seed.nights.values())} alarms")
        good = _report_seeds(seeds) and good
    print(f"\nIn {(time.perf_counter() - begin) / 60:.0f} minutes.")
    raise SystemExit(0 if good else 1)


if __name__ == "__main__":
    main()
