"""Makes the folder of an edition: every file in a draft beside it, then one rename.

What is told is in `table`; this module decides which files there are, when they are made anew, and signs them.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nplv_orchestration.edition import page, pdf, sheet
from nplv_orchestration.edition.document import cover, document
from nplv_orchestration.edition.table import Edition, read
from nplv_orchestration.home import exchange, point_to, sync
from nplv_orchestration.sums import problems, seal, sha256
from nplv_orchestration.versions import versions

REVISION = 1
_KINDS = {
    ".csv": "text/csv",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".html": "text/html",
    ".pdf": "application/pdf",
    ".json": "application/json",
}


@dataclass(frozen=True)
class EditionResult:
    """An edition on disk. missing: the indicators without a figure, as 'name: reason'."""

    folder: Path
    year: int
    is_new: bool
    missing: list[str]


def make_edition(public_database: Path, editions: Path, year: int) -> EditionResult:
    """Make or remake the concept of a year from the public database; an unchanged one is left alone.

    Raises NplvError without a published version, and WrongCall for a year without figures.
    """
    edition = read(public_database, year)
    folder = editions / str(year) / f"r{REVISION}"
    missing = [f"{row['name_nl']}: {row['status_reason']}" for row in edition.missing]
    provenance = _json(_provenance(edition))
    if not problems(folder) and (folder / "provenance.json").read_bytes() == provenance:
        return EditionResult(folder, year, False, missing)
    draft = folder.with_name(f".draft-r{REVISION}")
    if draft.exists():  # of a run that was killed
        shutil.rmtree(draft)
    draft.mkdir(parents=True)
    try:
        _write_files(edition, draft, provenance)
        if folder.exists():
            exchange(draft, folder)
        else:
            draft.rename(folder)
            sync(folder.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    point_to(folder.parent / "current", folder.name)
    return EditionResult(folder, year, True, missing)


def _write_files(edition: Edition, folder: Path, provenance: bytes) -> None:
    (folder / "overzichtstabel.csv").write_bytes(sheet.csv_bytes(edition))
    (folder / "afbakening.csv").write_bytes(sheet.delineation_bytes(edition))
    sheet.write_xlsx(edition, folder / "overzichtstabel.xlsx", cover(edition))
    blocks = document(edition)
    (folder / "voortgangsoverzicht.html").write_text(page.html(edition, blocks), encoding="utf-8")
    (folder / "voortgangsoverzicht.pdf").write_bytes(pdf.pdf(edition, blocks))
    (folder / "provenance.json").write_bytes(provenance)
    (folder / "datapackage.json").write_bytes(_json(_datapackage(edition, folder)))
    seal(folder)


def _provenance(edition: Edition) -> dict[str, Any]:
    return {
        "edition": edition.year,
        "revision": REVISION,
        "status": "concept",
        "code_version": versions()["code_version"],
        "published_version": edition.facts,
        "sources": edition.sources,
        "figures": [
            {
                k: row[k]
                for k in (
                    "indicator_id",
                    "latest_year",
                    "latest_value",
                    "numerator",
                    "denominator",
                    "coverage",
                    "regions",
                    "weight_year",
                    "source_table",
                )
            }
            for row in edition.rows
        ],
    }


def _datapackage(edition: Edition, folder: Path) -> dict[str, Any]:
    numbers = {name for name, _, has_decimals in sheet.COLUMNS if has_decimals} | {"gap_ratio_latest", "coverage"}
    kind = {name: "number" if name in numbers else "integer" if name.endswith("_year") else "string" for name, _, _ in sheet.COLUMNS}
    schemas = {
        "overzichtstabel.csv": [{"name": n, "title": t, "type": kind[n]} for n, t, _ in sheet.COLUMNS],
        "afbakening.csv": [
            {"name": n, "type": "integer" if n == "boundary_year" else "string"}
            for n in ("area_id", "area_name", "municipality_name", "region_code", "boundary_year", "delineation")
        ],
    }
    resources = [
        {
            "name": f.stem if f.suffix == ".csv" else f.name.replace(".", "-"),
            "path": f.name,
            "mediatype": _KINDS[f.suffix],
            "bytes": f.stat().st_size,
            "hash": f"sha256:{sha256(f)}",
        }
        | ({"type": "table", "encoding": "utf-8", "schema": {"fields": schemas[f.name]}} if f.name in schemas else {})
        for f in sorted(folder.iterdir())
    ]
    used = [s for s in edition.sources if s["sha256"]]
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": f"nplv-voortgangsoverzicht-{edition.year}",
        "title": cover(edition)[0],
        "description": " ".join(f"{line.rstrip('.')}." for line in cover(edition)[1:]),
        "created": edition.facts["published_at"],
        "version": f"{edition.year}.{REVISION}",
        "demonstratiegegevens": edition.is_demo,
        "sources": [
            {"title": f"{s['publisher']} {s['table_id']}: {s['title']}"} | ({"path": s["address"]} if str(s["address"]).startswith("http") else {})
            for s in used
        ],
        "licenses": [{"name": name, "title": name} for name in sorted({s["licence"].replace(" ", "-") for s in used})],
        "resources": resources,
    }


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=1, default=str) + "\n").encode()
