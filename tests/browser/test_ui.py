"""The Dagster UI as a data engineer sees it after a night on the demo country: looked at with a browser."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from nplv_orchestration.manifest import load_manifest
from tests.programs import chromium
from tests.real import Night

LOCATION = "nplv_orchestration.definitions"
LONG = 30_000  # milliseconds; the UI asks its server for everything that it shows


@pytest.fixture(scope="module")
def ui(demo_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the UI on a copy of the home of that night, started as a person starts it."""
    chromium()
    home = Path(shutil.copytree(demo_night[0].home, tmp_path_factory.mktemp("ui") / "home", symlinks=True))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "nplv_orchestration.cli", "ui", "--port", str(port)]
    with (home / "ui.log").open("w") as log:
        process = subprocess.Popen(
            command,
            env=os.environ | {"NPLV_HOME": str(home), "NPLV_DOCS_PORT": str(demo_night[0].docs_port)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(240):
            assert process.poll() is None, (home / "ui.log").read_text()
            try:
                urllib.request.urlopen(f"{address}/server_info").close()
                break
            except (URLError, ConnectionError):
                time.sleep(0.25)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def page(ui: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(base_url=ui, viewport={"width": 1440, "height": 900}, timezone_id="Europe/Amsterdam", locale="en-GB")
        context.set_default_timeout(LONG)
        expect.set_options(timeout=LONG)
        yield context.new_page()
        browser.close()


@pytest.fixture
def picture(page: Page, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[None]:
    """A picture of the page at the end of a test, for a person to look at."""
    yield
    folder = tmp_path_factory.getbasetemp() / "pictures"
    folder.mkdir(exist_ok=True)
    page.screenshot(path=folder / f"{request.node.name}.png")


pytestmark = pytest.mark.usefixtures("picture")


@pytest.mark.parametrize("group", ["fysiek", "sociaal", "veiligheid"])
def test_the_marts_stand_in_their_group_under_their_dutch_names(page: Page, group: str) -> None:
    page.goto(f"/locations/{LOCATION}/asset-groups/{group}/list")
    ours = [indicator for indicator in load_manifest().indicators if indicator.actielijn == group]
    assert ours
    for indicator in ours:
        expect(page.get_by_text(f"Indicator {indicator.number}: {indicator.name_nl}.").first).to_be_visible()
        expect(page.locator(f"a[href$='/assets/marts/{indicator.mart}']").first).to_be_visible()
    expect(page.get_by_text("Materialized", exact=True)).to_have_count(len(ours))
    assert len(load_manifest().indicators) == 17


def test_the_graph_shows_the_groups_in_the_order_of_the_data(page: Page) -> None:
    page.goto("/asset-groups")
    graph = page.locator("svg foreignObject")
    places = {}
    for group in ("raw", "staging", "fysiek", "publicatie", "editie"):
        node = graph.filter(has_text=group).first
        expect(node).to_be_visible()
        box = node.bounding_box()
        assert box
        places[group] = box["x"]
    assert list(places) == sorted(places, key=places.__getitem__)


def test_the_night_is_green(page: Page) -> None:
    page.goto("/runs")
    row = page.locator("[class*=VirtualizedTable_row]").filter(has_text="nightly_refresh").first
    expect(row).to_contain_text("Success")
    expect(page.get_by_text("Failure", exact=True)).to_have_count(0)


def test_a_check_tells_what_it_found(page: Page) -> None:
    page.goto("/assets/marts/mart_inkomen?view=checks")
    page.get_by_text("verwachtingen", exact=True).first.click()
    expect(page.get_by_text("Zien de cijfers eruit zoals de catalogus verwacht?").first).to_be_visible()
    for told in ("plausibel", "ten minste 10 en ten hoogste 80"):
        expect(page.get_by_text(told, exact=True).first).to_be_visible()
    expect(page.get_by_text("De waarde van een totaal ligt binnen de plausibele band.").first).to_be_visible()
    expect(page.get_by_text("Succeeded").first).to_be_visible()


def test_the_pages_about_the_checks_are_one_click_away(page: Page) -> None:
    page.goto("/assets/marts/mart_inkomen?view=checks")
    page.get_by_text("verwachtingen", exact=True).first.click()
    with page.context.expect_page() as opened:
        page.locator("a[href$='/index.html']").first.click()
    docs = opened.value
    expect(docs.get_by_role("heading", name="Wat van de cijfers verwacht werd")).to_be_visible()
    expect(docs.get_by_role("row")).to_have_count(18)
    docs.get_by_role("link", name="mart_inkomen").click()
    expect(docs.get_by_text("values must be greater than or equal to 10.0 and less than or equal to 80.0.")).to_be_visible()
    docs.close()


def test_a_mart_shows_its_figure_and_its_series(page: Page) -> None:
    page.goto("/assets/marts/mart_arbeidsparticipatie?view=events")
    expect(page.get_by_text("DEMONSTRATIEGEGEVENS: alle cijfers zijn verzonnen")).to_be_visible()
    for name in ("reeks", "gebieden", "nederland", "verschil", "controles"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    page.get_by_text("[Show Markdown]").first.click()
    series = page.locator("img[src^='data:image/svg+xml']")
    expect(series).to_be_visible()
    told = series.get_attribute("alt")
    assert told and told.startswith("Aandeel werkenden (nettoarbeidsparticipatie): ") and " in 2024, Nederland " in told
    assert series.evaluate("image => image.naturalWidth") > 300


def test_the_schedule_says_when_it_comes_next_in_amsterdam(page: Page) -> None:
    page.goto(f"/locations/{LOCATION}/schedules/nightly_refresh")
    expect(page.get_by_text("Europe/Amsterdam").first).to_be_visible()
    expect(page.get_by_text("Running").first).to_be_visible()
    expect(page.locator("tr").filter(has_text="Next tick").first).to_contain_text(", 4:30:00")


def test_opening_the_ui_launches_nothing_that_was_made_already(page: Page) -> None:
    page.goto(f"/locations/{LOCATION}/sensors/edition_after_publication")
    expect(page.get_by_text(re.compile(r"^0 runs requested$")).first).to_be_visible(timeout=90_000)
    page.goto("/runs")
    expect(page.get_by_text("annual_edition").first).to_be_visible()
    expect(page.get_by_text("edition_after_publication")).to_have_count(0)
