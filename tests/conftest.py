"""What tests share: the real figures served on this machine, and one home built from them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nplv_orchestration.run import run_night
from tests.real import Night, serving, settings_for


@pytest.fixture(scope="session")
def publishers() -> Iterator[str]:
    """Publishers as they were at first."""
    with serving() as url:
        yield url


@pytest.fixture(scope="session")
def restated() -> Iterator[str]:
    """The same publishers after a release in which 400 crimes are added to each region: more than is plausible."""
    with serving("--modified", "2026-06-01T02:00:00", "--revise", "400") as url:
        yield url


@pytest.fixture(scope="session")
def night(publishers: str, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """One whole night on the real figures. Tests only look at it; those that write take `home_of`."""
    settings = settings_for(publishers, tmp_path_factory.mktemp("night") / "home")
    return settings, run_night(settings, 2024)


@pytest.fixture
def home_of(night: Night, tmp_path: Path) -> Path:
    """A copy of the home of that night, to do something to."""
    return Path(shutil.copytree(night[0].home, tmp_path / "home", symlinks=True))
