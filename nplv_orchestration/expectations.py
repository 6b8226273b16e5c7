"""What the figures of a mart should look like: a Great Expectations suite, built from the `meta` of the mart.

The import of Great Expectations takes seconds, so it happens inside the one function that judges all marts. Only
expectations on figures belong here; keys, vocabulary and sums are dbt's tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nplv_orchestration.catalogue import Indicator
from nplv_orchestration.evidence import Evidence
from nplv_orchestration.progress import Watch, unwatched

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import ExpectationSuite

CHECK_NAME = "verwachtingen"


def frame(mart: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """The rows of a mart that carry a value, with `jump`: the absolute change since the last measurement of that geo, unless a break lies between."""
    known = mart[mart["value"].notna()].sort_values(["geo_level", "geo_code", "series", "year"]).reset_index(drop=True)
    of_geo = known.groupby(["geo_level", "geo_code", "series"])
    known["jump"] = of_geo["value"].diff().abs()
    before = of_geo["year"].shift()
    for at in indicator.breaks:
        known.loc[(known["series"] == at.series) & (before < at.year) & (known["year"] >= at.year), "jump"] = None
    return known


def suite(indicator: Indicator) -> ExpectationSuite:
    """The expectations of one mart. A failing critical one holds the mart; a warning is listed."""
    from great_expectations import ExpectationSuite
    from great_expectations import expectations as gxe

    totals = 'geo_level != "gebied"'
    return ExpectationSuite(
        name=indicator.mart,
        expectations=[
            gxe.ExpectColumnValuesToBeBetween(
                column="value", min_value=indicator.plausible_low, max_value=indicator.plausible_high,
                row_condition=totals, condition_parser="pandas", severity="critical",
                notes="De waarde van een totaal ligt binnen de plausibele band.",
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="jump", max_value=indicator.maximum_jump,
                row_condition=totals, condition_parser="pandas", severity="critical",
                notes="Een totaal verspringt niet meer dan plausibel is tussen twee metingen.",
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="coverage", min_value=indicator.minimum_coverage, max_value=1 + 1e-9, severity="critical",
                notes="Een waarde rust op ten minste de minimale dekking.",
            ),
            gxe.ExpectColumnValuesToBeInSet(
                column="indicator_id", value_set=[indicator.indicator_id], severity="critical",
                notes="De mart bevat alleen de eigen indicator.",
            ),
            gxe.ExpectColumnValuesToBeInSet(
                column="unit", value_set=[indicator.unit], severity="critical", notes="De eenheid is die van de catalogus.",
            ),
            gxe.ExpectColumnValuesToBeBetween(
                column="value", min_value=indicator.plausible_low, max_value=indicator.plausible_high,
                row_condition='geo_level == "gebied"', condition_parser="pandas", mostly=0.8, severity="warning",
                notes="De meeste gebieden liggen binnen de plausibele band.",
            ),
        ],
    )  # fmt: skip


def judge(
    marts: Sequence[tuple[Indicator, str, str, pd.DataFrame]],
    watch: Watch = unwatched,
) -> list[Evidence]:
    """Judge marts: (indicator, table, fingerprint, rows) each; one Evidence each, with every expectation in its details."""
    import logging
    import os

    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)  # it tells of its temporary folders
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("marts")
    found = []
    for number, (indicator, table, fingerprint, rows) in enumerate(marts, 1):
        watch(indicator.mart, number, len(marts))
        batch = source.add_dataframe_asset(indicator.mart).add_batch_definition_whole_dataframe("alle rijen")
        result = batch.get_batch({"dataframe": frame(rows, indicator)}).validate(suite(indicator))
        lines = [_line(r) for r in result.results]
        critical = [line for line in lines if not line["success"] and line["severity"] == "critical"]
        found.append(
            Evidence(
                CHECK_NAME, "expectations", table, "error", "failed" if critical else "passed", fingerprint,
                {"expectations": lines},
            )
        )  # fmt: skip
    return found


def _line(result: Any) -> dict[str, Any]:
    if result.exception_info and result.exception_info.get("raised_exception"):
        raise RuntimeError(f"Great Expectations could not evaluate {result.expectation_config}: {result.exception_info}")
    config = result.expectation_config
    return {
        "expectation": config.type,
        "column": config.kwargs.get("column"),
        "notes": config.notes,
        "severity": str(config.severity.value if hasattr(config.severity, "value") else config.severity),
        "success": bool(result.success),
        "rows": result.result.get("element_count"),
        "unexpected": result.result.get("unexpected_count"),
        "examples": [str(v) for v in result.result.get("partial_unexpected_list", [])[:5]],
    }
