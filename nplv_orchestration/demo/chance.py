"""Chance that is the same every time: numbers that follow from their keys alone, on every machine and version.

A generator that is drawn from would give other numbers to all that come after a change; here each number stands by itself.
Another seed makes another country of the same shape: `seeded`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from math import sqrt

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Key = str | int | npt.NDArray[np.int64]

_seed = 0  # of the country that everybody knows


@contextmanager
def seeded(number: int) -> Iterator[None]:
    """Within it all numbers, in every thread, are those of another country. A country and its figures keep what they made, so make new ones."""
    global _seed
    before, _seed = _seed, number
    try:
        yield
    finally:
        _seed = before


def uniform(*keys: Key) -> Floats:
    """Numbers from 0 up to 1, one for each combination of the keys (arrays are broadcast).

    The mixing is SplitMix64's finalizer (Steele, Lea and Flood, OOPSLA 2014).
    """
    state = np.full(1, _seed, dtype=np.uint64)
    for key in keys:
        number = zlib.crc32(key.encode()) if isinstance(key, str) else key
        state = _mixed(state + np.atleast_1d(np.asarray(number)).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53


def bell(*keys: Key) -> Floats:
    """Numbers around 0 with a spread of 1, nearly normal: sums of four uniform ones, so never beyond 3.5."""
    parts: Floats = np.sum([uniform(*keys, part) for part in range(4)], axis=0)
    return (parts - 2.0) * sqrt(3.0)


def _mixed(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
