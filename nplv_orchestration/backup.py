"""Copies of a home: what cannot be made again, whole and sealed, and back again.

The archive, published versions, editions, deliveries, messages and Dagster's history are copied; the warehouse and what dbt leaves are made again by the next night.
A file that did not change since the copy before it in the same folder is shared with it, so that a copy each night costs what is new.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nplv_orchestration.errors import NplvError, WrongCall, some_of
from nplv_orchestration.home import Home
from nplv_orchestration.sums import SUMS, hashes, problems, seal, sha256

_KEPT = ("archive", "published", "editions", "alerts", "inbox", "demo", "dagster", "quality", "sources")
_PREFIX = "nplv-"


@dataclass(frozen=True)
class Copied:
    """A copy that was made. files, size: of all of it; shared: how many files it has in common with the one before it."""

    folder: Path
    files: int
    size: int
    shared: int


def backup(home: Home, folder: Path) -> Copied:
    """Copy a home into a new folder inside `folder`; only for who holds the lock of the home.

    Raises WrongCall for a folder inside the home, NplvError when there is nothing to copy, or the copy is not what was copied.
    """
    if folder.resolve().is_relative_to(home.root.resolve()):
        raise WrongCall(f"{folder} lies in the home itself; a copy belongs on another disk")
    if not any((home.root / name).exists() for name in _KEPT):
        raise NplvError(f"{home.root} holds nothing to copy; see NPLV_HOME in `nplv doctor`")
    before = newest(folder)
    made = folder / f"{_PREFIX}{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    draft = folder / f".draft-{made.name}"
    shared = 0
    draft.mkdir(parents=True, mode=0o750)
    try:
        for name in _KEPT:
            for path in _below(home.root / name):
                shared += _copy(path, draft / path.relative_to(home.root), before / path.relative_to(home.root) if before else None)
        seal(draft)
        if found := problems(draft):
            raise NplvError(f"the copy is not what was copied: {some_of(found)}; see to the disk of {folder}")
        os.replace(draft, made)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    files = [path for path in made.rglob("*") if path.is_file() and not path.is_symlink()]
    return Copied(made, len(files), sum(path.stat().st_size for path in files), shared)


def restore(home: Home, folder: Path) -> Path:
    """Put a copy back into a home that is empty, and look whether it is whole before and after; gives the copy.

    folder: a copy, or a folder of copies, of which the newest counts. Raises WrongCall for a home that holds something, and for a folder that holds no copy; NplvError for a
    copy that is not as it was made.
    """
    copy = folder if (folder / SUMS).is_file() else newest(folder)
    if copy is None:
        raise WrongCall(f"{folder} holds no copy; give a folder that `nplv backup` filled")
    if taken := [name for name in _KEPT if (home.root / name).exists()]:
        raise WrongCall(f"NPLV_HOME={home.root} holds {', '.join(taken)} already; a copy goes into an empty home: move that one away, or set another")
    if found := problems(copy):
        raise NplvError(f"{copy} is not as it was made: {some_of(found)}; use another copy")
    home.root.mkdir(parents=True, exist_ok=True, mode=0o750)
    for path in sorted(copy.iterdir()):
        if path.name != SUMS:
            target = home.root / path.name
            if path.is_dir():
                shutil.copytree(path, target, symlinks=True)
            else:
                shutil.copy2(path, target)
    lost = [name for name, digest in hashes(copy).items() if not (home.root / name).exists() or sha256(home.root / name) != digest]
    if lost:
        raise NplvError(
            f"{len(lost)} files did not arrive in {home.root} as they are in the copy: {some_of(lost)}; see to the disk, and try an empty home"
        )
    return copy


def newest(folder: Path) -> Path | None:
    """The newest copy in a folder, or None when there is none."""
    return max((path for path in folder.glob(f"{_PREFIX}*") if (path / SUMS).is_file()), default=None)


def _below(path: Path) -> list[Path]:
    """Files, links and empty folders; not what is being written, and not the sockets and locks of programs."""
    if path.is_file() or path.is_symlink():
        return [path]
    found = [one for one in path.rglob("*") if one.is_symlink() or one.is_file() or (one.is_dir() and not any(one.iterdir()))]
    return [one for one in sorted(found) if not one.name.endswith(("-wal", "-shm", "-journal"))]


def _copy(path: Path, to: Path, before: Path | None) -> bool:
    """Copy one file, link or empty folder; whether it is shared with the copy before."""
    to.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        to.symlink_to(os.readlink(path))
    elif path.is_dir():
        to.mkdir(exist_ok=True)
    elif path.suffix == ".db":  # Dagster may write in it meanwhile: SQLite copies it as it is at one moment
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)
    elif before and before.is_file() and _is_same(path, before):
        os.link(before, to)
        return True
    else:
        shutil.copy2(path, to)
    return False


def _is_same(one: Path, other: Path) -> bool:
    mine, theirs = one.stat(), other.stat()
    return (mine.st_size, mine.st_mtime_ns) == (theirs.st_size, theirs.st_mtime_ns)
