"""The gate on whole runs: what fails, was never judged, or is not what was judged, is held; and only that."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from typer.testing import CliRunner

from nplv_orchestration import cli
from nplv_orchestration.build import EDITION, build_definitions
from nplv_orchestration.errors import NplvError
from nplv_orchestration.history import dagster_home
from nplv_orchestration.home import Home
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.run import run_night
from nplv_orchestration.settings import Settings
from nplv_orchestration.sums import seal
from nplv_orchestration.warehouse import connect
from tests.homes import kept
from tests.real import Night, environment_for, settings_for

BEHIND_THE_GATE = ["gate", *(node.relation.replace(".", "/") for node in load_manifest().derived), "publication"]


def launch(settings: Settings, *assets: str) -> dg.ExecuteInProcessResult:
    """Launch assets alone, as a person does in the UI."""
    job = build_definitions(settings).resolve_implicit_global_asset_job_def()
    dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        keys = [dg.AssetKey(name.split("/")) for name in assets]
        return job.execute_in_process(instance=instance, asset_selection=keys, raise_on_error=False)


def failure(result: dg.ExecuteInProcessResult) -> str:
    """What made a run fail."""
    assert not result.success
    errors = [getattr(event.event_specific_data, "error", None) for event in result.all_events]
    return " ".join(str(error) for error in errors if error)


@contextmanager
def warehouse(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    with connect(settings) as connection:
        yield connection


def published(settings: Settings) -> dict[str, set[str]]:
    """What is current: for each indicator the statuses of its totals of the areas."""
    with duckdb.connect(str(Home.of(settings).current.resolve() / "openbaar" / "nplv.duckdb"), read_only=True) as connection:
        rows = connection.execute("SELECT indicator_id, status FROM marts.indicator_values WHERE geo_level = 'nplv'").fetchall()
    statuses: dict[str, set[str]] = {}
    for indicator, status in rows:
        statuses.setdefault(indicator, set()).add(status)
    return statuses


def held(settings: Settings) -> set[str]:
    return {indicator for indicator, statuses in published(settings).items() if "niet_bijgewerkt" in statuses}


def figures(settings: Settings, indicator: str) -> list[tuple[object, ...]]:
    query = "SELECT geo_level, geo_code, year, value, numerator FROM marts.indicator_values WHERE indicator_id = ? ORDER BY ALL"
    with duckdb.connect(str(Home.of(settings).current.resolve() / "intern" / "nplv.duckdb"), read_only=True) as connection:
        return connection.execute(query, [indicator]).fetchall()


def test_a_failed_check_holds_its_mart_and_no_other(night: Night, home_of: Path, restated: str) -> None:
    before = figures(night[0], "misdrijven")
    settings = settings_for(restated, home_of)
    outcome = run_night(settings, 2024)
    assert set(outcome.held) == {"misdrijven"}
    assert outcome.held["misdrijven"] == [
        "controle parts_add_up_mart_misdrijven_ op marts.mart_misdrijven is niet geslaagd",
        "controle national_agrees_with_built_mart_misdrijven_ op marts.mart_misdrijven is niet geslaagd",
        *(f"controle {check} op marts.mart_misdrijven is niet geslaagd" for check in ("plausibel", "herziening_groot")),
    ]
    assert outcome.version != night[1].version
    assert held(settings) == {"misdrijven"}
    assert figures(settings, "misdrijven") == before
    page = (outcome.edition / "voortgangsoverzicht.html").read_text(encoding="utf-8")
    assert f"niet bijgewerkt: {outcome.held['misdrijven'][0]}" in page

    # a person who launches the last assets alone gets no further than the night did
    version = Home.of(settings).current.resolve()
    assert launch(settings, "publication").success
    shutil.rmtree(home_of / "dagster")  # nor when Dagster has forgotten everything
    assert launch(settings, *BEHIND_THE_GATE).success
    assert Home.of(settings).current.resolve() == version
    assert figures(settings, "misdrijven") == before


def test_a_check_that_never_ran_holds_its_mart_and_no_other(night: Night, home_of: Path, publishers: str) -> None:
    settings = settings_for(publishers, home_of)
    with warehouse(settings) as connection:
        connection.execute("DELETE FROM quality.evidence WHERE check_name = 'sprong' AND node = 'marts.mart_inkomen'")
    version = Home.of(settings).current.resolve()
    assert "what was released is not what the gate decides now" in failure(launch(settings, "publication"))
    assert Home.of(settings).current.resolve() == version

    assert launch(settings, *BEHIND_THE_GATE).success
    assert held(settings) == {"inkomen"}

    # in a scheduled run the check is run again, and passes
    assert run_night(settings, 2024).held == {}
    assert held(settings) == set()
    assert figures(settings, "inkomen") == figures(night[0], "inkomen")


def test_content_that_was_never_judged_holds_its_mart_and_no_other(night: Night, home_of: Path, publishers: str) -> None:
    settings = settings_for(publishers, home_of)
    with warehouse(settings) as connection:
        connection.execute("UPDATE marts.mart_inkomen SET value = value + 1 WHERE value IS NOT NULL")
    assert "what was released is not what the gate decides now" in failure(launch(settings, "publication"))
    assert launch(settings, *BEHIND_THE_GATE).success
    assert held(settings) == {"inkomen"}
    assert figures(settings, "inkomen") == figures(night[0], "inkomen")

    # the night sees that the table is not what was built, and builds it again
    assert run_night(settings, 2024).held == {}
    assert figures(settings, "inkomen") == figures(night[0], "inkomen")


def test_models_built_without_their_checks_are_held(night: Night, home_of: Path, restated: str) -> None:
    settings = settings_for(restated, home_of)
    job = build_definitions(settings).resolve_implicit_global_asset_job_def()
    dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        assert job.execute_in_process(instance=instance, asset_selection=[dg.AssetKey(["raw", "politie_misdrijven"])]).success
        marts = [dg.AssetKey(["staging", "stg_politie__misdrijven"]), dg.AssetKey(["intermediate", "int_misdrijven"])]
        marts += [dg.AssetKey(["marts", "mart_misdrijven"]), dg.AssetKey(["marts", "mart_misdrijven_hic"])]
        job = build_definitions(settings).resolve_implicit_global_asset_job_def()
        selection = dg.AssetSelection.assets(*marts).without_checks()
        unchecked = dg.define_asset_job("unchecked", selection=selection)
        definitions = dg.Definitions.merge(build_definitions(settings), dg.Definitions(jobs=[unchecked]))
        assert definitions.resolve_job_def("unchecked").execute_in_process(instance=instance).success
    before = figures(night[0], "misdrijven")
    assert launch(settings, *BEHIND_THE_GATE).success
    assert held(settings) == {"misdrijven"}
    assert figures(settings, "misdrijven") == before


def test_the_gate_on_a_new_home_publishes_nothing(tmp_path: Path, publishers: str) -> None:
    settings = settings_for(publishers, tmp_path / "home")
    for assets in (["gate"], ["publication"], BEHIND_THE_GATE):
        assert "nothing is published: all figures rest on what does not hold" in failure(launch(settings, *assets))
    assert not Home.of(settings).published.exists()


def test_what_a_check_found_before_it_was_changed_is_no_evidence(home_of: Path, publishers: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(publishers, home_of)
    monkeypatch.setattr("nplv_orchestration.evidence.project_fingerprint", lambda: "the band of one indicator became narrower")
    assert "nothing is published: all figures rest on what does not hold" in failure(launch(settings, "publication"))


def test_what_all_rest_on_stops_everything(home_of: Path, publishers: str) -> None:
    settings = settings_for(publishers, home_of)
    version = Home.of(settings).current.resolve()
    with warehouse(settings) as connection:
        connection.execute("DELETE FROM areas.focus_area_regions WHERE area_id = 'delft-west'")
    for assets in (["publication"], ["gate"], BEHIND_THE_GATE):
        assert "nothing is published: all figures rest on what does not hold" in failure(launch(settings, *assets))
    assert Home.of(settings).current.resolve() == version


def test_derived_tables_that_were_changed_are_not_published(home_of: Path, publishers: str) -> None:
    settings = settings_for(publishers, home_of)
    with warehouse(settings) as connection:
        connection.execute("UPDATE publication.indicator_trends_by_year SET verdict = 'verbeterd'")
    assert "what was derived does not follow from what the gate released" in failure(launch(settings, "publication"))


def test_an_old_mart_beside_a_new_source_is_held(night: Night, home_of: Path, restated: str) -> None:
    settings = settings_for(restated, home_of)
    before = figures(night[0], "misdrijven")
    assert launch(settings, "raw/politie_misdrijven", "staging/stg_politie__misdrijven").success
    assert launch(settings, *BEHIND_THE_GATE).success
    assert held(settings) == {"misdrijven"}
    assert figures(settings, "misdrijven") == before


def test_trends_of_other_rows_are_not_published(home_of: Path, publishers: str) -> None:
    settings = settings_for(publishers, home_of)
    with warehouse(settings) as connection:
        connection.execute("DELETE FROM quality.evidence WHERE check_name = 'sprong' AND node = 'marts.mart_inkomen'")
    assert launch(settings, "gate").success
    assert "what was derived does not follow from what the gate released" in failure(launch(settings, "publication"))
    assert launch(settings, *BEHIND_THE_GATE[1:]).success
    assert held(settings) == {"inkomen"}


def test_a_check_that_was_deselected_holds_its_mart_and_no_other(night: Night, home_of: Path, plausibly_restated: str) -> None:
    settings = settings_for(plausibly_restated, home_of)
    definitions = build_definitions(settings)
    everything = dg.AssetSelection.all() - dg.AssetSelection.assets("edition")
    deselected = dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey(["marts", "mart_misdrijven"]), "verwachtingen"))
    job = dg.define_asset_job("without_one_check", selection=everything - deselected)
    definitions = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job]))
    dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        assert definitions.resolve_job_def("without_one_check").execute_in_process(instance=instance).success
    assert held(settings) == {"misdrijven"}
    assert figures(settings, "misdrijven") == figures(night[0], "misdrijven")


def test_an_edition_that_is_launched_alone_after_a_failed_check_tells_what_was_published(home_of: Path, restated: str) -> None:
    settings = settings_for(restated, home_of)
    sums = (home_of / "editions" / "2024" / "current" / "SHA256SUMS").read_bytes()
    job = dg.define_asset_job("before_the_gate", selection=dg.AssetSelection.groups("raw", "staging", "fysiek", "sociaal", "veiligheid"))
    definitions = dg.Definitions.merge(build_definitions(settings), dg.Definitions(jobs=[job]))
    dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        judged = definitions.resolve_job_def("before_the_gate").execute_in_process(instance=instance)
        assert not all(check.passed for check in judged.get_asset_check_evaluations() if check.asset_key.path[-1] == "mart_misdrijven")
        assert definitions.resolve_job_def(EDITION).execute_in_process(instance=instance, partition_key="2024").success
    assert (home_of / "editions" / "2024" / "current" / "SHA256SUMS").read_bytes() == sums


def test_a_published_file_that_was_changed_stops_the_next_run_and_the_edition(home_of: Path, publishers: str) -> None:
    settings = settings_for(publishers, home_of)
    version = Home.of(settings).current.resolve()
    with duckdb.connect(str(version / "openbaar" / "nplv.duckdb")) as connection:
        connection.execute("UPDATE marts.indicator_values SET value = value - 5 WHERE indicator_id = 'misdrijven'")
    kept(home_of)
    said = (
        f"the published version {version.name} was changed after it was published: openbaar/nplv.duckdb was changed; put back one that is as it was"
    )
    with pytest.raises(NplvError, match=said):
        run_night(settings, 2024)
    for assets in (["gate"], ["publication"]):
        assert said in failure(launch(settings, *assets))
    dagster_home(settings)
    with dg.DagsterInstance.get() as instance:
        made = build_definitions(settings).resolve_job_def(EDITION).execute_in_process(instance=instance, partition_key="2024", raise_on_error=False)
    assert f"version {version.name}, on which edition 2024 rests, was changed: openbaar/nplv.duckdb was changed" in failure(made)
    shell = CliRunner(env=environment_for(publishers, home_of))
    told = shell.invoke(cli.app, ["verify"])
    assert isinstance(told.exception, NplvError)
    assert f"{version}: openbaar/nplv.duckdb was changed" in told.stdout

    # a list of hashes that was changed with the file is found out by the history
    seal(version)
    kept(home_of)
    assert "its SHA256SUMS is not the one that was published" in failure(launch(settings, "publication"))


@pytest.mark.parametrize("table", ["release.indicator_values", "release.mart_inkomen"])
def test_what_was_released_cannot_be_changed_after_the_gate(home_of: Path, publishers: str, table: str) -> None:
    settings = settings_for(publishers, home_of)
    with warehouse(settings) as connection:
        connection.execute(f"UPDATE {table} SET value = value + 1 WHERE indicator_id = 'inkomen'")
    assert "what was released is not what the gate decides now" in failure(launch(settings, "publication"))
