"""The explorer in HTML: the pieces that its notebook shows, and the one page that holds them all for who opens it without Python.

Words and marks belong here; which figures there are is in `exploring`. Each piece says that it is internal, since any of them may be all that is on a screen, and
nothing needs a script or another address.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from nplv_orchestration.edition.chart import marker
from nplv_orchestration.edition.table import ACTIELIJNEN, number
from nplv_orchestration.explain import REGION_HEADS, Explanation, regions, terms
from nplv_orchestration.exploring import COMPARATORS, INTERNAL, TOTAL, Version, chosen, picture, series
from nplv_orchestration.published import GEO_NAMES

_MOST = 40  # regions of a figure that are shown; `nplv explain --all` has them all
_STATUS = {"voorlopig": "voorlopig", "niet_bijgewerkt": "niet bijgewerkt"}

STYLE = """
.nplv { color: #1a1a1a; font: 1rem/1.5 "Rijksoverheid Sans", Calibri, Arial, sans-serif; }
.nplv h1, .nplv h2, .nplv h3 { color: #154273; line-height: 1.2; font-weight: bold; margin: 1rem 0 .4rem; overflow-wrap: anywhere; }
.nplv h1 { font-size: 1.8rem; } .nplv h2 { font-size: 1.35rem; border-bottom: 2px solid #154273; } .nplv h3 { font-size: 1.1rem; }
.nplv p { max-width: 48rem; margin: .4rem 0; }
.nplv a { color: #154273; text-decoration: underline; }
.nplv-banner { background: #fff3c4; color: #1a1a1a; border: 2px solid #8a5a00; padding: .4rem .8rem; font-weight: bold; }
.nplv p.nplv-banner, p.nplv-banner { max-width: none; margin: 0; }
.nplv-scroll { overflow-x: auto; margin: .5rem 0 1rem; }
.nplv-scroll:focus-visible, .nplv summary:focus-visible, .nplv a:focus-visible { outline: 3px solid #154273; outline-offset: 2px; }
.nplv-scroll > svg { display: block; width: 100%; min-width: 40rem; max-width: 64rem; height: auto; }
.nplv table { border-collapse: collapse; font-size: .875rem; min-width: min(100%, 40rem); }
.nplv caption { text-align: left; font-weight: bold; padding: .4rem 0; }
.nplv th, .nplv td { text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #bbb; }
.nplv thead th { background: #eef3f8; font-weight: bold; }
.nplv .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.nplv .none { color: #595959; font-style: italic; }
.nplv small { color: #4a4a4a; display: block; font-size: .8rem; }
.nplv dl { margin: .5rem 0; max-width: 60rem; } .nplv dt { font-weight: bold; margin-top: .4rem; } .nplv dd { margin: 0; }
.nplv ul { margin: .4rem 0; padding-left: 1.4rem; list-style: disc; max-width: 60rem; }
.nplv summary { cursor: pointer; color: #154273; font-weight: bold; padding: .3rem 0; }
.nplv-many { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: 1rem; }
.nplv-many figure { margin: 0; break-inside: avoid; } .nplv-many svg { width: 100%; height: auto; display: block; }
.nplv-many figcaption { font-size: .875rem; line-height: 1.35; margin-bottom: .2rem; }
.nplv-key svg { display: inline; vertical-align: middle; margin-right: .3rem; } .nplv-key span { margin-right: 1.2rem; white-space: nowrap; }
.nplv-choices { border: 1px solid #767676; padding: .4rem .8rem .6rem; margin: .6rem 0; } .nplv-choices legend { font-weight: bold; padding: 0 .3rem; }
.nplv-choices > div { display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; }
"""

_PAGE_STYLE = """
html { scroll-padding-top: 6rem; } @media (max-width: 48rem) { html { scroll-padding-top: 10rem; } } body { margin: 0; background: #fff; }
header { position: sticky; top: 0; z-index: 1; } main { max-width: 84rem; margin: 0 auto; padding: 0 1.25rem 3rem; }
@media print { header { position: static; } details { break-inside: avoid; } .nplv-scroll { overflow: visible; } .nplv table { font-size: 7pt; }
  @page { size: A4 landscape; margin: 12mm; @top-center { content: "LABEL"; font: bold 9pt Arial, sans-serif; color: #8a5a00; } } }
"""


def banner(version: Version) -> str:
    """What stands above everything: that it is internal, whether it is invented, and of which version it is."""
    return f'<p class="nplv-banner">{escape(version.label)}. Versie {escape(version.name)}</p>'


def refusal(reason: str) -> str:
    """What is shown in place of all figures when there are none: one line."""
    return (
        f'<div class="nplv"><h1>Verkenner van de monitor</h1><p class="nplv-banner">{INTERNAL}</p><p>Er is niets te tonen: {escape(reason)}</p></div>'
    )


def big_chart(version: Version, indicator_id: str, rows: Sequence[dict[str, Any]], of: str = "") -> str:
    """The chart of rows of `chosen`; on a narrow screen it is moved to and fro, with the keyboard too. of: by which it is told from another one of the indicator."""
    name = version.indicator(indicator_id)["name_nl"]
    return _scrolled(f"Grafiek{of}: {name}", picture(version, indicator_id, rows))


def figures(version: Version, indicator_id: str, rows: Sequence[dict[str, Any]], of: str = "") -> str:
    """The table of the same rows: a row for each geo, a column for each year; below it why figures are missing. of: as for the chart."""
    about = version.indicator(indicator_id)
    if not rows:
        return "<p>Er is niets gekozen.</p>"
    found = {(row["geo"], row["year"]): row for row in rows}
    geos, years = list(dict.fromkeys(row["geo"] for row in rows)), sorted({row["year"] for row in rows})
    head = "".join(f'<th scope="col" class="n">{year}</th>' for year in years)
    body = "".join(
        f'<tr><th scope="row">{escape(version.geo_name(geo))}</th>{"".join(_cell(found.get((geo, year)), about["decimals"]) for year in years)}</tr>'
        for geo in geos
    )
    caption = f"{about['name_nl']}, {about['unit']}. {version.label}"
    table = f'<table><caption>{escape(caption)}</caption><thead><tr><th scope="col">Waarvan</th>{head}</tr></thead><tbody>{body}</tbody></table>'
    return _scrolled(f"Tabel{of}: {about['name_nl']}", table) + _missing(version, rows)


def _cell(row: dict[str, Any] | None, decimals: int) -> str:
    if row is None:
        return '<td class="n none">niet gemeten</td>'
    if row["value"] is None:
        return f'<td class="n none">{number(None, decimals)}</td>'
    notes = []
    if row["value_low"] is not None and row["value_high"] is not None:
        notes.append(f"{number(row['value_low'], decimals)} tot {number(row['value_high'], decimals)}")
    if row["status"] in _STATUS:
        notes.append(_STATUS[row["status"]])
    small = "".join(f"<small>{note}</small>" for note in notes)
    return f'<td class="n">{number(row["value"], decimals)}{small}</td>'


def _missing(version: Version, rows: Iterable[dict[str, Any]]) -> str:
    """Why figures are missing, each reason once with what it holds for."""
    reasons: dict[str, dict[str, list[int]]] = {}
    for row in rows:
        if row["value"] is None:
            reasons.setdefault(row["status_reason"] or "geen reden bekend", {}).setdefault(version.geo_name(row["geo"]), []).append(row["year"])
    if not reasons:
        return ""
    told = []
    for reason, geos in reasons.items():
        where = "; ".join(f"{name} {', '.join(map(str, years))}" for name, years in geos.items())
        told.append(f"<li>{escape(reason)} ({escape(where)})</li>")
    return f"<details><summary>Waarom er geen cijfer is</summary><ul>{''.join(told)}</ul></details>"


def about(version: Version, indicator_id: str, of_series: str) -> str:
    """What the indicator is, what it does not say, and where its series breaks."""
    row = version.indicator(indicator_id)
    told = [
        ("Wat het is", row["definition_nl"]),
        ("Wat het niet zegt", row["caveat_nl"]),
        ("Onzekerheid", row["uncertainty_nl"]),
        ("Peilmoment", row["reference_nl"]),
        ("Hoe het is gemaakt", row["method_nl"]),
        *((f"Breuk in {one['year']}", one["text_nl"]) for one in json.loads(row["breaks"]) if one["series"] == of_series),
        *((f"Niet gegeven: {GEO_NAMES[level]}", reason) for level, reason in json.loads(row["comparators_not_given"]).items()),
    ]
    return f"<dl>{''.join(f'<dt>{escape(term)}</dt><dd>{escape(text)}</dd>' for term, text in told if text)}</dl>"


def arithmetic(version: Version, told: Explanation) -> str:
    """How a figure came about: its terms, and the regions that went in."""
    f, parts = told.figure, regions(told)
    words = "".join(f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in terms(told))
    body = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(f"""<td class="n">{escape(cell)}</td>""" for cell in cells)}<td>{escape(origin)}</td></tr>'
        for name, *cells, origin in parts[:_MOST]
    )
    heads = "".join(f'<th scope="col"{"" if head in ("Regio", "Herkomst") else " class=n"}>{head}</th>' for head in REGION_HEADS)
    title = f"{told.indicator['name_nl']}, {f['geo_name']}, {f['year']}"
    table = f"<table><caption>Regio's: {escape(title)}. {escape(version.label)}</caption><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    rest = f"<p>De {_MOST} grootste van {len(parts)} regio's; <code>nplv explain --all</code> toont ze alle.</p>" if len(parts) > _MOST else ""
    of_regions = f"<details><summary>De regio's</summary>{_scrolled(f'Regio’s van {title}', table)}{rest}</details>" if parts else ""
    return f"<h3>{escape(title)}</h3><p>{escape(version.label)}.</p><dl>{words}</dl>{of_regions}"


def many(version: Version, *, is_linked: bool = False) -> str:
    """All indicators beside each other, the areas together against the Netherlands. is_linked: to their places in the page."""
    geos = (TOTAL, "nederland")
    key = "".join(
        f'<span><svg width="34" height="14" aria-hidden="true"><line x1="0" x2="34" y1="7" y2="7" stroke="{look.colour}" stroke-width="2" '
        f'stroke-dasharray="{look.dash}"/>{marker(look, 17, 7)}</svg>{escape(GEO_NAMES[geo])}</span>'
        for geo in geos
        for look in [version.look(geo)]
    )
    shown = []
    for row in version.indicators:
        name = f"{row['number']}. {escape(row['name_nl'])}"
        rows = chosen(version, row["indicator_id"], geos)
        title = f'<a href="#{row["indicator_id"]}">{name}</a>' if is_linked else f"<b>{name}</b>"
        shown.append(
            f"<figure><figcaption>{title}<br>{escape(row['unit'])}; {escape(_latest(rows, row['decimals']))}</figcaption>"
            f"{picture(version, row['indicator_id'], rows, is_small=True)}</figure>"
        )
    return f'<p>{escape(version.label)}.</p><p class="nplv-key">{key}</p><div class="nplv-many">{"".join(shown)}</div>'


def _latest(rows: Sequence[dict[str, Any]], decimals: int) -> str:
    """The latest figure of the areas in words, beside that of the country in the same year."""
    own = [row for row in rows if row["geo"] == TOTAL and row["value"] is not None]
    if not own:
        return number(None, decimals)
    year = own[-1]["year"]
    national = next((row["value"] for row in rows if row["geo"] == "nederland" and row["year"] == year), None)
    return f"{year}: {GEO_NAMES[TOTAL]} {number(own[-1]['value'], decimals)}, Nederland {number(national, decimals)}"


def title(version: Version) -> str:
    """What the explorer of a version is called, as HTML."""
    return escape(f"Verkenner van de monitor {version.programme.short_nl}")


def page(version: Version) -> str:
    """All of a version in one HTML file: every indicator with its charts, its table and what it does not say."""
    style = STYLE + _PAGE_STYLE.replace("LABEL", version.label)
    sections = "".join(_section(version, row) for row in version.indicators)
    return (
        f'<!DOCTYPE html><html lang="nl"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>Intern: {title(version)}, versie {escape(version.name)}</title><style>{style}</style></head>'
        f'<body class="nplv"><header>{banner(version)}</header><main><h1>{title(version)}</h1><p>{escape(version.programme.name_nl)}. Cijfers van de {len(version.areas)} gebieden, elk en samen, naast die van '
        f"Nederland en van de gemeenten van de gebieden, zoals gepubliceerd in versie {escape(version.name)}. Hoe een cijfer tot stand kwam, zegt <code>nplv explain</code>.</p>"
        f'<h2 id="alle">Alle indicatoren</h2>{many(version, is_linked=True)}{sections}</main></body></html>\n'
    )


def _section(version: Version, row: dict[str, Any]) -> str:
    name, totals = row["indicator_id"], (TOTAL, *COMPARATORS)
    parts = [
        f'<h2 id="{name}">{row["number"]}. {escape(row["name_nl"])}</h2><p>Actielijn {ACTIELIJNEN[row["actielijn"]]}. <a href="#alle">Alle indicatoren</a></p>'
    ]
    for title, of_series in series(version, name).items():
        rows = chosen(version, name, totals, of_series)
        areas = chosen(version, name, list(version.areas), of_series)
        of = "" if of_series == row["main_series"] else f", {title}"
        if of:
            parts.append(f"<h3>{escape(title)}</h3>")
        parts += [big_chart(version, name, rows, of), figures(version, name, rows, of), about(version, name, of_series)]
        if areas:
            each = f" van elk gebied{of}"
            parts.append(
                f"<details><summary>De gebieden</summary>{big_chart(version, name, areas, each)}{figures(version, name, areas, each)}</details>"
            )
    return f"<section>{''.join(parts)}</section>"


def _scrolled(name: str, content: str) -> str:
    return f'<div class="nplv-scroll" role="region" tabindex="0" aria-label="{escape(name)}">{content}</div>'
