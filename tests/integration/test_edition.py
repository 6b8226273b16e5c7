"""The folder of an edition, opened as its readers open it."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from nplv_orchestration.edition.build import make_edition
from nplv_orchestration.edition.evidence import ACHIEVED
from nplv_orchestration.edition.sheet import COLUMNS
from nplv_orchestration.edition.table import number, read, remarks, signed
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.sums import problems
from tests.packages import validated
from tests.real import Night
from tests.unit.test_sentences import CAUSAL, sentences

FILES = {
    "overzichtstabel.csv", "overzichtstabel.ods", "overzichtstabel.xlsx", "voortgangsoverzicht.html", "voortgangsoverzicht.pdf", "voortgangsoverzicht.docx",
    "praatplaat.pdf", "praatplaat.svg", "praatplaat.png", "datapackage.json", "dcat.jsonld", "provenance.json", "checks.json", "afbakening.csv", "berekening.csv",
    "revisies.csv", "SHA256SUMS", *ACHIEVED,
}  # fmt: skip


@pytest.fixture
def folder(night: Night) -> Path:
    return night[1].edition


@pytest.fixture
def database(night: Night) -> Path:
    return Home.of(night[0]).current.resolve() / "openbaar" / "nplv.duckdb"


def test_all_files_are_there_and_signed(folder: Path) -> None:
    assert {file.name for file in folder.iterdir()} == FILES
    assert not problems(folder)
    assert (folder.parent / "current").resolve() == folder


def test_what_the_programme_did_not_deliver_is_told(folder: Path) -> None:
    page = (folder / "voortgangsoverzicht.html").read_text(encoding="utf-8")
    for line in ("Resultaten van het programma: nog niets geleverd.", "De enquête onder de programmabureaus: nog niets geleverd."):
        assert f"<li>{line}</li>" in page
    assert 'id="kansrijke-wijk"' not in page and "Wat er gedaan is: fysiek" not in page


def test_the_table_tells_what_was_published(folder: Path, database: Path) -> None:
    with (folder / "overzichtstabel.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 17
    with duckdb.connect(str(database), read_only=True) as connection:
        query = "SELECT value FROM marts.indicator_values WHERE indicator_id = ? AND year = ? AND geo_level = ?"
        for row in rows:
            for level, column in (("nplv", "latest_value"), ("nederland", "latest_nl")):
                if row["latest_year"]:
                    published = connection.execute(query, [row["indicator_id"], int(row["latest_year"]), level]).fetchone()
                    assert published == (float(row[column]),)
                else:
                    assert (row[column], row["status"]) == ("", "ontbreekt")
                    assert row["remarks"]
    assert sum(bool(row["latest_value"]) for row in rows) == 8


def test_the_sheet_has_numbers_as_numbers_and_nothing_that_runs(folder: Path, database: Path) -> None:
    book = openpyxl.load_workbook(folder / "overzichtstabel.xlsx")
    assert book.sheetnames == ["Voorblad", "Toelichting", "Tekens", "Fysiek", "Sociaal", "Veiligheid"]
    for sheet in book:
        assert not sheet.merged_cells.ranges
        assert sheet.sheet_state == "visible"
        tables = list(sheet.tables.values())
        assert len(tables) == (sheet.title != "Voorblad")
        for table in tables:
            cells = [cell for row in sheet[table.ref] for cell in row]
            assert all(cell.data_type in ("s", "n") and cell.value is not None for cell in cells), sheet.title
    told = {row[0]: row for name in ("Fysiek", "Sociaal", "Veiligheid") for row in book[name].iter_rows(min_row=4, values_only=True)}
    rows = read(database, 2024).rows
    assert len(told) == len(rows) == 17
    place = [head for _, head, _ in COLUMNS if head in [cell.value for cell in book["Fysiek"][3]]].index("Gebieden, laatste jaar")
    for row in rows:
        latest = told[row["name_nl"]][place]
        assert latest == ("geen cijfer" if row["latest_value"] is None else pytest.approx(row["latest_value"], rel=1e-15))


def test_the_page_needs_nothing_and_names_no_area(folder: Path) -> None:
    page = (folder / "voortgangsoverzicht.html").read_text(encoding="utf-8")
    assert '<html lang="nl">' in page
    assert "<script" not in page
    assert not re.search(r"""src=["']|href=["'][^#]|url\(""", page)
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r' id="([^"]+)"', page))
    with (folder / "afbakening.csv").open(encoding="utf-8", newline="") as file:
        delineation = list(csv.DictReader(file))
    assert len(delineation) == 511
    assert set(delineation[0]) == {"area_id", "area_name", "municipality_name", "region_code", "boundary_year", "delineation"}
    for name in (
        "overzichtstabel.csv",
        "berekening.csv",
        "voortgangsoverzicht.html",
        "provenance.json",
        "datapackage.json",
        "dcat.jsonld",
        "checks.json",
    ):
        text = (folder / name).read_text(encoding="utf-8")
        if name == "voortgangsoverzicht.html":  # where the areas are listed
            text = re.sub(r'<h2 id="gebieden">.*?</table>', "", text, flags=re.DOTALL)
        assert not [row["area_name"] for row in delineation if row["area_name"] in text], name
        assert not re.search(r"\b(BU|WK)\d{4}", text), name


def test_the_document_for_print_is_tagged_titled_and_says_what_the_page_says(folder: Path) -> None:
    file = (folder / "voortgangsoverzicht.pdf").read_bytes()
    assert (
        b"pdfuaid:part" in file and b"pdfaid:part" in file
    )  # it says that it is PDF/UA and PDF/A, which the compiler refuses to write of what is not
    assert b"/MarkInfo" in file and b"/StructTreeRoot" in file and b"/Lang" in file
    assert b"Voortgangsoverzicht Nationaal Programma Leefbaarheid en Veiligheid 2024" in file


def test_the_sentences_of_the_real_figures_read_as_they_should(database: Path) -> None:
    told = {row["indicator_id"]: sentences(row) for row in read(database, 2024).rows}
    assert told["lbm_zwak_aandeel"][0] == (
        "In de focusgebieden was het aandeel woningen in een buurt met een zwakke of lagere leefbaarheid 54,6% in 2024; landelijk was het 9,2%; "
        "een eerder cijfer is er niet."
    )
    assert told["ervaren_gezondheid"][0].startswith(
        "In de focusgebieden was het aandeel volwassenen met een goede of zeer goede ervaren gezondheid 71,8% in 2020 en "
    )
    assert not [s for found in told.values() for s in found if CAUSAL.search(s)]


def test_the_data_package_describes_the_files(folder: Path) -> None:
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert package["demonstratiegegevens"] is False
    described = {resource["path"]: resource for resource in package["resources"]}
    assert set(described) == FILES - {"SHA256SUMS", "datapackage.json"}
    for path, resource in described.items():
        content = (folder / path).read_bytes()
        assert (resource["bytes"], resource["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")
        if "schema" in resource:
            head = next(csv.reader(content.decode().splitlines()))
            assert [field["name"] for field in resource["schema"]["fields"]] == head


def test_the_data_package_is_valid_and_so_is_each_row_of_its_tables(folder: Path) -> None:
    tables = [task for task in validated(folder).tasks if task.type == "table"]
    assert {task.place for task in tables} == {"overzichtstabel.csv", "afbakening.csv", "berekening.csv", "revisies.csv", *ACHIEVED}
    assert sum(task.stats.get("rows", 0) for task in tables if task.place != "revisies.csv") > 17 + 511


def test_the_catalogue_entry_names_every_file_with_its_hash(folder: Path) -> None:
    entry = json.loads((folder / "dcat.jsonld").read_text(encoding="utf-8"))
    assert {
        "dct:title",
        "dct:description",
        "dct:publisher",
        "dct:identifier",
        "dcat:contactPoint",
        "dcat:theme",
        "dct:accessRights",
        "dct:license",
    } <= set(entry)
    named = {one["dct:title"]["@value"]: one["spdx:checksum"]["spdx:checksumValue"]["@value"] for one in entry["dcat:distribution"]}
    assert set(named) == FILES - {"SHA256SUMS", "datapackage.json", "dcat.jsonld"}
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest for name, digest in named.items())


def test_the_arithmetic_leads_to_every_figure(folder: Path) -> None:
    with (folder / "berekening.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["value"] and row["denominator"]]
    assert {row["geo_level"] for row in rows} >= {"nplv", "overig_nederland"}
    assert "gebied" not in {row["geo_level"] for row in rows}
    shares = [row for row in rows if row["geo_level"] == "nplv" and row["indicator_id"] in ("lbm_zwak_aandeel", "misdrijven", "ervaren_gezondheid")]
    assert len(shares) > 3
    for row in shares:
        assert float(row["multiplier"]) * float(row["numerator"]) / float(row["denominator"]) == pytest.approx(float(row["value"]))
        assert " gedeeld door " in row["steps"]


def test_provenance_leads_from_each_figure_to_a_table_and_its_hash(folder: Path) -> None:
    told = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    used = {f"{source['publisher']} {source['table_id']}": source["sha256"] for source in told["sources"]}
    figures = [figure for figure in told["figures"] if figure["latest_value"] is not None]
    assert len(figures) == 8
    assert all(re.fullmatch(r"[0-9a-f]{64}", used[figure["source_table"]]) for figure in figures)
    assert re.fullmatch(r"0\.1\.0\+[0-9a-f]{12}", told["code_version"])


def test_made_again_it_has_the_same_bytes(night: Night, folder: Path, database: Path, tmp_path: Path) -> None:
    lakes = Home.of(night[0]).in_lakes(database.parents[1].name)  # which an edition tells
    again = make_edition(database, tmp_path / "elders", 2024, lakes=lakes)
    assert again.is_new
    assert (again.folder / "SHA256SUMS").read_bytes() == (folder / "SHA256SUMS").read_bytes()
    assert not make_edition(database, tmp_path / "elders", 2024, lakes=lakes).is_new


def test_a_changed_concept_is_made_anew(database: Path, tmp_path: Path) -> None:
    made = make_edition(database, tmp_path, 2024).folder
    sums = (made / "SHA256SUMS").read_bytes()
    (made / "overzichtstabel.csv").write_text("1;2")
    assert problems(made)
    assert make_edition(database, tmp_path, 2024).is_new
    assert (made / "SHA256SUMS").read_bytes() == sums
    assert [path.name for path in (tmp_path / "2024").iterdir() if path.name.startswith(".")] == []


def test_an_edition_is_refused_without_figures_or_with_areas(database: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="years with figures are 2020 to 2024"):
        make_edition(database, tmp_path, 2031)
    with pytest.raises(NplvError, match="nothing was published yet; run `nplv run`"):
        make_edition(tmp_path / "absent.duckdb", tmp_path, 2024)
    with pytest.raises(NplvError, match="holds figures of areas: an edition is made from the public database only"):
        make_edition(database.parents[1] / "intern" / "nplv.duckdb", tmp_path, 2024)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "decimals", "plain", "change"),
    [
        (1234.56, 1, "1.234,6", "+1.234,6"),
        (-0.04, 1, "0,0", "0,0"),
        (-2.5, 1, "−2,5", "−2,5"),
        (0.0, 0, "0", "0"),
        (None, 1, "geen cijfer", "geen cijfer"),
        (0.06, 1, "0,1", "+0,1"),
    ],
)
def test_numbers_read_as_dutch(value: float | None, decimals: int, plain: str, change: str) -> None:
    assert number(value, decimals) == plain
    assert signed(value, decimals) == change


BREAK = '[{"year": 2021, "text_nl": "Anders geteld.", "series": "hoofdreeks"}]'


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({}, ""),
        ({"approximation": True, "status": "voorlopig"}, "benadering; voorlopig"),
        ({"status": "niet_bijgewerkt", "status_reason": "niet bijgewerkt: x"}, "niet bijgewerkt: x"),
        ({"newest_year": 2025, "newest_reason": "niet bereikbaar"}, "over 2025: niet bereikbaar"),
        ({"newest_year": 2025, "newest_reason": "geen cijfer over 2025"}, "geen cijfer over 2025"),
        ({"latest_year": None, "newest_year": 2025, "status": "ontbreekt", "status_reason": "geen bestand"}, "geen bestand"),
        ({"region_quality": "geraden", "start1_year": 2020, "breaks": BREAK}, "regio's op gelijke codes; breuk in 2021, waarover niet wordt vergeleken: Anders geteld"),
        ({"region_quality": "verdeeld", "start1_year": 2022, "breaks": BREAK}, "regio's verdeeld naar adressen"),
        ({"start1_year": 2020, "main_series": "nieuw", "breaks": BREAK}, ""),
        ({"waivers": "gepubliceerd met ontheffing van controle sprong: y"}, "gepubliceerd met ontheffing van controle sprong: y"),
    ],
)  # fmt: skip
def test_remarks_say_what_a_reader_must_know(row: dict[str, Any], told: str) -> None:
    plain = {
        "approximation": False, "status": "definitief", "status_reason": None, "latest_year": 2024, "newest_year": 2024, "newest_reason": None,
        "region_quality": "exact", "breaks": "[]", "start1_year": None, "start2_year": None, "main_series": "hoofdreeks", "waivers": None,
    }  # fmt: skip
    assert remarks(plain | row) == told


def test_what_is_newer_than_the_edition_is_not_told(database: Path) -> None:
    rows = {row["indicator_id"]: row for row in read(database, 2022).rows}
    assert rows["ervaren_gezondheid"]["latest_year"] == 2022
    assert rows["lbm_zwak_aandeel"]["latest_value"] is None
    assert all((row["latest_year"] or 0) <= 2022 for row in rows.values())
