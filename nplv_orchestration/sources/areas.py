"""The areas of the programme: which there are, and which buurten they consist of. They follow from the sources: the real
country has the reviewed files beside this module, the demo country has its own.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.progress import Watch
from nplv_orchestration.sources.pulled import Answer, Draft, Pulled
from nplv_orchestration.sources.registry import SourceTable

REAL = Path(__file__).with_name("focus_areas")


def ask(table: SourceTable, folder: Path) -> Answer:
    """The file's content, whose hash is its version. Raises SourceRefused when it is not there."""
    path = folder / table.path
    if not path.exists():
        raise SourceRefused(f"{path} is not there; restore it from the project")
    content = path.read_bytes()
    return Answer(hashlib.sha256(content).hexdigest(), None, table.path, carried=content)


def pull(table: SourceTable, answer: Answer, draft: Path, watch: Watch) -> Pulled:
    """All lines of the file. Raises SourceRefused, naming line and column."""
    lines = csv.DictReader(answer.carried.decode("utf-8-sig").splitlines())
    columns = {*table.columns, *(["boundary_year"] if table.boundary_year else [])}
    if set(lines.fieldnames or ()) != columns:
        raise SourceRefused(f"{table.path}: its columns must be {', '.join(sorted(columns))}")

    def rows() -> Iterator[dict[str, object]]:
        for number, line in enumerate(lines, 2):
            if None in line or None in line.values():
                raise SourceRefused(f"{table.path}, line {number}: another number of cells than the head")
            if table.boundary_year and line["boundary_year"] != str(table.boundary_year):
                raise SourceRefused(f"{table.path}, line {number}: boundaries of {line['boundary_year']}, the registry says {table.boundary_year}")
            row: dict[str, object] = {}
            for name, kind in table.columns.items():
                cell = line[name].strip()
                if not cell or (kind == "INTEGER" and not cell.isdigit()):
                    raise SourceRefused(
                        f"{table.path}, line {number}, {name}: found '{cell[:40]}', expected {'a number' if kind == 'INTEGER' else 'a text'}"
                    )
                row[name] = int(cell) if kind == "INTEGER" else cell
            yield row

    with Draft(table, draft, watch) as out:
        out.add(rows())
    return out.pulled(table.boundary_year)
