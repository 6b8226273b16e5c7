"""The commands that make a folder for others out of what was published: the documentation site, and the open data.

Only reading the call and printing belong here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nplv_orchestration import current
from nplv_orchestration.as_of import database
from nplv_orchestration.configuration import of
from nplv_orchestration.home import Home
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.published import connect, facts
from nplv_orchestration.settings import load_settings


def site(out: Annotated[Path | None, typer.Option(help="the folder; default NPLV_HOME/site")] = None) -> None:
    """The documentation for analysts, as pages that a browser opens without a server. From the public database alone."""
    from nplv_orchestration.site.build import build

    settings = load_settings()
    home = Home.of(settings)
    folder = (out or home.site).absolute()
    home.demand_outside(folder)
    current.demand_untouched(home)
    version = database(settings, "openbaar")
    with connect(version) as connection:
        programme = of(facts(connection))
    count = build(version, load_manifest(programme), folder)
    print(f"{count} pagina's in {folder}; begin met {folder / 'index.html'}")


def opendata(out: Annotated[Path, typer.Argument(help="the folder that a web server serves")]) -> None:
    """The open data of every edition that was sent: csv and Parquet with schema, citation, licence and changelog. What is there already stays as it is."""
    from nplv_orchestration import opendata as folder

    home = Home.of(load_settings())
    home.demand_outside(out.absolute())
    editions = folder.write(home, out.absolute())
    print(
        f"{len(editions)} {'revisie' if len(editions) == 1 else 'revisies'} in {out.absolute()}: {', '.join(edition.address for edition in editions)}"
    )
