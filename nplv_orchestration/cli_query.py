"""The commands that ask a published version: `query` for one question, `shell` for an afternoon of them.

Only reading the call and printing belong here; what a query may do is in `asking`.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any
from unicodedata import category

import typer

from nplv_orchestration.as_of import database
from nplv_orchestration.asking import BINARY, FORMATS, Answer, as_file, ask
from nplv_orchestration.edition.table import DEMO
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home, write_atomically
from nplv_orchestration.published import SCHEMAS, Part
from nplv_orchestration.settings import load_settings

SHOWN = 500  # rows of a table on a terminal; a file has them all

AsOf = Annotated[str | None, typer.Option("--as-of", help="a version, an edition (2025, 2025/r1) or a day (2025-12-01); default the current version")]
Public = Annotated[bool, typer.Option("--public", help="the public database, without the areas")]


def query(
    sql: Annotated[str, typer.Argument(help="a query in DuckDB's SQL; `SHOW ALL TABLES` lists what there is")],
    kind: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "table",
    out: Annotated[Path | None, typer.Option(help="write to this file, in place of the terminal")] = None,
    as_of: AsOf = None,
    public: Public = False,
    seconds: Annotated[float | None, typer.Option(help="stop the query after so many seconds; Ctrl-C stops it too", min=0.1)] = None,
) -> None:
    """Ask a published version, read-only; internal unless --public."""
    if kind not in FORMATS:
        raise WrongCall(f"--format: '{kind}' is none of {', '.join(FORMATS)}")
    if out is None and kind in BINARY and sys.stdout.isatty():
        raise WrongCall(f"{kind} is no text for a terminal; give a file with --out")
    if out is not None and (kind == "table" or out.is_dir()):
        raise WrongCall("--out writes a file: give its name, and what it is with --format csv, json, parquet or xlsx")
    if out is not None and not out.absolute().parent.is_dir():
        raise WrongCall(f"the folder of {out} is not there; make it first")
    settings = load_settings()
    if out is not None:
        Home.of(settings).demand_outside(out)
    answer = ask(database(settings, part(public), as_of), sql, seconds, as_arrow=kind == "parquet", most=SHOWN + 1 if kind == "table" else None)
    if kind == "table":
        _print(answer)
    elif out is None:
        content = as_file(answer, kind)
        sys.stdout.buffer.write(shown(content.decode(), keep="\r\n").encode() if sys.stdout.isatty() else content)
        sys.stdout.buffer.flush()
    else:
        write_atomically(out.absolute(), as_file(answer, kind))
    print(answer.cited, file=sys.stderr)


def part(public: bool) -> Part:
    """The database that is meant."""
    return "openbaar" if public else "intern"


def _print(answer: Answer) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    if answer.facts["mode"] == "demo":
        print(DEMO)
    table = Table(box=box.SIMPLE_HEAD)
    numeric = [any(isinstance(row[place], int | float) for row in answer.rows[:SHOWN]) for place in range(len(answer.columns))]
    for name, is_number in zip(answer.columns, numeric, strict=True):
        table.add_column(escape(shown(name)), justify="right" if is_number else "left")
    for row in answer.rows[:SHOWN]:
        table.add_row(*[escape(_cell(cell)) for cell in row])
    Console(width=None if sys.stdout.isatty() else 240).print(table)
    if len(answer.rows) > SHOWN:
        print(f"De eerste {SHOWN} rijen; alle met --format csv.", file=sys.stderr)


def _cell(cell: Any) -> str:
    if isinstance(cell, list):
        return shown(", ".join(map(str, cell)))
    return "" if cell is None else shown(str(cell))


def shown(text: str, keep: str = "") -> str:
    """A text of somebody else on a terminal: what a terminal takes for a command, or turns the reading around, is a mark. keep: which of these it may have."""
    return "".join("\ufffd" if category(char) in ("Cc", "Cf") and char not in keep else char for char in text)


def shell(as_of: AsOf = None, public: Public = False) -> None:
    """Open a published version in Harlequin, a place to write queries in the terminal; read-only."""
    path = database(load_settings(), part(public), as_of)
    if importlib.util.find_spec("harlequin") is None:
        raise NplvError(
            "Harlequin is not installed: install it with `pip install 'nplv-orchestration[shell]'`, or ask one question with `nplv query`"
        )
    with tempfile.TemporaryDirectory(prefix="nplv-shell-") as folder:
        # what does not fit in memory would else be written beside the file, and break its seal
        begin = Path(folder) / "begin.sql"
        begin.write_text(f"SET temp_directory = '{folder}';\nSET search_path = '{','.join(SCHEMAS)}';\n", encoding="utf-8")
        command = [sys.executable, "-m", "harlequin", "--profile", "None", "--read-only", "--init-path", str(begin), str(path)]
        if status := subprocess.run(command, check=False).returncode:
            raise NplvError(f"Harlequin ended with status {status}; what it said stands above")
