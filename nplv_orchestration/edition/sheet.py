"""The overview table as files for a spreadsheet: csv for machines; xlsx and ods for people, who may hear them read aloud.

Both of these are drawn from one description of their sheets: a cover, notes, the signs, and one table for each actielijn, none with a merged or an empty cell. What
stands in a cell is text or a number, and nothing that a program would run.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from nplv_orchestration.edition.csvs import as_csv
from nplv_orchestration.edition.packed import repacked
from nplv_orchestration.edition.table import NO_FIGURE, SYMBOLS, Edition, development, number, remarks, symbols

if TYPE_CHECKING:
    from xlsxwriter.workbook import Workbook
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
    ("symbols", "Tekens", False),
    ("remarks", "Opmerking", False),
    ("caveat_nl", "Wat dit cijfer niet zegt", False),
    ("delineation", "Gebiedsafbakening", False),
    ("data_kind", "Soort gegevens", False),
)
_NOT_SHOWN = {"indicator_id", "actielijn", "status", "caveat_nl", "delineation", "data_kind"}  # told by the sheet, its signs or its cover
_WIDTHS = {"name_nl": 38, "unit": 22, "development": 22, "spread": 24, "remarks": 60}
_WIDTH = 14
_ACROSS = 260  # characters that can be read on a page laid across
_EMPTY = {"remarks": "geen", "symbols": "geen", "spread": "niet bepaald", "gap_verdict": "niet te bepalen"}


@dataclass(frozen=True)
class Figure:
    """A number with the decimals in which it is shown; a year has none, and no point for thousands."""

    value: float
    decimals: int
    is_year: bool = False

    @property
    def look(self) -> str:
        """The name of the form in which it is shown."""
        return "year" if self.is_year else f"figure{self.decimals}"


@dataclass(frozen=True)
class Sheet:
    """A sheet: its title, a line about it, and one table whose first column names the rows. widths: of its columns, in characters; no head: lines of text."""

    name: str
    title: str
    about: str
    head: Sequence[str]
    rows: Sequence[Sequence[str | Figure]]
    widths: Sequence[int]


def sheets(edition: Edition, cover: Sequence[str]) -> list[Sheet]:
    """What the book holds, in the order of its sheets."""
    listed = "Bladen: Voorblad; Toelichting, wat elke indicator is; Tekens, wat de tekens betekenen; en de cijfers per actielijn: " + ", ".join(
        edition.lines.values()
    )
    reading = "Een cel zonder cijfer zegt dat in woorden. Opmerkingen en tekens staan in kolommen van hun eigen; geen betekenis hangt aan kleur."
    front = Sheet("Voorblad", cover[0], "", (), [[line] for line in (*cover[1:], f"{listed}.", reading)], (100,))
    notes = Sheet(
        "Toelichting",
        "Toelichting op de indicatoren",
        "Een tabel met een rij voor elke indicator.",
        ("Nummer", "Indicator", "Definitie", "Berekening", "Kleinste relevante verandering", "Marge", "Peildatum", "Wat dit cijfer niet zegt"),
        [
            [
                Figure(row["number"], 0),
                row["name_nl"],
                row["definition_nl"],
                f"{row['method_nl']} Teller: {row['numerator_nl']}. Noemer: {row['denominator_nl']}.",
                Figure(row["smallest_change"], row["decimals"]),
                row["uncertainty_nl"],
                row["reference_nl"],
                row["caveat_nl"],
            ]
            for row in edition.rows
        ],
        (9, 34, 40, 50, 14, 40, 34, 50),
    )
    signs = Sheet(
        "Tekens", "Tekens", "Een tabel met een rij voor elk teken.", ("Teken", "Betekenis"), [list(pair) for pair in SYMBOLS.items()], (9, 90)
    )
    return [front, notes, signs, *(_figures(edition, line, title) for line, title in edition.lines.items())]


def _figures(edition: Edition, actielijn: str, title: str) -> Sheet:
    shown = [column for column in COLUMNS if column[0] not in _NOT_SHOWN]
    rows = [_told(edition, row) for row in edition.rows if row["actielijn"] == actielijn]
    return Sheet(
        title,
        f"Actielijn {title}",
        "Een tabel met een rij voor elke indicator: het totaal van de gebieden naast Nederland, inclusief de gebieden.",
        [head for _, head, _ in shown],
        [[_cell(row, name, has_decimals) for name, _, has_decimals in shown] for row in rows],
        [_WIDTHS.get(name, _WIDTH) for name, _, _ in shown],
    )


def _told(edition: Edition, row: dict[str, Any]) -> dict[str, Any]:
    """A row with what is told of it in words."""
    told = {"development": development(row), "remarks": remarks(row), "symbols": " ".join(symbols(row)), "delineation": edition.delineated}
    return row | told | {"data_kind": edition.kind}


def _cell(row: dict[str, Any], name: str, has_decimals: bool) -> str | Figure:
    value = row[name]
    if isinstance(value, int | float):
        if name.endswith("_year"):
            return Figure(value, 0, is_year=True)
        return Figure(value, row["decimals"] if has_decimals else 2)
    if name == "gap_ratio_latest" and row["latest_value"] is not None:
        return "niet van toepassing"
    return value or _EMPTY.get(name, NO_FIGURE)


def _above(sheet: Sheet, edition: Edition) -> list[tuple[str, bool]]:
    """The lines above the table of a sheet, and whether each is a title; the cover has the mark of invented figures among its own lines."""
    marked = [(edition.mark, True)] if edition.mark and sheet.head else []
    return [(sheet.title, True), *marked, *([(sheet.about, False)] if sheet.about else [])]


# ------------------------------------------------------------------------------------------------------------------- csv


def csv_bytes(edition: Edition) -> bytes:
    """One line for each indicator: full figures with a decimal point, an empty cell for what is missing; UTF-8."""
    return as_csv([name for name, _, _ in COLUMNS], [_told(edition, row) for row in edition.rows])


# ------------------------------------------------------------------------------------------------------------------ xlsx


def xlsx_bytes(sheets: Sequence[Sheet], edition: Edition) -> bytes:
    """The book for Excel."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False})
    book.set_properties(
        {"title": sheets[0].title, "subject": "Overzichtstabel", "author": edition.programme.name_nl, "created": edition.made_at.replace(tzinfo=None)}
    )
    for sheet in sheets:
        _draw(book, book.add_worksheet(sheet.name), sheet, edition)
    book.close()
    return repacked(out.getvalue(), _in_dutch)


def _in_dutch(name: str, part: bytes) -> bytes:
    """A part with the language of the book, which XlsxWriter does not tell."""
    return part.replace(b"</cp:coreProperties>", b"<dc:language>nl-NL</dc:language></cp:coreProperties>") if name == "docProps/core.xml" else part


def _draw(book: Workbook, made: Worksheet, sheet: Sheet, edition: Edition) -> None:
    font = {"font_name": "Calibri", "font_size": 12, "valign": "top"}
    wrap, title = book.add_format({**font, "text_wrap": True, "indent": 1}), book.add_format({**font, "bold": True, "font_size": 16})
    line, head = book.add_format(font), book.add_format({**font, "bold": True, "text_wrap": True, "bottom": 1})
    figures = {f"figure{d}": book.add_format({**font, "num_format": "#,##0" + ("." + "0" * d if d else "")}) for d in range(4)}
    figures["year"] = book.add_format({**font, "num_format": "0"})
    made.set_landscape()
    made.set_paper(9)  # A4
    made.fit_to_pages(1 if sum(sheet.widths) < _ACROSS else 2, 0)  # a wide table is printed on two pages beside each other
    made.repeat_columns(0)
    if edition.mark:
        made.set_header(f"&C&B{edition.mark}")
    top = 0
    for text, is_title in _above(sheet, edition):
        made.set_row(top, 24 if is_title else 18)
        made.write_string(top, 0, text, title if is_title else line)
        top += 1
    for column, width in enumerate(sheet.widths):
        made.set_column(column, column, width)
    if sheet.head:
        made.set_row(top, _height(sheet.head, sheet.widths))
        columns = [{"header": text, "header_format": head} for text in sheet.head]
        made.add_table(
            top, 0, top + len(sheet.rows), len(sheet.head) - 1, {"name": sheet.name, "columns": columns, "style": None, "autofilter": False}
        )
        made.freeze_panes(top + 1, 1)
        made.repeat_rows(top)
        top += 1
    for place, row in enumerate(sheet.rows, top):
        made.set_row(place, _height([cell if isinstance(cell, str) else "" for cell in row], sheet.widths))
        for column, cell in enumerate(row):
            if isinstance(cell, Figure):
                made.write_number(place, column, cell.value, figures[cell.look])
            else:
                made.write_string(place, column, cell, wrap)


def _height(texts: Sequence[str], widths: Sequence[int]) -> float:
    """The height in points that a row needs for its texts: a program that opens the file need not find it."""
    return 16.5 * max(ceil(1.35 * len(text) / width) for text, width in zip(texts, widths, strict=True))


# ------------------------------------------------------------------------------------------------------------------- ods


def ods_bytes(sheets: Sequence[Sheet], edition: Edition) -> bytes:
    """The book for LibreOffice and others."""
    from odf import dc, meta
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import DatabaseRange, DatabaseRanges

    book = OpenDocumentSpreadsheet()
    looks = _Looks(book, edition)
    book.meta.addElement(dc.Title(text=sheets[0].title))
    book.meta.addElement(dc.Subject(text="Overzichtstabel"))
    book.meta.addElement(dc.Language(text="nl-NL"))
    book.meta.addElement(meta.InitialCreator(text=edition.programme.name_nl))
    book.meta.addElement(meta.CreationDate(text=edition.made_at.replace(tzinfo=None).isoformat()))
    ranges = DatabaseRanges()
    for sheet in sheets:
        table, top = _ods_sheet(sheet, looks, edition)
        book.spreadsheet.addElement(table)
        if sheet.head:
            last = f"{_letter(len(sheet.head) - 1)}{top + len(sheet.rows)}"
            ranges.addElement(DatabaseRange(name=sheet.name, targetrangeaddress=f"{sheet.name}.A{top}:{sheet.name}.{last}", containsheader="true"))
    book.spreadsheet.addElement(ranges)
    out = io.BytesIO()
    book.write(out)
    return repacked(out.getvalue(), _tidy)


def _tidy(name: str, part: bytes) -> bytes:
    """A part without the names of vocabularies that it does not use: which of them odfpy declares depends on what was written before."""
    from lxml import etree

    if not name.endswith(".xml"):
        return part
    root = etree.fromstring(part)
    etree.cleanup_namespaces(root)
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return made


def _letter(column: int) -> str:
    return chr(ord("A") + column)


class _Looks:
    """The styles of the book for LibreOffice, by what they are for."""

    def __init__(self, book: Any, edition: Edition) -> None:
        from odf import style
        from odf.number import Number, NumberStyle

        self.book, self.made = book, {}
        font = {"fontname": "Calibri", "fontfamily": "Calibri", "fontsize": "12pt", "language": "nl", "country": "NL"}
        for name, text, cell in (
            ("title", {"fontsize": "16pt", "fontweight": "bold"}, {}),
            ("head", {"fontweight": "bold"}, {"wrapoption": "wrap", "borderbottom": "0.5pt solid #000000", "verticalalign": "top"}),
            ("text", {}, {"wrapoption": "wrap", "verticalalign": "top", "paddingleft": "0.15cm"}),
            ("line", {}, {}),
        ):
            made = style.Style(name=name, family="table-cell")
            made.addElement(style.TextProperties(**{**font, **text}))
            made.addElement(style.TableCellProperties(**cell))
            book.styles.addElement(made)
            self.made[name] = made
        shown = {f"figure{decimals}": {"decimalplaces": decimals, "grouping": "true"} for decimals in range(4)} | {"year": {"decimalplaces": 0}}
        for name, of_number in shown.items():
            form = NumberStyle(name=f"{name}-number", language="nl", country="NL")
            form.addElement(Number(minintegerdigits=1, **of_number))
            book.styles.addElement(form)
            made = style.Style(name=name, family="table-cell", datastylename=form)
            made.addElement(style.TextProperties(**font))
            made.addElement(style.TableCellProperties(verticalalign="top"))
            book.styles.addElement(made)
            self.made[name] = made
        self._paper(edition)

    def _paper(self, edition: Edition) -> None:
        """How sheets are printed: A4 laid across, a table of figures on two beside each other, with the mark of invented figures on top."""
        from odf import style
        from odf.text import P

        layout = style.PageLayout(name="across")
        layout.addElement(
            style.PageLayoutProperties(pagewidth="29.7cm", pageheight="21cm", printorientation="landscape", margin="1.5cm", scaleto="48%")
        )
        self.book.automaticstyles.addElement(layout)
        page = style.MasterPage(name="across", pagelayoutname=layout)
        header = style.Header()
        header.addElement(P(text=edition.mark))
        page.addElement(header)
        self.book.masterstyles.addElement(page)
        self.table = style.Style(name="sheet", family="table", masterpagename=page)
        self.table.addElement(style.TableProperties(display="true"))
        self.book.automaticstyles.addElement(self.table)

    def column(self, width: int) -> Any:
        """The style of a column of so many characters."""
        from odf import style

        name = f"column{width}"
        if name not in self.made:
            made = style.Style(name=name, family="table-column")
            made.addElement(style.TableColumnProperties(columnwidth=f"{0.25 * width:.2f}cm"))
            self.book.automaticstyles.addElement(made)
            self.made[name] = made
        return self.made[name]


def _ods_sheet(sheet: Sheet, looks: _Looks, edition: Edition) -> tuple[Any, int]:
    """The table, and the number of the line with its head."""
    from odf.table import Table, TableColumn, TableHeaderRows, TableRow

    table = Table(name=sheet.name, stylename=looks.table)
    for width in sheet.widths:
        table.addElement(TableColumn(stylename=looks.column(width)))
    above = _above(sheet, edition)
    for text, is_title in above:
        row = TableRow()
        row.addElement(_ods_cell(text, looks.made["title" if is_title else "line"]))
        table.addElement(row)
    if sheet.head:
        head, row = TableHeaderRows(), TableRow()
        for text in sheet.head:
            row.addElement(_ods_cell(text, looks.made["head"]))
        head.addElement(row)
        table.addElement(head)
    for cells in sheet.rows:
        row = TableRow()
        for cell in cells:
            look = cell.look if isinstance(cell, Figure) else "text"
            row.addElement(_ods_cell(cell, looks.made[look]))
        table.addElement(row)
    return table, len(above) + 1


def _ods_cell(cell: str | Figure, look: Any) -> Any:
    from odf.table import TableCell
    from odf.text import P

    if isinstance(cell, Figure):
        made = TableCell(stylename=look, valuetype="float", value=repr(float(cell.value)))
        made.addElement(P(text=f"{cell.value:.0f}" if cell.is_year else number(cell.value, cell.decimals)))
    else:
        made = TableCell(stylename=look, valuetype="string")
        made.addElement(P(text=cell))
    return made
