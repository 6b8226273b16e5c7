"""One asset for each source table of the registry: asked every night, pulled when its publisher changed it."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from checks.raw import check_specs, results
from nplv_orchestration.monitor import Monitor
from nplv_orchestration.sources.inbox import warnings
from nplv_orchestration.sources.refresh import refresh
from nplv_orchestration.sources.registry import REGISTRY, SourceTable
from nplv_orchestration.sources.revision import markdown


def raw_assets() -> list[dg.AssetsDefinition]:
    """The raw assets, one a table."""
    return [_raw_asset(table) for table in REGISTRY]


def _raw_asset(table: SourceTable) -> dg.AssetsDefinition:
    key = dg.AssetKey(["raw", table.key])

    @dg.asset(
        key=key,
        group_name="raw",
        description=f"{table.name}: {table.title}.",
        kinds={"parquet"},
        owners=["team:monitor-nplv"],
        tags={"uitgever": table.publisher.lower().replace(" ", "-")},
        metadata={"licentie": table.licence} | ({"uitgever": dg.MetadataValue.url(table.page)} if table.page else {}),
        check_specs=check_specs(key),
        required_resource_keys={"monitor"},
        output_required=False,
    )
    def raw(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        monitor: Monitor = context.resources.monitor
        monitor.progress(f"bron {table.name}")
        chosen = context.run.asset_selection
        monitor.publishers.ask_ahead(t for t in REGISTRY if not chosen or dg.AssetKey(["raw", t.key]) in chosen)
        state = refresh(table, monitor.publishers)
        if state.reason or state.detail:
            context.log.warning(f"{state.reason} {state.detail}".strip())
        for warning in warnings(monitor.settings.inbox_folder, table.key) if table.is_delivered else []:
            context.log.warning(warning)
        manifest = state.manifest
        metadata: dict[str, Any] = {"toestand": state.state, "reden": state.reason, "bijzonderheden": state.detail}
        if manifest:
            metadata |= {"dagster/row_count": manifest.rows, "hash": manifest.sha256, "opgehaald": manifest.fetched_at}
        if manifest and state.changed and manifest.moved:
            metadata["gewijzigd"] = dg.MetadataValue.md(markdown(manifest.moved))
        yield dg.MaterializeResult(
            asset_key=key, data_version=dg.DataVersion(manifest.publisher_version if manifest else state.state), metadata=metadata
        )
        yield from results(key, table, state)

    return raw
