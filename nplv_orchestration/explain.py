"""How a figure came about: its arithmetic, down to the cells of the publishers that went into it.

Reading it from the internal database, and the words in which it is told, belong here; printing it is in `cli_indicators`, showing it in `exploring_page`.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from nplv_orchestration.edition.table import number
from nplv_orchestration.errors import WrongCall
from nplv_orchestration.published import facts, records


@dataclass(frozen=True)
class Explanation:
    """A figure with what it is made of. figure: its row of `marts.indicator_values`; indicator: of `marts.indicators`;
    components: of `marts.indicator_components`, the largest part of the denominator first."""

    figure: dict[str, Any]
    indicator: dict[str, Any]
    components: list[dict[str, Any]]
    is_demo: bool


def explain(database: Path, indicator_id: str, year: int, geo: str, series: str | None = None) -> Explanation:
    """Take a figure apart. geo: a geo_code, or a level that has one geo only, such as nplv; series: default the main one.

    Raises WrongCall, naming what there is, for an indicator, a series, a geo or a year that is not there.
    """
    import duckdb

    with duckdb.connect(str(database), read_only=True) as connection:
        rows = partial(records, connection)
        known = [row["indicator_id"] for row in rows("SELECT indicator_id FROM marts.indicators ORDER BY number")]
        if indicator_id not in known:
            near = get_close_matches(indicator_id, known, 1)
            raise WrongCall(f"no indicator '{indicator_id}'; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"))
        indicator = rows("SELECT * FROM marts.indicators WHERE indicator_id = $id", id=indicator_id)[0]
        figures = rows("SELECT * FROM marts.indicator_values WHERE indicator_id = $id AND $geo IN (geo_code, geo_level)", id=indicator_id, geo=geo)
        codes = sorted({row["geo_code"] for row in figures})
        if len(codes) != 1:
            every = [row["geo_code"] for row in rows("SELECT DISTINCT geo_code FROM marts.indicator_values ORDER BY 1")]
            raise WrongCall(f"'{geo}' is {'several geos' if codes else 'no geo'}; there are {', '.join(every)}")
        wanted = series or indicator["main_series"]
        figures = [row for row in figures if row["series"] == wanted]
        if not figures:
            raise WrongCall(f"{indicator_id} has no series '{wanted}'")
        figure = next((row for row in figures if row["year"] == year), None)
        if figure is None:
            raise WrongCall(f"{indicator_id} is not measured in {year}; it is in {', '.join(str(row['year']) for row in figures)}")
        components = rows(
            "SELECT * FROM marts.indicator_components "
            "WHERE indicator_id = $id AND geo_level = $level AND geo_code = $code AND series = $series AND year = $year "
            "ORDER BY counted DESC, denominator DESC NULLS LAST, region_code",
            id=indicator_id, level=figure["geo_level"], code=figure["geo_code"], series=wanted, year=year,
        )  # fmt: skip
        is_demo = facts(connection)["mode"] == "demo"
    return Explanation(figure, indicator, components, is_demo)


def terms(told: Explanation) -> list[tuple[str, str]]:
    """The arithmetic of a figure as terms, in Dutch, each with what is to be said of it."""
    f, about = told.figure, told.indicator
    found = []
    if f["value"] is None:
        found.append(("waarde", f"geen cijfer: {f['status_reason']}"))
    else:
        value, above, below = number(f["value"], about["decimals"]), number(f["numerator"], 1), number(f["denominator"], 1)
        found.append(("waarde", f"{value} {f['unit']} = {float(about['multiplier']):g} × {above} / {below}; {f['status']}"))
        if f["value_low"] is not None:
            found.append(("marge", f"{number(f['value_low'], about['decimals'])} tot {number(f['value_high'], about['decimals'])}"))
        found += [("teller", f"{above}: {about['numerator_nl']}"), ("noemer", f"{below}: {about['denominator_nl']}")]
        if f["status_reason"]:
            found.append(("let op", f["status_reason"]))
    counted = sum(bool(c["counted"]) for c in told.components)
    found.append(("dekking", f"{number(100 * f['coverage'], 1)}%: {counted} van {len(told.components)} regio's, {f['region_quality'] or 'geen'}"))
    return found


REGION_HEADS = ("Regio", "Grenzen", "Deel", "Cijfer", "Gewicht", "Teller", "Noemer", "Herkomst")


def regions(told: Explanation) -> list[tuple[str, ...]]:
    """What went into a figure, the largest part first: of each region the words under `REGION_HEADS`."""
    return [_region(component, told.figure["year"]) for component in told.components]


def _region(c: dict[str, Any], year: int) -> tuple[str, ...]:
    whole, weight, numerator, denominator = (
        number(c[name], digits) if c[name] is not None else ""
        for name, digits in (("figure", 3), ("weight", 0), ("numerator", 1), ("denominator", 1))
    )
    origin = [
        c["source_table"] or "",
        "" if c["cells"] else c["measure"] or "",
        c["source_hash"] or "",
        "" if c["counted"] else f"telt niet mee: {c['missing'] or 'geen cijfer'}",
    ]
    if c["cells"]:
        origin.append("uit " + ", ".join(f"{cell['region_code']} {cell['measure']} {number(cell['value'], 0)}" for cell in c["cells"]))
    weight_year = f" ({c['weight_year']})" if c["weight_year"] and c["weight_year"] != year else ""
    edition = f"{c['boundary_year'] or ''} {c['region_quality']}"
    return c["region_code"], edition, number(c["share"], 2), whole, weight + weight_year, numerator, denominator, " ".join(o for o in origin if o)
