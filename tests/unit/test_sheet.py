"""The overview table as sheets: both programs are told the same, every cell says something, and no cell runs."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest

from nplv_orchestration.edition import sheet
from nplv_orchestration.edition.sheet import Figure, Sheet
from nplv_orchestration.edition.table import DEMO, SYMBOLS, Edition, symbols
from tests.unit.test_sentences import row

FACTS = {"published_at": "2026-01-15T04:31:00+00:00", "version": "v", "boundary_year": "2024", "mode": "demo"}
TEXTS = dict.fromkeys(
    ("name_nl", "definition_nl", "method_nl", "numerator_nl", "denominator_nl", "uncertainty_nl", "reference_nl", "caveat_nl"), "tekst"
)


def of(**told: Any) -> dict[str, Any]:
    """A row of the table as the edition has it."""
    plain = {
        "number": 1, "indicator_id": "bijstand", "actielijn": "sociaal", "unit": "%", "coverage": 1.0, "revised": False, "breaks": "[]", "main_series": "hoofdreeks",
        "start1_nl": 9.0, "start2_nl": 5.0, "verdict": "verbeterd", "spread": "in de meeste gebieden", "waivers": None, "newest_reason": None,
    }  # fmt: skip
    return row(**(plain | TEXTS | told))


def edition(*rows: dict[str, Any], mode: str = "demo") -> Edition:
    """An edition of these rows."""
    area = {"area_id": "a", "area_name": "A", "municipality_name": "M", "region_code": "BU1", "boundary_year": 2024, "delineation": "verzonnen"}
    return Edition(2024, FACTS | {"mode": mode}, list(rows), [], [area], {})


HOSTILE = ["=HYPERLINK(1)", "+1", "-2", "@x", "\tx"]


def drawn(book: Edition) -> list[Sheet]:
    return sheet.sheets(book, ["Titel", "Regel."])


def of_ods(content: bytes) -> dict[str, list[list[str | float]]]:
    """The cells of each sheet, numbers as numbers."""
    from odf.opendocument import load
    from odf.table import Table, TableCell, TableRow

    def value(cell: Any) -> str | float:
        return float(cell.getAttribute("value")) if cell.getAttribute("valuetype") == "float" else "".join(str(p) for p in cell.childNodes)

    book = load(io.BytesIO(content))
    return {
        table.getAttribute("name"): [[value(cell) for cell in line.getElementsByType(TableCell)] for line in table.getElementsByType(TableRow)]
        for table in book.spreadsheet.getElementsByType(Table)
    }


def test_both_programs_are_told_the_same_and_every_cell_says_something() -> None:
    book = edition(of(), of(latest_value=None, latest_year=None, actielijn="fysiek", status_reason="geen bestand"), of(actielijn="veiligheid"))
    sheets = drawn(book)
    excel = openpyxl.load_workbook(io.BytesIO(sheet.xlsx_bytes(sheets, book)))
    office = of_ods(sheet.ods_bytes(sheets, book))
    assert list(office) == excel.sheetnames == [one.name for one in sheets]
    for one in sheets:
        meant = [[cell.value if isinstance(cell, Figure) else cell for cell in line] for line in one.rows]
        assert office[one.name][-len(meant) :] == meant or not meant
        lines = [[cell for cell in line if cell is not None] for line in excel[one.name].iter_rows(values_only=True)]
        assert lines[-len(meant) :] == meant or not meant
        assert all(cell not in ("", None) for line in meant for cell in line), one.name
        if one.head:
            assert list(one.head) in lines and list(one.head) in office[one.name]
            assert office[one.name][1] == [DEMO]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_runs_in_any_of_the_files(text: str) -> None:
    book = edition(of(name_nl=text, caveat_nl=text), of(actielijn="fysiek"), of(actielijn="veiligheid"))
    sheets = drawn(book)
    excel = openpyxl.load_workbook(io.BytesIO(sheet.xlsx_bytes(sheets, book)))
    assert {cell.data_type for one in excel for line in one.iter_rows() for cell in line} <= {"s", "n"}
    assert any(text.strip() in str(cell) for line in of_ods(sheet.ods_bytes(sheets, book))["Sociaal"] for cell in line)
    assert b"office:formula" not in sheet.ods_bytes(sheets, book)
    line = next(csv.DictReader(io.StringIO(sheet.csv_bytes(book).decode())))
    assert (line["name_nl"], line["caveat_nl"]) == (f"'{text}", f"'{text}")


def test_a_negative_number_in_the_csv_is_a_number() -> None:
    (line,) = csv.DictReader(io.StringIO(sheet.csv_bytes(edition(of(change_start1=-2.5))).decode()))
    assert line["change_start1"] == "-2.5"


def test_on_real_figures_no_mark_is_made_and_the_bytes_are_the_same_each_time() -> None:
    book = edition(of(), of(actielijn="fysiek"), of(actielijn="veiligheid"), mode="live")
    sheets = drawn(book)
    assert DEMO.encode() not in sheet.csv_bytes(book)
    assert [DEMO] not in of_ods(sheet.ods_bytes(sheets, book))["Sociaal"]
    assert sheet.xlsx_bytes(sheets, book) == sheet.xlsx_bytes(drawn(book), book)
    assert sheet.ods_bytes(sheets, book) == sheet.ods_bytes(drawn(book), book)


def test_the_books_tell_their_title_and_language() -> None:
    from odf.opendocument import load

    book = edition(of(), of(actielijn="fysiek"), of(actielijn="veiligheid"))
    excel = openpyxl.load_workbook(io.BytesIO(sheet.xlsx_bytes(drawn(book), book)))
    assert (excel.properties.title, excel.properties.language) == ("Titel", "nl-NL")
    assert excel.properties.created.isoformat() == "2026-01-15T04:31:00"
    office = load(io.BytesIO(sheet.ods_bytes(drawn(book), book)))
    assert b"<dc:language>nl-NL</dc:language>" in office.metaxml().encode()
    assert b"<dc:title>Titel</dc:title>" in office.metaxml().encode()


BREAK = '[{"year": 2021, "text_nl": "Anders geteld.", "series": "hoofdreeks"}]'


@pytest.mark.parametrize(
    ("told", "signs"),
    [
        ({}, []),
        ({"status": "voorlopig"}, ["[v]"]),
        ({"revised": True}, ["[h]"]),
        ({"breaks": BREAK}, ["[b]"]),
        ({"breaks": BREAK.replace("2021", "2017")}, []),
        ({"approximation": True}, ["[s]"]),
        ({"region_quality": "geraden"}, ["[s]"]),
        ({"region_quality": "verdeeld"}, ["[d]"]),
        ({"latest_value": None, "approximation": True, "region_quality": None}, ["[x]"]),
        ({"gap_ratio_latest": None}, ["[z]"]),
        ({"status": "niet_bijgewerkt"}, ["[n]"]),
        ({"status": "voorlopig", "region_quality": "verdeeld", "breaks": BREAK, "approximation": True}, ["[v]", "[b]", "[s]", "[d]"]),
    ],
)
def test_the_signs_of_a_figure(told: dict[str, Any], signs: list[str]) -> None:
    assert symbols(of(**told)) == signs


def test_every_sign_is_explained() -> None:
    (signs,) = (one for one in drawn(edition(of())) if one.name == "Tekens")
    assert dict(signs.rows) == SYMBOLS
