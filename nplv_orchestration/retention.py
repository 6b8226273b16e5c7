"""What is removed when it is old: Dagster's runs and their output, messages, replays, archived versions that nothing refers to, and concepts that nobody agreed to.

How long each is kept is a setting (`NPLV_KEEP_...`). What published things rest on is never removed: a version and an edition carry their own provenance, so they
need nothing of Dagster's history. Published versions are retired where a new one comes, in `publication`.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from nplv_orchestration import history
from nplv_orchestration.archive import Archive
from nplv_orchestration.edition import life
from nplv_orchestration.home import Home
from nplv_orchestration.references import archived_in_use
from nplv_orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

_DAY = 24 * 3600


def tidy(home: Home, settings: Settings, instance: dg.DagsterInstance, today: date) -> dict[str, int]:
    """Remove what is older than the settings say; only for who holds the lock. today: the day that it is for the home. Gives how many of each, by what they are.

    Raises NplvError when it is not known what published versions and editions refer to, OSError when something cannot be removed.
    """
    now, kept = datetime.now(UTC), timedelta(days=settings.keep_logs)
    removed = {
        "runs": _runs(home, instance, now - timedelta(days=settings.keep_runs)),
        "uitvoer van runs": _output(home, instance, now - kept),
        "berichten": _remove(file for file in home.alerts.glob("*.md") if date.fromisoformat(file.stem) < today - kept),
        "herhalingen": _remove(folder for folder in home.replays.glob("[0-9]*T*") if _asked_on(folder) < (now - kept).date()),
        "concepten": _remove(_old_concepts(home, settings.keep_concepts)) if settings.keep_concepts else 0,
    }
    if settings.keep_archive:
        removed["archiefversies"] = len(Archive.of(home).prune(archived_in_use(home), now - timedelta(days=settings.keep_archive)))
    return removed | home.tidy_shared()


def _runs(home: Home, instance: dg.DagsterInstance, before: datetime) -> int:
    """Remove runs that ended, and began before a moment, with what Dagster keeps of each on this machine."""
    import dagster as dg

    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    old = instance.get_run_records(dg.RunsFilter(statuses=ended, created_before=before))
    for run in (record.dagster_run for record in old):
        instance.delete_run(run.run_id)
        _remove(_output_of(home, run.run_id))
        _remove((home.dagster / "history" / "runs").glob(f"{run.run_id}.db*"))  # SQLite's file stays, empty
    history.forget_checks(instance, before)
    return len(old)


def _output(home: Home, instance: dg.DagsterInstance, before: datetime) -> int:
    """Remove what runs wrote to the terminal that began before a moment."""
    import dagster as dg

    old = instance.get_run_records(dg.RunsFilter(created_before=before))
    return sum(_remove(_output_of(home, record.dagster_run.run_id)) for record in old)


def _output_of(home: Home, run_id: str) -> Iterable[Path]:
    return (home.dagster / "storage").glob(run_id)


def _asked_on(replay: Path) -> date:
    return datetime.strptime(replay.name[:8], "%Y%m%d").date()


def _old_concepts(home: Home, days: int) -> Iterable[Path]:
    """The folders of years of which nothing is more than a concept: no act of a person is in their history, and the files were made so many days ago."""
    for year in home.editions.glob("[0-9]*"):
        if not life.read(year) and all(_is_older(folder, days) for folder in year.glob("r[0-9]*")):
            yield year


def _is_older(path: Path, days: int) -> bool:
    return time.time() - path.lstat().st_mtime > days * _DAY


def _remove(paths: Iterable[Path]) -> int:
    found = list(paths)
    for path in found:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return len(found)
