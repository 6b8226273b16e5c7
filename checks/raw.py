"""The contract with each publisher. What breaks it, and what lost too much, is refused while pulling; here it is told."""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from nplv_orchestration.archive import TableState
from nplv_orchestration.sources.registry import SourceTable

_CHECKS = {
    "contract": "De laatste versie voldeed aan het register (kolommen, aantal rijen, periode, grenzen) en verloor niet meer dan een tiende van de vorige.",
    "actueel": "De uitgever antwoordde, en de laatste versie is in gebruik.",
}


def check_specs(key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """The checks of one raw table."""
    return [dg.AssetCheckSpec(name, asset=key, description=text, blocking=False) for name, text in _CHECKS.items()]


def results(key: dg.AssetKey, table: SourceTable, state: TableState) -> Iterator[dg.AssetCheckResult]:
    """How they ended: a refusal is an error, a table that is not there a warning."""
    metadata = {"toestand": state.state, "reden": state.reason, "bijzonderheden": state.detail, "grenzen": table.boundary_year}
    yield dg.AssetCheckResult(
        asset_key=key, check_name="contract", passed=state.state != "refused", severity=dg.AssetCheckSeverity.ERROR, metadata=metadata
    )
    good = state.state in ("fresh", "unchanged")
    yield dg.AssetCheckResult(asset_key=key, check_name="actueel", passed=good, severity=dg.AssetCheckSeverity.WARN, metadata=metadata)
