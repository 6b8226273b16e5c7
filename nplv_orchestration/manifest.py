"""What dbt has prepared: the models, the checks on them, and their `meta`.

Only reading the manifest belongs here; what an indicator must be is in `catalogue`, running dbt in `transform`. The manifest is made by `nplv prepare`, at
install and in CI: making it takes seconds, reading it does not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Literal

from nplv_orchestration.catalogue import Indicator, catalogue
from nplv_orchestration.column_lineage import Lineage
from nplv_orchestration.configuration import FILE, Configuration
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.programme import Programme, programme
from nplv_orchestration.sources.registry import BOUNDARY_YEAR

PROJECT = Path(__file__).resolve().parent.parent / "dbt_project"
TARGET = PROJECT / "target"
PROGRAMME = "programma"

Severity = Literal["error", "warn"]


@dataclass(frozen=True)
class Node:
    """A seed, a model, or a table that models are given: one table of the warehouse."""

    unique_id: str
    name: str
    schema: str
    kind: str
    path: str
    description: str
    columns: Mapping[str, Mapping[str, Any]]
    depends_on: tuple[str, ...]
    sources: tuple[str, ...]
    is_foundation: bool
    is_internal: bool
    """Whether the public database is without it: the figure of an area follows from it, or its words."""

    @property
    def relation(self) -> str:
        """Its table, as schema.name."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Check:
    """A dbt test: it judges the content of one node."""

    unique_id: str
    name: str
    node: str
    severity: Severity
    description: str


class Manifest:
    """A prepared manifest, read once; of a programme with the marts of its indicators alone."""

    def __init__(
        self, raw: Mapping[str, Any], columns_from: Mapping[str, Lineage] | None = None, configuration: Configuration | None = None, label: str = ""
    ) -> None:
        self._raw, self._configuration = raw, configuration
        self.columns_from = columns_from or {}
        """Of each model where its columns come from, by unique id."""
        self.label = label
        """By what its assets are told from those of other programmes; empty when there are no others."""

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Seeds and models by unique id, each after those that it is made from."""
        wanted = {indicator.mart for indicator in self.indicators}
        found = {
            uid: _node(uid, n)
            for uid, n in self._raw["nodes"].items()
            if n["resource_type"] in ("model", "seed") and (not _is_mart(n) or n["name"] in wanted)
        }
        order = TopologicalSorter({uid: [d for d in n.depends_on if d in found] for uid, n in found.items()})
        return {uid: found[uid] for uid in order.static_order()}

    @cached_property
    def described(self) -> dict[str, Node]:
        """Everything that is described, by its table: seeds and models, and the tables that these are given."""
        given = [_node(uid, n) for uid, n in self._raw["sources"].items()]
        return {node.relation: node for node in (*given, *self.nodes.values())}

    def key(self, *parts: str) -> list[str]:
        """How the asset of these parts is named among those of all programmes in a deployment."""
        return [*([self.label] if self.label else []), *parts]

    @property
    def models(self) -> list[Node]:
        """The nodes that are made by a query."""
        return [node for node in self.nodes.values() if node.kind == "model"]

    @cached_property
    def checks(self) -> list[Check]:
        """Every dbt test with the node that it judges (a test over several tables judges the last one it reads)."""
        return list(self._checks())

    def _checks(self) -> Iterator[Check]:
        for uid, n in self._raw["nodes"].items():
            if n["resource_type"] != "test":
                continue
            node = n.get("attached_node") or n["depends_on"].get("nodes", [])[-1]
            if _is_mart(self._raw["nodes"].get(node)) and node not in self.nodes:
                continue  # of an indicator that the programme does not have
            if node not in self.nodes:
                raise NplvError(f"dbt test {n['name']} judges no table of the warehouse, so nothing would wait for it; put it on a model")
            severity: Severity = "error" if n["config"]["severity"].lower() == "error" else "warn"
            yield Check(uid, n["name"], node, severity, n["description"])

    @cached_property
    def indicators(self) -> list[Indicator]:
        """The catalogue, in the order of the overview table. Raises NplvError for what is wrong in it, WrongCall for a choice that it does not have."""
        found = catalogue(n for n in self._raw["nodes"].values() if _is_mart(n))
        if self._configuration is None:
            return found
        known, chosen = [i.indicator_id for i in found], self._configuration.indicators
        for name in chosen or ():
            if name not in known:
                near = get_close_matches(name, known, 1)
                raise WrongCall(
                    f"{self._configuration.id}/{FILE}, indicators: the catalogue has no '{name}'; "
                    + (f"did you mean {near[0]}?" if near else "`nplv indicators --markdown` prints those that there are")
                )
        owner = {"owner": self._configuration.owner} if self._configuration.owner else {}
        return [i.model_copy(update=owner) for i in found if chosen is None or i.indicator_id in chosen]

    @cached_property
    def programme(self) -> Programme:
        """The catalogue of what the programme does. Raises NplvError for what is wrong in it."""
        return programme(
            {
                n["name"]: n["config"].get("meta", {})
                for n in self._raw["nodes"].values()
                if n["resource_type"] == "model" and n["schema"] == PROGRAMME
            }
        )

    @cached_property
    def told(self) -> list[Node]:
        """The tables of what the programme did, each published whole, or as it was published last."""
        return [n for n in self.nodes.values() if n.schema == PROGRAMME]

    @cached_property
    def marts(self) -> dict[str, Node]:
        """The node of each indicator, by indicator id."""
        by_name = {n.name: n for n in self.nodes.values()}
        return {i.indicator_id: by_name[i.mart] for i in self.indicators}

    @cached_property
    def gated(self) -> dict[str, Node]:
        """What the gate lets through or holds, each whole: the marts by indicator id, and the tables of the programme by name."""
        return self.marts | {node.name: node for node in self.told}

    @cached_property
    def private(self) -> list[Node]:
        """The tables that are built before the gate."""
        return [n for n in self.nodes.values() if n.schema != "publication"]

    @cached_property
    def derived(self) -> list[Node]:
        """The tables that are made from what the gate let through, and published whole or not at all."""
        return [n for n in self.nodes.values() if n.schema == "publication"]

    def ancestors(self, unique_id: str) -> set[str]:
        """A node and everything that it is made from."""
        seen: set[str] = set()
        todo = [unique_id]
        while todo:
            uid = todo.pop()
            if uid not in seen and uid in self.nodes:
                seen.add(uid)
                todo.extend(self.nodes[uid].depends_on)
        return seen


def _is_mart(raw: Mapping[str, Any] | None) -> bool:
    """Whether a node of dbt is the mart of an indicator."""
    return raw is not None and raw["resource_type"] == "model" and raw["name"].startswith("mart_")


def _node(unique_id: str, raw: Mapping[str, Any]) -> Node:
    parents, meta = raw.get("depends_on", {}).get("nodes", []), raw["config"].get("meta", {})
    return Node(
        unique_id=unique_id,
        name=raw["name"],
        schema=raw["schema"],
        kind=raw["resource_type"],
        path=raw["original_file_path"],
        description=raw["description"],
        columns=raw["columns"],
        depends_on=tuple(d for d in parents if not d.startswith("source.")),
        sources=tuple(d.split(".")[-1] for d in parents if d.startswith("source.")),
        is_foundation=bool(meta.get("foundation")),
        is_internal=bool(meta.get("internal")),
    )


def project_fingerprint() -> str:
    """A hash of all that dbt reads: models, macros, seeds, tests and settings, and the edition of boundaries."""
    digest = hashlib.sha256(f"boundaries of {BOUNDARY_YEAR}".encode())
    for path in sorted(PROJECT.rglob("*")):
        inside = path.relative_to(PROJECT)
        if path.is_file() and inside.parts[0] not in ("target", "logs") and path.suffix in (".sql", ".yml", ".csv", ".md"):
            digest.update(str(inside).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@lru_cache(maxsize=2)
def _prepared(path: Path, fingerprint: str) -> tuple[Any, Any]:
    return json.loads(path.read_bytes()), json.loads(path.with_name("lineage.json").read_bytes())


@lru_cache(maxsize=4)
def _of(path: Path, fingerprint: str, configuration: Configuration | None, label: str) -> Manifest:
    return Manifest(*_prepared(path, fingerprint), configuration, label)


def load_manifest(configuration: Configuration | None = None, label: str = "") -> Manifest:
    """The prepared manifest, of a programme or of the whole catalogue. Raises NplvError when it is absent or older than the models."""
    stamp = TARGET / "fingerprint"
    now = project_fingerprint()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != now:
        raise NplvError("the dbt models changed, or were never prepared: run `nplv prepare`")
    return _of(TARGET / "manifest.json", now, configuration, label)
