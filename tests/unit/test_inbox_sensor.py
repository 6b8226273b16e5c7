"""The sensor of the inbox: asks once for each new file that is quiet, and says why it does not."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest

from nplv_orchestration.build import NIGHTLY, build_definitions
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Settings


def look(settings: Settings, cursor: str | None) -> tuple[list[str], str, str | None]:
    """The run keys that a look asks for, else why not, and the cursor after it."""
    definitions = build_definitions(settings)
    sensor = definitions.resolve_sensor_def("inbox_files")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING and sensor.minimum_interval_seconds == 60 and sensor.job_name == NIGHTLY
    with dg.DagsterInstance.ephemeral() as instance:
        told = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, definitions=definitions, cursor=cursor))
    return [request.run_key or "" for request in told.run_requests or []], told.skip_message or "", told.cursor or cursor


def put(folder: Path, name: str, age: float) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(name)
    os.utime(folder / name, (time.time() - age,) * 2)


def test_each_new_file_is_asked_for_once_when_it_is_quiet(tmp_path: Path) -> None:
    settings, folder = Settings(home=tmp_path, sources="live"), tmp_path / "inbox"
    assert look(settings, None) == ([], f"Er wacht niets in {folder}.", "[]")
    put(folder, ".maatwerk.csv", 100)
    put(folder / "accepted", "maatwerk.csv", 100)
    assert look(settings, None)[1] == f"Er wacht niets in {folder}."
    put(folder, "maatwerk.csv", 30)
    assert look(settings, None) == ([], f"Wat in {folder} wacht (1) veranderde in de laatste minuut nog.", None)
    put(folder, "maatwerk.csv", 100)
    put(folder, "onbekend.docx", 100)
    with Home(tmp_path).writing("a night"):  # it takes no lock
        asked, _, cursor = look(settings, None)
    assert len(asked) == 1
    assert look(settings, cursor) == ([], f"Voor wat in {folder} wacht (2) is al om een nacht gevraagd.", cursor)
    (folder / "maatwerk.csv").unlink()  # taken over; what stays there is not asked for again
    assert look(settings, cursor)[0] == []
    put(folder, "maatwerk.csv", 90)
    again, _, cursor = look(settings, cursor)
    assert len(again) == 1 and again != asked


def test_a_file_from_a_clock_that_is_ahead_is_asked_for(tmp_path: Path) -> None:
    put(tmp_path / "inbox", "maatwerk.csv", -3600)
    assert len(look(Settings(home=tmp_path, sources="live"), None)[0]) == 1


def test_a_demo_home_has_an_inbox_of_its_own(tmp_path: Path) -> None:
    put(tmp_path / "inbox", "maatwerk.csv", 100)
    assert look(Settings(home=tmp_path), None)[1] == f"Er wacht niets in {tmp_path / 'demo' / 'inbox'}."


def test_a_wrong_setting_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "sources").write_text("live\n")
    assert look(Settings(home=tmp_path, sources="demo"), None)[1].startswith("De inbox kan niet worden bekeken: NPLV_HOME=")


def test_it_imports_nothing_heavy(tmp_path: Path) -> None:
    put(tmp_path / "inbox", "maatwerk.csv", 100)
    code = """
import sys
import dagster as dg
from nplv_orchestration.definitions import defs
told = defs.resolve_sensor_def("inbox_files").evaluate_tick(dg.build_sensor_context(definitions=defs))
assert len(told.run_requests) == 1
assert not {"pandas", "pandera", "openpyxl", "duckdb", "pyarrow"} & set(sys.modules)
"""
    environment = os.environ | {"NPLV_HOME": str(tmp_path), "NPLV_SOURCES": "live"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0, done.stderr
