"""The UI as a person starts it, on a home, for tests that look at it with a browser."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

from playwright.sync_api import Locator, Page, expect, sync_playwright

from benchmarks.processes import free_port
from nplv_orchestration.services import LOCATION as LOCATION
from tests.programs import chromium

LONG = 30_000  # milliseconds; the UI asks its server for everything that it shows


@contextmanager
def serving_ui(home: Path, docs_port: int, *words: str) -> Iterator[str]:
    """The address of `nplv ui` on a home, once it answers; words: more of its call."""
    port = free_port()
    command = [sys.executable, "-m", "nplv_orchestration.cli", "ui", "--port", str(port), *words]
    with (home.parent / "ui.log").open("w") as log:
        environment = os.environ | {"NPLV_HOME": str(home), "NPLV_DOCS_PORT": str(docs_port)}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(240):
            assert process.poll() is None, (home.parent / "ui.log").read_text()
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info").close()
                break
            except (URLError, ConnectionError):
                time.sleep(0.25)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def looking(address: str, width: int = 1440) -> Iterator[Page]:
    """A page of a browser on the UI."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        context = browser.new_context(base_url=address, viewport={"width": width, "height": 900}, timezone_id="Europe/Amsterdam", locale="en-GB")
        context.set_default_timeout(LONG)
        expect.set_options(timeout=LONG)
        yield context.new_page()
        browser.close()


def open_runs(page: Page) -> None:
    """Go to the list of runs."""
    page.locator("a[href='/runs'], a[href='/runs/']").first.click()


def nights(page: Page) -> Locator:
    """The nights in the list of runs, the newest first."""
    return page.locator("[class*=VirtualizedTable_row]").filter(has_text="nightly_refresh")
