"""The Dagster UI as a data engineer sees it after a night on the demo country: looked at with a browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from nplv_orchestration.manifest import load_manifest
from tests.programs import chromium
from tests.real import Night
from tests.ui import LOCATION, looking, serving_ui


@pytest.fixture(scope="module")
def ui(demo_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the UI on a copy of the home of that night."""
    chromium()
    home = Path(shutil.copytree(demo_night[0].home, tmp_path_factory.mktemp("ui") / "home", symlinks=True))
    with serving_ui(home, demo_night[0].docs_port) as address:
        yield address


@pytest.fixture(scope="module")
def page(ui: str) -> Iterator[Page]:
    with looking(ui) as page:
        yield page


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


def test_a_column_says_where_it_comes_from_and_a_mart_who_makes_it(page: Page) -> None:
    page.goto("/assets/marts/mart_inkomen?view=overview")
    for told in ("actielijn: sociaal", "lijst: kandidaat", "uitgever/cbs: ja"):
        expect(page.get_by_text(told, exact=True).first).to_be_visible()
    expect(page.get_by_text("Source code", exact=True)).to_be_visible()
    assert page.locator("a[href*='mart_inkomen.sql']").count()
    page.goto("/assets/marts/mart_inkomen?view=lineage&column=value")
    expect(page.locator("svg foreignObject").filter(has_text="stg_cbs__kwb").first).to_be_visible()


def test_a_source_says_of_when_it_is_until_when_it_is_fresh_and_what_is_missing(page: Page) -> None:
    page.goto("/assets/raw/politie_misdrijven?view=events")
    for name in ("versie", "van", "versheid", "ontbrekende_cellen", "opgehaald"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    expect(page.get_by_text(re.compile(r"^vers tot \d{4}-\d\d-\d\d: dan moeten de cijfers over \d{4} er zijn$")).first).to_be_visible()


def test_the_files_of_an_edition_are_one_click_away(page: Page) -> None:
    page.goto("/assets/edition?view=events")
    for name in ("overzicht", "bestanden", "besluiten"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible()
    with page.context.expect_page() as opened:
        page.locator("a[href$='/voortgangsoverzicht.html']").first.click()
    expect(opened.value.get_by_role("heading", level=1)).to_be_visible()
    opened.value.close()


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
