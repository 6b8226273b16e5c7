"""What was checked: every outcome beside the fingerprint of the very content that it judged.

The store and its vocabulary belong here. What is checked is in dbt's tests, in `expectations` and in `lateness`; what follows from
the evidence is decided in `gate`. The evidence lies in the warehouse, not only in Dagster's history.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from nplv_orchestration.archive import TableState
from nplv_orchestration.manifest import Severity, project_fingerprint
from nplv_orchestration.sources.registry import BY_KEY
from nplv_orchestration.sql import transaction
from nplv_orchestration.versions import code_fingerprint

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Outcome = Literal["passed", "failed"]


@dataclass(frozen=True)
class RawCheck:
    """A check of a source table, judged by what the archive keeps of it since it was pulled. fails: whether it failed, by how the last question ended."""

    check: str
    severity: Severity
    description: str
    fails: Callable[[TableState], bool]


def is_repeated(state: TableState) -> bool:
    """Whether the version in use, which its publisher calls a new one, has the figures of an earlier one."""
    return state.manifest is not None and BY_KEY[state.key].reader != "reviewed" and bool(state.manifest.repeats)


def is_restated(state: TableState) -> bool:
    """Whether the version in use changed figures that were told as final. What is reviewed may change."""
    return state.manifest is not None and BY_KEY[state.key].reader != "reviewed" and any(one.get("restated") for one in state.manifest.moved)


RAW_CHECKS = (
    RawCheck("contract", "error",
             "De laatste versie voldeed aan het register (kolommen, aantal rijen, periode, grenzen) en verloor niet meer dan een tiende van de vorige.",
             lambda state: state.state == "refused"),
    RawCheck("actueel", "warn", "De uitgever antwoordde, en de laatste versie is in gebruik.", lambda state: state.state not in ("fresh", "unchanged")),
    RawCheck("nieuw", "warn", "De versie die in gebruik is, is niet gelijk aan een eerdere die de uitgever anders noemde.", is_repeated),
    RawCheck("herzien", "warn", "De versie die in gebruik is, veranderde geen cijfers die definitief waren.", is_restated),
)  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """One outcome. node: the table that was judged, schema.name; fingerprint: of its rows when it was judged."""

    check: str
    kind: Literal["dbt", "expectations", "calendar"]
    node: str
    severity: Severity
    outcome: Outcome
    fingerprint: str
    details: dict[str, Any]


def definition() -> str:
    """A hash of all that the checks follow from: the models with their tests and `meta`, and this code."""
    return hashlib.sha256((project_fingerprint() + code_fingerprint()).encode()).hexdigest()[:16]


def record(connection: DuckDBPyConnection, found: Iterable[Evidence]) -> None:
    """Keep outcomes; the newest of a check on a node counts."""
    _ensure(connection)
    now = datetime.now(UTC).replace(tzinfo=None)
    by = definition()
    newest = {(e.check, e.node): e for e in found}
    rows = [(e.check, e.kind, e.node, e.severity, e.outcome, e.fingerprint, json.dumps(e.details, ensure_ascii=False)) for e in newest.values()]
    if rows:  # all at once: DuckDB takes a millisecond for each row that is inserted by itself
        columns = [list(column) for column in zip(*rows, strict=True)]
        each = ", ".join(["unnest(?::VARCHAR[])"] * len(columns))
        with transaction(connection):
            keys = "SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])"
            connection.execute(f"DELETE FROM quality.evidence WHERE (check_name, node) IN ({keys})", [columns[0], columns[2]])
            connection.execute(f"INSERT INTO quality.evidence SELECT {each}, ?, ?", [*columns, now, by])


def read(connection: DuckDBPyConnection) -> dict[tuple[str, str], Evidence]:
    """All evidence of the checks as they are now, by check and node: what a check found before it was changed is none."""
    _ensure(connection)
    query = "SELECT * EXCLUDE (evaluated_at, definition) FROM quality.evidence WHERE definition = ?"
    rows = connection.execute(query, [definition()]).fetchall()
    return {(r[0], r[2]): Evidence(r[0], r[1], r[2], r[3], r[4], r[5], json.loads(r[6])) for r in rows}


def _ensure(connection: DuckDBPyConnection) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS quality")
    connection.execute(
        "CREATE TABLE IF NOT EXISTS quality.evidence (check_name VARCHAR, kind VARCHAR, node VARCHAR, severity VARCHAR, "
        "outcome VARCHAR, fingerprint VARCHAR, details VARCHAR, evaluated_at TIMESTAMP, definition VARCHAR)"
    )
