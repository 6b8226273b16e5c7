"""Dagster's history of a home: where it lies, how Dagster keeps it, and what it tells of runs.

What follows from how a night went is decided in `nights`; what is removed of the history when it is old, in `retention`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from nplv_orchestration import failure
from nplv_orchestration.errors import NplvError
from nplv_orchestration.failure import Failure
from nplv_orchestration.home import Home, write_atomically
from nplv_orchestration.services import LOCATION
from nplv_orchestration.settings import Deployment, Settings

if TYPE_CHECKING:
    import dagster as dg

How = Literal["wacht", "bezig", "geslaagd", "mislukt", "mislukt bij begin", "afgebroken", "gestopt"]

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
"""The configuration of a run that tells nothing on the terminal; the history has it all."""
PROCESS = ".dagster/nplv_process"
"""The tag with the process of a run; one with this prefix is not shown in the UI."""
MACHINE = "nplv/machine"
"""The tag with the name of the machine that does a run, where there are several."""
PROGRAMME = "nplv/programma"
"""The tag with the id of the programme of a run."""
GONE = "De run werd afgebroken: het proces bestaat niet meer."
_LOCK = "lock "  # how that tag begins of a run that may be on another machine; then its id
_OURS = "# Written by nplv from its settings, each time that it starts. Take this line out, and the file stays as you change it.\n"
# Only one run at a time is taken from the queue, where it stays while the code server is started again; whoever comes around it waits for the lock of the home.
# A look of a sensor that found nothing is of no use a week later.
_CONFIG = """storage:
  custom:
    module: nplv_orchestration.history_storage
    class: HistoryStorage
    config:
      base_dir:
        env: DAGSTER_HOME
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
run_queue:
  max_user_code_failure_retries: 10
  user_code_failure_retry_delay: 10
run_monitoring:
  enabled: true
  poll_interval_seconds: 30
  start_timeout_seconds: 300
  max_runtime_seconds: {seconds}
retention:
  schedule:
    purge_after_days: {days}
  sensor:
    purge_after_days: {{skipped: 7, failure: {days}, success: {days}}}
"""


@dataclass(frozen=True)
class Past:
    """A run as the history has it. how: mislukt bij begin when it failed before its first step, as on a full disk; afgebroken when its process died, gestopt when somebody stopped it; begun: when it was asked for; ended: None while it goes on; failed: what made it fail."""

    run_id: str
    how: How
    begun: datetime
    ended: datetime | None
    failed: Failure | None = None

    @property
    def why(self) -> str:
        """In a line, why it did not begin; empty when it did."""
        return str(self.failed.error) if self.failed and self.how == "mislukt bij begin" else ""


def dagster_home(settings: Settings) -> None:
    """Let Dagster keep its history in the home of these settings; without a place it would forget everything on exit.

    In a deployment Dagster's own variable DAGSTER_HOME names the folder with its settings, which stay as they are.
    """
    if settings.deployment and os.environ.get("DAGSTER_HOME"):
        return
    home = Home.of(settings)
    home.dagster.mkdir(parents=True, exist_ok=True)
    config = home.dagster / "dagster.yaml"
    text = _OURS + _CONFIG.format(seconds=round(settings.run_hours * 3600), days=settings.keep_runs)
    if not config.exists() or (text != (now := config.read_text(encoding="utf-8")) and now.startswith(_OURS)):
        write_atomically(config, text.encode())
    os.environ["DAGSTER_HOME"] = str(home.dagster)


@contextmanager
def opened(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Dagster's history of a home. Raises NplvError when it cannot be kept, as on a full disk."""
    import dagster as dg
    from sqlalchemy.exc import DBAPIError

    dagster_home(settings)
    try:
        with dg.DagsterInstance.get() as instance:
            yield instance
    except DBAPIError as error:
        todo = "see to its PostgreSQL" if settings.deployment else "free space there"
        raise NplvError(f"Dagster's history of {os.environ['DAGSTER_HOME']} cannot be kept: {error.orig}; {todo} and run again") from error


def run_here(
    instance: dg.DagsterInstance, job: dg.JobDefinition, partition_key: str | None = None, location: str = LOCATION
) -> dg.ExecuteInProcessResult:
    """Run a job in this process, and give how it ended; it raises nothing. In the history it is a run of the code location of the UI, which shows it in its timeline and can do it again."""
    import dagster as dg
    from dagster._core.definitions.repository_definition import SINGLETON_REPOSITORY_NAME
    from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin

    origin = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(location), SINGLETON_REPOSITORY_NAME).get_job_origin(job.name)
    # `execute_in_process` has no word for it, and creates its run by this method.
    vars(instance)["create_run_for_job"] = partial(dg.DagsterInstance.create_run_for_job, instance, remote_job_origin=origin)
    return job.execute_in_process(instance=instance, raise_on_error=False, partition_key=partition_key, tags=process_tag())


def process_tag() -> dict[str, str]:
    """The tag of a run that lives in this process, by which it is known when the process is gone."""
    return {PROCESS: f"{os.getpid()} {_since(os.getpid())}".rstrip()}


def shows_life(instance: dg.DagsterInstance, run_id: str, deployment: Deployment) -> None:
    """From here on it is known on all machines whether this run lives, whatever it waits for."""
    from nplv_orchestration.shared import postgres

    postgres.live(deployment, run_id)
    instance.add_run_tags(run_id, {PROCESS: f"{_LOCK}{run_id}", MACHINE: socket.gethostname()})


def lives(instance: dg.DagsterInstance, run: dg.DagsterRun, deployment: Deployment | None) -> bool:
    """Whether the process of a run is there, as far as can be told: that of another machine is known in a deployment."""
    process = _process(instance, run)
    if not process.startswith(_LOCK):
        return not process or deployment is not None or _lives(process)
    if deployment is None:
        return True
    from nplv_orchestration.shared import postgres

    return postgres.lives(deployment, run.run_id)


def end_killed_runs(instance: dg.DagsterInstance, deployment: Deployment | None, died: str = "") -> None:
    """A killed run cannot say that it ended; this does, so that it is not shown as going on, and another can take its place.

    died: who held the lock of the home and is gone; a run that was killed before it had it is known by its process.
    """
    import dagster as dg

    going_on = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]
    for run in instance.get_runs(dg.RunsFilter(statuses=going_on)):
        if run.run_id in died or not lives(instance, run, deployment):
            instance.report_run_failed(run, GONE)


def runs(instance: dg.DagsterInstance, job: str, since: datetime | None = None, most: int | None = None, programme: str = "") -> list[Past]:
    """The runs of a job that were asked for since a moment, the newest first. programme: whose they are, in a history of more programmes."""
    import dagster as dg

    after = since.astimezone(UTC) if since else None  # Dagster compares with UTC, whatever the zone of what it gets
    records = instance.get_run_records(
        dg.RunsFilter(job_name=job, created_after=after, tags={PROGRAMME: programme} if programme else None), limit=most
    )
    return [_past(instance, record) for record in records]


def forget_checks(instance: dg.DagsterInstance, before: datetime) -> None:
    """Remove what checks found before a moment, but for the last outcome of each, which is what the UI shows of it. Dagster keeps them when it removes their run."""
    from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as outcomes
    from sqlalchemy import func, select

    last = select(func.max(outcomes.c.id)).group_by(outcomes.c.asset_key, outcomes.c.check_name, outcomes.c.partition)
    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        connection.execute(
            outcomes.delete().where(outcomes.c.create_timestamp < before.astimezone(UTC).replace(tzinfo=None), outcomes.c.id.not_in(last))
        )


def failures(instance: dg.DagsterInstance, run_id: str) -> list[dg.DagsterEvent]:
    """The failures of the steps of a run, else its own, when it failed before the first; none when nothing in it failed, or it was killed."""
    import dagster as dg

    kinds = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_FAILURE}
    events = [log.dagster_event for log in instance.all_logs(run_id, of_type=kinds) if log.dagster_event]
    own = [event for event in events if event.is_job_failure and getattr(event.event_specific_data, "error", None)]
    return [event for event in events if event.is_step_failure] or own


def _past(instance: dg.DagsterInstance, record: dg.RunRecord) -> Past:
    import dagster as dg

    run, failed = record.dagster_run, None
    how = _how(run.status)
    if run.status == dg.DagsterRunStatus.FAILURE:
        found = failures(instance, run.run_id)
        failed = failure.of(found) if found else None
        if failed is None:
            how = "afgebroken"
        elif not failed.step:
            how = "mislukt bij begin"
    return Past(
        run.run_id,
        how,
        record.create_timestamp.replace(tzinfo=UTC),
        datetime.fromtimestamp(record.end_time, UTC) if record.end_time else None,
        failed,
    )


def _how(status: dg.DagsterRunStatus) -> How:
    import dagster as dg

    match status:
        case dg.DagsterRunStatus.SUCCESS:
            return "geslaagd"
        case dg.DagsterRunStatus.FAILURE:
            return "mislukt"
        case dg.DagsterRunStatus.CANCELED | dg.DagsterRunStatus.CANCELING:
            return "gestopt"
        case dg.DagsterRunStatus.QUEUED | dg.DagsterRunStatus.NOT_STARTED | dg.DagsterRunStatus.STARTING:
            return "wacht"
        case _:
            return "bezig"


def _process(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    """The tag of the process of a run, empty while it has none: one that is done again has the tags of the run before it until it begins."""
    process, before = run.tags.get(PROCESS, ""), run.parent_run_id and instance.get_run_by_id(run.parent_run_id)
    return "" if before and before.tags.get(PROCESS) == process else process


def _lives(tag: str) -> bool:
    """Whether the process of a tag is there still: one of the same number that began at another moment is another."""
    process, _, since = tag.partition(" ")
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, which lives
        pass
    return since in ("", _since(int(process)))


def _since(process: int) -> str:
    """When a process began, as a mark that no other of its number has, before or after a restart of the machine; empty where the system does not tell (it has no /proc)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()[19]}"
    except OSError:
        return ""
