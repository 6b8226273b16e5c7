"""The command `explore`: the internal figures in a browser, or in one HTML file.

Only reading the call and printing belong here.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Annotated

import typer

from nplv_orchestration.as_of import database
from nplv_orchestration.cli_query import AsOf
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home, write_atomically
from nplv_orchestration.services import demand_free
from nplv_orchestration.settings import load_settings


def explore(
    as_of: AsOf = None,
    port: Annotated[int, typer.Option(help="port on this machine", min=1, max=65535)] = 2718,
    html: Annotated[Path | None, typer.Option(help="write everything to this HTML file, in place of serving it")] = None,
) -> None:
    """Explore the figures of areas and totals in a browser: charts, tables, and how each figure came about. Internal."""
    from nplv_orchestration import exploring, exploring_page, exploring_server

    if html is not None and (html.is_dir() or not html.absolute().parent.is_dir()):
        raise WrongCall(f"{html} cannot be written: give the name of a file, in a folder that is there")
    if html is None and importlib.util.find_spec("marimo") is None:
        raise NplvError(
            "marimo is not installed: install it with `pip install 'nplv-orchestration[explorer]'`, or write one file with `nplv explore --html`"
        )
    settings = load_settings()
    if html is not None:
        Home.of(settings).demand_outside(html)
    version = exploring.read(database(settings, "intern", as_of))
    if html is not None:
        write_atomically(html.absolute(), exploring_page.page(version).encode())
        print(f"{version.label}. Versie {version.name} staat in {html}")
        return
    demand_free(port, "choose another with --port")
    if as_of is not None:
        os.environ[exploring_server.AS_OF] = as_of
    print(f"{version.label}. De verkenner staat over enkele seconden op http://127.0.0.1:{port}; Ctrl-C stopt haar.", flush=True)
    exploring_server.serve(port)
