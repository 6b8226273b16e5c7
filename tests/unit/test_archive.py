"""The archive: content named by its hash, manifests that never change, a state that is replaced whole."""

from dataclasses import replace
from pathlib import Path

import pytest

from nplv_orchestration.archive import Archive, Manifest, TableState
from nplv_orchestration.errors import NplvError

MANIFEST = Manifest(
    key="t", relation="r", publisher="P", table_id="1", title="T", address="a", publisher_version="v1", publisher_modified=None,
    fetched_at="2026-01-01T00:00:00+00:00", rows=1, years=[2024], sha256="", boundary_year=2024, period=2024, licence="CC0", request="q",
)  # fmt: skip


def store(archive: Archive, content: bytes, version: str) -> Manifest:
    draft = archive.draft("t")
    draft.write_bytes(content)
    return archive.store(draft, replace(MANIFEST, publisher_version=version))


def test_a_new_archive_is_empty_and_writes_nothing(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive")
    assert archive.current("t") is None
    assert archive.state("t") is None
    assert not archive.root.exists()


def test_versions_stay_and_the_last_is_current(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    first, second = store(archive, b"one", "v1"), store(archive, b"two", "v2")
    assert archive.current("t") == second
    assert archive.path(first).read_bytes() == b"one"
    assert archive.path(second).read_bytes() == b"two"


def test_equal_content_is_kept_once(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    first, second = store(archive, b"one", "v1"), store(archive, b"one", "v2")
    assert archive.path(first) == archive.path(second)
    assert second.publisher_version == "v2"
    assert len(list((tmp_path / "t").glob("*.parquet"))) == 1
    assert len(list((tmp_path / "t").glob("0*.json"))) == 2
    assert (first.repeats, second.repeats) == ("", first.fetched_at)
    assert store(archive, b"two", "v3").repeats == ""


def test_a_killed_pull_leaves_nothing_in_use(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    good = store(archive, b"one", "v1")
    (tmp_path / "t" / ".draft-1.parquet").write_bytes(b"half")
    assert archive.current("t") == good
    archive.tidy()
    assert not list((tmp_path / "t").glob(".draft-*"))


@pytest.mark.parametrize("wrong", ["{}", "half a man", '{"key": "t", "colour": "blue"}'])
def test_a_manifest_that_is_not_one_is_named(tmp_path: Path, wrong: str) -> None:
    archive = Archive(tmp_path)
    store(archive, b"one", "v1")
    (tmp_path / "t" / "0001.json").write_text(wrong)
    with pytest.raises(NplvError, match=r"t/0001\.json is not a manifest that this version reads"):
        archive.current("t")


def test_state_is_read_back_with_the_current_version(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    good = store(archive, b"one", "v1")
    archive.write_state(TableState("t", "fresh", "2026-01-01", "", good, True))
    archive.write_state(TableState("t", "stale", "2026-01-02", "niet bereikbaar", good, False))
    assert archive.state("t") == TableState("t", "stale", "2026-01-02", "niet bereikbaar", good, False)
