"""What made a figure, beside its sources: this project's code, and the libraries and the Python that it runs on."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path

from nplv_orchestration import __version__

_LIBRARIES = ("dagster", "dbt-core", "dbt-duckdb", "duckdb", "pandas", "great-expectations")


@cache
def code_fingerprint() -> str:
    """A hash of the code of this project, without the dbt models: a changed line makes anew what it made."""
    package = Path(__file__).resolve().parent
    digest = hashlib.sha256()
    for folder in (package, package.parent / "assets", package.parent / "checks"):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".j2"):
                digest.update(str(path.relative_to(package.parent)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def versions() -> dict[str, str]:
    """Versions by name: code_version, python, and the libraries that figures go through."""
    return {"code_version": f"{__version__}+{code_fingerprint()[:12]}", "python": platform.python_version()} | {
        name: version(name) for name in _LIBRARIES
    }
