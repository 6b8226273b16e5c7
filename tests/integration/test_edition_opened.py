"""The files of an edition, each opened in a program of its own: LibreOffice the sheets and the text, poppler the PDFs."""

from __future__ import annotations

import csv
import re
import subprocess
from pathlib import Path

import pytest

from nplv_orchestration.edition.table import Edition, number, read
from nplv_orchestration.home import Home
from tests.programs import office, program
from tests.real import Night
from tests.unit.test_sentences import sentences


@pytest.fixture(params=["demo_night", "night"])
def made(request: pytest.FixtureRequest) -> tuple[Path, Edition]:
    """The edition of the demo country, and that of the real figures: its folder, and what it tells."""
    night: Night = request.getfixturevalue(request.param)
    folder = night[1].edition
    return folder, read(Home.of(night[0]).current / "openbaar" / "nplv.duckdb", int(folder.parent.name))


def text_of(pdf: Path) -> str:
    """The text of a PDF on one line, with the words that were broken over lines made whole."""
    found = subprocess.run([program("pdftotext"), "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    return re.sub(r"\s+", " ", re.sub(r"[-\u00ad]\n\s*", "", found))


def facts_of(pdf: Path) -> dict[str, str]:
    """What poppler tells of a PDF."""
    lines = subprocess.run([program("pdfinfo"), str(pdf)], check=True, capture_output=True, text=True).stdout.splitlines()
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_the_sheets_are_read_with_every_figure(made: tuple[Path, Edition], kind: str, tmp_path: Path) -> None:
    folder, edition = made
    separated = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"  # each sheet a file, in UTF-8, cells as shown
    files = office(folder / f"overzichtstabel.{kind}", separated, tmp_path)
    told = {path.stem.rpartition("-")[2]: list(csv.reader(path.open(encoding="utf-8"))) for path in files}
    for row in edition.rows:
        sheet = told[row["actielijn"].capitalize()]
        line = next(cells for cells in sheet if row["name_nl"] in cells)
        figures = [float(cell.replace(",", ".")) for cell in line if re.fullmatch(r"-?\d+([.,]\d+)?", cell)]  # LibreOffice gives them whole
        for name in ("latest_value", "latest_nl", "latest_year", "gap_difference_latest"):
            if row[name] is not None:
                assert pytest.approx(row[name], rel=1e-9) in figures, (row["indicator_id"], name, line)
        assert ("geen cijfer" in line) == any(
            row[name] is None for name in ("start1_value", "start2_value", "latest_value", "change_start1", "change_start2")
        )
    assert not [cell for sheet in told.values() for cells in sheet for cell in cells if cell.startswith(("#", "Err:"))]


def test_the_text_for_word_opens_with_all_sentences(made: tuple[Path, Edition], tmp_path: Path) -> None:
    folder, edition = made
    (pdf,) = office(folder / "voortgangsoverzicht.docx", "pdf", tmp_path)
    told = text_of(pdf)
    for row in edition.rows:
        for sentence in sentences(row):
            assert sentence in told or sentence.replace("-", "") in told.replace("-", ""), sentence


def test_the_overview_for_print_tells_every_sentence_and_is_tagged(made: tuple[Path, Edition]) -> None:
    folder, edition = made
    told = text_of(folder / "voortgangsoverzicht.pdf")
    for row in edition.rows:
        for sentence in sentences(row):
            assert sentence.replace("-", "") in told.replace("-", ""), sentence
    facts = facts_of(folder / "voortgangsoverzicht.pdf")
    assert facts["Tagged"] == "yes"
    assert facts["Title"] == f"Voortgangsoverzicht Nationaal Programma Leefbaarheid en Veiligheid {edition.year}"
    assert facts["Page size"].endswith("(A4)")
    tags = subprocess.run([program("pdfinfo"), "-struct", str(folder / "voortgangsoverzicht.pdf")], check=True, capture_output=True).stdout.decode(
        errors="replace"
    )
    assert all(re.search(rf"^\s*{tag}\b", tags, re.MULTILINE) for tag in ("H1", "H2", "P", "Table", "TH", "TD", "L", "Figure"))


def test_the_infographic_is_one_page_of_a3_with_its_figures(made: tuple[Path, Edition]) -> None:
    folder, edition = made
    facts = facts_of(folder / "praatplaat.pdf")
    assert (facts["Pages"], facts["Tagged"]) == ("1", "yes")
    assert facts["Page size"].endswith("(A3)")
    told = text_of(folder / "praatplaat.pdf")
    for row in edition.rows:
        if row["latest_value"] is not None:
            assert number(row["latest_value"], row["decimals"]).lstrip("−") in told, row["indicator_id"]
    assert ("DEMONSTRATIEGEGEVENS" in told) == edition.is_demo
