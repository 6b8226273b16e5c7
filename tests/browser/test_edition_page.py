"""The pages of an edition in a browser: accessible, whole on a narrow screen, and complete without script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from tests.programs import chromium
from tests.real import Night

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser.new_page(locale="nl-NL")
        browser.close()


@pytest.fixture(params=["demo_night", "night"])
def folder(request: pytest.FixtureRequest) -> Path:
    """The edition of the demo country, and that of the real figures."""
    night: Night = request.getfixturevalue(request.param)
    return night[1].edition


@pytest.mark.parametrize("width", [1280, 320])
def test_the_overview_has_no_barrier(page: Page, folder: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((folder / "voortgangsoverzicht.html").as_uri())
    found = Axe().run(page, options=RULES)
    assert found.response["passes"], "axe looked at nothing"
    assert not found.response["violations"], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page is wider than the screen"


def test_the_infographic_is_an_image_with_a_name(page: Page, folder: Path) -> None:
    page.goto((folder / "praatplaat.svg").as_uri())
    root = page.locator("svg").first
    assert root.get_attribute("role") == "img"
    named = root.get_attribute("aria-labelledby")
    assert named
    assert all(page.locator(f"[id='{name}']").text_content() for name in named.split())
