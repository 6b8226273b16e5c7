"""Zips whose bytes follow from their content alone."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping


def packed(members: Mapping[str, Iterable[str]]) -> bytes:
    """A zip of text files: names with their lines; UTF-8."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as target:
        for name, lines in members.items():
            member = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, "\n".join(lines) + "\n")
    return content.getvalue()
