"""The contract with each publisher. What breaks it, and what lost too much, is refused while pulling; here it is told."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from nplv_orchestration.archive import TableState
from nplv_orchestration.evidence import RAW_CHECKS
from nplv_orchestration.sources.registry import SourceTable

# each outcome is kept by itself, and shown in one check of its severity, as those of a mart are
_SHOWN = {"error": "contract", "warn": "opvallend"}


def check_specs(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """The checks of one raw table."""
    return [
        dg.AssetCheckSpec(name, asset=key, description=" ".join(one.description for one in RAW_CHECKS if one.severity == severity), blocking=False)
        for severity, name in _SHOWN.items()
    ]


def results(key: dg.AssetKey, table: SourceTable, state: TableState) -> Iterator[dg.AssetCheckResult]:
    """How they ended: a refusal is an error; a table that is not there, or that restated final figures, a warning."""
    metadata = {"toestand": state.state, "reden": state.reason, "bijzonderheden": state.detail, "grenzen": table.boundary_year}
    for severity, name in _SHOWN.items():
        failed = [one for one in RAW_CHECKS if one.severity == severity and one.fails(state)]
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=name,
            passed=not failed,
            severity=dg.AssetCheckSeverity[severity.upper()],
            metadata=metadata | {"niet geslaagd": ", ".join(one.check for one in failed) or "geen"},
        )
