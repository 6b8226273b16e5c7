"""The contract with each publisher. What breaks it, and what lost too much, is refused while pulling; here it is told."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from nplv_orchestration.archive import TableState
from nplv_orchestration.evidence import RAW_CHECKS
from nplv_orchestration.sources.registry import SourceTable


def check_specs(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """The checks of one raw table."""
    return [dg.AssetCheckSpec(one.check, asset=key, description=one.description, blocking=False) for one in RAW_CHECKS]


def results(key: dg.AssetKey, table: SourceTable, state: TableState) -> Iterator[dg.AssetCheckResult]:
    """How they ended: a refusal is an error; a table that is not there, or that restated final figures, a warning."""
    metadata = {"toestand": state.state, "reden": state.reason, "bijzonderheden": state.detail, "grenzen": table.boundary_year}
    for one in RAW_CHECKS:
        severity = dg.AssetCheckSeverity.ERROR if one.severity == "error" else dg.AssetCheckSeverity.WARN
        yield dg.AssetCheckResult(asset_key=key, check_name=one.check, passed=not one.fails(state), severity=severity, metadata=metadata)
