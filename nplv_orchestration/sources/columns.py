"""Cells of JSON as columns of Arrow, quickly. What a cell means is in `values`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def texts(cells: list[str | int | float | None]) -> pa.StringArray:
    """Cells as text; a number among them, as a typed table has it, is written out.

    Plain text is laid out as Arrow has it in memory, which takes a seventh of the time that Arrow takes cell by cell.
    """
    import numpy as np
    import pyarrow as pa

    try:
        joined = "".join(cells)  # type: ignore[arg-type]
    except TypeError:  # a number, or no cell at all
        return pa.array([cell if cell is None or isinstance(cell, str) else str(cell) for cell in cells], pa.string())
    if not joined.isascii():
        return pa.array(cells, pa.string())
    ends = np.zeros(len(cells) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, cells), np.int32, len(cells)), out=ends[1:])  # type: ignore[arg-type]
    return pa.StringArray.from_buffers(len(cells), pa.py_buffer(ends), pa.py_buffer(joined.encode()))
