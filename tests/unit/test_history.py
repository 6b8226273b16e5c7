"""Where Dagster keeps its history, and how a run of it reads."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml

from nplv_orchestration import history
from nplv_orchestration.nights import AMSTERDAM
from nplv_orchestration.services import LOCATION
from nplv_orchestration.settings import Settings

pytestmark = pytest.mark.usefixtures("dagster_home")


def test_its_settings_are_ours_until_somebody_makes_them_his(tmp_path: Path) -> None:
    history.dagster_home(Settings(home=tmp_path, run_hours=1.5, keep_runs=30))
    file = tmp_path / "dagster" / "dagster.yaml"
    told = yaml.safe_load(file.read_text())
    assert told["run_monitoring"]["max_runtime_seconds"] == 5400
    assert told["concurrency"]["runs"]["max_concurrent_runs"] == 1
    assert told["retention"]["schedule"]["purge_after_days"] == told["retention"]["sensor"]["purge_after_days"]["success"] == 30
    assert told["telemetry"] == {"enabled": False}
    assert os.environ["DAGSTER_HOME"] == str(tmp_path / "dagster")
    history.dagster_home(Settings(home=tmp_path, run_hours=1))
    assert yaml.safe_load(file.read_text())["run_monitoring"]["max_runtime_seconds"] == 3600
    own = file.read_text().split("\n", 1)[1].replace("3600", "7000")
    file.write_text(own)
    history.dagster_home(Settings(home=tmp_path, run_hours=1))
    assert file.read_text() == own


def test_dagster_takes_them(tmp_path: Path) -> None:
    with history.opened(Settings(home=tmp_path)) as instance:
        assert instance.run_monitoring_enabled and instance.run_monitoring_max_runtime_seconds == 7200
        assert type(instance.run_coordinator).__name__ == "QueuedRunCoordinator"
        queue = instance.get_concurrency_config().run_queue_config
        assert queue and (queue.max_concurrent_runs, queue.max_user_code_failure_retries) == (1, 10)
        assert not instance.telemetry_enabled


@dg.op
def fails() -> None:
    raise ValueError("no")


@dg.op
def works() -> None:
    pass


def test_how_a_run_ended(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for op in (works, fails):
            job = dg.GraphDefinition(name="night", node_defs=[op]).to_job()
            job.execute_in_process(instance=instance, raise_on_error=False, run_config=history.QUIET)
        for status in (dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELED, dg.DagsterRunStatus.FAILURE):
            instance.create_run_for_job(job, status=status)
        found = history.runs(instance, "night")
        assert [run.how for run in found] == ["afgebroken", "gestopt", "bezig", "wacht", "mislukt", "geslaagd"]
        now = datetime.now(AMSTERDAM)  # of another zone than the database, which is of UTC
        assert len(history.runs(instance, "night", now - timedelta(minutes=5))) == 6
        assert history.runs(instance, "night", now + timedelta(minutes=5)) == history.runs(instance, "day") == []
        assert len(history.runs(instance, "night", most=2)) == 2


def test_a_run_that_failed_before_its_first_step_says_why() -> None:
    @dg.resource
    def disk(_: dg.InitResourceContext) -> None:
        raise OSError(28, "No space left on device", "/home/night")

    @dg.op(required_resource_keys={"disk"})
    def writes() -> None:
        pass

    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.GraphDefinition(name="night", node_defs=[writes]).to_job(resource_defs={"disk": disk})
        job.execute_in_process(instance=instance, raise_on_error=False, run_config=history.QUIET)
        (found,) = history.runs(instance, "night")
    assert found.how == "mislukt bij begin"
    assert found.why == "OSError: OSError: [Errno 28] No space left on device: '/home/night'; what was published stays as it was"


def test_a_run_in_this_process_is_one_of_the_code_location_of_the_ui(tmp_path: Path) -> None:
    with history.opened(Settings(home=tmp_path)) as instance:
        for op in (works, fails):
            history.run_here(instance, dg.GraphDefinition(name=f"it_{op.name}", node_defs=[op]).to_job(config=history.QUIET))
        runs = {run.job_name: run for run in instance.get_runs()}
    assert {name: run.status.value for name, run in runs.items()} == {"it_works": "SUCCESS", "it_fails": "FAILURE"}
    for name, run in runs.items():
        assert run.remote_job_origin and run.remote_job_origin.job_name == name
        assert run.remote_job_origin.repository_origin.get_label() == f"__repository__@{LOCATION}"
        assert run.tags[history.PROCESS].startswith(f"{os.getpid()} ")


def test_a_run_whose_process_is_gone_is_ended_and_no_other(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.GraphDefinition(name="night", node_defs=[works]).to_job()
        here = history.process_tag()[history.PROCESS]
        assert len(here.split()) == 3, "the mark of Linux: process, start of the machine, start of the process"
        since_reboot = here.rpartition(" ")[0] + " 1"  # our number, given to a process of before
        tags: list[dict[str, str]] = [{history.PROCESS: here}, {history.PROCESS: str(2**22 + 1)}, {}, {}, {history.PROCESS: since_reboot}]
        runs = [instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED, tags=tag) for tag in tags]
        history.end_killed_runs(instance, None, f"Dagster run {runs[3].run_id} (process 1)")
        statuses = [found.status.value for run in runs if (found := instance.get_run_by_id(run.run_id))]
    assert statuses == ["STARTED", "FAILURE", "STARTED", "FAILURE", "FAILURE"]


def test_a_run_that_is_done_again_is_not_known_by_the_process_of_the_run_before(tmp_path: Path) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        job = dg.GraphDefinition(name="night", node_defs=[works]).to_job()
        gone = {history.PROCESS: str(2**22 + 1)}
        before = instance.create_run_for_job(job, status=dg.DagsterRunStatus.FAILURE, tags=gone)
        again = instance.create_run_for_job(
            job, status=dg.DagsterRunStatus.STARTING, tags=gone, parent_run_id=before.run_id, root_run_id=before.run_id
        )
        history.end_killed_runs(instance, None)
        assert instance.get_run_by_id(again.run_id).status == dg.DagsterRunStatus.STARTING  # type: ignore[union-attr]
        instance.add_run_tags(again.run_id, {history.PROCESS: str(2**22 + 2)})
        history.end_killed_runs(instance, None)
        assert instance.get_run_by_id(again.run_id).status == dg.DagsterRunStatus.FAILURE  # type: ignore[union-attr]
