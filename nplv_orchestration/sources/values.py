"""What the publishers' cells mean: numbers, what stands for a missing one, and why it is missing.

The only place that knows how a source writes a missing value. Nothing here turns a missing value into a number.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.sources.columns import numbers, place_of, texts, unlike

if TYPE_CHECKING:
    import pyarrow as pa

SECRET = "geheim of onbekend"  # noqa: S105 - a reason, not a password
NOT_APPLICABLE = "niet van toepassing"
MISSING = "ontbreekt bij de uitgever"
MOST = 1e12

_ATTRIBUTE_REASONS = {
    "Missing": MISSING,
    "Secret": SECRET,
    "Confidential": SECRET,
    "Impossible": NOT_APPLICABLE,
    "NotApplicable": NOT_APPLICABLE,
    "Unknown": SECRET,
}
_TEXT_REASONS = {"": NOT_APPLICABLE, ".": SECRET, "-": NOT_APPLICABLE, "NA": MISSING, "<5": SECRET}
_TEXT_REASONS |= dict.fromkeys(("-99995", "-99997", "-99999999"), MISSING)
_NUMBERS = {mark: re.compile(rf"-?\d{{1,20}}({re.escape(mark)}\d{{1,30}})?([eE][-+]?\d{{1,3}})?", re.ASCII) for mark in ".,"}


@dataclass(frozen=True)
class Bounds:
    """What a figure can be: from `least` up to and including `most`, in the publisher's unit."""

    least: float = -MOST
    most: float = MOST


ANY = Bounds()


class BadCell(Exception):
    """A cell that is no figure and no known way to say that there is none. row: counted from 0, in what was read."""

    def __init__(self, row: int, what: str) -> None:
        super().__init__(what)
        self.row, self.what = row, what


def text_number(cell: object, *, decimal: str = ".", where: str, bounds: Bounds = ANY) -> tuple[float | None, str | None]:
    """A cell as (value, None), or (None, reason). Raises SourceRefused for anything else, naming `where`."""
    if cell is None:
        return None, NOT_APPLICABLE
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise SourceRefused(f"{where}: '{str(cell)[:40]}' is not a number")
    text = str(cell).strip(" \t\xa0")
    if text in _TEXT_REASONS:
        return None, _TEXT_REASONS[text]
    if not _NUMBERS[decimal].fullmatch(text):
        raise SourceRefused(f"{where}: '{text[:40]}' is not a number with decimal mark '{decimal}'")
    value = float(text.replace(decimal, "."))
    if what := _impossible(value, bounds):
        raise SourceRefused(f"{where}: {what}")
    return value, None


def text_numbers(cells: pa.StringArray, *, decimal: str = ".", bounds: Bounds = ANY) -> tuple[pa.DoubleArray, pa.StringArray]:
    """A column of cells as values and reasons, each the other's complement. Raises BadCell for the first that is neither."""
    import pyarrow as pa
    import pyarrow.compute as pc

    coded = cells.dictionary_encode()
    found: list[tuple[float | None, str | None]] = []
    for place, text in enumerate(coded.dictionary.to_pylist()):
        try:
            found.append(text_number(text, decimal=decimal, where="", bounds=bounds))
        except SourceRefused as error:
            raise BadCell(pc.index(coded.indices, place).as_py(), str(error).removeprefix(": ")) from None
    values = numbers([value for value, _ in found]).take(coded.indices)
    reasons = texts([reason for _, reason in found]).take(coded.indices)
    return values, pc.if_else(cells.is_null(), pa.scalar(NOT_APPLICABLE), reasons) if cells.null_count else reasons


def strange_region(codes: pa.StringArray) -> int:
    """The place of the first that is no code of a region (two letters, then what tells it from others), -1 when all are."""
    return unlike(codes, r"^[A-Z]{2}[0-9A-Z]{2,8}$")


def observations(values: pa.DoubleArray, attributes: pa.StringArray, bounds: Bounds = ANY) -> tuple[pa.DoubleArray, pa.StringArray]:
    """Observations of OData v4 as values and reasons, each the other's complement. Raises BadCell for the first that is neither."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given, reasons = values, pa.nulls(len(values), pa.string())
    for attribute in attributes.unique().to_pylist():
        here = pc.equal(attributes, attribute)
        if attribute == "None":
            wrong = pc.and_(here, values.is_null())
        elif attribute == "Zero":
            wrong = pc.and_(here, pc.fill_null(pc.not_equal(values, 0), False))
            values = pc.if_else(here, 0.0, values)
        elif attribute in _ATTRIBUTE_REASONS:
            wrong = pc.and_(here, values.is_valid())
            reasons = pc.if_else(here, _ATTRIBUTE_REASONS[attribute], reasons)
        else:
            wrong = here
        if (row := place_of(wrong)) >= 0:
            raise BadCell(row, f"value {given[row].as_py()} with attribute '{str(attribute)[:40]}' has no meaning here")
    outside = pc.or_(pc.less(values, bounds.least), pc.greater(values, bounds.most))
    outside = pc.or_kleene(outside, pc.invert(pc.is_finite(values)))
    if (row := place_of(outside)) >= 0:
        raise BadCell(row, _impossible(values[row].as_py(), bounds) or "not a possible figure")
    return values, reasons


def _impossible(value: float, bounds: Bounds) -> str | None:
    if not math.isfinite(value) or abs(value) > MOST:
        return f"{value} is not a possible figure"
    if value < bounds.least or value > bounds.most:
        return f"{value:g} is not a possible figure, expected {bounds.least:g} to {bounds.most:g}"
    return None
