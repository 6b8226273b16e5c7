"""The progress overview as one page that needs nothing else: its blocks in HTML, with a style of its own and no script."""

from __future__ import annotations

from pathlib import Path

from nplv_orchestration.edition.document import Block, Heading, cover
from nplv_orchestration.edition.table import DEMO, Edition


def html(edition: Edition, blocks: list[Block]) -> str:
    """The whole page, of the blocks of `document`: no script, no outside address."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.tests["kind"] = lambda block, name: type(block).__name__ == name
    return environment.get_template("voortgangsoverzicht.html.j2").render(
        cover=cover(edition),
        blocks=blocks,
        contents=[block for block in blocks if isinstance(block, Heading) and block.level == 2],
        demo=DEMO if edition.is_demo else "",
    )
