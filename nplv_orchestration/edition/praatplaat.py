"""The infographic: one page of A3 with the three action lines, a few large figures of each, and its main sentence; as PDF, SVG and PNG.

Which figures are large follows from a rule, and every figure is one of the table. What is told belongs here, how it looks is in `praatplaat.typ`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from nplv_orchestration.edition.document import cover
from nplv_orchestration.edition.pdf import compiled
from nplv_orchestration.edition.sentences import moves, sentences
from nplv_orchestration.edition.table import ACTIELIJNEN, DEMO, UNDECIDED, Edition, development, number
from nplv_orchestration.errors import NplvError

_MANY, _FEW, _LONG = 3, 2, 6  # large figures of an action line, and of one of so many indicators that their lines need the room
_PPI = 145  # 2,400 pixels across A3
_ARROWS = ("omhoog", "omlaag", "gelijk")
_WENT = {
    "omhoog": "gestegen{of} sinds {year}",
    "omlaag": "gedaald{of} sinds {year}",
    "gelijk": "vrijwel gelijk{of} sinds {year}",
    "binnen marges": "verschil met {year} binnen de marges",
    "zonder marges": "verandering sinds {year} niet te bepalen",
}


@dataclass(frozen=True)
class Shown:
    """A figure as it is shown. arrow: which way it points, or empty; went: the same in words; bars: how long its bar and that of the country are, of 1."""

    name: str
    value: str
    unit: str
    year: str
    country: str
    arrow: str
    went: str
    bars: tuple[float, float] | None


@dataclass(frozen=True)
class Column:
    """An action line: its main sentence, a few large figures, and the others in a line each."""

    title: str
    sentence: str
    large: tuple[Shown, ...]
    others: tuple[Shown, ...]


def praatplaat(edition: Edition) -> dict[str, bytes]:
    """The page by file name. Raises NplvError when it does not fit on one."""
    columns = [_column(edition, actielijn, title) for actielijn, title in ACTIELIJNEN.items()]
    about = (
        f"In {edition.areas} focusgebieden in {edition.municipalities} steden werken gemeenten, het Rijk en bewoners samen. Elk cijfer gaat over alle gebieden "
        "samen, naast Nederland, inclusief de gebieden."
    )
    foot = [line for line in cover(edition)[1:] if line != DEMO] + ["De cijfers laten zien wat er veranderde, niet hoe dat kwam."]
    told = {
        "title": f"Leefbaarheid en veiligheid in de focusgebieden, {edition.year}",
        "about": about,
        "foot": foot,
        "demo": DEMO if edition.is_demo else "",
        "columns": [asdict(column) for column in columns],
    }
    inputs = {"told": json.dumps(told, ensure_ascii=False)}
    pages = {kind: compiled("praatplaat.typ", inputs, edition, kind=kind, ppi=ppi) for kind, ppi in _FORMS}
    if len(pages["png"]) != 1:
        raise NplvError(f"the infographic of {edition.year} takes {len(pages['png'])} pages: shorten the texts of the catalogue that it shows")
    words = " ".join([about, *([DEMO] if edition.is_demo else []), *(_in_words(column) for column in columns), *foot])
    return {
        "praatplaat.pdf": pages["pdf"][0],
        "praatplaat.svg": _described(pages["svg"][0], str(told["title"]), words),
        "praatplaat.png": pages["png"][0],
    }


_FORMS: tuple[tuple[Any, float | None], ...] = (("pdf", None), ("svg", None), ("png", _PPI))


def _column(edition: Edition, actielijn: str, title: str) -> Column:
    rows = [row for row in edition.rows if row["actielijn"] == actielijn]
    # those of which a direction is known come first, in the order of the table; then those with a figure
    rank = {row["indicator_id"]: (row["latest_value"] is None, development(row) == UNDECIDED) for row in rows}
    large = sorted(rows, key=lambda row: (*rank[row["indicator_id"]], row["number"]))[: _FEW if len(rows) >= _LONG else _MANY]
    large = [row for row in large if row["latest_value"] is not None]
    sentence = sentences((large or rows)[0])[0]
    return Column(title, sentence, tuple(map(_shown, large)), tuple(_shown(row) for row in rows if row not in large))


def _shown(row: dict[str, Any]) -> Shown:
    suffix = json.loads(row["wording_nl"])["suffix"]
    if row["latest_value"] is None:
        return Shown(row["name_nl"], "geen cijfer", "", "", "", "", "", None)

    def told(value: float | None) -> str:
        return f"{number(value, row['decimals'])}{suffix if value is not None else ''}"

    arrow, went = _direction(row)
    country, value = row["latest_nl"], row["latest_value"]
    most = max(value, country or 0)
    bars = (value / most, country / most) if not row["relative"] and country is not None and min(value, country) >= 0 < most else None
    unit = row["unit"] if row["relative"] or not suffix else ""  # else it stands behind the figure
    is_nought = row["relative"] and country == 0  # by definition, so it tells nothing
    return Shown(row["name_nl"], told(value), unit, str(row["latest_year"]), "" if is_nought else told(country), arrow, went, bars)


def _direction(row: dict[str, Any]) -> tuple[str, str]:
    """Which way a figure went, as an arrow and in words; what is a distance has no arrow."""
    if row["relative"]:
        return "", development(row) if development(row) != UNDECIDED else "ontwikkeling niet te bepalen"
    found = moves(row)
    if not found:
        return "", "nog niet te vergelijken"
    first = found[0]
    of_country = " ten opzichte van Nederland" if row["trend_basis"] == "verhouding" else ""
    return first.move if first.move in _ARROWS else "", _WENT[first.move].format(of=of_country, year=first.year)


def _in_words(column: Column) -> str:
    """An action line as it is read aloud."""
    figures = [
        f"{one.name}: {one.value}" + (f" in {one.year}, {one.went}; Nederland {one.country}." if one.year else ".")
        for one in (*column.large, *column.others)
    ]
    return " ".join([f"{column.title}. {column.sentence}", *figures])


def _described(svg: bytes, title: str, words: str) -> bytes:
    """The picture with its title and text for who cannot see it: its letters are drawn, so nobody else can read them."""
    head, _, rest = svg.decode().partition(">")
    named = f'{head} role="img" lang="nl" aria-labelledby="titel beschrijving"><title id="titel">{escape(title)}</title><desc id="beschrijving">{escape(words)}</desc>'
    return f"{named}{rest}".encode()
