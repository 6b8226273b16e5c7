"""The commands about what was published: what moved between two versions, whether one is as it was published, and putting an earlier one back.

Only reading the call and printing belong here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from nplv_orchestration import changes, current
from nplv_orchestration.as_of import database
from nplv_orchestration.deep_check import faults, is_edition, sealed
from nplv_orchestration.edition.table import DEMO
from nplv_orchestration.errors import NplvError, WrongCall, some_of
from nplv_orchestration.home import Home
from nplv_orchestration.published import connect, facts
from nplv_orchestration.settings import load_settings


def diff(
    before: Annotated[str, typer.Argument(help="a version, an edition (2025, 2025/r1) or a day (2025-12-01)")],
    after: Annotated[str | None, typer.Argument(help="the same; default the current version")] = None,
    everything: Annotated[bool, typer.Option("--all", help="the figures of areas too, and not their number alone")] = False,
    kind: Annotated[str, typer.Option("--format", help="table, csv or json")] = "table",
) -> None:
    """Which figures moved between two published versions, and why. Internal, as it tells of areas."""
    from nplv_orchestration.asking import Answer, as_file

    if kind not in ("table", "csv", "json"):
        raise WrongCall(f"--format: '{kind}' is none of table, csv, json")
    settings = load_settings()
    one, other = database(settings, "intern", before), database(settings, "intern", after)
    moved = changes.between(one, other)
    with connect(other) as connection:
        demo = f"{DEMO}. " if facts(connection)["mode"] == "demo" else ""
    told = f"{demo}Van {one.parents[1].name} naar {other.parents[1].name}; intern, niet voor publicatie"
    print(told, file=sys.stdout if kind == "table" else sys.stderr)
    if kind == "table":
        _print_moved(moved, everything)
    else:
        columns = list(changes.COLUMNS)
        rows = [tuple(row[name] for name in columns) for row in moved if everything or row["geo_level"] != "gebied"]
        print(as_file(Answer(columns, rows, {}, "intern"), kind).decode(), end="")


def _print_moved(moved: list[dict[str, Any]], everything: bool) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from nplv_orchestration.edition.table import number

    table = Table(box=box.SIMPLE_HEAD)
    for head in ("Indicator", "Waar", "Jaar", "Was", "Is nu", "Wat", "Waarom"):
        table.add_column(head, justify="right" if head in ("Jaar", "Was", "Is nu") else "left", no_wrap=head in ("Jaar", "Was", "Is nu"))
    shown = [row for row in moved if everything or row["geo_level"] != "gebied"]
    for row in shown:
        told = f"{row['status_before']} → {row['status']}" if row["what"] == changes.STATUS else row["what"]
        series = "" if row["is_main"] else f" ({row['series']})"
        values = [number(row[name], row["decimals"]) for name in ("value_before", "value")]
        if row["what"] == changes.REVISED and values[0] == values[1]:  # less than readers see
            values = [number(row[name], row["decimals"] + 4) for name in ("value_before", "value")]
        table.add_row(row["indicator_id"] + series, row["geo_name"], str(row["year"]), *values, told, changes.because(row))
    if shown:
        Console(width=None if sys.stdout.isatty() else 200).print(table)
    areas = len(moved) - len(shown)
    print(
        f"{len(moved)} cijfers verschillen" + (f", waarvan {areas} van gebieden; die met --all." if areas else ".")
        if moved
        else "Geen cijfer verschilt."
    )


def verify(
    folder: Annotated[
        Path | None, typer.Argument(help="a version, an edition, or a copy of one; default all of this home, without making any again")
    ] = None,
) -> None:
    """Whether published versions and editions hold exactly the files that were made, unchanged; one edition is made again from the archive, too."""
    home = Home.of(load_settings())
    if folder and not folder.is_dir():
        raise WrongCall(f"{folder.resolve()} is no folder; give that of a published version or of an edition")
    looked_at, changed = 0, 0
    for one, found in [(folder.resolve(), faults(home, folder.resolve()))] if folder else sealed(home):
        told = some_of(found) or ("as it was made" if is_edition(one) else "as it was published")
        if folder and is_edition(one) and not found:
            found, told = _again(home, one)
        looked_at, changed = looked_at + 1, changed + bool(found)
        print(f"{one}: {told}")
    if not looked_at:
        raise NplvError(f"{home.root} holds no published version and no edition; run `nplv run` first")
    if changed:
        raise NplvError(f"{changed} of {looked_at} folders are not as they were made; use another, or put one back from a backup")


def _again(home: Home, folder: Path) -> tuple[list[str], str]:
    """Make an edition again; what differs, and how it went in words."""
    from nplv_orchestration import rebuild

    if why := rebuild.is_rebuildable(folder):
        return [], f"as it was made; not made again: {why}"
    found = rebuild.differences(home, folder)
    return found, some_of(found) or "as it was made, and made again from the archive it has the same bytes"


def rollback(
    version: Annotated[str | None, typer.Argument(help="the name of a kept version; without it they are listed")] = None,
    reason: Annotated[str, typer.Option(help="why, for the history and for those who read the figures")] = "",
) -> None:
    """Put an earlier version back. The figures that the present one had otherwise are withdrawn: they are held until they change."""
    home = Home.of(load_settings())
    if version is None:
        _list(home)
        return
    if not reason.strip():
        raise WrongCall("say why with --reason; it stands in the history, and beside the figures that are held")
    with home.writing("nplv rollback"):
        done = current.rollback(home, version, " ".join(reason.split()))
    marts = ", ".join(indicator for indicator, _ in done.withdrawn) or "none: no figures differ"
    print(f"{done.version} is current again, in place of {done.left or 'none'}; withdrawn until they change: {marts}")
    print("Editions stay as they are until the next night makes its concept anew; `nplv run` does it now.")


def _list(home: Home) -> None:
    here = current.name(home)
    for one in current.versions(home):
        print(f"{one.name}{'  (current)' if one.name == here else ''}")
    print()
    for event in current.history(home):
        who = f" by {event.who}: {event.reason}" if event.who else ""
        print(f"{event.at}  {event.version} {event.act}{who}")
