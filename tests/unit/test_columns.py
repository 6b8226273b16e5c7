"""Cells of JSON as columns: the same as Arrow makes of them one by one."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from nplv_orchestration.sources.columns import numbers, texts


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])) | st.integers() | st.floats(allow_nan=False)))
def test_cells_are_text_as_they_stand(cells: list[str | int | float | None]) -> None:
    found = texts(cells)
    found.validate(full=True)
    assert found.type == pa.string()
    assert found.to_pylist() == [cell if cell is None else str(cell) for cell in cells]


def test_a_column_of_plain_text_has_its_cells() -> None:
    assert texts(["BU03630000", "", "   12.0"]).to_pylist() == ["BU03630000", "", "   12.0"]
    assert texts([]).to_pylist() == []
    assert texts(["Súdwest", "é"]).to_pylist() == ["Súdwest", "é"]


@given(st.lists(st.none() | st.floats(allow_nan=False)))
def test_numbers_are_themselves_or_nothing(cells: list[float | None]) -> None:
    found = numbers(cells)
    found.validate(full=True)
    assert found.to_pylist() == cells
