"""The inbox, as a folder: which files wait in it, of which kind they are, and where they go when they were handled.

Its top level holds what is still to be handled; `accepted` and `refused` below it are for people, and never read as
deliveries. What is in a file is judged in `deliveries`.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nplv_orchestration.errors import NplvError, SourceRefused
from nplv_orchestration.home import sync, write_atomically
from nplv_orchestration.sources import eponline, sheets
from nplv_orchestration.sources.declared import FORMS
from nplv_orchestration.sources.forms import TOLD, Form
from nplv_orchestration.sources.sheets import shown

QUIET = 2.0  # seconds without a change after which a file is taken to be whole
LONGEST_NAME = 200  # bytes; a report and a date still fit
_TEMPORARY = re.compile(r"\..*|~\$.*|.*\.(tmp|part|crdownload)", re.IGNORECASE | re.DOTALL)  # a lock of LibreOffice begins with a dot


@dataclass(frozen=True)
class Kind:
    """A kind of file that is delivered, and how its rows lie in the archive.

    part: SQL over a row of the table; the rows of one delivery have one value of it, and a new delivery replaces those of the same.
    latest: SQL; of two deliveries of one part the one with the greater value counts, empty where the newest always does.
    """

    name: str
    table: str
    pattern: str
    part: str
    latest: str = ""
    form: Form | None = None


def _of_form(form: Form) -> Kind:
    return Kind(form.kind, form.table, form.pattern, "delivery", form=form)


KINDS: tuple[Kind, ...] = (
    *map(_of_form, FORMS),
    Kind("eponline", "eponline_labels", eponline.FILE_NAME, "year(reference_date)", "reference_date"),
)
BY_TABLE = {kind.table: kind for kind in KINDS}


def candidates(folder: Path) -> list[Path]:
    """The files at the top level that may be deliveries, by name only; nothing is opened. A folder that is not there has none.

    Raises NplvError for one that may not be looked into.
    """
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise NplvError(f"the inbox {folder} cannot be read ({error.strerror}); give this program the right to") from None
    return sorted(folder / n for n in names if not _TEMPORARY.fullmatch(n) and ((folder / n).is_symlink() or (folder / n).is_file()))


def kind_of(file: Path) -> Kind | None:
    """The kind of a file by its name, else by its head; None when it is none of those that are known, or not a plain file."""
    if file.is_symlink() or not file.name.isprintable() or len(file.name.encode()) > LONGEST_NAME:
        return None
    named = next((kind for kind in KINDS if re.fullmatch(kind.pattern, file.name, re.IGNORECASE)), None)
    if named or file.suffix.lower() not in sheets.SUFFIXES:
        return named
    try:
        heads = [[cell.lower() for cell in sheet.rows[0][1]] for sheet in sheets.read(file) if sheet.rows]
    except (SourceRefused, OSError):
        return None
    return next((kind for kind in KINDS if kind.form and heads and all(head == kind.form.heads for head in heads)), None)


def waiting(folder: Path, kind: Kind) -> list[Path]:
    """The files of a kind that are whole, by name. One that changes while it is looked at stays for the next time."""
    files = {file: _changed(file) for file in candidates(folder) if kind_of(file) == kind}
    ages = [time.time() - changed[0] / 1e9 for changed in files.values()]
    if recent := [age for age in ages if abs(age) < QUIET]:
        time.sleep(QUIET - max(min(recent), 0))
    return [file for file, changed in files.items() if _changed(file) == changed]


def _changed(file: Path) -> tuple[int, int]:
    try:
        told = file.stat()
    except FileNotFoundError:  # taken away while it was looked at
        return 0, -1
    return told.st_mtime_ns, told.st_size


def accept(file: Path) -> None:
    """Move a file that was taken over to `accepted`. Raises NplvError when that cannot be."""
    with _writing(file.parent):
        _move(file, file.parent / "accepted")


def refuse(file: Path, lines: Sequence[str]) -> None:
    """Move a file to `refused`, with a report of these lines (Dutch) beside it. Raises NplvError when that cannot be."""
    more = f" (en nog {len(lines) - 1})" if len(lines) > 1 else ""
    report = [
        lines[0] + more,
        "",
        f"Dit bestand is op {datetime.now().date().isoformat()} in zijn geheel geweigerd: er is niets uit overgenomen en er is niets veranderd.",
        "",
        *(f"- {line}" for line in lines[:TOLD]),
        *([f"En nog {len(lines) - TOLD} andere."] if len(lines) > TOLD else []),
        "",
        "Verbeter het bestand en zet het opnieuw in de inbox. Haal daarna het geweigerde bestand en dit verslag hier weg:",
        "zolang ze hier liggen, waarschuwt elke nacht ervoor.",
    ]
    with _writing(file.parent):
        folder = file.parent / "refused"
        name = _free(file, folder)
        write_atomically(folder / f"{name}.txt", ("\n".join(report) + "\n").encode())
        _move(file, folder)


def refused(folder: Path) -> dict[str, str]:
    """What lies in `refused`, by name, with the first line of its report."""
    names = {f.name for f in (folder / "refused").glob("*") if f.is_file() and not f.name.startswith(".")}
    told = {}
    for name in sorted(names):
        if name.endswith(".txt") and name.removesuffix(".txt") in names:
            continue
        report = folder / "refused" / (name if name.endswith(".txt") else f"{name}.txt")
        text = report.read_text(encoding="utf-8", errors="replace") if report.exists() else "er ligt geen verslag bij"
        told[shown(name, LONGEST_NAME)] = shown((text.splitlines() or [""])[0], 400)
    return told


def warnings(folder: Path, table: str = "") -> list[str]:
    """What people must know of the inbox after a run: which files were not read, and which were refused and lie there still.

    table: the key of a table that was just refreshed; files of other kinds have their turn yet.
    """
    told = []
    for file in candidates(folder):
        kind = kind_of(file)
        if table and kind and kind.table != table:
            continue
        if kind:
            told.append(
                f"{file.name} in {folder} is nog niet gelezen: het veranderde nog, of kwam tijdens de nacht; het komt de volgende keer aan de beurt"
            )
        else:
            told.append(f"{shown(file.name, LONGEST_NAME)} in {folder} wordt niet gelezen: zo heet geen bestand dat hier bekend is")
    return told + [f"{name} ligt in {folder / 'refused'}: {line}" for name, line in refused(folder).items()]


def _move(file: Path, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    os.replace(file, folder / _free(file, folder))
    sync(folder)
    sync(file.parent)


def _free(file: Path, folder: Path) -> str:
    """The name under which a file is kept: its own, or with the date in front when another content has that."""
    day, number = datetime.now().date().isoformat(), 1
    name = file.name
    while (folder / name).exists() and fingerprint(folder / name) != fingerprint(file):
        name = f"{day}_{file.name}" if number == 1 else f"{day}_{number}_{file.name}"
        number += 1
    return name


def fingerprint(file: Path) -> str:
    """A hash of a file's content."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NplvError(
            f"the inbox {folder} cannot be written ({error.strerror}); give this program the right to move files in it; what was taken over is kept"
        ) from None


def moment(file: Path) -> str:
    """When a file was last changed, as ISO text (UTC)."""
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat()
