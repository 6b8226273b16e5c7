"""What the programme did, from the files that people deliver to the overview that is sent: the amounts that the letter of 2024 told, and a delivery that is held."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from click.testing import Result
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from nplv_orchestration import cli
from nplv_orchestration.home import Home
from nplv_orchestration.sources.declared import RESULTATEN, SPUK
from nplv_orchestration.sources.forms import Form
from tests.packages import validated
from tests.unit.test_inbox import put

WINDOW = ("2022-01-01", "2024-12-31", "cumulatief")


def book(form: Form, rows: list[list[Any]]) -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "opgave"
    for row in (form.heads, *rows):
        sheet.append(row)
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def result(
    name: str, scheme: str, area: str, value: float, unit: str, quality: str = "geteld", base: float | None = None, state: str = "gerealiseerd"
) -> list[Any]:
    return [2025, "VRO", name, scheme, *WINDOW, area, state, value, base, unit, "2024-12-31", quality, None, "A. Jansen"]  # fmt: skip


def promised(areas: list[str]) -> list[list[Any]]:
    """What the nota of 9 October 2024 (reference 2024-0000828173) tells that was done."""
    return [
        result("woningen_gestart", "Alle regelingen", "totaal", 15000, "woningen", "geschat"),
        result("woningen_verbeterd", "Volkshuisvestingsfonds", "totaal", 5950, "woningen"),
        result("huishoudens_energie", "Alle regelingen", "totaal", 35000, "huishoudens", "geschat"),
        result("kinderen_leertijd", "School en omgeving", "totaal", 53000, "kinderen"),
        result("uren_leertijd", "School en omgeving", "totaal", 7.8, "uur per week"),
        result("voorschoolse_educatie", "VE", "totaal", 7000, "kinderen", "geschat", 10000),
        result("gemeenten_wijkwijzer", "WijkWijzer", "totaal", 10, "gemeenten", "geschat"),
        *(result("gebieden_preventie_met_gezag", "Preventie met Gezag", area, 1, "gebieden") for area in areas),
        *(result("gebieden_moeilijk_bereikbaar", "Weerbaar", area, int(n < 14), "gebieden") for n, area in enumerate(areas)),
    ]


TOLD = (
    "Er is gestart met de bouw van circa 15.000 woningen.",
    "Er zijn bijna 6.000 kwetsbare particuliere woningen verbeterd of in aanpak.",
    "Er zijn circa 35.000 huishoudens geholpen met energiebesparende voorzieningen.",
    "Er krijgen 53.000 kinderen extra leer- en ontwikkeltijd.",
    "De extra leer- en ontwikkeltijd is gemiddeld bijna 8 uur per week.",
    "neemt ongeveer 70% deel.",
    "In 20 van de 20 gebieden is Preventie met Gezag gestart.",
    "In 14 van de 20 gebieden is contact gelegd met moeilijk bereikbare gemeenschappen.",
    "In het WijkWijzer-netwerk doen circa 10 andere gemeenten mee.",
    "Voor de uitkering Kansrijke Wijk is in totaal € 256 miljoen beschikbaar. 20 gebieden vroegen de uitkering aan. 20 gebieden kregen haar.",
    "Verleend is € 256,0 miljoen.",
)


@pytest.fixture
def nplv(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("NPLV_HOME", str(demo_home))

    def call(*words: str) -> Result:
        told = CliRunner().invoke(cli.app, list(words))
        assert told.exit_code == 0, told
        return told

    return call


def published(home: Path, part: str, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(Home(home).current / part / "nplv.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_what_was_promised_is_told_and_traced_and_what_does_not_hold_is_held(nplv: Callable[..., Result], demo_home: Path) -> None:
    areas = [code for (code,) in published(demo_home, "intern", "SELECT area_id FROM areas.focus_areas ORDER BY 1")]
    inbox = demo_home / "demo" / "inbox"
    for name in ("resultaten_2025.xlsx", "spuk_2025.xlsx"):
        nplv("inbox", "withdraw", name)
    put(inbox, "resultaten van de departementen.xlsx", book(RESULTATEN, promised(areas)))
    grant = [
        [2025, "gebied", area, "leefbaarheid", 2023, item, 256e6 / 20, None, "A. Jansen"] for area in areas for item in ("aangevraagd", "verleend")
    ]
    put(inbox, "spuk van SZW.xlsx", book(SPUK, grant))
    nplv("run", "--edition", "2025")

    folder = demo_home / "editions" / "2025" / "r1"
    assert 'id="ontbreekt"' not in (folder / "voortgangsoverzicht.html").read_text(encoding="utf-8")
    page = re.sub(r"\s+", " ", (folder / "voortgangsoverzicht.html").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " "))
    assert [line for line in TOLD if line not in page] == []
    assert "Er is gestart met de bouw van circa 15.000 woningen." in (folder / "praatplaat.svg").read_text(encoding="utf-8")
    validated(folder)
    with (folder / "resultaten.csv").open(encoding="utf-8", newline="") as file:
        origin = {row["result_id"]: row["origin"] for row in csv.DictReader(file)}
    assert origin["woningen_gestart"] == "resultaten van de departementen.xlsx, opgave!J2"
    assert origin["gebieden_preventie_met_gezag"] == ""  # of each area, inside
    by_area = published(demo_home, "intern", "SELECT geo_code, origin FROM programma.resultaten WHERE result_id = 'gebieden_preventie_met_gezag' AND geo_level = 'gebied' AND round = 2025 ORDER BY 1")  # fmt: skip
    assert by_area[0] == (areas[0], "resultaten van de departementen.xlsx, opgave!J9") and len(by_area) == 20

    assert published(demo_home, "openbaar", "SELECT count(*) FROM programma.resultaten WHERE geo_level <> 'nplv'") == [(0,)]
    tables = published(demo_home, "openbaar", "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'programma' ORDER BY 1")
    assert [name for (name,) in tables] == ["enquete", "enquete_citaten", "mijlpalen", "resultaten", "spuk_kansrijke_wijk"]
    columns = published(demo_home, "openbaar", "SELECT DISTINCT column_name FROM duckdb_columns() WHERE schema_name = 'programma'")
    assert not {"remark", "who", "approved_by", "contact", "delivery"} & {name for (name,) in columns}

    before = (folder / "resultaten.csv").read_bytes()
    more = [result("woningen_gestart", "Een andere", "totaal", n, "woningen", state=state) for n, state in ((500, "gepland"), (900, "gerealiseerd"))]
    put(inbox, "resultaten erbij.xlsx", book(RESULTATEN, more))
    nplv("run", "--edition", "2025")
    ((decision, reasons),) = published(demo_home, "intern", "SELECT decision, reasons FROM quality.decisions WHERE mart = 'resultaten'")
    assert decision == "vastgehouden" and "realised_within_planned" in reasons[0]
    assert published(demo_home, "intern", "SELECT count(*) FROM quality.decisions WHERE decision = 'vastgehouden'") == [(1,)]
    assert published(demo_home, "openbaar", "SELECT count(*) FROM programma.resultaten WHERE scheme = 'Een andere'") == [(0,)]
    assert (folder / "resultaten.csv").read_bytes() == before
    told = (folder / "voortgangsoverzicht.html").read_text(encoding="utf-8")
    assert "Resultaten van het programma: niet bijgewerkt, omdat een nieuwere levering de controles niet doorstond." in told
