"""How a failed run reads for a person: one line out of the errors that Dagster kept of its steps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nplv_orchestration.errors import NplvError, WrongCall

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True)
class Failure:
    """What made a run fail. step: the first that failed; empty when it was none of the steps."""

    step: str
    error: NplvError


def of(events: Iterable[dg.DagsterEvent]) -> Failure:
    """The first step's error, and how many more steps failed; events: those of a run that failed."""
    errors = [(event.step_key or "", getattr(event.event_specific_data, "error", None)) for event in events]
    failed = [(step, error) for step, error in errors if error is not None]
    if not failed:
        return Failure("", NplvError("the run failed without saying why; see it in `nplv ui`"))
    step, error = failed[0]
    ours = f"{NplvError.__module__}."
    while error.cause is not None and not error.message.startswith(ours):
        error = error.cause
    others = len({key for key, _ in failed if key != step and key})
    more = f" (and {others} more steps failed; see them in `nplv ui`)" if others else ""
    lines = error.message.strip().splitlines()
    name, _, text = lines[0].partition(": ")
    if error.cls_name == "DagsterExecutionInterruptedError":
        return Failure(step, NplvError("interrupted; what was published stays as it was"))
    if name.startswith(ours):
        return Failure(step, (WrongCall if name.endswith(".WrongCall") else NplvError)(text + more))
    where = f" in {step}" if step else ""
    return Failure(step, NplvError(f"{error.cls_name}{where}: {' '.join(lines)[:300]}; what was published stays as it was{more}"))
