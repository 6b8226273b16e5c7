"""`nplv inbox`: what a person types about delivered files. Only reading the call and printing belong here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nplv_orchestration.archive import Archive
from nplv_orchestration.errors import NplvError, SourceRefused, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.settings import load_settings

app = typer.Typer(help="Delivered files: what waits, what was taken over, what was refused.")


@app.callback(invoke_without_command=True)
def inbox(context: typer.Context) -> None:
    """What waits in the inbox, what was taken over from it, and what was refused and lies there still."""
    if context.invoked_subcommand:
        return
    from nplv_orchestration.sources import inbox as folder_of
    from nplv_orchestration.sources.deliveries import held
    from nplv_orchestration.sources.inbox import BY_TABLE
    from nplv_orchestration.sources.sheets import shown

    settings = load_settings()
    home = Home.of(settings)
    folder = home.inbox(settings)
    print(f"Inbox {folder}")
    waiting = [(shown(file.name, 80), kind.name if (kind := folder_of.kind_of(file)) else "onbekend") for file in folder_of.candidates(folder)]
    _section("Wacht", [f"{name} ({kind})" for name, kind in waiting])
    _section(
        "Overgenomen",
        [
            f"{shown(d.name, 80)} ({BY_TABLE[key].name}) op {d.accepted_at[:10]}: {d.rows} rijen van {', '.join(map(str, d.years))}"
            for key, d in held(Archive.of(home))
        ],
    )
    _section("Geweigerd", [f"{name}: {line}" for name, line in folder_of.refused(folder).items()])


def _section(title: str, lines: list[str]) -> None:
    print(f"{title}: {len(lines) or 'niets'}")
    for line in lines:
        print(f"  {line}")


@app.command()
def template(
    kind: Annotated[str, typer.Argument(help="the kind of delivery, as maatwerk")],
    out: Annotated[Path | None, typer.Option(help="a file that is not there yet; default KIND_sjabloon.xlsx here")] = None,
) -> None:
    """A spreadsheet to fill in, with an explanation of each column."""
    from nplv_orchestration.sources.deliveries import catalogued, known
    from nplv_orchestration.sources.inbox import KINDS
    from nplv_orchestration.sources.registry import BY_KEY
    from nplv_orchestration.sources.templates import template as made

    found = next((k for k in KINDS if k.name == kind), None)
    if found is None:
        raise WrongCall(f"no kind of delivery is named '{kind}'; there are {', '.join(k.name for k in KINDS)}")
    if found.form is None:
        print(f"{kind}: geen sjabloon; het bestand van {BY_KEY[found.table].publisher} gaat in de inbox zoals het is, onder zijn eigen naam")
        return
    settings = load_settings()
    home = Home.of(settings)
    path = (out or Path(f"{kind}_sjabloon.xlsx")).absolute()
    if path.exists():
        raise WrongCall(f"{path} is there already; give another file with --out")
    try:
        exists = known(BY_KEY[found.table], home.demo if home.mode(settings) == "demo" else settings.programme_folder)
    except SourceRefused:  # the demo country has no areas before its first night
        exists = catalogued(BY_KEY[found.table])
    try:
        path.write_bytes(made(found.form, exists))
    except OSError as error:
        raise NplvError(f"--out {path} cannot be written ({error.strerror}); give another file") from None
    print(path)


@app.command()
def withdraw(name: Annotated[str, typer.Argument(help="the name of a file that was taken over, as `nplv inbox` tells it")]) -> None:
    """Take a delivery back: what it brought is out of use from the next night on."""
    from nplv_orchestration.sources.deliveries import find
    from nplv_orchestration.sources.deliveries import withdraw as take_back

    settings = load_settings()
    home = Home.of(settings)
    home.mode(settings)
    archive = Archive.of(home)
    find(archive, name)  # a wrong name is refused before anything is written
    with home.writing("nplv inbox withdraw"):
        table, gone, version = take_back(archive, name)
    years = ", ".join(map(str, gone.years))
    print(f"Teruggenomen: {gone.name}, {gone.rows} rijen van {years}; een volgende nacht rekent zonder.")
    print(f"{table.name} heeft nog {version.rows} rijen uit {len(version.deliveries)} leveringen.")
