"""Two hosts on this machine, each in a network namespace of its own, and the processes of a deployment on them and beside them.

The host that has the engines, the web server and the daemon is this machine itself; a worker reaches these over the network, and shares no folder with anybody.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

from benchmarks.processes import ROOT, free_port
from nplv_orchestration.configuration import OWN
from nplv_orchestration.services import LOCATION
from tests.engines import Engines, engines
from tests.programs import program

BRIDGE, HERE = "nplv0", "10.77.0.1"
WORKERS = {"nplvw1": "10.77.0.2", "nplvw2": "10.77.0.3"}
_JOB = "mutation($p: ExecutionParams!) { launchRun(executionParams: $p) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"
_ENDED = ("SUCCESS", "FAILURE", "CANCELED")


@contextmanager
def network() -> Iterator[None]:
    """A bridge on this machine, and a host at the other end of each of its two cables. For who may make them: in CI that is so."""
    ip = _ip()

    def run(*words: str) -> None:
        subprocess.run([ip, *words], check=True, capture_output=True, text=True)

    _remove(ip)
    try:
        run("link", "add", BRIDGE, "type", "bridge")
        run("addr", "add", f"{HERE}/24", "dev", BRIDGE)
        run("link", "set", BRIDGE, "up")
        for name, address in WORKERS.items():
            run("netns", "add", name)
            run("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
            run("link", "set", name, "master", BRIDGE, "up")
            run("-n", name, "addr", "add", f"{address}/24", "dev", "eth0")
            run("-n", name, "link", "set", "eth0", "up")
            run("-n", name, "link", "set", "lo", "up")
        yield
    finally:
        _remove(ip)


def _ip() -> str:
    """The program that makes hosts; its folder is not on everybody's path."""
    return program("ip", "/usr/sbin/ip", "/sbin/ip")


def _remove(ip: str) -> None:
    for words in (*(("netns", "del", name) for name in WORKERS), ("link", "del", BRIDGE)):
        subprocess.run([ip, *words], check=False, capture_output=True)


@dataclass
class Deployment:
    """The processes of a deployment, and what is asked of its web server."""

    engines: Engines
    folder: Path
    environment: dict[str, str]
    web: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str, on: str = "", **more: str) -> None:
        """Start a process. on: the host; more: of its environment."""
        home = self.folder / "homes" / name
        environment = os.environ | self.environment | {"NPLV_HOME": str(home)} | more
        there = [_ip(), "netns", "exec", on, "unshare", "--uts", "sh", "-c", f'hostname {on}; exec "$@"', "sh"] if on else []
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen([*there, *command], env=environment, stdout=log, stderr=log, start_new_session=True, cwd=ROOT)

    def start_worker(self, name: str, **more: str) -> None:
        """Start the worker of a host."""
        before = len(self.log(name)) if (self.folder / f"{name}.log").exists() else 0
        worker = ("celery", "-A", "nplv_orchestration.shared.worker", "worker", "--loglevel", "INFO", "-n", f"worker@{name}")
        self.start(name, sys.executable, "-m", *worker, on=name, **more)
        for _ in range(480):
            if " ready." in self.log(name)[before:]:
                return
            assert self.processes[name].poll() is None, self.log(name)[-3000:]
            time.sleep(0.25)
        raise AssertionError(f"{name} is never ready: {self.log(name)[-3000:]}")

    def kill(self, name: str) -> None:
        """Kill a process with all that it started, as a loss of power does."""
        process = self.processes.pop(name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if name in WORKERS:
            found = subprocess.run([_ip(), "netns", "pids", name], capture_output=True, text=True, check=True).stdout.split()
            for pid in map(int, found):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def log(self, name: str) -> str:
        """What a process wrote."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def ask(self, query: str, **variables: Any) -> Any:
        """What the web server answers to a question of GraphQL. Raises HTTPError when it cannot answer, as while its database is started again."""
        content = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.web}/graphql", content, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            told = json.loads(answer.read())
        assert not told.get("errors"), told
        return told["data"]

    def launch(self, job: str, programme: str = OWN) -> str:
        """Ask for a run of a job of a programme; gives its id."""
        selector = {"repositoryLocationName": programme, "repositoryName": "__repository__", "jobName": job}
        told = self.ask(_JOB, p={"selector": selector, "runConfigData": {}, "mode": "default"})["launchRun"]
        assert told["__typename"] == "LaunchRunSuccess", told
        return str(told["run"]["runId"])

    def run(self, run_id: str) -> dict[str, Any]:
        """How a run stands: its status, its tags, and the steps that began."""
        query = "query($id: ID!) { runOrError(runId: $id) { ... on Run { status tags { key value } stepStats { stepKey status startTime } } } }"
        found: dict[str, Any] = self.ask(query, id=run_id)["runOrError"]
        found["tags"] = {tag["key"]: tag["value"] for tag in found["tags"]}
        found["began"] = {step["stepKey"].split("__")[-1] for step in found["stepStats"] if step["startTime"]}  # without the programme
        return found

    def wait_for_step(self, run_id: str, step: str, seconds: int = 300) -> dict[str, Any]:
        """Wait until a step of a run began."""
        end = time.monotonic() + seconds
        while step not in (found := self.run(run_id))["began"]:
            assert found["status"] not in _ENDED, (found, self.errors(run_id))
            assert time.monotonic() < end, (found, {name: self.log(name)[-1500:] for name in self.processes})
            time.sleep(0.3)
        return found

    def wait_for_end(self, run_id: str, seconds: int = 420) -> dict[str, Any]:
        """Wait until a run ended, however."""
        end, found = time.monotonic() + seconds, {}
        while found.get("status") not in _ENDED:
            assert time.monotonic() < end, (found, {name: self.log(name)[-1500:] for name in self.processes})
            time.sleep(0.5)
            with contextlib.suppress(HTTPError):  # the database of the web server is being started again
                found = self.run(run_id)
        return found

    def errors(self, run_id: str) -> list[str]:
        """What made a run fail."""
        query = (
            "query($id: ID!) { logsForRun(runId: $id, limit: 5000) { ... on EventConnection { events { "
            "... on ExecutionStepFailureEvent { error { message cause { message } } } ... on RunFailureEvent { message error { message } } } } } }"
        )
        events = self.ask(query, id=run_id)["logsForRun"]["events"]
        return [json.dumps(event) for event in events if event.get("error") or event.get("message")]

    def quiet(self, seconds: int = 420) -> None:
        """Wait until no run goes on or waits: what a sensor asked for is done too."""
        end = time.monotonic() + seconds
        query = "{ runsOrError(filter: {statuses: [QUEUED, NOT_STARTED, STARTING, STARTED, CANCELING]}) { ... on Runs { results { runId status jobName } } } }"
        while found := self.ask(query)["runsOrError"]["results"]:
            assert time.monotonic() < end, found
            time.sleep(0.5)


@contextmanager
def deployed(folder: Path, programmes: Path, environment: Mapping[str, str]) -> Iterator[Deployment]:
    """All processes of a deployment but its workers. programmes: the folder of each; environment: of all processes, besides where the engines are."""
    with network(), engines(HERE) as running:
        web, servers = free_port(), {path.name: free_port() for path in sorted(programmes.iterdir())}
        dagster = folder / "dagster"
        dagster.mkdir()
        settings = (ROOT / "deploy" / "celery" / "dagster.yaml").read_text(encoding="utf-8")
        (dagster / "dagster.yaml").write_text(settings.replace("poll_interval_seconds: 30", "poll_interval_seconds: 2"), encoding="utf-8")
        workspace = folder / "workspace.yaml"
        locations = "".join(f"  - grpc_server: {{host: 127.0.0.1, port: {port}, location_name: {name}}}\n" for name, port in servers.items())
        workspace.write_text(f"load_from:\n{locations}", encoding="utf-8")
        shared = {"DAGSTER_HOME": str(dagster), "NPLV_PROGRAMMES": str(programmes)}
        found = Deployment(running, folder, running.environment("monitor") | shared | dict(environment), web)
        dg = (sys.executable, "-m", "dagster")
        try:
            for name, port in servers.items():
                asked = ("-h", "127.0.0.1", "-p", str(port), "-m", LOCATION, "-a", name, "--location-name", name)
                found.start(f"code-{name}", *dg, "api", "grpc", *asked)
            found.start("web", sys.executable, "-m", "dagster_webserver", "-h", "127.0.0.1", "-p", str(web), "-w", str(workspace))
            _wait_for(found)
            found.start("daemon", sys.executable, "-m", "dagster._daemon", "run", "-w", str(workspace))
            yield found
        finally:
            for name in list(found.processes):
                found.kill(name)


def _wait_for(found: Deployment) -> None:
    """Wait until the web server knows the code of all programmes."""
    for _ in range(480):
        with contextlib.suppress(URLError, ConnectionError, TypeError):  # a location that is not loaded yet has no entry
            entries = found.ask("{ workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError { __typename } } } } }")[
                "workspaceOrError"
            ]
            if {entry["locationOrLoadError"]["__typename"] for entry in entries["locationEntries"]} == {"RepositoryLocation"}:
                return
        for name, process in found.processes.items():
            assert process.poll() is None, found.log(name)[-3000:]
        time.sleep(0.25)
    raise AssertionError(found.log("web")[-3000:])
