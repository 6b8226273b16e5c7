"""What moved between two editions, or two revisions of one, and why: a new year, a revised source, another method, another delineation.

Each edition is read from its own folder, `berekening.csv` and `provenance.json`, so that what was told is compared and not what is known by now; of an
earlier letter that was entered the figures alone are known. Comparing belongs here, and the words about it; where it stands does not.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nplv_orchestration.edition.table import number
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.sums import problems

NEW_YEAR, SOURCE, METHOD, AREAS, UNKNOWN = "nieuw jaar", "herziene bron", "andere methode", "andere gebiedsafbakening", "oorzaak onbekend"
Figures = Mapping[int, tuple[float | None, float | None]]
"""Of each year the figure of the areas together and that of the Netherlands."""


@dataclass(frozen=True)
class Indicator:
    """What an edition told of one indicator. verdict: how it developed. rests_on: what its figures rest on, by kind of cause, as hashes by name."""

    name_nl: str
    decimals: int
    figures: Figures
    latest: int | None
    verdict: str
    rests_on: Mapping[str, Mapping[str, str]]

    def shown(self, year: int | None, place: int = 0) -> str:
        """A figure in words. place: 0 the areas, 1 the Netherlands."""
        return number(self.figures.get(year, (None, None))[place], self.decimals) if year is not None else number(None, 0)


@dataclass(frozen=True)
class Told:
    """All that an edition told. name: such as 2024/r1."""

    name: str
    is_demo: bool
    indicators: Mapping[str, Indicator]


@dataclass(frozen=True)
class Moved:
    """One figure that differs: `what` in which year; before and after as a reader saw them; causes: why, of the constants above."""

    indicator_id: str
    name_nl: str
    what: str
    year: int | None
    before: str
    after: str
    causes: tuple[str, ...]

    @property
    def is_revised(self) -> bool:
        """Whether it is a figure of a year that was told before."""
        return self.what in (AREAS_TOGETHER, COUNTRY)

    @property
    def is_conclusion(self) -> bool:
        """Whether it is how the indicator developed, and not a figure."""
        return self.what == VERDICT


AREAS_TOGETHER, COUNTRY, VERDICT, LATEST = "gebieden", "Nederland", "ontwikkeling", "laatste cijfer"


def read(folder: Path) -> Told:
    """What the edition in a folder told. Raises WrongCall when it is none, NplvError when it was changed after it was made."""
    if not (folder / "berekening.csv").is_file():
        raise WrongCall(f"{folder} is no edition: it has no berekening.csv")
    if found := problems(folder):
        raise NplvError(f"{folder} is not as it was made: {found[0]}; put it back from a backup")
    return told(folder, f"{folder.parent.name}/{folder.name}")


def told(folder: Path, name: str) -> Told:
    """The same of a folder that is not finished yet."""
    provenance = provenance_of(folder)
    values: dict[str, dict[int, list[float | None]]] = {}
    with (folder / "berekening.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["is_main_series"] == "true" and row["geo_level"] in _PLACES:
                pair = values.setdefault(row["indicator_id"], {}).setdefault(int(row["year"]), [None, None])
                pair[_PLACES[row["geo_level"]]] = float(row["value"]) if row["value"] else None
    is_demo = provenance.get("published_version", {}).get("mode") == "demo"  # an earlier letter that was entered is of no version
    return Told(name, is_demo, {f["indicator_id"]: _indicator(f, values.get(f["indicator_id"], {})) for f in provenance["figures"]})


def provenance_of(folder: Path) -> dict[str, Any]:
    """What an edition tells of where it comes from."""
    found: dict[str, Any] = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    return found


def _indicator(figure: Mapping[str, Any], values: Mapping[int, list[float | None]]) -> Indicator:
    figures = {year: (areas, country) for year, (areas, country) in values.items()}
    latest, verdict = figure["latest_year"], figure["development"]
    return Indicator(figure["name_nl"], figure["decimals"], figures, latest, verdict, figure["rests_on"])


_PLACES = {"nplv": 0, "nederland": 1}


def moved(before: Told, after: Told) -> list[Moved]:
    """All that differs, in the order of the table: each figure of a year that both told, the latest figure, and the development; to the decimals that are shown."""
    found = []
    for indicator_id, now in after.indicators.items():
        then = before.indicators.get(indicator_id)
        if then is None:
            found.append(Moved(indicator_id, now.name_nl, "indicator", None, "niet in de tabel", "nieuw in de tabel", ()))
        else:
            found += _moved(indicator_id, then, now)
    gone = [(i, then) for i, then in before.indicators.items() if i not in after.indicators]
    return found + [Moved(i, then.name_nl, "indicator", None, "in de tabel", "vervallen", ()) for i, then in gone]


def _moved(indicator_id: str, then: Indicator, now: Indicator) -> Iterator[Moved]:
    causes = _causes(then, now)
    revised = False
    for year in sorted(then.figures.keys() & now.figures.keys()):
        for place, what in enumerate((AREAS_TOGETHER, COUNTRY)):
            before, after = then.shown(year, place), now.shown(year, place)
            was_told = then.rests_on or then.figures[year][place] is not None  # an earlier letter that was entered tells what it tells
            if was_told and before != after:
                revised = True
                yield Moved(indicator_id, now.name_nl, what, year, before, after, causes or (UNKNOWN,))
    because = (*((NEW_YEAR,) if then.latest != now.latest else ()), *((causes or (UNKNOWN,)) if revised else ()))
    if then.latest != now.latest:
        before, after = (f"{i.shown(i.latest)} ({i.latest})" if i.latest else i.shown(None) for i in (then, now))
        yield Moved(indicator_id, now.name_nl, LATEST, now.latest, before, after, because)
    if then.verdict and then.verdict != now.verdict:
        yield Moved(indicator_id, now.name_nl, VERDICT, None, then.verdict, now.verdict, because or causes or (UNKNOWN,))


def _causes(then: Indicator, now: Indicator) -> tuple[str, ...]:
    """What differs of what both rest on: where that is more than one thing, their effects cannot be told apart."""

    def differs(cause: str) -> bool:
        one, other = then.rests_on.get(cause, {}), now.rests_on.get(cause, {})
        return any(one[name] != other[name] for name in one.keys() & other.keys())

    return tuple(cause for cause in (SOURCE, METHOD, AREAS) if differs(cause))


def because(causes: tuple[str, ...]) -> str:
    """Causes in words."""
    told = " en ".join(causes)
    several = sum(cause in (SOURCE, METHOD, AREAS) for cause in causes) > 1
    return f"{told} (niet te scheiden)" if several else told


HEAD = ("Indicator", "Wat", "Jaar", "Was", "Is nu", "Waarom")


def rows(moved: Iterable[Moved]) -> list[tuple[str, ...]]:
    """What moved as rows of words, under `HEAD`."""
    return [(m.name_nl, m.what, str(m.year or "alle"), m.before, m.after, because(m.causes) or "niet van toepassing") for m in moved]


def erratum(sent: str, moved: Sequence[Moved], reason: str) -> list[str]:
    """The text of a correction of what was sent: why, which figures changed, and whether a conclusion does. sent: the name of that edition."""
    figures, conclusions = [m for m in moved if not m.is_conclusion], [m for m in moved if m.is_conclusion]
    lines = [f"In het voortgangsoverzicht {sent.replace('/r', ', revisie ')}, zijn cijfers gecorrigeerd. Reden: {reason.rstrip('.')}."]
    if not figures:
        lines.append("Geen van de gepubliceerde cijfers verandert.")
    for one in figures:
        when = f" over {one.year}" if one.year and one.what != LATEST else ""
        lines.append(f"{one.name_nl}, {one.what}{when}: was {one.before}, wordt {one.after}.")
    if conclusions:
        lines += [f"De conclusie over {one.name_nl} verandert: was {one.before}, wordt {one.after}." for one in conclusions]
    else:
        lines.append("Geen enkele conclusie verandert.")
    return lines
