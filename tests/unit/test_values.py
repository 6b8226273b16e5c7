import pytest
from hypothesis import given
from hypothesis import strategies as st

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.sources.values import text_number, v4_number


@pytest.mark.parametrize(("cell", "value"), [("   135.5", 135.5), ("0", 0.0), ("-1.44651e-05", -1.44651e-05), (7559.0, 7559.0)])
def test_a_number_is_read_as_it_stands(cell: object, value: float) -> None:
    assert text_number(cell, where="t") == (value, None)


@pytest.mark.parametrize("cell", ["       .", "", None, "<5", "NA"])
def test_what_is_missing_keeps_its_reason_and_is_never_zero(cell: object) -> None:
    value, reason = text_number(cell, where="t")
    assert value is None
    assert reason


@pytest.mark.parametrize("cell", ["12,5", "1.000.000", "abc", "1e999", "٣", "1 000", True])
def test_anything_else_is_refused_by_place(cell: object) -> None:
    with pytest.raises(SourceRefused, match="table, row 1"):
        text_number(cell, where="table, row 1")


@given(st.text())
def test_text_is_a_number_a_reason_or_refused(text: str) -> None:
    try:
        value, reason = text_number(text, where="t")
    except SourceRefused:
        return
    assert (value is None) == (reason is not None)
    if value is not None:
        assert value == float(text.strip())


def test_an_unknown_attribute_is_refused() -> None:
    assert v4_number(0.0, "Zero", where="t") == (0.0, None)
    assert v4_number(None, "Secret", where="t")[0] is None
    with pytest.raises(SourceRefused):
        v4_number(None, "Fancy", where="t")
    with pytest.raises(SourceRefused):
        v4_number(None, "None", where="t")
