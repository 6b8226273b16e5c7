"""What a cell means: a number, a reason why there is none, or a refusal; in a column as alone."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.sources.values import BadCell, Bounds, observations, text_number, text_numbers

PERCENT = Bounds(0, 100)


@pytest.mark.parametrize(("cell", "value"), [("   135.5", 135.5), ("0", 0.0), ("-1.44651e-05", -1.44651e-05), (7559.0, 7559.0), ("46", 46.0)])
def test_a_number_is_read_as_it_stands(cell: object, value: float) -> None:
    assert text_number(cell, where="t") == (value, None)


@pytest.mark.parametrize("cell", ["       .", "", None, "<5", "NA", "-99995", "-99997", "-99999999"])
def test_what_is_missing_keeps_its_reason_and_is_never_zero(cell: object) -> None:
    value, reason = text_number(cell, where="t")
    assert value is None
    assert reason


@pytest.mark.parametrize("cell", ["12,5", "1.000.000", "abc", "1e999", "٣", "1 000", True, "12.", ".5", "0x10", "1_000", "nan", "inf", "1" * 400])
def test_anything_else_is_refused_by_place(cell: object) -> None:
    with pytest.raises(SourceRefused, match="table, row 1"):
        text_number(cell, where="table, row 1")


def test_a_decimal_comma_is_a_sources_own_and_never_guessed() -> None:
    assert text_number("46,5", decimal=",", where="t") == (46.5, None)
    with pytest.raises(SourceRefused):
        text_number("46.5", decimal=",", where="t")


@pytest.mark.parametrize("cell", ["101", "-0.1", "1000000000000000"])
def test_a_figure_that_cannot_be_is_refused(cell: str) -> None:
    with pytest.raises(SourceRefused, match="is not a possible figure"):
        text_number(cell, where="t", bounds=PERCENT)


@given(st.text() | st.from_regex(r"\s*-?\d{1,4}([.,]\d{1,3})?\s*", fullmatch=True))
def test_text_is_a_number_a_reason_or_refused(text: str) -> None:
    try:
        value, reason = text_number(text, where="t")
    except SourceRefused:
        return
    assert (value is None) == (reason is not None)
    if value is not None:
        assert value == float(text.strip())


CELLS = st.lists(st.none() | st.sampled_from(["", "       .", "<5", "NA", "-99997", "   12.5", "0", "100", "101", "x", "1,5"]) | st.text(max_size=4))


@given(CELLS)
def test_a_column_says_what_its_cells_say_one_by_one(cells: list[str | None]) -> None:
    alone: list[Any] = []
    refused = None
    for row, cell in enumerate(cells):
        try:
            alone.append(text_number(cell, where="", bounds=PERCENT))
        except SourceRefused:
            refused = row
            break
    if refused is not None:
        with pytest.raises(BadCell) as caught:
            text_numbers(pa.array(cells, pa.string()), bounds=PERCENT)
        assert cells[caught.value.row] not in {cell for cell in cells[:refused]}
        return
    values, reasons = text_numbers(pa.array(cells, pa.string()), bounds=PERCENT)
    assert list(zip(values.to_pylist(), reasons.to_pylist(), strict=True)) == alone


def observed(pairs: list[tuple[float | None, str]], bounds: Bounds = PERCENT) -> list[tuple[float | None, str | None]]:
    values, reasons = observations(pa.array([v for v, _ in pairs], pa.float64()), pa.array([a for _, a in pairs], pa.string()), bounds)
    return list(zip(values.to_pylist(), reasons.to_pylist(), strict=True))


def test_an_observation_has_a_value_or_the_reason_of_its_attribute() -> None:
    found = observed([(5.5, "None"), (None, "Secret"), (None, "Zero"), (0.0, "Zero"), (None, "Impossible"), (0.0, "None")])
    assert found == [(5.5, None), (None, "geheim of onbekend"), (0.0, None), (0.0, None), (None, "niet van toepassing"), (0.0, None)]


@pytest.mark.parametrize(
    ("value", "attribute", "said"),
    [
        (None, "Fancy", "'Fancy' has no meaning"),
        (None, "None", "value None with attribute 'None'"),
        (3.0, "Secret", "value 3.0 with attribute 'Secret'"),
        (3.0, "Zero", "value 3.0 with attribute 'Zero'"),
        (101.0, "None", "101 is not a possible figure, expected 0 to 100"),
        (-1.0, "None", "-1 is not a possible figure"),
        (float("nan"), "None", "nan is not a possible figure"),
        (float("inf"), "None", "inf is not a possible figure"),
    ],
)
def test_an_observation_without_meaning_is_refused_by_place(value: float | None, attribute: str, said: str) -> None:
    with pytest.raises(BadCell, match=said) as caught:
        observed([(1.0, "None"), (value, attribute)])
    assert caught.value.row == 1


@given(st.lists(st.tuples(st.none() | st.floats(), st.sampled_from(["None", "Zero", "Secret", "Missing", "Odd"]))))
def test_observations_are_each_a_figure_or_a_reason(pairs: list[tuple[float | None, str]]) -> None:
    try:
        found = observed(pairs)
    except BadCell:
        return
    for (value, attribute), (given_value, reason) in zip(pairs, found, strict=True):
        assert (given_value is None) == (reason is not None)
        assert given_value == (0.0 if attribute == "Zero" else value)
