"""Whatever stops a run: one clear line, the exit status of the contract, and what was published stays as it was."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from pydantic import HttpUrl

from benchmarks.processes import NPLV
from nplv_orchestration.archive import Archive
from nplv_orchestration.edition.leaks import texts
from nplv_orchestration.errors import NplvError
from nplv_orchestration.history import dagster_home
from nplv_orchestration.home import Home
from nplv_orchestration.monitor import open_monitor
from nplv_orchestration.run import run_night
from nplv_orchestration.sums import problems
from tests.homes import copied
from tests.real import Night, environment_for, settings_for


def environment(url: str, home: Path, **more: str) -> dict[str, str]:
    return os.environ | environment_for(url, home) | more


def nplv(environ: dict[str, str], *words: str) -> tuple[int, list[str]]:
    """Run a command; its exit status, and the lines that it complained in."""
    ended = subprocess.run([*NPLV, *words], env=environ, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr.splitlines()


def content(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """All figures of the current version, read as an analyst reads them."""
    tables = ("marts.indicator_values", "marts.indicator_trends_by_year", "areas.focus_area_regions")
    with duckdb.connect(str((home / "published" / "current").resolve() / "intern" / "nplv.duckdb"), read_only=True) as connection:
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for table in tables}


@pytest.fixture(scope="module")
def undisturbed(night: Night, plausibly_restated: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    """What that release makes when nothing stops the run."""
    home = copied(night[0].home, tmp_path_factory.mktemp("undisturbed") / "home")
    run_night(settings_for(plausibly_restated, home), 2024)
    assert content(home) != content(night[0].home)
    return content(home)


@pytest.mark.parametrize("stage", ["modellen", "publicatie"])
def test_a_killed_run_leaves_all_as_it_was_and_the_next_goes_on_at_once(
    night: Night, home_of: Path, plausibly_restated: str, undisturbed: dict[str, list[tuple[object, ...]]], stage: str
) -> None:
    home = Home(home_of)
    before = content(home_of)
    run = subprocess.Popen([*NPLV, "run", "--edition", "2024"], env=environment(plausibly_restated, home_of), stderr=subprocess.PIPE, text=True)
    assert run.stderr
    for line in run.stderr:
        if line.strip() == stage:
            break
    run.kill()
    assert run.wait() == -9

    assert content(home_of) == before
    assert not problems(home.editions / "2024" / "current")

    assert run_night(settings_for(plausibly_restated, home_of), 2024).held == {}
    assert content(home_of) == undisturbed
    assert not [path for path in home_of.rglob(".draft*")]
    assert not problems(home.editions / "2024" / "current")
    dagster_home(settings_for(plausibly_restated, home_of))
    with dg.DagsterInstance.get() as instance:
        statuses = [run.status for run in instance.get_runs(limit=3)]
    assert statuses == [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]


def test_a_publisher_that_was_never_reached_fails_the_run(tmp_path: Path) -> None:
    status, lines = nplv(environment("http://127.0.0.1:9", tmp_path / "home"), "run")
    assert status == 1
    assert lines[-1].startswith("nplv: http://127.0.0.1:9/download/postcode/2018-cbs-pc6huisnr20180801_buurt.zip cannot be reached: ")
    assert "try again later (and " in lines[-1]
    assert not (tmp_path / "home" / "published").exists()
    told = subprocess.run([*NPLV, "doctor"], env=environment("http://127.0.0.1:9", tmp_path / "home"), capture_output=True, text=True, check=True)
    assert told.stdout.count(": unreachable since ") == 19  # each publisher's, not only the first
    home = Home(tmp_path / "home")
    assert Archive(home.archive).current("leefbaarometer") is None
    owed = r"^never asked, or never well answered: cbs_kwb_2018, .*cbs_addresses_2025; run the raw assets first$"
    with open_monitor(settings_for("http://127.0.0.1:9", home.root), "a test") as monitor, pytest.raises(NplvError, match=owed):
        monitor.states()


def test_a_publisher_that_is_down_is_told_and_its_last_version_used(night: Night, home_of: Path, publishers: str) -> None:
    before = content(home_of)
    settings = settings_for(publishers, home_of).model_copy(update={"leefbaarometer_url": HttpUrl("http://127.0.0.1:9")})
    outcome = run_night(settings, 2024)
    assert any(line.startswith("Leefbaarometer 3.0 meting 2024: niet bereikbaar; in gebruik is de versie van 20") for line in outcome.warnings)
    assert content(home_of)["areas.focus_area_regions"] == before["areas.focus_area_regions"]
    with duckdb.connect(str((home_of / "published" / "current").resolve() / "openbaar" / "nplv.duckdb"), read_only=True) as connection:
        told = connection.execute(
            "SELECT value, status, status_reason FROM marts.indicator_values WHERE indicator_id = 'lbm_zwak_aandeel' AND year = 2024 AND geo_level = 'nplv'"
        ).fetchone()
    assert told is not None
    assert round(told[0], 1) == 54.6
    assert told[1] == "definitief"
    assert "niet bereikbaar" in told[2]


def test_a_wrong_delivery_stops_nothing_and_no_cell_of_it_is_published(night: Night, home_of: Path, publishers: str) -> None:
    rows = "indicator;jaar;niveau;code;teller;noemer;status\narmoede_kinderen;2023;gebied;zaandam-oost;4321;77;Definitief\n"
    (home_of / "inbox" / "maatwerk_2023.csv").write_text(rows)
    outcome = run_night(settings_for(publishers, home_of), 2024)
    assert outcome.held == {}
    assert any(
        "rij 2, kolom teller (E): gevonden '4321', verwacht een aantal van 0 tot en met de noemer 77" in warning for warning in outcome.warnings
    )
    told = "CBS maatwerk: geweigerd, en er is geen eerdere versie"
    assert f"Kinderen in armoede: {told}" in outcome.missing
    public = (home_of / "published" / "current").resolve() / "openbaar"
    with duckdb.connect(str(public / "nplv.duckdb"), read_only=True) as connection:
        tables = [f"{schema}.{name}" for schema, name in connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()]
        everything = " ".join(str(connection.execute(f"SELECT * FROM {table}").fetchall()) for table in tables)
    for text in (everything, *(one.text for file in outcome.edition.iterdir() for one in texts(file))):
        assert not re.search(r"(?<!\w)4\.?321(?!\w)", text)
    assert told in everything
    assert content(home_of)["areas.focus_area_regions"] == content(night[0].home)["areas.focus_area_regions"]


@pytest.mark.parametrize(
    ("wrong", "words", "says"),
    [
        ({"NPLV_SOURCES": "lief"}, ["run"], "nplv: wrong setting: NPLV_SOURCES: Input should be 'demo' or 'live'"),
        ({"NPLV_CBS_URL": "cbs"}, ["run"], "nplv: wrong setting: NPLV_CBS_URL: "),
        ({"NPLV_WAREHOUSE": "mysql:x"}, ["run"], "nplv: NPLV_WAREHOUSE: 'mysql:' is not supported"),
        ({}, ["run", "--sources", "lief"], "nplv: wrong setting: --sources: Input should be 'demo' or 'live'"),
        ({}, ["run", "--edition", "1999"], "nplv: an edition 1999 cannot be made: editions are of 2018 to 2042"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_done(tmp_path: Path, wrong: dict[str, str], words: list[str], says: str) -> None:
    status, lines = nplv(environment("http://127.0.0.1:9", tmp_path / "home", **wrong), *words)
    assert status == 2
    assert len(lines) == 1
    assert lines[0].startswith(says)
    assert not (tmp_path / "home" / "published").exists()


def test_an_edition_of_a_year_without_figures_is_refused(home_of: Path, publishers: str) -> None:
    status, lines = nplv(environment(publishers, home_of), "run", "--edition", "2019")
    assert status == 2
    assert lines[-1] == "nplv: an edition 2019 cannot be made: years with figures are 2020 to 2024"
    assert [path.name for path in (home_of / "editions").iterdir()] == ["2024"]


def test_demo_data_never_enters_a_live_home(home_of: Path, publishers: str) -> None:
    status, lines = nplv(environment(publishers, home_of), "run", "--sources", "demo")
    assert status == 2
    assert lines[-1].endswith("holds live data and NPLV_SOURCES is demo; the two never mix: use another NPLV_HOME")


def test_two_runs_at_once_are_one_run_and_a_refusal(home_of: Path, publishers: str) -> None:
    with Home(home_of).writing("Dagster run of tonight"):
        status, lines = nplv(environment(publishers, home_of), "run")
    assert status == 1
    assert lines[-1].endswith(f"is being written by Dagster run of tonight (process {os.getpid()}); try again when it is done")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, to be made full; skipped where this process may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", str(folder)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("a small file system can be mounted by root only, so a full disk cannot be played here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("room", [0, 24 << 20])
def test_a_full_disk_is_one_line_and_damages_nothing(
    night: Night, small_disk: Path, plausibly_restated: str, undisturbed: dict[str, list[tuple[object, ...]]], room: int
) -> None:
    home = copied(night[0].home, small_disk / "home")
    before = content(home)
    free = os.statvfs(small_disk)
    filler = small_disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free.f_bavail * free.f_frsize - room, 1))
    status, lines = nplv(environment(plausibly_restated, home), "run", "--edition", "2024")
    assert status == 1
    assert lines[-1].startswith("nplv: ")
    assert any(word in lines[-1] for word in ("No space left", "full", "space"))
    assert not any(line.startswith("Traceback") for line in lines)
    assert content(home) == before
    assert not problems(home / "editions" / "2024" / "current")

    if room == 0:  # once is enough
        return
    filler.unlink()
    run_night(settings_for(plausibly_restated, home), 2024)
    assert content(home) == undisturbed
