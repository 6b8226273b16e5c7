"""The infographic: the figures of the table, every indicator named, on one page, legible without colour."""

from __future__ import annotations

import inspect
import io
import re
import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from nplv_orchestration.edition.praatplaat import praatplaat
from nplv_orchestration.edition.table import DEMO, Edition, number
from nplv_orchestration.errors import NplvError
from nplv_orchestration.manifest import load_manifest
from tests.unit.test_sentences import CAUSAL
from tests.unit.test_sheet import edition, of

LONG = max((indicator.name_nl for indicator in load_manifest().indicators), key=len)


def rows(**told: Any) -> list[dict[str, Any]]:
    """Seventeen indicators, as many of each action line as there are."""
    lines = ["fysiek"] * 5 + ["sociaal"] * 8 + ["veiligheid"] * 4
    return [of(number=n, indicator_id=f"i{n}", name_nl=f"Naam {n}", actielijn=line, latest_value=8.0 + n, **told) for n, line in enumerate(lines, 1)]


def words(made: dict[str, bytes]) -> str:
    """What the picture says to who cannot see it."""
    root = ElementTree.fromstring(made["praatplaat.svg"].decode())
    named = {element.get("id"): element.text or "" for element in root if element.tag.endswith(("title", "desc"))}
    assert root.get("role") == "img"
    return " ".join(named[name] for name in (root.get("aria-labelledby") or "").split())


def text(made: dict[str, bytes]) -> str:
    (page,) = PdfReader(io.BytesIO(made["praatplaat.pdf"])).pages
    return re.sub(r"\s+", " ", page.extract_text())


@pytest.fixture(scope="module")
def book() -> Edition:
    return edition(*rows())


@pytest.fixture(scope="module")
def made(book: Edition) -> dict[str, bytes]:
    return praatplaat(book)


def test_every_figure_is_that_of_the_table_in_all_three_forms(book: Edition, made: dict[str, bytes]) -> None:
    for told in (words(made), text(made)):
        for row in book.rows:
            assert row["name_nl"] in told
            assert f"{number(row['latest_value'], 1)}%" in told
        assert DEMO in told
        assert not CAUSAL.search(told)
    assert "gedaald sinds 2018" in text(made)


def test_it_is_one_page_of_a3_and_a_picture_of_2400_points(made: dict[str, bytes]) -> None:
    box = PdfReader(io.BytesIO(made["praatplaat.pdf"])).pages[0].mediabox
    assert (round(box.width), round(box.height)) == (1191, 842)
    assert made["praatplaat.png"][:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", made["praatplaat.png"][16:24])
    assert (2300 < width < 2500) and height < width
    assert len(made["praatplaat.png"]) < 1_500_000


def test_the_same_edition_has_the_same_bytes(book: Edition, made: dict[str, bytes]) -> None:
    assert praatplaat(book) == made


def test_what_is_missing_is_said_and_real_figures_bear_no_mark() -> None:
    missing = praatplaat(edition(*rows(), mode="live"))
    assert DEMO not in words(missing) + text(missing)
    gone = [row | {"latest_value": None, "latest_year": None, "status_reason": "geen bestand"} for row in rows()]
    told = text(praatplaat(edition(*gone)))
    assert told.count("geen cijfer") >= 17
    assert "is er geen cijfer over" in told


def test_long_names_still_fit_and_what_does_not_fit_is_refused() -> None:
    assert (
        len(
            PdfReader(
                io.BytesIO(praatplaat(edition(*(row | ({"name_nl": LONG} if row["number"] % 3 == 0 else {}) for row in rows())))["praatplaat.pdf"])
            ).pages
        )
        == 1
    )
    with pytest.raises(NplvError, match=r"takes . pages: shorten the texts of the catalogue"):
        praatplaat(edition(*(row | {"name_nl": 12 * LONG} for row in rows())))


def test_colours_can_be_told_apart_by_who_sees_none() -> None:
    def light(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, other: str) -> float:
        high, low = sorted((light(one), light(other)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    style = Path(str(inspect.getsourcefile(praatplaat))).with_suffix(".typ").read_text(encoding="utf-8")
    colours = dict(re.findall(r'#let (\w+) = rgb\("(#\w{6})"\)', style))
    for ink in ("blue", "brown", "grey"):
        for paper in ("#ffffff", colours["pale"]):
            assert contrast(colours[ink], paper) >= 4.5, (ink, paper)
