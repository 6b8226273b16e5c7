"""What moved between two editions, or two revisions of one, and why: a new year, a revised source, another method, another delineation.

Each edition is read from its own folder, `berekening.csv` and `provenance.json`, so that what was told is compared and not what is known by now; of an
earlier letter that was entered the figures alone are known. Where the figures between two editions were recomputed, one thing changed at a time (`rebuild`
does that), each cause has its share; else a cause is what both rest on and differs. Comparing belongs here, and the words about it; where it stands does not.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from nplv_orchestration.edition.table import number, signed
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
    is_split: bool = False
    """Whether the causes were told apart by computing with one thing changed at a time."""
    shares: Mapping[str, str] = field(default_factory=dict)
    """How much of the difference each of more causes made, of a figure that was split."""

    @property
    def is_revised(self) -> bool:
        """Whether it is a figure of a year that was told before."""
        return self.what in (AREAS_TOGETHER, COUNTRY)

    @property
    def is_conclusion(self) -> bool:
        """Whether it is how the indicator developed, and not a figure."""
        return self.what == VERDICT


@dataclass(frozen=True)
class Step:
    """The figures of an edition recomputed with one thing changed as it is now. cause: that thing; figures: of each indicator that could be recomputed."""

    cause: str
    figures: Mapping[str, Figures]


AREAS_TOGETHER, COUNTRY, VERDICT, LATEST = "gebieden", "Nederland", "ontwikkeling", "laatste cijfer"
STEPS = {METHOD: "methode.csv", AREAS: "gebiedsafbakening.csv"}
"""The files of what was recomputed, as `berekening.csv`, in the order in which one thing after another is changed; the sources change last."""


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
    values = _figures(folder / "berekening.csv")
    is_demo = provenance.get("published_version", {}).get("mode") == "demo"  # an earlier letter that was entered is of no version
    return Told(name, is_demo, {f["indicator_id"]: _indicator(f, values.get(f["indicator_id"], {})) for f in provenance["figures"]})


def steps(folder: Path | None) -> list[Step]:
    """What was recomputed between two editions, in the order in which things were changed; none without a folder. Raises NplvError when it was changed."""
    if folder is None:
        return []
    if found := problems(folder):
        raise NplvError(f"{folder} is not as it was made: {found[0]}; put it back from a backup")
    return [Step(cause, _figures(folder / name)) for cause, name in STEPS.items()]


def _figures(path: Path) -> dict[str, Figures]:
    """Of each indicator the figures of its main series."""
    values: dict[str, dict[int, tuple[float | None, float | None]]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["is_main_series"] == "true" and row["geo_level"] in _PLACES:
                of = values.setdefault(row["indicator_id"], {})
                pair = list(of.get(int(row["year"]), (None, None)))
                pair[_PLACES[row["geo_level"]]] = float(row["value"]) if row["value"] else None
                of[int(row["year"])] = (pair[0], pair[1])
    return dict(values)


def provenance_of(folder: Path) -> dict[str, Any]:
    """What an edition tells of where it comes from."""
    found: dict[str, Any] = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    return found


def _indicator(figure: Mapping[str, Any], figures: Figures) -> Indicator:
    latest, verdict = figure["latest_year"], figure["development"]
    return Indicator(figure["name_nl"], figure["decimals"], figures, latest, verdict, figure["rests_on"])


_PLACES = {"nplv": 0, "nederland": 1}


def moved(before: Told, after: Told, between: Sequence[Step] = ()) -> list[Moved]:
    """All that differs, in the order of the table: each figure of a year that both told, the latest figure, and the development; to the decimals that are shown.

    between: what was recomputed between the two.
    """
    found = []
    for indicator_id, now in after.indicators.items():
        then = before.indicators.get(indicator_id)
        if then is None:
            found.append(Moved(indicator_id, now.name_nl, "indicator", None, "niet in de tabel", "nieuw in de tabel", ()))
        else:
            found += _moved(indicator_id, then, now, between)
    gone = [(i, then) for i, then in before.indicators.items() if i not in after.indicators]
    return found + [Moved(i, then.name_nl, "indicator", None, "in de tabel", "vervallen", ()) for i, then in gone]


def _moved(indicator_id: str, then: Indicator, now: Indicator, between: Sequence[Step]) -> Iterator[Moved]:
    causes = _causes(then, now)
    of_figures: list[str] = []
    is_split = bool(between)
    for year in sorted(then.figures.keys() & now.figures.keys()):
        for place, what in enumerate((AREAS_TOGETHER, COUNTRY)):
            before, after = then.shown(year, place), now.shown(year, place)
            is_new = then.figures[year][place] is None and (not then.rests_on or year > (then.latest or 0))  # of a letter the rest is not known
            if before != after and not is_new:
                shares = _shares(indicator_id, then, now, between, year, place)
                because = tuple(shares) or causes or (UNKNOWN,)
                of_figures += because
                is_split = is_split and bool(shares)
                yield Moved(indicator_id, now.name_nl, what, year, before, after, because, bool(shares), shares if len(shares) > 1 else {})
    revised = tuple(cause for cause in (*STEPS, SOURCE, UNKNOWN) if cause in of_figures)
    because = (*((NEW_YEAR,) if (now.latest or 0) > (then.latest or 0) else ()), *revised)
    if then.latest != now.latest:
        before, after = (f"{i.shown(i.latest)} ({i.latest})" if i.latest else i.shown(None) for i in (then, now))
        yield Moved(indicator_id, now.name_nl, LATEST, now.latest, before, after, because, is_split)
    if then.verdict and then.verdict != now.verdict:
        yield Moved(indicator_id, now.name_nl, VERDICT, None, then.verdict, now.verdict, because or causes or (UNKNOWN,), is_split and bool(because))


def _shares(indicator_id: str, then: Indicator, now: Indicator, between: Sequence[Step], year: int, place: int) -> dict[str, str]:
    """What each cause did to one figure, in the decimals that are shown; none where it was not recomputed."""
    if not between or any(indicator_id not in step.figures for step in between):
        return {}
    told = [then.figures, *(step.figures[indicator_id] for step in between), now.figures]
    values = [figures.get(year, (None, None))[place] for figures in told]
    causes = (*(step.cause for step in between), SOURCE)
    moved = {cause: _share(was, becomes, now.decimals) for cause, (was, becomes) in zip(causes, pairwise(values), strict=True) if becomes != was}
    return {cause: share for cause, share in moved.items() if share.strip("0,")} or moved


def _share(was: float | None, becomes: float | None, decimals: int) -> str:
    if was is None or becomes is None:
        return "geen cijfer" if becomes is None else "wel een cijfer"
    return signed(becomes - was, decimals)


def _causes(then: Indicator, now: Indicator) -> tuple[str, ...]:
    """What differs of what both rest on: where that is more than one thing, their effects cannot be told apart."""

    def differs(cause: str) -> bool:
        one, other = then.rests_on.get(cause, {}), now.rests_on.get(cause, {})
        return any(one[name] != other[name] for name in one.keys() & other.keys())

    return tuple(cause for cause in (SOURCE, METHOD, AREAS) if differs(cause))


def because(one: Moved) -> str:
    """Why it moved, in words; each of more causes with its share where that is known, and else that they cannot be told apart."""
    told = " en ".join(f"{cause} ({one.shares[cause]})" if one.shares else cause for cause in one.causes)
    several = sum(cause in (SOURCE, METHOD, AREAS) for cause in one.causes) > 1
    return f"{told} (niet te scheiden)" if several and not one.is_split else told


HEAD = ("Indicator", "Wat", "Jaar", "Was", "Is nu", "Waarom")


def rows(moved: Iterable[Moved]) -> list[tuple[str, ...]]:
    """What moved as rows of words, under `HEAD`."""
    return [(m.name_nl, m.what, str(m.year or "alle"), m.before, m.after, because(m) or "niet van toepassing") for m in moved]


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
