"""Files that people put in the inbox: CBS maatwerk, and EP-Online's total file.

A file is taken over whole or refused whole; a refusal names file, sheet, row, column, what was found and what was expected.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from nplv_orchestration.errors import NotConfigured, SourceRefused
from nplv_orchestration.progress import Watch
from nplv_orchestration.sources import eponline
from nplv_orchestration.sources.pulled import Answer, Draft, Pulled
from nplv_orchestration.sources.registry import SourceTable
from nplv_orchestration.sources.values import text_number

_PATTERNS = {"maatwerk": r"maatwerk.*\.(csv|xlsx|ods)", "eponline": eponline.FILE_NAME}
_MAATWERK_COLUMNS = ("indicator", "jaar", "niveau", "code", "teller", "noemer", "status")
_CODES = {
    "gebied": r"[a-z0-9]+(-[a-z0-9]+)*",
    "gemeente": r"GM\d{4}",
    "rest_gemeente": r"GM\d{4}",
    "nederland": r"NL00",
}


@dataclass(frozen=True)
class _Cell:
    """Where a cell is, for a refusal."""

    file: str
    sheet: str
    row: int
    column: str

    def refuse(self, found: str, expected: str) -> SourceRefused:
        return SourceRefused(f"{self.file}, sheet {self.sheet}, row {self.row}, column {self.column}: found '{found[:40]}', expected {expected}")


def ask(table: SourceTable, folder: Path) -> Answer:
    """Which files are there, by name and content. Raises NotConfigured when there is none."""
    files = sorted(f for f in folder.glob("*") if re.fullmatch(_PATTERNS[table.reader], f.name, re.IGNORECASE) and f.is_file())
    if not files:
        raise NotConfigured(f"geen bestand van {table.publisher} ({table.title}) in de inbox")
    digest = hashlib.sha256()
    for file in files:
        with file.open("rb") as content:
            digest.update(file.name.encode() + hashlib.file_digest(content, "sha256").digest())
    newest = max(file.stat().st_mtime for file in files)
    return Answer(digest.hexdigest(), datetime.fromtimestamp(newest, UTC).isoformat(), "inbox", carried=files)


def unrecognised(folder: Path) -> list[str]:
    """The files that nobody reads, because their names are none of those that are known."""
    files = (f.name for f in folder.glob("*") if f.is_file() and not f.name.startswith("."))
    return sorted(name for name in files if not any(re.fullmatch(pattern, name, re.IGNORECASE) for pattern in _PATTERNS.values()))


def pull_maatwerk(table: SourceTable, answer: Answer, draft: Path, watch: Watch) -> Pulled:
    """Counts of areas, municipalities and the country, from every maatwerk file together."""
    with Draft(table, draft, watch) as out:
        for file in answer.carried:
            out.add(_maatwerk_rows(file))
    return out.pulled(table.boundary_year)


def _maatwerk_rows(file: Path) -> Iterator[dict[str, object]]:
    for sheet, rows in _sheets(file):
        head = tuple(cell.strip().lower() for cell in next(rows, []))
        if head != _MAATWERK_COLUMNS:
            raise _Cell(file.name, sheet, 1, "head").refuse("; ".join(head), "; ".join(_MAATWERK_COLUMNS))
        for number, cells in enumerate(rows, 2):
            row = dict(zip(_MAATWERK_COLUMNS, (c.strip() for c in cells), strict=False))
            if not any(row.values()):
                continue

            def at(column: str, number: int = number, sheet: str = sheet) -> _Cell:
                return _Cell(file.name, sheet, number, column)

            if len(cells) != len(_MAATWERK_COLUMNS):
                raise at("head").refuse(f"{len(cells)} cells", f"{len(_MAATWERK_COLUMNS)} cells")
            if not re.fullmatch(r"20\d\d", row["jaar"]):
                raise at("jaar").refuse(row["jaar"], "a year")
            if row["niveau"] not in _CODES:
                raise at("niveau").refuse(row["niveau"], "one of " + ", ".join(_CODES))
            if not re.fullmatch(_CODES[row["niveau"]], row["code"]):
                raise at("code").refuse(row["code"], f"a code of niveau {row['niveau']}")
            if row["status"] not in ("Definitief", "Voorlopig"):
                raise at("status").refuse(row["status"], "Definitief or Voorlopig")
            if not re.fullmatch(r"[a-z_]+", row["indicator"]):
                raise at("indicator").refuse(row["indicator"], "the id of an indicator")
            try:
                numerator, missing = text_number(row["teller"], decimal=",", where="")
                denominator, _ = text_number(row["noemer"], decimal=",", where="")
            except SourceRefused:
                raise at("teller/noemer").refuse(f"{row['teller']} / {row['noemer']}", "numbers with a decimal comma") from None
            if numerator is not None and (denominator is None or numerator < 0 or numerator > denominator):
                raise at("teller").refuse(row["teller"], f"a count from 0 to the noemer {row['noemer']}")
            yield {
                "indicator_id": row["indicator"], "year": int(row["jaar"]), "geo_level": row["niveau"], "geo_code": row["code"],
                "numerator": numerator, "denominator": denominator, "missing": missing, "period_status": row["status"],
            }  # fmt: skip


def _sheets(file: Path) -> Iterator[tuple[str, Iterator[list[str]]]]:
    """The sheets of a csv (one), xlsx or ods file, as rows of text."""
    if file.suffix.lower() == ".csv":
        try:
            text = file.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise SourceRefused(f"{file.name}: not UTF-8 text; save the file as csv UTF-8") from None
        yield "1", iter(csv.reader(io.StringIO(text), delimiter=";"))
        return
    import pandas as pd

    engine: Literal["openpyxl", "odf"] = "openpyxl" if file.suffix.lower() == ".xlsx" else "odf"
    try:
        sheets = pd.read_excel(file, sheet_name=None, header=None, dtype=object, keep_default_na=False, engine=engine)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise SourceRefused(f"{file.name}: cannot be read as a spreadsheet: {str(error)[:100]}") from None
    for name, frame in sheets.items():
        yield str(name), iter([[_cell_text(cell) for cell in row] for row in frame.itertuples(index=False)])


def _cell_text(cell: object) -> str:
    """A cell of a spreadsheet as a person sees it in a Dutch sheet: a number has a decimal comma."""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else str(cell).replace(".", ",")
    return str(cell)


def pull_eponline(table: SourceTable, answer: Answer, draft: Path, watch: Watch) -> Pulled:
    """The labels of dwellings in every total file that is there, each with the file's own date as reference date."""
    with Draft(table, draft, watch) as out:
        for file in answer.carried:
            eponline.read(file, file.name, out)
    return out.pulled(None)
