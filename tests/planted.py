"""An archive with other rows than its publishers gave, and the marts that follow from it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.build import build
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.sources.registry import REGISTRY
from nplv_orchestration.warehouse import connect

Change = Callable[[str, pd.DataFrame], pd.DataFrame]
"""From the key of a table and its rows to the rows that stand in their place; the same ones leave the table as it is."""


def newest(archive: Path, key: str) -> tuple[dict[str, Any], pd.DataFrame]:
    """The manifest and the rows of a table's newest version."""
    told = json.loads(sorted((archive / key).glob("0*.json"))[-1].read_text())
    return told, pd.read_parquet(archive / key / f"{told['sha256']}.parquet")


def plant(archive: Path, manifest: dict[str, Any], rows: pd.DataFrame) -> None:
    """Put a version into the archive as if it had been pulled."""
    folder = archive / manifest["key"]
    folder.mkdir(exist_ok=True)
    rows.to_parquet(folder / "planted.parquet", index=False)
    number = len(list(folder.glob("0*.json"))) + 1
    (folder / f"{number:04d}.json").write_text(json.dumps(manifest | {"sha256": "planted"}))


def marts(home: Path, folder: Path, change: Change | None = None) -> pd.DataFrame:
    """All rows of all marts as they are built in `folder` from the archive of a home, changed or as it is."""
    shutil.copytree(home / "archive", folder / "archive")
    for table in REGISTRY:
        if change and list((folder / "archive" / table.key).glob("0*.json")):
            told, rows = newest(folder / "archive", table.key)
            changed = change(table.key, rows)
            if changed is not rows:
                plant(folder / "archive", told | {"rows": len(changed)}, changed)
    with connect(build(folder, folder)) as connection:
        union = " UNION ALL ".join(f"SELECT * FROM {node.relation}" for node in load_manifest().marts.values())
        return connection.execute(f"{union} ORDER BY indicator_id, geo_level, geo_code, series, year").df()
