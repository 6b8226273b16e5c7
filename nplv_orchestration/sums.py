"""The seal of a finished folder: SHA256SUMS, the hash of each file in it, and whether all is as it was sealed.

`sha256sum -c SHA256SUMS` says the same without this project. What is sealed, and what follows when a seal is broken,
belongs to who publishes.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

SUMS = "SHA256SUMS"


def seal(folder: Path) -> str:
    """Write SHA256SUMS over all files below a folder; gives the hash of that list, which stands for the whole."""
    text = "".join(f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder)).encode()
    (folder / SUMS).write_bytes(text)
    return hashlib.sha256(text).hexdigest()


def sealed(folder: Path) -> str | None:
    """The hash of a folder's SHA256SUMS, or None when there is none."""
    return sha256(folder / SUMS) if (folder / SUMS).is_file() else None


def problems(folder: Path) -> list[str]:
    """What differs from the seal, a line each; none when the folder holds exactly the files that were sealed, unchanged."""
    sums = folder / SUMS
    if not sums.is_file():
        return [f"{sums} is not there"]
    try:
        named = hashes(folder)
    except ValueError:
        return [f"{sums} is no list of hashes and names"]
    present = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    found = [f"{name} is not there" for name in named if name not in present]
    found += [f"{name} was put there afterwards" for name in present if name not in named]
    return found + [f"{name} was changed" for name, path in present.items() if name in named and sha256(path) != named[name]]


def hashes(folder: Path) -> dict[str, str]:
    """The hash of each file by its name, as sealed. Raises ValueError for a list that is none."""
    lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ", 1) for line in lines)}


def sha256(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if not path.is_dir() and path != folder / SUMS)
