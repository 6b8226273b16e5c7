"""What moved between two editions, of figures that a person can compare by hand."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nplv_orchestration.edition import difference, earlier
from nplv_orchestration.edition.difference import AREAS, METHOD, NEW_YEAR, SOURCE, UNKNOWN, Figures, Indicator, Moved, Step, Told
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.sums import seal

RESTS_ON = {SOURCE: {"kwb_2023": "1"}, METHOD: {"catalogus": "1"}, AREAS: {"afbakening": "1"}}


def told(figures: Figures, verdict: str = "verbeterd", rests_on: dict[str, dict[str, str]] = RESTS_ON, name: str = "2025/r1") -> Told:
    latest = max((year for year, (areas, _) in figures.items() if areas is not None), default=None)
    return Told(name, False, {"bijstand": Indicator("Bijstand", 1, figures, latest, verdict, rests_on)})


BEFORE = told({2022: (8.04, 4.0), 2023: (7.91, 3.9)})


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (BEFORE, []),
        (told({2022: (8.01, 4.0), 2023: (7.91, 3.9)}), []),  # not in the decimals that are shown
        (
            told({2022: (8.04, 4.0), 2023: (7.91, 3.9), 2024: (7.5, 3.8)}),
            [("laatste cijfer", 2024, "7,9 (2023)", "7,5 (2024)", (NEW_YEAR,))],
        ),
        (
            told({2022: (8.04, 4.0), 2023: (7.7, 3.9)}, rests_on=RESTS_ON | {SOURCE: {"kwb_2023": "2", "kwb_2024": "9"}}),
            [("gebieden", 2023, "7,9", "7,7", (SOURCE,))],
        ),
        (
            told({2022: (8.04, 4.0), 2023: (7.7, 3.8)}, "stabiel", RESTS_ON | {METHOD: {"catalogus": "2"}, AREAS: {"afbakening": "2"}}),
            [
                ("gebieden", 2023, "7,9", "7,7", (METHOD, AREAS)),
                ("Nederland", 2023, "3,9", "3,8", (METHOD, AREAS)),
                ("ontwikkeling", None, "verbeterd", "stabiel", (METHOD, AREAS)),
            ],
        ),
        (told({2022: (8.04, 4.0), 2023: (None, 3.9)}), [("gebieden", 2023, "7,9", "geen cijfer", (UNKNOWN,)), ("laatste cijfer", 2022, "7,9 (2023)", "8,0 (2022)", (UNKNOWN,))]),
    ],
)  # fmt: skip
def test_what_moved_and_why(after: Told, found: list[tuple[object, ...]]) -> None:
    assert difference.moved(BEFORE, after) == [Moved("bijstand", "Bijstand", *one) for one in found]  # type: ignore[arg-type]


def test_a_source_of_which_nothing_was_known_is_no_cause() -> None:
    after = told({2022: (8.04, 4.0), 2023: (7.7, 3.9)}, rests_on=RESTS_ON | {SOURCE: {"kwb_2024": "9"}})
    assert [one.causes for one in difference.moved(BEFORE, after)] == [(UNKNOWN,)]


def test_indicators_come_and_go() -> None:
    other = Told("2026/r1", False, {"woz": BEFORE.indicators["bijstand"]})
    assert [(one.indicator_id, one.before, one.after) for one in difference.moved(BEFORE, other)] == [
        ("woz", "niet in de tabel", "nieuw in de tabel"),
        ("bijstand", "in de tabel", "vervallen"),
    ]


def test_causes_that_cannot_be_told_apart_are_called_that() -> None:
    one = Moved("bijstand", "Bijstand", "gebieden", 2023, "7,9", "7,7", (NEW_YEAR, SOURCE))
    assert difference.because(one) == "nieuw jaar en herziene bron"
    assert difference.because(replace(one, causes=(SOURCE, AREAS))) == "herziene bron en andere gebiedsafbakening (niet te scheiden)"


def steps(*figures: tuple[float | None, float]) -> list[Step]:
    return [Step(cause, {"bijstand": {2023: one}}) for cause, one in zip((METHOD, AREAS), figures, strict=True)]


@pytest.mark.parametrize(
    ("between", "becomes", "because"),
    [
        # 7.91 by the new method 7.91, of the new areas 8.31, of the new sources 8.21
        (steps((7.91, 3.9), (8.31, 3.9)), 8.21, "andere gebiedsafbakening (+0,4) en herziene bron (−0,1)"),
        (steps((7.31, 3.9), (8.31, 3.9)), 8.31, "andere methode (−0,6) en andere gebiedsafbakening (+1,0)"),
        (steps((7.91, 3.9), (7.91, 3.9)), 8.21, "herziene bron"),
        (steps((7.93, 3.9), (7.93, 3.9)), 7.96, "andere methode (0,0) en herziene bron (0,0)"),  # each less than what is shown
        (steps((7.91, 3.9), (None, 3.9)), 8.21, "andere gebiedsafbakening (geen cijfer) en herziene bron (wel een cijfer)"),
        ([Step(METHOD, {}), Step(AREAS, {})], 8.21, "herziene bron en andere gebiedsafbakening (niet te scheiden)"),  # was held on the way
    ],
)
def test_each_cause_has_its_share_where_one_thing_was_changed_at_a_time(between: list[Step], becomes: float, because: str) -> None:
    both = RESTS_ON | {SOURCE: {"kwb_2023": "2"}, AREAS: {"afbakening": "2"}}
    after = told({2022: (8.04, 4.0), 2023: (becomes, 3.9)}, "stabiel", rests_on=both)
    figure, conclusion = difference.moved(BEFORE, after, between)
    assert difference.because(figure) == because
    assert ("niet te scheiden" in difference.because(conclusion)) == ("niet te scheiden" in because)


def test_an_erratum_names_each_figure_and_whether_a_conclusion_changes() -> None:
    after = told({2022: (8.04, 4.0), 2023: (8.1, 3.9)}, "stabiel", RESTS_ON | {SOURCE: {"kwb_2023": "2"}}, "2025/r2")
    assert difference.erratum(BEFORE.name, difference.moved(BEFORE, after), "het CBS herzag 2023.") == [
        "In het voortgangsoverzicht 2025, revisie 1, zijn cijfers gecorrigeerd. Reden: het CBS herzag 2023.",
        "Bijstand, gebieden over 2023: was 7,9, wordt 8,1.",
        "De conclusie over Bijstand verandert: was verbeterd, wordt stabiel.",
    ]
    assert difference.erratum(BEFORE.name, difference.moved(BEFORE, BEFORE), "een typefout")[1:] == [
        "Geen van de gepubliceerde cijfers verandert.",
        "Geen enkele conclusie verandert.",
    ]


CATALOGUE = {"bijstand": {"indicator_id": "bijstand", "main_series": "hoofdreeks", "unit": "%", "name_nl": "Bijstand", "decimals": 1}}


def test_an_earlier_letter_is_read_back_as_it_was_told(tmp_path: Path) -> None:
    file = tmp_path / "brief.csv"
    file.write_text("indicator_id,year,areas,netherlands\nbijstand,2022,8.04,4.0\nbijstand,2023,7.91,\n")
    folder = tmp_path / "2024" / "r0"
    folder.mkdir(parents=True)
    for name, content in earlier.files(earlier.read(file, CATALOGUE, 2024), 2024, "30995-101", date(2024, 10, 17)).items():
        (folder / name).write_bytes(content)
    seal(folder)
    found = difference.read(folder)
    assert found == Told("2024/r0", False, {"bijstand": Indicator("Bijstand", 1, {2022: (8.04, 4.0), 2023: (7.91, None)}, 2023, "", {})})
    after = told({2022: (8.04, 4.0), 2023: (7.7, 3.9)})
    assert [(one.what, one.before, one.after, one.causes) for one in difference.moved(found, after)] == [
        ("gebieden", "7,9", "7,7", (UNKNOWN,)),
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("indicator_id,year\nbijstand,2022\n", "line 2: expected one cell for each of the columns"),
        ("indicator_id,year,areas,netherlands\n", "has no line with a figure"),
        ("indicator_id,year,areas,netherlands\nbijstand,2022,8\n", "line 2: expected one cell"),
        ("indicator_id,year,areas,netherlands\nbijstand,2022,8,4,4\n", "line 2: expected one cell"),
        ("indicator_id,year,areas,netherlands\nniets,2022,8,4\n", "line 2: there is no indicator 'niets'"),
        ("indicator_id,year,areas,netherlands\nbijstand,2022,8,4\nbijstand,2022,8,4\n", "line 3: 2022 is before 2000, later than the letter, or stands there twice"),
        ("indicator_id,year,areas,netherlands\nbijstand,2025,8,4\n", "line 2: 2025 is before 2000, later than the letter"),
        ("indicator_id,year,areas,netherlands\nbijstand,2022,\"8,4\",4\n", "line 2: year is a number"),
        ("indicator_id,year,areas,netherlands\nbijstand,2022,nan,4\n", "line 2: year is a number"),
        ("indicator_id,year,areas,netherlands\nbijstand,2022,inf,4\n", "line 2: year is a number"),
    ],
)  # fmt: skip
def test_a_file_of_an_earlier_letter_that_is_not_as_it_should_be_is_refused(text: str, line: str, tmp_path: Path) -> None:
    file = tmp_path / "brief.csv"
    file.write_text(text)
    with pytest.raises(WrongCall) as error:
        earlier.read(file, CATALOGUE, 2024)
    assert line in str(error.value)


def test_a_folder_that_is_no_edition_or_was_changed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match=r"is no edition: it has no berekening\.csv"):
        difference.read(tmp_path)
    head: list[Any] = ["indicator_id", "geo_level", "year", "value", "is_main_series"]
    with (tmp_path / "berekening.csv").open("w", newline="") as out:
        csv.writer(out).writerow(head)
    (tmp_path / "provenance.json").write_text(json.dumps({"figures": []}))
    seal(tmp_path)
    assert difference.read(tmp_path).indicators == {}
    (tmp_path / "berekening.csv").write_text("1\n")
    with pytest.raises(NplvError, match=r"is not as it was made: berekening\.csv was changed"):
        difference.read(tmp_path)
