"""What tests share: the real figures served on this machine, and one home built from them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nplv_orchestration.run import Outcome, run_night
from nplv_orchestration.settings import Settings

OPENDATA = Path(__file__).resolve().parents[2] / "shared" / "opendata"


@pytest.fixture(scope="session")
def publishers() -> Iterator[str]:
    """The address of a server of real figures; skipped where these are not beside the project."""
    if not OPENDATA.exists():
        pytest.skip("shared/opendata is not beside the project, so there are no real figures to run on")
    server = subprocess.Popen([sys.executable, str(OPENDATA / "server.py"), "--port", "0"], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    try:
        yield json.loads(server.stdout.readline())["url"]
    finally:
        server.kill()


def settings_for(url: str, home: Path) -> Settings:
    """Settings of a live home with these publishers."""
    return Settings.model_validate(
        {
            "home": home,
            "sources": "live",
            "cbs_url": f"{url}/odata/v1/CBS",
            "dataderden_url": f"{url}/dataderden",
            "leefbaarometer_url": f"{url}/leefbaarometer",
        }
    )


@pytest.fixture(scope="session")
def night(publishers: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Outcome]:
    """One whole night on the real figures."""
    settings = settings_for(publishers, tmp_path_factory.mktemp("home"))
    return settings, run_night(settings, 2024, lambda text: None)
