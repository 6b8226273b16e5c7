"""Deliveries of the programme that somebody damaged: each leads to the right rows, or to a refusal that names file, sheet, place, found and expected."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from nplv_orchestration import cli
from nplv_orchestration.archive import Archive
from nplv_orchestration.demo import deliveries
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources import inbox as folder_of
from nplv_orchestration.sources.declared import ENQUETE, FORMS, MIJLPALEN, RESULTATEN, SPUK
from nplv_orchestration.sources.forms import Form
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import BY_KEY
from tests.unit.test_inbox import put, rows, there

ROOT = Path(__file__).resolve().parents[2]
WHO = "A. Jansen"
ROWS: dict[str, list[list[Any]]] = {
    "resultaten": [
        [2025, "VRO", "woningen_gestart", "Woningbouwimpuls", "2022-01-01", "2024-12-31", "cumulatief", "delft-west", "gerealiseerd", 1250, None, "woningen", "2024-12-31", "geteld", None, WHO],
        [2025, "VRO", "woningen_gestart", "Woningbouwimpuls", "2022-01-01", "2024-12-31", "cumulatief", "zaandam-oost", "gerealiseerd", 900, None, "woningen", "2024-12-31", "geteld", None, WHO],
        [2025, "OCW", "voorschoolse_educatie", "VE", "2024-01-01", "2024-12-31", "in de periode", "totaal", "gerealiseerd", 7000, 10000, "kinderen", "2024-12-31", "geschat", "let op", WHO],
    ],
    "mijlpalen": [
        [2025, "J&V", "verkenning", "veiligheid", "Afgepakt vermogen", "J&V", "gestart", "2024-05-01", "Er is een verkenning gestart.", "de minister", WHO],
        [2025, "VWS", "verkenning", "sociaal", "Gezondheid", "VWS", "in onderzoek", "2024-06-01", None, None, WHO],
    ],
    "spuk": [
        [2025, "gebied", "delft-west", "verlengde_leerdag", 2023, "verleend", 1250000, None, WHO],
        [2025, "gebied", "zaandam-oost", "verlengde_leerdag", 2023, "verleend", 900000, None, WHO],
        [2025, "gemeente", "GM0503", "verlengde_leerdag", 2023, "verantwoord", 700000, None, WHO],
    ],
    "enquete": [
        [2025, "1", "delft-west", "voortgang", 4, None, None],
        [2025, "1", "delft-west", "medewerkers", 6, None, None],
        [2025, "1", "zaandam-oost", "knelpunt", "Te weinig mensen in onze wijk.", "Er zijn te weinig mensen.", "de directeur"],
    ],
}  # fmt: skip
# of each form: a column with a code, one with a number or a closed answer, and one with a day or a year
COLUMNS = {"resultaten": ("gebied", "aantal", "tot"), "mijlpalen": ("departement", "datum", "datum"), "spuk": ("code", "bedrag", "jaar"), "enquete": ("gebied", "antwoord", "ronde")}  # fmt: skip
BY_KIND: dict[str, Form] = {form.kind: form for form in FORMS if form.kind in ROWS}
Damage = Callable[[Worksheet, Form], str]
"""Damages a sheet; gives what the refusal must say, or nothing when the rows are still right."""


def at(form: Form, name: str) -> int:
    return form.heads.index(name) + 1


def renamed(sheet: Worksheet, form: Form) -> str:
    sheet.cell(1, 2).value = "gemeentenaam"
    return r"rij 1, kolom A: gevonden '.*gemeentenaam.*', verwacht de koppen ronde; "


def moved(sheet: Worksheet, form: Form) -> str:
    sheet.move_range(f"A1:A{sheet.max_row}", cols=len(form.heads))
    sheet.delete_cols(1)
    return r"rij 1, kolom A: gevonden '.*', verwacht de koppen ronde; "


def merged(sheet: Worksheet, form: Form) -> str:
    sheet.merge_cells("A1:B1")
    return r"rij 1, kolom A: gevonden 'samengevoegde cellen', verwacht losse cellen"


def title_above(sheet: Worksheet, form: Form) -> str:
    sheet.insert_rows(1)
    sheet.cell(1, 1).value = "Opgave 2025"
    return r"rij 1, kolom A: gevonden 'Opgave 2025', verwacht de koppen ronde; "


def total_row(sheet: Worksheet, form: Form) -> str:
    sheet.append(["Totaal", *[None] * (len(form.heads) - 2), 2150])
    return rf"rij {sheet.max_row}, kolom ronde \(A\): gevonden 'Totaal', verwacht een jaar van 2022 tot en met \d{{4}}"


def misspelt(sheet: Worksheet, form: Form) -> str:
    name = COLUMNS[form.kind][0]
    sheet.cell(2, at(form, name)).value = "Delft West"
    return rf"rij 2, kolom {name} \([A-Z]\): gevonden 'Delft West', verwacht (een van: |de code van een gebied)"


def text_in_a_number(sheet: Worksheet, form: Form) -> str:
    name = COLUMNS[form.kind][1]
    sheet.cell(2, at(form, name)).value = "ongeveer 4"
    return rf"rij 2, kolom {name} \([A-Z]\): gevonden 'ongeveer 4', verwacht een (getal|datum|heel getal)"


def points_in_thousands(sheet: Worksheet, form: Form) -> str:
    name = COLUMNS[form.kind][1]
    sheet.cell(2, at(form, name)).value = "1.250.000"
    return rf"rij 2, kolom {name} \([A-Z]\): gevonden '1.250.000', verwacht een (getal .* zonder punten|datum|heel getal)"


def day_as_text(sheet: Worksheet, form: Form) -> str:
    name = COLUMNS[form.kind][2]
    sheet.cell(2, at(form, name)).value = "31-12-2024"
    return rf"rij 2, kolom {name} \([A-Z]\): gevonden '31-12-2024', verwacht een (datum als 2024-12-31|jaar van 2022)"


def two_rounds(sheet: Worksheet, form: Form) -> str:
    sheet.cell(3, 1).value = 2024
    return r"rij 3, kolom ronde \(A\): gevonden '2024', verwacht 2025, zoals in de rijen ervoor; een bestand heeft één ronde"


def formula(sheet: Worksheet, form: Form) -> str:
    name = COLUMNS[form.kind][1]
    sheet.cell(2, at(form, name)).value = "=1+1"
    return r"rij 2, kolom [A-Z]: gevonden '=1\+1', verwacht een waarde in plaats van een formule"


def hidden_sheet(sheet: Worksheet, form: Form) -> str:
    copied = sheet.parent.copy_worksheet(sheet)
    copied.sheet_state, copied.title = "hidden", "oud"
    return r"blad (oud|Sheet), rij 2, kolom \w+ \([A-Z]\): gevonden '.*', verwacht een rij die er nog niet is; .* zijn die van blad Sheet, rij 2"


def notes_beside(sheet: Worksheet, form: Form) -> str:
    sheet.cell(2, len(form.heads) + 2).value = "klopt dit?"
    return r"rij 2, kolom [A-Z]+: gevonden 'een cel', verwacht niets: deze kolom heeft geen kop"


def nothing_filled_in(sheet: Worksheet, form: Form) -> str:
    sheet.delete_rows(2, sheet.max_row)
    return r"er staan geen rijen in"


def empty_where_needed(sheet: Worksheet, form: Form) -> str:
    sheet.cell(2, 2).value = None
    return rf"rij 2, kolom {form.heads[1]} \(B\): gevonden niets, verwacht (een van: |een tekst)"


def spaces(sheet: Worksheet, form: Form) -> str:
    sheet.cell(2, 2).value = f"  {sheet.cell(2, 2).value} "
    return ""


def empty_rows(sheet: Worksheet, form: Form) -> str:
    sheet.insert_rows(2, 3)
    return ""


def capitals_in_the_heads(sheet: Worksheet, form: Form) -> str:
    sheet.cell(1, 1).value = "Ronde"
    return ""


def an_explanation(sheet: Worksheet, form: Form) -> str:
    sheet.parent.create_sheet("uitleg").append(["iets anders"])
    return ""


DAMAGES: tuple[Damage, ...] = (
    renamed, moved, merged, title_above, total_row, misspelt, text_in_a_number, points_in_thousands, day_as_text, two_rounds, formula, hidden_sheet, notes_beside,
    nothing_filled_in, empty_where_needed, spaces, empty_rows, capitals_in_the_heads, an_explanation,
)  # fmt: skip


def book(form: Form, damage: Damage | None = None) -> tuple[bytes, str]:
    """A delivery as a spreadsheet, and what its refusal must say."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    for row in [form.heads, *ROWS[form.kind]]:
        sheet.append(row)
    said = damage(sheet, form) if damage else ""
    out = BytesIO()
    made.save(out)
    return out.getvalue(), said


@pytest.fixture
def publishers(tmp_path: Path) -> Iterator[Publishers]:
    (tmp_path / "inbox").mkdir()
    yield Publishers(Settings(home=tmp_path), Archive(tmp_path / "archive"), Http())


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_file_leads_to_the_right_rows_or_to_a_refusal_by_place(publishers: Publishers, tmp_path: Path, kind: str, damage: Damage) -> None:
    form, inbox = BY_KIND[kind], tmp_path / "inbox"
    content, said = book(form, damage)
    put(inbox, f"{kind}_2025.xlsx", content)
    state = refresh(BY_KEY[form.table], publishers)
    if said:
        assert (state.state, state.manifest) == ("refused", None)
        assert there(inbox) == {f"refused/{kind}_2025.xlsx", f"refused/{kind}_2025.xlsx.txt"}
        report = (inbox / "refused" / f"{kind}_2025.xlsx.txt").read_text(encoding="utf-8")
        lines = [line for line in report.splitlines() if re.search(said, line)]
        assert lines and all(f"{kind}_2025.xlsx" in line for line in lines), report
    else:
        found = rows(publishers, state)
        assert len(found) == len(ROWS[kind]) and {row["round"] for row in found} == {2025}
        assert [list(row.values())[1] for row in found] == [row[1] for row in ROWS[kind]]


@pytest.mark.parametrize("kind", ROWS)
@pytest.mark.parametrize(
    ("suffix", "content", "said"),
    [
        ("xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), "versleuteld, of van een oud soort (xls); sla het bestand zonder wachtwoord op als xlsx of ods"),
        ("xlsx", b"PK\x03\x04 half", "geen rekenblad, of beschadigd"),
        ("csv", "ronde;département\n".encode("cp1252"), "geen UTF-8 (byte 8); sla het bestand op als csv UTF-8"),
        ("csv", b"ronde,departement\n2025,VRO\n", "verwacht de koppen ronde; "),
    ],
)
def test_a_file_that_is_no_spreadsheet_of_today_is_refused(
    publishers: Publishers, tmp_path: Path, kind: str, suffix: str, content: bytes, said: str
) -> None:
    put(tmp_path / "inbox", f"{kind}_2025.{suffix}", content)
    state = refresh(BY_KEY[BY_KIND[kind].table], publishers)
    assert state.state == "refused" and said in state.detail and f"{kind}_2025.{suffix}" in state.detail


@pytest.mark.parametrize("kind", ROWS)
def test_an_old_kind_of_file_stays_and_is_told(publishers: Publishers, tmp_path: Path, kind: str) -> None:
    put(tmp_path / "inbox", f"{kind}_2025.xls", b"\xd0\xcf\x11\xe0")
    assert refresh(BY_KEY[BY_KIND[kind].table], publishers).state == "not_configured"
    assert there(tmp_path / "inbox") == {f"{kind}_2025.xls"}
    assert folder_of.warnings(tmp_path / "inbox") == [
        f"{kind}_2025.xls in {tmp_path / 'inbox'} wordt niet gelezen: zo heet geen bestand dat hier bekend is"
    ]


@pytest.mark.parametrize(
    ("form", "column", "row", "cell", "said"),
    [
        (RESULTATEN, "eenheid", 0, "huizen", "verwacht woningen"),
        (RESULTATEN, "tot", 0, "2021-12-31", "verwacht een dag op of na 2022-01-01"),
        (RESULTATEN, "basis", 0, 2000, "verwacht niets: alleen een percentage heeft een basis"),
        (RESULTATEN, "basis", 2, None, "verwacht het aantal waarvan dit een deel is, ten minste 7000"),
        (RESULTATEN, "basis", 2, 6000, "verwacht het aantal waarvan dit een deel is, ten minste 7000"),
        (RESULTATEN, "resultaat", 2, "uren_leertijd", "verwacht uur per week (en nog 1)"),
        (MIJLPALEN, "akkoord", 1, "de minister", "verwacht niets: er is geen zin om goed te keuren"),
        (MIJLPALEN, "zin", 0, "zonder hoofdletter.", "verwacht een zin met een hoofdletter en een punt"),
        (SPUK, "post", 0, "verantwoord", "verwacht gemeente"),
        (SPUK, "niveau", 2, "gebied", "verwacht een code van niveau gebied die bestaat"),
        (ENQUETE, "antwoord", 0, 6, "verwacht een heel getal van 1 tot en met 5"),
        (ENQUETE, "versie", 2, "2", "verwacht de versie waarin de vraag knelpunt staat (en nog 1)"),
        (ENQUETE, "citaat", 0, "Het gaat goed.", "verwacht alleen bij een open vraag, met akkoord, en zonder de naam van een gebied of gemeente"),
        (ENQUETE, "citaat", 2, "In Zaandam-Oost gaat het goed.", "zonder de naam van een gebied of gemeente"),
        (ENQUETE, "akkoord", 2, None, "verwacht alleen bij een open vraag, met akkoord"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_by_place(
    publishers: Publishers, tmp_path: Path, form: Form, column: str, row: int, cell: object, said: str
) -> None:
    def damage(sheet: Worksheet, form: Form) -> str:
        sheet.cell(row + 2, at(form, column)).value = cell
        return ""

    put(tmp_path / "inbox", f"{form.kind}.xlsx", book(form, damage)[0])
    state = refresh(BY_KEY[form.table], publishers)
    assert state.state == "refused" and said in state.detail, state
    assert f"{form.kind}.xlsx, blad Sheet, rij {row + 2}, kolom " in state.detail


def test_each_number_knows_the_cell_it_stood_in(publishers: Publishers, tmp_path: Path) -> None:
    for form, cells in ((RESULTATEN, ["J2", "J3", "J4"]), (SPUK, ["G2", "G3", "G4"]), (ENQUETE, ["E2", "E3", "E4"])):
        put(tmp_path / "inbox", f"{form.kind}.xlsx", book(form)[0])
        found = rows(publishers, refresh(BY_KEY[form.table], publishers))
        assert [row["place"] for row in found] == [f"Sheet!{cell}" for cell in cells]
        assert {row["delivery"] for row in found} == {f"{form.kind}.xlsx"}


def test_the_same_file_under_another_name_is_refused(publishers: Publishers, tmp_path: Path) -> None:
    content, _ = book(SPUK)  # once: a workbook tells the second in which it was written
    for name in ("spuk_a.xlsx", "spuk_b.xlsx"):
        put(tmp_path / "inbox", name, content)
        state = refresh(BY_KEY["programma_spuk"], publishers)
    assert "verwacht een rij die niet in de levering spuk_a.xlsx staat" in state.detail
    put(tmp_path / "inbox", "spuk_a.xlsx", content)
    assert refresh(BY_KEY["programma_spuk"], publishers).state == "unchanged"


@pytest.mark.parametrize("kind", ROWS)
def test_a_template_is_filled_in_and_taken_over(publishers: Publishers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv("NPLV_HOME", str(tmp_path))
    monkeypatch.setenv("NPLV_SOURCES", "live")
    path = tmp_path / f"{kind}.xlsx"
    told = CliRunner().invoke(cli.app, ["inbox", "template", kind, "--out", str(path)])
    assert told.exit_code == 0, told
    filled = openpyxl.load_workbook(path)
    for number, row in enumerate(ROWS[kind], 2):
        for column, cell in enumerate(row, 1):
            filled[kind].cell(number, column).value = cell
    filled.save(path)
    put(tmp_path / "inbox", path.name, path.read_bytes())
    assert len(rows(publishers, refresh(BY_KEY[BY_KIND[kind].table], publishers))) == len(ROWS[kind])


def test_the_refusals_that_the_docs_show_are_those_of_the_demo_country(publishers: Publishers, tmp_path: Path, tiny: Figures) -> None:
    told = (ROOT / "docs" / "programme.md").read_text(encoding="utf-8")
    demo = deliveries.files(tiny, 0)
    for name in ("focus_areas.csv", "focus_area_regions.csv"):
        (tmp_path / name).write_bytes(demo[name])
    found = {}
    for name, content in deliveries.wrong(tiny).items():
        put(tmp_path / "inbox", name, content)
        form = BY_KIND[name.removesuffix("_fout.xlsx")]
        refresh(BY_KEY[form.table], replace(publishers, reviewed=tmp_path))
        (line,) = [
            line for line in (tmp_path / "inbox" / "refused" / f"{name}.txt").read_text(encoding="utf-8").splitlines() if line.startswith("- ")
        ]
        found[name] = line.removeprefix(f"- {name}, ")
    shown = dict(re.findall(r"^\| `(\w+_fout\.xlsx)` \| (.*) \|$", told, re.MULTILINE))
    assert shown.keys() == found.keys()
    assert [name for name in shown if not found[name].startswith(shown[name].removesuffix(" …"))] == []
