"""A few nights of the soak in `benchmarks`, with the UI as it is: a run that is killed, one that does not begin, and a file that is refused."""

from __future__ import annotations

from pathlib import Path

from benchmarks.soak import soak
from tests.homes import copied
from tests.programs import program
from tests.real import Night


def test_each_night_ends_in_the_right_state_and_is_told_once(demo_night: Night, tmp_path: Path) -> None:
    program("faketime")
    copied(demo_night[0].home, tmp_path / "home")
    nights = soak(tmp_path, plan=["killed", "not begun", "a wrong file"])
    assert [night.wrong for night in nights] == [[], [], []], (tmp_path / "ui.log").read_text()[-2000:]
    assert [night.told for night in nights] == [["Mislukt"], ["Mislukt"], ["Geweigerd"]]
    assert [night.runs for night in nights] == [["FAILURE", "SUCCESS"], ["SUCCESS"], ["SUCCESS"]]
