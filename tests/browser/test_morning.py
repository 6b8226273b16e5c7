"""The morning after a night that refused a file: a data engineer opens the UI, sees it, finds why, mends it, does it again, and sees it pass."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from benchmarks.processes import free_port
from nplv_orchestration.alerts import open_causes
from nplv_orchestration.home import Home
from tests.programs import chromium
from tests.real import Night
from tests.ui import LOCATION, looking, nights, open_runs, serving_ui

NIGHT = 240_000  # milliseconds that a night may take, with the start of its process
FILE = "maatwerk_fout.csv"
WIDTHS = (1440, 1024)


@pytest.fixture(scope="module")
def morning(demo_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """A home in whose inbox lies a file that is refused by the night for which the UI asks, and the address of that UI."""
    chromium()
    home = Path(shutil.copytree(demo_night[0].home, tmp_path_factory.mktemp("morning") / "home", symlinks=True))
    file = home / "demo" / "inbox" / FILE
    file.write_text("indicator;jaar\nniets;2023\n")
    os.utime(file, (time.time() - 120,) * 2)  # the sensor of the inbox takes what did not change for a minute
    with serving_ui(home, free_port()) as address:
        yield home, address


@pytest.fixture(params=WIDTHS)
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def test_the_cause_is_two_clicks_from_the_first_page(morning: tuple[Path, str], width: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    with looking(morning[1], width) as page:
        page.goto("/")
        open_runs(page)
        row = nights(page).first
        expect(row).to_contain_text("nplv/aandacht: geweigerd 2", timeout=NIGHT)
        _picture(page, tmp_path_factory, "runs")
        row.locator("a[href^='/runs/']").first.click()
        told = page.get_by_text(re.compile(rf"geweigerd: {FILE}")).first
        expect(told).to_be_visible()
        expect(page.get_by_text(re.compile("Te doen: zie het verslag naast het bestand in refused/")).first).to_be_visible()
        _picture(page, tmp_path_factory, "run")


def test_a_failed_check_is_read_mended_run_again_and_passes(morning: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    home, address = morning
    with looking(address) as page:
        page.goto("/assets/raw/cbs_maatwerk?view=checks")
        page.get_by_text("contract", exact=True).first.click()
        expect(page.get_by_text("Failed").first).to_be_visible()
        expect(page.get_by_text(re.compile("nieuwe versie geweigerd; in gebruik is de versie van")).first).to_be_visible()
        expect(page.get_by_text(re.compile(FILE)).first).to_be_visible()
        _picture(page, tmp_path_factory, "check-failed")

        for file in (home / "demo" / "inbox" / "refused").iterdir():
            file.unlink()
        page.goto("/runs")
        nights(page).first.locator("a[href^='/runs/']").first.click()
        again = page.get_by_role("button", name=re.compile("Re-execute all"))
        expect(again).to_be_enabled()
        before = page.url
        again.click()
        expect(page).not_to_have_url(before, timeout=NIGHT)  # it shows the new run
        page.goto("/runs")
        row = nights(page).first
        expect(row).to_contain_text("nplv/aandacht: niets", timeout=NIGHT)
        expect(row).to_contain_text("Success", timeout=NIGHT)
        assert open_causes(Home(home)) == []
        _picture(page, tmp_path_factory, "runs-again")

        page.goto("/assets/raw/cbs_maatwerk?view=checks")
        page.get_by_text("contract", exact=True).first.click()
        expect(page.get_by_text("Succeeded").first).to_be_visible()
        _picture(page, tmp_path_factory, "check-passed")


def test_who_may_only_look_can_launch_nothing(morning: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    with serving_ui(morning[0], free_port(), "--read-only") as address, looking(address) as page:
        page.goto(f"/locations/{LOCATION}/jobs/nightly_refresh")
        button = page.get_by_role("button", name=re.compile("Materialize all"))
        expect(button).to_be_visible()
        expect(button).to_be_disabled()
        refused = page.request.post("/graphql", data={"query": "mutation { reloadWorkspace { __typename } }"})
        assert "UnauthorizedError" in refused.text()
        _picture(page, tmp_path_factory, "read-only")


def _picture(page: Page, tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    """Pictures of the page, for a person to look at: wide and narrow."""
    folder = tmp_path_factory.getbasetemp() / "pictures"
    folder.mkdir(exist_ok=True)
    before = page.viewport_size
    assert before
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{name}-{width}.png")
    page.set_viewport_size(before)
