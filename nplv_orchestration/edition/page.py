"""The progress overview as one page that needs nothing else: its blocks in HTML, with a style of its own and no script."""

from __future__ import annotations

from pathlib import Path

from nplv_orchestration.edition.difference import Moved, Told
from nplv_orchestration.edition.document import Block, Heading, difference_table, notes_of, title_of
from nplv_orchestration.edition.table import DEMO, Edition


def html(edition: Edition, blocks: list[Block]) -> str:
    """The whole page, of the blocks of `document`: no script, no outside address."""
    return _page(title_of(edition), notes_of(edition), blocks, edition.mark)


def differences(before: Told, after: Told, moved: list[Moved]) -> str:
    """A page with what moved between two editions."""
    notes = [f"{len(moved)} verschillen" if moved else "Beide edities vertellen hetzelfde"]
    blocks: list[Block] = [Heading(2, "Verschillen", "verschillen"), difference_table(before.name, moved)] if moved else []
    return _page(f"Verschillen tussen {before.name} en {after.name}", notes, blocks, DEMO if before.is_demo or after.is_demo else "")


def _page(title: str, notes: list[str], blocks: list[Block], demo: str) -> str:
    """A page with its title and notes on top."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.tests["kind"] = lambda block, name: type(block).__name__ == name
    contents = [block for block in blocks if isinstance(block, Heading) and block.level == 2]
    return environment.get_template("voortgangsoverzicht.html.j2").render(title=title, notes=notes, blocks=blocks, contents=contents, demo=demo)
