"""The connections of Dagster's history: few, closed with it, and shared by processes that write at once."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import dagster as dg
import pytest

from nplv_orchestration import history
from nplv_orchestration.settings import Settings

pytestmark = pytest.mark.usefixtures("dagster_home")


@dg.op
def works() -> None:
    pass


NIGHT = dg.GraphDefinition(name="night", node_defs=[works]).to_job()


def opened(home: Path) -> Counter[str]:
    """The databases of the events that this process has open, and how often each."""
    links = (os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.is_symlink())
    return Counter(Path(link).stem for link in links if link.startswith(str(home / "dagster" / "history" / "runs")) and link.endswith(".db"))


@pytest.mark.skipif(sys.platform != "linux", reason="which files a process has open is told by /proc")
def test_few_databases_stay_open_and_none_when_the_history_is_closed(tmp_path: Path) -> None:
    with history.opened(Settings(home=tmp_path)) as instance:
        runs = [NIGHT.execute_in_process(instance=instance, run_config=history.QUIET).run_id for _ in range(6)]
        assert opened(tmp_path) == Counter({"index": 1} | {run: 1 for run in runs[-3:]})
        told = {run: [log.dagster_event.event_type_value for log in instance.all_logs(run) if log.dagster_event] for run in runs}
    assert len(set(map(tuple, told.values()))) == 1
    assert told[runs[0]][-1] == "PIPELINE_SUCCESS"
    assert not opened(tmp_path)


def test_two_may_write_at_once_and_read_what_the_other_wrote(tmp_path: Path) -> None:
    with history.opened(Settings(home=tmp_path)) as here, history.opened(Settings(home=tmp_path)) as there:
        runs = [NIGHT.execute_in_process(instance=instance, run_config=history.QUIET).run_id for instance in (here, there, here)]
        for instance in (here, there):
            assert sorted(run.run_id for run in instance.get_runs()) == sorted(runs)
            assert all(instance.all_logs(run)[-1].get_dagster_event().is_job_success for run in runs)


def test_a_loss_of_power_damages_nothing(tmp_path: Path) -> None:
    with history.opened(Settings(home=tmp_path)) as instance, instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 1, "NORMAL"
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal", "without which that would not be safe"


def test_the_log_of_an_open_database_is_cut_after_much_was_written(tmp_path: Path) -> None:
    log = tmp_path / "dagster" / "history" / "runs" / "index.db-wal"
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000) SELECT i FROM n"
    with history.opened(Settings(home=tmp_path)) as instance:
        sizes = []
        for written in (f"CREATE TABLE much AS SELECT randomblob(1000) AS x FROM ({numbers})", "DELETE FROM much WHERE rowid = 1"):
            with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
                connection.exec_driver_sql(written)
            sizes.append(log.stat().st_size)
    assert sizes[0] > 8_000_000
    assert sizes[1] <= 4 * 1024 * 1024
