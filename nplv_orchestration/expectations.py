"""What the figures of a mart should look like: a Great Expectations suite, built from the `meta` of the mart.

Each expectation is a check of its own, so that one can fail, be listed or be waived by itself. The import of Great Expectations takes
seconds, so it happens inside the one function that judges all marts. Only expectations on figures belong here; keys,
vocabulary and sums are dbt's tests, lateness is in `lateness`; what is measured of figures is in `measures`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplv_orchestration import data_docs
from nplv_orchestration.catalogue import Indicator
from nplv_orchestration.evidence import Evidence
from nplv_orchestration.manifest import Severity
from nplv_orchestration.measures import KEY, measured
from nplv_orchestration.progress import Watch, unwatched

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations import ExpectationSuite

Bound = Callable[[Indicator], float | None]

_TOTALS = ("nplv", "gemeenten", "rest_19_gemeenten", "nederland", "overig_nederland")
_AREAS, _OF_AREAS, _ALL = ("gebied",), ("nplv",), (*_TOTALS, "gebied")
_WORST = 5


@dataclass(frozen=True)
class Expected:
    """One expectation: a measure (see `measures`) of the rows of some levels lies between bounds, for at least the part `mostly` of them.

    severity: an error holds the mart, a warning is listed. measure: a column of `measures.frame`. An indicator for which both bounds are None does not have it.
    """

    check: str
    severity: Severity
    notes: str
    measure: str
    levels: tuple[str, ...]
    low: Bound
    high: Bound
    mostly: float = 1.0


def _none(indicator: Indicator) -> None:
    return None


def _gap(indicator: Indicator) -> float | None:
    """Three times the noise; what hits the whole country moves the gap little."""
    return None if "nederland" in indicator.comparators_not_given else 3 * indicator.noise


EXPECTED = (
    Expected("bereik", "error", "Geen waarde ligt buiten wat de eenheid toelaat.", "value", _ALL, lambda i: i.unit_range[0], lambda i: i.unit_range[1]),
    Expected("plausibel", "error", "De waarde van een totaal ligt binnen de plausibele band.", "value", _TOTALS,
             lambda i: i.plausible_low, lambda i: i.plausible_high),
    Expected("plausibel_gebied", "warn", "De meeste gebieden liggen binnen de plausibele band.", "value", _AREAS,
             lambda i: i.plausible_low, lambda i: i.plausible_high, 0.8),
    Expected("sprong", "error", "Een totaal verspringt niet meer dan plausibel is tussen twee metingen.", "jump", _TOTALS, _none, lambda i: i.maximum_jump),
    Expected("sprong_gebied", "warn", "Een gebied verspringt niet meer dan plausibel is tussen twee metingen.", "jump", _AREAS,
             _none, lambda i: i.maximum_jump_area),
    Expected("sprong_afstand", "warn", "De afstand van de gebieden tot Nederland verspringt niet.", "gap_jump", _OF_AREAS, _none, _gap),
    Expected("dekking", "error", "Een waarde rust op ten minste de minimale dekking.", "coverage", _ALL, lambda i: i.minimum_coverage, lambda i: 1 + 1e-9),
    Expected("noemer", "warn", "De noemer van een totaal verandert niet meer dan een zevende tussen twee metingen.", "denominator_change", _TOTALS,
             _none, lambda i: 1 / 7),
    Expected("herziening_groot", "error", "Een gepubliceerd totaal wordt niet meer herzien dan plausibel is.", "restated", _TOTALS,
             _none, lambda i: i.maximum_jump),
    Expected("herziening", "warn", "Een gepubliceerd totaal wordt niet herzien met meer dan de kleinste relevante verandering.", "restated", _TOTALS,
             _none, lambda i: i.smallest_change),
    Expected("herziening_gebied", "warn", "Een gepubliceerd cijfer van een gebied wordt niet herzien met meer dan tweemaal die verandering.", "restated", _AREAS,
             _none, lambda i: 2 * i.smallest_change),
    Expected("herhaling", "warn", "De cijfers van een jaar zijn niet die van een eerder jaar: dan is een oude tabel als nieuwe gegeven.",
             "repeated", _OF_AREAS, _none, lambda i: 0.99),
    Expected("sprong_historie", "warn", "Een verandering wijkt niet meer dan driemaal zo ver af van de eerdere als die onderling, of als wat relevant is.",
             "unusual", _TOTALS, _none, lambda i: 3),
    Expected("dekking_daalt", "warn", "Een nieuw cijfer van een totaal rust op niet minder van de noemer dan het vorige.", "coverage_drop", _TOTALS,
             _none, lambda i: 0.03),
    Expected("dekking_daalt_gebied", "warn", "Een nieuw cijfer van een gebied rust op niet veel minder van de noemer dan het vorige, en is er.",
             "coverage_drop", _AREAS, _none, lambda i: 0.5),
    Expected("verdwenen", "warn", "Een cijfer dat gepubliceerd is, is er nog.", "vanished", _ALL, _none, lambda i: 0),
)  # fmt: skip


def expected(indicator: Indicator) -> list[Expected]:
    """The expectations that an indicator has."""
    return [one for one in EXPECTED if one.low(indicator) is not None or one.high(indicator) is not None]


def suite(indicator: Indicator) -> ExpectationSuite:
    """The expectations of one mart, in the order of `expected`."""
    from great_expectations import ExpectationSuite
    from great_expectations import expectations as gxe

    made = [
        gxe.ExpectColumnValuesToBeBetween(
            column=one.check, min_value=one.low(indicator), max_value=one.high(indicator), mostly=one.mostly,
            severity="critical" if one.severity == "error" else "warning", notes=one.notes,
        )
        for one in expected(indicator)
    ]  # fmt: skip
    return ExpectationSuite(name=indicator.mart, expectations=made)


def _frame(rows: pd.DataFrame, indicator: Indicator) -> pd.DataFrame:
    """Measured rows by their keys and name, with a column for each expectation, named as its check, empty for rows that it is not about."""
    columns = {one.check: rows[one.measure].where(rows["geo_level"].isin(one.levels)) for one in expected(indicator)}
    return rows[[*KEY, "geo_name"]].assign(**columns)


def judge(
    marts: Sequence[tuple[Indicator, str, str, pd.DataFrame]],
    published: Mapping[str, pd.DataFrame],
    docs: Path,
    watch: Watch = unwatched,
) -> list[Evidence]:
    """Judge marts: (indicator, table, fingerprint, rows) each; one Evidence for each of its expectations, and the pages of Data Docs about them.

    published: what was last published of each mart, by indicator id. docs: the folder of the pages, in which those of other marts stay.
    """
    import logging
    import os

    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)  # it tells of its temporary folders
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    data_docs.keep_results(context, docs, [indicator.mart for indicator, *_ in marts])
    source = context.data_sources.add_pandas("marts")
    found = []
    for number, (indicator, table, fingerprint, mart) in enumerate(marts, 1):
        watch(indicator.mart, number, len(marts))
        rows = _frame(measured(mart, indicator, published.get(indicator.indicator_id)), indicator)
        batch = source.add_dataframe_asset(indicator.mart).add_batch_definition_whole_dataframe("alle rijen")
        definition = gx.ValidationDefinition(name=indicator.mart, data=batch, suite=context.suites.add(suite(indicator)))
        context.validation_definitions.add(definition)
        result = definition.run(
            batch_parameters={"dataframe": rows}, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": [*KEY, "geo_name"]}
        )
        by_check = {r.expectation_config.kwargs["column"]: r for r in result.results}
        for one in expected(indicator):
            details = _details(one, indicator, rows, by_check[one.check])
            outcome = details.pop("outcome")
            found.append(Evidence(one.check, "expectations", table, one.severity, outcome, fingerprint, details))
    data_docs.write(context, docs)
    return found


def _details(one: Expected, indicator: Indicator, rows: pd.DataFrame, result: Any) -> dict[str, Any]:
    """How an expectation ended: what was expected and found, of how many rows, and the worst of them."""
    if result.exception_info and result.exception_info.get("raised_exception"):
        raise RuntimeError(f"Great Expectations could not evaluate {result.expectation_config}: {result.exception_info}")
    low, high = one.low(indicator), one.high(indicator)
    seen = rows[one.check].dropna()

    def beyond(row: Mapping[str, Any]) -> float:
        value = float(row[one.check])
        return max(low - value if low is not None else 0.0, value - high if high is not None else 0.0)

    wrong = sorted(result.result.get("unexpected_index_list") or [], key=beyond, reverse=True)
    return {
        "outcome": "passed" if result.success else "failed",
        "notes": one.notes,
        "expected": " en ".join(part for part in (f"ten minste {_number(low)}" if low is not None else "", f"ten hoogste {_number(high)}" if high is not None else "") if part),
        "observed": f"{_number(seen.min())} tot {_number(seen.max())}" if len(seen) else "geen rijen",
        "rows": len(seen),
        "unexpected": len(wrong),
        "worst": [f"{row['geo_name']}, {row['series']}, {row['year']}: {_number(row[one.check])}" for row in wrong[:_WORST]],
    }  # fmt: skip


def _number(value: float) -> str:
    """A figure as a Dutch reader sees it, in six digits."""
    return f"{value:.6g}".replace(".", ",")
