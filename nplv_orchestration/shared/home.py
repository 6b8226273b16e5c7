"""A home that all machines share: a folder here is what the store holds of it, and goes back there as one whole.

What the store holds is a list of files with the hash of each (`home/<number>.json`, the highest number counts), and their contents under those hashes
(`files/<hash>`). A list is written last and only when nobody wrote that number first, so a machine that is killed, or that lost its lock, leaves what there was.
Which folders of a home go there is decided here; the archive goes there by itself, and tables are in the lake.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplv_orchestration import current
from nplv_orchestration.errors import HomeBusy, NplvError, WrongCall
from nplv_orchestration.home import Home, drafts_below, locked, point_to, write_atomically
from nplv_orchestration.settings import Deployment
from nplv_orchestration.shared import lake, postgres
from nplv_orchestration.shared.objects import Objects, Taken
from nplv_orchestration.sums import sha256

if TYPE_CHECKING:
    from nplv_orchestration.shared.postgres import Writer

_SHARED = ("published", "editions", "alerts", "quality", "replays", "demo", "sources", "built.json")
_LISTS, _FILES, _HERE = "home", "files", ".shared.json"
_NEEDED = ("psycopg2", "s3fs", *map(lake.package_of, lake.EXTENSIONS))
_FRESH = 2.0  # seconds that what was read of the store is new enough for who only reads
_TIMES = 5  # that a list may be replaced while it is read
_LOOKED: dict[Path, float] = {}  # when the folder of a home was last brought up to date by this process
_WRITERS: dict[Path, Writer] = {}  # who writes in the folder of a home, of this process
_ONE = threading.Lock()


@dataclass(frozen=True)
class Tree:
    """A state of a home: which number it has, the hash of each file, and where each symbolic link points."""

    number: int = 0
    programme: str = ""
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SharedHome(Home):
    """The home of a programme in a deployment; the folder of this machine is no more than a copy."""

    deployment: Deployment

    @classmethod
    def opened(cls, root: Path, deployment: Deployment) -> SharedHome:
        """The home, with its folder as new as it need be for who reads. Raises WrongCall when what the engines are reached with is not installed."""
        if absent := [name for name in _NEEDED if find_spec(name) is None]:
            raise WrongCall(
                f"for a shared warehouse {', '.join(absent)} must be installed: `make tools`, or pip install 'nplv-orchestration[shared]'"
            )
        home = cls(root, deployment)
        if time.monotonic() - _LOOKED.get(root, -_FRESH) >= _FRESH:
            home._pull_to_read()
        return home

    @cached_property
    def store(self) -> Objects:
        """Where the home is kept."""
        return Objects(self.deployment.store)

    def archive_store(self) -> Objects:
        """Where the archive is kept."""
        return self.store.below("archive")

    @contextmanager
    def writing(self, who: str, wait: float = 0.0) -> Iterator[str]:
        """As that of any home, among all machines; what was written is known to all of them afterwards, however it ended."""
        with super().writing(who, wait) as died_here, postgres.writing(self.deployment, who, wait) as (writer, died):
            _WRITERS[self.root] = writer
            try:
                self.pull()
                writer.followed = lake.demand(self.deployment)
                self.settle()  # what a killed writer had yet to do
                try:
                    yield died or died_here
                finally:
                    self.settle()
            finally:
                del _WRITERS[self.root]

    def refuse_when_busy(self) -> None:
        """As that of any home, among all machines."""
        super().refuse_when_busy()
        postgres.refuse_when_busy(self.deployment)

    def settle(self) -> None:
        """Make what was written here known to all machines: the files as one whole, then the lake that analysts attach.

        Only for who writes. Raises NplvError when another may be writing, or when the store or the lake cannot be reached; what they hold then stays as it was.
        """
        writer = _WRITERS[self.root]
        writer.demand()
        self.push()
        version = current.name(self)
        if version and writer.followed != version:
            lake.follow(self.deployment, self.published / version)
            writer.followed = version

    def in_lakes(self, version: str) -> dict[str, str]:
        """The snapshot of each lake in which a version stands."""
        return {f"ducklake_{part}": str(snapshot) for part, snapshot in lake.snapshots(self.deployment, version).items()}

    def tidy_shared(self) -> dict[str, int]:
        """Remove contents that no list names, as a killed writer leaves, and snapshots of versions that are kept no longer; only for who writes."""
        named = set(self._newest().files.values())
        lost = [name for name in self.store.names(f"{_FILES}/") if name.removeprefix(f"{_FILES}/") not in named]
        self.store.remove(lost)
        return {"objecten": len(lost), "momenten van de lakes": lake.tidy(self.deployment, {version.name for version in current.versions(self)})}

    # ------------------------------------------------------------------------------------------------ store and folder

    def pull(self) -> None:
        """Make the folder what the store holds, whatever lies there; a store that holds nothing yet takes over what the folder has, with the first that writes."""
        self.root.mkdir(parents=True, exist_ok=True)
        with locked(self.root / "pull.lock"):
            for _ in range(_TIMES):
                tree = self._newest()
                if tree.number and tree.programme != self.deployment.programme:
                    raise NplvError(
                        f"{self.store.url} is the store of programme {tree.programme}, and this is {self.deployment.programme}: give each an NPLV_STORE of its own"
                    )
                try:
                    if tree.number:
                        self._lay(tree)
                    return
                except NplvError:
                    if self._newest().number == tree.number:
                        raise
            raise NplvError(f"{self.store.url} was written again and again while it was read; run again")

    def push(self) -> None:
        """Make the store hold what the folder is; nothing when it does."""
        before = self._known()
        files, links, marks = self._walk(before)
        if before.tree.number and (files, links) == (before.tree.files, before.tree.links):
            return
        known = set(before.tree.files.values())
        new = {digest: self.root / name for name, digest in files.items() if digest not in known}
        self.store.send((path, f"{_FILES}/{digest}") for digest, path in new.items())
        tree = Tree(before.tree.number + 1, self.deployment.programme, files, links)
        try:
            self.store.create(f"{_LISTS}/{tree.number:08d}.json", _text(tree))
        except Taken as error:
            raise NplvError(
                f"{error}: two write one home, and what this one wrote is not kept; see that all use one PostgreSQL, and run again"
            ) from None
        self._remember(tree, marks)
        gone = [f"{_FILES}/{digest}" for digest in known - set(files.values())]
        self.store.remove([*gone, *([f"{_LISTS}/{before.tree.number:08d}.json"] if before.tree.number else [])])

    def _pull_to_read(self) -> None:
        """Bring the folder up to date, unless somebody writes on this machine: then it is newer than the store."""
        with _ONE:
            try:
                super().refuse_when_busy()
            except HomeBusy:
                return
            self.pull()
            _LOOKED[self.root] = time.monotonic()

    def _newest(self) -> Tree:
        """The state that the store holds; an empty one when it holds none."""
        for _ in range(_TIMES):
            lists = sorted(self.store.names(f"{_LISTS}/"))
            if not lists:
                return Tree()
            content = self.store.read(lists[-1])
            if content is not None:
                return _tree(content, self.store.address(lists[-1]))
        raise NplvError(f"{self.store.url} was written again and again while it was read; run again")

    def _lay(self, tree: Tree) -> None:
        """Make the folder this state: files first, then links, then what is there no longer, the drafts of who was killed included."""
        for draft in (left for top in _SHARED for left in drafts_below(self.root / top)):
            draft.unlink(missing_ok=True)
        files, links, marks = self._walk(self._known())
        absent = [name for name, digest in tree.files.items() if files.get(name) != digest]
        self.store.fetch((f"{_FILES}/{tree.files[name]}", self.root / name) for name in absent)
        for name in absent:
            if sha256(self.root / name) != tree.files[name]:
                raise NplvError(
                    f"{self.store.address(f'{_FILES}/{tree.files[name]}')} is not what it was when it was written; restore it from a copy of the store"
                )
            marks[name] = _mark(self.root / name)
        for name, target in tree.links.items():
            if links.get(name) != target:
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                point_to(self.root / name, target)
        for name in (files.keys() - tree.files.keys()) | (links.keys() - tree.links.keys()):
            (self.root / name).unlink(missing_ok=True)
            marks.pop(name, None)
        for top in _SHARED:
            _remove_empty(self.root / top)
        self._remember(tree, marks)

    def _walk(self, known: _Known) -> tuple[dict[str, str], dict[str, str], dict[str, list[int]]]:
        """What lies in the folder: the hash of each file, the target of each link, and size and moment of each file, by which it is known without being read again."""
        files, links, marks = {}, {}, {}
        for path in (one for top in _SHARED for one in _below(self.root / top)):
            name = path.relative_to(self.root).as_posix()
            if path.is_symlink():
                links[name] = os.readlink(path)
                continue
            marks[name] = _mark(path)
            files[name] = known.tree.files[name] if name in known.tree.files and known.marks.get(name) == marks[name] else sha256(path)
        return files, links, marks

    def _known(self) -> _Known:
        """The state that was last read or written here, and by what its files are known."""
        try:
            told = json.loads((self.root / _HERE).read_text(encoding="utf-8"))
            if told["store"] == self.store.url:
                return _Known(Tree(**told["tree"]), told["marks"])
        except (FileNotFoundError, KeyError, TypeError, ValueError):  # a copy can be made anew
            pass
        return _Known(Tree(), {})

    def _remember(self, tree: Tree, marks: Mapping[str, list[int]]) -> None:
        told = {"store": self.store.url, "tree": vars(tree), "marks": marks}
        write_atomically(self.root / _HERE, json.dumps(told).encode())


@dataclass(frozen=True)
class _Known:
    tree: Tree
    marks: dict[str, list[int]]


def _text(tree: Tree) -> bytes:
    return json.dumps(vars(tree), ensure_ascii=False, indent=1).encode()


def _tree(content: bytes, where: str) -> Tree:
    try:
        told: dict[str, Any] = json.loads(content)
        tree = Tree(**told)
        for name in (*tree.files, *tree.links):
            if Path(name).parts[0] not in _SHARED or ".." in Path(name).parts:
                raise ValueError(f"{name} lies elsewhere")
        for name, target in tree.links.items():
            if "/" in target or target.startswith("."):
                raise ValueError(f"{name} points elsewhere")
        return tree
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise NplvError(f"{where} is not a state of a home that this version reads ({error}); restore it from a copy of the store") from None


def _mark(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]


def _below(path: Path) -> list[Path]:
    """Files and links; not what is being written."""
    if path.is_symlink() or path.is_file():
        return [path]
    return [
        one
        for one in sorted(path.rglob("*"))
        if (one.is_symlink() or one.is_file()) and not any(part.startswith(".") for part in one.relative_to(path).parts)
    ]


def _remove_empty(folder: Path) -> None:
    """Remove folders in which no file is left, drafts included: they are of a writer that was killed here."""
    if not folder.is_dir() or folder.is_symlink():
        return
    for below in sorted((one for one in folder.rglob("*") if one.is_dir() and not one.is_symlink()), reverse=True):
        if below.exists() and (below.name.startswith(".") or not any(below.iterdir())):
            shutil.rmtree(below)
