"""The progress overview as a PDF that a screen reader can read (PDF/UA-1) and an archive can keep (PDF/A-2a), with the same bytes every time."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from nplv_orchestration.edition.document import Block, is_wide, notes_of, parts, title_of
from nplv_orchestration.edition.table import Edition


def pdf(edition: Edition, blocks: list[Block]) -> bytes:
    """The whole overview, of the blocks of `document`."""
    told = {
        "title": title_of(edition),
        "programme": edition.programme.name_nl,
        "short": edition.programme.short_nl,
        "demo": edition.mark,
        "notes": notes_of(edition),
        "parts": [{"is_wide": is_wide(part), "blocks": [{"kind": type(block).__name__} | asdict(block) for block in part]} for part in parts(blocks)],
    }
    (made,) = compiled("voortgangsoverzicht.typ", {"told": json.dumps(told, ensure_ascii=False)}, edition)
    return made


def compiled(
    template: str, told: dict[str, str], edition: Edition, kind: Literal["pdf", "svg", "png"] = "pdf", ppi: float | None = None
) -> list[bytes]:
    """A document of Typst in this folder: one PDF, or a picture of each page. It reads nothing but its own inputs and the fonts of this project's packages."""
    import font_source_sans_pro
    import typst

    made: bytes | list[bytes] = typst.compile(
        Path(__file__).with_name(template),
        format=kind,
        ppi=ppi,
        sys_inputs=told,
        pdf_standards=["ua-1", "a-2a"] if kind == "pdf" else [],
        font_paths=[Path(font_source_sans_pro.__file__).with_name("files")],
        ignore_system_fonts=True,
        timestamp=edition.made_at,
    )
    return made if isinstance(made, list) else [made]
