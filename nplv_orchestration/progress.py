"""How far a long step is: told by those who work, shown by whoever called them.

Only the shape of the message belongs here; how it looks is in `cli`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Watch = Callable[[str, int, int], None]
"""Told of each piece of one stage: what it is, how many are done, and of how many (0 when that is not known)."""


class Progress(Protocol):
    """Told of every stage of a run, and of the pieces in it."""

    def __call__(self, stage: str, detail: str = "", done: int = 0, total: int = 0) -> None:
        """stage: what is being done, in Dutch; detail, done, total: as `Watch`."""


def silent(stage: str, detail: str = "", done: int = 0, total: int = 0) -> None:
    """Tell nobody."""


def unwatched(detail: str, done: int, total: int) -> None:
    """Tell nobody of the pieces of a stage."""
