"""The forms of delivered files: for each kind its columns, what each may hold, and the checks across them.

A new kind of delivery is one entry of FORMS and nothing else here. What a form is, and how a file is held against it, is in `forms`.
"""

from __future__ import annotations

from typing import get_args

from nplv_orchestration.programme import Department, Question, Result
from nplv_orchestration.sources.forms import Column, Day, Existing, Form, Known, Matching, Number, OneOf, RowCheck, Year
from nplv_orchestration.sources.rhythm import Rhythm

_TEXT, _NOTE = Matching(r".{1,200}", "een tekst van ten hoogste 200 tekens"), Matching(r".{1,2000}", "een tekst van ten hoogste 2000 tekens")
_DEPARTMENTS = OneOf(get_args(Department))


def _levels(known: Known) -> dict[str, dict[str, str]]:
    municipalities = known.municipalities
    countries = {"nederland": {"NL00": "Nederland"}, "overig_nederland": {"ONL": "Nederland zonder de gebieden"}}
    return {"gebied": known.areas, "gemeente": municipalities, "rest_gemeente": municipalities, **countries}


def _code_exists(row: dict[str, str], known: Known) -> bool:
    return row["code"] in _levels(known)[row["niveau"]]


def _numerator_fits(row: dict[str, str], known: Known) -> bool:
    numerator, denominator = (Number(0, 1e9).value(row[name]) for name in ("teller", "noemer"))
    return numerator is None or (denominator is not None and numerator <= denominator)


MAATWERK = Form(
    kind="maatwerk",
    pattern=r"maatwerk.*\.(csv|xlsx|ods)",
    table="cbs_maatwerk",
    publisher="CBS",
    table_id="maatwerk",
    title="Maatwerktabellen van de gebieden",
    page="https://www.cbs.nl/nl-nl/onze-diensten/maatwerk-en-microdata",
    rhythm=Rhythm(1, 24),
    key=("indicator", "jaar", "niveau", "code"),
    columns=(
        Column("indicator", "indicator_id", Existing("indicators"), "De indicator waarvan dit de aantallen zijn.", "armoede_kinderen"),
        Column("jaar", "year", Year(), "Het jaar waarover de aantallen gaan.", "2023"),
        Column(
            "niveau",
            "geo_level",
            OneOf(("gebied", "gemeente", "rest_gemeente", "nederland", "overig_nederland")),
            "Waarvan het de aantallen zijn; rest_gemeente is een gemeente zonder haar gebieden, overig_nederland het land zonder alle gebieden.",
            "gebied",
        ),
        Column(
            "code",
            "geo_code",
            Matching(r"[a-z0-9]+(-[a-z0-9]+)*|GM\d{4}|NL00|ONL", "de code van een gebied, GM en vier cijfers, NL00, of ONL voor overig_nederland"),
            "De code van het gebied, de gemeente of Nederland; ze staan hieronder.",
            "delft-west",
        ),
        Column("teller", "numerator", Number(0, 1e9, or_missing=True), "Het aantal boven de streep.", "412", required=False, reason="missing"),
        Column("noemer", "denominator", Number(0, 1e9, or_missing=True), "Het aantal onder de streep.", "3150", required=False),
        Column("status", "period_status", OneOf(("Definitief", "Voorlopig")), "Of de cijfers van dit jaar nog kunnen veranderen.", "Definitief"),
    ),
    checks=(
        RowCheck(
            "de code bestaat",
            "code",
            _code_exists,
            lambda row, known: f"een code van niveau {row['niveau']} die bestaat; zie het blad uitleg van het sjabloon",
        ),
        RowCheck(
            "de teller is hoogstens de noemer",
            "teller",
            _numerator_fits,
            lambda row, known: f"een aantal van 0 tot en met de noemer {row['noemer'] or '(leeg)'}",
        ),
    ),
)


# ------------------------------------------------------------------------------------------- what the programme did

_ROUND = Column("ronde", "round", Year(2022), "Het jaar van de brief waarvoor dit is; alle rijen van een bestand hebben dezelfde.", "2025")
_CONTACT = Column("contact", "contact", _TEXT, "Wie er meer van weet; dit blijft intern.", "A. Jansen, directie Wonen")
_DEPARTMENT = Column("departement", "department", _DEPARTMENTS, "Het departement dat dit levert.", "VRO")


def _number(text: str) -> float | None:
    return Number(0, 1e12).value(text)


def _result(row: dict[str, str], known: Known) -> Result | None:
    return next((one for one in known.programme.results if one.id == row["resultaat"]), None)


def _unit(row: dict[str, str], known: Known) -> str:
    result = _result(row, known)
    return result.unit if result else ""


def _base_fits(row: dict[str, str], known: Known) -> bool:
    result, number, base = _result(row, known), _number(row["aantal"]), _number(row["basis"])
    is_share = result is not None and result.kind == "percentage"
    return is_share == (base is not None) and (number is None or base is None or number <= base)


def _base_words(row: dict[str, str], known: Known) -> str:
    result = _result(row, known)
    if result and result.kind == "percentage":
        return f"het aantal waarvan dit een deel is, ten minste {row['aantal']}: van een percentage worden de twee aantallen geleverd"
    return "niets: alleen een percentage heeft een basis"


def _is_of_the_whole(row: dict[str, str], known: Known) -> bool:
    result = _result(row, known)
    return row["gebied"] == "totaal" or (result is not None and result.kind not in ("gemiddelde", "gemeenten"))


RESULTATEN = Form(
    kind="resultaten",
    pattern=r"resultaten.*\.(csv|xlsx|ods)",
    table="programma_resultaten",
    publisher="Departementen",
    table_id="resultaten",
    title="Resultaten van het programma, zoals departementen die leveren",
    page="",
    key=("ronde", "resultaat", "regeling", "van", "tot", "telling", "gebied", "stand"),
    same=("ronde",),
    columns=(
        _ROUND,
        _DEPARTMENT,
        Column("resultaat", "result_id", Existing("results"), "Wat er geteld is.", "woningen_gestart"),
        Column("regeling", "scheme", _TEXT, "De regeling of aanpak waaruit het komt.", "Woningbouwimpuls"),
        Column("van", "window_from", Day(), "De eerste dag waarover geteld is.", "2022-01-01"),
        Column("tot", "window_to", Day(), "De laatste dag waarover geteld is.", "2024-12-31"),
        Column(
            "telling",
            "counting",
            OneOf(("cumulatief", "in de periode")),
            "Of alles sinds de eerste dag meetelt, of alleen deze periode.",
            "cumulatief",
        ),
        Column(
            "gebied",
            "area",
            Existing("areas", also=(("totaal", "alle gebieden samen"),)),
            "Het gebied, of totaal als het aantal niet per gebied bekend is.",
            "totaal",
        ),
        Column("stand", "state", OneOf(("gepland", "in uitvoering", "gerealiseerd")), "Hoe ver het is.", "gerealiseerd"),
        Column("aantal", "value", Number(0, 1e9), "Het aantal, voluit.", "15000", place="place"),
        Column("basis", "base", Number(0, 1e9), "Van een percentage: het aantal waarvan dit een deel is.", "", required=False),
        Column("eenheid", "unit", _TEXT, "De eenheid die bij het resultaat hoort; zij staan hieronder.", "woningen"),
        Column("peildatum", "reference_date", Day(), "De dag waarop de stand is opgenomen.", "2024-12-31"),
        Column("kwaliteit", "quality", OneOf(("geteld", "geschat")), "Of het aantal geteld of geschat is.", "geschat"),
        Column("opmerking", "remark", _NOTE, "Wat een lezer van het aantal moet weten; dit blijft intern.", "", required=False),
        _CONTACT,
    ),
    checks=(
        RowCheck("de eenheid is die van het resultaat", "eenheid", lambda row, known: row["eenheid"] == _unit(row, known), _unit),
        RowCheck("de periode loopt", "tot", lambda row, known: row["tot"] >= row["van"], lambda row, known: f"een dag op of na {row['van']}"),
        RowCheck("een percentage heeft zijn basis", "basis", _base_fits, _base_words),
        RowCheck(
            "wat niet per gebied bestaat, is van het totaal",
            "gebied",
            _is_of_the_whole,
            lambda row, known: "totaal: dit resultaat kan niet uit gebieden worden opgeteld",
        ),
    ),
)

MIJLPALEN = Form(
    kind="mijlpalen",
    pattern=r"mijlpalen.*\.(csv|xlsx|ods)",
    table="programma_mijlpalen",
    publisher="Departementen",
    table_id="mijlpalen",
    title="Mijlpalen van het programma, zonder aantal",
    page="",
    key=("ronde", "wat"),
    same=("ronde",),
    columns=(
        _ROUND,
        _DEPARTMENT,
        Column("soort", "kind", OneOf(("knelpunt in wetgeving", "verkenning", "interventie")), "Wat voor mijlpaal het is.", "verkenning"),
        Column("actielijn", "actielijn", OneOf(("fysiek", "sociaal", "veiligheid")), "De actielijn waarbij het hoort.", "sociaal"),
        Column("wat", "what", _TEXT, "Wat er gebeurde, in een paar woorden.", "Verkenning gezondheid"),
        Column("wie", "who", _TEXT, "Wie het deed; dit blijft intern.", "VWS, met de gebieden"),
        Column("status", "state", OneOf(("aangekaart", "in onderzoek", "gestart", "opgelost", "afgerond")), "Hoe ver het is.", "gestart"),
        Column("datum", "day", Day(), "Sinds welke dag dat zo is.", "2024-05-01"),
        Column(
            "zin", "sentence", Matching(r"[A-Z].{1,400}\.", "een zin met een hoofdletter en een punt"), "De zin voor de brief.", "", required=False
        ),
        Column("akkoord", "approved_by", _TEXT, "Wie de zin goedkeurde; zonder akkoord blijft zij intern.", "", required=False),
        _CONTACT,
    ),
    checks=(
        RowCheck(
            "een akkoord is van een zin",
            "akkoord",
            lambda row, known: bool(row["zin"]) or not row["akkoord"],
            lambda row, known: "niets: er is geen zin om goed te keuren",
        ),
    ),
)

_ITEMS = ("aangevraagd", "verleend", "bevoorschot", "besteed", "verantwoord", "vastgesteld", "teruggevorderd")


def _is_at_its_level(row: dict[str, str], known: Known) -> bool:
    return (row["post"] == "verantwoord") == (row["niveau"] == "gemeente")


SPUK = Form(
    kind="spuk",
    pattern=r"spuk.*\.(csv|xlsx|ods)",
    table="programma_spuk",
    publisher="Departementen",
    table_id="SPUK Kansrijke Wijk",
    title="De specifieke uitkering Kansrijke Wijk, per gebied en thema",
    page="",
    key=("ronde", "code", "thema", "jaar", "post"),
    same=("ronde",),
    columns=(
        _ROUND,
        Column(
            "niveau",
            "geo_level",
            OneOf(("gebied", "gemeente")),
            "Een gebied; wat via SiSa verantwoord is, is van de gemeente, en wordt niet over haar gebieden verdeeld.",
            "gebied",
        ),
        Column("code", "geo_code", Matching(r"[a-z0-9]+(-[a-z0-9]+)*|GM\d{4}", "de code van een gebied, of GM en vier cijfers"), "Welk gebied of welke gemeente; ze staan hieronder.", "delft-west"),
        Column("thema", "theme", Existing("themes"), "Het thema van de uitkering.", "verlengde_leerdag"),
        Column("jaar", "year", Year(2022), "Het jaar waarvoor het bedrag is.", "2024"),
        Column("post", "item", OneOf(_ITEMS), "Wat er met het bedrag gebeurde.", "verleend"),
        Column("bedrag", "amount", Number(0, 1e9), "Het bedrag in euro, voluit.", "1250000", place="place"),
        Column("opmerking", "remark", _NOTE, "Wat een lezer moet weten; dit blijft intern.", "", required=False),
        _CONTACT,
    ),
    checks=(
        RowCheck("de code bestaat", "code", _code_exists, lambda row, known: f"een code van niveau {row['niveau']} die bestaat; zie het blad uitleg van het sjabloon"),
        RowCheck(
            "verantwoord wordt per gemeente",
            "niveau",
            _is_at_its_level,
            lambda row, known: "gemeente" if row["post"] == "verantwoord" else "gebied: alleen wat verantwoord is, is per gemeente",
        ),
    ),
)  # fmt: skip


def _question(row: dict[str, str], known: Known) -> Question | None:
    return next((one for one in known.programme.questions if one.id == row["vraag"]), None)


def _answer_fits(row: dict[str, str], known: Known) -> bool:
    question, answer = _question(row, known), row["antwoord"]
    if question is None or question.type == "open":
        return question is not None
    if question.scale:
        return answer.isdecimal() and question.scale[0] <= int(answer) <= question.scale[1]
    return answer in question.choices if question.choices else Number(0, 1e9).fits(answer, known)


def _answer_words(row: dict[str, str], known: Known) -> str:
    question = _question(row, known)
    if question and question.scale:
        return f"een heel getal van {question.scale[0]} tot en met {question.scale[1]}"
    return f"een van: {', '.join(question.choices)}" if question and question.choices else Number(0, 1e9).words(known)


def _quote_fits(row: dict[str, str], known: Known) -> bool:
    question = _question(row, known)
    names = [name.casefold() for name in (*known.areas.values(), *known.municipalities.values())]
    return not row["citaat"] or (
        question is not None and question.type == "open" and bool(row["akkoord"]) and not any(name in row["citaat"].casefold() for name in names)
    )


ENQUETE = Form(
    kind="enquete",
    pattern=r"enquete.*\.(csv|xlsx|ods)",
    table="programma_enquete",
    publisher="Programmabureaus",
    table_id="enquête",
    title="De enquête onder de programmabureaus",
    page="",
    key=("ronde", "gebied", "vraag"),
    same=("ronde", "versie"),
    columns=(
        _ROUND,
        Column("versie", "version", _TEXT, "De versie van de vragenlijst.", "1"),
        Column("gebied", "area", Existing("areas"), "Het gebied dat antwoordt.", "delft-west"),
        Column("vraag", "question_id", Existing("questions"), "De vraag; zij staan hieronder.", "samenwerking"),
        Column("antwoord", "answer", _NOTE, "Het antwoord; van een open vraag blijft het intern.", "4", place="place"),
        Column("citaat", "quote", _NOTE, "Van een open vraag: wat er zonder naam uit mag worden aangehaald.", "", required=False),
        Column("akkoord", "approved_by", _TEXT, "Wie dat citaat vrijgaf.", "", required=False),
    ),
    checks=(
        RowCheck(
            "de vraag staat in deze versie",
            "versie",
            lambda row, known: (question := _question(row, known)) is not None and question.version == row["versie"],
            lambda row, known: f"de versie waarin de vraag {row['vraag']} staat",
        ),
        RowCheck("het antwoord past bij de vraag", "antwoord", _answer_fits, _answer_words),
        RowCheck(
            "een citaat is vrijgegeven en noemt niemand",
            "citaat",
            _quote_fits,
            lambda row, known: "alleen bij een open vraag, met akkoord, en zonder de naam van een gebied of gemeente",
        ),
    ),
)

FORMS: tuple[Form, ...] = (MAATWERK, RESULTATEN, MIJLPALEN, SPUK, ENQUETE)
