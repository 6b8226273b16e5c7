"""The contract with each publisher. What breaks it, and what lost too much, is refused while pulling; here it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import dagster as dg

from nplv_orchestration.archive import TableState
from nplv_orchestration.evidence import RAW_CHECKS
from nplv_orchestration.sources.calendar import Freshness
from nplv_orchestration.sources.registry import SourceTable

# each outcome is kept by itself, and shown in one check of its severity, as those of a mart are
_SHOWN = {"error": "contract", "warn": "opvallend"}


def check_specs(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """The checks of one raw table."""
    return [dg.AssetCheckSpec(name, asset=key, description=" ".join(_told(severity)), blocking=False) for severity, name in _SHOWN.items()]


def _told(severity: str) -> list[str]:
    on_time = ["De volgende cijfers zijn er zodra ze er volgens de kalender van de uitgever moeten zijn."] if severity == "warn" else []
    return [one.description for one in RAW_CHECKS if one.severity == severity] + on_time


def results(key: dg.AssetKey, table: SourceTable, state: TableState, fresh: Freshness | None, day: date) -> Iterator[dg.AssetCheckResult]:
    """How they ended: a refusal is an error; a table that is not there, that restated final figures, or whose next edition is late, a warning.

    Whether it is late depends on the day, and is no evidence of the figures that are there.
    """
    is_late = fresh is not None and fresh.is_late(day)
    metadata = {"toestand": state.state, "reden": state.reason or "geen", "bijzonderheden": state.detail or "geen", "grenzen": table.boundary_year}
    metadata |= {"versheid": fresh.told(day)} if fresh else {}
    for severity, name in _SHOWN.items():
        failed = [one.check for one in RAW_CHECKS if one.severity == severity and one.fails(state)]
        failed += ["op_tijd"] if severity == "warn" and is_late else []
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=not failed,
            severity=dg.AssetCheckSeverity[severity.upper()],
            metadata=metadata | {"niet geslaagd": ", ".join(failed) or "geen"},
        )
