"""What each table of the warehouse was made from: the content of its parents at the moment when it was built.

A table can be sound by itself and yet be older than what it is made from, when somebody built a part only. Keeping and
reading that belongs here; what follows from it is decided in `gate`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from nplv_orchestration.manifest import Manifest, Node
from nplv_orchestration.sql import transaction
from nplv_orchestration.warehouse import relations

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Lineage = Mapping[str, Mapping[str, str]]
"""For each table the fingerprints of its parents when it was built; both as schema.name."""


def raw_fingerprints(connection: DuckDBPyConnection) -> dict[str, str]:
    """A hash of the archived versions behind each relation of schema `raw`; none before any model was built."""
    if "raw.sources" not in relations(connection):
        return {}
    query = "SELECT 'raw.' || relation, md5(string_agg(concat_ws(' ', key, sha256), ';' ORDER BY key)) FROM raw.sources GROUP BY relation"
    return dict(connection.execute(query).fetchall())


def record(connection: DuckDBPyConnection, manifest: Manifest, built: Iterable[Node], now: Mapping[str, str]) -> None:
    """Keep what these tables were made from; now: the fingerprints of all tables, and of schema `raw`."""
    _ensure(connection)
    nodes = list(built)
    rows = [(node.relation, parent, now[parent]) for node in nodes for parent in _parents(manifest, node)]
    columns = [[row[at] for row in rows] for at in range(3)]
    with transaction(connection):
        connection.execute("DELETE FROM quality.lineage WHERE list_contains(?::VARCHAR[], node)", [[node.relation for node in nodes]])
        connection.execute("INSERT INTO quality.lineage SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[]), unnest(?::VARCHAR[])", columns)


def read(connection: DuckDBPyConnection) -> dict[str, dict[str, str]]:
    """All that was kept."""
    _ensure(connection)
    made_from: dict[str, dict[str, str]] = {}
    for node, parent, fingerprint in connection.execute("SELECT node, parent, fingerprint FROM quality.lineage").fetchall():
        made_from.setdefault(node, {})[parent] = fingerprint
    return made_from


def problem(manifest: Manifest, node: Node, made_from: Lineage, now: Mapping[str, str]) -> str | None:
    """Why a table is not what its parents make now, in Dutch; None when it is."""
    for parent in _parents(manifest, node):
        then = made_from.get(node.relation, {}).get(parent)
        if then is None or then != now.get(parent):
            return f"{node.relation} is gemaakt van andere inhoud van {parent}"
    return None


def _parents(manifest: Manifest, node: Node) -> list[str]:
    """The tables that a node is made from. The list of sources itself is none: it changes whenever a question is asked."""
    return [manifest.nodes[uid].relation for uid in node.depends_on] + [f"raw.{name}" for name in node.sources if name != "sources"]


def _ensure(connection: DuckDBPyConnection) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS quality")
    connection.execute("CREATE TABLE IF NOT EXISTS quality.lineage (node VARCHAR, parent VARCHAR, fingerprint VARCHAR)")
