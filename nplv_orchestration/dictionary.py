"""The data dictionary: every table of a published version, what it is made from, and what it and its columns mean.

What stands here is what the models say of themselves in `dbt_project`, in English; `woordenboek.csv` says the same to readers, in Dutch. Which rows and columns the public database leaves out is decided in `publication`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nplv_orchestration.errors import NplvError
from nplv_orchestration.manifest import Manifest, Node

_DUTCH = Path(__file__).parent / "woordenboek.csv"
_RELEASED = ("indicator_values", "indicators", "indicator_components", "indicator_changes")
_OTHERS = {
    "areas.examples": "release.examples",
    "quality.check_results": "release.check_results",
    "quality.decisions": "release.decisions",
    "quality.waivers": "release.waivers",
    "provenance.build": "release.build",
    "provenance.sources": "raw.sources",
    "provenance.revisions": "raw.revisions",
}


@dataclass(frozen=True)
class Table:
    """A published table. name: schema.table of a version; relation: the table of the warehouse that it is a copy of; columns: what each means, in order."""

    name: str
    relation: str
    description: str
    columns: Mapping[str, str]
    is_internal: bool
    """Whether the public database is without it."""


def published_tables(manifest: Manifest) -> list[Table]:
    """All tables of a version, in the order in which people look for them: figures, what was made of them, the programme, areas, quality, origin."""
    return list(_tables(manifest))


def _tables(manifest: Manifest) -> Iterator[Table]:
    described = manifest.described
    for name in _RELEASED:
        yield _of(f"marts.{name}", described[f"release.{name}"], f"release.{name}")
    for node in manifest.derived:
        yield _of(f"marts.{node.name}", node)
    for mart in manifest.marts.values():
        yield _of(f"marts.{mart.name}", mart, f"release.{mart.name}", without="components")
    for node in manifest.told:
        yield _of(node.relation, node, f"release.{node.name}")
    for relation in ("areas.focus_areas", "areas.focus_area_regions"):
        yield _of(relation, described[relation])
    for name, relation in _OTHERS.items():
        yield _of(name, described[relation])
    for name in ("corrections", "unplaced_regions"):
        yield _of(f"provenance.{name}", described[f"intermediate.int_{name}"])


def _of(name: str, node: Node, relation: str = "", without: str = "") -> Table:
    columns = {column: str(known["description"]).strip() for column, known in node.columns.items() if column != without}
    return Table(name, relation or node.relation, " ".join(node.description.split()), columns, node.is_internal)


def in_dutch(table: str, column: str = "") -> str:
    """What a table or one of its columns means, in Dutch: as this table has it, else as any has it. Raises NplvError for one of which that is not known."""
    known = _dutch()
    for name in (f"{table}.{column}", column) if column else (table,):
        if name in known:
            return known[name]
    raise NplvError(f"{_DUTCH} does not say what {'.'.join(name for name in (table, column) if name)} is; add a line")


@cache
def _dutch() -> dict[str, str]:
    with _DUTCH.open(encoding="utf-8", newline="") as file:
        return {row["name"]: row["nl"] for row in csv.DictReader(file)}
