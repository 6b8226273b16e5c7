"""Ten faults put into nights of the UI as it is, and how far the cause of each is from its first page.

    .venv/bin/python -m benchmarks.causes FOLDER [--only WORD …]

Each fault has a night of its own on the tiny demo country, under the clock of `soak.py`, in a copy of the project where a model or a waiver is changed. Then a
browser goes from the first page to the words that name the cause: clicks and seconds make a table, and a picture of where they stand is left in FOLDER. Ends with status 1
when a cause is not found, or is further than three clicks.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Error, Page

from benchmarks.processes import NPLV, copy_project
from benchmarks.soak import Soak
from tests.ui import looking, nights, open_runs

MOST = 3  # clicks
MARTS = Path("dbt_project/models/marts")
Click = Callable[[Page], None]


@dataclass(frozen=True)
class Fault:
    """A fault: what it is called, how the night has it (a fault of the soak, else a change of the project or of a setting), the way to its cause, and the words there."""

    name: str
    walk: Sequence[Click]
    cause: str
    night: str = "none"
    change: tuple[Path, str, str] | None = None
    """A file of the project, and a text in it that is replaced by another."""
    setting: tuple[str, str] | None = None
    is_prepared: bool = True
    """Whether somebody ran `nplv prepare` after the change, as must be done."""


def the_night(status: str) -> Click:
    """The newest night in that list that ended so."""

    def click(page: Page) -> None:
        nights(page).filter(has_text=status).first.locator("a[href^='/runs/']").first.click()

    return click


def deployment(page: Page) -> None:
    """The code locations."""
    page.locator("a[href^='/deployment']").first.click()


def error(page: Page) -> None:
    """What is wrong with the one that could not be loaded."""
    page.get_by_text(re.compile("View error", re.I)).first.click()


WAIVERS = 'found["waivers.csv"] = (",".join(BY_KEY["waivers"].columns) + "\\n'  # of the demo country, which has none
FAULTS = (
    Fault("a publisher is down", (open_runs, the_night("Success")), "verouderd: .*", night="down all morning"),
    Fault("a file was refused", (open_runs, the_night("Success")), "geweigerd: maatwerk_fout.csv", night="a wrong file"),
    Fault(
        "a check failed", (open_runs, the_night("Success")), "vastgehouden: .*plausibel",
        change=(MARTS / "veiligheid/mart_misdrijven.yml", "plausible_high: 200", "plausible_high: 1"),
    ),
    Fault("a full disk", (open_runs, the_night("Failure")), "No space left on device", night="full disk"),
    Fault("a killed run", (open_runs, the_night("Failure")), "terminated by signal|De run werd afgebroken", night="killed"),
    Fault("a run that did not begin", (open_runs, the_night("Success")), "begonnen door night_watch: .* begon niet", night="not begun"),
    Fault(
        "a wrong setting", (open_runs, the_night("Success")), "see to NPLV_ALERT", night="a wrong file",  # a message is due, and does not arrive
        setting=("NPLV_ALERT", "http://127.0.0.1:9/hook"),
    ),
    Fault(
        "an expired waiver", (open_runs, the_night("Success")), "ontheffing van controle plausibel voor misdrijven .* verliep op",
        change=(Path("nplv_orchestration/demo/deliveries.py"), WAIVERS, f"{WAIVERS}plausibel,misdrijven,een proef,A. de Vries,2025-12-31\\n"),
    ),
    Fault(
        "a broken model", (deployment, error), "nplv prepare", is_prepared=False,
        change=(MARTS / "veiligheid/mart_misdrijven.sql", "indicator_mart(", "indicator_maart("),
    ),
    Fault("a table is late", (open_runs, the_night("Success")), "verouderd: .*te laat|had(den)? er op .* moeten zijn", setting=("NPLV_DEMO_NIGHT", "500")),
)  # fmt: skip


def prepare(one: Soak) -> None:
    """Have dbt read the models of the copy."""
    subprocess.run([*NPLV, "prepare"], env=one.environment, cwd=one.root, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def put_in(one: Soak, fault: Fault) -> Iterator[None]:
    """The change of the project or of a setting, put back afterwards."""
    environment, were = dict(one.environment), dict[Path, str]()
    if fault.setting:
        one.environment[fault.setting[0]] = fault.setting[1]
    if fault.change:
        file, old, new = one.root / fault.change[0], *fault.change[1:]
        text = were[file] = file.read_text(encoding="utf-8")
        if old not in text:
            raise SystemExit(f"{file} does not say {old}, so nothing can be put in its place")
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
        if fault.is_prepared:
            prepare(one)
    try:
        yield
    finally:
        one.environment = environment
        for file, text in were.items():
            file.write_text(text, encoding="utf-8")
            prepare(one)


def walked(one: Soak, fault: Fault, picture: Path) -> tuple[float, str]:
    """Go to the cause: the seconds that it took, and the words found; raises Error of the browser when they are not there."""
    with looking(one.address) as page:
        begin = time.monotonic()
        page.goto("/")
        try:
            for click in fault.walk:
                click(page)
            found = page.get_by_text(re.compile(fault.cause)).first
            found.wait_for(state="visible")
            return time.monotonic() - begin, " ".join((found.text_content() or "").split())
        finally:
            page.screenshot(path=picture)


def main() -> None:
    """Put each in, look, and tell."""
    call = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    call.add_argument("folder", type=Path)
    call.add_argument("--only", nargs="*", default=[""], help="only faults whose name has one of these words")
    given = call.parse_args()
    folder = given.folder.absolute()
    one = Soak(folder, copy_project(folder / "project"))
    prepare(one)
    with one.ui():
        one.night(0, "none")
    print("| what went wrong | clicks | seconds | what stands there |\n|---|---|---|---|", flush=True)
    far = 0
    for number, fault in enumerate([fault for fault in FAULTS if any(words in fault.name for words in given.only)], 1):
        with put_in(one, fault), one.ui(loads=fault.is_prepared):
            if fault.is_prepared:
                one.night(number, fault.night)
            try:
                seconds, found = walked(one, fault, folder / f"{number}-{fault.name.replace(' ', '-')}.png")
                print(f"| {fault.name} | {len(fault.walk)} | {seconds:.1f} | {found[:160]} |", flush=True)
            except Error as error:
                found = ""
                print(f"| {fault.name} | | | not found: {str(error).splitlines()[0]} |", flush=True)
            far += not found or len(fault.walk) > MOST
    sys.exit(bool(far))


if __name__ == "__main__":
    main()
