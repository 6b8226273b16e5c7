"""What a data engineer does on the morning after: look how things stand, replay a day, roll back, check all that is kept, copy the home and put it back."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner

from benchmarks.processes import NPLV
from nplv_orchestration import cli, current, history, jobs
from nplv_orchestration.build import NIGHTLY, build_definitions
from nplv_orchestration.demo.calendar import START
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.replay import replay
from nplv_orchestration.settings import Settings
from nplv_orchestration.sums import problems
from tests.homes import copied
from tests.real import Night

SHOWN = "SELECT indicator_id, geo_level, series, year, value FROM marts.indicator_values ORDER BY ALL"


pytestmark = pytest.mark.usefixtures("dagster_home")


@pytest.fixture
def shell(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("NPLV_HOME", str(demo_home))
    return CliRunner()


def run_job(home: Path, name: str, config: dict[str, object] | None = None) -> tuple[bool, str]:
    """Run a job as the UI does; whether it went well, and the error of its first step that did not."""
    from nplv_orchestration import failure

    settings = Settings(home=home)
    with history.opened(settings) as instance:
        job = build_definitions(settings).resolve_job_def(name)
        result = job.execute_in_process(instance=instance, raise_on_error=False, run_config={**history.QUIET, **(config or {})})
        return result.success, "" if result.success else str(failure.of(result.all_events).error)


def figures(version: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(version / "openbaar" / "nplv.duckdb"), read_only=True) as connection:
        return connection.execute(SHOWN).fetchall()


# ------------------------------------------------------------------------------------------------------------ how things stand


def test_status_after_a_good_night(shell: CliRunner, demo_home: Path) -> None:
    told = shell.invoke(cli.app, ["status"])
    assert told.exit_code == 0, told.exception
    lines = told.stdout.splitlines()
    assert lines[0].startswith("Laatste nacht: geslaagd; begonnen op ") and "seconden; run " in lines[0]
    assert lines[1] == f"Gepubliceerd: versie {current.name(Home(demo_home))}"
    assert [line for line in lines if line.endswith(": geen")] == [
        "Vraagt om een mens: geen",
        "Verouderd of geweigerd: geen",
        "Te laat volgens de kalender van de uitgever: geen",
        "Inbox: geen",
    ]
    assert "Edities: 2025 r1: concept" in lines
    assert lines[-1].startswith("Volgende nacht: ") and "om 04.30 uur" in lines[-1]


def test_status_tells_what_waits_for_a_person_and_what_is_damaged(shell: CliRunner, demo_home: Path) -> None:
    (demo_home / "demo" / "inbox" / "maatwerk_nieuw.csv").write_text("a")
    state = demo_home / "archive" / "leefbaarometer" / "state.json"
    state.write_text(json.dumps(json.loads(state.read_text()) | {"state": "stale", "reason": "Leefbaarometer: niet bereikbaar", "is_down": True}))
    database = demo_home / "published" / "current" / "openbaar" / "nplv.duckdb"
    database.write_bytes(database.read_bytes() + b"x")
    told = shell.invoke(cli.app, ["status"])
    assert isinstance(told.exception, NplvError)
    assert "Verouderd of geweigerd: Leefbaarometer: niet bereikbaar (sinds " in told.stdout
    assert "Inbox: maatwerk_nieuw.csv wacht" in told.stdout
    assert "DE VERSIE IS VERANDERD: openbaar/nplv.duckdb was changed" in told.stdout


def test_status_of_a_night_that_failed_says_where_and_why(shell: CliRunner, demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise NplvError("the archive cannot be written; free space")

    with monkeypatch.context() as patch:
        patch.setattr("assets.raw.refresh", broken)
        assert not run_job(demo_home, NIGHTLY)[0]
    told = shell.invoke(cli.app, ["status"])
    assert isinstance(told.exception, NplvError)
    assert "Laatste nacht:\n  - mislukt; begonnen op " in told.stdout
    assert "  - bij raw__" in told.stdout and "the archive cannot be written; free space" in told.stdout
    assert "Vraagt om een mens: de run is mislukt bij raw" in told.stdout


def test_status_of_a_home_without_a_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_HOME", str(tmp_path / "new"))
    told = CliRunner().invoke(cli.app, ["status"])
    assert told.exit_code == 0
    assert "Laatste nacht: er was nog geen nacht: `nplv run` of `nplv ui` begint" in told.stdout
    assert not (tmp_path / "new").exists()


# ------------------------------------------------------------------------------------------------------------ replays


@pytest.fixture(scope="module")
def replayed(demo_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A replay of now, as the UI launches one."""
    home = copied(demo_night[0].home, tmp_path_factory.mktemp("replay") / "home")
    assert run_job(home, jobs.REPLAY, {"ops": {"make_replay": {"config": {"jaar": 2024}}}}) == (True, "")
    (made,) = (home / "replays").iterdir()
    return made


def test_a_replay_of_today_has_the_figures_that_are_published(replayed: Path, demo_night: Night) -> None:
    assert figures(replayed / "versie") == figures(demo_night[0].home / "published" / "current")
    assert not problems(replayed) and not problems(replayed / "versie") and not problems(replayed / "editie")
    told = json.loads((replayed / "herhaling.json").read_text())
    assert (told["of"], told["year"]) == ("all", 2024) and told["sources"]["cbs_kwb_2024"]


def test_a_replay_can_be_taken_for_no_edition(replayed: Path) -> None:
    from nplv_orchestration.edition.leaks import texts

    for name in (
        "voortgangsoverzicht.html",
        "voortgangsoverzicht.pdf",
        "voortgangsoverzicht.docx",
        "overzichtstabel.xlsx",
        "overzichtstabel.ods",
        "praatplaat.pdf",
    ):
        assert "dit is geen editie" in " ".join(" ".join(one.text for one in texts(replayed / "editie" / name)).split()), name
    assert "dit is geen editie" in json.loads((replayed / "editie" / "datapackage.json").read_text())["herhaling"]


def test_a_replay_of_one_source_takes_the_others_as_they_are(demo_home: Path, tmp_path: Path) -> None:
    """A later release of the police is in the archive; of before it the replay has the figures of then."""
    archive = demo_home / "archive" / "politie_misdrijven"
    first = json.loads((archive / "0001.json").read_text())
    with duckdb.connect() as connection:
        parquet = tmp_path / "later.parquet"
        connection.execute(f"COPY (SELECT * REPLACE (value + 1 AS value) FROM '{archive / first['sha256']}.parquet') TO '{parquet}' (FORMAT parquet)")
    from nplv_orchestration.sums import sha256

    later = first | {"sha256": sha256(parquet), "publisher_version": "later"}
    parquet.rename(archive / f"{later['sha256']}.parquet")
    yesterday = date.today() - timedelta(days=2)
    for file in demo_home.glob("archive/*/0001.json"):
        file.write_text(json.dumps(json.loads(file.read_text()) | {"fetched_at": f"{yesterday.isoformat()}T03:00:00+00:00"}))
    (archive / "0002.json").write_text(json.dumps(later))
    made = replay(Home(demo_home), Settings().configuration, START, yesterday, sources=["politie_misdrijven"], out=tmp_path / "then")
    assert figures(made.folder / "versie") == figures(demo_home / "published" / "current")
    assert (
        "HERHALING" in (made.folder / "editie" / "voortgangsoverzicht.html").read_text()
        and "van Politie 47018NED" in (made.folder / "editie" / "voortgangsoverzicht.html").read_text()
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--as-of", "1 september"], "--as-of: '1 september' is no day; write it as 2026-09-01"),
        (["--as-of", "2999-01-01"], "2999-01-01 is to come; a replay is of a day that was"),
        (["--as-of", "2020-01-01"], "holds nothing from before the end of 2020-01-01"),
        (["--source", "nothing"], "no table nothing; there are: focus_areas"),
        (["--source", "leefbaarometer"], "give the day of which these tables are to be"),
        (["--out", "."], "is there already; give a folder that is not"),
    ],
)
def test_a_replay_that_cannot_be_is_refused_in_one_line(shell: CliRunner, words: list[str], said: str) -> None:
    told = shell.invoke(cli.app, ["replay", *words])
    assert isinstance(told.exception, NplvError)
    assert said in str(told.exception)


# ------------------------------------------------------------------------------------------------------------ jobs of the UI


def test_the_weekly_check_makes_the_current_version_again(demo_home: Path) -> None:
    assert run_job(demo_home, jobs.DEEP_CHECK) == (True, "")
    with history.opened(Settings(home=demo_home)) as instance:
        run = instance.get_runs(dg.RunsFilter(job_name=jobs.DEEP_CHECK))[0]
        outputs = [log.dagster_event for log in instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_OUTPUT) if log.dagster_event]
    counted = {str(r.data["wat"]): r.data["aantal"] for r in outputs[0].step_output_data.metadata["bekeken"].records}  # type: ignore[union-attr]
    assert counted["opnieuw gemaakt"] == counted["gepubliceerde versies"] == counted["edities"] == "1"


def test_the_weekly_check_names_what_was_changed_and_tells_people(demo_home: Path) -> None:
    parquet = next((demo_home / "archive" / "leefbaarometer").glob("*.parquet"))
    parquet.write_bytes(parquet.read_bytes()[:-8] + b"12345678")
    went_well, error = run_job(demo_home, jobs.DEEP_CHECK)
    assert not went_well
    assert error.startswith("1 of what is kept is not as it was written: ") and f"{parquet} is not what its name says" in error
    told = "".join(path.read_text(encoding="utf-8") for path in (demo_home / "alerts").glob("*.md"))
    assert "de run is mislukt bij check_all" in told


def test_a_version_is_put_back_from_the_ui_with_a_name_and_a_reason(demo_home: Path) -> None:
    config = {"ops": {"put_back": {"config": {"versie": str(current.name(Home(demo_home))), "reden": "proef", "door": "A. Jansen"}}}}
    went_well, error = run_job(demo_home, jobs.ROLLBACK, config)
    assert not went_well and "is current already" in error
    config["ops"]["put_back"]["config"]["door"] = " "
    went_well, error = run_job(demo_home, jobs.ROLLBACK, config)
    assert not went_well and "who does it" in error


def test_a_replay_of_no_day_is_refused_in_the_ui(demo_home: Path) -> None:
    went_well, error = run_job(demo_home, jobs.REPLAY, {"ops": {"make_replay": {"config": {"dag": "gisteren"}}}})
    assert not went_well and "is no day" in error


# ------------------------------------------------------------------------------------------------------------ a copy, and back


def test_a_home_that_was_put_back_goes_on_as_if_nothing_had_been(
    shell: CliRunner, demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell.invoke(cli.app, ["backup", str(tmp_path / "copies")]).exit_code == 0
    monkeypatch.setenv("NPLV_HOME", str(tmp_path / "again"))
    told = shell.invoke(cli.app, ["restore", str(tmp_path / "copies")])
    assert told.exit_code == 0 and "staat terug in" in told.stdout
    assert shell.invoke(cli.app, ["verify"]).exit_code == 0
    assert shell.invoke(cli.app, ["status"]).exit_code == 0
    again = shell.invoke(cli.app, ["restore", str(tmp_path / "copies")])
    assert isinstance(again.exception, WrongCall)
    went_well, error = run_job(tmp_path / "again", NIGHTLY)
    assert went_well, error
    assert len(current.versions(Home(tmp_path / "again"))) == 1  # the same content: nothing new was published


def test_what_a_command_writes_is_for_its_user_and_group_alone(demo_home: Path, tmp_path: Path) -> None:
    environment = os.environ | {"NPLV_HOME": str(demo_home)}
    subprocess.run([*NPLV, "backup", str(tmp_path / "copies")], env=environment, check=True, umask=0o022)
    made = next((tmp_path / "copies").iterdir())
    assert not [path for path in [made, *made.iterdir()] if path.is_dir() and path.stat().st_mode & 0o007]
    assert not (made / "SHA256SUMS").stat().st_mode & 0o007
