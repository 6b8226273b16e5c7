"""What both kinds of OData have in common: a table as a cube, the conditions of a `$filter`, and pages.

The words of each kind are in `cbs` (v4) and `dataderden` (v3).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

ROW_STEP = 3  # numbers of rows have gaps at the publishers too

Condition = Callable[[str], bool]
Columns = dict[str, Sequence[Any]]

_TERM = re.compile(r"startswith\((\w+),\s*'([^']*)'\)|(\w+) in \(([^)]*)\)|(\w+) (eq|ge|le) '([^']*)'")


class WrongQuestion(ValueError):
    """A question that these publishers do not understand."""


def conditions(text: str) -> list[tuple[str, Condition]]:
    """The conditions that a `$filter` joins by `and`, each a column and what its keys must be. Raises WrongQuestion."""
    found = []
    for part in re.split(r" and ", text) if text else []:
        inner = part[1:-1] if part.startswith("(") and part.endswith(")") else part
        terms = [_term(term.strip()) for term in inner.split(" or ")]
        columns = {column for column, _ in terms}
        if len(columns) != 1:
            raise WrongQuestion(f"$filter: one column at a time, not {part}")
        found.append((columns.pop(), _any([condition for _, condition in terms])))
    return found


def _term(text: str) -> tuple[str, Condition]:
    match = _TERM.fullmatch(text)
    if not match:
        raise WrongQuestion(f"$filter: {text}")
    start_column, start, in_column, listed, column, operator, value = match.groups()
    if start_column:
        return start_column, lambda key: key.startswith(start)
    if in_column:
        keys = set(re.findall(r"'([^']*)'", listed))
        return in_column, lambda key: key in keys
    compare: dict[str, Condition] = {"eq": lambda key: key == value, "ge": lambda key: key >= value, "le": lambda key: key <= value}
    return column, compare[operator]


def _any(given: list[Condition]) -> Condition:
    return lambda key: any(condition(key) for condition in given)


@dataclass(frozen=True)
class Cube:
    """A table: every combination of the keys of its dimensions, and within it a row for each region.

    cells: for one combination, in the order of `dimensions`, the columns over all `regions`; made only when asked for.
    row_number: the name of the column that numbers the rows.
    """

    dimensions: Mapping[str, Sequence[str]]
    region_column: str
    regions: Sequence[str]
    cells: Callable[..., Columns]
    row_number: str

    def narrowed(self, text: str) -> Cube:
        """The part that a `$filter` leaves. Raises WrongQuestion."""
        found = self
        for column, condition in conditions(text):
            if column == found.region_column:
                found = found._of_regions([n for n, code in enumerate(found.regions) if condition(code)])
            elif column in found.dimensions:
                kept = [key for key in found.dimensions[column] if condition(key)]
                found = replace(found, dimensions={**found.dimensions, column: kept})
            else:
                raise WrongQuestion(f"$filter: there is no column {column}")
        return found

    def _of_regions(self, places: list[int]) -> Cube:
        cells = self.cells
        return replace(
            self,
            regions=[self.regions[n] for n in places],
            cells=lambda *keys: {name: [values[n] for n in places] for name, values in cells(*keys).items()},
        )

    def __len__(self) -> int:
        return prod(len(keys) for keys in self.dimensions.values()) * len(self.regions)

    def rows(self, skip: int, most: int) -> Iterator[dict[str, Any]]:
        """Rows from `skip` on, at most so many."""
        end = min(skip + most, len(self))
        for block, keys in enumerate(product(*self.dimensions.values())):
            start = block * len(self.regions)
            low, high = max(skip - start, 0), min(end - start, len(self.regions))
            if low >= high:
                continue
            head = dict(zip(self.dimensions, keys, strict=True))
            columns = self.cells(*keys)
            lines = zip(self.regions[low:high], *(values[low:high] for values in columns.values()), strict=True)
            for number, (region, *values) in enumerate(lines, start + low):
                yield {self.row_number: ROW_STEP * number, **head, self.region_column: region, **dict(zip(columns, values, strict=True))}
