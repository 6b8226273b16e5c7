"""The commands of who keeps the monitor running: how things stand, a replay of another day, a copy of the home and back.

Only reading the call and printing belong here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nplv_orchestration.errors import WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Settings, load_settings


def status() -> None:
    """How things stand: the last night, what asks for a person, what is stale, and the next night. Exit status 1 when the last night was not good."""
    from nplv_orchestration.status import demand_well
    from nplv_orchestration.status import status as found

    now = found(load_settings())
    for heading, lines in now.lines.items():
        print(f"{heading}: {lines[0] if len(lines) == 1 else '' if lines else 'geen'}".rstrip())
        for line in lines if len(lines) > 1 else []:
            print(f"  - {line}")
    demand_well(now)


def replay(
    day: Annotated[str, typer.Option("--as-of", help="the day of which the sources are, such as 2024-09-01; default today")] = "",
    source: Annotated[list[str] | None, typer.Option(help="the key of a table of which it is that day, the others being as now; default all")] = None,
    edition: Annotated[int | None, typer.Option(help="year of the edition; default the newest year with figures")] = None,
    out: Annotated[Path | None, typer.Option(help="a folder that is not there yet; default one in NPLV_HOME/replays")] = None,
) -> None:
    """What would have been told with what was known on another day: figures and edition from the archive, by the code of now, without a network."""
    from nplv_orchestration.edition.life import as_day
    from nplv_orchestration.monitor import day_of
    from nplv_orchestration.replay import replay as made_again

    settings = load_settings()
    if settings.deployment and out is None:
        raise WrongCall(
            "give a folder of this machine with --out: NPLV_HOME is a copy of what machines share; the job `replay` in the UI keeps it for all"
        )
    home = Home.of(settings)
    then = as_day(day, "--as-of") if day else None
    made = made_again(
        home, settings.configuration, day_of(settings, home), then, sources=source or [], year=edition, out=out.absolute() if out else None
    )
    for indicator, reason in made.held.items():
        print(f"vastgehouden: {indicator}: {reason}")
    print(f"Versie {made.folder / 'versie'}")
    print(f"Editie {made.year}, als herhaling gemerkt: {made.folder / 'editie'}")


def _on_one_machine(otherwise: str) -> Settings:
    """The settings. Raises WrongCall when machines share what they are about. otherwise: what is to be done then."""
    settings = load_settings()
    if settings.deployment:
        raise WrongCall(f"{otherwise} (docs/deployment.md)")
    return settings


def backup(folder: Annotated[Path, typer.Argument(help="a folder on another disk; a copy of now is added to those in it")]) -> None:
    """Copy what cannot be made again: archive, versions, editions, deliveries, messages and history; sealed, and sharing what did not change."""
    from nplv_orchestration.backup import backup as copy

    settings = _on_one_machine("a copy of what machines share is one of the store and of the database, made by their own means")
    home = Home.of(settings)
    with home.writing("nplv backup", 600):
        made = copy(home, folder.absolute())
    print(f"{made.folder}: {made.files} bestanden, {made.size / 1e6:.1f} MB, waarvan {made.shared} bestanden ongewijzigd")
    if not home.inbox(settings).resolve().is_relative_to(home.root.resolve()):
        print(f"De inbox {home.inbox(settings)} ligt buiten NPLV_HOME en is niet meegekopieerd.")


def restore(folder: Annotated[Path, typer.Argument(help="a copy, or a folder of copies, of which the newest counts")]) -> None:
    """Put a copy back into an empty NPLV_HOME, and look whether it is whole."""
    from nplv_orchestration.backup import restore as put_back

    home = Home.of(_on_one_machine("put the copy back without NPLV_STORE and NPLV_WAREHOUSE; an empty store takes over what the folder has"))
    copy = put_back(home, folder.absolute())
    print(f"{copy} staat terug in {home.root}; `nplv verify` en `nplv run` doen de rest")
