"""The programs of other people in which tests open what is made."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def program(*names: str) -> str:
    """The path of the first of these that is there; in CI it must be, elsewhere the test is skipped."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if not found:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{names[0]} is not there, so nothing is opened in it; install it and run again")
    return str(found)


def chromium() -> str:
    """The browser."""
    return program("chromium", "chromium-browser", "google-chrome")


def office(file: Path, kind: str, out: Path) -> list[Path]:
    """A file as LibreOffice turns it into another kind."""
    profile = f"-env:UserInstallation={(out / 'profile').as_uri()}"
    command = [program("soffice"), profile, "--headless", "--convert-to", kind, "--outdir", str(out), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    found = sorted(path for path in out.iterdir() if path.is_file())
    assert found, f"LibreOffice made nothing of {file.name}"
    return found
