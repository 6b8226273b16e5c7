"""The chart of an indicator: round numbers on its axis, gaps where nothing can be said, and words for who cannot see it."""

from __future__ import annotations

import hashlib
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nplv_orchestration.edition.chart import EDITION, LARGE, SMALL, Figure, Line, Look, Shape, chart, draw, runs, ticks

POINTS = [(2018, 60.0, 10.0), (2020, None, 11.0), (2022, 57.0, 12.0), (2024, 55.0, 11.0)]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 60, [0, 20, 40, 60]),
        (8.1, 26.1, [5, 10, 15, 20, 25, 30]),
        (-0.035, 0, [-0.04, -0.03, -0.02, -0.01, 0]),
        (100, 100, [90, 95, 100, 105, 110]),
    ],
)
def test_the_axis_has_round_numbers(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_the_axis_holds_every_figure_with_a_few_steps(low: float, span: float) -> None:
    found = ticks(low, low + span)
    steps = {round(b - a, 9) for a, b in pairwise(found)}
    assert 3 <= len(found) <= 7
    assert max(steps) - min(steps) <= 1e-6 * max(1, abs(low))
    assert found[0] <= low + 1e-6 * span
    assert found[-1] >= low + span - 1e-6 * span


def test_a_line_ends_at_a_year_without_a_figure_and_at_a_break() -> None:
    areas = [(year, value, None, None) for year, value, _ in POINTS]
    country = [(year, value, None, None) for year, _, value in POINTS]
    years = [2018, 2020, 2022, 2024]
    assert runs(areas, years, []) == [[(2018, 60.0)], [(2022, 57.0), (2024, 55.0)]]
    assert runs(country, years, [2021]) == [[(2018, 10.0), (2020, 11.0)], [(2022, 12.0), (2024, 11.0)]]
    assert runs([(2018, None, None, None)], [2018], []) == []
    assert runs([country[0], country[2]], years, []) == [[(2018, 10.0)], [(2022, 12.0)]], "a year that other lines have is a gap"


def test_the_chart_says_what_it_is_and_where_its_axis_begins() -> None:
    drawn = chart(POINTS, unit="% van de <woningen>", decimals=1, breaks=[2021], title="Zwak", note="DEMONSTRATIEGEGEVENS")
    ElementTree.fromstring(drawn)  # well-formed, whatever stands in a unit
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", drawn)
    assert {"gebieden 55,0", "Nederland 11,0", "breuk", "DEMONSTRATIEGEGEVENS", "% van de &lt;woningen&gt;", "0", "60"} <= set(texts)
    assert "<title>Zwak</title>" in drawn
    high = chart([(2020, 95.0, 100.0), (2021, 96.0, 100.0)], unit="Nederland = 100", decimals=0)
    assert "Nederland = 100. De verticale as begint niet bij 0" in high
    assert "geen cijfers" in chart([(2020, None, None)], unit="%", decimals=1)


def test_the_last_figure_names_its_year_when_it_is_not_the_newest() -> None:
    assert "gebieden 60,0 (2018)" in chart([(2018, 60.0, 10.0), (2019, None, 11.0)], unit="%", decimals=1)


def test_the_chart_of_an_edition_is_the_same_to_the_byte() -> None:
    """An edition can be made again from its sources, and is compared with what was sent."""
    drawn = chart(POINTS, unit="% van de <woningen>", decimals=1, breaks=[2021], title="Zwak", note="DEMONSTRATIEGEGEVENS")
    assert hashlib.sha256(drawn.encode()).hexdigest() == "d9f6fa51768f98ce5c800c350a8bf9f0e593b2508aa444b2d25c0d0ae87c4d41"


def figures(*values: float | None, first: int = 2020) -> list[Figure]:
    return [(first + place, value, None, None) for place, value in enumerate(values)]


def texts(drawn: str) -> list[tuple[float, float, str]]:
    """Where each text stands, and what it says."""
    return [(float(x), float(y), text) for x, y, text in re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>', drawn)]


@pytest.mark.parametrize("shape", [LARGE, SMALL])
@given(st.lists(st.floats(0, 10), min_size=1, max_size=9))
def test_no_two_names_at_line_ends_overlap_and_all_stay_above_the_years(shape: Shape, values: list[float]) -> None:
    drawn = draw([Line(f"lijn {n}", Look("#154273"), figures(0.0, value)) for n, value in enumerate(values)], unit="%", decimals=3, shape=shape)
    root = ElementTree.fromstring(drawn)
    height, width = float(root.attrib["height"]), float(root.attrib["width"])
    right = max(x for x, _, text in texts(drawn) if text == "2021")
    ends = [(x, y, text) for x, y, text in texts(drawn) if x > right]
    assert len(ends) == len(values)
    assert all(b[1] - a[1] >= shape.size + 1.9 for a, b in pairwise(sorted(ends, key=lambda end: end[1])))
    assert all(0 < y <= height - shape.bottom + 4.1 for _, y, _ in ends)
    assert all(x + len(text) * shape.size * 0.6 <= width for x, _, text in ends)


def test_a_chart_grows_with_its_lines_and_their_names() -> None:
    many = [Line("een heel lange naam van een gebied " * 2, Look("#154273"), figures(1.0, 2.0)) for _ in range(40)]
    root = ElementTree.fromstring(draw(many, unit="%", decimals=1, shape=LARGE))
    assert float(root.attrib["height"]) > 40 * (LARGE.size + 2)
    assert float(root.attrib["width"]) > LARGE.width
    assert ElementTree.fromstring(draw(many[:1], unit="%", decimals=1)).attrib["width"] == str(EDITION.width)


def test_bounds_are_shaded_apart_where_the_line_is_and_fit_on_the_axis() -> None:
    points: list[Figure] = [(2018, 50.0, 45.0, 55.0), (2019, 51.0, 46.0, 56.0), (2020, None, None, None), (2021, 52.0, 41.0, 63.0)]
    drawn = draw([Line("gebieden", Look("#154273"), points)], unit="%", decimals=1, shape=LARGE)
    shaded = re.findall(r'<(polygon|rect) [^>]*fill-opacity="0.15"', drawn)
    assert shaded == ["polygon", "rect"], "two years beside each other, and one that stands alone"
    corners = re.search(r'<polygon points="([^"]+)" fill="#154273" fill-opacity', drawn)
    assert corners and len(corners[1].split()) == 4
    assert "70" in [text for *_, text in texts(drawn)]
    assert "fill-opacity" not in draw([Line("gebieden", Look("#154273"), figures(1.0, 2.0))], unit="%", decimals=1)


@pytest.mark.parametrize(
    "kind", ["circle", "square", "triangle", "wedge", "diamond", "cross", "open square", "open triangle", "open wedge", "open diamond"]
)
def test_each_marker_is_drawn_in_its_colour(kind: str) -> None:
    drawn = draw([Line("x", Look("#b2182b", "1 2", kind), figures(1.0, 2.0))], unit="%", decimals=1)
    ElementTree.fromstring(drawn)
    assert drawn.count("#b2182b") >= 4, "a line, two markers and a name"
    assert ('fill="#fff" stroke="#b2182b"' in drawn) == kind.startswith("open")


def test_a_small_chart_writes_the_ends_of_its_axis_and_its_figures_alone() -> None:
    drawn = draw([Line("gebieden", Look("#154273"), figures(91.0, 92.0, 93.5))], unit="% van de woningen", decimals=1, note="Intern", shape=SMALL)
    told = [text for *_, text in texts(drawn)]
    assert {"2020", "2022", "93,5", "Intern", "de verticale as begint niet bij 0"} <= set(told)
    assert "2021" not in told
    assert "% van de woningen" not in told


def test_a_chart_without_figures_has_its_note_too() -> None:
    assert "Intern" in draw([], unit="%", decimals=1, note="Intern", shape=LARGE)
