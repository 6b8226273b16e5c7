"""The sensor that watches the nights, on Dagster's own history and a clock that is put forward: what it asks for, and what it tells once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import time_machine

from nplv_orchestration import history
from nplv_orchestration.archive import Archive, TableState
from nplv_orchestration.build import NIGHTLY, build_definitions
from nplv_orchestration.errors import NplvError
from nplv_orchestration.nights import AMSTERDAM
from nplv_orchestration.settings import Settings

DUE = datetime(2027, 3, 10, 4, 30, tzinfo=AMSTERDAM)


class Watched:
    """A home whose nights are watched; `look` is one look of the sensor."""

    def __init__(self, home: Path, instance: dg.DagsterInstance) -> None:
        self.settings, self.instance, self.cursor = Settings(home=home, sources="live"), instance, None
        self.home, self._definitions = home, build_definitions(self.settings)
        self._sensor = self._definitions.resolve_sensor_def("night_watch")

    def look(self) -> tuple[list[str | None], str]:
        """The keys of the runs that it asks for, and why it asks for none."""
        context = dg.build_sensor_context(instance=self.instance, definitions=self._definitions, cursor=self.cursor)
        told = self._sensor.evaluate_tick(context)
        self.cursor = told.cursor or self.cursor
        return [request.run_key for request in told.run_requests or []], told.skip_message or ""

    def told(self) -> str:
        """All that was told to people."""
        return "".join(path.read_text(encoding="utf-8") for path in sorted((self.home / "alerts").glob("*.md")))


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield Watched(tmp_path / "home", instance)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(DUE - timedelta(hours=6), tick=False) as traveller:
        yield traveller


def test_a_night_that_did_not_begin_is_begun_and_told_once(watched: Watched, clock: time_machine.Traveller) -> None:
    assert watched.look() == ([], "De eerste nacht komt om 04.30 uur op 10-03.")
    clock.move_to(DUE + timedelta(minutes=14))
    assert watched.look() == ([], "De nacht van 10-03 is net aan de beurt.")
    clock.move_to(DUE + timedelta(minutes=15))
    asked, _ = watched.look()
    assert asked == [f"{DUE.isoformat()}-0"]
    assert watched.look()[0] == asked  # of one key Dagster begins one run
    told = watched.told()
    assert told.count("de nacht van 10-03-2027 om 04.30 uur begon niet") == 1
    assert "zij is nu begonnen" in told


def test_a_daemon_that_comes_back_lets_the_schedule_catch_up_first(watched: Watched, clock: time_machine.Traveller) -> None:
    watched.look()
    clock.move_to(DUE + timedelta(hours=3))
    assert watched.look() == ([], "De nacht van 10-03 begon niet; eerst is het rooster zelf aan de beurt.")
    clock.move_to(DUE + timedelta(hours=3, minutes=1))
    assert watched.look()[0] == [f"{DUE.isoformat()}-0"]


def test_in_the_afternoon_it_is_told_and_waits_for_the_next_night(watched: Watched, clock: time_machine.Traveller) -> None:
    watched.look()
    for minutes in (0, 1, 2):
        clock.move_to(DUE.replace(hour=14) + timedelta(minutes=minutes))
        assert watched.look()[0] == []
    assert watched.told().count("begon niet") == 1
    assert "start `nplv run`".replace("`", "'") in watched.told()


def test_while_somebody_writes_it_is_told_at_the_next_look(watched: Watched, clock: time_machine.Traveller) -> None:
    from nplv_orchestration.home import Home

    watched.look()
    clock.move_to(DUE + timedelta(minutes=14))
    watched.look()
    clock.move_to(DUE + timedelta(minutes=15))
    with Home(watched.home).writing("somebody"):
        assert watched.look()[0] == [f"{DUE.isoformat()}-0"]
    assert watched.told() == ""
    watched.look()
    assert watched.told().count("begon niet") == 1


def test_what_cannot_be_told_is_tried_once_an_hour(watched: Watched, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def full(*_: object, **__: object) -> None:
        tried.append(1)
        raise NplvError("the file of the message cannot be written")

    monkeypatch.setattr("nplv_orchestration.alerts.tell", full)
    watched.look()
    for minutes in (0, 1, 2, 60, 61, 62):
        clock.move_to(DUE.replace(hour=14) + timedelta(minutes=minutes))
        assert watched.look()[0] == []
    assert len(tried) == 2  # after the look that saw it first: at 14.01, and at 15.01


def test_nights_of_before_the_first_look_are_no_concern(watched: Watched, clock: time_machine.Traveller) -> None:
    clock.move_to(DUE + timedelta(hours=4))
    assert watched.look() == ([], "De eerste nacht komt om 04.30 uur op 11-03.")
    assert watched.look() == ([], "De eerste nacht komt om 04.30 uur op 11-03.")
    assert watched.told() == ""


def begun(watched: Watched, process: int, status: dg.DagsterRunStatus) -> dg.DagsterRun:
    """A night that was begun a moment ago, by the clock of the machine, in a process."""
    job = watched._definitions.resolve_job_def(NIGHTLY)
    return watched.instance.create_run_for_job(job, status=status, tags={history.PROCESS: str(process), "dagster/schedule_name": NIGHTLY})


def test_a_night_whose_process_died_is_ended_and_begun_again(watched: Watched) -> None:
    now = datetime.now(AMSTERDAM)  # the history has the clock of the database
    watched.cursor = json.dumps({"since": (now - timedelta(days=7)).isoformat()})
    dead = begun(watched, 2**22 + 1, dg.DagsterRunStatus.STARTED)
    asked, why = watched.look()
    ended = watched.instance.get_run_by_id(dead.run_id)
    assert ended and ended.status == dg.DagsterRunStatus.FAILURE
    assert history.runs(watched.instance, NIGHTLY)[0].how == "afgebroken"
    due = history.runs(watched.instance, NIGHTLY)[0].begun.astimezone(AMSTERDAM)
    assert (len(asked) == 1) == (due.hour < 12 and due.time() >= DUE.time()), why  # after noon it waits for the next night


def test_a_publisher_that_is_down_is_known_by_the_archive(watched: Watched, clock: time_machine.Traveller) -> None:
    from nplv_orchestration.home import Home
    from nplv_orchestration.night_watch import down_now

    archive = Archive(watched.home / "archive")
    archive.write_state(TableState("leefbaarometer", "stale", "2027-03-10", "niet bereikbaar", None, False, is_down=True))
    archive.write_state(TableState("rivm_gezondheid", "stale", "2027-03-10", "niet gevonden", None, False))
    assert down_now(Home(watched.home)) == ["Leefbaarometer 3.0 meting 2024"]


def test_a_wrong_setting_is_told(tmp_path: Path) -> None:
    (tmp_path / "sources").write_text("demo tiny\n")
    with dg.DagsterInstance.ephemeral() as instance:
        assert Watched(tmp_path, instance).look()[1].startswith("Er kan niet naar de nacht worden gekeken: NPLV_HOME=")
