"""How what was done is told: the word before a number held against the number, and the amounts that the letter of 2024 told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nplv_orchestration.edition import achieved
from nplv_orchestration.manifest import load_manifest


def row(result: str, value: float | None, quality: str = "geteld", areas: int = 0, **told: Any) -> dict[str, Any]:
    """A total of a result of the catalogue."""
    known = {one.id: one for one in load_manifest().programme.results}[result]
    plain = {
        "result_id": result, "state": "gerealiseerd", "value": value, "quality": quality, "areas": areas, "areas_expected": 20, "scheme": "Regeling A",
        "counting": "cumulatief", "window_from": date(2024, 1, 1), "window_to": date(2024, 12, 31), "is_large": known.is_large,
    }  # fmt: skip
    return plain | {"kind": known.kind, "sentence_nl": known.sentence_nl} | told


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        (row("woningen_gestart", 15000, "geschat"), "Er is gestart met de bouw van circa 15.000 woningen."),
        (row("woningen_gestart", 15234, "geschat"), "Er is gestart met de bouw van circa 15.000 woningen."),
        (row("woningen_verbeterd", 5950), "Er zijn bijna 6.000 kwetsbare particuliere woningen verbeterd of in aanpak."),
        (row("huishoudens_energie", 35000, "geschat"), "Er zijn circa 35.000 huishoudens geholpen met energiebesparende voorzieningen."),
        (row("kinderen_leertijd", 53000), "Er krijgen 53.000 kinderen extra leer- en ontwikkeltijd."),
        (row("kinderen_leertijd", 53100, areas=20), "Er krijgen ruim 53.000 kinderen extra leer- en ontwikkeltijd."),
        (row("kinderen_leertijd", 53100, areas=18), "Er krijgen ruim 53.000 kinderen extra leer- en ontwikkeltijd (opgave van 18 van de 20 gebieden)."),
        (row("uren_leertijd", 7.8), "De extra leer- en ontwikkeltijd is gemiddeld bijna 8 uur per week."),
        (row("voorschoolse_educatie", 70.0, "geschat"), "Van de kinderen die in aanmerking komen voor voorschoolse educatie neemt ongeveer 70% deel."),
        (row("voorschoolse_educatie", 70.4), "Van de kinderen die in aanmerking komen voor voorschoolse educatie neemt ruim 70% deel."),
        (row("gebieden_preventie_met_gezag", 20), "In 20 van de 20 gebieden is Preventie met Gezag gestart."),
        (row("gebieden_moeilijk_bereikbaar", 14, areas=18), "In 14 van de 18 gebieden met een opgave is contact gelegd met moeilijk bereikbare gemeenschappen."),
        (row("gemeenten_wijkwijzer", 10, "geschat"), "In het WijkWijzer-netwerk doen circa 10 andere gemeenten mee."),
        (row("kinderen_leertijd", 7), "Er krijgen 7 kinderen extra leer- en ontwikkeltijd."),
        (row("kinderen_leertijd", 7, counting="in de periode"), "Er krijgen 7 kinderen extra leer- en ontwikkeltijd (van 01-01-2024 tot en met 31-12-2024)."),
    ],
)  # fmt: skip
def test_a_result_in_a_sentence(told: dict[str, Any], sentence: str) -> None:
    assert achieved.sentence(told) == sentence


@given(st.integers(0, 10**9), st.sampled_from(["geteld", "geschat"]))
def test_the_word_before_a_number_holds_against_the_number(value: int, quality: str) -> None:
    word, _, shown = achieved.amount(row("woningen_gestart", value, quality)).rpartition(" ")
    number = int(shown.replace(".", ""))
    assert abs(number - value) <= 0.05 * value
    assert len(str(number).rstrip("0")) <= achieved.DIGITS
    assert word == ("circa" if quality == "geschat" else "bijna" if value < number else "ruim" if value > number else "")


def test_a_result_of_more_schemes_says_of_which_it_is_and_the_greatest_is_shown_large() -> None:
    rows = [row("woningen_gestart", 900), row("woningen_gestart", 15000, scheme="Regeling B", areas=18), row("woningen_verbeterd", 50)]
    assert achieved.sentences(rows, []) == [
        "Er is gestart met de bouw van 900 woningen (Regeling A).",
        "Er is gestart met de bouw van 15.000 woningen (Regeling B; opgave van 18 van de 20 gebieden).",
        "Er zijn 50 kwetsbare particuliere woningen verbeterd of in aanpak.",
    ]
    assert achieved.large(rows) == [rows[1]]


def test_what_is_planned_or_not_told_is_in_no_sentence() -> None:
    rows = [row("woningen_gestart", 15000, state="gepland"), row("woningen_gestart", None, areas=2)]
    assert achieved.sentences(rows, [{"sentence": "De aanpak is gestart."}]) == ["De aanpak is gestart."]


def amounts(**told: float | None) -> list[dict[str, Any]]:
    return [{"theme": "alle", "item": item, "amount": euro, "areas": 20, "ceiling": 256_000_000} for item, euro in told.items()]


def test_the_grant_in_sentences() -> None:
    told = " ".join(achieved.granted(amounts(aangevraagd=2.56e8, verleend=2.56e8, besteed=None))).replace("\N{NO-BREAK SPACE}", " ")
    assert told == (
        "Voor de uitkering Kansrijke Wijk is in totaal € 256 miljoen beschikbaar. 20 gebieden vroegen de uitkering aan. 20 gebieden kregen haar. "
        "Aangevraagd is € 256,0 miljoen. Verleend is € 256,0 miljoen. Besteed is een bedrag dat niet wordt verteld: het komt uit te weinig gebieden."
    )


def test_the_answers_in_words() -> None:
    def answer(question: str, kind: str, option: str, answers: int, value: float | None = None) -> dict[str, Any]:
        return {
            "text_nl": question,
            "type": kind,
            "option": option,
            "answers": answers,
            "value": value,
            "responded": 14,
            "areas": 20,
            "is_representative": False,
        }

    survey = [
        answer("Hoe gaat het?", "schaal", "1", 0), answer("Hoe gaat het?", "schaal", "4", 14), answer("Hoe gaat het?", "schaal", "gemiddelde", 14, 4.0),
        answer("Is er genoeg?", "keuze", "krap", 9), answer("Is er genoeg?", "keuze", "voldoende", 5),
        answer("Wat knelt?", "open", "eigen woorden", 1),
        answer("Hoeveel?", "getal", "gemiddelde", 0),
    ]  # fmt: skip
    assert achieved.responded(survey) == "14 van de 20 programmabureaus vulden de enquête in. Dat zijn er te weinig om voor alle gebieden te gelden."
    assert list(achieved.answered(survey)) == [
        ("Hoe gaat het?", "Gemiddeld 4,0. Geantwoord is 14 keer een 4."),
        ("Is er genoeg?", "Geantwoord is 9 keer krap, 5 keer voldoende."),
        ("Wat knelt?", "1 bureau antwoordde in eigen woorden."),
        ("Hoeveel?", "Nog niet beantwoord."),
    ]
