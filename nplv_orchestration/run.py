"""Runs the nightly job and the edition in this process, with Dagster's history kept in the home.

What is run is wired in `build`, how a failure reads for a person is in `failure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplv_orchestration import failure, history
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.progress import Progress, silent
from nplv_orchestration.services import LOCATION
from nplv_orchestration.settings import Settings

if TYPE_CHECKING:
    import dagster as dg

    from nplv_orchestration.archive import TableState


@dataclass(frozen=True)
class Outcome:
    """What a night made. edition: its folder; newest_year: of the published figures."""

    version: str
    newest_year: int | None
    held: dict[str, list[str]]
    edition: Path
    missing: list[str]
    warnings: list[str]
    faults: list[str]
    """What is wrong with the waivers."""


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
    location = settings.label or LOCATION
    with history.opened(settings) as instance:
        night = history.run_here(instance, definitions.resolve_job_def(NIGHTLY), location=location)
        raise_failure(night)
        published = _metadata(night, "publication")
        newest = published["nieuwste_jaar"].value
        wanted = year if year is not None else newest
        if wanted is None:
            raise NplvError("no indicator has a figure in any year, so there is no edition; see `nplv doctor` for the sources")
        made = history.run_here(instance, edition_job, str(wanted), location)
        raise_failure(made)
    from nplv_orchestration.archive import Archive
    from nplv_orchestration.sources.inbox import refused, warnings
    from nplv_orchestration.sources.registry import REGISTRY

    archive, inbox = Archive.of(home), home.inbox(settings)
    states = [state for table in REGISTRY if (state := archive.state(table.key))]
    decided, edition = _metadata(night, "gate"), _metadata(made, "edition")
    return Outcome(
        version=str(published["versie"].value),
        newest_year=newest,
        held=decided["vastgehouden"].value,
        edition=Path(str(edition["map"].value)),
        missing=list(edition["ontbreekt"].value),
        warnings=[told for s in states if (told := _told(s, refused(inbox)))] + warnings(inbox),
        faults=list(decided["fouten in ontheffingen"].value),
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


def _metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    for event in result.get_asset_materialization_events():
        if event.asset_key and event.asset_key.path[-1] == asset:
            return dict(event.step_materialization_data.materialization.metadata)
    raise NplvError(f"the run ended without {asset}; see it in `nplv ui`")


def raise_failure(result: dg.ExecuteInProcessResult) -> None:
    """Raise what made a run fail, as one line."""
    if not result.success:
        raise failure.of(result.all_events).error
