"""The explorer in a browser, with keyboard alone: its figures, its marks, no barrier, and no request to any other address."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

from benchmarks.processes import free_port
from nplv_orchestration.as_of import database
from nplv_orchestration.edition.table import number
from nplv_orchestration.explain import explain
from nplv_orchestration.exploring import INTERNAL, read
from tests.programs import chromium
from tests.real import Night

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}
LONG = 60_000  # milliseconds; the first page starts Python's part of it
CLI = (sys.executable, "-m", "nplv_orchestration.cli", "explore")
INNER = (
    "(() => { let at = document.activeElement; while (at.shadowRoot && at.shadowRoot.activeElement) at = at.shadowRoot.activeElement; return at; })()"
)


def environment(home: Path) -> dict[str, str]:
    return os.environ | {"NPLV_HOME": str(home)}


def _interruptible() -> None:
    """Of a new process: heed Ctrl-C, as one does that is started on a terminal; one that is started in the background does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(demo_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The explorer as a person starts it."""
    chromium()
    port, told = free_port(), tmp_path_factory.mktemp("explorer") / "told"
    with told.open("w") as log:
        process = subprocess.Popen(
            [*CLI, "--port", str(port)], env=environment(demo_night[0].home), stdout=log, stderr=log, preexec_fn=_interruptible
        )
    try:
        for _ in range(240):
            assert process.poll() is None, told.read_text()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health").close()
                break
            except (URLError, ConnectionError):
                time.sleep(0.25)
        assert f"http://127.0.0.1:{port}" in told.read_text()
        yield f"http://127.0.0.1:{port}"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0, "Ctrl-C ends it, whoever has a page open"
        assert "Traceback" not in told.read_text(), told.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def written(demo_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The one file."""
    file = tmp_path_factory.mktemp("explorer") / "intern.html"
    done = subprocess.run([*CLI, "--html", str(file)], env=environment(demo_night[0].home), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert INTERNAL in done.stdout
    return file


def opened(browser: Browser, url: str, width: int) -> tuple[Page, set[str]]:
    """A page, and the places that it asks anything of."""
    page = browser.new_page(viewport={"width": width, "height": 900}, locale="nl-NL")
    page.set_default_timeout(LONG)
    expect.set_options(timeout=LONG)
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc or urlsplit(request.url).scheme))
    page.on("websocket", lambda socket: asked.add(urlsplit(socket.url).netloc))
    page.goto(url)
    page.locator(".nplv-many").wait_for()
    return page, asked


@pytest.fixture(scope="module")
def app(browser: Browser, address: str) -> tuple[Page, set[str]]:
    return opened(browser, address, 1280)


@pytest.fixture
def picture(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Keeps a picture of a page, for a person to look at."""

    def keep(page: Page) -> None:
        folder = tmp_path_factory.getbasetemp() / "pictures"
        folder.mkdir(exist_ok=True)
        page.screenshot(path=folder / f"{request.node.name}.png")

    return keep


def demand_no_barrier(page: Page) -> None:
    found = Axe().run(page, options=RULES)
    assert found.response["passes"], "axe looked at nothing"
    assert not found.response["violations"], found.generate_report()


def test_it_says_what_it_is_and_has_no_barrier(app: tuple[Page, set[str]], address: str, picture: Any) -> None:
    page, asked = app
    expect(page.get_by_text(f"DEMONSTRATIEGEGEVENS. {INTERNAL}. Versie ").first).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "nl")
    expect(page).to_have_title("Intern: verkenner van de monitor NPLV")
    charts = page.locator("svg[role=img]")
    expect(charts).to_have_count(18)
    notes = charts.evaluate_all("all => all.map(one => one.textContent)")
    assert all("Intern" in note and "DEMONSTRATIEGEGEVENS" in note for note in notes)
    demand_no_barrier(page)
    picture(page)
    assert asked <= {urlsplit(address).netloc, "data", "blob"}, asked


def test_with_the_keyboard_alone_an_area_is_added_to_chart_table_and_file(app: tuple[Page, set[str]], demo_night: Night, picture: Any) -> None:
    page, _ = app
    version = read(database(demo_night[0], "intern"))
    code, name = next(iter(version.areas.items()))
    page.locator("select").first.focus()
    page.keyboard.type("13")  # as in any list of choices of a browser
    expect(page.get_by_role("heading", name="(Zeer) goed ervaren gezondheid", exact=True)).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        if name in page.evaluate(f"{INNER}.parentElement.textContent"):
            break
    outline = page.evaluate(f"getComputedStyle({INNER}).boxShadow + getComputedStyle({INNER}).outlineStyle")
    assert outline not in ("none", "nonenone"), "nobody sees where the keyboard is"
    page.keyboard.press("Space")
    row = page.get_by_role("row", name=name)
    expect(row).to_be_visible()
    expect(page.locator(".nplv-scroll svg").first).to_contain_text(name)
    assert page.locator(".nplv-scroll svg [fill-opacity]").count() >= 2, "the bounds of 95% are shaded"
    found = [f for f in version.figures if f["indicator_id"] == "ervaren_gezondheid" and f["geo_code"] == code]
    for figure in found:
        expect(row).to_contain_text(number(figure["value"], 1))
        expect(row).to_contain_text(f"{number(figure['value_low'], 1)} tot {number(figure['value_high'], 1)}")
    demand_no_barrier(page)
    picture(page)
    with page.expect_download() as waiting:
        link = page.get_by_role("link", name="Deze cijfers als csv, intern")
        link.focus()
        page.keyboard.press("Enter")
    file = waiting.value
    assert file.suggested_filename == f"intern-DEMONSTRATIEGEGEVENS-ervaren_gezondheid-{version.name}.csv"
    rows = list(csv.DictReader(Path(file.path()).read_text(encoding="utf-8").splitlines()))
    assert [float(r["value"]) for r in rows if r["geo_code"] == code] == [figure["value"] for figure in found]
    assert {INTERNAL in r["label"] for r in rows} == {True}


def test_the_arithmetic_of_a_point_is_that_of_the_command(app: tuple[Page, set[str]], demo_night: Night, picture: Any) -> None:
    page, _ = app
    page.get_by_label("Indicator", exact=True).select_option(label="16. Geregistreerde misdrijven")
    year = page.get_by_label("Jaar", exact=True)
    expect(year.locator("option", has_text="2021")).to_have_count(1)
    page.get_by_label("Van", exact=True).select_option(label="Nederland")
    year.select_option(label="2021")
    told = explain(database(demo_night[0], "intern"), "misdrijven", 2021, "nederland")
    expect(page.get_by_role("heading", name="Geregistreerde misdrijven, Nederland, inclusief de gebieden, 2021")).to_be_visible()
    expect(page.get_by_text(f"{number(told.figure['numerator'], 1)}: {told.indicator['numerator_nl']}")).to_be_visible()
    page.get_by_text("De regio's", exact=True).click()
    expect(page.get_by_role("cell", name=told.components[0]["source_hash"]).first).to_be_visible()
    demand_no_barrier(page)
    picture(page)


def test_on_a_narrow_screen_nothing_is_out_of_reach(browser: Browser, address: str, picture: Any) -> None:
    page, _ = opened(browser, address, 375)
    app = page.locator("#App")
    assert app.evaluate("one => one.scrollWidth") <= 375, "the page is wider than the screen"
    demand_no_barrier(page)
    page.locator(".nplv-scroll").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.nplv-scroll').scrollLeft > 0")
    picture(page)
    page.close()


def test_a_page_of_another_site_gets_nothing(address: str) -> None:
    request = urllib.request.Request(address, headers={"Host": "evil.example"})
    with pytest.raises(HTTPError, match="403"):
        urllib.request.urlopen(request)
    with urllib.request.urlopen(address) as answer:
        assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_no_file_stays_open_while_a_page_does(app: tuple[Page, set[str]], address: str) -> None:
    """A night may replace and remove versions meanwhile."""
    port = urlsplit(address).port
    holding = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"--port\0{port}\0" in (process / "cmdline").read_text():
                holding += [os.readlink(file) for file in (process / "fd").iterdir()]
        except OSError:
            continue
    assert holding or sys.platform != "linux"
    assert not [file for file in holding if file.endswith(".duckdb")]


@pytest.mark.parametrize("width", [1280, 375])
def test_the_file_needs_no_network_no_script_and_has_no_barrier(browser: Browser, written: Path, width: int, picture: Any) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="nl-NL", offline=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(written.as_uri())
    demand_no_barrier(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page is wider than the screen"
    expect(page.get_by_role("heading", level=2)).to_have_count(18)
    expect(page.locator("script")).to_have_count(0)
    page.locator(".nplv-many a").last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"DEMONSTRATIEGEGEVENS. {INTERNAL}. Versie ")).to_be_in_viewport()
    expect(page.locator("h2#misdrijven_hic")).to_be_in_viewport()
    covered = page.evaluate(
        "document.querySelector('header').getBoundingClientRect().bottom - document.querySelector('h2#misdrijven_hic').getBoundingClientRect().top"
    )
    assert covered <= 0, "the heading is under the banner"
    page.get_by_text("De gebieden", exact=True).last.focus()
    page.keyboard.press("Enter")
    expect(page.locator("section").last.locator("details table").first).to_be_visible()
    demand_no_barrier(page)
    assert asked == [written.as_uri()] or {urlsplit(url).fragment for url in asked[1:]} <= {"misdrijven_hic"}, asked
    picture(page)
    context.close()


@pytest.mark.parametrize(
    ("words", "told", "status"),
    [
        (["--as-of", "2001"], "there is no edition 2001", 2),
        (["--html", "/nowhere/intern.html"], "/nowhere/intern.html cannot be written", 2),
        (["--port", "{taken}"], "cannot be used", 2),
    ],
)
def test_what_cannot_be_is_one_line(address: str, demo_night: Night, words: list[str], told: str, status: int) -> None:
    call = [*CLI, *(word.format(taken=urlsplit(address).port) for word in words)]
    done = subprocess.run(call, env=environment(demo_night[0].home), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (status, 1), done.stderr
    assert told in done.stderr


def test_a_page_of_what_is_not_there_is_one_line(browser: Browser, tmp_path: Path) -> None:
    """What is opened when the version that was asked for went away meanwhile."""
    port = free_port()
    code = f"from nplv_orchestration.exploring_server import serve; serve({port})"
    process = subprocess.Popen([sys.executable, "-c", code], env=environment(tmp_path))
    page = browser.new_page(locale="nl-NL")
    try:
        for _ in range(120):
            try:
                page.goto(f"http://127.0.0.1:{port}")
                break
            except Error:
                time.sleep(0.25)
        expect(page.get_by_text(f"Er is niets te tonen: {tmp_path} holds no published version")).to_be_visible(timeout=LONG)
        expect(page.get_by_text(INTERNAL)).to_be_visible()
        expect(page.get_by_text("Traceback")).to_have_count(0)
        demand_no_barrier(page)
    finally:
        page.close()
        process.terminate()
        process.wait(20)


def test_without_a_published_version_it_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run(CLI, env=environment(tmp_path), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "holds no published version" in done.stderr
