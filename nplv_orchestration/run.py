"""Runs the nightly job and the edition in this process, with Dagster's history kept in the home.

How a failure reads for a person belongs here; what is run is wired in `build`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.progress import Progress, silent
from nplv_orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

    from nplv_orchestration.archive import TableState

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_CONFIG = """# How Dagster keeps its history, written once; change it as you like.
telemetry:
  enabled: false
nux:
  enabled: false
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


def run_night(settings: Settings, year: int | None, progress: Progress = silent) -> Outcome:
    """The nightly job, then the edition of `year` (default: the newest year with figures).

    Raises NplvError, or the kind of it that the failing step raised, with one line.
    """
    from nplv_orchestration.build import EDITION, NIGHTLY, build_definitions

    home = Home.of(settings)
    home.mode(settings)
    home.refuse_when_busy()  # before anything is started
    definitions = build_definitions(settings, progress=progress)
    edition_job = definitions.resolve_job_def(EDITION)
    years = edition_job.partitions_def.get_partition_keys() if edition_job.partitions_def else []
    if year is not None and str(year) not in years:
        raise WrongCall(f"an edition {year} cannot be made: editions are of {years[0]} to {years[-1]}")
    dagster_home(home)
    with _history(home) as instance:
        night = definitions.resolve_job_def(NIGHTLY).execute_in_process(instance=instance, raise_on_error=False, run_config=_QUIET)
        _raise_failure(night)
        published = _metadata(night, "publication")
        newest = published["nieuwste_jaar"].value
        wanted = year if year is not None else newest
        if wanted is None:
            raise NplvError("no indicator has a figure in any year, so there is no edition; see `nplv doctor` for the sources")
        made = edition_job.execute_in_process(instance=instance, raise_on_error=False, partition_key=str(wanted), run_config=_QUIET)
        _raise_failure(made)
    from nplv_orchestration.archive import Archive
    from nplv_orchestration.sources.inbox import refused, warnings
    from nplv_orchestration.sources.registry import REGISTRY

    archive, inbox = Archive(home.archive), home.inbox(settings)
    states = [state for table in REGISTRY if (state := archive.state(table.key))]
    edition = _metadata(made, "edition")
    return Outcome(
        version=str(published["versie"].value),
        newest_year=newest,
        held=_metadata(night, "gate")["vastgehouden"].value,
        edition=Path(str(edition["map"].value)),
        missing=list(edition["ontbreekt"].value),
        warnings=[told for s in states if (told := _told(s, refused(inbox)))] + warnings(inbox),
    )


def _told(state: TableState, refused: Mapping[str, str]) -> str:
    """A table's reason with its detail, but for files that lie in `refused`: each of these is told as long as it lies there."""
    from nplv_orchestration.sources.registry import BY_KEY

    detail = state.detail
    for line in refused.values():
        detail = detail.replace(f"geweigerd: {line}", "")
    detail = "; ".join(part for part in detail.split("; ") if part.strip())
    if not detail:
        return state.reason
    return f"{state.reason} ({detail})" if state.reason else f"{BY_KEY[state.key].name}: {detail}"


@contextmanager
def _history(home: Home) -> Iterator[dg.DagsterInstance]:
    """Dagster's history. Raises NplvError when it cannot be kept, as on a full disk."""
    import dagster as dg
    from sqlalchemy.exc import DBAPIError

    try:
        with dg.DagsterInstance.get() as instance:
            yield instance
    except DBAPIError as error:
        raise NplvError(f"Dagster's history in {home.dagster} cannot be kept: {error.orig}; free space there and run again") from error


def _metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    for event in result.get_asset_materialization_events():
        if event.asset_key and event.asset_key.path[-1] == asset:
            return dict(event.step_materialization_data.materialization.metadata)
    raise NplvError(f"the run ended without {asset}; see it in `nplv ui`")


def _raise_failure(result: dg.ExecuteInProcessResult) -> None:
    """Raise what made a run fail, as one line: the first step's error, and how many more there were."""
    if result.success:
        return
    errors = [(event.step_key, getattr(event.event_specific_data, "error", None)) for event in result.all_events]
    failed = [(step, error) for step, error in errors if error is not None]
    if not failed:
        raise NplvError("the run failed without saying why; see it in `nplv ui`")
    step, error = failed[0]
    ours = f"{NplvError.__module__}."
    while error.cause is not None and not error.message.startswith(ours):
        error = error.cause
    others = len({key for key, _ in failed if key != step and key})
    more = f" (and {others} more steps failed; see them in `nplv ui`)" if others else ""
    lines = error.message.strip().splitlines()
    name, _, text = lines[0].partition(": ")
    if error.cls_name == "DagsterExecutionInterruptedError":
        raise NplvError("interrupted; what was published stays as it was")
    if name.startswith(ours):
        raise (WrongCall if name.endswith(".WrongCall") else NplvError)(text + more)
    where = f" in {step}" if step else ""
    raise NplvError(f"{error.cls_name}{where}: {' '.join(lines)[:300]}; what was published stays as it was{more}")
