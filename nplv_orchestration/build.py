"""Wires everything into one set of Dagster definitions, for the UI, the command line and the tests alike.

The only module here that imports `assets`. Loading it asks no network, writes nothing and imports nothing heavy.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from nplv_orchestration import alerts, attention, failure
from nplv_orchestration.errors import NplvError
from nplv_orchestration.inbox_sensor import inbox_sensor
from nplv_orchestration.manifest import Manifest, load_manifest
from nplv_orchestration.monitor import Monitor, open_monitor
from nplv_orchestration.progress import Progress, silent
from nplv_orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    import httpx

NIGHTLY, EDITION = "nightly_refresh", "annual_edition"
_PROCESS = "nplv/process"
WAIT = 1800.0  # seconds that a run launched by Dagster waits for the writer before it


def build_definitions(
    settings: Settings | None = None,
    *,
    progress: Progress = silent,
    wait: float = WAIT,
    transport: httpx.BaseTransport | None = None,
    day: date | None = None,
) -> dg.Definitions:
    """Fresh definitions. settings: default the environment's, read when a run begins; day: default the day on which that is."""
    from assets.edition import edition
    from assets.models import model_assets
    from assets.publication import publication_assets
    from assets.raw import raw_assets

    manifest = load_manifest()

    @dg.resource(description="What a run holds: the home under its lock, the archive, the publishers, the warehouse.")
    @contextmanager
    def monitor(context: dg.InitResourceContext) -> Iterator[Monitor]:
        settled, who = settings or load_settings(), f"Dagster run {context.run_id}"
        with open_monitor(settled, who, progress=progress, wait=wait, transport=transport, day=day) as opened:
            if context.instance:
                _end_killed_runs(context.instance, opened.died)
            try:
                yield opened
            finally:
                _alert(context, opened, manifest)

    edition_job = dg.define_asset_job(EDITION, selection=dg.AssetSelection.assets("edition"), description="Maakt de editie van een jaar.")
    nightly = dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets("edition"),
        description="Elke nacht: bronnen, modellen, controles, poort en publicatie.",
    )
    return dg.Definitions(
        assets=[*raw_assets(), model_assets(manifest), *publication_assets(manifest), edition],
        jobs=[nightly, edition_job],
        schedules=[
            dg.ScheduleDefinition(
                name=NIGHTLY,
                job=nightly,
                cron_schedule="30 4 * * *",  # outside the hour that the change of the clock skips or doubles
                execution_timezone="Europe/Amsterdam",
                default_status=dg.DefaultScheduleStatus.RUNNING,
            )
        ],
        sensors=[_edition_sensor(edition_job), inbox_sensor(nightly, settings)],
        resources={"monitor": monitor},
        executor=dg.in_process_executor,
    )


def process_tag() -> dict[str, str]:
    """The tag of a run that lives in this process, by which it is known when the process is gone."""
    return {_PROCESS: str(os.getpid())}


def _end_killed_runs(instance: dg.DagsterInstance, died: str) -> None:
    """A killed run cannot say that it ended; whoever has the lock after it does, so that it is not shown as going on.

    died: who held the lock; a run that was killed before it had it is known by its process.
    """
    going_on = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    for run in instance.get_runs(dg.RunsFilter(statuses=going_on)):
        if run.run_id in died or (_PROCESS in run.tags and not _lives(int(run.tags[_PROCESS]))):
            instance.report_run_failed(run, "De run werd afgebroken: het proces bestaat niet meer.")


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, which lives
        pass
    return True


def _alert(context: dg.InitResourceContext, monitor: Monitor, manifest: Manifest) -> None:
    """Tell what a person must do, at the end of a night however it ended; of an edition only that it failed. Runs by hand tell nothing: somebody is looking."""
    run = context.dagster_run
    if not context.instance or run is None or run.job_name not in (NIGHTLY, EDITION):
        return
    failed = [log.dagster_event for log in context.instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE) if log.dagster_event]
    causes = [attention.failed(failure.of(failed))] if failed else []
    try:
        if run.job_name == NIGHTLY:
            causes += [attention.killed(monitor.died)] if monitor.died else []
            causes += attention.causes(monitor, manifest)
        if causes:
            complete = run.job_name == NIGHTLY and not failed
            alerts.tell(causes, monitor.settings.alert_channel, monitor.home, monitor.today, is_demo=monitor.mode == "demo", complete=complete)
    except (NplvError, OSError) as error:  # the night stands as it is; that nobody could be told of it is told here
        (context.log or dg.get_dagster_logger()).critical(f"de melding kon niet worden verstuurd: {error}")


def _edition_sensor(job: dg.UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    @dg.asset_sensor(
        name="edition_after_publication",
        asset_key=dg.AssetKey("publication"),
        job=job,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Maakt na elke publicatie het concept van het nieuwste jaar met cijfers.",
    )
    def edition_after_publication(context: dg.SensorEvaluationContext, event: dg.EventLogEntry) -> dg.RunRequest | dg.SkipReason:
        materialization = event.asset_materialization
        year = materialization.metadata.get("nieuwste_jaar") if materialization else None
        if year is None or year.value is None:
            return dg.SkipReason("De publicatie heeft nog geen jaar met cijfers.")
        made = context.instance.get_latest_materialization_event(dg.AssetKey("edition"))
        if made and made.timestamp > event.timestamp and made.asset_materialization and made.asset_materialization.partition == str(year.value):
            return dg.SkipReason(f"De editie {year.value} is na deze publicatie al gemaakt.")
        return dg.RunRequest(run_key=event.run_id, partition_key=str(year.value))

    return edition_after_publication
