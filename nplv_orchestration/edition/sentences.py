"""Factual sentences for the letter: what moved, since when, and how far from the Netherlands. Never why.

They are made from a row of the overview table and the `wording_nl` of its indicator, so a figure here is the figure of the table, with the same
decimals. Grammar belongs here; which change counts is judged where the trends are made.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from nplv_orchestration.edition.table import number

Move = Literal["omhoog", "omlaag", "gelijk", "binnen marges", "zonder marges"]


@dataclass(frozen=True)
class Since:
    """What is told of an earlier year: its figure in words, and how the latest moved from there."""

    year: int
    shown: str
    move: Move


def sentences(row: dict[str, Any], areas: str) -> list[str]:
    """The sentences about one indicator: how it moved, its distance to the Netherlands, and what must be said with it.

    row: one of `Edition.rows`; areas: what the programme calls its areas. An indicator without a figure has one sentence, with the reason.
    """
    place, wording = f"In de {areas}", json.loads(row["wording_nl"])
    subject, suffix = wording["subject"], wording["suffix"]
    if row["latest_value"] is None:
        return [f"{place} is er geen cijfer over {subject}: {row['status_reason']}."]
    told = _told(row, suffix)
    if row["relative"]:
        found = [_distance(row, place, subject, told)]
    elif row["trend_basis"] == "verhouding":
        found = _ratio(row, place, subject, told)
    else:
        found = [_level(row, place, subject, told), *_gap(row, suffix)]
    return [*found, *_broken(row), *_said_with_it(row, wording["always"])]


def moves(row: dict[str, Any]) -> list[Since]:
    """How a figure that is no distance moved up to its latest year, since each year with which it is compared; an amount as a part of that of the country."""
    if row["trend_basis"] == "verhouding":
        return _bases(row, _percent, lambda start: row[f"gap_ratio_{start}"])
    return _bases(row, _told(row, json.loads(row["wording_nl"])["suffix"]), lambda start: row[f"{start}_value"])


def _percent(ratio: float | None) -> str:
    return f"{number(None if ratio is None else 100 * ratio, 0)}%"


def _told(row: dict[str, Any], suffix: str) -> Callable[[float | None], str]:
    return lambda value: f"{number(value, row['decimals'])}{suffix}"


def _level(row: dict[str, Any], place: str, subject: str, told: Callable[[float | None], str]) -> str:
    """How a share, a mean or a rate moved, and what it is in the country."""
    latest = told(row["latest_value"])
    return f"{place} {_moved(subject, moves(row), latest, row['latest_year'])}{_nationally(row, told)}{_alone(row)}."


def _ratio(row: dict[str, Any], place: str, subject: str, told: Callable[[float | None], str]) -> list[str]:
    """An amount, and how it moved as a part of the same of the country: the amount itself rises with prices."""
    first = f"{place} was {subject} {told(row['latest_value'])} in {row['latest_year']}{_nationally(row, told)}{_alone(row)}."
    bases = moves(row)
    if not bases:
        return [first]
    return [first, f"Als deel van het landelijke cijfer {_moved('het', bases, _percent(row['gap_ratio_latest']), row['latest_year'])}."]


def _moved(subject: str, bases: list[Since], latest: str, year: int) -> str:
    """A verb with its subject behind it, since the first of the years; and since the second, where that says something else."""
    if not bases:
        return f"was {subject} {latest} in {year}"
    first, *others = bases
    clause = {
        "omhoog": f"steeg {subject} van {first.shown} in {first.year} naar {latest} in {year}",
        "omlaag": f"daalde {subject} van {first.shown} in {first.year} naar {latest} in {year}",
        "gelijk": f"bleef {subject} vrijwel gelijk: {_both(first, latest, year)}",
        "binnen marges": f"was {subject} {_both(first, latest, year)}, een verschil binnen de marges",
        "zonder marges": f"was {subject} {_both(first, latest, year)}; zonder marges valt niet te zeggen of dat een verandering is",
    }[first.move]
    for other in others:
        if other.move != first.move:
            clause += {
                "omhoog": f", maar sinds {other.year} steeg het (toen {other.shown})",
                "omlaag": f", maar sinds {other.year} daalde het (toen {other.shown})",
                "gelijk": f", maar sinds {other.year} bleef het vrijwel gelijk (toen {other.shown})",
                "binnen marges": f"; het verschil met {other.year} (toen {other.shown}) valt binnen de marges",
                "zonder marges": f"; in {other.year} was het {other.shown}",
            }[other.move]
    return clause


def _both(since: Since, latest: str, year: int) -> str:
    if since.shown == latest:
        return f"{latest} in {since.year} en ook in {year}"
    return f"{since.shown} in {since.year} en {latest} in {year}"


def _bases(row: dict[str, Any], told: Callable[[float | None], str], figure: Callable[[str], float | None]) -> list[Since]:
    """What is told of each year with which the latest is compared. figure: what is compared, of a point in time."""
    found = []
    for start in _compared(row):
        if figure(start) is not None:
            shown = told(figure(start))
            move = _move(row[f"verdict_{start}"], (figure("latest") or 0) - (figure(start) or 0), shown == told(figure("latest")), row)
            found.append(Since(row[f"{start}_year"], shown, move))
    return found


def _compared(row: dict[str, Any]) -> list[str]:
    """The start years with which the latest is compared, each once: before it, and on this side of a break."""
    found = [s for s in ("start1", "start2") if row[f"change_{s}"] is not None and row[f"{s}_year"] < row["latest_year"]]
    return found[:1] if row["start1_year"] == row["start2_year"] else found


def _move(verdict: str, change: float, looks_the_same: bool, row: dict[str, Any]) -> Move:
    if verdict == "niet te bepalen":
        return "zonder marges"
    if verdict == "stabiel" and row["has_interval"] and abs(change) > row["smallest_change"] and not looks_the_same:
        return "binnen marges"
    if verdict == "stabiel" or looks_the_same:
        return "gelijk"
    return "omhoog" if change > 0 else "omlaag"


def _nationally(row: dict[str, Any], told: Callable[[float | None], str]) -> str:
    return "; een landelijk cijfer is er niet" if row["latest_nl"] is None else f"; landelijk was het {told(row['latest_nl'])}"


def _alone(row: dict[str, Any]) -> str:
    """That there is nothing to compare with; a break is told by itself."""
    is_first = all(row[f"{start}_year"] in (None, row["latest_year"]) for start in ("start1", "start2"))
    return "; een eerder cijfer is er niet" if is_first else ""


def _gap(row: dict[str, Any], suffix: str) -> list[str]:
    """Whether the distance to the country became smaller, and from what to what."""
    verdict = row["gap_verdict"]
    if verdict == "wisselend":
        return ["Of het verschil met Nederland kleiner of groter werd, hangt af van het startjaar en van de maat."]
    start = next((s for s in ("start1", "start2") if row[f"gap_verdict_{s}"] == verdict), None)
    if start is None or verdict not in _BECAME:
        return []
    unit = " procentpunt" if suffix == "%" else suffix
    before, now = row[f"gap_difference_{start}"], row["gap_difference_latest"]
    shown, shown_now = (f"{number(abs(gap), row['decimals'])}{unit}" for gap in (before, now))
    year, latest = row[f"{start}_year"], row["latest_year"]
    other_side = ", maar nu aan de andere kant" if before * now < 0 and not _vanishes(now, row) else ""
    if verdict == "gelijk" or shown == shown_now:
        return [f"Het verschil met Nederland bleef vrijwel gelijk: {_both(Since(year, shown, 'gelijk'), shown_now, latest)}{other_side}."]
    return [f"Het verschil met Nederland werd {_BECAME[verdict]}: van {shown} in {year} naar {shown_now} in {latest}{other_side}."]


_BECAME = {"ingelopen": "kleiner", "opgelopen": "groter", "gelijk": "vrijwel gelijk"}


def _vanishes(gap: float, row: dict[str, Any]) -> bool:
    """Whether a distance is nothing in the decimals in which it is told."""
    return not number(abs(gap), row["decimals"]).strip("0,")


def _distance(row: dict[str, Any], place: str, subject: str, told: Callable[[float | None], str]) -> str:
    """A figure that has no meaning but its distance to the country's: how far, on which side, and whether that became less."""

    def away(point: str, country: str) -> str:
        gap = row[f"gap_difference_{point}"]
        side = "op" if _vanishes(gap, row) else "onder" if gap < 0 else "boven"
        where = f"{side} {country}" if country else f"er{side}"
        return where if side == "op" else f"{told(abs(gap))} {where}"

    country = "het landelijk gemiddelde"
    starts = _compared(row)
    if not starts:
        return f"{place} lag {subject} {away('latest', country)} in {row['latest_year']}{_alone(row)}."
    clause = f"{place} lag {subject} {away(starts[0], country)} in {row[f'{starts[0]}_year']} en {away('latest', '')} in {row['latest_year']}"
    verdicts = [row[f"gap_verdict_{start}"] for start in starts]
    if verdicts[0] in _BECAME:
        clause += f"; de afstand {_verb(verdicts[0])} {_BECAME[verdicts[0]]}"
        if verdicts[-1] in _BECAME and verdicts[-1] != verdicts[0]:
            since = f"{row[f'{starts[-1]}_year']} {_verb(verdicts[-1])} zij {_BECAME[verdicts[-1]]} (toen {away(starts[-1], '')})"
            clause += f", maar sinds {since}"
    return f"{clause}."


def _verb(verdict: str) -> str:
    return "bleef" if verdict == "gelijk" else "werd"


def _broken(row: dict[str, Any]) -> list[str]:
    """The years with which nothing is compared, since figures before and after a break were not made in the same way."""
    years = sorted({row[f"{s}_year"] for s in ("start1", "start2") if row[f"break_{s}"]})
    return [f"Met {' en '.join(map(str, years))} wordt niet vergeleken: daartussen ligt een breuk in de manier van tellen."] if years else []


def _said_with_it(row: dict[str, Any], always: str) -> list[str]:
    """What every mention of the figure carries."""
    found = []
    if row["approximation"] or row["region_quality"] == "geraden":
        found.append("Dit cijfer is een benadering.")
    if row["status"] == "voorlopig":
        found.append(f"Het cijfer over {row['latest_year']} is voorlopig.")
    if row["status"] == "niet_bijgewerkt":
        found.append("Dit cijfer is niet bijgewerkt: het is het laatst gepubliceerde.")
    if row["newest_year"] > row["latest_year"]:
        found.append(f"Over de jaren na {row['latest_year']} is er nog geen cijfer.")
    return found + [always] * bool(always)
