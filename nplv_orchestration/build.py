"""Wires everything into one set of Dagster definitions, for the UI, the command line and the tests alike.

The only module here that imports `assets`. Loading it asks no network, writes nothing and imports nothing heavy.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import dagster as dg

from nplv_orchestration import alerts, attention, failure, history, jobs, nights, retention
from nplv_orchestration.configuration import Configuration
from nplv_orchestration.errors import NplvError
from nplv_orchestration.inbox_sensor import inbox_sensor
from nplv_orchestration.manifest import Manifest, load_manifest
from nplv_orchestration.monitor import Monitor, open_monitor
from nplv_orchestration.night_watch import WHY, night_watch
from nplv_orchestration.progress import Progress, silent
from nplv_orchestration.settings import Settings, load_settings

if TYPE_CHECKING:
    import httpx

NIGHTLY, EDITION = "nightly_refresh", "annual_edition"
ATTENTION = "nplv/aandacht"  # the tag of a run that found something for a person to see to
_TOLD = (NIGHTLY, EDITION, jobs.DEEP_CHECK)
WAIT = 1800.0  # seconds that a run launched by Dagster waits for the writer before it


def build_definitions(
    settings: Settings | None = None,
    *,
    progress: Progress = silent,
    wait: float = WAIT,
    transport: httpx.BaseTransport | None = None,
    day: date | None = None,
    programme: str | None = None,
    configuration: Configuration | None = None,
) -> dg.Definitions:
    """Fresh definitions of one programme. settings: default the environment's, read when a run begins; day: default the day on which that is.

    programme: its id, where that goes before the setting; configuration: default what its folder says, also when a run begins.
    """
    from assets.edition import edition_asset
    from assets.models import model_assets
    from assets.publication import publication_assets
    from assets.raw import raw_assets

    read = partial(load_settings, programme=programme)
    now = settings or read()
    manifest = load_manifest(configuration or now.configuration, now.label)
    tags = {history.PROGRAMME: now.programme_id}

    def key(name: str) -> dg.AssetKey:
        return dg.AssetKey(manifest.key(name))

    @dg.resource(description="What a run holds: the home under its lock, the archive, the publishers, the warehouse.")
    @contextmanager
    def monitor(context: dg.InitResourceContext) -> Iterator[Monitor]:
        settled, who = settings or read(), f"Dagster run {context.run_id}"
        if settled.deployment and context.instance and context.dagster_run:
            history.shows_life(context.instance, context.dagster_run.run_id, settled.deployment)
        with open_monitor(settled, who, progress=progress, wait=wait, transport=transport, day=day, configuration=configuration) as opened:
            if context.instance and context.dagster_run:
                history.end_killed_runs(context.instance, settled.deployment, opened.died)
                process = {} if settled.deployment else history.process_tag()
                context.instance.add_run_tags(context.dagster_run.run_id, _own(context.dagster_run) | process)
            try:
                yield opened
            finally:
                _end(context, opened, manifest)

    edition_job = dg.define_asset_job(
        EDITION, selection=dg.AssetSelection.assets(key("edition")), description="Maakt de editie van een jaar.", config=history.QUIET, tags=tags
    )
    nightly = dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(key("edition")),
        description="Elke nacht: bronnen, modellen, controles, poort en publicatie.",
        config=history.QUIET,
        tags=tags,
    )
    deep_check, *others = (graph.to_job(tags=tags) for graph in jobs.GRAPHS)
    mine = (lambda: settings) if settings else read
    return dg.Definitions(
        assets=[*raw_assets(manifest), model_assets(manifest), *publication_assets(manifest), edition_asset(manifest)],
        jobs=[nightly, edition_job, deep_check, *others],
        schedules=[_schedule(nightly, nights.CRON), _schedule(deep_check, "30 13 * * 0")],
        sensors=[_edition_sensor(edition_job, key("publication"), key("edition")), inbox_sensor(nightly, mine), night_watch(nightly, mine)],
        resources={"monitor": monitor},
        executor=dg.in_process_executor,
    )


def _own(run: dg.DagsterRun) -> dict[str, str]:
    """What a run that somebody does again tells of itself, in place of what the run before it told: Dagster gives it the same tags."""
    own = {ATTENTION: "niets", WHY: "opnieuw gedaan"} if run.parent_run_id else {}
    return {tag: told for tag, told in own.items() if tag in run.tags}


def _end(context: dg.InitResourceContext, monitor: Monitor, manifest: Manifest) -> None:
    """The end of a run, however it ended: tell what a person must do, and after a night remove what is old. The run stands as it is, so what goes wrong here is logged."""
    run, log = context.dagster_run, context.log or dg.get_dagster_logger()
    if not context.instance or run is None or run.job_name not in _TOLD:  # what is run by hand tells nothing: somebody is looking
        return
    if (why := run.tags.get(WHY)) and not run.parent_run_id:
        log.warning(f"begonnen door night_watch: {why}")  # at the end of the log, where people look
    try:
        _alert(context.instance, run, monitor, manifest, log)
    except (NplvError, OSError) as error:
        log.critical(f"de melding kon niet worden verstuurd: {error}")
    if run.job_name == NIGHTLY:
        try:
            removed = retention.tidy(monitor.home, monitor.settings, context.instance, monitor.today)
            log.info(f"opgeruimd: {', '.join(f'{count} {what}' for what, count in removed.items() if count) or 'niets'}")
        except (NplvError, OSError) as error:
            log.critical(f"wat oud is, kon niet worden opgeruimd: {error}")


def _alert(instance: dg.DagsterInstance, run: dg.DagsterRun, monitor: Monitor, manifest: Manifest, log: logging.Logger) -> None:
    """Of a night all that asks for a person, of another job only that it failed: in the log of the run, counted beside it in the list of runs, and told once."""
    failed = history.failures(instance, run.run_id)
    causes = [attention.failed(failure.of(failed))] if failed else []
    if run.job_name == NIGHTLY:
        causes += [attention.killed(monitor.died)] if monitor.died else []
        causes += attention.causes(monitor, manifest)
    for cause in causes:
        log.warning(f"{cause.kind}: {cause.text}. Te doen: {cause.todo}.")
    if counted := Counter(cause.kind for cause in causes):
        instance.add_run_tags(run.run_id, {ATTENTION: ", ".join(f"{kind} {count}" for kind, count in counted.items())})
    complete = run.job_name == NIGHTLY and not failed  # a night in which nothing asks for a person says so too: what was told before is solved
    if causes or complete:
        alerts.tell(
            causes,
            monitor.settings.alert_channel,
            monitor.home,
            monitor.today,
            of=monitor.configuration.monitor_nl,
            is_demo=monitor.mode == "demo",
            complete=complete,
        )


def _schedule(job: dg.JobDefinition | dg.UnresolvedAssetJobDefinition, cron: str) -> dg.ScheduleDefinition:
    """The schedule of a job, of its name and in Amsterdam's time."""
    return dg.ScheduleDefinition(
        name=job.name, job=job, cron_schedule=cron, execution_timezone=str(nights.AMSTERDAM), default_status=dg.DefaultScheduleStatus.RUNNING
    )


def _edition_sensor(job: dg.UnresolvedAssetJobDefinition, publication: dg.AssetKey, edition: dg.AssetKey) -> dg.SensorDefinition:
    @dg.asset_sensor(
        name="edition_after_publication",
        asset_key=publication,
        job=job,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Maakt na elke publicatie het concept van het nieuwste jaar met cijfers.",
    )
    def edition_after_publication(context: dg.SensorEvaluationContext, event: dg.EventLogEntry) -> dg.RunRequest | dg.SkipReason:
        materialization = event.asset_materialization
        year = materialization.metadata.get("nieuwste_jaar") if materialization else None
        if year is None or year.value is None:
            return dg.SkipReason("De publicatie heeft nog geen jaar met cijfers.")
        made = context.instance.get_latest_materialization_event(edition)
        if made and made.timestamp > event.timestamp and made.asset_materialization and made.asset_materialization.partition == str(year.value):
            return dg.SkipReason(f"De editie {year.value} is na deze publicatie al gemaakt.")
        return dg.RunRequest(run_key=event.run_id, partition_key=str(year.value))

    return edition_after_publication
