"""What the programme did, in words: the amounts of results and their sentences, the grant, and the answers to the survey.

Only the wording of what was delivered belongs here; where it stands in the overview is in `document`. A number of which two digits are told is rounded to these:
*bijna* when it is a little less, *ruim* when it is a little more, *circa* (of a percentage or a mean *ongeveer*) when it is an estimate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from nplv_orchestration.edition.table import Edition, number

Row = dict[str, Any]
REALISED = "gerealiseerd"
DIGITS = 2
ITEMS = ("aangevraagd", "verleend", "bevoorschot", "besteed")
"""What became of an amount, as the table of the grant shows it; what follows years later is told where it is there."""
LATER_ITEMS = ("verantwoord", "vastgesteld", "teruggevorderd")


def rounded(value: float) -> float:
    """A count to the digits that are told; below a hundred as it is."""
    if value < 10**DIGITS:
        return value
    unit: int = 10 ** (len(str(int(value))) - DIGITS)
    return round(value / unit) * unit


def amount(row: Row) -> str:
    """The number of a result as a sentence has it."""
    value, is_estimate = row["value"], row["quality"] == "geschat"
    match row["kind"]:
        case "gebieden":
            of = row["areas"] or row["areas_expected"]
            partly = " met een opgave" if of < row["areas_expected"] else ""
            return f"{number(value, 0)} van de {of} gebieden{partly}"
        case "percentage" | "gemiddelde":
            shown = round(value)
            return _approximately(value, shown, "ongeveer" if is_estimate else "") + ("%" if row["kind"] == "percentage" else "")
        case _:
            return _approximately(value, rounded(value), "circa" if is_estimate else "")


def _approximately(value: float, shown: float, estimate: str) -> str:
    word = estimate or ("bijna" if value < shown else "ruim" if value > shown else "")
    return f"{word} {number(shown, 0)}".strip()


def sentence(row: Row, *, is_one_of_several: bool = False) -> str:
    """A result as the letter tells it, with what it is of: its scheme where there are more of them, its period where not all counts, the areas where these are not all."""
    text: str = row["sentence_nl"].format(amount(row))
    of = []
    if is_one_of_several:
        of.append(row["scheme"])
    if row["counting"] != "cumulatief":
        of.append(f"van {row['window_from']:%d-%m-%Y} tot en met {row['window_to']:%d-%m-%Y}")
    if row["kind"] != "gebieden":  # which tells its areas itself
        of += partly(row)
    behind = f" ({'; '.join(of)})" if of else ""
    return f"{text[:1].upper()}{text[1:-1]}{behind}."


def partly(row: Row) -> list[str]:
    """That a total is of some of the areas, where it is."""
    return [f"opgave van {row['areas']} van de {row['areas_expected']} gebieden"] if 0 < row["areas"] < row["areas_expected"] else []


def absent(edition: Edition) -> Iterator[str]:
    """What is not there for the letter of this year: not delivered, of an earlier round, or held by a check."""
    held = {row["mart"] for row in edition.decisions if row["reasons"]}
    nothing = "nog niets geleverd"
    for name, table, rows, without in (
        ("Resultaten van het programma", "resultaten", edition.achieved, nothing),
        ("Mijlpalen", "mijlpalen", edition.milestones, "nog geen met een goedgekeurde zin"),
        ("De uitkering Kansrijke Wijk", "spuk_kansrijke_wijk", edition.grant, nothing),
        ("De enquête onder de programmabureaus", "enquete", edition.survey, nothing),
    ):
        if table in held:
            yield f"{name}: niet bijgewerkt, omdat een nieuwere levering de controles niet doorstond."
        elif not rows:
            yield f"{name}: {without}."
        elif rows[0]["round"] < edition.year:
            yield f"{name}: die voor de brief van {rows[0]['round']}; voor {edition.year} is nog niets geleverd."


def realised(rows: Iterable[Row]) -> list[Row]:
    """The results of which there is something to tell."""
    return [row for row in rows if row["state"] == REALISED and row["value"] is not None]


def sentences(rows: Iterable[Row], milestones: Iterable[Row]) -> list[str]:
    """What was done in an action line: what was realised, then what has no number."""
    done = realised(rows)
    times = Counter(row["result_id"] for row in done)
    return [*(sentence(row, is_one_of_several=times[row["result_id"]] > 1) for row in done), *(one["sentence"] for one in milestones)]


def large(rows: Iterable[Row]) -> list[Row]:
    """The results that stand on the infographic, of each the greatest where it was delivered of more schemes or periods."""
    greatest: dict[str, Row] = {}
    for row in realised(rows):
        if row["is_large"] and row["value"] > greatest.get(row["result_id"], {"value": -1})["value"]:
            greatest[row["result_id"]] = row
    return list(greatest.values())


def in_millions(euro: float | None, decimals: int = 1) -> str:
    """An amount of the grant, in millions of euro."""
    return number(None if euro is None else euro / 1e6, decimals)


def granted(rows: Sequence[Row]) -> Iterator[str]:
    """The grant in sentences; rows: of `programma.spuk_kansrijke_wijk`."""
    total = {item: [row for row in rows if row["theme"] == "alle" and row["item"] == item] for item in (*ITEMS, *LATER_ITEMS)}
    yield f"Voor de uitkering Kansrijke Wijk is in totaal {_euro(rows[0]['ceiling'], 0)} beschikbaar."
    for item, verb in (("aangevraagd", "vroegen de uitkering aan"), ("verleend", "kregen haar")):
        if total[item]:
            yield f"{max(row['areas'] for row in total[item])} gebieden {verb}."
    for item, found in total.items():
        if found:
            euro = summed(found)
            told = "een bedrag dat niet wordt verteld: het komt uit te weinig gebieden" if euro is None else _euro(euro, 1)
            yield f"{item.capitalize()} is {told}."


def _euro(euro: float, decimals: int) -> str:
    """An amount whose sign, number and unit stay on one line."""
    return f"€ {in_millions(euro, decimals)} miljoen".replace(" ", "\N{NO-BREAK SPACE}")


def summed(rows: Iterable[Row]) -> float | None:
    """Amounts of all years; None as soon as one is not told, or there is none."""
    amounts = [row["amount"] for row in rows]
    return None if not amounts or None in amounts else sum(amounts)


def responded(survey: Sequence[Row]) -> str:
    """How many programme offices answered, and whether they stand for all."""
    first = survey[0]
    text = f"{first['responded']} van de {first['areas']} programmabureaus vulden de enquête in."
    return text if first["is_representative"] else f"{text} Dat zijn er te weinig om voor alle gebieden te gelden."


def answered(survey: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Each question with its answers in words; survey: in the order of the questions."""
    for question, rows in groupby(survey, key=lambda row: row["text_nl"]):
        yield question, _answers(list(rows))


def _answers(rows: Sequence[Row]) -> str:
    a = "een " if rows[0]["type"] == "schaal" else ""
    given = [f"{row['answers']} keer {a}{row['option']}" for row in rows if row["option"] not in ("gemiddelde", "eigen woorden") and row["answers"]]
    mean = next((row["value"] for row in rows if row["option"] == "gemiddelde"), None)
    words = next((row["answers"] for row in rows if row["option"] == "eigen woorden"), None)
    if words is not None:
        return f"{words} bureaus antwoordden in eigen woorden." if words != 1 else "1 bureau antwoordde in eigen woorden."
    told = [f"Gemiddeld {number(mean, 1)}."] if mean is not None else []
    told += [f"Geantwoord is {', '.join(given)}."] if given else []
    return " ".join(told) or "Nog niet beantwoord."
