"""The chart of one indicator: a line for each of its figures over all years, as an SVG that needs nothing else.

A break is a gap in the lines with a mark, a year without a figure is a gap too, and an axis that does not begin at naught says so. The lines differ in
stroke and marker as well as in colour; where bounds of 95% are known, they are shaded. What is drawn belongs here; where it stands does not, nor whose line has which looks
outside an edition.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

from nplv_orchestration.edition.table import Point, number

_FONT = "Source Sans Pro, Arial, sans-serif"
_STEPS = (1, 2, 2.5, 5, 10)
_WIDE_LETTER = 0.62  # of the height of bold letters, at the most, in a name of some length

Figure = tuple[int, float | None, float | None, float | None]
"""A year, its figure, and the lower and upper bound of 95% where there are any."""


@dataclass(frozen=True)
class Look:
    """How a line is told from others. colour: dark enough for text on white; dash: of its stroke, as SVG has it, empty for a whole line;
    marker: circle, square, triangle, wedge, diamond or cross, the first five also as open square and so on."""

    colour: str
    dash: str = ""
    marker: str = "circle"


@dataclass(frozen=True)
class Line:
    """One line. points: by year, each year once; a year without a figure, or that is not there while other lines have it, is a gap."""

    name: str
    look: Look
    points: Sequence[Figure]


@dataclass(frozen=True)
class Shape:
    """The size of a chart and of the margins around its lines, in pixels; size: of its letters."""

    width: int = 560
    height: int = 210
    left: int = 46
    right: int = 196  # names have room in a wide font too
    top: int = 30
    bottom: int = 26
    size: int = 12
    grows: bool = False
    """Whether it becomes wider for long names and higher for many of them."""
    is_small: bool = False
    """Whether only the first and the last year, and at the end of a line its figure without its name, are written: who it is stands beside the chart, as its unit does."""


EDITION = Shape()
LARGE = Shape(width=760, height=320, bottom=44, right=120, grows=True)
SMALL = Shape(width=300, height=170, left=48, right=64, top=24, bottom=42, is_small=True)

AREAS, COUNTRY = Look("#154273"), Look("#6b6b6b", "5 3", "open square")


def ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers from at or below `low` to at or above `high`."""
    if high - low < 1e-9:
        low, high = low - (abs(low) / 10 or 1), high + (abs(high) / 10 or 1)
    rough = (high - low) / 4
    scale = 10.0 ** math.floor(math.log10(rough))
    step = scale * next(s for s in _STEPS if s * scale >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 10) for n in range(first, last + 1)]


def runs(points: Sequence[Figure], years: Collection[int], breaks: Collection[int]) -> list[list[tuple[int, float]]]:
    """The figures of one line, apart where one of the years of the chart has none and where a break lies between two."""
    known = {year: value for year, value, *_ in points}
    found: list[list[tuple[int, float]]] = [[]]
    for at in sorted({*years, *known}):
        value = known.get(at)
        before = found[-1][-1][0] if found[-1] else None
        if before is not None and (value is None or any(before < year <= at for year in breaks)):
            found.append([])
        if value is not None:
            found[-1].append((at, value))
    return [run for run in found if run]


def chart(
    points: Sequence[Point],
    *,
    unit: str,
    decimals: int,
    breaks: Collection[int] = (),
    title: str = "",
    note: str = "",
) -> str:
    """The chart of an edition: the lines of the areas together and of the Netherlands; the rest as `draw` has it."""
    areas = Line("gebieden", AREAS, [(year, value, None, None) for year, value, _ in points])
    country = Line("Nederland", COUNTRY, [(year, national, None, None) for year, _, national in points])
    return draw([areas, country], unit=unit, decimals=decimals, breaks=breaks, title=title, note=note)


def draw(
    lines: Sequence[Line],
    *,
    unit: str,
    decimals: int,
    breaks: Collection[int] = (),
    title: str = "",
    note: str = "",
    shape: Shape = EDITION,
) -> str:
    """Lines over all their years, in `unit`; of two that cross, the later one lies on top. breaks: years that cannot be compared with those before.

    title: what it shows, for who cannot see it; note: what is written in its corner, as on invented figures.
    """
    shape = _grown(shape, lines, decimals)
    shown = [v for line in lines for _, *all_of_it in line.points if all_of_it[0] is not None for v in all_of_it if v is not None]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {shape.width} {shape.height}" width="{shape.width}" height="{shape.height}" role="img" '
        f'font-family="{_FONT}" font-size="{shape.size}" fill="#1a1a1a"><title>{escape(title)}</title><rect width="{shape.width}" height="{shape.height}" fill="#fff"/>'
    )
    corner = _corner(shape, note) if note else ""
    if not shown:
        return f'{head}<text x="{shape.left}" y="{shape.height / 2:.0f}">geen cijfers</text>{corner}</svg>'
    low, high = min(shown), max(shown)
    low, high = (0.0 if 0 < low <= high / 2 else low), (0.0 if low / 2 <= high < 0 else high)  # from naught on, where that costs little
    scale, years = ticks(low, high), sorted({year for line in lines for year, *_ in line.points})
    span, rise = max(years[-1] - years[0], 1), scale[-1] - scale[0]

    def x(year: float) -> float:
        return shape.left + (shape.width - shape.left - shape.right) * (year - years[0]) / span

    def y(value: float) -> float:
        return shape.height - shape.bottom - (shape.height - shape.top - shape.bottom) * (value - scale[0]) / rise

    marks = [*_grid(shape, scale, y), *_years(shape, years, x), *_breaks(shape, [b for b in breaks if years[0] < b <= years[-1]], x)]
    drawn = [(line, runs(line.points, years, breaks)) for line in lines]
    for line, found in drawn:  # below all lines
        marks += _bounds(line, found, x, y)
    ends = []
    for line, found in drawn:
        colour = line.look.colour
        dashed = f' stroke-dasharray="{line.look.dash}"' if line.look.dash else ""
        for run in found:
            course = " ".join(f"{x(year):.1f},{y(value):.1f}" for year, value in run)
            marks.append(f'<polyline points="{course}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>')
            marks += [marker(line.look, x(year), y(value)) for year, value in run]
        if found:
            year, value = found[-1][-1]
            ends.append((y(value) + 4, _end(shape, line, year, value, decimals, years[-1]), colour))
    for at, text, colour in _apart(ends, shape):
        marks.append(f'<text x="{shape.width - shape.right + 8}" y="{at:.1f}" fill="{colour}" font-weight="bold">{escape(text)}</text>')
    is_truncated = not scale[0] <= 0 <= scale[-1]
    if shape.is_small:
        over = "de verticale as begint niet bij 0" if is_truncated else ""
    else:
        over = f"{escape(unit)}{'. De verticale as begint niet bij 0' if is_truncated else ''}"
    if over:
        marks.append(f'<text x="4" y="13" font-size="{shape.size - 1}">{over}</text>')
    return f"{head}{''.join(marks)}{corner}</svg>"


def marker(look: Look, x: float, y: float) -> str:
    """The mark of a figure at a place, as a piece of SVG."""
    kind, is_open = look.marker.removeprefix("open "), look.marker.startswith("open ")
    if kind == "circle" and not is_open:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{look.colour}"/>'
    if kind == "cross":
        return f'<path d="M{x - 3.5:.1f},{y - 3.5:.1f} l7,7 m0,-7 l-7,7" fill="none" stroke="{look.colour}" stroke-width="2.5"/>'  # drawn, for a letter is not there in each font
    fill = "#fff" if is_open else look.colour
    if kind == "square":
        return f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6" fill="{fill}" stroke="{look.colour}" stroke-width="1.5"/>'
    corners = {
        "triangle": ((0, -4.5), (4.5, 3.5), (-4.5, 3.5)),
        "wedge": ((0, 4.5), (4.5, -3.5), (-4.5, -3.5)),
        "diamond": ((0, -5), (5, 0), (0, 5), (-5, 0)),
    }[kind]
    at = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{at}" fill="{fill}" stroke="{look.colour}" stroke-width="1.5"/>'


def _grown(shape: Shape, lines: Sequence[Line], decimals: int) -> Shape:
    if not shape.grows:
        return shape
    longest = max((len(f"{line.name} {number(value, decimals)} (2000)") for line in lines for _, value, *_ in line.points), default=0)
    right = max(shape.right, 16 + math.ceil(longest * shape.size * _WIDE_LETTER))
    least = shape.top + shape.bottom + len(lines) * (shape.size + 2)
    return replace(shape, width=shape.width - shape.right + right, right=right, height=max(shape.height, least))


def _end(shape: Shape, line: Line, year: int, value: float, decimals: int, last: int) -> str:
    figure = number(value, decimals)
    if shape.is_small:
        return figure
    return f"{line.name} {figure}" + ("" if year == last else f" ({year})")


def _apart(ends: Iterable[tuple[float, str, str]], shape: Shape) -> list[tuple[float, str, str]]:
    """The texts at the ends of lines, from above to below: two at one height cannot be read, so each is moved down as far as needed, and up again from below the lowest place."""
    step, ordered = shape.size + 2, sorted(ends)
    places = []
    floor = -math.inf
    for at, *_ in ordered:
        floor = max(at, floor + step)
        places.append(floor)
    if shape is not EDITION:  # whose two names have room below the axis
        ceiling = shape.height - shape.bottom + 4.0 + step
        for place in range(len(places) - 1, -1, -1):
            ceiling = places[place] = min(places[place], ceiling - step)
    return [(at, text, colour) for at, (_, text, colour) in zip(places, ordered, strict=True)]


def _bounds(line: Line, found: Sequence[Sequence[tuple[int, float]]], x: Callable[[float], float], y: Callable[[float], float]) -> Iterator[str]:
    """Between the bounds of 95%: an area below a run of figures, a beam below one that stands alone."""
    known = {year: (low, high) for year, _, low, high in line.points if low is not None and high is not None}
    for run in found:
        years = [year for year, _ in run if year in known]
        if len(years) == 1:
            low, high = known[years[0]]
            yield f'<rect x="{x(years[0]) - 3:.1f}" y="{y(high):.1f}" width="6" height="{y(low) - y(high):.1f}" fill="{line.look.colour}" fill-opacity="0.15"/>'
        elif years:
            around = [(year, known[year][1]) for year in years] + [(year, known[year][0]) for year in reversed(years)]
            at = " ".join(f"{x(year):.1f},{y(value):.1f}" for year, value in around)
            yield f'<polygon points="{at}" fill="{line.look.colour}" fill-opacity="0.15"/>'


def _corner(shape: Shape, note: str) -> str:
    return f'<text x="{shape.width - 4}" y="{shape.height - 8}" text-anchor="end" font-size="{shape.size - 2}" font-weight="bold" fill="#7a4f00">{escape(note)}</text>'


def _grid(shape: Shape, scale: Sequence[float], y: Callable[[float], float]) -> Iterator[str]:
    decimals = max(len(f"{tick:.10f}".rstrip("0").partition(".")[2]) for tick in scale)
    for tick in scale:
        stroke = "#8a8a8a" if tick == 0 else "#dcdcdc"
        yield f'<line x1="{shape.left}" x2="{shape.width - shape.right}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="{stroke}"/>'
        yield f'<text x="{shape.left - 6}" y="{y(tick) + 4:.1f}" text-anchor="end" font-size="{shape.size - 1}">{number(tick, decimals)}</text>'


def _years(shape: Shape, years: Sequence[int], x: Callable[[float], float]) -> Iterator[str]:
    written = dict.fromkeys((years[0], years[-1]) if shape.is_small else years)
    for year in written:
        yield f'<text x="{x(year):.1f}" y="{shape.height - shape.bottom + 18}" text-anchor="middle" font-size="{shape.size - 1}">{year}</text>'


def _breaks(shape: Shape, years: Sequence[int], x: Callable[[float], float]) -> Iterator[str]:
    for year in years:
        at = x(year - 0.5)
        yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{shape.top - 6}" y2="{shape.height - shape.bottom}" stroke="#7a4f00" stroke-dasharray="2 2"/>'
        yield f'<text x="{at + 3:.1f}" y="{shape.top}" font-size="{shape.size - 2}" fill="#7a4f00">breuk</text>'
