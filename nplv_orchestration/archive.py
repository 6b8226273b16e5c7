"""The raw archive: every version of every source table that was ever used, as Parquet named by its content's hash.

Storing and finding versions belongs here; asking publishers is in `sources`. A Parquet file and a manifest are written
once and never changed; only `state.json` of a table, which says how the last question ended, is replaced. What is otherwise when machines share
it is in `shared.archive`.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import Any, Literal

from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home, sync, write_atomically
from nplv_orchestration.sums import sha256

State = Literal["fresh", "unchanged", "stale", "not_found", "not_configured", "refused", "unreachable"]


@dataclass(frozen=True)
class Delivery:
    """A file that people delivered and that a version is made from. part: which rows of the table are its own; modified: when the file was made."""

    name: str
    part: str
    sha256: str
    accepted_at: str
    rows: int
    years: list[int]
    modified: str


@dataclass(frozen=True)
class Manifest:
    """One archived version of a source table. Moments are ISO text as the publisher or the clock (UTC) gave them.

    moved: what it changed of the version before it, each as `revision.Moved`; of a first version nothing.
    """

    key: str
    relation: str
    publisher: str
    table_id: str
    title: str
    address: str
    publisher_version: str
    publisher_modified: str | None
    fetched_at: str
    rows: int
    years: list[int]
    sha256: str
    boundary_year: int | None
    period: int | None
    licence: str
    request: str
    measures_empty: list[str] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    repeats: str = ""
    """When the same figures were fetched before, as another version of the publisher; empty when they never were."""


@dataclass(frozen=True)
class TableState:
    """How the last question about a table ended.

    reason is a Dutch sentence for every reader, empty when all is well; detail is for those who keep the monitor, and is
    never published: it may quote what a delivered file holds.
    """

    key: str
    state: State
    since: str
    reason: str
    manifest: Manifest | None
    changed: bool
    detail: str = ""
    is_down: bool = False
    """Whether the publisher could not be reached, so that asking again soon may help."""


def now() -> str:
    """The moment as manifests have it: UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0).isoformat()


class Archive:
    """The archive in one folder. Making the object writes nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def of(cls, home: Home) -> Archive:
        """The archive of a home, in its folder or in the store that machines share."""
        if (store := home.archive_store()) is None:
            return cls(home.archive)
        from nplv_orchestration.shared.archive import SharedArchive

        return SharedArchive(home.archive, store)

    def current(self, key: str) -> Manifest | None:
        """The last good version of a table, or None when nothing was ever stored. Raises NplvError for a manifest that is not one."""
        manifests = self._manifests(key)
        return _read(manifests[-1]) if manifests else None

    def versions(self, key: str) -> list[Manifest]:
        """All versions of a table that there ever were, the oldest first. Raises NplvError for a manifest that is not one."""
        return [_read(path) for path in self._manifests(key)]

    def _manifests(self, key: str) -> list[Path]:
        return sorted((self.root / key).glob("[0-9]*.json"))

    def path(self, manifest: Manifest) -> Path:
        """The Parquet file of a version."""
        return self.root / file_of(manifest)

    def address(self, manifest: Manifest) -> str:
        """Where DuckDB finds the Parquet file of a version, on any machine that shares the archive."""
        return str(self.path(manifest))

    def holds(self, manifest: Manifest) -> bool:
        """Whether the file of a version is there, and whole as far as its ends tell."""
        try:
            with self.path(manifest).open("rb") as file:
                start = file.read(4)
                file.seek(-4, os.SEEK_END)
                return start == file.read(4) == b"PAR1"
        except OSError:
            return False

    def draft(self, key: str, kind: str = "parquet") -> Path:
        """Where a pull may write before it is known to be good; kind: the end of its name."""
        return self.folder(key) / f".draft-{os.getpid()}.{kind}"

    def folder(self, key: str) -> Path:
        """The folder of a table, made when it is not there."""
        folder = self.root / key
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def tidy(self) -> None:
        """Remove what a killed pull left; only for who holds the home's lock."""
        for left_over in self.root.glob("*/.draft-*"):
            left_over.unlink()
        for left_over in self.root.glob("*/.fetched-*"):
            rmtree(left_over)

    def store(self, draft: Path, manifest: Manifest) -> Manifest:
        """Take a finished draft over as a new version; the same content is kept once. Returns it with its hash."""
        stored = replace(manifest, sha256=sha256(draft))
        sync(draft)
        same = [m for m in self.versions(stored.key) if (m.sha256, m.request) == (stored.sha256, stored.request)]
        before = next((m.fetched_at for m in same if m.publisher_version != stored.publisher_version), "")
        stored = replace(stored, repeats=stored.repeats or before)
        path, number = self.root / file_of(stored), len(self._manifests(stored.key)) + 1
        if path.exists():
            draft.unlink()
        else:
            os.replace(draft, path)
            sync(path.parent)
        self._keep(path)
        self._write(f"{stored.key}/{number:04d}.json", json.dumps(asdict(stored), ensure_ascii=False, indent=1).encode())
        return stored

    def _keep(self, path: Path) -> None:
        """Make a Parquet file that lies in the folder known to who shares the archive."""

    def _write(self, name: str, text: bytes) -> None:
        """Write a manifest, which is not there yet, or a state."""
        write_atomically(self.root / name, text)

    def as_of(self, key: str, moment: datetime) -> Manifest | None:
        """The version of a table that was the last good one at a moment, or None when there was none yet."""
        known = [manifest for manifest in self.versions(key) if datetime.fromisoformat(manifest.fetched_at) <= moment]
        return known[-1] if known else None

    def prune(self, used: set[str], before: datetime | None = None) -> list[tuple[Manifest, int]]:
        """Remove the Parquet of every version that is not the last one of its table and not among `used` (hashes); before: only what was fetched before then.

        Gives what was removed, with its bytes. Manifests stay: what was once used, and what moved, remains known.
        """
        removed = []
        for key in self.tables():
            versions = self.versions(key)
            kept = used | {manifest.sha256 for manifest in versions[-1:]}
            for manifest in versions:
                is_old = before is None or datetime.fromisoformat(manifest.fetched_at) < before
                if is_old and manifest.sha256 not in kept and (size := self._remove(manifest)):
                    removed.append((manifest, size))
        return removed

    def _remove(self, manifest: Manifest) -> int:
        """Remove the Parquet of a version; gives its bytes, 0 when it is gone already."""
        path = self.root / file_of(manifest)
        size = path.stat().st_size if path.exists() else 0
        path.unlink(missing_ok=True)
        return size

    def tables(self) -> list[str]:
        """The keys of the tables of which there is anything."""
        return sorted(path.name for path in self.root.glob("*") if path.is_dir())

    def digest(self, name: str) -> str:
        """The hash of the content of one of `files`, as it is where all find it."""
        return sha256(self.root / name)

    def files(self) -> list[str]:
        """The Parquet files that there are, as key/hash.parquet."""
        return [path.relative_to(self.root).as_posix() for path in sorted(self.root.glob("*/*.parquet"))]

    def state(self, key: str) -> TableState | None:
        """How the last question about a table ended, or None when it was never asked."""
        try:
            kept = json.loads((self.root / key / "state.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return TableState(**kept, manifest=self.current(key), changed=False)

    def write_state(self, state: TableState) -> None:
        """Keep how a question ended; an unchanged state is not written again."""
        names = ("key", "state", "since", "reason", "detail", "is_down")
        kept = {name: getattr(state, name) for name in names}
        text = json.dumps(kept, ensure_ascii=False).encode()
        path = self.root / state.key / "state.json"
        if not path.exists() or path.read_bytes() != text:
            self._write(f"{state.key}/state.json", text)


def file_of(manifest: Manifest) -> str:
    """The name of the Parquet file of a version in the archive."""
    return f"{manifest.key}/{manifest.sha256}.parquet"


def _read(path: Path) -> Manifest:
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(**{**told, "deliveries": [Delivery(**delivery) for delivery in told.get("deliveries", [])]})
    except (TypeError, ValueError) as error:
        raise NplvError(f"{path} is not a manifest that this version reads ({error}); restore it, or use another NPLV_HOME") from None
