"""The chart of an indicator: round numbers on its axis, gaps where nothing can be said, and words for who cannot see it."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nplv_orchestration.edition.chart import chart, runs, ticks

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
    assert runs(POINTS, 1, []) == [[(2018, 60.0)], [(2022, 57.0), (2024, 55.0)]]
    assert runs(POINTS, 2, [2021]) == [[(2018, 10.0), (2020, 11.0)], [(2022, 12.0), (2024, 11.0)]]
    assert runs([(2018, None, None)], 1, []) == []


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
