"""Kill -9 in the writes of a publication, and two runs at once; all writes and random moments are met by `benchmarks.crashes`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.processes import NPLV
from nplv_orchestration import current
from nplv_orchestration.home import Home
from nplv_orchestration.run import run_night
from nplv_orchestration.settings import Settings
from nplv_orchestration.warehouse import connect
from tests.homes import copied
from tests.killing import Write, content, damage, left_overs
from tests.real import Night

# how the write begins, and when
MOMENTS = {
    "in the middle of a database": ("CREATE TABLE version_file.marts.indicator_values ", "middle"),
    "written down, and the pointer not moved": ("symlink published/.current.", "before"),
    "the pointer moved": ("replace published/.current.", "after"),
}


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"NPLV_HOME": str(home)}


def watched(home: Path, log: Path, *more: str) -> int:
    """A night in a process that counts its writes; its exit status."""
    command = [sys.executable, "-m", "tests.killing", str(log), *more, "run"]
    return subprocess.run(command, env=environment(home), capture_output=True, check=False).returncode


@pytest.fixture(scope="module")
def due(demo_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which nothing is left to do but to publish: a warning is listed that the current version does not have."""
    home = copied(demo_night[0].home, tmp_path_factory.mktemp("due") / "home")
    with connect(Settings(home=home)) as connection:
        connection.execute("UPDATE quality.evidence SET outcome = 'failed' WHERE check_name = 'noemer' AND node = 'marts.mart_inkomen'")
    return home


@pytest.fixture(scope="module")
def writes(due: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Write], dict[str, object]]:
    """The writes of a night that nobody kills, and what it tells in the end."""
    folder = tmp_path_factory.mktemp("undisturbed")
    home = copied(due, folder / "home")
    assert watched(home, folder / "log") == 0
    return Write.read(folder / "log"), dict(content(home))


@pytest.mark.parametrize(
    "moment", [pytest.param(moment, marks=pytest.mark.either if when == "middle" else ()) for moment, (_, when) in MOMENTS.items()]
)
def test_after_a_kill_the_current_version_is_whole_and_the_next_run_goes_on_at_once(
    due: Path, writes: tuple[list[Write], dict[str, object]], tmp_path: Path, moment: str
) -> None:
    words, when = MOMENTS[moment]
    write = next(one for one in writes[0] if one.what.startswith(words))
    home = copied(due, tmp_path / "home")
    before = current.name(Home(home))
    at = ["--on", words, "--moment", when, "--seconds", str(write.seconds)]
    assert watched(home, tmp_path / "log", *at) == -signal.SIGKILL
    assert damage(home) == []
    assert (current.name(Home(home)) == before) == (moment != "the pointer moved")
    run_night(Settings(home=home), None)
    assert damage(home) == left_overs(home) == []
    assert current.name(Home(home)) != before
    assert content(home) == writes[1]


def test_two_runs_at_once_are_one_run_and_a_refusal_or_one_after_the_other(
    due: Path, tmp_path: Path, writes: tuple[list[Write], dict[str, object]]
) -> None:
    home = copied(due, tmp_path / "home")
    launched = (
        "from nplv_orchestration.build import NIGHTLY, build_definitions; from nplv_orchestration.history import dagster_home; import dagster as dg; "
        + (
            "from nplv_orchestration.settings import load_settings; dagster_home(load_settings()); instance = dg.DagsterInstance.get(); "
            "assert build_definitions().resolve_job_def(NIGHTLY).execute_in_process(instance=instance).success"
        )
    )
    runs = [subprocess.Popen(c, env=environment(home), stderr=subprocess.PIPE, text=True) for c in ([*NPLV, "run"], [sys.executable, "-c", launched])]
    complaints = [run.communicate()[1] for run in runs]
    assert runs[1].returncode == 0, complaints[1]  # launched by Dagster it waits for the writer before it
    if runs[0].returncode:  # typed by a person it is refused
        assert f"{home} is being written by Dagster run" in complaints[0].splitlines()[-1]
    assert damage(home) == left_overs(home) == []
    assert len(current.history(Home(home))) == 2
    assert {name: told for name, told in content(home).items() if not name.startswith("editions")} == {
        name: told for name, told in writes[1].items() if not name.startswith("editions")
    }


@pytest.mark.either
def test_a_folder_that_cannot_be_written_is_one_line_and_damages_nothing(due: Path, tmp_path: Path) -> None:
    home = copied(due, tmp_path / "home")
    before, folder = content(home), str(home / "published")
    bound = subprocess.run(["mount", "--bind", folder, folder], capture_output=True, check=False)
    if bound.returncode or subprocess.run(["mount", "-o", "remount,bind,ro", folder], capture_output=True, check=False).returncode:
        pytest.skip("a folder can be made read-only for this process by root only, so one that cannot be written cannot be played here")
    try:
        ended = subprocess.run([*NPLV, "run"], env=environment(home), capture_output=True, text=True, check=False)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
    assert ended.returncode == 1, ended.stderr
    complaint = ended.stderr.splitlines()[-1]
    assert complaint.startswith("nplv: ")
    assert "Read-only file system" in complaint or "read-only" in complaint
    assert "Traceback" not in ended.stderr
    assert content(home) == before
