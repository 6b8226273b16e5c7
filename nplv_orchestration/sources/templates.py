"""The spreadsheet that people fill in: a sheet with the columns of a form, and one that explains them.

What a form says is in `forms`; nothing of it is said twice here.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import Any

from nplv_orchestration.sources.forms import Column, Day, Existing, Form, Known, Number, OneOf, Year
from nplv_orchestration.sources.sheets import EXPLANATION

_WIDTHS = (26, 60, 60, 10, 24)  # of the columns of the explanation, in characters
ROWS = 500  # that are made ready; more may be filled in
_MADE = datetime(2020, 1, 1)  # the same template has the same bytes


def template(form: Form, known: Known) -> bytes:
    """An xlsx: a sheet named after the kind with the heads and ready rows, and the sheet `uitleg`, which is not read as a delivery."""
    import xlsxwriter

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"created": _MADE})
        bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        sheet, explained = book.add_worksheet(form.kind), book.add_worksheet(EXPLANATION)
        sheet.freeze_panes(1, 0)
        lists = _explain(form, known, explained, bold, wrapped, book.add_format())
        for at, column in enumerate(form.columns):
            sheet.write_string(0, at, column.name, bold)
            sheet.set_column(at, at, max(14, len(column.example) + 4), book.add_format({"num_format": _format(column)}))
            if source := lists.get(column.name):
                sheet.data_validation(
                    1, at, ROWS, at, {"validate": "list", "source": source, "error_title": column.name, "error_message": "Kies uit de lijst."}
                )
    return content.getvalue()


def _explain(form: Form, known: Known, sheet: Any, bold: Any, wrapped: Any, plain: Any) -> dict[str, str]:
    """Write the explanation; where the closed list of each column that has one stands in it, as a spreadsheet names it."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    for at, width in enumerate(_WIDTHS):
        sheet.set_column(at, at, width, wrapped)
    sheet.write_row(0, 0, ["kolom", "betekenis", "wat mag", "verplicht", "voorbeeld"], bold)
    for row, column in enumerate(form.columns, 1):
        cells = [column.name, column.meaning, column.allowed.words(known), "ja" if column.required else "nee", column.example]
        sheet.set_row(row, 15 * max(-(-len(cell) // (width - 5)) for cell, width in zip(cells, _WIDTHS, strict=True)))  # not every program grows it
        for at, cell in enumerate(cells):
            sheet.write_string(row, at, cell)
    row = len(form.columns) + 2
    for line in (
        f"Vul het blad {form.kind} in; dit blad wordt niet gelezen. De koppen blijven zoals ze zijn, in rij 1.",
        "Geen formules en geen samengevoegde cellen; getallen met een decimale komma.",
        f"Geen twee rijen hebben dezelfde {', '.join(form.key)}.",
        "Een bestand wordt in zijn geheel overgenomen of in zijn geheel geweigerd. Hetzelfde bestand opnieuw leveren vervangt wat eerder onder die naam kwam.",
    ):
        sheet.write_string(row, 0, line, plain)
        row += 1
    row += 1
    lists: dict[str, str] = {}
    named = [("gebied", known.areas), ("gemeente", known.municipalities)]
    chosen = [(column.name, _choices(column, known)) for column in form.columns if isinstance(column.allowed, OneOf | Existing)]
    for title, codes in [*chosen, *named]:
        if not codes:
            continue
        sheet.write_row(row, 0, [title, "naam"], bold)
        for number, (code, name) in enumerate(sorted(codes.items()) if (title, codes) in named else codes.items(), row + 1):
            sheet.write_row(number, 0, [code, name])
        if (title, codes) in chosen:
            lists[title] = f"={EXPLANATION}!$A${row + 2}:$A${row + 1 + len(codes)}"
        row += len(codes) + 2
    if not known.areas:
        sheet.write_string(row, 0, "De codes van gebieden en gemeenten staan hier zodra deze map een eerste nacht heeft gehad.", plain)
    return lists


def _choices(column: Column, known: Known) -> dict[str, str]:
    if isinstance(column.allowed, OneOf):
        return dict.fromkeys(column.allowed.choices, "")
    return column.allowed.choices(known) if isinstance(column.allowed, Existing) else {}


def _format(column: Column) -> str:
    match column.allowed:
        case Day():
            return "yyyy-mm-dd"
        case Year():
            return "0"
        case Number():
            return "General"  # shows decimals where there are any
        case _:
            return "@"
