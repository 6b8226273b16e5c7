"""Runs the nightly job and the edition in this process, with Dagster's history kept in the home.

How a failure reads for a person belongs here; what is run is wired in `build`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_CONFIG = """# How Dagster keeps its history, written once; change it as you like.
telemetry:
  enabled: false
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
concurrency:
  runs:
    max_concurrent_runs: 1
"""


@dataclass(frozen=True)
class Outcome:
    """What a night made. edition: its folder; newest_year: of the published figures."""

    version: str
    newest_year: int | None
    held: dict[str, list[str]]
    edition: Path
    missing: list[str]
    warnings: list[str]


def dagster_home(home: Home) -> Path:
    """The folder of Dagster's history, made when it is not there; without it Dagster would forget everything on exit."""
    home.dagster.mkdir(parents=True, exist_ok=True)
    config = home.dagster / "dagster.yaml"
    if not config.exists():
        config.write_text(_CONFIG, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    return home.dagster


def run_night(settings: Settings, year: int | None, progress: Callable[[str], None]) -> Outcome:
    """The nightly job, then the edition of `year` (default: the newest year with figures).

    Raises NplvError, or the kind of it that the failing step raised, with one line.
    """
    import dagster as dg

    from nplv_orchestration.build import EDITION, NIGHTLY, build_definitions

    home = Home.of(settings)
    home.mode(settings)
    with home.writing("nplv run"):
        pass  # refused at once, before anything is started, when another run is writing
    definitions = build_definitions(settings, progress=progress, wait=0.0)
    dagster_home(home)
    with dg.DagsterInstance.get() as instance:
        night = definitions.resolve_job_def(NIGHTLY).execute_in_process(instance=instance, raise_on_error=False, run_config=_QUIET)
        _raise_failure(night)
        published = _metadata(night, "publication")
        newest = published["nieuwste_jaar"].value
        wanted = year if year is not None else newest
        if wanted is None:
            raise NplvError("no indicator has a figure in any year, so there is no edition; see `nplv doctor` for the sources")
        job = definitions.resolve_job_def(EDITION)
        if str(wanted) not in (job.partitions_def.get_partition_keys() if job.partitions_def else []):
            raise WrongCall(f"an edition {wanted} cannot be made: editions are of 2018 to 2042")
        made = job.execute_in_process(instance=instance, raise_on_error=False, partition_key=str(wanted), run_config=_QUIET)
        _raise_failure(made)
    from nplv_orchestration.archive import Archive
    from nplv_orchestration.sources.registry import REGISTRY

    archive = Archive(home.archive)
    states = [state for table in REGISTRY if (state := archive.state(table.key))]
    edition = _metadata(made, "edition")
    return Outcome(
        version=str(published["versie"].value),
        newest_year=newest,
        held=_metadata(night, "gate")["vastgehouden"].value,
        edition=Path(str(edition["map"].value)),
        missing=list(edition["ontbreekt"].value),
        warnings=[s.reason for s in states if s.reason and s.state != "not_needed"],
    )


def _metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    for event in result.get_asset_materialization_events():
        if event.asset_key and event.asset_key.path[-1] == asset:
            return dict(event.step_materialization_data.materialization.metadata)
    raise NplvError(f"the run ended without {asset}; see it in `nplv ui`")


def _raise_failure(result: dg.ExecuteInProcessResult) -> None:
    if result.success:
        return
    for event in result.all_events:
        error = getattr(event.event_specific_data, "error", None)
        while error is not None and error.cause is not None:
            error = error.cause
        if error is None:
            continue
        lines = error.message.strip().splitlines()
        name, _, text = lines[0].partition(": ")
        kind = WrongCall if name.endswith(".WrongCall") else NplvError
        if ".errors." in name:
            raise kind(text)
        where = f" in {event.step_key}" if event.step_key else ""
        raise NplvError(f"{error.cls_name}{where}: {' '.join(lines)[:300]}; what was published stays as it was")
    raise NplvError("the run failed without saying why; see it in `nplv ui`")
