"""One asset for each source table of the registry: asked every night, pulled when its publisher changed it."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg

from checks.raw import check_specs, results
from nplv_orchestration.archive import Manifest
from nplv_orchestration.expected import awaited
from nplv_orchestration.manifest import Manifest as Models
from nplv_orchestration.monitor import Monitor
from nplv_orchestration.portrait import missing_cells
from nplv_orchestration.sources.calendar import freshness
from nplv_orchestration.sources.deliveries import contacts
from nplv_orchestration.sources.inbox import warnings
from nplv_orchestration.sources.refresh import refresh
from nplv_orchestration.sources.registry import REGISTRY, SourceTable
from nplv_orchestration.sources.revision import markdown


def raw_assets(models: Models) -> list[dg.AssetsDefinition]:
    """The raw assets, one a table."""
    return [_raw_asset(table, models) for table in REGISTRY]


def _raw_asset(table: SourceTable, models: Models) -> dg.AssetsDefinition:
    key = dg.AssetKey(models.key("raw", table.key))

    @dg.asset(
        key=key,
        group_name="raw",
        description=f"{table.name}: {table.title}.",
        kinds={"parquet"},
        owners=["team:monitor-nplv"],
        tags={"uitgever": publisher_tag(table)},
        metadata={"licentie": table.licence, "dagster/column_schema": _columns(table)}
        | ({"uitgever": dg.MetadataValue.url(table.page)} if table.page else {}),
        check_specs=check_specs(key),
        required_resource_keys={"monitor"},
        output_required=False,
    )
    def raw(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        monitor: Monitor = context.resources.monitor
        monitor.progress(f"bron {table.name}")
        chosen = context.run.asset_selection
        monitor.publishers.ask_ahead(t for t in REGISTRY if not chosen or dg.AssetKey(models.key("raw", t.key)) in chosen)
        state = refresh(table, monitor.publishers)
        if state.reason or state.detail:
            context.log.warning(f"{state.reason} {state.detail}".strip())
        for warning in warnings(monitor.settings.inbox_folder, table.key) if table.is_delivered else []:
            context.log.warning(warning)
        manifest = state.manifest
        metadata: dict[str, Any] = {"toestand": state.state, "reden": state.reason or "geen", "bijzonderheden": state.detail or "geen"}
        fresh = freshness(table, monitor.archive)
        if manifest:
            metadata |= {"dagster/row_count": manifest.rows, "hash": manifest.sha256, "opgehaald": manifest.fetched_at}
            metadata |= {"versie": manifest.publisher_version, "van": manifest.publisher_modified or "niet gezegd"}
            missing = missing_cells(monitor.archive.path(manifest)) if "missing" in table.columns else {}
            metadata |= {"ontbrekende_cellen": counted(missing)} if missing else {}
        if fresh:
            metadata["versheid"] = fresh.told(monitor.today)
        if table.is_delivered:
            metadata |= _delivered(table, monitor, manifest) | _awaited(table, monitor, models)
        if manifest and manifest.moved:
            metadata["wat_deze_versie_wijzigde"] = dg.MetadataValue.md(markdown(manifest.moved))
        yield dg.MaterializeResult(
            asset_key=key, data_version=dg.DataVersion(manifest.publisher_version if manifest else state.state), metadata=metadata
        )
        yield from results(key, table, state, fresh, monitor.today)

    return raw


def publisher_tag(table: SourceTable) -> str:
    """The publisher of a table, as a tag is written."""
    return table.publisher.lower().replace(" ", "-")


def counted(found: Mapping[str, int]) -> dg.TableMetadataValue:
    """How many cells have no figure, for each reason."""
    return dg.MetadataValue.table([dg.TableRecord({"reden": reason, "aantal": count}) for reason, count in found.items()])


def _columns(table: SourceTable) -> dg.TableSchema:
    return dg.TableSchema([dg.TableColumn(name, kind) for name, kind in table.columns.items()])


def _delivered(table: SourceTable, monitor: Monitor, manifest: Manifest | None) -> dict[str, dg.MetadataValue]:
    """Who delivered what, and when it was taken over."""
    if not manifest or not manifest.deliveries:
        return {}
    who = contacts(monitor.archive.path(manifest)) if "contact" in table.columns else {}
    records = [
        dg.TableRecord(
            {"bestand": d.name, "van": who.get(d.name, ""), "overgenomen": d.accepted_at[:10], "rijen": d.rows, "jaren": ", ".join(map(str, d.years))}
        )
        for d in manifest.deliveries
    ]
    return {"leveringen": dg.MetadataValue.table(records)}


def _awaited(table: SourceTable, monitor: Monitor, models: Models) -> dict[str, dg.MetadataValue]:
    """What is still expected of it before a data cut-off."""
    told = [
        f"editie {one.year}, sluitingsdatum {one.until.isoformat()}: {one.text}"
        for one in awaited(monitor.home, monitor.archive, models.programme, monitor.today, [table.key])
    ]
    return {"nog_verwacht": dg.MetadataValue.text("; ".join(told))} if told else {}
