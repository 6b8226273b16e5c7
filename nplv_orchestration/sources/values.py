"""What the publishers' cells mean: numbers, what stands for a missing one, and why it is missing.

The only place that knows how a source writes a missing value. Nothing here turns a missing value into a number.
"""

from __future__ import annotations

import math
import re

from nplv_orchestration.errors import SourceRefused

SECRET = "geheim of onbekend"  # noqa: S105 - a reason, not a password
NOT_APPLICABLE = "niet van toepassing"
MISSING = "ontbreekt bij de uitgever"

_V4_REASONS = {
    "Missing": MISSING,
    "Secret": SECRET,
    "Confidential": SECRET,
    "Impossible": NOT_APPLICABLE,
    "NotApplicable": NOT_APPLICABLE,
    "Unknown": SECRET,
}
_TEXT_REASONS = {"": NOT_APPLICABLE, ".": SECRET, "-": NOT_APPLICABLE, "NA": MISSING, "<5": SECRET}
_TEXT_REASONS |= dict.fromkeys(("-99995", "-99997", "-99999999"), MISSING)


def text_number(cell: object, *, decimal: str = ".", where: str) -> tuple[float | None, str | None]:
    """A cell of text as (value, None), or (None, reason). Raises SourceRefused for anything else, naming `where`."""
    if cell is None:
        return None, NOT_APPLICABLE
    if isinstance(cell, bool) or not isinstance(cell, str | int | float):
        raise SourceRefused(f"{where}: '{cell}' is not a number")
    text = str(cell).strip()
    if text in _TEXT_REASONS:
        return None, _TEXT_REASONS[text]
    if not re.fullmatch(rf"-?\d+({re.escape(decimal)}\d+)?([eE][-+]?\d{{1,3}})?", text, re.ASCII):
        raise SourceRefused(f"{where}: '{text[:40]}' is not a number with decimal mark '{decimal}'")
    return _finite(float(text.replace(decimal, ".")), where), None


def v4_number(value: object, attribute: str, *, where: str) -> tuple[float | None, str | None]:
    """An observation of OData v4 as (value, None), or (None, reason). Raises SourceRefused for an unknown attribute."""
    if attribute == "None" and isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(float(value), where), None
    if attribute == "Zero":
        return 0.0, None
    if attribute in _V4_REASONS and value is None:
        return None, _V4_REASONS[attribute]
    raise SourceRefused(f"{where}: value {value!r} with attribute '{attribute}' has no meaning here")


def _finite(value: float, where: str) -> float:
    if not math.isfinite(value) or abs(value) > 1e12:
        raise SourceRefused(f"{where}: {value} is not a possible figure")
    return value
