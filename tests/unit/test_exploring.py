"""What the explorer shows: the figures that were chosen, each way it tells them the same, and everywhere that they are internal."""

from __future__ import annotations

import csv
import io
import json
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from nplv_orchestration import exploring, exploring_page
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.explain import Explanation
from nplv_orchestration.exploring import COMPARATORS, INTERNAL, LOOKS, TOTAL, Version, chosen, download, lines, picture
from nplv_orchestration.exploring_server import _is_ours


def indicator(**changed: Any) -> dict[str, Any]:
    told = {
        "indicator_id": "inkomen", "number": 1, "name_nl": "Inkomen <bruto>", "unit": "x 1.000 euro", "decimals": 1, "main_series": "nieuw", "actielijn": "sociaal",
        "series": json.dumps([{"id": "oud", "name_nl": "oude reeks"}, {"id": "nieuw", "name_nl": "nieuwe reeks"}]),
        "breaks": json.dumps([{"year": 2022, "text_nl": "Anders geteld.", "series": "nieuw"}]),
        "definition_nl": "Wat het is.", "caveat_nl": "Wat het niet zegt.", "uncertainty_nl": "", "reference_nl": "Het jaar.", "method_nl": "Gewogen.",
        "comparators_not_given": json.dumps({"rest_19_gemeenten": "dat betekent niets"}), "multiplier": 100, "numerator_nl": "euro", "denominator_nl": "inwoners",
    }  # fmt: skip
    return told | changed


def row(level: str, code: str, year: int, value: float | None, **changed: Any) -> dict[str, Any]:
    told = {
        "indicator_id": "inkomen", "geo_level": level, "geo_code": code, "geo_name": code.title(), "series": "nieuw", "year": year, "value": value,
        "value_low": None, "value_high": None, "unit": "x 1.000 euro", "numerator": 1.0, "denominator": 2.0, "coverage": 1.0, "regions": 3,
        "region_quality": "exact", "status": "definitief" if value is not None else "ontbreekt", "status_reason": None, "source_table": "CBS",
    }  # fmt: skip
    return told | changed


FIGURES = [
    row("gebied", "dorp-zuid", 2021, 20.0),
    row("gebied", "dorp-zuid", 2022, None, status_reason="de bron dekt te weinig"),
    row("gebied", "abel-oost", 2021, 25.0),
    row("nederland", "NL00", 2021, 30.0),
    row("nederland", "NL00", 2022, 31.0),
    row("nplv", "NPLV", 2021, 24.04, value_low=23.0, value_high=25.5),
    row("nplv", "NPLV", 2022, 1024.96, status="voorlopig"),
    row("nplv", "NPLV", 2019, 10.0, series="oud"),
]


def version(mode: str = "live", figures: list[dict[str, Any]] = FIGURES, count: int = 1) -> Version:
    facts = {"version": "20260101T000000Z-abc", "mode": mode}
    about = [indicator(indicator_id="inkomen" if n == 0 else f"i{n}", number=n + 1) for n in range(count)]
    return Version(Path("nplv.duckdb"), facts, about, figures, {"abel-oost": "Abel-Oost", "dorp-zuid": "Dorp-Zuid"})


def test_the_rows_are_those_that_were_chosen_in_their_order() -> None:
    rows = chosen(version(), "inkomen", [TOTAL, "dorp-zuid"])
    assert [(r["geo"], r["year"], r["value"]) for r in rows] == [
        ("nplv", 2021, 24.04),
        ("nplv", 2022, 1024.96),
        ("dorp-zuid", 2021, 20.0),
        ("dorp-zuid", 2022, None),
    ]
    assert [r["year"] for r in chosen(version(), "inkomen", [TOTAL], "oud")] == [2019]
    assert exploring.series(version(), "inkomen") == {"nieuwe reeks": "nieuw", "oude reeks": "oud"}
    assert exploring.years(rows) == [2022, 2021]


def test_the_lines_hold_the_same_figures_with_their_bounds() -> None:
    drawn = lines(version(), chosen(version(), "inkomen", [TOTAL, "nederland"]))
    assert [line.name for line in drawn] == ["gebieden samen", "Nederland"]
    assert drawn[0].points == [(2021, 24.04, 23.0, 25.5), (2022, 1024.96, None, None)]


def test_bounds_of_a_few_lines_are_shaded_and_of_more_the_chart_says_where_they_are() -> None:
    areas = {f"a{n}": f"Gebied {n}" for n in range(5)}
    rows = [row("gebied", code, year, 5.0, value_low=4.0, value_high=6.0) for code in areas for year in (2020, 2021)]
    told = Version(Path(), {"version": "v", "mode": "live"}, [indicator()], rows, areas)
    few, more = (picture(told, "inkomen", chosen(told, "inkomen", list(areas)[:count])) for count in (4, 5))
    assert few.count("fill-opacity") == 4
    assert "marges" not in few
    assert "fill-opacity" not in more
    assert "x 1.000 euro. De marges staan in de tabel" in more


def contrast(colour: str) -> float:
    """Of a colour on white, as WCAG counts it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def test_each_line_can_be_told_from_each_other_without_colour_and_read_as_text() -> None:
    areas = {f"a{n}": f"Gebied {n}" for n in range(20)}
    about = Version(Path(), {"version": "v", "mode": "live"}, [], [], areas)
    looks = [about.look(geo) for geo in (*LOOKS, *areas)]
    assert len(looks) == 25
    for one, other in combinations(looks, 2):
        assert (one.dash, one.marker) != (other.dash, other.marker)
    assert len({(look.colour, look.marker) for look in looks}) >= 15
    assert min(contrast(look.colour) for look in looks) >= 4.5
    assert set(LOOKS) == {TOTAL, *COMPARATORS}


@pytest.mark.parametrize("mode", ["live", "demo"])
def test_all_that_is_shown_says_that_it_is_internal(mode: str) -> None:
    told = version(mode)
    rows = chosen(told, "inkomen", [TOTAL, "nederland", "dorp-zuid"])
    name, content = download(told, "inkomen", rows)
    shown = {
        "banner": exploring_page.banner(told),
        "chart": picture(told, "inkomen", rows),
        "small": picture(told, "inkomen", rows, is_small=True),
        "table": exploring_page.figures(told, "inkomen", rows),
        "many": exploring_page.many(told),
        "page": exploring_page.page(told),
        "file": name,
        "csv": content.decode(),
    }
    for what, text in shown.items():
        assert "intern" in text.lower(), what
        assert ("DEMONSTRATIEGEGEVENS" in text) == (mode == "demo"), what
    assert INTERNAL in shown["banner"]
    assert told.name in shown["banner"]
    assert name == {"live": "intern-inkomen", "demo": "intern-DEMONSTRATIEGEGEVENS-inkomen"}[mode] + "-20260101T000000Z-abc.csv"


def test_the_file_has_the_figures_of_the_table_and_what_they_are() -> None:
    rows = chosen(version(), "inkomen", [TOTAL, "dorp-zuid"])
    found = list(csv.DictReader(io.StringIO(download(version(), "inkomen", rows)[1].decode())))
    assert [(r["geo_name"], r["year"], r["value"], r["value_low"]) for r in found] == [
        ("Nplv", "2021", "24.04", "23.0"),
        ("Nplv", "2022", "1024.96", ""),
        ("Dorp-Zuid", "2021", "20.0", ""),
        ("Dorp-Zuid", "2022", "", ""),
    ]
    assert {r["label"] for r in found} == {INTERNAL}
    assert {r["version"] for r in found} == {"20260101T000000Z-abc"}


def test_the_table_tells_figures_bounds_standing_and_why_one_is_missing() -> None:
    rows = chosen(version(), "inkomen", [TOTAL, "dorp-zuid", "abel-oost"])
    table = exploring_page.figures(version(), "inkomen", rows)
    for told in (
        ">24,0<small>23,0 tot 25,5</small>", ">1.025,0<small>voorlopig</small>", ">geen cijfer</td>", ">niet gemeten</td>",
        "<li>de bron dekt te weinig (Dorp-Zuid 2022)</li>", "Inkomen &lt;bruto&gt;, x 1.000 euro",
    ):  # fmt: skip
        assert told in table
    assert exploring_page.figures(version(), "inkomen", []) == "<p>Er is niets gekozen.</p>"


def test_the_break_is_in_the_chart_and_in_words_of_its_own_series_alone() -> None:
    told = version()
    assert ">breuk</text>" in picture(told, "inkomen", chosen(told, "inkomen", ["nederland"]))
    assert "<dt>Breuk in 2022</dt><dd>Anders geteld.</dd>" in exploring_page.about(told, "inkomen", "nieuw")
    assert "Breuk" not in exploring_page.about(told, "inkomen", "oud")
    assert "<dt>Niet gegeven: gemeenten zonder de gebieden</dt><dd>dat betekent niets</dd>" in exploring_page.about(told, "inkomen", "nieuw")
    assert "<dt>Onzekerheid</dt>" not in exploring_page.about(told, "inkomen", "nieuw"), "nothing is said of what is not known"


def test_the_arithmetic_is_that_of_a_point() -> None:
    part = {
        "region_code": "BU01", "boundary_year": 2024, "region_quality": "exact", "share": 1.0, "figure": 12.0, "weight": 2.0, "weight_year": 2020,
        "numerator": 1.0, "denominator": 2.0, "cells": None, "counted": True, "measure": "m", "missing": None, "source_table": "CBS <1>", "source_hash": "ab",
    }  # fmt: skip
    told = exploring_page.arithmetic(version(), Explanation(FIGURES[0], indicator(), [part], False))
    for words in (
        "20,0 x 1.000 euro = 100 × 1,0 / 2,0; definitief",
        "<dt>teller</dt><dd>1,0: euro</dd>",
        "100,0%: 1 van 1 regio",
        "2 (2020)",
        "CBS &lt;1&gt; m ab",
    ):
        assert words in told
    missing = exploring_page.arithmetic(version(), Explanation(FIGURES[1], indicator(), [], False))
    assert "geen cijfer: de bron dekt te weinig" in missing
    assert "<table" not in missing


def test_a_version_that_went_away_is_one_line() -> None:
    with pytest.raises(WrongCall, match="no longer kept; open the page again"):
        exploring.taken_apart(version(), FIGURES[0])


def test_a_version_without_figures_is_one_line(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "nplv.duckdb"
    with duckdb.connect(str(path)) as connection:
        for statement in (
            "CREATE SCHEMA marts", "CREATE SCHEMA provenance", "CREATE SCHEMA programma", "CREATE SCHEMA areas", "CREATE SCHEMA quality",
            "CREATE TABLE provenance.build AS SELECT 'version' AS key, 'v1' AS value UNION ALL SELECT 'mode', 'demo'",
            "CREATE TABLE marts.indicators AS SELECT 1 AS number",
            "CREATE TABLE marts.indicator_values AS SELECT 'x' AS indicator_id, 'nplv' AS geo_level, 'A' AS geo_name, 'A' AS geo_code, 's' AS series, 2020 AS year, NULL::DOUBLE AS value",
        ):  # fmt: skip
            connection.execute(statement)
    with pytest.raises(NplvError, match="version v1 holds no figures yet"):
        exploring.read(path)
    assert "niets te tonen: version v1 &lt;" in exploring_page.refusal("version v1 <")


def test_the_small_charts_are_of_all_indicators_with_their_latest_figure_in_words() -> None:
    many = exploring_page.many(version(count=3), is_linked=True)
    assert many.count("<figure>") == 3
    assert 'href="#inkomen"' in many
    assert "2022: gebieden samen 1.025,0, Nederland 31,0" in many
    assert "geen cijfer</figcaption>" in many


def test_the_page_is_whole_and_asks_nothing_of_any_address() -> None:
    page = exploring_page.page(version("demo", count=17))
    assert page.count("<h2") == 18
    assert page.count('id="inkomen"') == 1
    assert "<script" not in page
    assert "oude reeks" in page
    outside = page.replace('xmlns="http://www.w3.org/2000/svg"', "")
    for word in ("http:", "https:", "//", "src=", "url(", "@import"):
        assert word not in outside, word
    ElementTree.fromstring(page[page.index("<main>") : page.index("</main>") + 7].replace("<br>", "<br/>").replace(" class=n", ' class="n"'))


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"host": "127.0.0.1:2718"}, True),
        ({"host": "localhost:2718", "origin": "http://localhost:2718"}, True),
        ({"host": "127.0.0.1:2718", "origin": "http://evil.example"}, False),
        ({"host": "127.0.0.1:2718", "origin": "http://127.0.0.1:3000"}, False),
        ({"host": "rebound.example:2718"}, False),
        ({"host": "127.0.0.1.evil.example"}, False),
        ({}, False),
    ],
)
def test_only_pages_of_this_machine_are_answered(headers: dict[str, str], is_ours: bool) -> None:
    assert _is_ours({"headers": [(name.encode(), value.encode()) for name, value in headers.items()]}) == is_ours
