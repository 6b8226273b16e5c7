"""Reads csv, xlsx and ods that people made: rows of text, as a Dutch person sees them, with the place of each cell.

What a file must hold is in `forms`, and what becomes of it in `deliveries`. Whatever is in a file, it is read or refused:
nothing in it is computed, unpacked to disk, fetched or believed about its own size.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from warnings import catch_warnings
from xml.etree import ElementTree

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.sources.zips import climbs_out

SUFFIXES = (".csv", ".xlsx", ".ods")
EXPLANATION = "uitleg"  # a sheet of this name is for people and is not read
MOST_BYTES = 64 << 20  # of a file, and of what it unpacks to
MOST_MEMBERS = 2000
MOST_ROWS = 200_000
MOST_COLUMNS = 100
MOST_CELLS = 5_000_000  # of a sheet, the empty ones among them
MOST_DEPTH = 100
SHOWN = 40  # characters of a cell that are told

_OLE = b"\xd0\xcf\x11\xe0"
_BINARY = (b"PK\x03\x04", b"%PDF", _OLE, b"\x1f\x8b", b"\x89PNG", b"{\\rtf")
_AS_SHOWN = Context(prec=15)  # the digits of a number that a spreadsheet keeps
_LAST_ROW = 1 << 20  # that a spreadsheet can have
_NO_NUMBER = "een getal dat kan bestaan"


@dataclass(frozen=True)
class Problem:
    """What is wrong at one place of a file. row counts from 1, as a spreadsheet shows it; column is a head with its letter, or a letter."""

    sheet: str
    row: int
    column: str
    found: str
    expected: str

    def __str__(self) -> str:
        found = f"'{shown(self.found)}'" if self.found else "niets"
        return f"blad {shown(self.sheet)}, rij {self.row}, kolom {self.column}: gevonden {found}, verwacht {self.expected}"


class FileRefused(SourceRefused):
    """A delivered file is refused; `lines` says in Dutch all that is wrong with it, and the message the first and how many more."""

    def __init__(self, name: str, lines: list[str]) -> None:
        self.lines = [f"{shown(name, 80)}, {line}" if line.startswith("blad ") else f"{shown(name, 80)}: {line}" for line in lines]
        more = f" (en nog {len(lines) - 1})" if len(lines) > 1 else ""
        super().__init__(self.lines[0] + more)


@dataclass
class Sheet:
    """One sheet: its rows by number, each a list of stripped texts without the empty ones at its end, and the cells that cannot be read as text."""

    name: str
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, row: int, column: int, found: str, expected: str) -> None:
        """Note a cell (counted from 0) that cannot be read."""
        self.problems.append(Problem(self.name, row, letter(column), found, expected))

    def add(self, row: int, cells: list[str]) -> None:
        """Take a row over, unless it is empty. Raises SourceRefused beyond the most rows or columns."""
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            return
        if row > MOST_ROWS:
            raise SourceRefused(f"blad {shown(self.name)} heeft meer dan {MOST_ROWS} rijen")
        if len(cells) > MOST_COLUMNS:
            raise SourceRefused(f"blad {shown(self.name)}, rij {row} heeft meer dan {MOST_COLUMNS} kolommen")
        self.rows.append((row, cells))


def shown(text: str, most: int = SHOWN) -> str:
    """A text from outside as it may be told: at most `most` characters, none of which steers a terminal or hides."""
    kept = "".join(" " if c in "\t\r\n" else c for c in text[: most * 4] if c in "\t\r\n" or unicodedata.category(c)[0] != "C")
    return kept if len(kept) <= most else kept[: most - 1] + "…"


def letter(column: int) -> str:
    """The letters of a column, counted from 0, as a spreadsheet shows them."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def read(file: Path) -> list[Sheet]:
    """The sheets of a csv (one, named after its kind), xlsx or ods file that are not empty and not the explanation.

    Raises SourceRefused, in Dutch, for a file that cannot be read whole, and OSError when the disk does not give it.
    """
    size = file.stat().st_size
    if size == 0:
        raise SourceRefused("het bestand is leeg (0 bytes)")
    if size > MOST_BYTES:
        raise SourceRefused(f"het bestand is groter dan {MOST_BYTES >> 20} MB")
    content = file.read_bytes()
    suffix = file.suffix.lower()
    if suffix == ".csv":
        sheets = [_csv(content)]
    else:
        packed = _unpacked(content)
        try:
            with catch_warnings(action="ignore"):  # of openpyxl, on what it leaves out, which is none of what is read
                sheets = _xlsx(packed, content) if suffix == ".xlsx" else _ods(packed)
        except SourceRefused:
            raise
        except Exception as error:  # what the libraries make of a hostile file is not to be foreseen, and all of it means this
            raise SourceRefused(f"kan niet worden gelezen als {suffix[1:]}-rekenblad: beschadigd ({type(error).__name__})") from None
    return [sheet for sheet in sheets if (sheet.rows or sheet.problems) and sheet.name.strip().lower() != EXPLANATION]


def _csv(content: bytes) -> Sheet:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SourceRefused("geen UTF-8 maar UTF-16; sla het bestand op als csv UTF-8")
    if content.startswith(_BINARY) or b"\0" in content:
        raise SourceRefused("geen csv maar een binair bestand; sla het blad op als csv UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceRefused(f"geen UTF-8 (byte {error.start + 1}); sla het bestand op als csv UTF-8") from None
    if re.match(r"\s*<(!doctype|html|head|body|\?xml|!--)", text, re.IGNORECASE):
        raise SourceRefused("geen csv maar html (een webpagina); haal het bestand opnieuw op")
    sheet, number = Sheet("csv"), 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=";", strict=True), 1):
            sheet.add(number, [cell.strip() for cell in cells])
    except csv.Error as error:
        raise SourceRefused(f"rij {number + 1} kan niet als csv worden gelezen, zie de aanhalingstekens ({error})") from None
    return sheet


def _unpacked(content: bytes) -> dict[str, bytes]:
    """The parts of a packed spreadsheet that are read (XML), by name, bounded in number and size."""
    if content.startswith(_OLE):
        raise SourceRefused("versleuteld, of van een oud soort (xls); sla het bestand zonder wachtwoord op als xlsx of ods")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = packed.infolist()
            if len(members) > MOST_MEMBERS:
                raise SourceRefused(f"het bestand bestaat uit meer dan {MOST_MEMBERS} delen")
            if any(m.flag_bits & 1 for m in members):
                raise SourceRefused("versleuteld; sla het bestand op zonder wachtwoord")
            if any(map(climbs_out, members)):
                raise SourceRefused("het bestand heeft een deel met een pad dat naar buiten leidt")
            if sum(m.file_size for m in members) > MOST_BYTES:
                raise SourceRefused(f"het bestand is uitgepakt groter dan {MOST_BYTES >> 20} MB")
            if len({m.filename for m in members}) < len(members):
                raise SourceRefused("het bestand heeft twee delen van dezelfde naam")
            parts = {m.filename: packed.read(m) for m in members if m.filename.endswith((".xml", ".rels"))}
    except SourceRefused:
        raise
    except Exception as error:  # as in `read`
        raise SourceRefused(f"geen rekenblad, of beschadigd ({type(error).__name__})") from None
    for part in parts.values():
        plain = part.replace(b"\0", b"")  # UTF-16 too
        if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
            raise SourceRefused("het bestand heeft een DOCTYPE, en dat hoort niet in een rekenblad")
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise SourceRefused("versleuteld; sla het bestand op zonder wachtwoord")
    return parts


def _xlsx(parts: dict[str, bytes], content: bytes) -> list[Sheet]:
    from openpyxl import load_workbook

    sheets = []
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    merged = _merged(parts)
    for page in book.worksheets:
        sheet = Sheet(page.title)
        for place in merged.get(page.title, []):
            column, row = re.sub(r"\d", "", place), int(re.sub(r"\D", "", place) or 1)
            sheet.problems.append(Problem(sheet.name, row, column, "samengevoegde cellen", "losse cellen"))
        page.reset_dimensions()  # what the sheet says about its size need not be so
        room = MOST_CELLS
        for number, cells in enumerate(page.iter_rows(max_row=_LAST_ROW), 1):
            room -= len(cells)
            if room < 0:
                raise SourceRefused(f"blad {shown(sheet.name)} heeft meer dan {MOST_CELLS} cellen")
            sheet.add(number, [_xlsx_cell(sheet, number, at, cell) for at, cell in enumerate(cells)])
        sheets.append(sheet)
    return sheets


def _xlsx_cell(sheet: Sheet, row: int, column: int, cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        sheet.refuse(row, column, value if isinstance(value, str) else "een formule", "een waarde in plaats van een formule")
        return "formule"
    if cell.data_type == "e":
        sheet.refuse(row, column, str(value), "een waarde in plaats van een fout")
        return "fout"
    try:
        return _text(value)
    except SourceRefused:
        sheet.refuse(row, column, str(value), _NO_NUMBER)
        return "fout"


def _merged(parts: dict[str, bytes]) -> dict[str, list[str]]:
    """The first cell of each group of merged cells, by sheet; openpyxl tells them only when it holds the whole file in memory."""
    links = ElementTree.fromstring(parts.get("xl/_rels/workbook.xml.rels", b"<none/>"))  # noqa: S314 - a DOCTYPE was refused
    relations = {element.get("Id"): element.get("Target", "") for element in links}
    found: dict[str, list[str]] = {}
    for element in ElementTree.fromstring(parts["xl/workbook.xml"]).iter():  # noqa: S314
        if _name(element) != "sheet":
            continue
        link = next((value for name, value in element.attrib.items() if name.endswith("}id")), None)
        path = relations.get(link, "")
        path = path.lstrip("/") if path.startswith("/") else f"xl/{path}"
        for _, part in ElementTree.iterparse(io.BytesIO(parts.get(path, b"<none/>"))):  # noqa: S314
            if _name(part) == "mergeCell":
                found.setdefault(element.get("name", ""), []).append(part.get("ref", "").split(":")[0])
            elif _name(part) == "row":
                part.clear()
    return found


def _ods(parts: dict[str, bytes]) -> list[Sheet]:
    if "content.xml" not in parts:
        raise SourceRefused("geen ods-rekenblad: content.xml ontbreekt")
    sheets: list[Sheet] = []
    path: list[str] = []
    row, column, cells = 0, 0, list[str]()
    for event, element in ElementTree.iterparse(io.BytesIO(parts["content.xml"]), ("start", "end")):  # noqa: S314
        name = _name(element)
        if event == "start":
            path.append(name)
            if len(path) > MOST_DEPTH:
                raise SourceRefused("het bestand is te diep genest om een rekenblad te zijn")
            if name == "table" and path[-2:-1] == ["spreadsheet"]:
                sheets.append(Sheet(_attribute(element, "name")))
                row = 0
            elif name == "table" and "table-cell" in path:
                raise SourceRefused(f"blad {shown(sheets[-1].name) if sheets else '?'} heeft een tabel in een cel")
            elif name == "table-row":
                column, cells = 0, []
            continue
        path.pop()
        inside = bool(sheets) and path[:4][-2:] == ["spreadsheet", "table"] and "table-cell" not in path
        if inside and name in ("table-cell", "covered-table-cell"):
            times = _repeats(element, "number-columns-repeated")
            text = _ods_cell(sheets[-1], row + 1, column, element)
            if text and column + times > MOST_COLUMNS:
                raise SourceRefused(f"blad {shown(sheets[-1].name)}, rij {row + 1} heeft meer dan {MOST_COLUMNS} kolommen")
            cells += [text] * min(times, max(MOST_COLUMNS - len(cells), 0))
            column += times
            element.clear()
        elif inside and name == "table-row":
            times = _repeats(element, "number-rows-repeated")
            if any(cells) and row + times > MOST_ROWS:
                raise SourceRefused(f"blad {shown(sheets[-1].name)} heeft meer dan {MOST_ROWS} rijen")
            for number in range(row + 1, row + times + 1 if any(cells) else row + 1):
                sheets[-1].add(number, list(cells))
            row += times
            element.clear()
    return sheets


def _ods_cell(sheet: Sheet, row: int, column: int, cell: ElementTree.Element) -> str:
    value = _attribute(cell, "value")
    kind = _attribute(cell, "value-type")
    said = "\n".join(_ods_text(part) for part in cell if _name(part) == "p")
    if any(_attribute(cell, f"number-{side}-spanned") not in ("", "1") for side in ("rows", "columns", "matrix-rows", "matrix-columns")):
        sheet.refuse(row, column, "samengevoegde cellen", "losse cellen")
    if formula := _attribute(cell, "formula"):
        error = "een fout" if said.startswith(("#", "Err:")) else "een formule"
        sheet.refuse(row, column, formula, f"een waarde in plaats van {error}")
        return "formule"
    if kind in ("float", "percentage", "currency"):
        try:
            return _text(Decimal(value[:400].strip()))
        except (InvalidOperation, SourceRefused):
            sheet.refuse(row, column, value, _NO_NUMBER)
            return "fout"
    if kind == "date":
        day, _, moment = _attribute(cell, "date-value").partition("T")
        return day if moment.strip("0:.") == "" else f"{day} {moment}"
    if kind == "boolean":
        return "WAAR" if _attribute(cell, "boolean-value") == "true" else "ONWAAR"
    return said.strip()


def _ods_text(element: ElementTree.Element) -> str:
    """The text of a paragraph, without the remarks in it; spaces and tabs are elements of their own."""
    text = element.text or ""
    for part in element:
        name = _name(part)
        if name == "s":
            text += " " * min(_repeats(part, "c"), 1000)
        elif name in ("tab", "line-break"):
            text += "\t" if name == "tab" else "\n"
        elif name not in ("annotation", "note"):
            text += _ods_text(part)
        text += part.tail or ""
    return text


def _repeats(element: ElementTree.Element, attribute: str) -> int:
    """How often a part stands there; no more than a spreadsheet can hold."""
    text = _attribute(element, attribute)
    if text and not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise SourceRefused("een herhaling in het bestand is geen getal")
    return int(text or 1)


def _attribute(element: ElementTree.Element, name: str) -> str:
    return next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(value: object) -> str:
    """A value of a spreadsheet as a person sees it in a Dutch one. Raises SourceRefused for a number that is none."""
    if isinstance(value, bool):
        return "WAAR" if value else "ONWAAR"
    if isinstance(value, int | float | Decimal):
        number = _AS_SHOWN.plus(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
        if not number.is_finite() or (number and abs(number.adjusted()) > 30):
            raise SourceRefused(_NO_NUMBER)
        text = format(number, "f")
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text in ("-0", "") else text.replace(".", ",")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
