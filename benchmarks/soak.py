"""Nights on the tiny demo country, with the UI as it is: daemon, web server and code server, and a clock that is put forward from night to night.

    .venv/bin/python -m benchmarks.soak FOLDER [--nights 60] [--seed 1] [--kills]

The sources move by the demo country's own calendar. A fault is thrown into two nights of three: what it is follows from the seed. With --kills the daemon, the web server and the
code server are killed at random moments instead. After each night is told how it ended, what was told to people, and how large everything is; what is not as it must be
ends the soak with exit status 1. The clock is libfaketime's (Debian's package `faketime`).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

from benchmarks.processes import NPLV, ROOT, free_port
from nplv_orchestration.demo.calendar import START
from nplv_orchestration.history import PROCESS
from nplv_orchestration.nights import AMSTERDAM, AT
from nplv_orchestration.services import LOCATION

FAKETIME = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
FIRST = datetime(2027, 3, 1, AT.hour, AT.minute, tzinfo=AMSTERDAM)
"""The first night, so that the change of the clock lies within a month."""
SETTINGS = {
    "NPLV_SOURCES": "demo",
    "NPLV_DEMO_SIZE": "tiny",
    "NPLV_KEEP_RUNS": "15",
    "NPLV_KEEP_LOGS": "10",
    "NPLV_KEEP_VERSIONS": "8",
    "NPLV_KEEP_ARCHIVE": "20",
}
LONG = 600.0  # seconds that a run may take to end
FAULTS = ("down for an hour", "down all morning", "a page for an answer", "a wrong file", "killed", "not begun", "full disk")
TOLD = {  # how the message of each begins, as it stands in the file of that day; of what went well at the next try there is none
    "down for an hour": "Verouderd", "down all morning": "Verouderd", "a page for an answer": "Verouderd", "a wrong file": "Geweigerd", "killed": "Mislukt", "not begun": "Mislukt",
}  # fmt: skip
STAND = ("down all morning", "a page for an answer")  # what is still so when the next night begins: with the same fault there is nothing new to tell
RUNS = "{ runsOrError(limit: 60) { ... on Runs { results { runId jobName status startTime } } } }"
_ENDED = ("SUCCESS", "FAILURE", "CANCELED")


@dataclass
class Night:
    """One night of the soak. runs: how each try of it ended, the first one first; told: the headings of what was told; wrong: what is not as it must be."""

    number: int
    fault: str
    runs: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    sizes: dict[str, float] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)


class Soak:
    """A UI on a home, under a clock that is put forward. root: the project, or a copy of it."""

    def __init__(self, folder: Path, root: Path = ROOT) -> None:
        self.root = root
        self.home, self._clock, self._faults = folder / "home", folder / "clock", folder / "faults.json"
        folder.mkdir(parents=True, exist_ok=True)
        self._offset, self._stands = 0, ""
        self.put_clock(FIRST - timedelta(hours=2))
        self.faults()
        self._port, docs = free_port(), free_port()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("NPLV_")} | SETTINGS | {
            "NPLV_HOME": str(self.home),
            "NPLV_DOCS_PORT": str(docs),
            "SOAK_FAULTS": str(self._faults),
            "PYTHONPATH": f"{Path(__file__).parent / 'simulated'}:{root}",
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }  # fmt: skip

    # ------------------------------------------------------------------------------------------ the clock, and what is put in

    @property
    def now(self) -> datetime:
        """The simulated moment."""
        return datetime.fromtimestamp(time.time() + self._offset, AMSTERDAM)

    def put_clock(self, to: datetime) -> None:
        """Put the clock forward; it never goes back."""
        self._offset = max(self._offset, round(to.timestamp() - time.time()))
        self._clock.write_text(f"+{self._offset}")

    def faults(self, **now: object) -> None:
        """What is wrong from now on."""
        self._faults.write_text(json.dumps(now))

    # ------------------------------------------------------------------------------------------ the UI

    @property
    def address(self) -> str:
        """Where the UI is."""
        return f"http://127.0.0.1:{self._port}"

    @contextmanager
    def ui(self, *, loads: bool = True) -> Iterator[None]:
        """The UI, as `nplv ui` starts it. loads: whether the definitions can be loaded."""
        command = [*NPLV, "ui", "--port", str(self._port)]
        with (self.home.parent / "ui.log").open("a") as log:
            process = subprocess.Popen(command, env=self.environment, cwd=self.root, stdout=log, stderr=log, start_new_session=True)
        try:
            self.wait(lambda: self.ask("{ version }"), "the UI does not answer", 90)
            self.processes = process.pid
            if loads:
                self._instigator("Sensor", "inbox_files", False)  # it looks at the ages of files, which no clock of ours can put forward
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def ask(self, query: str, **values: object) -> dict[str, Any]:
        """An answer of the UI; empty while it does not answer."""
        body = json.dumps({"query": query, "variables": values}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"content-type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.load(answer)["data"] or {}
        except (OSError, ValueError):
            return {}

    def runs(self, job: str, since: datetime) -> list[dict[str, Any]]:
        """The runs of a job that began since a moment, the first one first."""
        found = self.ask(RUNS).get("runsOrError", {}).get("results", [])
        return [run for run in reversed(found) if run["jobName"] == job and (run["startTime"] or since.timestamp() + 1) >= since.timestamp()]

    def process(self, run: dict[str, Any]) -> int:
        """The process in which a run lives or lived; 0 while it is in none. It stands in a tag that GraphQL does not give."""
        with closing(sqlite3.connect(self.home / "dagster" / "history" / "runs.db")) as history:
            found = history.execute("SELECT value FROM run_tags WHERE run_id = ? AND key = ?", (run["runId"], PROCESS)).fetchone()
        return int(found[0].split()[0]) if found else 0

    def wait(self, until: Callable[[], Any], otherwise: str, seconds: float = LONG) -> Any:
        """Wait until something is so; gives what it is. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while not (found := until()):
            if time.monotonic() > end:
                raise TimeoutError(otherwise)
            time.sleep(0.5)
        return found

    def wait_for_runs(self, job: str, since: datetime, count: int) -> list[str]:
        """How so many runs ended that began since a moment. Raises TimeoutError."""

        def ended() -> list[str]:
            statuses = [run["status"] for run in self.runs(job, since)]
            return statuses if len(statuses) >= count and all(status in _ENDED for status in statuses) else []

        return self.wait(ended, f"{count} runs of {job} did not end")  # type: ignore[no-any-return]

    def children(self) -> dict[str, int]:
        """The processes of the UI by what they are."""
        names = {"dagster_webserver": "web server", "dagster._daemon": "daemon", "dagster api grpc": "code server"}
        found = {}
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
                command = path.with_name("cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (OSError, IndexError, ValueError):
                continue
            if parent == self.processes:
                found |= {name: int(path.parent.name) for words, name in names.items() if words in command}
        return found

    # ------------------------------------------------------------------------------------------ a night

    def night(self, number: int, fault: str) -> Night:
        """One night with a fault, and the morning after it."""
        night, due = Night(number, fault), _due(number)
        inbox = self.home / "demo" / "inbox"
        (self.home / "demo").mkdir(parents=True, exist_ok=True)
        if self.home.joinpath("sources").exists():
            (self.home / "demo" / "night").write_text(str(number))
        self.faults(**_put_in(fault))
        if fault == "a wrong file":
            inbox.mkdir(exist_ok=True)
            (inbox / "maatwerk_fout.csv").write_text("indicator;jaar\nniets;2023\n")
            os.utime(inbox / "maatwerk_fout.csv", (due.timestamp() - 40,) * 2)  # too young for the sensor of the inbox
        if fault == "not begun":
            self._instigator("Schedule", "nightly_refresh", False)
        self.put_clock(due - timedelta(seconds=4))
        try:
            night.runs = self._morning(fault, due)
            self.put_clock(self.now + timedelta(seconds=40))
            self.wait_for_runs("annual_edition", due, 1)
        except TimeoutError as error:
            night.wrong.append(str(error))
        self.faults()
        if fault == "not begun":
            self._instigator("Schedule", "nightly_refresh", True)
        for file in (inbox / "refused").glob("*"):
            file.unlink()  # somebody looked at it
        self._judge(night)
        return night

    def _morning(self, fault: str, due: datetime) -> list[str]:
        """Let the morning pass as it does with a fault; how each try ended."""
        match fault:
            case "not begun":
                self.wait(lambda: self.now > due + timedelta(seconds=5), "the clock stands still")
                self.put_clock(due + timedelta(minutes=16))
                self._look()
                self.put_clock(self.now + timedelta(seconds=65))
                return self.wait_for_runs("nightly_refresh", due, 1)
            case "killed":
                process = self.wait(
                    lambda: [p for run in self.runs("nightly_refresh", due) if run["status"] == "STARTED" and (p := self.process(run))],
                    "no run began",
                )[0]
                os.kill(process, signal.SIGKILL)
                self.wait_for_runs("nightly_refresh", due, 1)
                self.put_clock(self.now + timedelta(seconds=65))
                return self.wait_for_runs("nightly_refresh", due, 2)
            case "full disk":
                self.wait_for_runs("nightly_refresh", due, 1)
                self.faults()  # somebody freed space
                self.put_clock(self.now + timedelta(seconds=65))
                return self.wait_for_runs("nightly_refresh", due, 2)
            case "down for an hour" | "down all morning":
                tries = self.wait_for_runs("nightly_refresh", due, 1)
                if fault == "down for an hour":
                    self.faults()
                    self.put_clock(self.now + timedelta(minutes=61))
                    return self.wait_for_runs("nightly_refresh", due, 2)
                for again in (2, 3):
                    self.put_clock(self.now + timedelta(minutes=61))
                    tries = self.wait_for_runs("nightly_refresh", due, again)
                self.put_clock(due.replace(hour=12, minute=1))
                self._look()
                return self.wait_for_runs("nightly_refresh", due, len(tries))
            case _:
                return self.wait_for_runs("nightly_refresh", due, 1)

    def _look(self) -> None:
        """Wait until the sensor that watches the nights looked after now."""
        query = "query($s: SensorSelector!) { sensorOrError(sensorSelector: $s) { ... on Sensor { sensorState { ticks(limit: 1) { timestamp } } } } }"
        selector = {"repositoryName": "__repository__", "repositoryLocationName": LOCATION, "sensorName": "night_watch"}
        since = self.now.timestamp()

        def looked() -> bool:
            ticks = self.ask(query, s=selector).get("sensorOrError", {}).get("sensorState", {}).get("ticks", [])
            return bool(ticks) and ticks[0]["timestamp"] >= since

        self.wait(looked, "the sensor did not look")
        time.sleep(3)  # until it is done

    def _instigator(self, kind: str, name: str, on: bool) -> None:
        """Turn a schedule or a sensor off, or on again, as a person does in the UI."""
        small = kind.lower()
        selector = {"repositoryName": "__repository__", "repositoryLocationName": LOCATION, f"{small}Name": name}
        if on:
            self.ask(f"mutation($s: {kind}Selector!) {{ start{kind}({small}Selector: $s) {{ __typename }} }}", s=selector)
            return
        query = f"query($s: {kind}Selector!) {{ {small}OrError({small}Selector: $s) {{ ... on {kind} {{ id {small}State {{ id }} }} }} }}"
        found = self.wait(lambda: self.ask(query, s=selector).get(f"{small}OrError", {}).get(f"{small}State"), f"{name} is not there")
        stop = "stopRunningSchedule" if kind == "Schedule" else "stopSensor"
        self.ask(f"mutation($i: String!) {{ {stop}(id: $i) {{ __typename }} }}", i=found["id"])

    # ------------------------------------------------------------------------------------------ what came of it

    def _judge(self, night: Night) -> None:
        wanted = {
            "down for an hour": ["SUCCESS", "SUCCESS"], "down all morning": ["SUCCESS"] * 3, "killed": ["FAILURE", "SUCCESS"], "full disk": ["FAILURE", "SUCCESS"],
        }.get(night.fault, ["SUCCESS"])  # fmt: skip
        if night.runs != wanted and not night.wrong:
            night.wrong.append(f"the night ended {night.runs}, expected {wanted}")
        night.told = self.told(night.number)
        faulty = [heading for heading in night.told if heading in set(TOLD.values())]
        expected = [TOLD[night.fault]] if night.fault in TOLD and night.fault != self._stands else []
        self._stands = night.fault if night.fault in STAND else ""
        if faulty != expected:
            night.wrong.append(f"told {faulty}, expected {expected}")
        night.sizes = self.sizes()

    def told(self, number: int) -> list[str]:
        """The headings of what was told in a night, each time that it was."""
        file = self.home / "alerts" / f"{(START + timedelta(days=number)).isoformat()}.md"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [line.rpartition(" (")[0] for line in lines if line.endswith(")") and not line.startswith("-") and ":" not in line]

    def sizes(self) -> dict[str, float]:
        """MB of each part of the home, the number of files and of runs, and MB of memory of the processes of the UI."""
        parts = {path.name: _sizes(path) for path in sorted(self.home.iterdir()) if path.is_dir()}
        found = {name: round(sum(files) / 1e6, 2) for name, files in parts.items()}
        found["files"] = sum(map(len, parts.values()))
        found["runs"] = len(list((self.home / "dagster" / "history" / "runs").glob("????????-*.db")))
        for name, process in self.children().items():
            status = Path(f"/proc/{process}/status").read_text()
            found[name] = round(int(status.split("VmRSS:")[1].split()[0]) / 1000, 1)
        return found


def _due(number: int) -> datetime:
    """When a night is due, by the clock of Amsterdam, which changes on the way."""
    return FIRST + timedelta(days=number)


def planned(nights: int, seed: int) -> list[str]:
    """The fault of each of so many nights: two of three have one, by the seed, and the first has none."""
    chance = random.Random(seed)
    return ["none", *(chance.choice(FAULTS) if chance.random() < 2 / 3 else "none" for _ in range(nights - 1))]


def soak(folder: Path, plan: Sequence[str], say: Callable[[Night], None] = lambda night: None) -> list[Night]:
    """Nights with these faults."""
    one, found = Soak(folder), []
    with one.ui():
        for number, fault in enumerate(plan):
            found.append(one.night(number, fault))
            say(found[-1])
    return found


def kills(folder: Path, nights: int, seed: int, say: Callable[[Night], None] = lambda night: None) -> list[Night]:
    """So many nights in which the daemon, the web server and the code server are killed at random."""
    chance = random.Random(seed)
    one, found = Soak(folder), []
    with one.ui():
        found.append(one.night(0, "none"))
        say(found[-1])
        for number in range(1, nights):
            done, dead = Event(), list[str]()
            killer = Thread(target=_kill, args=(one, chance, done, dead))
            killer.start()
            night, due = Night(number, "none"), _due(number)
            (one.home / "demo" / "night").write_text(str(number))
            one.put_clock(due - timedelta(seconds=4))
            try:
                night.runs = one.wait(lambda since=due: _well(one, since), "no night ended well", 3 * LONG)
            except TimeoutError as error:
                night.wrong.append(f"{error}: {[run['status'] for run in one.runs('nightly_refresh', due)]}")
            done.set()
            killer.join()
            one.wait(lambda: len(one.children()) == 3 and one.ask("{ version }"), "the UI did not come back")
            one.put_clock(one.now + timedelta(minutes=30))  # whatever would be run twice has its time
            one._look()
            night.runs = one.wait_for_runs("nightly_refresh", due, 1)
            night.killed, night.told, night.sizes = dead, one.told(number), one.sizes()
            if night.runs.count("SUCCESS") != 1:
                night.wrong.append(f"the night ended {night.runs}")
            began = [run for run in one.runs("nightly_refresh", due) if run["status"] == "FAILURE" and one.process(run)]
            if night.told.count("Mislukt") != len(began):  # one that never began left nothing to tell of
                night.wrong.append(f"told {night.told} of {len(began)} runs that were killed")
            found.append(night)
            say(night)
    return found


def _well(one: Soak, since: datetime) -> list[str]:
    """How the tries of a night ended, once one ended well; else it is a minute later."""
    statuses = [run["status"] for run in one.runs("nightly_refresh", since)]
    if statuses and all(status in _ENDED for status in statuses) and "SUCCESS" not in statuses:
        one.put_clock(one.now + timedelta(seconds=65))
        time.sleep(5)
    return statuses if "SUCCESS" in statuses else []


def _kill(one: Soak, chance: random.Random, done: Event, dead: list[str]) -> None:
    while not done.wait(chance.uniform(1, 9)):
        children = one.children()
        if children and len(dead) < 4:
            name = chance.choice(sorted(children))
            os.kill(children[name], signal.SIGKILL)
            dead.append(name)


def _put_in(fault: str) -> dict[str, object]:
    match fault:
        case "down for an hour" | "down all morning":
            return {"down": ["dataderden.demo.invalid"]}
        case "a page for an answer":
            return {"page": ["leefbaarometer.demo.invalid"]}
        case "full disk":
            return {"full": True}
        case _:
            return {}


def _sizes(folder: Path) -> list[int]:
    """The size of each file in a folder; what goes away meanwhile is none."""
    found = []
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink():
                found.append(path.stat().st_size)
    return found


def main() -> None:
    """Soak, and tell."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=Path)
    words.add_argument("--nights", type=int, default=60)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--kills", action="store_true")
    given = words.parse_args()
    if FAKETIME is None:
        sys.exit("soak: libfaketime is not there: install Debian's package faketime")

    def say(night: Night) -> None:
        what = "; ".join(night.wrong) or "as it must be"
        print(
            f"{night.number:3} {night.fault or ', '.join(night.killed):20} {','.join(night.runs):32} told {night.told} killed {night.killed}: {what}",
            flush=True,
        )
        print("    ", json.dumps(night.sizes), flush=True)

    folder = given.folder.absolute()
    found = kills(folder, given.nights, given.seed, say) if given.kills else soak(folder, planned(given.nights, given.seed), say)
    wrong = [night for night in found if night.wrong]
    print(f"{len(found)} nights, {len(wrong)} not as they must be")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
