"""Office files are packed folders; this packs one again so that the same content has the same bytes on any day."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

_EPOCH = (1980, 1, 1, 0, 0, 0)


def repacked(content: bytes, change: Callable[[str, bytes], bytes | None] = lambda name, part: part) -> bytes:
    """The same file with one fixed date for all its parts. change: what becomes of a part, by its name; None drops it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as made, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as clean:
        for name in made.namelist():
            part = change(name, made.read(name))
            if part is not None:
                method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED  # by which a program knows what the file is
                clean.writestr(zipfile.ZipInfo(name, _EPOCH), part, method)
    return out.getvalue()
