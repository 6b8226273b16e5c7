"""The warehouse: seeds, staging, intermediate models and marts by dbt, with the checks on them, in one step.

dbt's tests and the expectations are checks of the marts; they run here because what they judge must not change
in between, and never block: the gate reads their evidence.
"""

import re
from collections.abc import Collection, Iterator
from functools import partial

import dagster as dg

from checks.marts import check_specs, evaluate, told
from nplv_orchestration import delineation, lineage, transform
from nplv_orchestration.catalogue import Indicator
from nplv_orchestration.edition.table import DEMO
from nplv_orchestration.manifest import Manifest, Node
from nplv_orchestration.monitor import Monitor
from nplv_orchestration.portrait import Portrait, image, line, portraits
from nplv_orchestration.sources.registry import REGISTRY
from nplv_orchestration.warehouse import fingerprints, register_raw


def asset_key(node: Node) -> dg.AssetKey:
    """The asset of a table of the warehouse."""
    return dg.AssetKey([node.schema, node.name])


def asset_specs(manifest: Manifest, nodes: Collection[Node]) -> list[dg.AssetSpec]:
    """The assets of these tables of dbt, with the columns that the models declare."""
    indicators = {i.mart: i for i in manifest.indicators}
    specs = []
    for node in nodes:
        deps = [asset_key(manifest.nodes[uid]) for uid in node.depends_on]
        deps += [dg.AssetKey(["raw", t.key]) for t in REGISTRY if t.relation in node.sources or "sources" in node.sources]
        if node in manifest.derived:
            deps.append(dg.AssetKey("gate"))
        indicator = indicators.get(node.name)
        columns = [dg.TableColumn(name, _short(c.get("data_type")), c["description"] or None) for name, c in node.columns.items()]
        specs.append(
            dg.AssetSpec(
                asset_key(node),
                deps=list(dict.fromkeys(deps)),
                group_name=indicator.actielijn if indicator else {"areas": "staging", "publication": "publicatie"}.get(node.schema, node.schema),
                description=f"Indicator {indicator.number}: {indicator.name_nl}. {indicator.definition_nl}" if indicator else node.description,
                kinds={"dbt", "duckdb"},
                owners=["team:monitor-nplv"] if not indicator else [f"team:{indicator.owner.lower().removeprefix('team ').replace(' ', '-')}"],
                tags={"actielijn": indicator.actielijn, "lijst": indicator.support} if indicator else {},
                metadata={"dagster/column_schema": dg.TableSchema(columns), "dagster/relation_identifier": node.relation},
            )
        )
    return specs


def _short(data_type: str | None) -> str:
    """A type without the fields of its structs, which would fill the page of a mart."""
    return re.sub(r"\(.*\)", "", data_type) if data_type else "unknown"


def _portrayed(
    indicator: Indicator, portrait: Portrait, is_demo: bool, outcomes: Collection[dg.AssetCheckResult], key: dg.AssetKey
) -> dict[str, dg.MetadataValue]:
    """What is seen of a mart without opening anything: its latest figure, its gap, its checks and its series."""
    figures = {"gebieden": portrait.value, "nederland": portrait.national, "verschil": portrait.gap}
    checks = [
        dg.TableRecord({"controle": str(o.check_name)} | told(bool(o.passed), o.severity == dg.AssetCheckSeverity.ERROR))
        for o in outcomes
        if o.asset_key == key
    ]
    return {
        "reeks": dg.MetadataValue.text(line(indicator, portrait.points)),
        "grafiek": dg.MetadataValue.md(image(indicator, portrait, is_demo)),
        **({"laatste_jaar": dg.MetadataValue.int(portrait.year)} if portrait.year else {}),
        **{name: dg.MetadataValue.float(round(value, indicator.decimals)) for name, value in figures.items() if value is not None},
        "status": dg.MetadataValue.text(portrait.status),
        "stand": dg.MetadataValue.text("vóór de poort; wat is vrijgegeven, staat bij de publicatie"),
        "opmerking": dg.MetadataValue.text(portrait.reason or "geen"),
        **({"gegevens": dg.MetadataValue.text(DEMO)} if is_demo else {}),
        **({"controles": dg.MetadataValue.table(checks)} if checks else {}),
    }


def model_assets(manifest: Manifest) -> dg.AssetsDefinition:
    """All that dbt makes before the gate, as one step that can be asked for in part."""

    @dg.multi_asset(
        name="warehouse",
        specs=asset_specs(manifest, manifest.private),
        check_specs=check_specs(manifest, manifest.private, asset_key),
        required_resource_keys={"monitor"},
        can_subset=True,
    )
    def warehouse(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        monitor: Monitor = context.resources.monitor
        chosen = [n for n in manifest.private if asset_key(n) in context.selected_asset_keys]
        wanted = context.selected_asset_check_keys
        unchanged = monitor.is_built()
        if not unchanged:
            monitor.forget_built()
            with monitor.warehouse() as connection:
                register_raw(connection, monitor.archive, monitor.states())
                delineation.demand(connection)
            if chosen:
                transform.build_models(
                    [n.name for n in chosen],
                    monitor.settings.warehouse_path,
                    monitor.home.dbt,
                    watch=partial(monitor.progress, "modellen"),
                )
        with monitor.warehouse() as connection:
            tables = fingerprints(connection, [n.relation for n in manifest.private])
            if not unchanged:
                lineage.record(connection, manifest, chosen, tables | lineage.raw_fingerprints(connection))
            counts = dict(connection.execute("SELECT schema_name || '.' || table_name, estimated_size FROM duckdb_tables()").fetchall())
            marts = {i.indicator_id: i for i in manifest.indicators if manifest.marts[i.indicator_id] in chosen}
            shown = portraits(connection, {name: (manifest.marts[name].relation, i.main_series) for name, i in marts.items()})
        outcomes = list(evaluate(monitor, manifest, asset_key, wanted, tables, unchanged))
        portrayed = {
            manifest.marts[name].relation: _portrayed(marts[name], portrait, monitor.mode == "demo", outcomes, asset_key(manifest.marts[name]))
            for name, portrait in shown.items()
        }
        for node in chosen:
            yield dg.MaterializeResult(
                asset_key=asset_key(node),
                data_version=dg.DataVersion(tables[node.relation]),
                metadata={"dagster/row_count": counts[node.relation], "ongewijzigd": unchanged} | portrayed.get(node.relation, {}),
            )
        yield from outcomes
        everything = {asset_key(n) for n in manifest.private}
        if not unchanged and context.selected_asset_keys >= everything and len(wanted) == len(check_specs(manifest, manifest.private, asset_key)):
            monitor.remember_built(tables)

    return warehouse
