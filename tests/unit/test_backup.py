"""Copies of a home: whole, shared where nothing changed, and put back as they were; what is not whole is refused."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from nplv_orchestration.backup import backup, newest, restore
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.sums import problems


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a bit of everything."""
    root = tmp_path / "home"
    for name, text in {
        "sources": "live\n",
        "archive/t/0001.json": "{}",
        "archive/t/abc.parquet": "PAR1",
        "published/v1/intern/nplv.duckdb": "figures",
        "editions/2025/history.jsonl": "{}\n",
        "inbox/accepted/maatwerk.csv": "a;b",
        "warehouse/nplv.duckdb": "made again",
        "dbt/run_results.json": "made again",
        "lock": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "published" / "current").symlink_to("v1")
    (root / "inbox" / "refused").mkdir()
    (root / "dagster" / "history").mkdir(parents=True)
    with sqlite3.connect(root / "dagster" / "history" / "runs.db") as connection:
        connection.execute("CREATE TABLE runs (id)")
        connection.execute("INSERT INTO runs VALUES (1)")
    connection.close()
    return Home(root)


def content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_text() if path.suffix != ".db" else "db"
        for path in folder.rglob("*")
        if path.is_file() or path.is_symlink()
    }


def test_what_cannot_be_made_again_comes_back_as_it_was(home: Home, tmp_path: Path) -> None:
    made = backup(home, tmp_path / "copies")
    assert not problems(made.folder) and made.shared == 0 and made.files == len(content(made.folder)) - 1
    kept = {name: text for name, text in content(home.root).items() if not name.startswith(("warehouse", "dbt", "lock"))}
    assert {name: text for name, text in content(made.folder).items() if name != "SHA256SUMS"} == kept
    other = Home(tmp_path / "elsewhere")
    assert restore(other, tmp_path / "copies") == made.folder
    assert content(other.root) == kept
    assert (other.root / "inbox" / "refused").is_dir()
    assert other.current.resolve() == other.published / "v1"
    with sqlite3.connect(other.dagster / "history" / "runs.db") as connection:
        assert connection.execute("SELECT * FROM runs").fetchall() == [(1,)]
    connection.close()


def test_what_did_not_change_is_shared_with_the_copy_before(home: Home, tmp_path: Path) -> None:
    first = backup(home, tmp_path / "copies")
    os.rename(first.folder, first.folder.with_name("nplv-20260101T000000Z"))
    (home.archive / "t" / "0002.json").write_text("{}")
    (home.root / "sources").write_text("demo\n")
    second = backup(home, tmp_path / "copies")
    assert newest(tmp_path / "copies") == second.folder
    same = [path for path in second.folder.rglob("*") if path.is_file() and not path.is_symlink() and path.stat().st_nlink == 2]
    assert len(same) == second.shared == 5
    assert (tmp_path / "copies" / "nplv-20260101T000000Z" / "sources").read_text() == "live\n"  # the one before is as it was
    assert not problems(tmp_path / "copies" / "nplv-20260101T000000Z")


def test_a_copy_goes_into_an_empty_home_only(home: Home, tmp_path: Path) -> None:
    backup(home, tmp_path / "copies")
    with pytest.raises(WrongCall, match="holds archive, published, editions, inbox, dagster, sources already"):
        restore(home, tmp_path / "copies")


def test_a_copy_that_was_changed_is_refused_before_anything_is_written(home: Home, tmp_path: Path) -> None:
    made = backup(home, tmp_path / "copies")
    (made.folder / "archive" / "t" / "abc.parquet").write_text("PAR2")
    other = Home(tmp_path / "elsewhere")
    with pytest.raises(NplvError, match=r"is not as it was made: archive/t/abc\.parquet was changed"):
        restore(other, tmp_path / "copies")
    assert not other.root.exists()


def test_wrong_folders_are_refused(home: Home, tmp_path: Path) -> None:
    with pytest.raises(WrongCall, match="lies in the home itself"):
        backup(home, home.root / "copies")
    with pytest.raises(NplvError, match="holds nothing to copy"):
        backup(Home(tmp_path / "nothing"), tmp_path / "copies")
    with pytest.raises(WrongCall, match="holds no copy"):
        restore(Home(tmp_path / "elsewhere"), tmp_path)


def test_a_copy_that_breaks_off_leaves_nothing_that_looks_like_one(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nplv_orchestration import backup as module

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.shutil, "copy2", full)
    with pytest.raises(OSError, match="No space"):
        backup(home, tmp_path / "copies")
    assert list((tmp_path / "copies").iterdir()) == []
