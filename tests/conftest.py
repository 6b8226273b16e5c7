"""What tests share: the real figures served on this machine, and one home built from them; and a home of the demo country."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import HttpUrl

from benchmarks.processes import free_port
from nplv_orchestration.demo.country import Country
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.run import run_night
from nplv_orchestration.settings import Settings
from tests.deliveries import addresses, known_buurten, put
from tests.real import Night, answering, serving, settings_for


@pytest.fixture
def dagster_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Dagster keeps its history is put back after a test that opens one."""
    monkeypatch.setenv("DAGSTER_HOME", "")


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
def plausibly_restated() -> Iterator[str]:
    """A new release of all tables in which each region has one crime more: new figures that pass every check."""
    with serving("--modified", "2026-06-01T02:00:00", "--revise", "1") as url:
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


@pytest.fixture(scope="session")
def delivered_night(night: Night, publishers: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The night after deliveries were put into the inbox, with a server that knows the buurt of each address."""
    home = Path(shutil.copytree(night[0].home, tmp_path_factory.mktemp("delivered") / "home", symlinks=True))
    shutil.rmtree(home / "inbox")
    buurten = known_buurten(home)
    put(home, buurten)
    answers = {"/postcode/2024-cbs-pc6huisnr20240801_buurt.zip": addresses(buurten)}
    with answering(answers) as url:
        settings = settings_for(publishers, home).model_copy(update={"cbs_download_url": HttpUrl(url)})
        yield settings, run_night(settings, 2024)


@pytest.fixture(scope="session")
def tiny() -> Figures:
    """The figures of the tiny demo country, made once."""
    return Figures(Country("tiny"))


@pytest.fixture(scope="session")
def demo_night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """One whole night on the tiny demo country. Tests only look at it; those that write take `demo_home`."""
    settings = Settings(home=tmp_path_factory.mktemp("demo") / "home", demo_size="tiny", docs_port=free_port())  # of the pages to which the UI links
    return settings, run_night(settings, None)


@pytest.fixture
def demo_home(demo_night: Night, tmp_path: Path) -> Path:
    """A copy of the home of that night, to do something to."""
    return Path(shutil.copytree(demo_night[0].home, tmp_path / "demo", symlinks=True))
