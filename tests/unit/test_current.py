"""What a killed process left among the published versions, and what the next one makes of it."""

from __future__ import annotations

from pathlib import Path

from nplv_orchestration import current
from nplv_orchestration.current import Event
from nplv_orchestration.home import Home, point_to


def published(root: Path, *names: str) -> Home:
    """A home with folders of these names where versions are."""
    home = Home(root)
    for name in names:
        (home.published / name / "intern").mkdir(parents=True)
    return home


def names(home: Home) -> set[str]:
    return {path.name for path in home.published.iterdir() if path.is_dir() and not path.is_symlink()}


def event(version: str) -> Event:
    return Event("2026-01-01T04:31:00+00:00", "published", version, "seal", None)


def test_what_was_written_down_is_finished_and_what_was_not_is_cleared_away(tmp_path: Path) -> None:
    home = published(
        tmp_path, "20260101T043100Z-a", "20260102T043100Z-b", "20260103T043100Z-c", ".draft-20260103T043100Z-d", ".retired-20251231T043100Z-e"
    )
    current.write(home, [event("20260101T043100Z-a"), event("20260102T043100Z-b")])
    point_to(home.current, "20260101T043100Z-a")
    current.unfinished(home)
    assert current.name(home) == "20260102T043100Z-b"
    assert names(home) == {"20260101T043100Z-a", "20260102T043100Z-b"}


def test_a_first_version_that_never_was_current_is_cleared_away_but_none_when_the_history_is_lost(tmp_path: Path) -> None:
    home = published(tmp_path, "20260101T043100Z-a")
    point_to(home.current, "20260101T043100Z-a")
    current.unfinished(home)
    assert names(home) == {"20260101T043100Z-a"}
    home.current.unlink()
    current.unfinished(home)
    assert names(home) == set()


def test_a_version_is_retired_whole(tmp_path: Path) -> None:
    home = published(tmp_path, "20260101T043100Z-a", "20260102T043100Z-b")
    current.retire(home.published / "20260101T043100Z-a")
    assert names(home) == {"20260102T043100Z-b"}
