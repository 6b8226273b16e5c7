"""dbt's tests and the expectations of the marts, as checks of the tables that they judge; their outcome is kept as evidence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import Any

import dagster as dg

from nplv_orchestration import evidence, transform
from nplv_orchestration.evidence import Evidence
from nplv_orchestration.expectations import CHECK_NAME, judge
from nplv_orchestration.manifest import Manifest, Node
from nplv_orchestration.monitor import Monitor

KeyOf = Callable[[Node], dg.AssetKey]


def check_specs(manifest: Manifest, nodes: Collection[Node], key_of: KeyOf) -> list[dg.AssetCheckSpec]:
    """A check for each dbt test on these tables, and one for the expectations of each mart among them; none blocks."""
    tests = [
        dg.AssetCheckSpec(c.name, asset=key_of(manifest.nodes[c.node]), description=c.description or None, blocking=False)
        for c in manifest.checks
        if manifest.nodes[c.node] in nodes
    ]
    return tests + [
        dg.AssetCheckSpec(CHECK_NAME, asset=key_of(mart), description="Zien de cijfers eruit zoals de catalogus verwacht?", blocking=False)
        for mart in manifest.marts.values()
        if mart in nodes
    ]


def evaluate(
    monitor: Monitor, manifest: Manifest, key_of: KeyOf, wanted: Collection[dg.AssetCheckKey], tables: dict[str, str], unchanged: bool
) -> Iterator[dg.AssetCheckResult]:
    """Run the wanted checks and keep their evidence; what was found of the same content still holds.

    A test of dbt may read other tables too, so it is run again when any changed; the expectations of a mart are about its rows alone.
    """
    with monitor.warehouse() as connection:
        kept = evidence.read(connection)
    tests = [c for c in manifest.checks if dg.AssetCheckKey(key_of(manifest.nodes[c.node]), c.name) in wanted]
    marts = [(i, manifest.marts[i.indicator_id]) for i in manifest.indicators]
    marts = [(i, mart) for i, mart in marts if dg.AssetCheckKey(key_of(mart), CHECK_NAME) in wanted]

    def judged(check: str, node: Node) -> bool:
        found = kept.get((check, node.relation))
        return found is not None and found.fingerprint == tables.get(node.relation)

    due = [c for c in tests if not (unchanged and judged(c.name, manifest.nodes[c.node]))]
    fresh: list[Evidence] = []
    if due:
        ended = transform.run_tests(
            [c.name for c in due], monitor.settings.warehouse_path, monitor.home.dbt, watch=partial(monitor.progress, "controles")
        )
        for check in due:
            result = ended[check.unique_id]
            node = manifest.nodes[check.node]
            outcome: evidence.Outcome = "passed" if result.status == "pass" else "failed"
            fresh.append(
                Evidence(
                    check.name,
                    "dbt",
                    node.relation,
                    check.severity,
                    outcome,
                    tables[node.relation],
                    {"rows": result.failures, "message": result.message},
                )
            )
    unjudged = [(i, mart) for i, mart in marts if not judged(CHECK_NAME, mart)]
    if unjudged:
        with monitor.warehouse() as connection:
            frames = [(i, mart.relation, tables[mart.relation], connection.sql(f"SELECT * FROM {mart.relation}").df()) for i, mart in unjudged]
        fresh += judge(frames, watch=partial(monitor.progress, "verwachtingen"))
    with monitor.warehouse() as connection:
        evidence.record(connection, fresh)
        found = evidence.read(connection)
    for check in tests:
        yield _result(found[(check.name, manifest.nodes[check.node].relation)], key_of(manifest.nodes[check.node]))
    for _, mart in marts:
        yield _result(found[(CHECK_NAME, mart.relation)], key_of(mart))


def told(passed: bool, holds: bool) -> dict[str, str]:
    """How a check ended, and what it does to its mart when it fails, in words."""
    return {
        "uitkomst": "geslaagd" if passed else "niet geslaagd",
        "als zij faalt": "houdt zij de mart vast" if holds else "is dat een waarschuwing",
    }


def _expected(line: dict[str, Any]) -> dg.TableRecord:
    """One expectation as a person reads it."""
    return dg.TableRecord(
        {
            "verwachting": str(line["notes"]),
            **told(line["success"], line["severity"] == "critical"),
            "rijen": str(line["rows"]),
            "afwijkend": str(line["unexpected"]),
        }
    )


def _result(found: Evidence, key: dg.AssetKey) -> dg.AssetCheckResult:
    metadata: dict[str, dg.MetadataValue] = {"inhoud": dg.MetadataValue.text(found.fingerprint)}
    if lines := found.details.get("expectations"):
        metadata["verwachtingen"] = dg.MetadataValue.table([_expected(line) for line in lines])
    else:
        metadata["rijen"] = dg.MetadataValue.text(str(found.details.get("rows")))
    severity = dg.AssetCheckSeverity.ERROR if found.severity == "error" else dg.AssetCheckSeverity.WARN
    return dg.AssetCheckResult(asset_key=key, check_name=found.check, passed=found.outcome == "passed", severity=severity, metadata=metadata)
