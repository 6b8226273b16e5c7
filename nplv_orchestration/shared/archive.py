"""The archive in object storage: the same objects have the same names there, and the folder is a copy of them.

Of manifests and states the copy is whole, of a Parquet file it has what was asked for. What an archive is belongs to `nplv_orchestration.archive`.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

from nplv_orchestration.archive import Archive, Manifest, file_of
from nplv_orchestration.errors import NplvError
from nplv_orchestration.shared.objects import Objects
from nplv_orchestration.sums import sha256


class SharedArchive(Archive):
    """The archive that machines share. Making it brings the copy up to date."""

    def __init__(self, root: Path, store: Objects) -> None:
        super().__init__(root)
        self._store, self._stored = store, store.names()
        if self._stored:  # else it is yet to take over what the folder has
            self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        """Make the manifests and states of the copy those of the store."""
        small = {name for name in self._stored if name.endswith(".json")}
        here = {path.relative_to(self.root).as_posix(): path for path in self.root.glob("*/*.json")}
        self._store.fetch((name, self.root / name) for name in small if name not in here or _differs(here[name], *self._stored[name]))
        for name in here.keys() - small:
            here[name].unlink()

    def path(self, manifest: Manifest) -> Path:
        """The Parquet file of a version, fetched when it is not here yet and there. Raises NplvError when it is not what was stored."""
        path, name = super().path(manifest), file_of(manifest)
        if name in self._stored and not path.exists():
            self._store.fetch([(name, path)])
            if sha256(path) != manifest.sha256:
                path.unlink()
                raise NplvError(f"{self.address(manifest)} is not what was stored; restore it from a copy of the store")
        return path

    def address(self, manifest: Manifest) -> str:
        """Where DuckDB finds the Parquet file of a version, on any machine."""
        return self._store.address(file_of(manifest))

    def holds(self, manifest: Manifest) -> bool:
        """Whether the file of a version is there; it was written whole or not at all."""
        return self._stored.get(file_of(manifest), (0, ""))[0] > 0

    def tidy(self) -> None:
        """As of any archive; and a store that has none yet takes over that of the folder, manifests last."""
        super().tidy()
        if not self._stored:
            found = sorted(self.root.glob("*/*"), key=lambda path: (path.suffix == ".json", path.name))
            self._store.send((path, path.relative_to(self.root).as_posix()) for path in found)
            self._stored = self._store.names()

    def digest(self, name: str) -> str:
        """The hash of the content of one of `files`, as it is in the store."""
        with TemporaryDirectory() as folder:
            self._store.fetch([(name, Path(folder) / "file")])
            return sha256(Path(folder) / "file")

    def files(self) -> list[str]:
        """The Parquet files of the store, as key/hash.parquet."""
        return sorted(name for name in self._stored if name.endswith(".parquet"))

    def _keep(self, path: Path) -> None:
        name = path.relative_to(self.root).as_posix()
        if name not in self._stored:
            self._store.send([(path, name)])
            self._stored[name] = (path.stat().st_size, "")

    def _write(self, name: str, text: bytes) -> None:
        put = self._store.replace if name.endswith("/state.json") else self._store.create
        put(name, text)
        super()._write(name, text)

    def _remove(self, manifest: Manifest) -> int:
        super()._remove(manifest)
        size, _ = self._stored.pop(file_of(manifest), (0, ""))
        self._store.remove([file_of(manifest)] if size else [])
        return size


def _differs(path: Path, size: int, mark: str) -> bool:
    """Whether a file is another than an object of this size and mark, which of a small object is the MD5 of its content."""
    return path.stat().st_size != size or hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != mark
