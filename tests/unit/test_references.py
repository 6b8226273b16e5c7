"""What is still referred to stays: by a published version, by an edition, or because it is the last of its table."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nplv_orchestration.archive import Archive, Manifest
from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home
from nplv_orchestration.references import archived_in_use
from tests.unit.test_archive import MANIFEST


def store(archive: Archive, content: bytes, key: str = "t") -> Manifest:
    draft = archive.draft(key)
    draft.write_bytes(content)
    return archive.store(draft, replace(MANIFEST, key=key))


def publish(home: Home, name: str, *hashes: str | None) -> Path:
    path = home.published / name / "intern" / "parquet" / "provenance.sources.parquet"
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"key": [str(n) for n in range(len(hashes))], "sha256": pa.array(hashes, pa.string())}), path)
    return path


def edition(home: Home, name: str, *hashes: str | None) -> Path:
    path = home.editions / name / "provenance.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"sources": [{"key": "t", "sha256": found} for found in hashes]}))
    return path


def test_a_new_home_refers_to_nothing(tmp_path: Path) -> None:
    assert archived_in_use(Home(tmp_path / "home")) == set()
    assert not (tmp_path / "home").exists()


def test_published_versions_and_editions_refer_and_a_table_without_a_version_does_not(tmp_path: Path) -> None:
    home = Home(tmp_path)
    publish(home, "20260101-a", "one", None)
    publish(home, "20260102-b", "two")
    home.current.symlink_to("20260102-b")
    edition(home, "2024/r1", "three", None)
    edition(home, "2025/r1", "one", "four")
    (home.editions / "2025" / "current").symlink_to("r1")
    assert archived_in_use(home) == {"one", "two", "three", "four"}


@pytest.mark.parametrize("content", [b"", b"no parquet", None])
def test_a_published_version_that_cannot_be_read_refuses(tmp_path: Path, content: bytes | None) -> None:
    home = Home(tmp_path)
    path = publish(home, "20260101-a", "one")
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(NplvError, match=r"20260101-a/.*provenance\.sources\.parquet cannot be read, so nothing was removed") as caught:
        archived_in_use(home)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"sources": 3}', '{"sources": [{"key": "t"}]}', '{"sources": ["t"]}', None])
def test_an_edition_that_cannot_be_read_refuses(tmp_path: Path, content: str | None) -> None:
    home = Home(tmp_path)
    path = edition(home, "2024/r1", "one")
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    with pytest.raises(NplvError, match=r"2024/r1/provenance\.json cannot be read, so nothing was removed"):
        archived_in_use(home)


def test_what_nothing_refers_to_is_removed_and_told(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    old, used, last = store(archive, b"old!"), store(archive, b"used"), store(archive, b"last")
    other = store(archive, b"other", key="u")
    assert archive.prune({used.sha256}) == [(old, 4)]
    assert [archive.path(m).exists() for m in (old, used, last, other)] == [False, True, True, True]
    assert archive.versions("t") == [old, used, last]
    assert archive.current("t") == last
    assert archive.prune({used.sha256}) == []


def test_the_last_version_of_a_table_stays_though_nothing_refers_to_it(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    first, again = store(archive, b"one"), store(archive, b"one")
    assert archive.path(first) == archive.path(again)
    assert archive.prune(set()) == []
    assert archive.path(again).exists()


def test_content_that_came_back_is_not_removed_as_an_old_version(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    first, between, back = store(archive, b"one"), store(archive, b"two"), store(archive, b"one")
    assert archive.prune(set()) == [(between, 3)]
    assert archive.path(first) == archive.path(back)
    assert archive.path(back).exists()


def test_an_archive_that_is_not_there_has_nothing_to_remove(tmp_path: Path) -> None:
    assert Archive(tmp_path / "archive").prune(set()) == []
