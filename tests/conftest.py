"""What tests share: the real figures served on this machine, and one home built from them; and a home of the demo country."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from pydantic import HttpUrl

from benchmarks.processes import free_port
from nplv_orchestration import settings as settings_module
from nplv_orchestration.demo.country import Country
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.run import run_night
from nplv_orchestration.settings import Settings
from tests.deliveries import addresses, known_buurten, put
from tests.engines import Engines, engines
from tests.homes import copied
from tests.real import Night, answering, serving, settings_for
from tests.shared_homes.sitecustomize import apart

_ENGINES = pytest.StashKey[AbstractContextManager[Engines]]()
SHARED_HOMES = str(Path(__file__).with_name("shared_homes"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """On which engines homes are."""
    parser.addoption(
        "--shared", action="store_true", help="every home in PostgreSQL, DuckLake and object storage, in place of a folder of this machine"
    )


def pytest_configure(config: pytest.Config) -> None:
    """With --shared, start the engines for this process and let all homes be there, those of the processes that tests start included."""
    is_worker = hasattr(config, "workerinput")
    if not config.getoption("--shared") or (config.getoption("numprocesses", None) and not is_worker):
        return
    config.stash[_ENGINES] = running = engines()
    os.environ |= running.__enter__().environment("suite") | {
        "TEST_HOMES_ARE_SHARED": "yes",
        "PYTHONPATH": os.pathsep.join(filter(None, [SHARED_HOMES, os.environ.get("PYTHONPATH")])),
    }
    apart(settings_module)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the engines."""
    if running := config.stash.get(_ENGINES, None):
        running.__exit__(None, None, None)


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
    return copied(night[0].home, tmp_path / "home")


@pytest.fixture(scope="session")
def delivered_night(night: Night, publishers: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The night after deliveries were put into the inbox, with a server that knows the buurt of each address."""
    home = copied(night[0].home, tmp_path_factory.mktemp("delivered") / "home")
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
    return copied(demo_night[0].home, tmp_path / "demo")
