"""Two line charts side by side as one SVG: what `sources.py` draws of growth. Lines differ by dashes and marks, so that grey is enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

WIDE, HIGH, LEFT, TOP = 300, 200, 60, 50
STEPS = (1, 2, 2.5, 5, 10)


def draw(path: Path, across: str, panels: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]]) -> None:
    """Draw a panel for each title (which names the unit), with a line for each name in it; across: what stands along the bottom."""
    gap = WIDE + LEFT + 40
    parts = [_panel(title, across, lines, LEFT + number * gap) for number, (title, lines) in enumerate(panels.items())]
    width, height = gap * len(panels) + 10, TOP + HIGH + 50
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="12" fill="#111"><rect width="{width}" height="{height}" fill="#fff"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n",
        encoding="utf-8",
    )


def _panel(title: str, across: str, lines: Mapping[str, Sequence[tuple[float, float]]], left: float) -> str:
    points = [point for line in lines.values() for point in line]
    most_x, step = max(x for x, _ in points), _step(max(y for _, y in points))
    most_y = step * -(-max(y for _, y in points) // step)

    def at(x: float, y: float) -> tuple[float, float]:
        return left + WIDE * x / most_x, TOP + HIGH * (1 - y / most_y)

    out = [f'<text x="{left}" y="{TOP - 32}" font-weight="bold">{title}</text>']
    for number in range(round(most_y / step) + 1):
        _, y = at(0, number * step)
        out.append(f'<path d="M{left} {y:.1f}h{WIDE}" stroke="#ccc"/><text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{number * step:g}</text>')
    for x in sorted({x for x, _ in points}):
        out.append(f'<text x="{at(x, 0)[0]:.1f}" y="{TOP + HIGH + 18}" text-anchor="middle">{x:g}</text>')
    out.append(f'<text x="{left + WIDE / 2}" y="{TOP + HIGH + 38}" text-anchor="middle">{across}</text>')
    for number, (name, line) in enumerate(lines.items()):
        dash, fill = (("", "#111"), ("6 4", "#fff"))[number % 2]
        stroke = f'fill="none" stroke="#111" stroke-width="2" stroke-dasharray="{dash}"'
        places = [at(x, y) for x, y in line]
        out.append(f'<path d="M{" L".join(f"{x:.1f} {y:.1f}" for x, y in places)}" {stroke}/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{fill}" stroke="#111" stroke-width="2"/>' for x, y in places]
        key = left + number * 140
        out.append(
            f'<path d="M{key} {TOP - 18}h30" {stroke}/><circle cx="{key + 15}" cy="{TOP - 18}" r="4" fill="{fill}" stroke="#111" stroke-width="2"/>'
        )
        out.append(f'<text x="{key + 36}" y="{TOP - 14}">{name}</text>')
    return "\n".join(out)


def _step(most: float) -> float:
    """A round step, so that there are at most six lines across."""
    power = 10.0 ** (len(str(int(most))) - 2)
    return next(step * power for step in (*STEPS, *(10 * s for s in STEPS)) if most / (step * power) <= 6)
