"""The infographic: one page of A3 with the three action lines, a few large figures of each, and its main sentence; as PDF, SVG and PNG.

Which figures are large follows from a rule, and every figure is one of the table. What is told belongs here, how it looks is in `praatplaat.typ`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from nplv_orchestration.edition import achieved
from nplv_orchestration.edition.document import cities, notes_of
from nplv_orchestration.edition.pdf import compiled
from nplv_orchestration.edition.sentences import moves, sentences
from nplv_orchestration.edition.table import NO_FIGURE, SYMBOLS, UNDECIDED, Edition, development, number, symbols
from nplv_orchestration.errors import NplvError

_MANY, _FEW, _LONG = 3, 2, 6  # large figures of an action line, and of one of so many indicators that their lines need the room
_TRIES = ((1.2, 0), (1.15, 0), (1.1, 0), (1.05, 0), (1.0, 0), (0.95, 0), (1.1, 1), (1.05, 1), (1.0, 1), (0.92, 1))
"""How large the type of the columns is, and how many large figures are left out: the first at which the page fits."""
_PPI = 145  # 2,400 pixels across A3
_TEMPLATE = "praatplaat.typ"
_ARROWS = ("omhoog", "omlaag", "gelijk")  # of a move
_DISTANCES = {"ingelopen": "kleiner", "opgelopen": "groter", "gelijk": "gelijk"}  # of a distance to the country
_WENT = {
    "omhoog": "gestegen{of} sinds {year}",
    "omlaag": "gedaald{of} sinds {year}",
    "gelijk": "vrijwel gelijk{of} sinds {year}",
    "binnen marges": "verschil met {year} binnen de marges",
    "zonder marges": "verandering sinds {year} niet te bepalen",
}
_SAID = ("[v]", "[s]", "[n]")  # the signs of the table that stand as a word beside every mention of a figure
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Bar:
    """One of two bars that are compared. part: how long it is, of the longest; is_filled: that of the areas now."""

    label: str
    value: str
    part: float
    is_filled: bool


@dataclass(frozen=True)
class Shown:
    """A figure as it is shown.

    behind: what stands in smaller letters behind its number; when: its year, and that it is provisional or an approximation; note: the number of a
    note, or empty; arrows: of `praatplaat.typ`, with the same in words in went; sentences: for who hears the page.
    """

    name: str
    sentences: str
    value: str
    behind: str = ""
    unit: str = ""
    when: str = ""
    note: str = ""
    country: str = ""
    arrows: tuple[str, ...] = ()
    went: str = ""
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True)
class Column:
    """An action line: its main sentence, a few large figures, and the others in a line each."""

    title: str
    sentence: str
    large: tuple[Shown, ...]
    others: tuple[Shown, ...]


def praatplaat(edition: Edition) -> dict[str, bytes]:
    """The page by file name, in type as large as fits. Raises NplvError when it does not fit on one page."""
    for scale, fewer in _TRIES:
        told = _told(edition, scale, fewer)
        inputs = {"told": json.dumps(told, ensure_ascii=False)}
        pictures = compiled(_TEMPLATE, inputs, edition, kind="svg")
        if len(pictures) == 1:
            break
    else:
        (whole,) = compiled(_TEMPLATE, inputs, edition)
        raise NplvError(
            f"the infographic of {edition.year} takes {len(pictures)} pages, the second from '{_begin_of_second(whole)}' on: "
            "shorten the texts of the catalogue that it shows"
        )
    (whole,) = compiled(_TEMPLATE, inputs, edition)
    (dots,) = compiled(_TEMPLATE, inputs, edition, kind="png", ppi=_PPI)
    return {"praatplaat.pdf": whole, "praatplaat.svg": _described(pictures[0], told["title"], _in_words(told)), "praatplaat.png": dots}


def _told(edition: Edition, scale: float, fewer: int) -> dict[str, Any]:
    """All that the page shows. scale: of the type in its columns; fewer: how many large figures less than it has at most."""
    picked = [_picked(edition, actielijn, fewer) for actielijn in edition.lines]
    texts = dict.fromkeys(_note(row) for large, others in picked for row in (*large, *others))
    notes = {text: str(n) for n, text in enumerate(filter(None, texts), 1)}
    return {
        "scale": scale,
        "title": f"Leefbaarheid en veiligheid in de {edition.programme.areas_nl}, {edition.year}",
        "programme": edition.programme.name_nl,
        "short": edition.programme.short_nl,
        "standing": edition.standing.told(),
        "demo": edition.mark,
        "about": (
            f"In {edition.areas} {edition.programme.areas_nl} in {cities(edition)} werken gemeenten, het Rijk en bewoners samen. "
            "Elk cijfer gaat over alle gebieden samen en staat naast dat van Nederland, inclusief de gebieden."
        ),
        "columns": [
            asdict(_column(title, large, others, notes, edition.programme.areas_nl))
            for title, (large, others) in zip(edition.lines.values(), picked, strict=True)
        ],
        "done": [
            {"value": achieved.amount(row), "name": row["name_nl"], "sentence": achieved.sentence(row)} for row in achieved.large(edition.achieved)
        ],
        "notes": list(notes),
        "foot": list(_foot(edition)),
    }


def _foot(edition: Edition) -> Iterator[str]:
    """What holds for the page as a whole: the notes of the cover, the publishers of what is shown, and how to read it."""
    yield from notes_of(edition)
    used = {relation for row in edition.rows if row["latest_value"] is not None for relation in json.loads(row["sources"])}
    publishers = sorted({source["publisher"] for source in edition.sources if source["relation"] in used})
    if publishers:
        yield f"Bronnen: {', '.join(publishers)}."
    yield "De cijfers zijn afgerond. Zij laten zien wat er veranderde, niet hoe dat kwam."


def _picked(edition: Edition, actielijn: str, fewer: int) -> tuple[Rows, Rows]:
    """The rows of an action line that are shown large, and the others: first those of which a direction is known, in the order of the table."""
    rows = [row for row in edition.rows if row["actielijn"] == actielijn]
    with_figure = [row for row in rows if row["latest_value"] is not None]
    ranked = sorted(with_figure, key=lambda row: (development(row) == UNDECIDED, row["number"]))
    large = ranked[: (_FEW if len(rows) >= _LONG else _MANY) - fewer]
    return large, [row for row in rows if row not in large]


def _column(title: str, large: Rows, others: Rows, notes: dict[str, str], areas: str) -> Column:
    shown, lines = (tuple(_shown(row, notes, areas) for row in rows) for rows in (large, others))
    return Column(title, sentences((large or others)[0], areas)[0], shown, lines)


def _note(row: dict[str, Any]) -> str:
    """What a figure carries at every mention, or why there is none; empty when there is nothing to say."""
    if row["latest_value"] is not None:
        return str(json.loads(row["wording_nl"])["always"])
    reason = str(row["status_reason"])
    return f"{reason[:1].upper()}{reason[1:]}."


def _shown(row: dict[str, Any], notes: dict[str, str], areas: str) -> Shown:
    note, said = notes.get(_note(row), ""), " ".join(sentences(row, areas))
    if row["latest_value"] is None:
        return Shown(row["name_nl"], said, NO_FIGURE, note=note)
    suffix = json.loads(row["wording_nl"])["suffix"]
    is_word = suffix.startswith(" ")
    arrows, went = _direction(row)
    is_nought = row["relative"] and row["latest_nl"] == 0  # by definition, so it tells nothing
    return Shown(
        name=row["name_nl"],
        sentences=said,
        value=number(row["latest_value"], row["decimals"]) + ("" if is_word else suffix),
        behind=suffix.strip() if is_word else "",
        unit="" if is_word else row["unit"].removeprefix("% "),  # a word behind the figure is its unit
        when=", ".join([str(row["latest_year"]), *(SYMBOLS[sign].partition(":")[0] for sign in symbols(row) if sign in _SAID)]),
        note=note,
        country="" if is_nought else _with(suffix, row["latest_nl"], row["decimals"]),
        arrows=arrows,
        went=went,
        bars=tuple(_bars_of_distance(row, suffix) if is_nought else _bars_beside_country(row, suffix)),
    )


def _with(suffix: str, value: float | None, decimals: int) -> str:
    return number(value, decimals) + (suffix if value is not None else "")


def _bars_beside_country(row: dict[str, Any], suffix: str) -> Iterator[Bar]:
    """The areas and the country, when there are lengths to compare."""
    value, country = row["latest_value"], row["latest_nl"]
    if country is not None and min(value, country) >= 0 < max(value, country):
        yield Bar("gebieden", _with(suffix, value, row["decimals"]), value / max(value, country), True)
        yield Bar("Nederland", _with(suffix, country, row["decimals"]), country / max(value, country), False)


def _bars_of_distance(row: dict[str, Any], suffix: str) -> Iterator[Bar]:
    """How far the areas were from the country in the first year with which is compared, and how far they are now."""
    for start, (year, _) in _distances(row).items():
        before, now = row[f"gap_difference_{start}"], row["gap_difference_latest"]
        if most := max(abs(before), abs(now)):
            yield Bar(str(year), _with(suffix, before, row["decimals"]), abs(before) / most, False)
            yield Bar(str(row["latest_year"]), _with(suffix, now, row["decimals"]), abs(now) / most, True)
            return


def _distances(row: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """By start year of the table that has something to compare: which year it is, and whether the distance became less since."""
    starts = {start: (row[f"{start}_year"], row[f"gap_verdict_{start}"]) for start in ("start1", "start2") if row[f"change_{start}"] is not None}
    return {start: told for start, told in starts.items() if told[0] < row["latest_year"] and told[1] not in (None, UNDECIDED)}


def _direction(row: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    """Which way a figure went, as arrows and in words: since the year on which the verdict rests, or since both where they differ."""
    arrows, went = _moved_distance(row) if row["relative"] else _moved(row)
    if went:
        return arrows, went
    is_broken = any(row[f"break_{start}"] for start in ("start1", "start2"))
    return (), "niet te vergelijken: anders geteld" if is_broken else "nog niet te vergelijken"


def _moved(row: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    found, verdict = moves(row), development(row)
    turned = [since for since in found if since.move in ("omhoog", "omlaag")]
    told = found if verdict == "wisselend" else (turned or found)[:1]
    of_country = " ten opzichte van Nederland" if row["trend_basis"] == "verhouding" else ""
    went = ", ".join(_WENT[since.move].format(of=of_country, year=since.year) for since in told)
    judged = f" ({verdict})" if turned and verdict != UNDECIDED else ""
    return tuple(since.move for since in told if since.move in _ARROWS), went + judged


def _moved_distance(row: dict[str, Any]) -> tuple[tuple[str, ...], str]:
    found = list(dict.fromkeys(_distances(row).values()))
    told = found if row["gap_verdict"] == "wisselend" else [since for since in found if since[1] == row["gap_verdict"]][:1]
    went = ", ".join(f"{development(row | {'gap_verdict': verdict})} sinds {year}" for year, verdict in told)
    return tuple(_DISTANCES[verdict] for _, verdict in told if verdict in _DISTANCES), went


def _in_words(told: dict[str, Any]) -> str:
    """The page as it is read aloud: each figure with its sentences, which hold what its note says."""
    lines = [f"{told['programme']}.", told["demo"] and f"{told['demo']}.", told["about"]]
    for column in told["columns"]:
        lines.append(f"{column['title']}.")
        for one in (*column["large"], *column["others"]):
            figure = " ".join(filter(None, [one["value"], one["behind"]]))
            lines.append(f"{one['name']}: {', '.join(filter(None, [figure, one['went']]))}. {one['sentences']}")
    return " ".join(filter(None, [*lines, *(one["sentence"] for one in told["done"]), *told["foot"]]))


def _described(svg: bytes, title: str, words: str) -> bytes:
    """The picture with its title and text for who cannot see it: its letters are drawn, so nobody else can read them."""
    head, _, rest = svg.decode().partition(">")
    named = (
        f'{head} role="img" lang="nl" xml:lang="nl" aria-labelledby="titel beschrijving"><title id="titel">{escape(title)}</title>'
        f'<desc id="beschrijving">{escape(words)}</desc>'
    )
    return f"{named}{rest}".encode()


def _begin_of_second(pdf: bytes) -> str:
    """The first words of the second page."""
    from pypdf import PdfReader

    return " ".join(PdfReader(io.BytesIO(pdf)).pages[1].extract_text().split()[:6])
