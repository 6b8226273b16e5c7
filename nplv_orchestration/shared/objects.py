"""Object storage, through fsspec: whole objects by name below one address.

Every request to it is made here, but for those of DuckDB, which reads and writes tables there by itself. An object is written whole or not at all; `create`
refuses to write over one, which is what renaming a draft is on a disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import whole

_AT_ONCE = 8  # objects that are sent or fetched at the same time
_TRIES = 8  # of a request, with longer and longer waits between: some 30 seconds, in which a server can be started again
_MOST_REMOVED = 1000  # objects in one request
_SCHEME = "s3://"


def endpoint() -> str | None:
    """The address of a store that is not AWS's, as AWS's own programs have it. What is kept open for a store is kept for this address."""
    return os.environ.get("AWS_ENDPOINT_URL")


class Taken(NplvError):
    """Another wrote an object of this name first."""


class Objects:
    """All objects below one address, as s3://bucket/prefix. Making it asks nothing."""

    def __init__(self, url: str) -> None:
        import s3fs

        self.url = url.rstrip("/")
        self._bucket, _, prefix = self.url.removeprefix(_SCHEME).partition("/")
        self._prefix = f"{prefix}/" if prefix else ""
        config = {"retries": {"max_attempts": _TRIES, "mode": "standard"}, "connect_timeout": 10, "read_timeout": 60}
        self._fs = s3fs.S3FileSystem(endpoint_url=endpoint(), config_kwargs=config, use_listings_cache=False)

    def below(self, name: str) -> Objects:
        """The objects below a name."""
        return Objects(f"{self.url}/{name}")

    def address(self, name: str) -> str:
        """Where an object lies, as DuckDB reads it."""
        return f"{self.url}/{name}"

    def _path(self, name: str) -> str:
        """An object, as s3fs names it."""
        return f"{self._bucket}/{self._prefix}{name}"

    def names(self, start: str = "") -> dict[str, tuple[int, str]]:
        """All objects below the address whose name begins so: the size and a mark of the content of each. Raises NplvError when there is no such bucket."""
        found, rest = [], {"Prefix": self._prefix + start}
        with self._told():
            while rest:
                page = self._fs.call_s3("list_objects_v2", Bucket=self._bucket, **rest)
                found += page.get("Contents", [])
                rest = rest | {"ContinuationToken": page["NextContinuationToken"]} if page.get("IsTruncated") else {}
        return {one["Key"].removeprefix(self._prefix): (one["Size"], one["ETag"].strip('"')) for one in found}

    def read(self, name: str) -> bytes | None:
        """The content of a small object, or None when it is not there."""
        with self._told():
            try:
                content: bytes = self._fs.cat_file(self._path(name))
            except FileNotFoundError as error:
                if _names_bucket(error):
                    raise
                return None
            return content

    def create(self, name: str, content: bytes) -> None:
        """Write an object that is not there yet. Raises Taken when it is."""
        with self._told():
            try:
                self._fs.pipe_file(self._path(name), content, mode="create")
            except FileExistsError:
                raise Taken(f"{self.address(name)} was written by another meanwhile") from None

    def replace(self, name: str, content: bytes) -> None:
        """Write an object, in place of what lies there."""
        with self._told():
            self._fs.pipe_file(self._path(name), content)

    def send(self, files: Iterable[tuple[Path, str]]) -> None:
        """Write files as objects, in place of what lies there: for names that say what the content is."""
        self._each(lambda one: self._fs.put_file(str(one[0]), self._path(one[1])), list(files))

    def fetch(self, files: Iterable[tuple[str, Path]]) -> None:
        """Write objects as files, each whole or not at all. Raises NplvError, naming it, for one that is not there."""
        self._each(self._fetch, list(files))

    def _fetch(self, one: tuple[str, Path]) -> None:
        name, path = one
        with whole(path) as draft:
            self._fs.get_file(self._path(name), str(draft))

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; one that is gone already is no matter."""
        keys = [{"Key": self._prefix + name} for name in names]
        with self._told():
            for start in range(0, len(keys), _MOST_REMOVED):
                self._fs.call_s3("delete_objects", Bucket=self._bucket, Delete={"Objects": keys[start : start + _MOST_REMOVED], "Quiet": True})

    def _each(self, act: Callable[[Any], None], todo: list[Any]) -> None:
        with self._told(), ThreadPoolExecutor(_AT_ONCE) as pool:
            for done in [pool.submit(act, one) for one in todo]:
                done.result()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong at the other side, in one line."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError, OSError, TimeoutError) as error:
            if isinstance(error, OSError) and error.filename:  # of a file here
                raise
            todo = (
                "create the bucket, or correct NPLV_STORE"
                if _names_bucket(error)
                else "see to the store, its address (AWS_ENDPOINT_URL) and its keys, and run again"
            )
            raise NplvError(f"{self.url}: {error}; {todo}") from error


def _names_bucket(error: Exception) -> bool:
    return "bucket" in str(error).lower() and ("exist" in str(error).lower() or "NoSuchBucket" in str(error))
