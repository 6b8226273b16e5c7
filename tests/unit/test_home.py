"""The home: one writer, one source mode, and nothing half written."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nplv_orchestration.errors import HomeBusy, NplvError, WrongCall
from nplv_orchestration.home import Home, exchange, point_to, write_atomically
from nplv_orchestration.settings import Settings

HOLD = "import sys, time; from pathlib import Path; from nplv_orchestration.home import Home\n"
HOLD += "with Home(Path(sys.argv[1])).writing('Dagster run abc'): print('held', flush=True); time.sleep(60)"


def test_a_second_writer_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.writing("the first"):
        with pytest.raises(HomeBusy, match=r"being written by the first \(process \d+\); try again when it is done"), home.writing("the second"):
            pass
        with pytest.raises(HomeBusy, match="the first"):
            home.refuse_when_busy()
    with home.writing("the third") as died:
        assert died == ""


def test_a_killed_writer_keeps_no_lock_and_the_next_one_hears_of_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    writer = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert writer.stdout and writer.stdout.readline() == b"held\n"
    with pytest.raises(HomeBusy, match="Dagster run abc"):
        home.refuse_when_busy()
    writer.kill()
    writer.wait()
    home.refuse_when_busy()
    left = [tmp_path / "archive" / "a" / ".state.json.1.tmp", tmp_path / ".sources.1.tmp"]
    for draft in (*left, tmp_path / "inbox" / ".theirs.1.tmp"):
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text("half")
    with home.writing("the next") as died:
        assert not any(draft.exists() for draft in left)  # of the writer that was killed; the inbox belongs to people
        assert (tmp_path / "inbox" / ".theirs.1.tmp").exists()
        assert died == f"Dagster run abc (process {writer.pid})"
    with home.writing("the one after") as died:
        assert died == ""


def test_a_failed_writer_lets_go(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with pytest.raises(ZeroDivisionError), home.writing("one that fails"):
        _ = 1 / 0
    with home.writing("the next") as died:
        assert died == ""


def test_a_home_belongs_to_one_mode(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.mode(Settings(home=tmp_path)) == "demo"
    assert home.claim(Settings(home=tmp_path, sources="live")) == "live"
    assert home.mode(Settings(home=tmp_path)) == "live"
    with pytest.raises(WrongCall, match="holds live data and NPLV_SOURCES is demo; the two never mix: use another NPLV_HOME"):
        home.claim(Settings(home=tmp_path, sources="demo"))


@pytest.mark.parametrize(
    ("held", "wrong", "said"),
    [
        ("live", {"demo_size": "tiny"}, "NPLV_DEMO_SIZE is for demo data, and NPLV_HOME=.* holds live data: unset it, or use another NPLV_HOME"),
        ("live", {"demo_night": 3}, "NPLV_DEMO_NIGHT is for demo data"),
        ("", {"demo_size": "tiny", "sources": "live"}, "NPLV_DEMO_SIZE is for demo data: set NPLV_SOURCES=demo, or unset it for live data"),
        ("", {"eponline_api_key": "x"}, "NPLV_EPONLINE_API_KEY is for live data: set NPLV_SOURCES=live, or unset it for demo data"),
        ("demo", {}, "says 'demo', expected live, or demo and a size; use another NPLV_HOME"),
        ("demo huge", {}, "says 'demo huge', expected live"),
        ("live small", {}, "says 'live small', expected live"),
    ],
)
def test_settings_of_the_other_mode_and_strange_homes_are_refused(tmp_path: Path, held: str, wrong: dict[str, Any], said: str) -> None:
    if held:
        (tmp_path / "sources").write_text(held)
    with pytest.raises(WrongCall, match=said):
        Home(tmp_path).mode(Settings(home=tmp_path, **wrong))


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    home = Home(tmp_path / "file" / "home")
    for use in (lambda: home.claim(Settings(home=home.root)), home.refuse_when_busy):
        with pytest.raises(
            NplvError,
            match=r"^NPLV_HOME=.* cannot be written \(Not a directory\); see to the folder, its rights and its free space, or choose another$",
        ):
            use()


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder" / "file"
    write_atomically(path, b"old")

    def fails(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new, and much longer")
    assert path.read_bytes() == b"old"
    assert [f.name for f in path.parent.iterdir()] == ["file"]


def test_a_pointer_moves(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        point_to(tmp_path / "current", name)
        assert (tmp_path / "current").resolve() == tmp_path / name
    assert sorted(f.name for f in tmp_path.iterdir()) == ["current", "one", "two"]


def test_folders_change_names(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    exchange(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old" / "file").read_text() == "new"
    assert (tmp_path / "new" / "file").read_text() == "old"
    with pytest.raises(FileNotFoundError):
        exchange(tmp_path / "new", tmp_path / "absent")
