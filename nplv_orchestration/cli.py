"""The command line: what a person types. Results go to standard output, progress and complaints to standard error.

Only reading the call and printing belong here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Annotated

import typer

from nplv_orchestration import cli_edition, cli_explore, cli_folders, cli_inbox, cli_indicators, cli_operations, cli_query, cli_sources, cli_versions
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.progress import Progress
from nplv_orchestration.settings import DEMO_SIZES, LAST_NIGHT, DemoSize, Settings, load_settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="De monitor van een programma voor leefbaarheid en veiligheid.",
)
app.add_typer(cli_sources.app, name="sources")
app.add_typer(cli_inbox.app, name="inbox")
app.add_typer(cli_edition.app, name="edition")
app.command()(cli_indicators.indicators)
app.command()(cli_indicators.explain)
app.command()(cli_query.query)
app.command()(cli_query.shell)
app.command()(cli_explore.explore)
app.command()(cli_folders.site)
app.command()(cli_folders.opendata)
app.command()(cli_versions.diff)
app.command()(cli_versions.verify)
app.command()(cli_versions.rollback)
app.command()(cli_operations.status)
app.command()(cli_operations.replay)
app.command()(cli_operations.backup)
app.command()(cli_operations.restore)


def main() -> None:
    """Run a command; an error that a person can act on is one line and an exit status. What it writes is for its user and group alone."""
    os.umask(os.umask(0o077) | 0o027)
    try:
        app(standalone_mode=True)
    except NplvError as error:
        print(f"nplv: {error}", file=sys.stderr)
        sys.exit(error.exit_status)
    except OSError as error:
        print(f"nplv: {error.strerror or error}: {error.filename or 'NPLV_HOME'}; what was published stays as it was", file=sys.stderr)
        sys.exit(1)


@app.command()
def run(
    sources: Annotated[str | None, typer.Option(help="demo or live; default what the home holds")] = None,
    edition: Annotated[int | None, typer.Option(help="year of the letter; default the newest year with figures")] = None,
) -> None:
    """The nightly job, then the edition of the letter's year."""
    from nplv_orchestration.run import run_night

    settings = load_settings(sources)
    with _progress() as progress:
        outcome = run_night(settings, edition, progress)
    for warning in outcome.warnings:
        print(f"let op: {warning}", file=sys.stderr)
    for indicator, reasons in outcome.held.items():
        print(f"vastgehouden: {indicator}: {reasons[0]}", file=sys.stderr)
    cli_indicators.print_indicators(settings)
    print(f"Versie {outcome.version}")
    print(f"Editie {outcome.edition}")
    if outcome.faults:
        more = f" (and {len(outcome.faults) - 1} more)" if len(outcome.faults) > 1 else ""
        raise NplvError(f"all was published as the gate decided, but the waivers are not in order: {outcome.faults[0]}{more}")


@app.command()
def doctor() -> None:
    """The settings, the home, the models and the sources as they are now."""
    settings = load_settings()
    home = Home.of(settings)
    mode = home.mode(settings)
    for name, field in Settings.model_fields.items():
        value = "not used by the demo country" if mode == "demo" and name.endswith("_url") else getattr(settings, name)
        print(f"NPLV_{name.upper():<20} {value if value is not None else '-'}  ({field.description})")
    print(f"inbox                     {home.inbox(settings)}")
    print(f"warehouse                 {settings.warehouse if settings.deployment else settings.warehouse_path}")
    print(
        f"sources in this home      {f'demo, the {home.demo_size(settings)} country on night {home.demo_night(settings)}' if mode == 'demo' else mode}"
    )
    print(f"published version         {home.current.resolve().name if home.current.exists() else 'nothing published yet'}")
    from nplv_orchestration.archive import Archive
    from nplv_orchestration.manifest import load_manifest
    from nplv_orchestration.sources.registry import REGISTRY

    archive = Archive.of(home)
    for table in REGISTRY:
        state = archive.state(table.key)
        line = f"{state.state} since {state.since} {state.reason} {state.detail}".rstrip() if state else "never asked"
        print(f"{table.name}: {line}")
    print(f"indicators                {len(load_manifest(settings.configuration).indicators)}, models prepared")


@app.command()
def prepare() -> None:
    """Prepare the dbt models after an install or a change; quick when nothing changed."""
    from nplv_orchestration.manifest import load_manifest
    from nplv_orchestration.transform import prepare as parse

    try:
        load_manifest()
    except NplvError:
        parse()


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="a folder that is not there yet")],
    size: Annotated[str, typer.Option(help="tiny, small or national")] = "small",
    night: Annotated[int, typer.Option(help="how many nights after the first it is", min=0, max=LAST_NIGHT)] = 0,
) -> None:
    """Write the demo country's files, to look at: what its publishers answer, and what is delivered."""
    from nplv_orchestration.demo.export import export

    with _progress() as progress:
        count = export(_demo_size(size), night, out.absolute(), progress)
    print(f"{count} bestanden in {out.absolute()}")


def _demo_size(text: str) -> DemoSize:
    if text not in DEMO_SIZES:
        raise WrongCall(f"--size: '{text}' is none of {', '.join(DEMO_SIZES)}")
    return DEMO_SIZES[text]


@app.command()
def ui(
    port: Annotated[int, typer.Option(help="port on this machine")] = 3000,
    read_only: Annotated[bool, typer.Option("--read-only", help="for who may look and launch nothing; beside the UI that has the schedules")] = False,
) -> None:
    """The Dagster UI, with its schedules running, on this machine only."""
    from nplv_orchestration import services
    from nplv_orchestration.history import dagster_home

    settings = load_settings()
    home = Home.of(settings)
    home.mode(settings)
    services.demand_free(port, "choose another with --port (make ui PORT=3001)")
    if not read_only:
        services.demand_free(settings.docs_port, "choose another with NPLV_DOCS_PORT")
    held = None if read_only else home.hold_ui()
    dagster_home(settings)
    print(f"De UI staat over enkele seconden op http://127.0.0.1:{port}; Ctrl-C stopt haar.", flush=True)
    with services.private_folder() as folder:
        services.keep(services.services(settings, port, folder, is_read_only=read_only), lambda line: print(line, file=sys.stderr, flush=True), held)


@contextmanager
def _progress() -> Iterator[Progress]:
    """The stages of a run on standard error: a bar on a terminal, a line for each stage elsewhere."""
    if not sys.stderr.isatty():
        told = ""
        one_at_a_time = Lock()  # dbt works in several threads

        def line(stage: str, detail: str = "", done: int = 0, total: int = 0) -> None:
            nonlocal told
            with one_at_a_time:
                if stage != told:
                    print(stage, file=sys.stderr, flush=True)
                told = stage

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[count]}"), TimeElapsedColumn()
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("beginnen", total=None, count="")

        def bar(stage: str, detail: str = "", done: int = 0, total: int = 0) -> None:
            count = f"{done:,}".replace(",", ".") + (f"/{total:,}".replace(",", ".") if total else "") + f" {detail}" if done else ""
            bars.update(task, description=stage, completed=done, total=total or None, count=count)

        yield bar


if __name__ == "__main__":
    main()
