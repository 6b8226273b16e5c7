"""The documentation site in a browser, from its folder: accessible, whole on a narrow screen, no link that leads nowhere, and found by the keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from typer.testing import CliRunner

from nplv_orchestration import cli
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.site.build import build
from nplv_orchestration.site.pages import _text
from tests.browser.test_edition_page import RULES
from tests.programs import chromium
from tests.real import Night

KINDS = (
    "index",
    "indicatoren/index",
    "indicatoren/lbm_zwak_aandeel",
    "tabellen/marts",
    "vragen",
    "hoe-kan-ik",
    "herkomst",
    "kalender",
    "wijzigingen",
    "search",
)


@pytest.fixture(scope="module")
def site(demo_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the demo country, made by the command."""
    out = tmp_path_factory.mktemp("site") / "site"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NPLV_HOME", str(demo_night[0].home))
        told = CliRunner().invoke(cli.app, ["site", "--out", str(out)])
        assert told.exit_code == 0, told.exception
        assert re.fullmatch(rf"\d+ pagina's in {out}; begin met {out}/index\.html\n", told.stdout)
    return out


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page that fails when anything outside the folder is asked for."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(locale="nl-NL")
        page.on("request", lambda request: pytest.fail(request.url) if urlsplit(request.url).scheme not in ("file", "data") else None)
        yield page
        browser.close()


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("kind", KINDS)
def test_no_page_has_a_barrier(page: Page, site: Path, kind: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((site / f"{kind}.html").as_uri())
    found = Axe().run(page, options=RULES)
    assert found.response["passes"], "axe looked at nothing"
    assert not found.response["violations"], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page is wider than the screen"


def test_in_the_dark_it_has_no_barrier_either(page: Page, site: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto((site / "indicatoren" / "inkomen.html").as_uri())
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_timeout(600)  # colours of buttons change in a while
    assert not Axe().run(page, options=RULES).response["violations"]


def test_the_keyboard_alone_finds_an_indicator(page: Page, site: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto((site / "index.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == "Naar de inhoud"
    page.keyboard.press("Control+k")
    page.keyboard.type("bijstandsuitkering")
    page.keyboard.press("Enter")
    page.wait_for_selector("#search-results li a")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#search-results') !== null"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/indicatoren/bijstand.html*")
    assert page.locator("h1").inner_text().startswith("Personen met een bijstandsuitkering")
    assert page.locator("html").get_attribute("lang") == "nl"


def test_the_search_finds_tables_and_columns_too(page: Page, site: Path) -> None:
    page.goto((site / "search.html").as_uri() + "?q=region_quality")
    page.wait_for_selector("#search-results li a")
    assert "tabellen/marts.html" in " ".join(link.get_attribute("href") or "" for link in page.locator("#search-results li a").all())


class _Links(HTMLParser):
    """Every address that a page refers to, and every name in it that may be referred to."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "data-content_root") and value:
                self.addresses.add(value)
            if name == "id" and value:
                self.names.add(value)


def test_no_link_leads_nowhere_and_none_leads_outside(site: Path) -> None:
    found = {path: _Links() for path in site.rglob("*.html")}
    for path, links in found.items():
        links.feed(path.read_text(encoding="utf-8"))
    assert len(found) == 17 + 16  # the indicators, and what goes with them
    for path, links in found.items():
        for address in links.addresses:
            parts = urlsplit(address)
            assert not parts.scheme and not parts.netloc, (path.name, address)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.exists(), (path.name, address)
            if parts.fragment and target in found:
                assert unquote(parts.fragment) in found[target].names | {"top"}, (path.name, address)


def test_every_indicator_has_a_page_with_all_of_it(site: Path) -> None:
    for indicator in load_manifest().indicators:
        text = (site / "indicatoren" / f"{indicator.indicator_id}.html").read_text(encoding="utf-8")
        for head in (
            "Definitie",
            "Wat dit cijfer niet zegt",
            "Cijfers",
            "Ontwikkeling",
            "Berekening",
            "Bronnen",
            "Herkomst",
            "De SQL",
            "Zelf vragen",
            "Wijzigingen van de indicator",
        ):
            assert f"<h2>{head}" in text, (indicator.indicator_id, head)
        assert '<svg xmlns="http://www.w3.org/2000/svg"' in text
        assert f'<span lang="en"><em>{indicator.name_en}' in text.replace("&gt;", ">")
        assert "DEMONSTRATIEGEGEVENS" in text


def test_it_is_made_anew_in_place_and_a_folder_of_something_else_is_left_alone(demo_night: Night, site: Path, tmp_path: Path) -> None:
    database = (demo_night[0].home / "published" / "current").resolve() / "openbaar" / "nplv.duckdb"
    (site / "left.html").write_text("of before")
    build(database, load_manifest(), site)
    assert not (site / "left.html").exists()
    assert [path.name for path in site.parent.iterdir()] == ["site"]
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(WrongCall, match="holds something else than a site"):
        build(database, load_manifest(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_every_page_with_figures_says_that_they_are_invented(site: Path) -> None:
    for name in ("index", "indicatoren/index", "kalender", "wijzigingen"):
        assert "DEMONSTRATIEGEGEVENS" in (site / f"{name}.html").read_text(encoding="utf-8"), name


@pytest.mark.parametrize(
    "text",
    ["a ` <script>alert(1)</script>", "<b>x</b> & *y* `<i>`", "- lijst", "1. lijst", "{raw}`html`", "[x](https://example.org)", "# kop", "| cel |"],
)
def test_a_text_of_somebody_else_is_no_markup(text: str) -> None:
    """It comes out as it went in, by the parser that the site is made with."""
    from docutils.core import publish_doctree
    from myst_parser.docutils_ import Parser

    made = publish_doctree(_text(text), parser=Parser(), settings_overrides={"report_level": 5})
    assert made.astext().replace("\u2019", "'") == text.replace("`html`", "html")
    assert not [
        node
        for node in made.findall()
        if node.tagname in ("raw", "reference", "bullet_list", "enumerated_list", "strong", "emphasis", "table", "problematic")
    ]


def test_it_is_never_made_from_the_internal_database(demo_night: Night, tmp_path: Path) -> None:
    database = (demo_night[0].home / "published" / "current").resolve() / "intern" / "nplv.duckdb"
    with pytest.raises(NplvError, match="the site is made from the public database only"):
        build(database, load_manifest(), tmp_path / "site")
    assert not (tmp_path / "site").exists()
