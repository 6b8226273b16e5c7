"""The gate, what is derived from released marts, and the publication of a version."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import dagster as dg

from assets.models import asset_key, asset_specs
from checks.marts import check_specs, evaluate
from nplv_orchestration import current, evidence, gate, lineage, publication, transform, waivers
from nplv_orchestration.errors import GateStopped
from nplv_orchestration.manifest import Manifest
from nplv_orchestration.monitor import Monitor
from nplv_orchestration.publication import HELD, RELEASED
from nplv_orchestration.waivers import Waiver
from nplv_orchestration.warehouse import fingerprints

WAIVERS = "ontheffingen"


_FILES = ("openbaar/nplv.duckdb", "openbaar/parquet", "intern/nplv.duckdb", "intern/parquet", "SHA256SUMS")


@dataclass(frozen=True)
class Judgement:
    """The gate's decisions on what is in the warehouse now, and the waivers that it knew. faults: what is wrong with these, in Dutch."""

    decisions: list[gate.Decision]
    waivers: list[Waiver]
    faults: list[str]


@contextmanager
def _not_retried() -> Iterator[None]:
    """A stop is a failure that is not tried again: the same content would be stopped again."""
    try:
        yield
    except GateStopped as stop:
        raise dg.Failure(str(stop), allow_retries=False) from stop


def decide(monitor: Monitor, manifest: Manifest) -> Judgement:
    """The gate's decision on what is in the warehouse now."""
    with monitor.warehouse() as connection:
        now = fingerprints(connection, [n.relation for n in manifest.private]) | lineage.raw_fingerprints(connection)
        known, made_from, waived = evidence.read(connection), lineage.read(connection), waivers.read(connection)
    with _not_retried():
        decisions = gate.decide(manifest, known, made_from, now, waived, current.withdrawn(monitor.home), monitor.today)
    return Judgement(decisions, waived, waivers.faults(waived, [w for d in decisions for w in d.waived], monitor.today))


def decided(decisions: Iterable[gate.Decision]) -> dg.TableMetadataValue:
    """The gate's decision on each mart, with why one is held; what is held comes first."""
    rows: list[dict[str, str | int]] = [
        {"mart": one.indicator_id, "besluit": RELEASED if one.released else HELD, "reden": "; ".join(one.reasons), "ontheven": len(one.waived)}
        for one in sorted(decisions, key=lambda one: one.released)
    ]
    return dg.MetadataValue.table([dg.TableRecord(row) for row in rows])


def publication_assets(manifest: Manifest) -> list[dg.AssetsDefinition]:
    """The assets from the gate to the published version. Each asks the gate again, so none can be launched around it."""
    key_of = partial(asset_key, manifest)
    marts = [key_of(node) for node in manifest.marts.values()]

    @dg.asset(
        key=manifest.key("gate"),
        deps=[*marts, dg.AssetKey(manifest.key("raw", "waivers"))],
        group_name="publicatie",
        description="Laat elke mart door of houdt haar vast, op grond van het bewijs bij precies deze inhoud.",
        owners=["team:monitor-nplv"],
        kinds={"duckdb"},
        check_specs=[
            dg.AssetCheckSpec(
                WAIVERS, asset=dg.AssetKey(manifest.key("gate")), description="Elke ontheffing is nodig en niet verlopen.", blocking=False
            )
        ],
        required_resource_keys={"monitor"},
        output_required=False,
    )
    def gate_asset(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        monitor: Monitor = context.resources.monitor
        monitor.progress("poort")
        judged = decide(monitor, manifest)
        with monitor.warehouse() as connection:
            publication.release(connection, manifest, judged.decisions, judged.waivers, monitor.home)
        held = {d.indicator_id: list(d.reasons) for d in judged.decisions if not d.released}
        for indicator_id, reasons in held.items():
            context.log.warning(f"{indicator_id} is vastgehouden: {reasons[0]}")
        for fault in judged.faults:
            context.log.error(fault)
        waived = {d.indicator_id: [w.told() for w in d.waived] for d in judged.decisions if d.waived}
        yield dg.MaterializeResult(
            metadata={
                "vrijgegeven": len(judged.decisions) - len(held),
                "vastgehouden": dg.MetadataValue.json(held),
                "ontheven": dg.MetadataValue.json(waived),
                "fouten in ontheffingen": dg.MetadataValue.json(judged.faults),
                "besluiten": decided(judged.decisions),
            }
        )
        yield dg.AssetCheckResult(check_name=WAIVERS, passed=not judged.faults, metadata={"fouten": dg.MetadataValue.json(judged.faults)})

    @dg.multi_asset(
        name="derived",
        specs=asset_specs(manifest, manifest.derived),
        check_specs=check_specs(manifest, manifest.derived, key_of),
        required_resource_keys={"monitor"},
        can_subset=False,
    )
    def derived(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        monitor: Monitor = context.resources.monitor
        with monitor.warehouse() as connection:
            unchanged = publication.is_derived(connection, manifest)
        if not unchanged:
            transform.build_models(
                [n.name for n in manifest.derived], monitor.settings, monitor.home.dbt, watch=partial(monitor.progress, "ontwikkeling")
            )
        with monitor.warehouse() as connection:
            publication.remember_derived(connection, manifest)
            tables = fingerprints(connection, [n.relation for n in manifest.derived])
        for node in manifest.derived:
            yield dg.MaterializeResult(asset_key=key_of(node), data_version=dg.DataVersion(tables[node.relation]))
        yield from evaluate(monitor, manifest, key_of, context.selected_asset_check_keys, tables, unchanged)

    @dg.asset(
        key=manifest.key("publication"),
        deps=[key_of(n) for n in manifest.derived],
        group_name="publicatie",
        description="De gepubliceerde versie: een interne en een openbare database, met Parquet ernaast.",
        owners=["team:monitor-nplv"],
        kinds={"duckdb", "parquet"},
        required_resource_keys={"monitor"},
    )
    def publication_asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        monitor: Monitor = context.resources.monitor
        monitor.progress("publicatie")
        decisions = decide(monitor, manifest).decisions
        with monitor.warehouse() as connection:
            publication.check_release(connection, manifest, decisions)
            with _not_retried():
                gate.demand_derived(manifest, evidence.read(connection), fingerprints(connection, [n.relation for n in manifest.derived]))
            published = publication.publish(
                connection, manifest, decisions, monitor.configuration, monitor.home, monitor.mode, monitor.today, monitor.settings.keep_versions
            )
        return dg.MaterializeResult(
            data_version=dg.DataVersion(published.version),
            metadata={
                "versie": published.version,
                "map": dg.MetadataValue.path(str(published.folder)),
                "vrijgegeven": published.released,
                "vastgehouden": published.held,
                "nieuw": published.is_new,
                "nieuwste_jaar": published.newest_year,
                "besluiten": decided(decisions),
                "bestanden": dg.MetadataValue.md("\n".join(f"- `{published.folder / name}`" for name in _FILES)),
            },
        )

    return [gate_asset, derived, publication_asset]
