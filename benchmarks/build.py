"""Builds all models before the gate from the archive of a home, in a process of its own.

.venv/bin/python -m benchmarks.build HOME FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

from nplv_orchestration.archive import Archive
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.registry import REGISTRY
from nplv_orchestration.transform import build_models
from nplv_orchestration.warehouse import connect, register_raw


def build(home: Path, folder: Path) -> Settings:
    """The settings of the warehouse, which is made in a folder."""
    archive, settings = Archive(home / "archive"), settings_of(folder)
    with connect(settings) as connection:
        register_raw(connection, archive, [state for table in REGISTRY if (state := archive.state(table.key))])
    build_models([node.name for node in load_manifest().private], settings, folder / "dbt")
    return settings


def settings_of(folder: Path) -> Settings:
    """The settings of a warehouse that is built in a folder."""
    return Settings.model_construct(home=folder, warehouse=str(folder / "nplv.duckdb"))


if __name__ == "__main__":
    build(*map(Path, sys.argv[1:]))
