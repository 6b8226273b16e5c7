"""The warehouse: seeds, staging, intermediate models and marts by dbt, with the checks on them, in one step.

dbt's tests and the expectations are checks of the marts; they run here because what they judge must not change
in between, and never block: the gate reads their evidence.
"""

import re
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.raw import counted, publisher_tag
from checks.marts import check_specs, evaluate, told
from nplv_orchestration import delineation, lineage, transform
from nplv_orchestration.catalogue import Indicator
from nplv_orchestration.edition.table import DEMO
from nplv_orchestration.manifest import PROJECT, Manifest, Node
from nplv_orchestration.monitor import Monitor
from nplv_orchestration.portrait import Moved, Portrait, image, line, missing_figures, moved, portraits
from nplv_orchestration.sources.registry import REGISTRY
from nplv_orchestration.warehouse import fingerprints, register_raw

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


_GROUPS = {"areas": "staging", "intermediate": "staging", "publication": "publicatie"}  # of a schema that is no group by itself


@dataclass(frozen=True)
class Seen:
    """What is shown of a mart. moved: None while it was never published."""

    portrait: Portrait
    missing: list[tuple[str, int]]
    moved: Moved | None


def asset_key(manifest: Manifest, node: Node) -> dg.AssetKey:
    """The asset of a table of the warehouse."""
    return dg.AssetKey(manifest.key(node.schema, node.name))


def asset_specs(manifest: Manifest, nodes: Collection[Node]) -> list[dg.AssetSpec]:
    """The assets of these tables of dbt, with the columns that the models declare and where these come from."""
    indicators = {i.mart: i for i in manifest.indicators}
    specs = []
    for node in nodes:
        deps = [asset_key(manifest, manifest.nodes[uid]) for uid in node.depends_on]
        deps += [dg.AssetKey(manifest.key("raw", t.key)) for t in REGISTRY if t.relation in node.sources or "sources" in node.sources]
        if node in manifest.derived:
            deps.append(dg.AssetKey(manifest.key("gate")))
        indicator = indicators.get(node.name)
        specs.append(
            dg.AssetSpec(
                asset_key(manifest, node),
                deps=list(dict.fromkeys(deps)),
                group_name=indicator.actielijn if indicator else _GROUPS.get(node.schema, node.schema),
                description=f"Indicator {indicator.number}: {indicator.name_nl}. {indicator.definition_nl}" if indicator else node.description,
                kinds={"dbt", "duckdb"},
                owners=["team:monitor-nplv"] if not indicator else [f"team:{indicator.owner.lower().removeprefix('team ').replace(' ', '-')}"],
                tags=_tags(indicator) if indicator else {},
                metadata=_known(manifest, node) | (_pages(indicator) if indicator else {}),
            )
        )
    return specs


def _tags(indicator: Indicator) -> dict[str, str]:
    """By which an indicator is found: its line, whether it is of the official list, and a tag for each of its publishers."""
    publishers = {publisher_tag(t) for t in REGISTRY if t.relation in indicator.sources}
    return {"actielijn": indicator.actielijn, "lijst": indicator.support} | {f"uitgever/{name}": "ja" for name in sorted(publishers)}


def _pages(indicator: Indicator) -> dict[str, dg.MetadataValue]:
    """The pages of its publishers about the newest table of each of its sources."""
    newest = {t.relation: t for t in REGISTRY if t.relation in indicator.sources and t.page}
    return {"uitgever": dg.MetadataValue.md(", ".join(f"[{t.name}]({t.page})" for t in newest.values()))} if newest else {}


def _known(manifest: Manifest, node: Node) -> dict[str, Any]:
    """What is known of a table before it is made: its columns, where they come from, and the file that makes it."""
    columns = [dg.TableColumn(name, _short(c.get("data_type")), c["description"] or None) for name, c in node.columns.items()]
    by_relation = {other.relation: asset_key(manifest, other) for other in manifest.nodes.values()}
    comes_from = {
        column: [dg.TableColumnDep(asset_key=by_relation[table], column_name=name) for table, name in origins if table in by_relation]
        for column, origins in manifest.columns_from.get(node.unique_id, {}).items()
    }
    known: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(columns),
        "dagster/relation_identifier": node.relation,
        "dagster/code_references": _made_by(node),
    }
    if deps := {column: origins for column, origins in comes_from.items() if origins and column in node.columns}:
        known["dagster/column_lineage"] = dg.TableColumnLineage(deps)
    return known


def _made_by(node: Node) -> dg.CodeReferencesMetadataValue:
    """The file that makes a table, as the UI links to it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)  # that it is new is for us to know
        return dg.CodeReferencesMetadataValue(code_references=[dg.LocalFileCodeReference(file_path=str(PROJECT / node.path), label=node.path)])


def _short(data_type: str | None) -> str:
    """A type without the fields of its structs, which would fill the page of a mart."""
    return re.sub(r"\(.*\)", "", data_type) if data_type else "unknown"


def _portrayed(
    indicator: Indicator, seen: Seen, is_demo: bool, outcomes: Collection[dg.AssetCheckResult], key: dg.AssetKey
) -> dict[str, dg.MetadataValue]:
    """What is seen of a mart without opening anything: its latest figure, its gap, its checks, its series, what is missing and what moved."""
    portrait, since = seen.portrait, seen.moved
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
        **({"ontbreekt": counted(dict(seen.missing))} if seen.missing else {}),
        "sinds_publicatie": dg.MetadataValue.text(
            f"{since.new} nieuw, {since.changed} anders, {since.gone} verdwenen" if since else "nog niet gepubliceerd"
        ),
    }


def _seen(connection: "DuckDBPyConnection", manifest: Manifest, marts: Mapping[str, Indicator], version: Path) -> dict[str, Seen]:
    """What is shown of each of these marts."""
    relations = {name: manifest.marts[name].relation for name in marts}
    shown = portraits(connection, {name: (relations[name], i.main_series) for name, i in marts.items()})
    missing, differs = missing_figures(connection, relations), moved(connection, version, relations)
    return {name: Seen(portrait, missing[name], differs.get(name)) for name, portrait in shown.items()}


def model_assets(manifest: Manifest) -> dg.AssetsDefinition:
    """All that dbt makes before the gate, as one step that can be asked for in part."""
    key_of = partial(asset_key, manifest)

    @dg.multi_asset(
        name="warehouse",
        specs=asset_specs(manifest, manifest.private),
        check_specs=check_specs(manifest, manifest.private, key_of),
        required_resource_keys={"monitor"},
        can_subset=True,
    )
    def warehouse(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        monitor: Monitor = context.resources.monitor
        chosen = [n for n in manifest.private if key_of(n) in context.selected_asset_keys]
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
                    monitor.settings,
                    monitor.home.dbt,
                    watch=partial(monitor.progress, "modellen"),
                )
        with monitor.warehouse() as connection:
            tables = fingerprints(connection, [n.relation for n in manifest.private])
            if not unchanged:
                lineage.record(connection, manifest, chosen, tables | lineage.raw_fingerprints(connection))
            counts = dict(
                connection.execute(
                    "SELECT schema_name || '.' || table_name, estimated_size FROM duckdb_tables() WHERE database_name = current_database()"
                ).fetchall()
            )
            marts = {i.indicator_id: i for i in manifest.indicators if manifest.marts[i.indicator_id] in chosen}
            shown = _seen(connection, manifest, marts, monitor.home.current)
        outcomes = list(evaluate(monitor, manifest, key_of, wanted, tables, unchanged))
        portrayed = {
            manifest.marts[name].relation: _portrayed(marts[name], seen, monitor.mode == "demo", outcomes, key_of(manifest.marts[name]))
            for name, seen in shown.items()
        }
        for node in chosen:
            yield dg.MaterializeResult(
                asset_key=key_of(node),
                data_version=dg.DataVersion(tables[node.relation]),
                metadata={"dagster/row_count": counts[node.relation], "ongewijzigd": unchanged} | portrayed.get(node.relation, {}),
            )
        yield from outcomes
        everything = {key_of(n) for n in manifest.private}
        if not unchanged and context.selected_asset_keys >= everything and len(wanted) == len(check_specs(manifest, manifest.private, key_of)):
            monitor.remember_built(tables)

    return warehouse
