"""Errors in figures, one in each of six tables on one night of the demo country: each must be stopped or listed; and another country, in which nothing is.

All ways in which a source goes wrong, each on a night of its own, and many other countries are tried by `benchmarks.seeded_errors`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from benchmarks.seeded_errors import Outcome, ended, judge, run
from nplv_orchestration.demo.chance import seeded, uniform
from nplv_orchestration.demo.country import Country
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.demo.transport import DemoTransport
from tests.corrupted import ways
from tests.real import Night

WAYS = {
    "unit, cbs_kwb_2024: property values in euro": ("woz_relatief", "stopped", "refused: .* is not a possible figure"),
    "unit, rivm_gezondheid: a tenth in one city": ("ervaren_gezondheid", "stopped", "held: .*national_agrees_with_built"),
    "one region in an area, cbs_maatwerk: numerator of an area times 3": ("onderwijsachterstand", "stopped", "held: .*parts_add_up"),
    "doubled, politie_misdrijven: burglaries of one area": ("misdrijven_hic", "listed", "herziening_gebied"),
    "swapped columns, leefbaarometer: surroundings and services": ("lbm_fysieke_omgeving", "listed", "herziening"),
    "labels and classes, eponline_labels: the same in one city": ("energielabel_efg", "listed", "herziening_gebied"),
}


def test_errors_in_figures_are_stopped_or_listed(demo_night: Night, demo_home: Path) -> None:
    publishers = None
    chosen = {name: replace(ways()[name], before=0, night=0) for name in WAYS}
    for way in chosen.values():
        publishers = way.corrupt(demo_home, publishers)
    assert publishers
    clean, found = ended(demo_night[0].home), run(demo_home, 0, publishers)
    assert not found.failed
    for name, (indicator, ending, by) in WAYS.items():
        verdict = judge(chosen[name], of(indicator, clean), of(indicator, found), clean.published)
        assert (verdict.ending, verdict.silent) == (ending, ()), verdict
        assert re.search(by, verdict.by), verdict


def of(indicator: str, outcome: Outcome) -> Outcome:
    """What an outcome tells of one indicator."""
    made, published = (figures[figures.index.get_level_values("indicator_id") == indicator] for figures in (outcome.made, outcome.published))
    failing = {of: words for of, words in outcome.failing.items() if of[0] == f"marts.mart_{indicator}" or of[0].startswith("raw.")}
    return replace(outcome, made=made, published=published, failing=failing)


def test_another_country_gives_no_alarm(tmp_path: Path) -> None:
    usual = uniform("residents", 1)
    with seeded(3):
        assert uniform("residents", 1) != usual
        outcome = run(tmp_path, 0, DemoTransport(Figures(Country("tiny")), 0))
    assert uniform("residents", 1) == usual
    assert (outcome.failed, outcome.held, outcome.failing) == ("", frozenset(), {})
