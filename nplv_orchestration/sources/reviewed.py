"""The reviewed files that belong to the monitor itself: the areas, corrections of publishers' errors, waivers of checks, and examples from areas.

They are of a programme, and lie in its folder of configuration; the demo country has its own. What a cell of them must be belongs here; what a correction does to
a figure is in dbt, with the staging of its table.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.progress import Watch
from nplv_orchestration.sources.forms import Known
from nplv_orchestration.sources.pulled import Answer, Draft, Pulled
from nplv_orchestration.sources.registry import BY_KEY, SourceTable

_KINDS = {
    "VARCHAR": (r"[^\r\n]+", "a text of one line"),
    "INTEGER": (r"\d{1,9}", "a number"),
    "DOUBLE": (r"(-?\d{1,12}(\.\d{1,12})?)?", "a number with a decimal point, or nothing where there is no figure"),
}
_DATES = ("since", "until", "told_on", "consent_on")
_WORDS = (r"(?:[^\d\r\n]|\b(?:19|20)\d\d\b)+", "a text of one line in words: no figure stands beside the name of an area, but for a year")
_COLUMNS = {  # where the kind of a column does not say enough
    "region_code": (r"NL00|GM\d{4}|WK\d{4}[0-9A-Z]{2}|BU\d{4}[0-9A-Z]{4}", "the code of a region of a publisher: NL00, GM, WK or BU"),
    "period": (r"20\d\d", "a year"),
    **dict.fromkeys(("title_nl", "text_nl"), _WORDS),
    **dict.fromkeys(_DATES, (r"\d{4}-\d\d-\d\d", "a date such as 2026-01-31")),
}


def areas(folder: Path) -> Known:
    """The areas and their municipalities by code, for what is delivered of them. Raises SourceRefused as `ask` and `pull` do."""
    table = BY_KEY["focus_areas"]
    rows = list(_rows(table, ask(table, folder).carried))
    return Known(
        areas={str(row["area_id"]): str(row["area_name"]) for row in rows},
        municipalities={str(row["municipality_code"]): str(row["municipality_name"]) for row in rows},
    )


def ask(table: SourceTable, folder: Path) -> Answer:
    """The file's content, whose hash is its version. Raises SourceRefused when it is not there."""
    path = folder / table.path
    if not path.exists():
        raise SourceRefused(f"{path} is not there; restore it from the programme's configuration")
    content = path.read_bytes()
    return Answer(hashlib.sha256(content).hexdigest(), None, table.path, carried=content)


def pull(table: SourceTable, answer: Answer, draft: Path, watch: Watch) -> Pulled:
    """All lines of the file. Raises SourceRefused, naming line and column."""
    with Draft(table, draft, watch) as out:
        out.add(_rows(table, answer.carried))
    return Pulled(out.rows, [], table.boundary_year)  # of no years: a correction that is dropped is no year that is lost


def _rows(table: SourceTable, content: bytes) -> Iterator[dict[str, object]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SourceRefused(f"{table.path}: not UTF-8 text; save the file as csv UTF-8") from None
    lines = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    columns = [*table.columns, *(["boundary_year"] if table.boundary_year else [])]
    try:
        if sorted(lines.fieldnames or ()) != sorted(columns):
            raise SourceRefused(f"{table.path}: its columns must be {', '.join(sorted(columns))}")
        for line in lines:
            where = f"{table.path}, line {lines.line_num}"
            if None in line or None in line.values():
                raise SourceRefused(f"{where}: another number of cells than the head")
            if table.boundary_year and line["boundary_year"] != str(table.boundary_year):
                raise SourceRefused(f"{where}: boundaries of {line['boundary_year']}, the registry says {table.boundary_year}")
            row = {name: _cell(name, kind, line[name].strip(), where) for name, kind in table.columns.items()}
            if table.relation == "corrections":
                _refuse_correction(row, where)
            yield row
    except csv.Error as error:
        raise SourceRefused(f"{table.path}, after line {lines.line_num}: {error}") from None


def _cell(name: str, kind: str, cell: str, where: str) -> object:
    """A cell as a value of its kind; an empty number is None."""
    pattern, expected = _COLUMNS.get(name, _KINDS[kind])
    if not re.fullmatch(pattern, cell, re.ASCII):
        raise _refused(where, name, cell, expected)
    if name in _DATES:
        try:
            date.fromisoformat(cell)
        except ValueError:
            raise _refused(where, name, cell, expected) from None
    if kind == "VARCHAR":
        return cell
    return (int(cell) if kind == "INTEGER" else float(cell)) if cell else None


def _refuse_correction(row: dict[str, object], where: str) -> None:
    """Refuse what is no correction of a figure that can be corrected."""
    source_key, used = str(row["source_key"]), row["used"]
    table = BY_KEY.get(source_key)
    if table is None or not table.is_correctable:
        raise _refused(where, "source_key", source_key, "the key of a table whose figures can be corrected")
    if used == row["expected"]:
        raise _refused(where, "used", "" if used is None else f"{used:g}", "another figure than the publisher's")


def _refused(where: str, name: str, cell: str, expected: str) -> SourceRefused:
    return SourceRefused(f"{where}, {name}: found '{cell[:40]}', expected {expected}")
