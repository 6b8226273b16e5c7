"""What a form of delivered files is: its columns, what each may hold, the checks across them, and how a file is held against it.

Which forms there are is in `declared`, reading cells in `sheets`, and what becomes of a file in `deliveries`. pandera is imported by what validates, because
loading the definitions must not pay for it.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.programme import Programme
from nplv_orchestration.sources.rhythm import Rhythm
from nplv_orchestration.sources.sheets import FileRefused, Problem, Sheet, letter, shown
from nplv_orchestration.sources.values import text_number

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pa

TOLD = 20  # problems of a file that its report tells one by one

Value = str | int | float | date | None


@dataclass(frozen=True)
class Known:
    """What exists in this home, by code, with the name that people know it by: what a file may refer to."""

    areas: dict[str, str] = field(default_factory=dict)
    municipalities: dict[str, str] = field(default_factory=dict)
    indicators: dict[str, str] = field(default_factory=dict)
    programme: Programme = field(default_factory=Programme)

    @property
    def results(self) -> dict[str, str]:
        """The results that the programme counts."""
        return {one.id: f"{one.name_nl}; eenheid: {one.unit}" for one in self.programme.results}

    @property
    def themes(self) -> dict[str, str]:
        """The themes of the grant."""
        return {one.id: one.name_nl for one in self.programme.themes}

    @property
    def questions(self) -> dict[str, str]:
        """The questions of the survey."""
        return {one.id: f"{one.text_nl} {one.answers_nl}" for one in self.programme.questions}


@dataclass(frozen=True)
class OneOf:
    """One of a closed list."""

    choices: tuple[str, ...]
    sql = "VARCHAR"

    def words(self, known: Known) -> str:
        """What is allowed, in Dutch."""
        return "een van: " + ", ".join(self.choices)

    def fits(self, text: str, known: Known) -> bool:
        """Whether a cell holds one."""
        return text in self.choices

    def value(self, text: str) -> str:
        """The cell as it is kept."""
        return text


@dataclass(frozen=True)
class Existing:
    """The code of something that exists in this home, or one of the words in `also`, each with what it stands for."""

    what: Literal["areas", "municipalities", "indicators", "results", "themes", "questions"]
    also: tuple[tuple[str, str], ...] = ()
    sql = "VARCHAR"

    def choices(self, known: Known) -> dict[str, str]:
        """The codes, with what each stands for."""
        return {**getattr(known, self.what), **dict(self.also)}

    def words(self, known: Known) -> str:
        """What is allowed, in Dutch."""
        return "een van: " + ", ".join(self.choices(known))

    def fits(self, text: str, known: Known) -> bool:
        """Whether a cell holds one."""
        return text in self.choices(known)

    def value(self, text: str) -> str:
        """The cell as it is kept."""
        return text


@dataclass(frozen=True)
class Matching:
    """A text of a certain shape, which `told` says in Dutch."""

    pattern: str
    told: str
    sql = "VARCHAR"

    def words(self, known: Known) -> str:
        """What is allowed, in Dutch."""
        return self.told

    def fits(self, text: str, known: Known) -> bool:
        """Whether a cell holds one."""
        return bool(re.fullmatch(self.pattern, text, re.ASCII))

    def value(self, text: str) -> str:
        """The cell as it is kept."""
        return text


@dataclass(frozen=True)
class Year:
    """A year that has begun, from `first` on."""

    first: int = 2000
    sql = "INTEGER"

    def words(self, known: Known) -> str:
        """What is allowed, in Dutch."""
        return f"een jaar van {self.first} tot en met {datetime.now(UTC).year}"

    def fits(self, text: str, known: Known) -> bool:
        """Whether a cell holds one."""
        return bool(re.fullmatch(r"\d{4}", text, re.ASCII)) and self.first <= int(text) <= datetime.now(UTC).year

    def value(self, text: str) -> int:
        """The cell as it is kept."""
        return int(text)


@dataclass(frozen=True)
class Day:
    """A day."""

    sql = "DATE"

    def words(self, known: Known) -> str:
        """What is allowed, in Dutch."""
        return "een datum als 2024-12-31"

    def fits(self, text: str, known: Known) -> bool:
        """Whether a cell holds one."""
        try:
            return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII)) and bool(date.fromisoformat(text))
        except ValueError:
            return False

    def value(self, text: str) -> date:
        """The cell as it is kept."""
        return date.fromisoformat(text)


@dataclass(frozen=True)
class Number:
    """A number with a decimal comma from `low` to `high`, or what stands for a missing one where `or_missing`."""

    low: float
    high: float
    or_missing: bool = False
    sql = "DOUBLE"

    def words(self, known: Known) -> str:
        """What is allowed, in Dutch."""
        missing = ", of een punt voor wat geheim is" if self.or_missing else ""
        high = f"{self.high:,.0f}".replace(",", " ")
        return f"een getal van {self.low:.0f} tot en met {high}, met een decimale komma en zonder punten{missing}"

    def fits(self, text: str, known: Known) -> bool:
        """Whether a cell holds one."""
        try:
            number = self.value(text)
        except SourceRefused:
            return False
        return self.or_missing if number is None else self.low <= number <= self.high

    def value(self, text: str) -> float | None:
        """The cell as it is kept; None for a missing one. Raises SourceRefused for what is neither."""
        return text_number(text, decimal=",", where="")[0]


Allowed = OneOf | Existing | Matching | Year | Day | Number


@dataclass(frozen=True)
class Column:
    """One column of a form. name: its head; becomes: the column of the relation.

    reason: the column of the relation that tells why a number is missing; place: the one that tells in which cell of which sheet it stood.
    """

    name: str
    becomes: str
    allowed: Allowed
    meaning: str
    example: str
    required: bool = True
    reason: str = ""
    place: str = ""


@dataclass(frozen=True)
class RowCheck:
    """A check across the columns of one row, made of rows whose own cells are good.

    holds and expected get the row's cells by head, and what exists; expected is Dutch. column: where a refusal points.
    """

    name: str
    column: str
    holds: Callable[[dict[str, str], Known], bool]
    expected: Callable[[dict[str, str], Known], str]


@dataclass(frozen=True)
class Form:
    """A kind of delivery: the files, their columns, and the source table that they make. key: the heads of which no two rows are equal."""

    kind: str
    pattern: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    table: str
    publisher: str
    table_id: str
    title: str
    page: str
    checks: tuple[RowCheck, ...] = ()
    licence: str = "CC BY 4.0"
    same: tuple[str, ...] = ()
    """The heads of which all rows of a file have one value."""
    rhythm: Rhythm | None = None
    """By which calendar it is delivered; None for what people deliver when it is there."""

    @property
    def heads(self) -> list[str]:
        """The first row of a sheet."""
        return [column.name for column in self.columns]

    @property
    def grain(self) -> tuple[str, ...]:
        """The columns of the relation that the key becomes."""
        becomes = {column.name: column.becomes for column in self.columns}
        return tuple(becomes[name] for name in self.key)

    @property
    def relation(self) -> dict[str, str]:
        """The columns of the relation and their DuckDB types; `delivery` is the name of the file that a row came in."""
        columns: dict[str, str] = {}
        for column in self.columns:
            columns |= {column.becomes: column.allowed.sql} | {name: "VARCHAR" for name in (column.reason, column.place) if name}
        return {**columns, "delivery": "VARCHAR"}

    def schema(self, known: Known, elsewhere: Mapping[tuple[Value, ...], str]) -> pa.DataFrameSchema:
        """What a frame of this form's cells, as text and None where empty, must be. The checks are named, a column's after its head."""
        import pandas as pd
        import pandera.pandas as pa

        def of_cells(column: Column) -> pa.Check:
            return pa.Check(lambda cells: cells.map(lambda text: column.allowed.fits(text, known)), name=column.name, error=column.name)

        def of_rows(check: RowCheck) -> pa.Check:
            def holds(frame: pd.DataFrame) -> pd.Series[bool]:
                rows = (_texts(row) for row in frame.to_dict("records"))
                return pd.Series([not self._is_good(row, known) or check.holds(row, known) for row in rows], index=frame.index, dtype=bool)

            return pa.Check(holds, name=check.name, error=check.name, ignore_na=False)

        columns = {column.name: pa.Column(object, of_cells(column), nullable=not column.required) for column in self.columns}
        once = pa.Check(lambda frame: ~frame.duplicated(list(self.key)), name=_TWICE, error=_TWICE, ignore_na=False)
        return pa.DataFrameSchema(columns, checks=[once, *map(of_rows, (*self.checks, _in_another(self, elsewhere)))], strict=True)

    def _is_good(self, row: dict[str, str], known: Known) -> bool:
        return all(column.allowed.fits(row[column.name], known) if row[column.name] else not column.required for column in self.columns)

    def value_of_key(self, row: dict[str, str]) -> tuple[Value, ...]:
        """The key of a row whose cells are good, as it is kept."""
        return tuple(column.allowed.value(row[column.name]) for name in self.key for column in self.columns if column.name == name)

    def rows(self, file: str, sheets: Iterable[Sheet], known: Known, elsewhere: Mapping[tuple[Value, ...], str]) -> list[dict[str, Value]]:
        """The rows of the relation that a file gives. elsewhere: the keys of rows in other deliveries, with these deliveries' names.

        Raises FileRefused with all that is wrong, each with its place.
        """
        found: list[tuple[str, int, list[str]]] = []
        problems: list[Problem] = []
        for sheet in sheets:
            problems += sheet.problems
            number, head = sheet.rows[0] if sheet.rows else (1, [])
            if number != 1 or [cell.lower() for cell in head] != self.heads:
                problems.append(Problem(sheet.name, number, "A", "; ".join(head), f"de koppen {'; '.join(self.heads)}, in rij 1"))
                continue
            for number, cells in sheet.rows[1:]:
                if len(cells) > len(head):
                    problems.append(Problem(sheet.name, number, letter(len(head)), cells[len(head)] or "een cel", "niets: deze kolom heeft geen kop"))
                found.append((sheet.name, number, (cells + [""] * len(head))[: len(head)]))
        problems += self._problems(found, known, elsewhere) + self._several(found)
        if problems:
            unique = list(dict.fromkeys(sorted(problems, key=lambda p: (p.sheet, p.row))))
            raise FileRefused(file, [str(problem) for problem in unique])
        if not found:
            raise FileRefused(file, ["er staan geen rijen in"])
        return [self._row(file, sheet, number, dict(zip(self.heads, cells, strict=True))) for sheet, number, cells in found]

    def _several(self, found: list[tuple[str, int, list[str]]]) -> list[Problem]:
        """The first row that has another value than the rows before it, where all of a file have one."""
        problems = []
        for name in self.same:
            at = self.heads.index(name)
            first = next((cells[at] for _, _, cells in found if cells[at]), "")
            other = next(((sheet, number, cells[at]) for sheet, number, cells in found if cells[at] not in ("", first)), None)
            if other:
                sheet, number, text = other
                problems.append(
                    Problem(sheet, number, f"{name} ({letter(at)})", text, f"{first}, zoals in de rijen ervoor; een bestand heeft één {name}")
                )
        return problems

    def _problems(self, found: list[tuple[str, int, list[str]]], known: Known, elsewhere: Mapping[tuple[Value, ...], str]) -> list[Problem]:
        import pandas as pd
        from pandera.errors import SchemaErrors

        if not found:
            return []
        frame = pd.DataFrame([[cell or None for cell in cells] for _, _, cells in found], columns=self.heads, dtype=object)
        try:
            self.schema(known, elsewhere).validate(frame, lazy=True)
        except SchemaErrors as errors:
            cases = errors.failure_cases
            wrong = {
                (int(index), str(check), str(column)) for index, check, column in zip(cases["index"], cases["check"], cases["column"], strict=True)
            }
        else:
            return []
        checks = {check.name: check for check in (*self.checks, _in_another(self, elsewhere))}
        columns = {column.name: (f"{column.name} ({letter(at)})", column) for at, column in enumerate(self.columns)}
        problems = []
        for index, check, head in sorted(wrong, key=lambda case: (case[0], case[1] not in self.heads, self.heads.index(case[2]), case[1])):
            sheet, number, cells = found[index]
            row = dict(zip(self.heads, cells, strict=True))
            if check == _TWICE:
                first = next(other for other in found if all(other[2][self.heads.index(name)] == row[name] for name in self.key))
                place, _ = columns[self.key[-1]]
                said = f"een rij die er nog niet is; {', '.join(self.key)} zijn die van blad {first[0]}, rij {first[1]}"
                problems.append(Problem(sheet, number, place, row[self.key[-1]], said))
            elif check in checks:
                place, _ = columns[checks[check].column]
                problems.append(Problem(sheet, number, place, row[checks[check].column], checks[check].expected(row, known)))
            else:  # a cell on its own: not what is allowed, or empty where it must not be
                place, column = columns[head]
                problems.append(Problem(sheet, number, place, row[head], column.allowed.words(known)))
        return problems

    def _row(self, file: str, sheet: str, number: int, cells: dict[str, str]) -> dict[str, Value]:
        row: dict[str, Value] = {}
        for at, column in enumerate(self.columns):
            text = cells[column.name]
            missing = not text and not isinstance(column.allowed, Number)
            row[column.becomes] = None if missing else column.allowed.value(text)
            if column.reason:
                row[column.reason] = text_number(text, decimal=",", where="")[1]
            if column.place:
                row[column.place] = f"{shown(sheet)}!{letter(at)}{number}"
        return {**row, "delivery": file}


_TWICE = "een rij staat er twee keer"


def _in_another(form: Form, elsewhere: Mapping[tuple[Value, ...], str]) -> RowCheck:
    """The check that a row stands in no other delivery."""

    def expected(row: dict[str, str], known: Known) -> str:
        other = elsewhere[form.value_of_key(row)]
        return (
            f"een rij die niet in de levering {shown(other, 80)} staat; haal de rij weg, of neem die terug: nplv inbox withdraw {shlex.quote(other)}"
        )

    return RowCheck("een rij staat in een andere levering", form.key[-1], lambda row, known: form.value_of_key(row) not in elsewhere, expected)


def _texts(row: Mapping[Hashable, object]) -> dict[str, str]:
    return {str(name): cell if isinstance(cell, str) else "" for name, cell in row.items()}
