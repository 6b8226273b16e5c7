"""The overview table as files for a spreadsheet: csv for machines, xlsx for people."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplv_orchestration.edition.table import ACTIELIJNEN, DEMO, NO_FIGURE, Edition, development, remarks

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

# name for machines, head for people, whether it has the indicator's decimals
COLUMNS = (
    ("indicator_id", "Indicator (id)", False),
    ("name_nl", "Indicator", False),
    ("actielijn", "Actielijn", False),
    ("unit", "Eenheid", False),
    ("start1_year", "Eerste jaar", False),
    ("start1_value", "Gebieden, eerste jaar", True),
    ("start1_nl", "Nederland, eerste jaar", True),
    ("start2_year", "Startjaar programma", False),
    ("start2_value", "Gebieden, startjaar", True),
    ("start2_nl", "Nederland, startjaar", True),
    ("latest_year", "Laatste jaar", False),
    ("latest_value", "Gebieden, laatste jaar", True),
    ("latest_nl", "Nederland, laatste jaar", True),
    ("change_start1", "Verandering sinds eerste jaar", True),
    ("change_start2", "Verandering sinds startjaar", True),
    ("gap_difference_latest", "Verschil met Nederland", True),
    ("gap_ratio_latest", "Verhouding tot Nederland", False),
    ("development", "Ontwikkeling", False),
    ("gap_verdict", "Achterstand", False),
    ("spread", "Spreiding", False),
    ("coverage", "Dekking", False),
    ("status", "Status", False),
    ("remarks", "Opmerking", False),
    ("caveat_nl", "Wat dit cijfer niet zegt", False),
    ("delineation", "Gebiedsafbakening", False),
    ("data_kind", "Soort gegevens", False),
)
_WIDTHS = {"name_nl": 45, "indicator_id": 26, "remarks": 60, "caveat_nl": 80, "unit": 28, "spread": 28, "data_kind": 28, "delineation": 20}


def _told(edition: Edition, row: dict[str, Any]) -> dict[str, Any]:
    """A row with what is told of it in words."""
    return row | {"development": development(row), "remarks": remarks(row), "delineation": edition.delineated, "data_kind": edition.kind}


def csv_bytes(edition: Edition) -> bytes:
    """One line for each indicator: full figures with a decimal point, an empty cell for what is missing; UTF-8."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow([name for name, _, _ in COLUMNS])
    for row in edition.rows:
        told = _told(edition, row)
        out.writerow([told[name] for name, _, _ in COLUMNS])
    return text.getvalue().encode()


def delineation_bytes(edition: Edition) -> bytes:
    """Which buurten make up which area, without figures; UTF-8."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["area_id", "area_name", "municipality_name", "region_code", "boundary_year", "delineation"])
    out.writerows(row.values() for row in edition.delineation)
    return text.getvalue().encode()


def write_xlsx(edition: Edition, path: Path, cover: list[str]) -> None:
    """Three sheets: cover, notes, and the table with numbers as numbers and no cell that could run as a formula."""
    import xlsxwriter

    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties(
        {"title": cover[0], "language": "nl-NL", "created": datetime.fromisoformat(edition.facts["published_at"]).replace(tzinfo=None)}
    )
    head = book.add_format({"bold": True, "text_wrap": True, "bottom": 1, "valign": "top"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    title = book.add_format({"bold": True, "font_size": 14})
    formats = {d: book.add_format({"num_format": "#,##0" + ("." + "0" * d if d else ""), "valign": "top"}) for d in range(4)}
    front = book.add_worksheet("Voorblad")
    _printed(front, edition)
    front.set_column(0, 0, 100)
    front.write_string(0, 0, cover[0], title)
    for line, text in enumerate(cover[1:], 1):
        front.write_string(line, 0, text, wrap)
    notes = book.add_worksheet("Toelichting")
    _printed(notes, edition)
    top = _marked(notes, edition, title)
    widths = [40, 60, 80]
    for column, (width, text) in enumerate(zip(widths, ("Indicator", "Definitie", "Wat dit cijfer niet zegt"), strict=True)):
        notes.set_column(column, column, width)
        notes.write_string(top, column, text, head)
    for line, row in enumerate(edition.rows, top + 1):
        texts = [row["name_nl"], row["definition_nl"], row["caveat_nl"]]
        notes.set_row(line, _height(texts, widths))
        for column, text in enumerate(texts):
            notes.write_string(line, column, text, wrap)
    sheet = book.add_worksheet("Overzichtstabel")
    _printed(sheet, edition, pages=4)
    top = _marked(sheet, edition, title)
    sheet.freeze_panes(top + 1, 2)
    sheet.repeat_rows(top)
    sheet.repeat_columns(1)
    widths = [_WIDTHS.get(name, 16) for name, _, _ in COLUMNS]
    sheet.set_row(top, _height([text for _, text, _ in COLUMNS], widths))
    for column, (width, (_, text, _)) in enumerate(zip(widths, COLUMNS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(top, column, text, head)
    for line, row in enumerate(edition.rows, top + 1):
        told = _told(edition, row)
        sheet.set_row(line, _height([str(told[name] or "") for name, _, _ in COLUMNS], widths))
        for column, (name, _, has_decimals) in enumerate(COLUMNS):
            value = ACTIELIJNEN[told[name]] if name == "actielijn" else told[name]
            if isinstance(value, int | float):
                decimals = row["decimals"] if has_decimals else 0 if isinstance(value, int) else 2
                sheet.write_number(line, column, value, formats[decimals] if not name.endswith("_year") else wrap)
            else:
                sheet.write_string(line, column, value or ("geen" if name == "remarks" else NO_FIGURE), wrap)
    book.close()


def _printed(sheet: Worksheet, edition: Edition, pages: int = 1) -> None:
    """How a sheet is printed: on so many pages beside each other, each of which says that the figures are invented when they are."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(pages, 0)
    if edition.is_demo:
        sheet.set_header(f"&C&B{DEMO}")


def _marked(sheet: Worksheet, edition: Edition, form: Format) -> int:
    """Say above a table that the figures are invented when they are; the first line that is free."""
    if edition.is_demo:
        sheet.write_string(0, 0, DEMO, form)
    return int(edition.is_demo)


def _height(texts: list[str], widths: list[int]) -> float:
    """The height in points that a row needs for its texts: a program that opens the file need not find it."""
    return 15.0 * max(ceil(1.1 * len(text) / width) for text, width in zip(texts, widths, strict=True))
