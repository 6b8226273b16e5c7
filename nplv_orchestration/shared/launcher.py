"""How Dagster hands a run to a worker on another machine, through Celery, and how it knows that the run lives.

`dagster.yaml` names the launcher (`deploy/celery`); what a worker loads is in `worker`. Which runs wait for which is Dagster's, by what stands there.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from dagster import DagsterRun, StringSource
from dagster._core.launcher import CheckRunHealthResult, WorkerStatus
from dagster._serdes import ConfigurableClassData
from dagster_celery.defaults import task_default_queue
from dagster_celery.launcher import CeleryRunLauncher

from nplv_orchestration import history
from nplv_orchestration.settings import load_settings

# A worker takes one run, and tells the broker when it is done: a run whose worker dies is then handed out again, and Dagster does not begin one twice. What is handed
# out while the broker is away is tried for over a minute, in which it can be started again.
CELERY: dict[str, Any] = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": False,
    "worker_prefetch_multiplier": 1,
    "worker_max_tasks_per_child": 1,
    "worker_concurrency": 1,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "broker_transport_options": {"visibility_timeout": 6 * 3600, "max_retries": 10, "interval_start": 0.5, "interval_step": 1.5, "interval_max": 10},
    "task_publish_retry_policy": {"max_retries": 10, "interval_start": 0.5, "interval_step": 1.5, "interval_max": 10},
    "task_ignore_result": True,
    "result_backend": "disabled://",
}
_SILENT = 300.0  # seconds that a run may take, once it began, before it is known to live


class Launcher(CeleryRunLauncher):
    """Celery's launcher of Dagster, which asks PostgreSQL whether a run lives, and not what Celery last heard of it."""

    def __init__(self, broker: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(task_default_queue, broker, CELERY["result_backend"], config_source=CELERY, inst_data=inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """What `dagster.yaml` says of it: the address of the broker."""
        return {"broker": StringSource}

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]) -> Launcher:
        """As Dagster makes it from `dagster.yaml`."""
        return cls(inst_data=inst_data, **config_value)

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the process of a run lives, on whatever machine."""
        if history.PROCESS in run.tags:
            lives = history.lives(self._instance, run, load_settings().deployment)
        else:
            record = self._instance.get_run_record_by_id(run.run_id)
            lives = record is None or record.start_time is None or time.time() - record.start_time < _SILENT
        return CheckRunHealthResult(WorkerStatus.RUNNING if lives else WorkerStatus.FAILED, None if lives else history.GONE)
