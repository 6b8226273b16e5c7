"""The gate, what is derived from released marts, and the publication of a version."""

from collections.abc import Iterator

import dagster as dg

from assets.models import asset_key, asset_specs
from nplv_orchestration import evidence, gate, publication, transform
from nplv_orchestration.manifest import Manifest, project_fingerprint
from nplv_orchestration.monitor import Monitor
from nplv_orchestration.warehouse import fingerprints


def decide(monitor: Monitor, manifest: Manifest) -> list[gate.Decision]:
    """The gate's decision on what is in the warehouse now."""
    with monitor.warehouse() as connection:
        relations = [n.relation for n in manifest.nodes.values() if manifest.is_before_gate(n)]
        return gate.decide(manifest, evidence.read(connection), fingerprints(connection, relations))


def publication_assets(manifest: Manifest) -> list[dg.AssetsDefinition]:
    """The assets from the gate to the published version. Each asks the gate again, so none can be launched around it."""
    marts = [asset_key(node) for node in manifest.marts.values()]

    @dg.asset(
        key="gate",
        deps=marts,
        group_name="publicatie",
        description="Laat elke mart door of houdt haar vast, op grond van het bewijs bij precies deze inhoud.",
        owners=["team:monitor-nplv"],
        kinds={"duckdb"},
        required_resource_keys={"monitor"},
    )
    def gate_asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        monitor: Monitor = context.resources.monitor
        monitor.progress("poort")
        decisions = decide(monitor, manifest)
        with monitor.warehouse() as connection:
            publication.release(connection, manifest, decisions, monitor.home)
        held = {d.indicator_id: list(d.reasons) for d in decisions if not d.released}
        for indicator_id, reasons in held.items():
            context.log.warning(f"{indicator_id} is vastgehouden: {reasons[0]}")
        return dg.MaterializeResult(metadata={"vrijgegeven": len(decisions) - len(held), "vastgehouden": dg.MetadataValue.json(held)})

    @dg.multi_asset(name="derived", specs=asset_specs(manifest, before_gate=False), required_resource_keys={"monitor"}, can_subset=False)
    def derived(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        monitor: Monitor = context.resources.monitor
        nodes = [n for n in manifest.nodes.values() if not manifest.is_before_gate(n)]
        with monitor.warehouse() as connection:
            source = {
                **fingerprints(connection, ["release.indicator_values", "release.indicators"]),
                "models": project_fingerprint(),
            }
            made = publication.derived_from(connection)
        if made != source:
            transform.build_models(
                [n.name for n in nodes], monitor.settings.warehouse_path, monitor.home.dbt, on_node=lambda name: monitor.progress(f"model {name}")
            )
            with monitor.warehouse() as connection:
                publication.remember_derived(connection, source)
        with monitor.warehouse() as connection:
            tables = fingerprints(connection, [n.relation for n in nodes])
        for node in nodes:
            yield dg.MaterializeResult(asset_key=asset_key(node), data_version=dg.DataVersion(tables[node.relation]))

    @dg.asset(
        key="publication",
        deps=[asset_key(n) for n in manifest.nodes.values() if not manifest.is_before_gate(n)],
        group_name="publicatie",
        description="De gepubliceerde versie: een interne en een openbare database, met Parquet ernaast.",
        owners=["team:monitor-nplv"],
        kinds={"duckdb", "parquet"},
        required_resource_keys={"monitor"},
    )
    def publication_asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        monitor: Monitor = context.resources.monitor
        monitor.progress("publicatie")
        decisions = decide(monitor, manifest)
        with monitor.warehouse() as connection:
            publication.check_release(connection, decisions)
            published = publication.publish(connection, manifest, decisions, monitor.home, monitor.mode)
        return dg.MaterializeResult(
            data_version=dg.DataVersion(published.version),
            metadata={
                "versie": published.version,
                "map": dg.MetadataValue.path(str(published.folder)),
                "vrijgegeven": published.released,
                "vastgehouden": published.held,
                "nieuw": published.is_new,
                "nieuwste_jaar": published.newest_year,
            },
        )

    return [gate_asset, derived, publication_asset]
