"""The infographic: the figures of the table, every indicator named, on one page, legible without colour."""

from __future__ import annotations

import inspect
import io
import json
import re
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from nplv_orchestration.edition.document import cover
from nplv_orchestration.edition.praatplaat import praatplaat
from nplv_orchestration.edition.table import DEMO, Edition, number
from nplv_orchestration.errors import NplvError
from nplv_orchestration.manifest import load_manifest
from tests.unit.test_sentences import CAUSAL, sentences
from tests.unit.test_sheet import edition, of

Made = dict[str, bytes]
CATALOGUE = load_manifest().indicators
LONG = max((indicator.name_nl for indicator in CATALOGUE), key=len)
STYLE = Path(str(inspect.getsourcefile(praatplaat))).with_suffix(".typ").read_text(encoding="utf-8")
GONE = {"latest_value": None, "latest_year": None, "status_reason": "geen bestand", "verdict": None}
SCORE = {
    "wording_nl": json.dumps({"subject": "de score", "suffix": " punt", "always": ""}), "relative": True, "decimals": 3, "unit": "afwijking",
    "latest_nl": 0.0, "latest_value": -0.05,
    "gap_difference_start1": -0.08, "gap_difference_start2": -0.04, "gap_difference_latest": -0.05, "gap_ratio_latest": None,
}  # fmt: skip


def rows(**told: Any) -> list[dict[str, Any]]:
    """Seventeen indicators, as many of each action line as there are; the figures are 9,0% to 25,0%, and 4,0% in the country."""
    lines = ["fysiek"] * 5 + ["sociaal"] * 8 + ["veiligheid"] * 4
    plain = {"sources": '["cbs_kwb"]'}
    return [
        of(**(plain | {"number": n, "indicator_id": f"i{n}", "name_nl": f"Naam {n}", "actielijn": line, "latest_value": 8.0 + n} | told))
        for n, line in enumerate(lines, 1)
    ]


def with_first(**told: Any) -> Edition:
    """All of them, the first of which is another."""
    first, *others = rows()
    return edition(first | told, *others)


def words(made: Made) -> str:
    """What the picture says to who cannot see it."""
    root = ElementTree.fromstring(made["praatplaat.svg"].decode())
    named = {element.get("id"): element.text or "" for element in root if element.tag.endswith(("title", "desc"))}
    assert (root.get("role"), root.get("lang")) == ("img", "nl")
    return " ".join(named[name] for name in (root.get("aria-labelledby") or "").split())


def text(made: Made) -> str:
    """What stands on the one page."""
    (page,) = PdfReader(io.BytesIO(made["praatplaat.pdf"])).pages
    return re.sub(r"\s+", " ", page.extract_text())


@pytest.fixture(scope="module")
def book() -> Edition:
    return edition(*rows())


@pytest.fixture(scope="module")
def made(book: Edition) -> Made:
    return praatplaat(book)


def test_every_figure_is_that_of_the_table_on_the_page_and_in_words(book: Edition, made: Made) -> None:
    for told in (words(made), text(made)):
        for row in book.rows:
            assert row["name_nl"] in told
            assert f"{number(row['latest_value'], 1)}%" in told
        assert DEMO in told
        assert not CAUSAL.search(told)
        assert all(line in told for line in cover(book)[1:])
        assert "gedaald sinds 2018 (verbeterd)" in told
        shown = {
            f"{number(value, 1)}" for row in book.rows for value in (row["latest_value"], row["latest_nl"], row["start1_value"], row["start2_value"])
        }
        gaps = {number(abs(row[f"gap_difference_{point}"]), 1) for row in book.rows for point in ("start1", "start2", "latest")}
        assert set(re.findall(r"\d+,\d+", told)) <= shown | gaps
    assert all(sentence in words(made) for row in book.rows for sentence in sentences(row))


def test_large_are_first_those_of_which_a_direction_is_known(made: Made) -> None:
    shown = re.findall(r"\d+,\d%", text(made))
    assert [shown.count(f"{n + 8},0%") for n in (1, 2, 3, 5, 6, 7, 8)] == [3, 2, 2, 1, 3, 2, 1], "a sentence, a figure and a bar; or only a line"
    unknown = {"verdict": "niet te bepalen", "gap_verdict": "niet te bepalen", "change_start1": None, "change_start2": None}
    later = text(praatplaat(with_first(**unknown)))
    assert later.startswith("Leefbaarheid en veiligheid")
    assert later.index("Naam 2") < later.index("Naam 1 ")
    assert "nog niet te vergelijken" in later


def test_it_is_one_page_of_a3_and_a_picture_of_2400_points(made: Made) -> None:
    box = PdfReader(io.BytesIO(made["praatplaat.pdf"])).pages[0].mediabox
    assert (round(box.width), round(box.height)) == (1191, 842)
    assert made["praatplaat.png"][:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", made["praatplaat.png"][16:24])
    assert (2300 < width < 2500) and height < width
    assert len(made["praatplaat.png"]) < 1_500_000


def test_the_same_edition_has_the_same_bytes(book: Edition, made: Made) -> None:
    assert praatplaat(book) == made


def test_real_figures_bear_no_mark_and_name_their_publishers() -> None:
    source = {"relation": "cbs_kwb", "publisher": "CBS"}
    real = replace(edition(*rows(), mode="live"), sources=[source, source | {"relation": "unused", "publisher": "Niemand"}])
    for told in (words(praatplaat(real)), text(praatplaat(real))):
        assert DEMO not in told
        assert "Concept" in told
        assert "Bronnen: CBS. De cijfers zijn afgerond." in told


def test_what_is_missing_is_said_with_its_reason() -> None:
    told = text(praatplaat(edition(*rows(**GONE))))
    assert told.count("geen cijfer") >= 17
    assert "is er geen cijfer over" in told
    assert told.count("[1]") == 18, "one note for all of them"
    assert "[1] Geen bestand." in told


def test_what_must_be_said_with_a_figure_is_said_beside_it() -> None:
    always = json.dumps({"subject": "het aandeel", "suffix": "%", "always": "Let op."})
    told = text(praatplaat(with_first(wording_nl=always, status="voorlopig", approximation=True)))
    assert "Naam 1 [1]" in told
    assert "in 2023, voorlopig, benadering" in told
    assert "[1] Let op." in told


@pytest.mark.parametrize(
    ("figure", "told"),
    [
        ({"verdict": "stabiel", "verdict_start1": "stabiel", "verdict_start2": "stabiel"}, "vrijwel gelijk sinds 2018"),
        ({"verdict": "verbeterd", "verdict_start1": "stabiel"}, "gedaald sinds 2022 (verbeterd)"),
        ({"verdict": "wisselend", "verdict_start1": "verslechterd", "change_start1": 1, "start1_value": 7.0},
         "gestegen sinds 2018, gedaald sinds 2022 (wisselend)"),
        ({"change_start1": None, "change_start2": None, "verdict": "niet te bepalen", "break_start1": "breuk"}, "niet te vergelijken: anders geteld"),
        ({"trend_basis": "verhouding", "gap_ratio_start1": 1.5}, "gestegen ten opzichte van Nederland sinds 2018 (verbeterd)"),
        (SCORE, "afstand kleiner sinds 2018"),
        (SCORE | {"gap_verdict_start1": "gelijk"}, "afstand kleiner sinds 2022"),
        (SCORE | {"gap_verdict": "gelijk", "gap_verdict_start1": "gelijk", "gap_verdict_start2": "gelijk"}, "afstand vrijwel gelijk sinds 2018"),
        (SCORE | {"gap_verdict": "wisselend", "gap_verdict_start2": "opgelopen"}, "afstand kleiner sinds 2018, afstand groter sinds 2022"),
    ],
)  # fmt: skip
def test_a_direction_is_that_of_the_verdict(figure: dict[str, Any], told: str) -> None:
    made = praatplaat(with_first(**({"latest_value": 8.26} | figure)))
    assert f" {told} " in text(made)
    assert f", {told}. In de focusgebieden" in words(made)


def test_a_distance_stands_beside_that_of_the_first_year_and_never_as_better() -> None:
    told = text(praatplaat(edition(*rows(**SCORE))))
    assert "−0,050 punt in 2023 afstand kleiner sinds 2018 2018 −0,080 punt 2023 −0,050 punt" in told
    assert "verbeterd" not in told


def test_all_that_the_catalogue_has_fits_be_its_names_all_long() -> None:
    """With the names, units and words of the catalogue, and with the longest name for all of them, on one page (which `text` asserts)."""
    whole = [
        row
        | {
            "name_nl": one.name_nl,
            "unit": one.unit,
            "wording_nl": one.wording_nl.model_dump_json(),
            "actielijn": one.actielijn,
            "status": "voorlopig",
        }
        for row, one in zip(rows(), CATALOGUE, strict=True)
    ]
    for names in ({}, {"name_nl": LONG}):
        told = text(praatplaat(edition(*(row | names for row in whole))))
        assert told.endswith("niet hoe dat kwam."), "the foot stands last, with nothing over it"
    gone = text(praatplaat(edition(*(row | GONE for row in whole))))
    assert all(row["name_nl"].split()[0] in gone for row in whole)


def test_what_does_not_fit_is_refused_and_named() -> None:
    with pytest.raises(NplvError, match=r"takes . pages, the second from '.+' on: shorten the texts of the catalogue"):
        praatplaat(edition(*(row | {"name_nl": 12 * LONG} for row in rows())))


def test_colours_can_be_told_apart_by_who_sees_none() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, other: str) -> float:
        high, low = sorted((light(one), light(other)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    colours = dict(re.findall(r'#let (\w+) = rgb\("(#\w{6})"\)', STYLE))
    for ink in ("blue", "brown", "grey"):
        for paper in ("#ffffff", colours["pale"]):
            assert contrast(colours[ink], paper) >= 4.5, (ink, paper)


@pytest.mark.parametrize("name", ["Naam", LONG])
def test_no_type_is_below_eleven_points(name: str) -> None:
    sizes: list[float] = []

    def visit(told: str, matrix: list[float], placed: list[float], _font: Any, size: float) -> None:
        if told.strip():
            sizes.append(size * abs(matrix[3] * placed[3]))

    made = praatplaat(edition(*rows(name_nl=name, status="voorlopig")))
    PdfReader(io.BytesIO(made["praatplaat.pdf"])).pages[0].extract_text(visitor_text=visit)
    assert len(sizes) > 50
    assert min(sizes) >= 10.99
