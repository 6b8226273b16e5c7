"""The chart of one indicator: the areas together beside the Netherlands, over all years, as an SVG that needs nothing else.

A break is a gap in the lines with a mark, a year without a figure is a gap too, and an axis that does not begin at naught says so. The lines differ in
stroke and marker as well as in colour. What is drawn belongs here; where it stands does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from html import escape

from nplv_orchestration.edition.table import Point, number

_FONT = "Source Sans Pro, Arial, sans-serif"
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM, _SIZE = 560, 210, 46, 196, 30, 26, 12  # names have room in a wide font too
_LINES = (("gebieden", "#154273", ""), ("Nederland", "#6b6b6b", "5 3"))
_STEPS = (1, 2, 2.5, 5, 10)


def ticks(low: float, high: float) -> list[float]:
    """Three to six round numbers from at or below `low` to at or above `high`."""
    if high - low < 1e-9:
        low, high = low - (abs(low) / 10 or 1), high + (abs(high) / 10 or 1)
    rough = (high - low) / 4
    scale = 10.0 ** math.floor(math.log10(rough))
    step = scale * next(s for s in _STEPS if s * scale >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(n * step, 10) for n in range(first, last + 1)]


def runs(points: Sequence[Point], place: int, breaks: Collection[int]) -> list[list[tuple[int, float]]]:
    """The figures of one line (place 1: the areas, 2: the Netherlands), apart where a year has none and where a break lies between two."""
    found: list[list[tuple[int, float]]] = [[]]
    for point in points:
        value = point[place]
        before = found[-1][-1][0] if found[-1] else None
        if before is not None and (value is None or any(before < year <= point[0] for year in breaks)):
            found.append([])
        if value is not None:
            found[-1].append((point[0], value))
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
    """The lines of the areas and the Netherlands, in `unit`. title: what it shows, for who cannot see it; note: what is written in its corner, as on invented figures."""
    shown = [v for _, *both in points for v in both if v is not None]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
        f'font-family="{_FONT}" font-size="{_SIZE}" fill="#1a1a1a"><title>{escape(title)}</title><rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
    )
    if not shown:
        return f'{head}<text x="{_LEFT}" y="{_HEIGHT / 2:.0f}">geen cijfers</text></svg>'
    low, high = min(shown), max(shown)
    low, high = (0.0 if 0 < low <= high / 2 else low), (0.0 if low / 2 <= high < 0 else high)  # from naught on, where that costs little
    scale, years = ticks(low, high), [year for year, *_ in points]
    span, rise = max(years[-1] - years[0], 1), scale[-1] - scale[0]

    def x(year: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (year - years[0]) / span

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * (value - scale[0]) / rise

    marks = [*_grid(scale, y), *_years(years, x), *_breaks([b for b in breaks if years[0] < b <= years[-1]], x)]
    ends = []
    for place, (name, colour, dashes) in enumerate(_LINES, 1):
        found = runs(points, place, breaks)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        for run in found:
            line = " ".join(f"{x(year):.1f},{y(value):.1f}" for year, value in run)
            marks.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"{dashed}/>')
            marks += [_marker(x(year), y(value), colour, is_open=bool(dashes)) for year, value in run]
        if found:
            year, value = found[-1][-1]
            late = "" if year == years[-1] else f" ({year})"
            ends.append((y(value) + 4, f"{name} {number(value, decimals)}{late}", colour))
    floor = -math.inf
    for at, text, colour in sorted(ends):  # two names at one height cannot be read
        floor = max(at, floor + _SIZE + 2)
        marks.append(f'<text x="{_WIDTH - _RIGHT + 8}" y="{floor:.1f}" fill="{colour}" font-weight="bold">{escape(text)}</text>')
    truncated = "" if scale[0] <= 0 <= scale[-1] else ". De verticale as begint niet bij 0"
    marks.append(f'<text x="4" y="13" font-size="{_SIZE - 1}">{escape(unit)}{truncated}</text>')
    if note:
        marks.append(
            f'<text x="{_WIDTH - 4}" y="{_HEIGHT - 8}" text-anchor="end" font-size="{_SIZE - 2}" font-weight="bold" fill="#7a4f00">{escape(note)}</text>'
        )
    return f"{head}{''.join(marks)}</svg>"


def _grid(scale: Sequence[float], y: Callable[[float], float]) -> Iterator[str]:
    decimals = max(len(f"{tick:.10f}".rstrip("0").partition(".")[2]) for tick in scale)
    for tick in scale:
        stroke = "#8a8a8a" if tick == 0 else "#dcdcdc"
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(tick):.1f}" y2="{y(tick):.1f}" stroke="{stroke}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y(tick) + 4:.1f}" text-anchor="end" font-size="{_SIZE - 1}">{number(tick, decimals)}</text>'


def _years(years: Sequence[int], x: Callable[[float], float]) -> Iterator[str]:
    for year in dict.fromkeys(years):
        yield f'<text x="{x(year):.1f}" y="{_HEIGHT - 8}" text-anchor="middle" font-size="{_SIZE - 1}">{year}</text>'


def _breaks(years: Sequence[int], x: Callable[[float], float]) -> Iterator[str]:
    for year in years:
        at = x(year - 0.5)
        yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP - 6}" y2="{_HEIGHT - _BOTTOM}" stroke="#7a4f00" stroke-dasharray="2 2"/>'
        yield f'<text x="{at + 3:.1f}" y="{_TOP}" font-size="{_SIZE - 2}" fill="#7a4f00">breuk</text>'


def _marker(x: float, y: float, colour: str, is_open: bool) -> str:
    if is_open:
        return f'<rect x="{x - 3:.1f}" y="{y - 3:.1f}" width="6" height="6" fill="#fff" stroke="{colour}" stroke-width="1.5"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'
