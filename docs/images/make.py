"""Makes the pictures of the README and of the gallery from a home that holds the small demo country.

    .venv/bin/python docs/images/make.py data

Run it when the table, the edition or the UI looks different; Chromium, LibreOffice and poppler are needed (`make programs`).
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

HERE = Path(__file__).parent
PORT = 3999
UI = f"http://127.0.0.1:{PORT}"


def table_as_html(home: Path) -> str:
    """What `make run` ends with, as a page; on a home where nothing changed that is quick."""
    told = subprocess.run(
        [sys.executable, "-m", "nplv_orchestration.cli", "run", "--sources", "demo"],
        env=os.environ | {"NPLV_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    shown = told.stdout.replace(str(home), "…/data")  # where the picture was made is of no use to its reader
    lines = [line.rstrip() for line in shown.splitlines() if line.strip()]
    with contextlib.closing(io.StringIO()) as nowhere:
        console = Console(record=True, width=max(map(len, lines)) + 2, file=nowhere)
        console.print(Text("$ make run\n…\n" + "\n".join(lines)))
        return console.export_html(
            inline_styles=True, code_format='<pre style="font:15px DejaVu Sans Mono;padding:12px;background:#fff">{code}</pre>'
        )


SHOWN = ("Samenvatting", "De cijfers in zinnen en grafieken", "Overzichtstabel", "Wat de cijfers wel en niet zeggen")
"""Of which parts of the overview the gallery has the first page."""


def pages(pdf: Path, name: str, texts: tuple[str, ...] = ()) -> None:
    """Pictures of pages of a PDF: of the first one, and of those that begin with one of the texts."""
    told = subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout.split("\f")
    first = [next(n for n, page in enumerate(told, 1) if re.search(rf"^\s*{re.escape(text)}\s*$", page, re.MULTILINE)) for text in texts]
    for number, page in enumerate(dict.fromkeys([1, *first]), 1):
        only = ["-f", str(page), "-l", str(page), "-r", "70", "-png", "-singlefile"]
        subprocess.run(["pdftoppm", *only, pdf, HERE / f"{name}-{number}"], check=True)


def gallery(edition: Path) -> None:
    """The edition as its readers see it, in each of its forms."""
    pages(edition / "praatplaat.pdf", "praatplaat")
    pages(edition / "voortgangsoverzicht.pdf", "overzicht", SHOWN)
    with tempfile.TemporaryDirectory() as name:
        for file in ("voortgangsoverzicht.docx", "overzichtstabel.ods"):
            subprocess.run(["soffice", "--headless", "--convert-to", "pdf", "--outdir", name, edition / file], check=True, capture_output=True)
        pages(Path(name) / "voortgangsoverzicht.pdf", "word")
        pages(Path(name) / "overzichtstabel.pdf", "rekenblad", ("Actielijn Fysiek",))


def _answers() -> bool:
    """Whether the UI has started."""
    try:
        urllib.request.urlopen(f"{UI}/server_info").close()
    except OSError:
        return False
    return True


def main() -> None:
    """Write table.png, page.png, ui.png and the pictures of the gallery beside this file."""
    home = Path(sys.argv[1]).absolute()
    page_file = next(home.glob("editions/*/current/voortgangsoverzicht.html"))
    table = table_as_html(home)
    gallery(page_file.parent)
    server = subprocess.Popen([sys.executable, "-m", "nplv_orchestration.cli", "ui", "--port", str(PORT)], env=os.environ | {"NPLV_HOME": str(home)})
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1400, "height": 1000}, locale="en-GB", timezone_id="Europe/Amsterdam")
            page.set_content(table)
            page.locator("pre").screenshot(path=HERE / "table.png")
            page.goto(page_file.as_uri())
            page.screenshot(path=HERE / "page.png")
            while not _answers():
                time.sleep(0.5)
            page.goto(f"{UI}/locations/nplv_orchestration.definitions/asset-groups/sociaal/list")
            page.get_by_text("Materialized", exact=True).first.wait_for()
            page.screenshot(path=HERE / "ui.png", clip={"x": 0, "y": 0, "width": 1400, "height": 720})
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
