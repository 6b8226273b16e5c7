"""The commands about sources: what is in use of each table, what nobody needs any more, and the rehearsal with the publishers.

Only reading the call and printing belong here.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.settings import load_settings

app = typer.Typer(help="The source tables: what is in use of each, since when, and why not a newer one.")


@app.callback(invoke_without_command=True)
def sources(
    context: typer.Context,
    prune: Annotated[bool, typer.Option("--prune", help="remove versions that nothing refers to, and say which")] = False,
) -> None:
    """Each source table: state, version, when published and fetched, rows, years, boundaries; with --prune removes what nothing needs."""
    if context.invoked_subcommand:
        if prune:
            raise WrongCall("--prune stands alone: nplv sources --prune")
        return
    (_prune if prune else _list)()


def _list() -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from nplv_orchestration.archive import Archive
    from nplv_orchestration.monitor import day_of
    from nplv_orchestration.sources.calendar import freshness
    from nplv_orchestration.sources.registry import REGISTRY

    settings = load_settings()
    home = Home.of(settings)
    home.mode(settings)
    archive, today = Archive.of(home), day_of(settings, home)
    table = Table(box=box.SIMPLE_HEAD)
    for head in ("Table", "State", "Since", "Version", "Published", "Fetched", "Rows", "Years", "Boundaries", "Fresh until"):
        table.add_column(head, justify="right" if head == "Rows" else "left", no_wrap=head != "Table")
    told = []
    for source in REGISTRY:
        state = archive.state(source.key)
        m = state.manifest if state else None
        years = "-".join(map(str, sorted({m.years[0], m.years[-1]}))) if m and m.years else ""
        cells = [source.name, state.state if state else "never asked", state.since[:10] if state else ""]
        cells += [m.publisher_version[:16], (m.publisher_modified or "")[:10], m.fetched_at[:10], f"{m.rows:,}", years] if m else [""] * 5
        fresh = freshness(source, archive)
        until = "" if fresh is None else f"late since {fresh.until}" if fresh.is_late(today) else fresh.until.isoformat()
        table.add_row(*cells, str((m.boundary_year if m else source.boundary_year) or ""), until)
        if fresh and fresh.is_late(today):
            told.append(f"{source.name}: {fresh.told(today)}")
        if state and (state.reason or state.detail):
            told.append(f"{state.reason or source.name} ({state.detail})" if state.detail else state.reason)
    Console(width=None if sys.stdout.isatty() else 180).print(table)
    for line in told:
        print(line)


def _prune() -> None:
    from nplv_orchestration.archive import Archive
    from nplv_orchestration.references import archived_in_use

    settings = load_settings()
    home = Home.of(settings)
    home.mode(settings)
    with home.writing("nplv sources --prune"):
        removed = Archive.of(home).prune(archived_in_use(home))
    for manifest, size in removed:
        print(
            f"removed {manifest.publisher} {manifest.table_id}, version of {manifest.fetched_at[:10]} ({manifest.rows:,} rows, {size / 1e6:.1f} MB)"
        )
    if not removed:
        print("nothing to remove: each version is in use, or a published version or an edition refers to it")


@app.command()
def check(tables: Annotated[list[str] | None, typer.Argument(help="keys of tables; default all")] = None) -> None:
    """Ask each publisher what its table is, and tell what differs from the registry and where to change it. Keeps nothing."""
    from nplv_orchestration import demo
    from nplv_orchestration.sources.check import check as checked
    from nplv_orchestration.sources.http import Http
    from nplv_orchestration.sources.registry import BY_KEY, REGISTRY

    if unknown := [key for key in tables or [] if key not in BY_KEY]:
        raise WrongCall(f"no table {', '.join(unknown)}; there are: {', '.join(BY_KEY)}")
    settings = load_settings()
    home = Home.of(settings)
    transport = None
    if home.mode(settings) == "demo":
        settings, transport = demo.answering(settings, home)
    http = Http(transport)
    wrong = 0
    try:
        for found in checked([BY_KEY[key] for key in tables] if tables else REGISTRY, settings, http):
            if found.skipped:
                print(f"{found.table.name}: not asked; {found.skipped}")
            elif not found.problems:
                print(f"{found.table.name}: as the registry says; {', '.join(found.facts)}")
            for problem in found.problems:
                print(f"{found.table.name}: problem; {problem.removeprefix(f'{found.table.name}: ')}")
            wrong += bool(found.problems)
    finally:
        http.close()
    if wrong:
        raise NplvError(f"{wrong} tables are not as the registry says, or could not be asked; nothing was stored")
