"""Cells of JSON as columns of Arrow, laid out as Arrow has them in memory.

Arrow's own way goes cell by cell, which takes seven times as long, and loads pandas first. What a cell means is in `values`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def texts(cells: Sequence[str | int | float | None]) -> pa.StringArray:
    """Cells as text; a number among them, as a typed table has it, is written out. Raises ValueError for text that no UTF-8 can hold."""
    import numpy as np
    import pyarrow as pa

    known = None
    try:
        joined = "".join(cells)  # type: ignore[arg-type]
    except TypeError:  # a number, or no cell at all
        known = _bitmap([cell is not None for cell in cells])
        cells = written = ["" if cell is None else str(cell) for cell in cells]
        joined = "".join(written)
    lengths = map(len, cells) if joined.isascii() else (len(cell.encode()) for cell in cells)  # type: ignore[arg-type, union-attr]
    ends = np.zeros(len(cells) + 1, np.int32)
    np.cumsum(np.fromiter(lengths, np.int32, len(cells)), out=ends[1:])
    return pa.StringArray.from_buffers(len(cells), pa.py_buffer(ends), pa.py_buffer(joined.encode()), known)


def numbers(cells: Sequence[float | None]) -> pa.DoubleArray:
    """Cells as numbers."""
    import numpy as np
    import pyarrow as pa

    known = _bitmap([cell is not None for cell in cells]) if None in cells else None
    values = np.array([0.0 if cell is None else cell for cell in cells], np.float64)
    return pa.Array.from_buffers(pa.float64(), len(cells), [known, pa.py_buffer(values)])


def place_of(where: pa.BooleanArray) -> int:
    """The place of the first that is true, -1 when none is; nothing is not true."""
    import pyarrow.compute as pc

    places = pc.indices_nonzero(where)
    return places[0].as_py() if len(places) else -1


def unlike(cells: pa.StringArray, form: str) -> int:
    """The place of the first that is nothing, else of the first that does not match `form` (RE2), -1 when all do."""
    import pyarrow.compute as pc

    return place_of(cells.is_null() if cells.null_count else pc.invert(pc.match_substring_regex(cells, form)))


def _bitmap(known: list[bool]) -> pa.Buffer:
    import numpy as np
    import pyarrow as pa

    return pa.py_buffer(np.packbits(known, bitorder="little"))
