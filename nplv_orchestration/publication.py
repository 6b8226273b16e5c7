"""Publishing: what the gate let through becomes a version that analysts read, in one move.

A version is two databases, one with the areas and one without, and the same tables as Parquet. It is written beside the
current one, read back, sealed, and made current; versions are never changed. What may be published is decided in `gate`, which version is current in `current`.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from nplv_orchestration import changes, current, evidence
from nplv_orchestration.configuration import Configuration
from nplv_orchestration.dictionary import Table, published_tables
from nplv_orchestration.edition.life import versions_needed
from nplv_orchestration.errors import NplvError
from nplv_orchestration.gate import Decision
from nplv_orchestration.home import Home, sync
from nplv_orchestration.manifest import Manifest, Node, project_fingerprint
from nplv_orchestration.sources.registry import REGISTRY
from nplv_orchestration.sql import comment, literal, transaction
from nplv_orchestration.sums import seal
from nplv_orchestration.versions import code_fingerprint, versions
from nplv_orchestration.waivers import Waiver
from nplv_orchestration.warehouse import CONTENT, fingerprints, relations

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_OF_THIS_VERSION = ("release.indicator_changes", "release.build")  # made when it is known that there is something to publish
RELEASED, HELD = "vrijgegeven", "vastgehouden"
STORAGE = "v1.0.0"  # any DuckDB 1.x opens it
_DELIVERED = ", ".join(literal(table.key) for table in REGISTRY if table.is_delivered)
_RELEASED = (
    "release.indicator_values",
    "release.indicators",
    "release.indicator_components",
    "release.examples",
    "release.decisions",
    "release.waivers",
)
# what the public database does not have of its tables: columns about people, or with words about an area
_COLUMNS_INSIDE = ("consent_by", "approved_by", "who", "remark", "delivery")
_RAW = ", ".join(f"({literal(c.check)}, {literal(c.severity)})" for c in evidence.RAW_CHECKS)
# what the totals of a mart are made of, with the version of each table
_COMPONENTS = """
    SELECT m.* EXCLUDE (table_key), m.table_key AS source_key, s.source_table, s.source_modified, s.version_hash AS source_hash,
        w.table_key AS weight_key, w.version_hash AS weight_hash
    FROM (SELECT indicator_id, geo_level, geo_code, series, year, unnest(components, max_depth := 2) FROM {mart}) AS m
    LEFT JOIN staging.stg_nplv__sources AS s ON m.table_key = s.table_key
    LEFT JOIN staging.stg_nplv__sources AS w ON w.relation = 'cbs_kwb' AND m.weight_year = w.period
"""


@dataclass(frozen=True)
class Published:
    """A published version. newest_year: the newest year in which any total has a figure."""

    version: str
    folder: Path
    released: int
    held: int
    newest_year: int | None
    is_new: bool


def release(connection: DuckDBPyConnection, manifest: Manifest, decisions: Sequence[Decision], waivers: Sequence[Waiver], home: Home) -> None:
    """Make schema `release`: the rows of released marts and what they are made of, of held ones what was last published, the catalogue, and what was decided.

    Raises NplvError when the current version, from which held marts are taken, is not as it was published.
    """
    current.demand_untouched(home)
    last = home.current / "intern" / "nplv.duckdb"
    if last.exists():
        connection.execute(f"ATTACH {literal(last.resolve())} AS last_published (READ_ONLY)")
    try:
        with transaction(connection):
            _release(connection, manifest, decisions, waivers)
    finally:
        if last.exists():
            connection.execute("DETACH last_published")


def _release(connection: DuckDBPyConnection, manifest: Manifest, decisions: Sequence[Decision], waivers: Sequence[Waiver]) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS release")
    components = [f"({_COMPONENTS.format(mart=next(iter(manifest.marts.values())).relation)} LIMIT 0)"]  # the columns, also when all are held
    found = connection.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE database_name = 'last_published'")
    there = {name for (name,) in found.fetchall()}  # a mart, or what it is made of, may never have been published
    for decision in decisions:
        mart = manifest.gated[decision.indicator_id]
        if mart in manifest.told:
            _release_told(connection, mart, decision, there)
            continue
        source = f"SELECT * EXCLUDE (components) FROM {mart.relation}"
        if not decision.released:
            source = _held(mart.name, source, decision, f"marts.{mart.name}" in there)
        connection.execute(f"CREATE OR REPLACE TABLE release.{mart.name} AS {source} ORDER BY geo_level, geo_code, series, year")
        if decision.released:
            components.append(_COMPONENTS.format(mart=mart.relation))
        elif "marts.indicator_components" in there:
            components.append(f"SELECT * FROM last_published.marts.indicator_components WHERE indicator_id = {literal(decision.indicator_id)}")
    union = " UNION ALL BY NAME ".join(components)
    order = "indicator_id, geo_level, geo_code, series, year, region_code"
    connection.execute(f"CREATE OR REPLACE TABLE release.indicator_components AS SELECT * FROM ({union}) ORDER BY {order}")
    union = " UNION ALL BY NAME ".join(f"SELECT * FROM release.{mart.name}" for mart in manifest.marts.values())
    connection.execute(f"CREATE OR REPLACE TABLE release.indicator_values AS {union}")
    _catalogue(connection, manifest)
    _examples(connection)
    _decisions(connection, manifest, decisions, waivers)
    connection.execute(f"CREATE OR REPLACE TABLE release.decided AS SELECT {literal(_decided(connection, manifest, decisions))} AS decided")


def _release_told(connection: DuckDBPyConnection, node: Node, decision: Decision, there: Collection[str]) -> None:
    """A table of what the programme did, or what was last published of it; of one that was never published nothing."""
    rows = f"SELECT * FROM {node.relation}"
    if not decision.released:
        rows += " LIMIT 0"
        if node.relation in there:
            rows = f"({rows}) UNION ALL BY NAME SELECT * FROM last_published.{node.relation}"
    connection.execute(f"CREATE OR REPLACE TABLE release.{node.name} AS {rows}")


def _held(name: str, rows: str, decision: Decision, has_last: bool) -> str:
    """The last published rows of a held mart, labelled; a row that was never published is there, and missing, with the reason."""
    reason = literal("niet bijgewerkt: " + "; ".join(decision.reasons[:3]))
    empty = ", ".join(f"NULL AS {c}" for c in ("value", "value_low", "value_high", "numerator", "denominator"))
    rows = f"SELECT * REPLACE ({empty}) FROM ({rows})"
    if has_last:
        rows = (
            f"SELECT * FROM last_published.marts.{name} UNION ALL BY NAME "
            f"{rows} ANTI JOIN last_published.marts.{name} USING (geo_level, geo_code, series, year)"
        )
    status = "CASE WHEN value IS NULL THEN 'ontbreekt' ELSE 'niet_bijgewerkt' END AS status"
    return f"SELECT * REPLACE ({status}, {reason} AS status_reason) FROM ({rows})"


def _catalogue(connection: DuckDBPyConnection, manifest: Manifest) -> None:
    rows = [
        {k: json.dumps(v, ensure_ascii=False) if isinstance(v, list | dict) else v for k, v in i.model_dump(mode="json").items()}
        | {"main_series": i.main_series}
        for i in manifest.indicators
    ]
    values = ", ".join("(" + ", ".join(literal(v) for v in row.values()) + ")" for row in rows)
    connection.execute(f"CREATE OR REPLACE TABLE release.indicators AS SELECT * FROM (VALUES {values}) AS t ({', '.join(rows[0])})")


def _examples(connection: DuckDBPyConnection) -> None:
    """Approved texts from areas, with the name of the area. Raises NplvError for one of an area that is not there."""
    connection.execute(
        "CREATE OR REPLACE TABLE release.examples AS SELECT e.area_id, a.area_name, e.* EXCLUDE (area_id, table_key, table_period, boundary_year) "
        "FROM raw.examples AS e LEFT JOIN areas.focus_areas AS a ON e.area_id = a.area_id ORDER BY ALL"
    )
    strange = connection.execute("SELECT area_id FROM release.examples WHERE area_name IS NULL ORDER BY 1 LIMIT 1").fetchone()
    if strange:
        raise NplvError(f"examples.csv names the area '{strange[0][:40]}', which is not in focus_areas.csv; mend the file and run again")


def _decisions(connection: DuckDBPyConnection, manifest: Manifest, decisions: Sequence[Decision], waivers: Sequence[Waiver]) -> None:
    """What the gate decided of each mart, on which content, and the waivers that there are, with whether they were needed."""
    connection.execute(
        "CREATE OR REPLACE TABLE release.decisions (indicator_id VARCHAR, mart VARCHAR, decision VARCHAR, fingerprint VARCHAR, reasons VARCHAR[], waived VARCHAR[])"
    )
    connection.executemany(
        "INSERT INTO release.decisions VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                d.indicator_id,
                manifest.gated[d.indicator_id].name,
                RELEASED if d.released else HELD,
                d.fingerprint,
                d.reasons,
                [w.check for w in d.waived],
            )
            for d in decisions
        ],
    )
    connection.execute(
        "CREATE OR REPLACE TABLE release.waivers (check_name VARCHAR, indicator_id VARCHAR, reason VARCHAR, decided_by VARCHAR, until DATE, is_used BOOLEAN, text_nl VARCHAR)"
    )
    used = {w for d in decisions if d.released for w in d.waived}
    if waivers:
        connection.executemany(
            "INSERT INTO release.waivers VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(w.check, w.indicator_id, w.reason, w.decided_by, w.until, w in used, w.told()) for w in waivers],
        )


def remember_derived(connection: DuckDBPyConnection, manifest: Manifest) -> None:
    """Keep what the derived tables are, and from which rows they were made."""
    connection.execute(f"CREATE OR REPLACE TABLE release.derived AS SELECT {literal(_derived(connection, manifest))} AS derived")


def is_derived(connection: DuckDBPyConnection, manifest: Manifest) -> bool:
    """Whether the derived tables are what the models made from the released rows that are there now."""
    return _kept(connection, "derived") == _derived(connection, manifest)


def check_release(connection: DuckDBPyConnection, manifest: Manifest, decisions: Sequence[Decision]) -> None:
    """Raises NplvError when schema `release` is not what the gate decides now, or what is derived was made from other rows."""
    if _kept(connection, "decided") != _decided(connection, manifest, decisions):
        raise NplvError("what was released is not what the gate decides now: run the gate and what follows it again")
    if not is_derived(connection, manifest):
        raise NplvError("what was derived does not follow from what the gate released: run what follows the gate again")


def _decided(connection: DuckDBPyConnection, manifest: Manifest, decisions: Sequence[Decision]) -> str:
    """A hash of the decisions and of what was released by them."""
    released = fingerprints(connection, [*_RELEASED, *(f"release.{manifest.gated[d.indicator_id].name}" for d in decisions)])
    verdicts = [(d.indicator_id, d.fingerprint, d.reasons, [w.told() for w in d.waived]) for d in decisions]
    return hashlib.sha256(json.dumps([verdicts, released]).encode()).hexdigest()


def _derived(connection: DuckDBPyConnection, manifest: Manifest) -> str:
    """A hash of the derived tables, of the released rows, and of the models that lead from these to those."""
    tables = fingerprints(connection, [*_RELEASED, *(node.relation for node in manifest.derived)])
    return hashlib.sha256(json.dumps([tables, project_fingerprint()]).encode()).hexdigest()


def _kept(connection: DuckDBPyConnection, name: str) -> str | None:
    """A hash that was kept in the schema `release`, or None when there is none yet."""
    if f"release.{name}" not in relations(connection):
        return None
    row = connection.execute(f"SELECT {name} FROM release.{name}").fetchone()
    return row[0] if row else None


def publish(
    connection: DuckDBPyConnection,
    manifest: Manifest,
    decisions: Sequence[Decision],
    configuration: Configuration,
    home: Home,
    mode: str,
    day: date,
    kept: int,
) -> Published:
    """Write what was released as a new version and move the pointer; the same content is not published twice. day: by which timeliness was judged; kept: how many versions there may be,
    besides those on which an edition rests.

    Raises NplvError when what is read back is not what was written, or when the current version is not as it was published.
    """
    current.unfinished(home)
    current.demand_untouched(home)
    _evidence(connection, manifest, decisions)
    tables = published_tables(manifest)
    content = hashlib.sha256(json.dumps(_content(connection, tables) | configuration.facts(), sort_keys=True).encode()).hexdigest()[:12]
    newest = connection.execute("SELECT max(year) FROM release.indicator_values WHERE value IS NOT NULL AND geo_level = 'nplv'").fetchone()
    newest_year = newest[0] if newest else None
    held = sum(not d.released for d in decisions)
    here = current.name(home)
    if here and here.endswith(content):
        return Published(here, home.published / here, len(decisions) - held, held, newest_year, False)
    now = datetime.now(UTC)
    name = f"{now:%Y%m%dT%H%M%SZ}-{content}"
    draft, folder = home.published / f".draft-{name}", home.published / name
    facts = {
        "version": name, "mode": mode, "published_at": now.isoformat(timespec="seconds"), "day": day.isoformat(),
        "newest_year": newest_year, "boundary_year": manifest_boundary_year(connection), **versions(), "models": project_fingerprint()[:12], **configuration.facts(),
    }  # fmt: skip
    values = ", ".join(f"({literal(k)}, {literal(str(v))})" for k, v in facts.items())
    connection.execute(f"CREATE OR REPLACE TABLE release.build AS SELECT * FROM (VALUES {values}) AS t (key, value)")
    changes.keep(connection, home.published / here if here else None)
    try:
        for part, is_public in (("intern", False), ("openbaar", True)):
            _write(connection, draft / part, tables, facts, is_public)
        mark = seal(draft)
        for path in draft.rglob("*"):
            sync(path)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    sync(home.published)
    current.become(home, current.Event(now.isoformat(timespec="seconds"), "published", name, mark, here))
    _retire(home, kept)
    return Published(name, folder, len(decisions) - held, held, newest_year, True)


def manifest_boundary_year(connection: DuckDBPyConnection) -> int | None:
    """The boundaries on which all released figures are compared."""
    row = connection.execute("SELECT max(boundary_year) FROM release.indicator_values").fetchone()
    return row[0] if row else None


def _evidence(connection: DuckDBPyConnection, manifest: Manifest, decisions: Sequence[Decision]) -> None:
    """What was checked, on which content, and how it ended: the sources as they came, and all tables that were made of them."""
    verdicts = ", ".join(f"({literal(manifest.gated[d.indicator_id].relation)}, {literal(RELEASED if d.released else HELD)})" for d in decisions)
    connection.execute(
        "CREATE OR REPLACE TABLE release.check_results AS "
        "SELECT e.check_name, e.kind, e.node, split_part(e.node, '.', 2) AS mart, e.severity, e.outcome, d.decision, e.fingerprint, e.details, e.evaluated_at "
        f"FROM quality.evidence AS e LEFT JOIN (VALUES {verdicts}) AS d (node, decision) ON e.node = d.node "
        f"WHERE e.definition = {literal(evidence.definition())} "
        "UNION ALL SELECT c.check_name, 'raw', 'raw.' || s.key, s.key, c.severity, CASE WHEN list_contains(s.checks_failed, c.check_name) THEN 'failed' ELSE 'passed' END, "
        "NULL, s.sha256, to_json({'observed': s.state, 'message': s.reason}), s.fetched_at "
        f"FROM raw.sources AS s, (VALUES {_RAW}) AS c (check_name, severity) ORDER BY node, check_name"
    )


def _content(connection: DuckDBPyConnection, tables: Sequence[Table]) -> dict[str, str]:
    """The fingerprint of everything that is told; when something was checked or asked is not part of it, nor what follows from the version before it."""
    told = fingerprints(connection, [t.relation for t in tables if t.relation not in ("release.check_results", "raw.sources", *_OF_THIS_VERSION)])
    sources = connection.execute(
        "SELECT md5(string_agg(concat_ws('|', key, state, reason, sha256), ';' ORDER BY key)) FROM (SELECT * REPLACE (CASE WHEN state = 'fresh' THEN 'unchanged' ELSE state END AS state) FROM raw.sources)"
    ).fetchone()
    outcomes = connection.execute(
        "SELECT md5(string_agg(concat_ws('|', node, check_name, outcome, decision), ';' ORDER BY node, check_name)) FROM release.check_results"
    ).fetchone()
    return told | {"sources": str(sources), "outcomes": str(outcomes), "code": code_fingerprint()}


def _write(connection: DuckDBPyConnection, folder: Path, tables: Sequence[Table], facts: dict[str, object], is_public: bool) -> None:
    parquet = folder / "parquet"
    parquet.mkdir(parents=True)
    connection.execute(f"ATTACH {literal(folder / 'nplv.duckdb')} AS version_file (STORAGE_VERSION '{STORAGE}')")
    written: dict[str, tuple[int, str]] = {}
    marks = ", ".join(f"{name}: {literal(str(facts[name]))}" for name in ("mode", "version"))  # a file that is copied away tells what it is
    try:
        for schema in sorted({table.name.split(".")[0] for table in tables}):
            connection.execute(f"CREATE SCHEMA version_file.{schema}")
        for table in tables:
            if is_public and table.is_internal:
                continue
            query = _shown(connection, table, str(facts["version"]), is_public)
            connection.execute(f"CREATE TABLE version_file.{table.name} AS {query}")
            path = literal(parquet / f"{table.name}.parquet")
            connection.execute(f"COPY ({query}) TO {path} (FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{marks}}})")
            written[table.name] = _count_and_hash(connection, f"({query})")
        _describe(connection, tables, written)
    finally:
        connection.execute("DETACH version_file")
    _read_back(folder, written, is_public)


def _shown(connection: DuckDBPyConnection, table: Table, version: str, is_public: bool) -> str:
    """The query for what a version shows of a table."""
    query = f"SELECT * FROM {table.relation}"
    columns = [c[0] for c in connection.execute(f"DESCRIBE {table.relation}").fetchall()]
    if is_public and "geo_level" in columns:
        query += " WHERE geo_level NOT IN ('gebied', 'gemeente')"
    if is_public and "is_public" in columns:
        query += " WHERE is_public"
    if is_public and (inside := [c for c in columns if c in _COLUMNS_INSIDE]):
        query = query.replace("*", f"* EXCLUDE ({', '.join(inside)})")
    if is_public and table.relation == "areas.focus_areas":  # which areas take part is no secret; what is known of each is
        query = query.replace("*", "area_id, area_name, municipality_code, municipality_name, delineation")
    if table.relation == "release.check_results":  # of details the public part has none: they may quote figures of an area
        query = query.replace("*", f"*{' REPLACE (NULL::VARCHAR AS details)' if is_public else ''}, {literal(version)} AS version")
    if is_public and table.relation == "raw.revisions":  # of a delivery the largest change may be that of one area
        amounts = ", ".join(f"CASE WHEN key IN ({_DELIVERED}) THEN NULL ELSE {c} END AS {c}" for c in ("largest_change", "mean_change"))
        query = query.replace("*", f"* REPLACE ({amounts})")
    return query


def _describe(connection: DuckDBPyConnection, tables: Sequence[Table], written: Collection[str]) -> None:
    """Write beside each table and column what it means, where any program shows it."""
    with transaction(connection):
        for table in tables:
            if table.name in written:
                relation = f"version_file.{table.name}"
                there = {c[0] for c in connection.execute(f"DESCRIBE {relation}").fetchall()}
                connection.execute(comment(relation, table.description))
                for column, meaning in table.columns.items():
                    if column in there:
                        connection.execute(comment(relation, meaning, column))


def _read_back(folder: Path, written: dict[str, tuple[int, str]], is_public: bool) -> None:
    """Open what was written as an analyst would, and compare it with what was meant."""
    import duckdb

    with duckdb.connect(str(folder / "nplv.duckdb"), read_only=True) as connection:
        for name, meant in written.items():
            for table in (name, f"read_parquet({literal(folder / 'parquet' / (name + '.parquet'))})"):
                if _count_and_hash(connection, table) != meant:
                    raise NplvError(f"{folder / 'nplv.duckdb'}: {table} reads back differently from what was written; nothing was published")
        areas = connection.execute("SELECT count(*) FROM marts.indicator_values WHERE geo_level = 'gebied'").fetchone()
        if is_public and areas != (0,):
            raise NplvError(f"{folder}: the public database would hold figures of areas; nothing was published")


def _count_and_hash(connection: DuckDBPyConnection, table: str) -> tuple[int, str]:
    row = connection.execute(f"SELECT count(*), {CONTENT} FROM {table} AS t").fetchone()
    return (row[0], row[1]) if row else (0, "")


def _retire(home: Home, kept: int) -> None:
    """Remove the oldest versions beyond those that are kept; never the current one, nor one on which an edition rests."""
    needed = {current.name(home), *versions_needed(home)}
    for old in current.versions(home)[:-kept]:
        if old.name not in needed:
            current.retire(old)
