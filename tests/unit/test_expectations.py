"""What is measured of the figures of a mart, on rows that a person can check by hand; and that each expectation can fail."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from nplv_orchestration.catalogue import Break, Indicator
from nplv_orchestration.evidence import Evidence
from nplv_orchestration.expectations import EXPECTED, expected, judge
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.measures import measured, rows_of


def indicator(name: str = "bijstand", **change: Any) -> Indicator:
    """Welfare: per 1,000 residents, plausible up to 200, a jump of at most 20, a smallest change of 2, coverage of at least 80%."""
    return next(i for i in load_manifest().indicators if i.indicator_id == name).model_copy(
        update={"smallest_change": 2, "maximum_jump": 20, "maximum_jump_area": 20, "minimum_coverage": 0.8, "breaks": []} | change
    )


def mart(*rows: tuple[str, str, int, float | None], denominator: float = 1000, coverage: float = 1.0) -> pd.DataFrame:
    """Rows of level, code, year and value, each weighted with the residents of its year, who grow by 1 a year."""
    found = pd.DataFrame(rows, columns=["geo_level", "geo_code", "year", "value"])
    found = found.assign(series="hoofdreeks", geo_name=found["geo_code"], denominator=denominator + found["year"] - 2022, coverage=coverage)
    return found.assign(weight_year=found["year"], numerator=found["value"].astype(float) * found["denominator"], copied=None)


BASE = mart(("nplv", "NPLV", 2022, 50.0), ("nplv", "NPLV", 2023, 52.0), ("nederland", "NL00", 2022, 25.0), ("nederland", "NL00", 2023, 26.0),
            ("gebied", "delft", 2022, 60.0), ("gebied", "delft", 2023, 61.0))  # fmt: skip


def column(found: pd.DataFrame, check: str) -> dict[tuple[str, int], float]:
    """The measure of a check by code and year, of the rows that it is about, where there is one."""
    one = next(e for e in EXPECTED if e.check == check)
    rows = found[found[one.measure].notna() & found["geo_level"].isin(one.levels)]
    return {(code, int(year)): value for code, year, value in zip(rows["geo_code"], rows["year"], rows[one.measure], strict=True)}


def test_a_jump_is_told_from_the_measurement_before_and_not_across_a_break() -> None:
    assert column(measured(BASE, indicator()), "sprong") == {("NPLV", 2023): 2.0, ("NL00", 2023): 1.0}
    assert column(measured(BASE, indicator()), "sprong_gebied") == {("delft", 2023): 1.0}
    broken = indicator(breaks=[Break(year=2023, text_nl="")])
    assert column(measured(BASE, broken), "sprong") == {}


def test_the_distance_to_the_country_is_that_of_the_areas_together() -> None:
    assert column(measured(BASE, indicator()), "sprong_afstand") == {("NPLV", 2023): 1.0}  # from 25 to 26


def test_the_denominator_is_compared_as_if_it_were_covered_whole() -> None:
    rows = BASE.copy()
    rows.loc[rows["year"] == 2023, ["denominator", "coverage"]] = [880.0, 0.8]  # 1,100 had it been covered whole
    assert column(measured(rows, indicator()), "noemer") == {("NPLV", 2023): pytest.approx(0.1), ("NL00", 2023): pytest.approx(0.1)}


def test_figures_or_weights_of_the_measurement_before_are_found() -> None:
    def repeated(**change: Any) -> dict[tuple[str, int], float]:
        return column(measured(BASE.iloc[:2].assign(**change), indicator()), "herhaling")

    assert repeated() == {("NPLV", 2023): 0.0}
    assert repeated(numerator=[5000.0, 5000.0]) == {("NPLV", 2023): 1.0}
    assert repeated(denominator=[1000.0, 1000.0]) == {("NPLV", 2023): 1.0}
    assert repeated(denominator=[1000.0, 1000.0], weight_year=[2022, 2022]) == {("NPLV", 2023): 0.0}  # the newest weights there are
    assert repeated(numerator=[0.0, 0.0]) == {("NPLV", 2023): 0.0}
    counted = {"weight_year": [None, None]}  # delivered as counts: both must be the same
    assert repeated(numerator=[5000.0, 5000.0], **counted) == repeated(denominator=[1000.0, 1000.0], **counted) == {("NPLV", 2023): 0.0}
    assert repeated(numerator=[5000.0, 5000.0], denominator=[1000.0, 1000.0], **counted) == {("NPLV", 2023): 1.0}
    assert repeated(copied=[None, 0.4]) == {("NPLV", 2023): 0.4}


def test_a_year_whose_regions_have_the_figures_of_an_earlier_one_is_found() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE m AS SELECT 'nplv' AS geo_level, 'NPLV' AS geo_code, 's' AS series, y AS year, "
            "list_transform(range(20), lambda r: {'region_code': r, 'figure': CASE WHEN y = 2020 OR (y = 2022 AND r > 0) THEN r ELSE r + 0.5 END}) AS components "
            "FROM range(2020, 2023) AS t (y)"
        )
        rows = rows_of(connection, "m")
    assert rows["copied"].tolist()[1:] == [0.0, 0.95]  # 19 of 20 regions have in 2022 what they had in 2020
    assert "components" not in rows


def test_a_change_that_is_unlike_the_earlier_ones_is_measured_by_how_these_differ() -> None:
    rows = mart(*(("nplv", "NPLV", 2020 + n, value) for n, value in enumerate([50.0, 52.0, 54.0, 60.0, 52.0])))
    # changes of 2, 2, 6 and -8: the third is 4 from the middle of the first two, which is twice what is relevant; the last 10 from 2, and the farthest was 4
    assert column(measured(rows, indicator()), "sprong_historie") == {("NPLV", 2023): 2.0, ("NPLV", 2024): 2.5}


def test_a_new_row_that_rests_on_less_than_the_published_one_before_it_is_found() -> None:
    before = BASE[BASE["year"] == 2022]
    less = BASE.assign(coverage=[1.0, 0.9, 1.0, 1.0, 1.0, 1.0], value=[50.0, 52.0, 25.0, 26.0, 60.0, None])
    found = measured(less, indicator(), before)
    assert column(found, "dekking_daalt") == {("NPLV", 2023): pytest.approx(0.1), ("NL00", 2023): 0.0}
    assert column(found, "dekking_daalt_gebied") == {("delft", 2023): 1.0}
    assert column(measured(less, indicator(), BASE), "dekking_daalt") == {}  # nothing is new
    assert column(measured(less.assign(value=[50.0, None, 25.0, 26.0, 60.0, None]), indicator(), before), "dekking_daalt") == {}  # not out yet
    lost = pd.concat([less, BASE[BASE["geo_level"] == "gebied"].assign(geo_code="ede", geo_name="ede")]).assign(
        value=[50.0, None, 25.0, 26.0, 60.0, None, 60.0, 61.0]
    )
    assert column(measured(lost.reset_index(drop=True), indicator(), lost[lost["year"] == 2022]), "dekking_daalt_gebied") == {
        ("delft", 2023): 1.0,  # one area of two is there, so the year is; that the other is not left the two together without a figure
        ("ede", 2023): 0.0,
    }


def test_a_revision_is_told_of_the_row_that_was_published_and_what_vanished_is_found() -> None:
    before = mart(("nplv", "NPLV", 2022, 47.0), ("nplv", "NPLV", 2023, None), ("nederland", "NL00", 2022, 25.0), ("gebied", "delft", 2022, 60.0))
    now = BASE.assign(value=[50.0, 52.0, None, 26.0, 60.5, 61.0])
    found = measured(now, indicator(), before)
    assert column(found, "herziening") == {("NPLV", 2022): 3.0}
    assert column(found, "herziening_gebied") == {("delft", 2022): 0.5}
    assert column(found, "verdwenen") == {("NPLV", 2022): 0.0, ("NL00", 2022): 1.0, ("delft", 2022): 0.0}


def test_a_mart_that_was_never_published_has_no_revision() -> None:
    found = measured(BASE, indicator())
    assert column(found, "herziening") == column(found, "verdwenen") == {}


def test_a_value_that_is_missing_has_no_coverage_to_fall_short() -> None:
    rows = mart(("nplv", "NPLV", 2022, None), ("nplv", "NPLV", 2023, 50.0), coverage=0.5)
    assert column(measured(rows, indicator()), "dekking") == {("NPLV", 2023): 0.5}


def test_an_indicator_has_only_the_expectations_that_can_fail() -> None:
    assert [e.check for e in expected(indicator())] == [e.check for e in EXPECTED]
    assert "sprong_gebied" not in {e.check for e in expected(indicator(maximum_jump_area=None))}
    assert "sprong_afstand" not in {e.check for e in expected(indicator(comparators_not_given={"nederland": "x"}))}


LONG = mart(*(("nplv", "NPLV", 2022 + n, value) for n, value in enumerate([50.0, 52.0, 54.0, 64.0])))
SPOILT: dict[str, pd.DataFrame] = {
    "sprong_historie": LONG,
    "dekking_daalt": LONG.assign(coverage=[1.0, 1.0, 0.9, 1.0]),
    "dekking_daalt_gebied": pd.concat(
        [BASE, mart(("nplv", "NPLV", 2024, 53.0), ("gebied", "delft", 2024, 61.0)).assign(coverage=[1.0, 0.4])], ignore_index=True
    ).assign(numerator=lambda rows: range(len(rows))),
    "bereik": BASE.assign(value=[50.0, 52.0, 25.0, 26.0, 60.0, -1.0]),
    "plausibel": BASE.assign(value=[250.0, 252.0, 25.0, 26.0, 60.0, 61.0]),
    "plausibel_gebied": BASE.assign(value=[50.0, 52.0, 25.0, 26.0, 260.0, 261.0]),
    "sprong": BASE.assign(value=[50.0, 75.0, 25.0, 26.0, 60.0, 61.0]),
    "sprong_gebied": BASE.assign(value=[50.0, 52.0, 25.0, 26.0, 60.0, 85.0]),
    "sprong_afstand": BASE.assign(value=[50.0, 58.0, 25.0, 26.0, 60.0, 61.0]),
    "dekking": BASE.assign(coverage=0.7),
    "herhaling": BASE.assign(numerator=5.0),
    "noemer": BASE.assign(denominator=[1000.0, 1200.0, 1000.0, 1000.0, 1000.0, 1000.0]),
    "herziening_groot": BASE.assign(value=[80.0, 82.0, 25.0, 26.0, 60.0, 61.0]),
    "herziening": BASE.assign(value=[53.0, 54.0, 25.0, 26.0, 60.0, 61.0]),
    "herziening_gebied": BASE.assign(value=[50.0, 52.0, 25.0, 26.0, 65.0, 66.0]),
    "verdwenen": BASE.assign(value=[50.0, 52.0, 25.0, 26.0, 60.0, None]),
}


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, dict[str, Evidence]], Path]:
    """All outcomes of rows in which one thing is wrong each, beside what was published; and the pages about them."""
    docs = tmp_path_factory.mktemp("docs") / "data_docs"
    named = {check: indicator(indicator_id=f"met_{check}") for check in [*SPOILT, "niets"]}
    marts = [(named[check], f"marts.mart_met_{check}", check, SPOILT.get(check, BASE)) for check in named]
    found: dict[str, dict[str, Evidence]] = {}
    for one in judge(marts, {i.indicator_id: BASE for i in named.values()}, docs):
        found.setdefault(one.fingerprint, {})[one.check] = one
    return found, docs


def test_rows_with_nothing_wrong_pass_everything(judged: tuple[dict[str, dict[str, Evidence]], Path]) -> None:
    assert {one.outcome for one in judged[0]["niets"].values()} == {"passed"}


@pytest.mark.parametrize("check", [e.check for e in EXPECTED])
def test_each_expectation_can_fail_and_names_the_worst_rows(judged: tuple[dict[str, dict[str, Evidence]], Path], check: str) -> None:
    one = judged[0][check][check]
    assert one.outcome == "failed"
    assert one.severity == next(e.severity for e in EXPECTED if e.check == check)
    assert one.details["unexpected"] >= 1
    assert one.details["worst"]
    assert not math.isnan(float(one.details["worst"][0].rsplit(": ", 1)[1].replace(",", ".")))


def test_the_worst_row_comes_first_and_what_was_expected_and_found_is_told(judged: tuple[dict[str, dict[str, Evidence]], Path]) -> None:
    details = judged[0]["plausibel"]["plausibel"].details
    assert details["worst"] == ["NPLV, hoofdreeks, 2023: 252", "NPLV, hoofdreeks, 2022: 250"]
    assert (details["expected"], details["observed"], details["rows"], details["unexpected"]) == (
        "ten minste 0 en ten hoogste 200",
        "25 tot 252",
        4,
        2,
    )


def test_the_pages_tell_of_each_mart_and_load_nothing_from_elsewhere(judged: tuple[dict[str, dict[str, Evidence]], Path]) -> None:
    pages = list(judged[1].rglob("*.html"))
    assert {page.parts[len(judged[1].parts) + 1] for page in pages if "validations" in page.parts} == {
        f"mart_met_{check}" for check in [*SPOILT, "niets"]
    }
    assert all("default-src 'none'" in page.read_text(encoding="utf-8") for page in pages)


def test_the_pages_of_one_mart_are_made_anew_and_those_of_the_others_stay(judged: tuple[dict[str, dict[str, Evidence]], Path]) -> None:
    docs = judged[1]

    def pages(mart: str) -> set[Path]:
        return set((docs / "validations" / mart).rglob("*.html"))

    stay, goes = pages("mart_met_sprong"), pages("mart_met_niets")
    judge([(indicator(indicator_id="met_niets"), "marts.mart_met_niets", "niets", BASE)], {}, docs)
    assert pages("mart_met_sprong") == stay
    assert len(pages("mart_met_niets")) == 1
    assert pages("mart_met_niets") != goes
    assert "mart_met_sprong" in (docs / "index.html").read_text(encoding="utf-8")
