"""Runs dbt in this process: the build of the warehouse, and what is made from released marts.

dbt is called through its own `dbtRunner`, with the manifest that was prepared, because parsing and a process of its own
cost several seconds each time. Which models there are is in `manifest`.
"""

from __future__ import annotations

import gc
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from nplv_orchestration.catalogue import Indicator
from nplv_orchestration.column_lineage import column_lineage
from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import write_atomically
from nplv_orchestration.manifest import PROJECT, TARGET, Manifest, project_fingerprint
from nplv_orchestration.progress import Watch, unwatched
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.registry import BOUNDARY_YEAR
from nplv_orchestration.warehouse import for_dbt, raw_columns

_VARS = ["--vars", json.dumps({"boundary_year": BOUNDARY_YEAR})]
_QUIET = ["--quiet", "--log-level", "none", "--log-level-file", "none", "--no-send-anonymous-usage-stats", "--no-version-check"]


@dataclass(frozen=True)
class NodeResult:
    """How one node of a dbt run ended. status: success, pass, warn, fail, error or skipped."""

    unique_id: str
    status: str
    failures: int | None
    message: str
    seconds: float


def prepare() -> None:
    """Parse the models into the manifest that everything else reads, with the lineage of their columns. Raises NplvError with dbt's own words, or for what is wrong in the catalogue."""
    fingerprint = project_fingerprint()
    with (
        tempfile.TemporaryDirectory() as name,
        _warehouse(Settings.model_construct(home=Path(name))),
    ):  # an empty one: what is compiled asks it nothing
        made = Path(name)
        result = _runner().invoke(["compile", *_folders(made), *_QUIET])
        if not result.success:
            raise NplvError(f"dbt cannot parse the models: {_one_line(result.exception)}")
        raw = json.loads((made / "manifest.json").read_bytes())
        manifest = Manifest(raw)
        _ = manifest.indicators  # refused here when the catalogue is wrong
        known = _known_columns(manifest)
        lineage = {node.unique_id: column_lineage(raw["nodes"][node.unique_id]["compiled_code"], known) for node in manifest.models}
        TARGET.mkdir(exist_ok=True)
        write_atomically(TARGET / "manifest.json", (made / "manifest.json").read_bytes())
        write_atomically(TARGET / "partial_parse.msgpack", (made / "partial_parse.msgpack").read_bytes())
        write_atomically(TARGET / "lineage.json", json.dumps(lineage).encode())
    write_atomically(TARGET / "fingerprint", fingerprint.encode())


def _known_columns(manifest: Manifest) -> dict[str, dict[str, dict[str, str]]]:
    """The columns of all that a model may read: other models, the sources as they are registered, and what the gate released."""
    known: dict[str, dict[str, dict[str, str]]] = {"raw": dict(raw_columns())}
    for node in manifest.nodes.values():
        known.setdefault(node.schema, {})[node.name] = {name: "VARCHAR" for name in node.columns}
    figures = next(iter(manifest.marts.values())).columns
    known["release"] = {
        "indicator_values": {name: "VARCHAR" for name in figures},
        "indicators": {name: "VARCHAR" for name in ("main_series", *Indicator.model_fields)},
    }
    return known


@contextmanager
def _warehouse(settings: Settings) -> Iterator[list[str]]:
    """Let dbt work in this warehouse, with the arguments for that, and let go of it afterwards."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    target = for_dbt(settings)
    try:
        yield ["--target", target]
    finally:
        DuckDBConnectionManager.close_all_connections()
        gc.collect()  # dbt's last handle on the file goes with its frames; an open one refuses every other connection


def build_models(select: Sequence[str], settings: Settings, folder: Path, *, watch: Watch = unwatched) -> None:
    """Build these seeds and models in the warehouse; tests are run apart, so that none keeps dbt from building what lies behind it.

    Raises NplvError when one could not be built, naming it.
    """
    for node in _invoke(["build", "--resource-type", "seed", "model"], select, settings, folder, watch):
        if node.status == "error":
            raise NplvError(f"dbt could not build {node.unique_id.split('.')[-1]}: {node.message}")


def run_tests(select: Sequence[str], settings: Settings, folder: Path, *, watch: Watch = unwatched) -> dict[str, NodeResult]:
    """Run these tests; how each ended, by unique id. A test that could not be run ends in status error."""
    return {node.unique_id: node for node in _invoke(["test"], select, settings, folder, watch)}


def _invoke(command: list[str], select: Sequence[str], settings: Settings, folder: Path, watch: Watch) -> list[NodeResult]:
    from dbt.contracts.graph.manifest import Manifest as Parsed

    done = count(1)

    def on_event(event: Any) -> None:
        if event.info.name == "NodeFinished":
            watch(event.data.node_info.node_name, next(done), len(select))

    manifest = Parsed.from_msgpack((TARGET / "partial_parse.msgpack").read_bytes())
    manifest.build_flat_graph()
    with _warehouse(settings) as target:
        result = _runner(manifest, [on_event]).invoke([*command, *target, "--select", *select, *_folders(folder), *_QUIET])
        if result.result is None:
            raise NplvError(f"dbt failed: {_one_line(result.exception)}")
        return [NodeResult(r.node.unique_id, str(r.status), r.failures, _one_line(r.message), r.execution_time) for r in result.result.results]


def _runner(manifest: Any = None, callbacks: list[Callable[[Any], None]] | None = None) -> Any:
    from dbt.cli.main import dbtRunner

    return dbtRunner(manifest=manifest, callbacks=callbacks or [])


def _folders(target: Path) -> list[str]:
    return [*_VARS, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target), "--log-path", str(target)]


def _one_line(text: object) -> str:
    return " ".join(str(text or "").split())[:400]
