"""dbt's tests, and of each mart the expectations and its timeliness, as checks of the tables that they judge; their outcome is kept as evidence."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial

import dagster as dg

from nplv_orchestration import evidence, expectations, lateness, measures, published, transform
from nplv_orchestration.evidence import Evidence
from nplv_orchestration.manifest import Manifest, Node
from nplv_orchestration.monitor import Monitor

KeyOf = Callable[[Node], dg.AssetKey]

# what is judged of figures is kept one by one, and shown as two checks of each mart: Dagster takes a fiftieth of a second for each
_HOLDS, _LISTED = "verwachtingen", "opvallend"
_OUTCOMES: dict[evidence.Outcome, str] = {"passed": "geslaagd", "failed": "niet geslaagd"}
_ON_FIGURES = {
    _HOLDS: "Zien de cijfers eruit zoals de catalogus verwacht? Wat hier niet klopt, houdt de mart vast.",
    _LISTED: "Wat een mens moet bekijken: herzieningen, sprongen, gebieden die afwijken, cijfers die te laat zijn.",
}


def check_specs(manifest: Manifest, nodes: Collection[Node], key_of: KeyOf) -> list[dg.AssetCheckSpec]:
    """A check for each dbt test on these tables, and two on the figures of each mart among them; none blocks."""
    tests = [
        dg.AssetCheckSpec(c.name, asset=key_of(manifest.nodes[c.node]), description=c.description or None, blocking=False)
        for c in manifest.checks
        if manifest.nodes[c.node] in nodes
    ]
    figures = [
        dg.AssetCheckSpec(name, asset=key_of(mart), description=text, blocking=False)
        for mart in manifest.marts.values()
        if mart in nodes
        for name, text in _ON_FIGURES.items()
    ]
    return tests + figures


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
    shown = [(mart, name) for mart in manifest.marts.values() for name in _ON_FIGURES if dg.AssetCheckKey(key_of(mart), name) in wanted]
    by_severity = {"error": _HOLDS, "warn": _LISTED}
    asked = {(e.check, m.relation) for i, m in marts for e in expectations.expected(i) if (m, by_severity[e.severity]) in shown}
    judged = {of for of, found in kept.items() if found.fingerprint == tables.get(found.node)}
    due = [c for c in tests if not (unchanged and (c.name, manifest.nodes[c.node].relation) in judged)]
    fresh: list[Evidence] = []
    if due:
        ended = transform.run_tests([c.name for c in due], monitor.settings, monitor.home.dbt, watch=partial(monitor.progress, "controles"))
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
    open_marts = {relation for _, relation in asked - judged}
    unjudged = [(i, mart) for i, mart in marts if mart.relation in open_marts]
    if unjudged:
        with monitor.warehouse() as connection:
            frames = [(i, mart.relation, tables[mart.relation], measures.rows_of(connection, mart.relation)) for i, mart in unjudged]
        before = published.last_figures(monitor.home, [mart for _, mart in unjudged])
        found = expectations.judge(frames, before, monitor.home.data_docs, watch=partial(monitor.progress, "verwachtingen"))
        fresh += [one for one in found if (one.check, one.node) in asked - judged]
    with monitor.warehouse() as connection:
        dated = [(i, mart.relation, tables[mart.relation]) for i, mart in marts if (mart, _LISTED) in shown]
        fresh += lateness.judge(connection, dated, monitor.today)
        evidence.record(connection, fresh)
        now = evidence.read(connection)
    for check in tests:
        yield _of_rows(now[(check.name, manifest.nodes[check.node].relation)], key_of(manifest.nodes[check.node]))
    for mart, name in shown:
        of_mart = [one for one in now.values() if one.node == mart.relation and one.kind != "dbt" and by_severity[one.severity] == name]
        yield _of_figures(name, of_mart, key_of(mart), f"{monitor.settings.docs_address}/index.html")


def told(passed: bool, holds: bool) -> dict[str, str]:
    """How a check ended, and what it does to its mart when it fails, in words."""
    return {
        "uitkomst": _OUTCOMES["passed" if passed else "failed"],
        "als zij faalt": "houdt zij de mart vast" if holds else "is dat een waarschuwing",
    }


def _of_rows(found: Evidence, key: dg.AssetKey) -> dg.AssetCheckResult:
    """A test of dbt: how many rows are wrong."""
    metadata = {"rijen": str(found.details["rows"]), "melding": str(found.details["message"] or "geen"), "inhoud": found.fingerprint}
    severity = dg.AssetCheckSeverity[found.severity.upper()]
    return dg.AssetCheckResult(asset_key=key, check_name=found.check, passed=found.outcome == "passed", severity=severity, metadata=metadata)


def _of_figures(name: str, found: Collection[Evidence], key: dg.AssetKey, docs: str) -> dg.AssetCheckResult:
    """What was expected of figures and what was found, the worst rows, and the address of the pages about it; what failed comes first."""
    rows = [
        dg.TableRecord(
            {
                "controle": one.check,
                "uitkomst": _OUTCOMES[one.outcome],
                "verwachting": str(one.details["notes"]),
                "verwacht": str(one.details["expected"]),
                "gevonden": str(one.details["observed"]),
                "afwijkend": str(one.details.get("unexpected", "")),
                "slechtste rijen": "; ".join(one.details["worst"]),
            }
        )
        for one in sorted(found, key=lambda one: one.outcome)
    ]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=all(one.outcome == "passed" for one in found),
        severity=dg.AssetCheckSeverity.ERROR if name == _HOLDS else dg.AssetCheckSeverity.WARN,
        metadata={
            "verwachtingen": dg.MetadataValue.table(rows),
            "rapport": dg.MetadataValue.url(docs),
            "inhoud": next((one.fingerprint for one in found), ""),
        },
    )
