"""The commands about indicators: their latest figures, what each of them is, and how a figure came about.

Only reading the call and printing belong here.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from nplv_orchestration.as_of import database
from nplv_orchestration.cli_query import AsOf
from nplv_orchestration.published import facts
from nplv_orchestration.settings import Settings, load_settings

SHOWN = 20  # regions of a figure that are printed, unless all are asked for


def indicators(
    markdown: Annotated[bool, typer.Option("--markdown", help="what each indicator is, as docs/indicators.md has it")] = False, as_of: AsOf = None
) -> None:
    """The table of indicators of a version; with --markdown the catalogue behind it."""
    if markdown:
        from nplv_orchestration.catalogue_page import page
        from nplv_orchestration.manifest import load_manifest

        print(page(load_manifest().indicators), end="")
    else:
        print_indicators(load_settings(), as_of)


def print_indicators(settings: Settings, as_of: str | None = None) -> None:
    """The latest figure of each indicator, beside that of the country. as_of: which version, default the current one."""
    import duckdb
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from nplv_orchestration.edition.table import DEMO, NO_FIGURE, development, number

    with duckdb.connect(str(database(settings, "openbaar", as_of)), read_only=True) as connection:
        rows = connection.execute(
            "SELECT c.number, c.name_nl, c.unit, c.decimals, t.latest_year, t.latest_value, t.latest_nl, c.relative, t.verdict, t.gap_verdict, "
            "(SELECT arg_max(status_reason, year) FROM marts.indicator_values AS v "
            "WHERE v.indicator_id = c.indicator_id AND v.series = c.main_series AND geo_level = 'nplv') "
            "FROM marts.indicators AS c LEFT JOIN marts.indicator_trends AS t "
            "ON c.indicator_id = t.indicator_id AND c.main_series = t.series AND t.geo_level = 'nplv' ORDER BY c.number"
        ).fetchall()
        is_demo = facts(connection)["mode"] == "demo"
    table = Table(box=box.SIMPLE_HEAD, title=DEMO if is_demo else None, title_style="bold")
    for head in ("#", "Indicator", "Jaar", "Gebieden", "Nederland", "Ontwikkeling"):
        is_figure = head in ("#", "Jaar", "Gebieden", "Nederland")
        table.add_column(head, justify="right" if is_figure else "left", no_wrap=is_figure)
    for n, name, unit, decimals, year, value, national, relative, verdict, gap_verdict, reason in rows:
        told = development({"relative": relative, "verdict": verdict, "gap_verdict": gap_verdict}) if value is not None else reason
        table.add_row(
            str(n), f"{name}\n[dim]{escape(unit)}[/dim]", str(year or ""), number(value, decimals), number(national, decimals), told or NO_FIGURE
        )
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def explain(
    indicator: Annotated[str, typer.Argument(help="id of an indicator, such as inkomen")],
    year: Annotated[int, typer.Argument(help="year of the figure")],
    geo: Annotated[str, typer.Option(help="nplv, nederland, gemeenten, rest_19_gemeenten, overig_nederland, or the id of an area")] = "nplv",
    series: Annotated[str | None, typer.Option(help="a series of the indicator; default its main one")] = None,
    everything: Annotated[bool, typer.Option("--all", help=f"all regions, where {SHOWN} are shown else")] = False,
    as_of: AsOf = None,
) -> None:
    """How a figure came about: numerator, denominator, coverage, and the regions that went in. Internal: it names regions."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from nplv_orchestration.edition.table import DEMO
    from nplv_orchestration.explain import REGION_HEADS, regions, terms
    from nplv_orchestration.explain import explain as take_apart

    told = take_apart(database(load_settings(), "intern", as_of), indicator, year, geo, series)
    if told.is_demo:
        print(DEMO)
    print(f"{told.indicator['name_nl']}, {told.figure['geo_name']}, {year}; intern, niet voor publicatie")
    for term, text in terms(told):
        print(f"  {term:<10} {text}")
    shown = regions(told) if everything else regions(told)[:SHOWN]
    table = Table(box=box.SIMPLE_HEAD)
    for head in REGION_HEADS[:-1]:
        table.add_column(head, justify="left" if head == "Regio" else "right", no_wrap=True)
    table.add_column(REGION_HEADS[-1])
    for cells in shown:
        table.add_row(*cells)
    Console(width=None if sys.stdout.isatty() else 200).print(table)
    if len(shown) < len(told.components):
        print(f"De {len(shown)} grootste van {len(told.components)} regio's; alle met --all, of vraag marts.indicator_components.")
