"""Writes the csv files of an edition, all in one way: UTF-8, a decimal point, an empty cell for what is missing, and nothing that a spreadsheet would run.

Which files there are, and their columns, is in `sheet` and `evidence`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

_RUNS = ("=", "+", "-", "@", "\t", "\r")  # with which a text becomes a formula in a program that opens the file


def as_csv(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Rows under these columns; of a row other names are left out."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    names = list(columns)
    out.writerow(names)
    out.writerows([_cell(row[name]) for name in names] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """A cell as the types of a data package have it; a text that begins as a formula does is no formula any more."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and value.startswith(_RUNS):
        return f"'{value}"
    return value.isoformat() if isinstance(value, date) else value
