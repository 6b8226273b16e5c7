"""The processes of the UI: each that dies is started again, all end together, and what dies at its start each time is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nplv_orchestration import history, services, status
from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home
from nplv_orchestration.services import Service, keep
from nplv_orchestration.settings import Settings

KEEPING = """
import sys
from nplv_orchestration.services import Service, keep
import nplv_orchestration.services as services
services._wait_for = lambda service, process: None
mark = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\\\n'); time.sleep(60)"
keep([Service(name, (sys.executable, "-c", mark, f"{sys.argv[1]}/{name}")) for name in ("one", "two")], lambda line: print(line, flush=True))
"""


def started(file: Path, count: int) -> list[int]:
    """The processes that were started of a service, once there are so many."""
    for _ in range(200):
        if file.exists() and len(found := file.read_text().split()) >= count:
            return [int(process) for process in found]
        time.sleep(0.05)
    raise AssertionError(f"{file.name} was not started {count} times")


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_what_dies_is_started_again_and_all_end_with_it(tmp_path: Path, end: signal.Signals) -> None:
    keeper = subprocess.Popen([sys.executable, "-c", KEEPING, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    first, other = started(tmp_path / "one", 1)[0], started(tmp_path / "two", 1)[0]
    os.kill(first, signal.SIGKILL)
    again = started(tmp_path / "one", 2)[1]
    assert started(tmp_path / "two", 1) == [other]
    keeper.send_signal(end)
    told = keeper.communicate(timeout=30)[0]
    assert told == "one hield op (status -9) en wordt opnieuw gestart\n"
    for _ in range(100):
        if not lives(again) and not lives(other):
            break
        time.sleep(0.05)
    assert not lives(again) and not lives(other)


def test_what_dies_at_its_start_each_time_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_LOOK", 0.01)
    monkeypatch.setattr(services, "_PAUSE", 0.01)
    monkeypatch.setattr(services, "_wait_for", lambda service, process: None)
    said: list[str] = []
    with pytest.raises(NplvError, match=r"^the code server ends at its start each time \(status 3\)"):
        keep([Service("the code server", (sys.executable, "-c", "raise SystemExit(3)"))], said.append)
    assert said == ["the code server hield op (status 3) en wordt opnieuw gestart"] * 5


def test_what_is_killed_time_and_again_is_started_time_and_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(services, "_LOOK", 0.01)
    monkeypatch.setattr(services, "_PAUSE", 0.01)
    monkeypatch.setattr(services, "_LONGEST", 0.02)
    monkeypatch.setattr(services, "_wait_for", lambda service, process: None)
    said: list[str] = []
    killed = "import os, sys; f = open(sys.argv[1], 'a+'); f.write('x'); f.seek(0); os.kill(*((os.getppid(), 15) if len(f.read()) == 10 else (os.getpid(), 9)))"
    keep([Service("the web server", (sys.executable, "-c", killed, str(tmp_path / "starts")))], said.append)
    assert said[:9] == ["the web server hield op (status -9) en wordt opnieuw gestart"] * 9


def test_a_ui_for_who_looks_has_no_daemon_and_launches_nothing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    everything = services.services(settings, 3000, tmp_path)
    looking = services.services(settings, 3001, tmp_path, is_read_only=True)
    assert [len(everything), len(looking)] == [4, 2]
    assert "--read-only" in looking[1].command and "--read-only" not in everything[1].command
    assert not [one for one in looking if "dagster._daemon" in one.command]
    for one in (everything[1], looking[1]):
        assert one.command[one.command.index("-h") + 1] == "127.0.0.1"


def test_the_socket_is_in_a_folder_of_this_user_alone() -> None:
    with services.private_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert len(str(folder / "code")) < 100
    assert not folder.exists()


def test_in_a_deployment_the_pages_are_those_that_the_store_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(services.Home, "of", lambda settings: Home(tmp_path))
    shared = Settings(warehouse="ducklake:postgres:host=db dbname=nplv", store="s3://bucket/nplv")
    (pages,) = [one for one in services.services(shared, 3000, tmp_path) if "nplv_orchestration.docs_server" in one.command]
    assert pages.command[-2:] == ("nplv_orchestration.docs_server", "127.0.0.1")


def test_in_a_deployment_the_last_night_is_in_the_history_of_all_machines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine of it has no history of its own."""
    shared = Settings(home=tmp_path, warehouse="ducklake:postgres:host=db dbname=nplv", store="s3://bucket/nplv")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "settings"))
    (tmp_path / "settings").mkdir()
    asked: list[str] = []
    monkeypatch.setattr(history, "runs", lambda *_, **__: asked.append("") or [])
    assert status._night(shared, Home(tmp_path), datetime.now(UTC), "nightly_refresh")[1]
    assert asked
