"""The seal of a folder: every change of it is found, and named."""

import subprocess
from pathlib import Path

import pytest

from nplv_orchestration.errors import some_of
from nplv_orchestration.sums import problems, seal, sealed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of two files, one of them deeper, sealed."""
    (tmp_path / "intern").mkdir()
    (tmp_path / "a.csv").write_text("1;2\n")
    (tmp_path / "intern" / "b.csv").write_text("3;4\n")
    seal(tmp_path)
    return tmp_path


def test_an_untouched_folder_has_no_problem_and_sha256sum_agrees(folder: Path) -> None:
    assert problems(folder) == []
    assert subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=True, capture_output=True).stdout == (
        b"a.csv: OK\nintern/b.csv: OK\n"
    )


def test_a_file_that_was_changed_removed_or_added_is_named(folder: Path) -> None:
    (folder / "a.csv").write_text("1;3\n")
    (folder / "intern" / "b.csv").unlink()
    (folder / "intern" / "c.csv").write_text("")
    assert problems(folder) == ["intern/b.csv is not there", "intern/c.csv was put there afterwards", "a.csv was changed"]


def test_a_folder_without_a_list_or_with_a_damaged_one_is_no_sealed_folder(folder: Path) -> None:
    (folder / "SHA256SUMS").write_text("x\n")
    assert problems(folder) == [f"{folder / 'SHA256SUMS'} is no list of hashes and names"]
    (folder / "SHA256SUMS").unlink()
    assert problems(folder) == [f"{folder / 'SHA256SUMS'} is not there"]
    assert sealed(folder) is None


def test_sealing_again_gives_the_same_seal(folder: Path) -> None:
    assert seal(folder) == sealed(folder) == seal(folder)


def test_many_problems_are_told_in_one_line() -> None:
    assert some_of(["a", "b", "c", "d", "e"]) == "a; b; c and 2 more"
    assert some_of(["a"]) == "a"
