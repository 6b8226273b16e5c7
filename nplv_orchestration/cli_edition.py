"""The commands about editions: where one stands, what people decide about it, and what moved between two.

Only reading the call and printing belong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nplv_orchestration.edition import desk, life
from nplv_orchestration.errors import WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.settings import load_settings


class _Years(TyperGroup):
    """A year stands for the command about that year's edition."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        return super().resolve_command(ctx, ["of", *args] if args[0].isdigit() else args)


app = typer.Typer(
    cls=_Years,
    no_args_is_help=True,
    help="Editions: `nplv edition YEAR` makes or tells of one; what people decide about it has a command or a --status.",
)
_Who = Annotated[str, typer.Option("--by", help="who does this: a name, with a function")]
_Year = Annotated[int, typer.Argument(help="year of the letter")]
_Reason = Annotated[str, typer.Option(help="why; it stands in the history")]
_On = Annotated[str, typer.Option(help="the day on which the letter was sent, as 2026-11-27")]
_Letter = Annotated[str, typer.Option(help="the number of the letter (Kamerstuknummer)")]


@app.command("of", hidden=True)
def of(
    year: _Year,
    status: Annotated[str | None, typer.Option(help="what it becomes: concept, afgestemd, ter-besluitvorming or verzonden")] = None,
    by: _Who = "",
    body: Annotated[list[str] | None, typer.Option(help=f"who agrees, with afgestemd: {', '.join(life.BODIES)}; may be given more than once")] = None,
    on: _On = "",
    letter: _Letter = "",
    reason: _Reason = "",
) -> None:
    """Make the concept of a year anew, or take the next step with it; then tell where it stands."""
    with _at_desk(year) as home:
        desk.act(home, year, desk.Step(status or "", by, tuple(body or ()), on, letter, reason))


@app.command()
def cutoff(year: _Year, day: Annotated[str, typer.Argument(help="the last day of which data counts, as 2026-09-01")], by: _Who = "") -> None:
    """Set the data cut-off (sluitingsdatum): after that day the concept rests on the version of that day."""
    with _at_desk(year) as home:
        desk.set_cut_off(home, year, day, by)


@app.command()
def revise(year: _Year, reason: _Reason = "", by: _Who = "") -> None:
    """Begin the next revision of a frozen edition; the one before it stays as it is."""
    with _at_desk(year) as home:
        desk.revise(home, year, reason, by)


@app.command()
def split(year: _Year) -> None:
    """Compute how much of what moved since the edition before comes of the method, the delineation and the sources, and tell so in the concept."""
    with _at_desk(year) as home:
        desk.split(home, year)


@app.command()
def remark(year: _Year, text: Annotated[str, typer.Argument(help="what the reviewer remarks")], by: _Who = "") -> None:
    """Keep a reviewer's remark with the revision that it is about."""
    with _at_desk(year) as home:
        desk.remark(home, year, text, by)


@app.command()
def enter(
    year: _Year,
    file: Annotated[Path, typer.Argument(help="csv with the columns indicator_id, year, areas, netherlands")],
    letter: _Letter = "",
    on: _On = "",
    by: _Who = "",
) -> None:
    """Enter the figures of an earlier letter as revision 0 of its year, so that the next edition can be compared with them."""
    with _at_desk(year) as home:
        folder = desk.enter(home, year, file, on, letter, by)
        print(f"{folder}: the figures of {letter} are kept")


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="an edition, as 2024/r1 or a folder")],
    after: Annotated[str, typer.Argument(help="another one")],
    html: Annotated[Path | None, typer.Option(help="write it as a page, too")] = None,
) -> None:
    """What moved between two editions, and why."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from nplv_orchestration.edition import build, difference, page

    home = Home.of(load_settings())
    first, second = _folder(home, before), _folder(home, after)
    one, other = difference.read(first), difference.read(second)
    moved = difference.moved(one, other, difference.steps(build.steps_told(first, second)))
    table = Table(*difference.HEAD, box=box.SIMPLE_HEAD, title=f"{one.name} → {other.name}")
    for cells in difference.rows(moved):
        table.add_row(*cells)
    Console(width=None if Console().is_terminal else 200).print(table if moved else f"{one.name} and {other.name} tell the same")
    if html:
        html.write_text(page.differences(one, other, moved), encoding="utf-8")


@contextmanager
def _at_desk(year: int) -> Iterator[Home]:
    """The home under its lock; where the edition stands is told when all went well."""
    home = Home.of(load_settings())
    with home.writing("nplv edition"):
        yield home
    _tell(home, year)


def _folder(home: Home, name: str) -> Path:
    folder = Path(name) if Path(name).is_dir() else home.editions / name
    if not folder.is_dir():
        raise WrongCall(f"there is no edition {name[:80]}; give it as 2024/r1, of those in {home.editions}, or as a folder")
    return folder.resolve()


def _tell(home: Home, year: int) -> None:
    """Where an edition stands, and what people did and said."""
    folder = home.editions / str(year)
    acts = life.read(folder)
    now = life.standing(acts)
    print(f"Editie {year}, revisie {now.revision}: {now.status}")
    print(f"Sluitingsdatum: {now.cut_off or 'niet vastgesteld; elke nacht de nieuwste cijfers'}")
    if not now.is_frozen:
        print(f"Afgestemd met: {', '.join(now.agreed) or 'niemand'}; nog te horen: {', '.join(now.not_agreed) or 'niemand'}")
    for act in acts:
        words = " ".join(part for part in (act.body, act.day, act.letter) if part)
        print(f"{act.at[:10]}  r{act.revision}  {act.act}{f' {words}' if words else ''} ({act.who}){f': {act.text}' if act.text else ''}")
    made = folder / f"r{now.revision}"
    print(f"Map {made}" if made.is_dir() else "Er is nog geen map van deze revisie")
