"""Whole nights on the demo country: all indicators have figures, a second computation finds them too, and nothing asks a network."""

from __future__ import annotations

import csv
import json
import re
import socket
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import httpx
import openpyxl
import pytest
from typer.testing import CliRunner

from nplv_orchestration import cli
from nplv_orchestration.build import NIGHTLY, build_definitions
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.demo.transport import DemoTransport
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.history import dagster_home
from nplv_orchestration.home import Home
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.run import run_night
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.refresh import Publishers
from nplv_orchestration.sources.registry import REGISTRY, SourceTable
from nplv_orchestration.sums import problems
from nplv_orchestration.warehouse import connect
from tests.integration.test_independent import compare
from tests.reading import public
from tests.real import Night

DEMO = "DEMONSTRATIEGEGEVENS"


def test_all_indicators_have_figures_of_the_areas_and_the_country_and_none_is_held(demo_night: Night) -> None:
    settings, outcome = demo_night
    assert (outcome.held, outcome.missing, outcome.warnings, outcome.newest_year) == ({}, [], [], 2025)
    rows = public(
        settings.home, "SELECT indicator_id, start1_value, start2_value, latest_value, latest_nl FROM marts.indicator_trends WHERE geo_level = 'nplv'"
    )
    assert len(rows) == 17
    assert not [row for row in rows if None in row]


def test_every_figure_is_found_a_second_time(demo_night: Night) -> None:
    both = compare(demo_night[0].home)
    assert both["indicator_id"].nunique() == 17
    assert len(both) > 2400


def test_the_sources_are_those_of_the_demo_country_and_all_fresh(demo_night: Night) -> None:
    rows = public(demo_night[0].home, "SELECT key, state, address FROM provenance.sources")
    assert {(key, state) for key, state, _ in rows} == {(table.key, "fresh") for table in REGISTRY}
    asked = [str(address) for _, _, address in rows if str(address).startswith("http")]
    assert len(asked) == len([table for table in REGISTRY if table.is_asked])
    assert all(re.match(r"https://\w+\.demo\.invalid/", address) for address in asked)


def test_every_page_says_that_all_is_invented(demo_night: Night) -> None:
    settings, outcome = demo_night
    assert not problems(outcome.edition)
    page = (outcome.edition / "voortgangsoverzicht.html").read_text(encoding="utf-8")
    header, footer = page[: page.index("</header>")], page[page.index("</main>") :]
    assert DEMO in header and DEMO in footer
    assert re.search(rf'@page {{[^}}]*@top-center {{ content: "{DEMO}', page)  # printed on each page
    for sheet in openpyxl.load_workbook(outcome.edition / "overzichtstabel.xlsx"):
        assert DEMO in sheet.oddHeader.center.text
        assert any(DEMO in str(cell) for row in sheet.iter_rows(max_row=3, values_only=True) for cell in row if cell), sheet.title
    with (outcome.edition / "overzichtstabel.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 17
    assert {(row["data_kind"][: len(DEMO)], row["delineation"]) for row in rows} == {(DEMO, "verzonnen")}
    assert json.loads((outcome.edition / "datapackage.json").read_text(encoding="utf-8"))["demonstratiegegevens"] is True
    assert "Gebiedsafbakening: verzonnen." in page and "kandidaat" not in page
    assert public(settings.home, "SELECT value FROM provenance.build WHERE key = 'mode'") == [("demo",)]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sources": "live"}, "holds demo data and NPLV_SOURCES is live; the two never mix: use another NPLV_HOME"),
        ({"demo_size": "small"}, "holds the tiny demo country and NPLV_DEMO_SIZE is small: use another NPLV_HOME"),
        ({"cbs_url": "https://datasets.cbs.nl/odata/v1/CBS"}, "NPLV_CBS_URL is for live data, and NPLV_HOME="),
        ({"inbox": "/srv/inbox"}, "NPLV_INBOX is for live data, and NPLV_HOME="),
        ({"warehouse": "/srv/nplv.duckdb"}, "NPLV_WAREHOUSE is for live data, and NPLV_HOME="),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_demo_home_takes_no_live_data_and_no_other_country(demo_home: Path, wrong: dict[str, str], said: str) -> None:
    with pytest.raises(WrongCall, match=re.escape(said)) as caught:
        run_night(Settings(home=demo_home, **wrong), None)
    assert "\n" not in str(caught.value)


def test_the_files_of_people_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "maatwerk_armoede.xlsx").write_bytes(b"counted by CBS")
    with pytest.raises(WrongCall, match="holds delivered files, which the demo country does not read: use another NPLV_HOME, or NPLV_SOURCES=live"):
        run_night(Settings(home=tmp_path, demo_size="tiny"), None)
    assert (tmp_path / "inbox" / "maatwerk_armoede.xlsx").read_bytes() == b"counted by CBS"
    assert not (tmp_path / "sources").exists()


def test_a_copied_file_of_figures_tells_what_it_is(demo_night: Night) -> None:
    settings, outcome = demo_night
    for part, tables in (("openbaar", 42), ("intern", 46)):  # what a total is made of is told within the programme alone
        files = sorted((settings.home / "published" / "current" / part / "parquet").glob("*.parquet"))
        assert len(files) == tables
        for file in files:
            marks = dict(duckdb.sql(f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{file}')").fetchall())
            assert (marks["mode"], marks["version"]) == ("demo", outcome.version), file.name


def test_a_delivery_with_a_misspelt_area_is_refused_and_told_each_night(demo_home: Path, demo_night: Night) -> None:
    inbox = demo_home / "demo" / "inbox"
    head = "indicator;jaar;niveau;code;teller;noemer;status"
    (inbox / "maatwerk_extra.csv").write_text(f"{head}\njeugd_verdachten;2024;gebied;fabeldam-nord;12;100;Definitief\n", encoding="utf-8")
    (inbox / "levering.csv").write_text("een;andere;kop", encoding="utf-8")
    outcome = run_night(Settings(home=demo_home), None)
    lines = [
        f"levering.csv in {inbox} wordt niet gelezen: zo heet geen bestand dat hier bekend is",
        f"maatwerk_extra.csv ligt in {inbox / 'refused'}: maatwerk_extra.csv, blad csv, rij 2, kolom code (D): gevonden 'fabeldam-nord', "
        "verwacht een code van niveau gebied die bestaat; zie het blad uitleg van het sjabloon",
    ]
    version = f"CBS maatwerk: nieuwe versie geweigerd; in gebruik is de versie van {datetime.now(UTC).date()}"
    assert (outcome.held, outcome.warnings) == ({}, [version, *lines])
    again = run_night(Settings(home=demo_home), None)
    assert (again.held, again.warnings) == ({}, lines)
    kept = "SELECT year, value FROM marts.indicator_values WHERE indicator_id = 'jeugd_verdachten' AND geo_level = 'nplv' ORDER BY year"
    assert public(demo_home, kept) == public(demo_night[0].home, kept)


CORRECTIONS = "SELECT region_code, expected, used, published, outcome FROM provenance.corrections"


def staged(home: Path, region: object) -> tuple[object, ...] | None:
    """What the models make of the figure that the demo country's police got wrong."""
    query = "SELECT offences, missing FROM staging.stg_politie__misdrijven WHERE region_code = ? AND year = 2023 AND offence = '0.0.0'"
    with connect(Settings(home=home)) as connection:
        return connection.execute(query, [region]).fetchone()


def test_a_known_error_is_corrected_and_a_correction_that_is_mended_holds_what_is_made_from_it(
    demo_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = demo_home / "demo" / "corrections.csv"
    stale = register.read_text(encoding="utf-8")
    [(region, expected, used, *outcome)] = public(demo_home, CORRECTIONS)
    assert (expected, outcome) == (10 * used, [expected, "toegepast"])
    assert staged(demo_home, region) == (used, None)

    # the police mend it, and the line is dropped
    mended = run_night(Settings(home=demo_home, demo_night=14), None)
    assert (mended.held, mended.warnings, public(demo_home, CORRECTIONS)) == ({}, [], [])
    assert staged(demo_home, region) == (used, None)
    compare(demo_home)

    # the line is forgotten
    register.write_text(stale, encoding="utf-8")
    monkeypatch.setenv("NPLV_HOME", str(demo_home))
    told = CliRunner().invoke(cli.app, ["run"])
    reason = "controle correcties_kloppen_nog_misdrijven op staging.stg_politie__misdrijven is niet geslaagd"
    assert told.exit_code == 0
    assert reason in " ".join(told.output.split())
    assert public(demo_home, CORRECTIONS) == [(region, expected, used, used, "anders")]
    kept = "SELECT DISTINCT indicator_id, status_reason FROM marts.indicator_values WHERE status = 'niet_bijgewerkt' ORDER BY ALL"
    assert public(demo_home, kept) == [(name, f"niet bijgewerkt: {reason}") for name in ("misdrijven", "misdrijven_hic")]


@pytest.mark.parametrize(
    ("change", "held"),
    [
        ({"region_code": "BU99999999"}, {"misdrijven", "misdrijven_hic"}),
        (
            {"source_key": "leefbaarometer", "measure": "overlast"},
            {"lbm_zwak_aandeel", "lbm_woningvoorraad", "lbm_fysieke_omgeving", "lbm_overlast_onveiligheid"},
        ),
    ],
)
def test_a_correction_that_finds_no_figure_holds_what_is_made_from_its_table(demo_home: Path, change: dict[str, str], held: set[str]) -> None:
    register = demo_home / "demo" / "corrections.csv"
    [line] = csv.DictReader(register.read_text(encoding="utf-8").splitlines())
    with register.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, list(line)).writerow(line | change)
    assert set(run_night(Settings(home=demo_home), None).held) == held
    assert {row[-1] for row in public(demo_home, CORRECTIONS)} == {"toegepast", "geen_rij"}


def test_a_correction_of_what_all_rest_on_that_is_mended_stops_everything(demo_home: Path, demo_night: Night) -> None:
    with (demo_home / "demo" / "corrections.csv").open("a", encoding="utf-8") as file:
        file.write("cbs_kwb_2024,NL00,2024,woz,1,2,verzonnen,2026-01-15,nergens\n")
    with pytest.raises(
        NplvError, match=r"nothing is published: .* controle correcties_kloppen_nog_kerncijfers op staging\.stg_cbs__kwb is niet geslaagd"
    ):
        run_night(Settings(home=demo_home), None)
    assert (demo_home / "published" / "current").resolve().name == demo_night[1].version


def test_nothing_is_asked_of_a_network_and_an_unchanged_night_builds_nothing(
    demo_home: Path, demo_night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a network was asked")

    for name in ("connect", "connect_ex", "bind"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    stages: list[str] = []
    again = run_night(Settings(home=demo_home), None, lambda stage, detail="", done=0, total=0: stages.append(stage))
    assert again.version == demo_night[1].version
    assert not {"modellen", "controles", "verwachtingen", "ontwikkeling"} & set(stages)


def test_nights_go_by(demo_home: Path, demo_night: Night) -> None:
    query = "SELECT indicator_id, year, value FROM marts.indicator_values WHERE geo_level = 'nplv' AND value IS NOT NULL ORDER BY ALL"
    before = {row[:2]: row[2] for row in public(demo_home, query)}
    later = run_night(Settings(home=demo_home, demo_night=45), None)
    assert (later.held, later.missing, later.warnings) == ({}, [], [])
    assert later.version != demo_night[1].version
    after = {row[:2]: row[2] for row in public(demo_home, query)}
    assert set(before) < set(after)
    assert set(after) - set(before) == {
        ("inkomen", 2024), ("woz_relatief", 2025), ("arbeidsparticipatie", 2025), ("bijstand", 2025), ("armoede_huishoudens", 2024),
        ("armoede_kinderen", 2024),
    }  # fmt: skip
    moved = {indicator for indicator, year in before if after[indicator, year] != before[indicator, year]}
    assert {"misdrijven", "ervaren_gezondheid", "lbm_zwak_aandeel"} <= moved
    assert {"bijstand", "energielabel_efg", "onderwijsachterstand"}.isdisjoint(moved)
    compare(demo_home)
    assert Home(demo_home).demo_night(Settings(home=demo_home)) == 45  # a home stays where it came
    with pytest.raises(WrongCall, match="has come to night 45, and NPLV_DEMO_NIGHT is 44: use another NPLV_HOME"):
        run_night(Settings(home=demo_home, demo_night=44), None)


def test_each_mart_shows_its_figure_its_gap_its_checks_and_its_series(demo_night: Night) -> None:
    dagster_home(demo_night[0])
    manifest = load_manifest()
    trends = {
        row[0]: row[1:]
        for row in public(
            demo_night[0].home, "SELECT indicator_id, latest_year, latest_value, latest_nl FROM marts.indicator_trends WHERE geo_level = 'nplv'"
        )
    }
    with dg.DagsterInstance.get() as instance:
        for indicator in manifest.indicators:
            node = manifest.marts[indicator.indicator_id]
            event = instance.get_latest_materialization_event(dg.AssetKey([node.schema, node.name]))
            assert event and event.asset_materialization
            told = event.asset_materialization.metadata
            year, value, national = trends[indicator.indicator_id]
            assert (told["laatste_jaar"].value, told["gebieden"].value, told["nederland"].value) == (
                year, round(value, indicator.decimals), round(national, indicator.decimals),
            )  # fmt: skip
            assert told["verschil"].value == round(value - national, indicator.decimals)
            assert str(told["gegevens"].value).startswith(DEMO)
            assert str(told["grafiek"].value).startswith(f"![{indicator.name_nl}: ")
            checks = told["controles"].records
            assert len(checks) == (8 if indicator.national == "gebouwd" else 9) and {record.data["uitkomst"] for record in checks} == {"geslaagd"}


@pytest.mark.parametrize("selected", [True, False], ids=["some assets", "the whole night"])
def test_a_run_asks_ahead_about_its_tables_and_about_each_once(
    demo_home: Path, tiny: Figures, monkeypatch: pytest.MonkeyPatch, selected: bool
) -> None:
    asked: Counter[str] = Counter()
    ahead: list[set[str]] = []
    answering = DemoTransport(tiny, 0)
    ask_ahead = Publishers.ask_ahead

    def handle(request: httpx.Request) -> httpx.Response:
        asked[str(request.url)] += 1
        return answering.handle_request(request)

    def watched(self: Publishers, tables: Iterable[SourceTable]) -> None:
        chosen = list(tables)
        ahead.append({table.key for table in chosen})
        ask_ahead(self, chosen)

    monkeypatch.setattr(Publishers, "ask_ahead", watched)
    definitions = build_definitions(Settings(home=demo_home, demo_size="tiny"), transport=httpx.MockTransport(handle))
    tables = [table for table in REGISTRY if table.relation == "cbs_kwb"] if selected else REGISTRY
    keys = [dg.AssetKey(["raw", table.key]) for table in tables]
    done = definitions.resolve_job_def(NIGHTLY).execute_in_process(asset_selection=keys if selected else None)
    assert done.success
    assert all(keys == {table.key for table in tables} for keys in ahead)
    assert len(asked) == len([table for table in tables if table.is_asked]) and set(asked.values()) == {1}
