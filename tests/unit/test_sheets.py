"""Spreadsheets that people made: the same table whatever its form, and a refusal in one line for whatever is hostile."""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.sources import sheets

WORDS = st.text(st.characters(categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=20).filter(
    lambda text: text.strip() == text and not text.startswith(("<", "=")) and "\x85" not in text
)
NUMBERS = st.integers(-(10**12), 10**12) | st.decimals(-(10**6), 10**6, places=3).map(float)
TABLES = st.lists(st.lists(WORDS | NUMBERS | st.booleans() | st.dates(date(1990, 1, 1)), min_size=1, max_size=5), min_size=1, max_size=6)
WIDE = '<table:table-cell table:number-columns-repeated="16384" office:value-type="string"><text:p>a</text:p></table:table-cell>'
SHORT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
TABLE = '<table:table table:name="Blad1">{}</table:table>'
CELL = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'


def as_csv(rows: list[list[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([[told(cell) for cell in row] for row in rows])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(rows: list[list[Any]]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(at, column, cell)
                elif isinstance(cell, date):
                    sheet.write_datetime(at, column, cell, day)
                else:
                    sheet.write(at, column, cell)
    return out.getvalue()


def as_ods(rows: list[list[Any]]) -> bytes:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.teletype import addTextToElement
    from odf.text import P

    book, table = OpenDocumentSpreadsheet(), Table(name="Blad1")
    for row in rows:
        line = TableRow()
        for cell in row:
            match cell:
                case bool():
                    made = TableCell(valuetype="boolean", booleanvalue=str(cell).lower())
                case str():
                    made = TableCell(valuetype="string")
                    paragraph = P()
                    addTextToElement(paragraph, cell)
                    made.addElement(paragraph)
                case date():
                    made = TableCell(valuetype="date", datevalue=cell.isoformat())
                case _:
                    made = TableCell(valuetype="float", value=repr(cell))
            line.addElement(made)
        table.addElement(line)
    book.spreadsheet.addElement(table)
    out = io.BytesIO()
    book.write(out)
    return out.getvalue()


WRITERS: dict[str, Callable[[list[list[Any]]], bytes]] = {"csv": as_csv, "xlsx": as_xlsx, "ods": as_ods}


def told(cell: Any) -> str:
    """A cell as a Dutch person sees it."""
    if isinstance(cell, bool):
        return "WAAR" if cell else "ONWAAR"
    if isinstance(cell, float):
        return f"{cell:.3f}".rstrip("0").rstrip(".").replace(".", ",").replace("-0", "0" if cell == 0 else "-0")
    return str(cell)


def reading(tmp_path: Path, suffix: str, content: bytes) -> list[sheets.Sheet]:
    file = tmp_path / f"x.{suffix}"
    file.write_bytes(content)
    return sheets.read(file)


def packed(parts: dict[str, str | bytes], **options: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, **options) as z:
        for name, content in parts.items():
            z.writestr(name, content)
    return out.getvalue()


def ods(body: str) -> bytes:
    names = " ".join(f'xmlns:{n}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for n in ("office", "table", "text"))
    return packed(
        {
            "content.xml": f"<office:document-content {names}><office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"
        }
    )


def changed(content: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    """A packed file with one part changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as z:
        return packed({m.filename: change(z.read(m)) if m.filename == part else z.read(m) for m in z.infolist()})


@pytest.mark.parametrize("suffix", WRITERS)
@SHORT
@given(rows=TABLES)
def test_a_table_comes_back_as_it_is_seen(tmp_path: Path, suffix: str, rows: list[list[Any]]) -> None:
    (sheet,) = reading(tmp_path, suffix, WRITERS[suffix](rows))
    assert sheet.problems == []
    assert sheet.rows == [(number, [told(cell) for cell in row]) for number, row in enumerate(rows, 1)]


@pytest.mark.parametrize("suffix", WRITERS)
@settings(SHORT, max_examples=200)
@given(content=st.binary(max_size=300))
def test_random_bytes_are_read_or_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    try:
        reading(tmp_path, suffix, content)
    except SourceRefused as refused:
        assert "\n" not in str(refused)


@pytest.mark.parametrize(
    ("suffix", "part"), [("xlsx", "xl/worksheets/sheet1.xml"), ("xlsx", "xl/workbook.xml"), ("xlsx", "[Content_Types].xml"), ("ods", "content.xml")]
)
@SHORT
@given(at=st.floats(0, 1), length=st.integers(0, 40), put=st.binary(max_size=20) | st.sampled_from([b"9" * 40, b"1e999999", b"-1", b"XFD1048576"]))
def test_a_damaged_part_is_read_or_refused(tmp_path: Path, suffix: str, part: str, at: float, length: int, put: bytes) -> None:
    def damage(content: bytes) -> bytes:
        start = int(at * len(content))
        return content[:start] + put + content[start + length :]

    try:
        reading(tmp_path, suffix, changed(WRITERS[suffix]([["a", 1.5], [2, "b"]]), part, damage))
    except SourceRefused as refused:
        assert "\n" not in str(refused)


@pytest.mark.parametrize(
    ("suffix", "content", "said"),
    [
        ("csv", b"", "leeg (0 bytes)"),
        ("csv", b"<!DOCTYPE html><html>", "html"),
        ("csv", b"\xef\xbb\xbf \n<html lang='nl'>", "html"),
        ("csv", as_xlsx([["a"]]), "binair"),
        ("csv", b"a;b\0", "binair"),
        ("csv", "a;b".encode("utf-16"), "UTF-16"),
        ("csv", "café".encode("latin-1"), "geen UTF-8 (byte 4)"),
        ("csv", b'a;b\n"half', "rij 2 kan niet als csv worden gelezen"),
        ("csv", b"a" * 200_000, "rij 1 kan niet als csv worden gelezen"),
        ("csv", b";" * 100 + b"a", "rij 1 heeft meer dan 100 kolommen"),
        ("csv", b"a\n" * (sheets.MOST_ROWS + 1), "meer dan 200000 rijen"),
        ("xlsx", b"", "leeg (0 bytes)"),
        ("xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1", "versleuteld, of van een oud soort"),
        ("xlsx", b"PK half", "geen rekenblad, of beschadigd"),
        ("xlsx", packed({"a.xml": "<a/>"}), "beschadigd"),
        ("xlsx", packed({"../../a.xml": "<a/>"}), "pad dat naar buiten leidt"),
        ("xlsx", packed({"/a.xml": "<a/>"}), "pad dat naar buiten leidt"),
        ("xlsx", packed({"a.bin": bytes(sheets.MOST_BYTES + 1)}), "uitgepakt groter dan 64 MB"),
        ("xlsx", packed({f"{n}": "" for n in range(sheets.MOST_MEMBERS + 1)}), "meer dan 2000 delen"),
        ("xlsx", changed(as_xlsx([["a"]]), "xl/workbook.xml", lambda x: x.replace(b"<workbook", b'<!DOCTYPE x [<!ENTITY a "b">]><workbook', 1)), "DOCTYPE"),
        ("ods", packed({"content.xml": '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><a/>'.encode("utf-16")}), "DOCTYPE"),
        ("ods", packed({"META-INF/manifest.xml": "<a><encryption-data/></a>", "content.xml": b"\x01\x02"}), "versleuteld"),
        ("ods", packed({"mimetype": "x"}), "content.xml ontbreekt"),
        ("ods", packed({"content.xml": "<a>" * 200 + "</a>" * 200}), "te diep genest"),
        ("ods", ods(TABLE.format(f"<table:table-row table:number-rows-repeated='1048576'>{CELL.format('a')}</table:table-row>")), "meer dan 200000 rijen"),
        ("ods", ods(TABLE.format(f"<table:table-row>{WIDE}</table:table-row>")), "meer dan 100 kolommen"),
        ("ods", ods(TABLE.format("<table:table-row table:number-rows-repeated='-1'/>")), "herhaling"),
        ("ods", ods(TABLE.format(f"<table:table-row><table:table-cell>{TABLE.format('')}</table:table-cell></table:table-row>")), "tabel in een cel"),
    ],
)  # fmt: skip
def test_what_cannot_be_trusted_is_refused_in_a_line(tmp_path: Path, suffix: str, content: bytes, said: str) -> None:
    with pytest.raises(SourceRefused) as refused:
        reading(tmp_path, suffix, content)
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    content = bytearray(as_ods([["a"]]))
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(sign)
        while start >= 0:
            content[start + place] |= 1
            start = content.find(sign, start + 1)
    with pytest.raises(SourceRefused, match="zonder wachtwoord"):
        reading(tmp_path, "ods", bytes(content))


def test_a_file_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    with (tmp_path / "x.csv").open("wb") as file:
        file.truncate(sheets.MOST_BYTES + 1)
    with pytest.raises(SourceRefused, match="groter dan 64 MB"):
        sheets.read(tmp_path / "x.csv")


def test_formulas_errors_and_merged_cells_are_named_by_place(tmp_path: Path) -> None:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet("Blad één")
        sheet.write_row(0, 0, ["a", "b"])
        sheet.write_formula(1, 1, "=HYPERLINK(A1)", value="12")
        sheet.merge_range(2, 0, 2, 1, "c")
        book.add_worksheet("Uitleg").merge_range(0, 0, 0, 1, "mag hier")
    (read,) = reading(tmp_path, "xlsx", out.getvalue())
    assert [str(problem) for problem in read.problems] == [
        "blad Blad één, rij 3, kolom A: gevonden 'samengevoegde cellen', verwacht losse cellen",
        "blad Blad één, rij 2, kolom B: gevonden '=HYPERLINK(A1)', verwacht een waarde in plaats van een formule",
    ]


def test_the_same_in_ods(tmp_path: Path) -> None:
    cells = (
        '<table:table-cell table:formula="of:=1+1" office:value-type="float" office:value="2"><text:p>2</text:p></table:table-cell>'
        '<table:table-cell table:formula="of:=1/0"><text:p>#DEEL/0!</text:p></table:table-cell>'
        '<table:table-cell table:number-columns-spanned="2" office:value-type="string"><text:p>c</text:p></table:table-cell><table:covered-table-cell/>'
        '<table:table-cell office:value-type="float" office:value="1e999999"/>'
    )
    (read,) = reading(tmp_path, "ods", ods(TABLE.format(f"<table:table-row>{cells}</table:table-row>")))
    assert [(p.row, p.column, p.found, p.expected) for p in read.problems] == [
        (1, "A", "of:=1+1", "een waarde in plaats van een formule"),
        (1, "B", "of:=1/0", "een waarde in plaats van een fout"),
        (1, "C", "samengevoegde cellen", "losse cellen"),
        (1, "E", "1e999999", "een getal dat kan bestaan"),
    ]


def test_repeats_and_remarks_in_ods(tmp_path: Path) -> None:
    said = CELL.format('a<text:s text:c="2"/>b').replace("<text:p>", "<office:annotation><text:p>remark</text:p></office:annotation><text:p>")
    body = (
        f"<table:table-row table:number-rows-repeated='2'>{said}<table:table-cell table:number-columns-repeated='16000'/></table:table-row>"
        f"<table:table-row table:number-rows-repeated='3'/><table:table-row>{CELL.format('c')}</table:table-row>"
        "<table:table-row table:number-rows-repeated='1048570'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>"
    )
    (read,) = reading(tmp_path, "ods", ods(TABLE.format(body)))
    assert read.rows == [(1, ["a  b"]), (2, ["a  b"]), (6, ["c"])]


def test_what_a_sheet_says_about_its_size_is_not_believed(tmp_path: Path) -> None:
    content = changed(as_xlsx([["a"], ["b"]]), "xl/worksheets/sheet1.xml", lambda x: x.replace(b'ref="A1:A2"', b'ref="A1:A1"'))
    (read,) = reading(tmp_path, "xlsx", content)
    assert read.rows == [(1, ["a"]), (2, ["b"])]


def test_a_row_far_away_is_not_lost(tmp_path: Path) -> None:
    content = changed(
        as_xlsx([["a"], ["b"]]), "xl/worksheets/sheet1.xml", lambda x: x.replace(b'r="2"', b'r="1048576"').replace(b'"A2"', b'"A1048576"')
    )
    with pytest.raises(SourceRefused, match="meer dan 200000 rijen"):
        reading(tmp_path, "xlsx", content)


@given(text=st.text(max_size=200))
def test_what_is_shown_of_a_cell_is_short_and_steers_nothing(text: str) -> None:
    told = sheets.shown(text)
    assert len(told) <= 40
    assert not any(unicodedata.category(character)[0] == "C" for character in told)


def test_letters_of_columns() -> None:
    assert [sheets.letter(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
