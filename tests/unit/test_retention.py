"""What is old is removed, and what something rests on never."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import time_machine

from nplv_orchestration import history
from nplv_orchestration.archive import Archive
from nplv_orchestration.edition.life import Act, write
from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home
from nplv_orchestration.retention import tidy
from nplv_orchestration.settings import Settings
from tests.unit.test_archive import MANIFEST

DAY = 24 * 3600
TODAY = date(2027, 1, 20)


pytestmark = pytest.mark.usefixtures("dagster_home")


def old(path: Path, days: float, text: str = "x") -> Path:
    if path.suffix:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    else:
        path.mkdir(parents=True)
    os.utime(path, (time.time() - days * DAY,) * 2)
    return path


@dg.op
def works() -> None:
    pass


def test_runs_go_with_what_dagster_keeps_of_them(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, keep_runs=30)
    job = dg.GraphDefinition(name="night", node_defs=[works]).to_job()
    with history.opened(settings) as instance:
        first, going_on = (
            job.execute_in_process(instance=instance, run_config=history.QUIET).run_id,
            instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED).run_id,
        )
        assert tidy(Home(tmp_path), settings, instance, TODAY)["runs"] == 0
        with time_machine.travel(time.time() + 31 * DAY):
            assert tidy(Home(tmp_path), settings, instance, TODAY)["runs"] == 1
        assert [run.run_id for run in instance.get_runs()] == [going_on]
    assert not list((tmp_path / "dagster" / "history" / "runs").glob(f"{first}*"))


@dg.asset(check_specs=[dg.AssetCheckSpec(name, asset="table") for name in ("unique", "complete")])
def table() -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    yield dg.MaterializeResult()
    for name in ("unique", "complete"):
        yield dg.AssetCheckResult(check_name=name, passed=True)


def test_of_what_checks_found_the_last_outcome_of_each_stays(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, keep_runs=30)
    job = dg.Definitions(assets=[table], jobs=[dg.define_asset_job("night", config=history.QUIET)]).resolve_job_def("night")
    with history.opened(settings) as instance:
        runs = [job.execute_in_process(instance=instance).run_id for _ in range(3)]

        def found() -> dict[str, list[str]]:
            keys = [dg.AssetCheckKey(dg.AssetKey("table"), name) for name in ("unique", "complete")]
            return {key.name: [one.run_id for one in instance.event_log_storage.get_asset_check_execution_history(key, limit=9)] for key in keys}

        tidy(Home(tmp_path), settings, instance, TODAY)
        assert found() == {"unique": runs[::-1], "complete": runs[::-1]}
        with time_machine.travel(time.time() + 31 * DAY):
            assert tidy(Home(tmp_path), settings, instance, TODAY)["runs"] == 3
        assert found() == {"unique": runs[-1:], "complete": runs[-1:]}


def test_output_messages_and_replays_go_when_they_are_old(tmp_path: Path) -> None:
    settings, home, day = Settings(home=tmp_path, keep_logs=10), Home(tmp_path), TODAY
    for name in ("2027-01-09.md", "2027-01-10.md", "told.json"):
        old(home.alerts / name, 0)
    job = dg.GraphDefinition(name="night", node_defs=[works]).to_job()
    with history.opened(settings) as instance:
        run = job.execute_in_process(instance=instance, run_config=history.QUIET).run_id
        output = (
            old(home.dagster / "storage" / run / "compute_logs", 0).parent
            if not (home.dagster / "storage" / run).exists()
            else home.dagster / "storage" / run
        )
        now = datetime.now(UTC)
        for days, name in ((1, "a"), (30, "b")):
            old(home.replays / f"{now - timedelta(days=days):%Y%m%dT%H%M%S}-{name}", 0)
        old(home.replays / "mine", 99)
        removed = tidy(home, settings, instance, day)
        assert removed == {"runs": 0, "uitvoer van runs": 0, "berichten": 1, "herhalingen": 1, "concepten": 0}
        with time_machine.travel(now + timedelta(days=11)):
            removed = tidy(home, settings, instance, day)
        assert removed == {"runs": 0, "uitvoer van runs": 1, "berichten": 0, "herhalingen": 1, "concepten": 0}
    assert not output.exists()
    assert sorted(path.name for path in home.alerts.iterdir()) == ["2027-01-10.md", "told.json"]
    assert [path.name for path in home.replays.iterdir()] == ["mine"]


def test_a_concept_goes_only_when_nobody_did_anything_with_it(tmp_path: Path) -> None:
    settings, home = Settings(home=tmp_path, keep_concepts=30), Home(tmp_path)
    for year in ("2021", "2022", "2023"):
        old(home.editions / year / "r1", 29 if year == "2023" else 31)
    write(home.editions / "2022", Act("2026-01-01T00:00:00+00:00", "opmerking", 1, "A. Jansen", text="kijk hier"))
    with dg.DagsterInstance.ephemeral() as instance:
        assert tidy(home, Settings(home=tmp_path), instance, TODAY)["concepten"] == 0
        assert tidy(home, settings, instance, TODAY)["concepten"] == 1
    assert sorted(path.name for path in home.editions.iterdir()) == ["2022", "2023"]


def test_an_archived_version_goes_when_it_is_old_and_nothing_rests_on_it(tmp_path: Path) -> None:
    settings, home = Settings(home=tmp_path, keep_archive=30), Home(tmp_path)
    archive = Archive(home.archive)
    ages = {b"used": 60, b"old": 50, b"young": 20, b"current": 90}
    stored = {}
    for content, days in ages.items():
        draft = archive.draft("t")
        draft.write_bytes(content)
        moment = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - timedelta(days=days).total_seconds()))
        stored[content] = archive.store(draft, replace(MANIFEST, fetched_at=moment))
    edition = home.editions / "2025" / "r1"
    edition.mkdir(parents=True)
    (edition / "provenance.json").write_text(json.dumps({"sources": [{"sha256": stored[b"used"].sha256}]}))
    with dg.DagsterInstance.ephemeral() as instance:
        assert "archiefversies" not in tidy(home, Settings(home=tmp_path), instance, TODAY)
        assert tidy(home, settings, instance, TODAY)["archiefversies"] == 1
        assert [content for content, one in stored.items() if archive.path(one).exists()] == [b"used", b"young", b"current"]
        (edition / "provenance.json").write_text("{")
        with pytest.raises(NplvError, match="cannot be read, so nothing was removed"):
            tidy(home, settings, instance, TODAY)
