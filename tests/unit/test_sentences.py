"""The sentences of an edition: right Dutch for every combination of what a figure can do, with the figures of the table and without a cause."""

from __future__ import annotations

import itertools
import json
import re
from functools import partial
from typing import Any

import pytest

from nplv_orchestration.edition import sentences as edition_sentences
from nplv_orchestration.edition.table import number
from nplv_orchestration.manifest import load_manifest

CAUSAL = re.compile(
    r"\b(door|doordat|daardoor|dankzij|vanwege|wegens|omdat|want|effect|gevolg|gevolgen|zorgt|zorgde|leidt|leidde|oorzaak|verklaart)\b", re.IGNORECASE
)
TYPOGRAPHY = re.compile(r"[A-Z][^.!?]*(?:\d\.\d{3}[^.!?]*)*\.")  # one sentence: a capital, a full stop, and none between but in a thousand


sentences = partial(edition_sentences.sentences, areas="focusgebieden")


def row(**changed: Any) -> dict[str, Any]:
    """Households in poverty, as in the first edition's text: 18% to 8%, the country 4%, the gap narrowed; a smallest change of 1 point."""
    return {
        "wording_nl": json.dumps({"subject": "het aandeel huishoudens in armoede", "suffix": "%", "always": ""}),
        "decimals": 1, "relative": False, "trend_basis": "waarde", "has_interval": False, "smallest_change": 1.0, "approximation": False,
        "start1_year": 2018, "start1_value": 17.94, "start2_year": 2022, "start2_value": 12.0, "latest_year": 2023, "latest_value": 8.26, "latest_nl": 4.0,
        "change_start1": -9.68, "change_start2": -3.74, "break_start1": None, "break_start2": None,
        "verdict_start1": "verbeterd", "verdict_start2": "verbeterd", "gap_verdict": "ingelopen", "gap_verdict_start1": "ingelopen",
        "gap_verdict_start2": "ingelopen", "gap_difference_start1": 10.04, "gap_difference_start2": 7.0, "gap_difference_latest": 4.26,
        "gap_ratio_start1": 2.27, "gap_ratio_start2": 2.4, "gap_ratio_latest": 2.06,
        "status": "definitief", "status_reason": "", "region_quality": "exact", "newest_year": 2023,
    } | changed  # fmt: skip


def moved(start1: float, start2: float, latest: float, **changed: Any) -> dict[str, Any]:
    """The same, with other figures, and verdicts as the trends give them."""
    verdicts = {
        f"verdict_{s}": "stabiel" if abs(latest - v) <= 1 else "verbeterd" if latest < v else "verslechterd"
        for s, v in (("start1", start1), ("start2", start2))
    }
    figures = {
        "start1_value": start1,
        "start2_value": start2,
        "latest_value": latest,
        "change_start1": latest - start1,
        "change_start2": latest - start2,
    }
    return row(**(figures | verdicts | changed))


def test_a_figure_that_fell_is_told_beside_the_country_and_with_its_gap() -> None:
    assert sentences(row()) == [
        "In de focusgebieden daalde het aandeel huishoudens in armoede van 17,9% in 2018 naar 8,3% in 2023; landelijk was het 4,0%.",
        "Het verschil met Nederland werd kleiner: van 10,0 procentpunt in 2018 naar 4,3 procentpunt in 2023.",
    ]


@pytest.mark.parametrize(
    ("figures", "told"),
    [
        ((60, 62, 65), "steeg het aandeel huishoudens in armoede van 60,0% in 2018 naar 65,0% in 2023;"),
        ((60, 65.4, 65), "steeg het aandeel huishoudens in armoede van 60,0% in 2018 naar 65,0% in 2023, maar sinds 2022 bleef het vrijwel gelijk (toen 65,4%);"),
        ((60, 70, 65), "steeg het aandeel huishoudens in armoede van 60,0% in 2018 naar 65,0% in 2023, maar sinds 2022 daalde het (toen 70,0%);"),
        ((65.2, 60, 65), "bleef het aandeel huishoudens in armoede vrijwel gelijk: 65,2% in 2018 en 65,0% in 2023, maar sinds 2022 steeg het (toen 60,0%);"),
        ((65, 65, 65.04), "bleef het aandeel huishoudens in armoede vrijwel gelijk: 65,0% in 2018 en ook in 2023;"),
        ((70, 60, 65), "daalde het aandeel huishoudens in armoede van 70,0% in 2018 naar 65,0% in 2023, maar sinds 2022 steeg het (toen 60,0%);"),
    ],
)  # fmt: skip
def test_two_start_years_that_differ_are_both_told(figures: tuple[float, float, float], told: str) -> None:
    assert sentences(moved(*figures))[0].startswith(f"In de focusgebieden {told} landelijk")


def test_a_change_that_rounds_to_nothing_is_none() -> None:
    tiny = row(start1_value=8.31, change_start1=-0.05, start2_value=8.28, change_start2=-0.02, smallest_change=0.01, latest_value=8.26)
    assert sentences(tiny)[0].startswith("In de focusgebieden bleef het aandeel huishoudens in armoede vrijwel gelijk: 8,3% in 2018 en ook in 2023;")


def test_margins_and_breaks_are_told_and_never_compared_across() -> None:
    wide = row(has_interval=True, verdict_start1="stabiel", verdict_start2="stabiel")
    assert "was het aandeel huishoudens in armoede 17,9% in 2018 en 8,3% in 2023, een verschil binnen de marges;" in sentences(wide)[0]
    unknown = row(verdict_start1="niet te bepalen", verdict_start2="niet te bepalen", gap_verdict="niet te bepalen")
    assert "8,3% in 2023; zonder marges valt niet te zeggen of dat een verandering is; landelijk" in sentences(unknown)[0]
    broken = row(
        change_start1=None, break_start1="breuk in 2021: anders geteld", verdict_start1="niet te bepalen", gap_verdict_start1="niet te bepalen"
    )
    assert sentences(broken) == [
        "In de focusgebieden daalde het aandeel huishoudens in armoede van 12,0% in 2022 naar 8,3% in 2023; landelijk was het 4,0%.",
        "Het verschil met Nederland werd kleiner: van 7,0 procentpunt in 2022 naar 4,3 procentpunt in 2023.",
        "Met 2018 wordt niet vergeleken: daartussen ligt een breuk in de manier van tellen.",
    ]
    both = broken | {
        "change_start2": None,
        "break_start2": "breuk in 2023",
        "gap_verdict_start2": "niet te bepalen",
        "gap_verdict": "niet te bepalen",
    }
    assert sentences(both)[0] == "In de focusgebieden was het aandeel huishoudens in armoede 8,3% in 2023; landelijk was het 4,0%."
    assert sentences(both)[1].startswith("Met 2018 en 2022 wordt niet vergeleken")


def test_a_first_figure_a_missing_one_and_a_missing_country() -> None:
    first = row(start1_year=2023, start2_year=2023, change_start1=0.0, change_start2=0.0, gap_verdict="niet te bepalen", latest_nl=None)
    assert sentences(first) == [
        "In de focusgebieden was het aandeel huishoudens in armoede 8,3% in 2023; een landelijk cijfer is er niet; een eerder cijfer is er niet."
    ]
    missing = row(latest_value=None, latest_year=None, status="ontbreekt", status_reason="CBS maatwerk is niet geleverd")
    assert sentences(missing) == ["In de focusgebieden is er geen cijfer over het aandeel huishoudens in armoede: CBS maatwerk is niet geleverd."]


def test_a_relative_figure_is_told_as_a_distance() -> None:
    score = {"wording_nl": json.dumps({"subject": "de score voor de woningvoorraad", "suffix": " punt", "always": ""}), "relative": True, "decimals": 3, "smallest_change": 0.005}  # fmt: skip
    gaps = {
        "gap_difference_start1": -0.08,
        "gap_difference_start2": -0.04,
        "gap_difference_latest": -0.05,
        "gap_verdict_start2": "opgelopen",
        "gap_verdict": "wisselend",
    }
    assert sentences(row(**score, **gaps)) == [
        "In de focusgebieden lag de score voor de woningvoorraad 0,080 punt onder het landelijk gemiddelde in 2018 en 0,050 punt eronder in 2023; "
        "de afstand werd kleiner, maar sinds 2022 werd zij groter (toen 0,040 punt eronder)."
    ]
    level = gaps | {"gap_difference_start1": 0.0002, "gap_verdict_start1": "opgelopen"}
    assert sentences(row(**score, **level))[0].startswith(
        "In de focusgebieden lag de score voor de woningvoorraad op het landelijk gemiddelde in 2018 en 0,050 punt eronder in 2023; de afstand werd groter."
    )
    above = gaps | {"gap_difference_latest": 0.03, "gap_verdict_start2": "gelijk", "gap_verdict_start1": "ingelopen"}
    assert "en 0,030 punt erboven in 2023; de afstand werd kleiner, maar sinds 2022 bleef zij vrijwel gelijk" in sentences(row(**score, **above))[0]


def test_an_amount_is_told_with_its_ratio() -> None:
    income = {
        "wording_nl": json.dumps(
            {"subject": "het gemiddelde inkomen per inwoner", "suffix": " duizend euro", "always": "De bedragen zijn in euro van het jaar zelf."}
        )
    }
    ratios = {
        "gap_ratio_start1": 0.79,
        "gap_ratio_start2": 0.812,
        "gap_ratio_latest": 0.811,
        "verdict_start2": "stabiel",
        "latest_value": 27.1,
        "latest_nl": 33.4,
    }
    assert sentences(row(trend_basis="verhouding", **income, **ratios)) == [
        "In de focusgebieden was het gemiddelde inkomen per inwoner 27,1 duizend euro in 2023; landelijk was het 33,4 duizend euro.",
        "Als deel van het landelijke cijfer steeg het van 79% in 2018 naar 81% in 2023, maar sinds 2022 bleef het vrijwel gelijk (toen 81%).",
        "De bedragen zijn in euro van het jaar zelf.",
    ]


def test_what_must_be_said_is_said() -> None:
    told = sentences(
        row(
            approximation=True,
            status="voorlopig",
            newest_year=2024,
            wording_nl=json.dumps({"subject": "het aandeel", "suffix": "%", "always": "Let op."}),
        )
    )
    assert told[2:] == [
        "Dit cijfer is een benadering.",
        "Het cijfer over 2023 is voorlopig.",
        "Over de jaren na 2023 is er nog geen cijfer.",
        "Let op.",
    ]
    assert "Dit cijfer is niet bijgewerkt: het is het laatst gepubliceerde." in sentences(row(status="niet_bijgewerkt"))


def test_a_gap_that_changed_sides_or_is_mixed_is_told_so() -> None:
    assert sentences(row(gap_difference_latest=-1.0))[1].endswith("naar 1,0 procentpunt in 2023, maar nu aan de andere kant.")
    assert sentences(row(gap_difference_latest=-0.02))[1].endswith("naar 0,0 procentpunt in 2023.")
    assert (
        sentences(row(gap_verdict="wisselend"))[1]
        == "Of het verschil met Nederland kleiner of groter werd, hangt af van het startjaar en van de maat."
    )
    assert sentences(row(gap_verdict="gelijk", gap_verdict_start1="gelijk"))[1].startswith(
        "Het verschil met Nederland bleef vrijwel gelijk: 10,0 procentpunt in 2018 en 4,3"
    )


MOVES = {"omhoog": 5.0, "omlaag": -5.0, "gelijk": 0.3, "naar nul": 0.02}
GAPS = ("ingelopen", "opgelopen", "gelijk", "wisselend", "niet te bepalen")


def combinations() -> list[dict[str, Any]]:
    """Every combination of what a figure can do, for each indicator of the catalogue."""
    found = []
    options = itertools.product(
        load_manifest().indicators, MOVES, MOVES, GAPS, (None, "start1", "both"), ("definitief", "voorlopig", "niet_bijgewerkt"), (False, True), (True, False)
    )  # fmt: skip
    for indicator, since1, since2, gap, broken, status, margins, has_country in options:
        unit = 10.0**-indicator.decimals * 10
        latest = 40 * unit
        starts = {"start1": latest - MOVES[since1] * unit, "start2": latest - MOVES[since2] * unit}
        made = row(
            wording_nl=indicator.wording_nl.model_dump_json(), decimals=indicator.decimals, relative=indicator.relative, trend_basis=indicator.trend_basis,
            has_interval=margins, smallest_change=unit, latest_value=latest, latest_nl=30 * unit if has_country else None, status=status,
            gap_verdict=gap if has_country else "niet te bepalen", approximation=margins, newest_year=2023 + margins,
        )  # fmt: skip
        for start, value in starts.items():
            is_broken = broken in (start, "both")
            made |= {
                f"{start}_value": value, f"change_{start}": None if is_broken else latest - value, f"break_{start}": "breuk in 2021: x" if is_broken else None,
                f"verdict_{start}": "niet te bepalen" if is_broken else "stabiel" if margins or abs(latest - value) <= unit else "verbeterd",
                f"gap_verdict_{start}": "niet te bepalen" if is_broken or not has_country else gap,
                f"gap_difference_{start}": value - 30 * unit, "gap_difference_latest": latest - 30 * unit,
                f"gap_ratio_{start}": value / (30 * unit) if has_country else None, "gap_ratio_latest": latest / (30 * unit) if has_country else None,
            }  # fmt: skip
        found.append(made)
    return found


def test_every_combination_is_dutch_without_a_cause_and_with_the_figures_of_the_table() -> None:
    rows = combinations()
    assert len(rows) > 10_000
    told = {sentence for made in rows for sentence in sentences(made)}
    for sentence in told:
        assert TYPOGRAPHY.fullmatch(sentence), sentence
        assert not CAUSAL.search(sentence), sentence
        assert not re.search(r"  |None|nan| ,| ;|,,|;;|\d\.\d(?!\d\d)|\d %", sentence), sentence
    for made in rows[::37]:
        figures = {
            number(abs(made[k]), made["decimals"])
            for k in made
            if isinstance(made[k], float) and k.endswith(("_value", "_nl", "_start1", "_start2", "_latest"))
        }
        figures |= {number(100 * made[k], 0) for k in made if k.startswith("gap_ratio") and made[k] is not None}
        wording = json.loads(made["wording_nl"])
        for sentence in sentences(made):
            said = sentence.replace(wording["subject"], "").replace(wording["always"] or "\n", "")
            shown = set(re.findall(r"\d+(?:\.\d{3})*(?:,\d+)?", said))
            assert shown - {str(y) for y in range(2018, 2026)} <= figures, (sentence, figures)
