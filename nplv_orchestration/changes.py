"""Which figures moved from one published version to another, and why.

A figure moved when it is another number, when there was none before or is none any more, or when its status is another. Why is what it rests on and differs: the
versions of its sources and weights, the regions of its geo, how the indicator is made. How two editions differ, in the words of the letter, is in `edition.difference`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nplv_orchestration.catalogue import METHOD
from nplv_orchestration.edition.difference import AREAS, NEW_YEAR, SOURCE, UNKNOWN
from nplv_orchestration.edition.difference import METHOD as OTHER_METHOD
from nplv_orchestration.errors import WrongCall
from nplv_orchestration.published import records
from nplv_orchestration.sql import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NEW, REVISED, STATUS, GONE = "nieuw", "herzien", "status", "vervallen"
HELD, RELEASED, NEW_SERIES = "vastgehouden", "vrijgegeven", "nieuwe reeks"
_FIGURE = "indicator_id, geo_level, geo_code, series, year"
_HEAD = {"version": "VARCHAR", "version_before": "VARCHAR", "published_at": "TIMESTAMP"}
COLUMNS = {
    "indicator_id": "VARCHAR", "geo_level": "VARCHAR", "geo_code": "VARCHAR", "geo_name": "VARCHAR", "series": "VARCHAR", "year": "INTEGER", "what": "VARCHAR",
    "value_before": "DOUBLE", "value": "DOUBLE", "difference": "DOUBLE", "unit": "VARCHAR", "status_before": "VARCHAR", "status": "VARCHAR", "causes": "VARCHAR[]",
    "sources": "VARCHAR[]",
}  # fmt: skip
_COMPARED = {
    "marts.indicator_values": "indicator_id geo_level geo_code geo_name series year value unit status",
    "marts.indicator_components": "indicator_id geo_level geo_code series year region_code boundary_year share counted figure cells weight "
    "numerator denominator source_key source_hash weight_key weight_hash",
    "marts.indicators": "indicator_id",
    "areas.focus_area_regions": "area_id region_code boundary_year",
    "provenance.build": "key value",
}
_OF_RELEASE = {"marts": "release", "provenance": "release", "areas": "areas"}  # where the tables of a version stand before it is one

# a sum of the same parts is the same to the last bit, so what differs by less than this comes from another order of adding
_MOVED = f"""
    WITH pairs AS (
        SELECT COLUMNS(n.*) AS 'now_\\0', COLUMNS(o.*) AS 'then_\\0'
        FROM {{after[marts]}}.indicator_values AS n FULL JOIN {{before[marts]}}.indicator_values AS o USING ({_FIGURE})
    ),
    moved AS (
        SELECT {", ".join(f"coalesce(now_{c}, then_{c}) AS {c}" for c in ("indicator_id", "geo_level", "geo_code", "geo_name", "series", "year", "unit"))},
            CASE
                WHEN then_value IS NULL AND now_value IS NOT NULL THEN '{NEW}'
                WHEN now_value IS NULL AND then_value IS NOT NULL THEN '{GONE}'
                WHEN abs(now_value - then_value) > 1e-9 * greatest(1, abs(then_value)) THEN '{REVISED}'
                WHEN now_status IS DISTINCT FROM then_status AND now_value IS NOT NULL THEN '{STATUS}'
            END AS what,
            then_value AS value_before, now_value AS value, now_value - then_value AS difference, then_status AS status_before, now_status AS status
        FROM pairs WHERE what IS NOT NULL
    ),
    parts AS (
        SELECT true AS is_now, * FROM {{after[marts]}}.indicator_components UNION ALL BY NAME SELECT false AS is_now, * FROM {{before[marts]}}.indicator_components
    ),
    -- what each figure takes from a table, for its regions or for their weights, and of which version of it
    taken AS (
        SELECT {_FIGURE}, is_now, 'figure' AS role, source_key AS key, any_value(source_hash) AS version,
            bit_xor(hash(region_code, boundary_year, counted, figure, cells, CASE WHEN weight_key IS NULL THEN [numerator, denominator] END)) AS content
        FROM parts WHERE source_key IS NOT NULL GROUP BY ALL
        UNION ALL BY NAME
        SELECT {_FIGURE}, is_now, 'weight' AS role, weight_key AS key, any_value(weight_hash) AS version, bit_xor(hash(region_code, boundary_year, weight)) AS content
        FROM parts WHERE weight_key IS NOT NULL GROUP BY ALL
    ),
    differs AS (
        SELECT {_FIGURE}, key, count(*) = 1 OR count(DISTINCT content) > 1 AS by_content, count(*) = 1 OR count(DISTINCT version) > 1 AS by_version
        FROM taken GROUP BY {_FIGURE}, role, key
    ),
    -- a new version of a table matters by what it gives for this figure; where that is the same, as for a status, by being there
    other AS (
        SELECT {_FIGURE}, coalesce(
            list(DISTINCT key ORDER BY key) FILTER (by_content AND by_version), list(DISTINCT key ORDER BY key) FILTER (by_version)
        ) AS sources
        FROM differs GROUP BY {_FIGURE}
    ),
    regions AS (
        SELECT {_FIGURE}, bit_xor(hash(region_code, boundary_year, share)) FILTER (is_now) IS DISTINCT FROM
            bit_xor(hash(region_code, boundary_year, share)) FILTER (NOT is_now) AS are_other
        FROM parts GROUP BY {_FIGURE}
    ),
    areas AS (
        SELECT (SELECT bit_xor(hash(area_id, region_code, boundary_year)) FROM {{after[areas]}}.focus_area_regions)
            IS DISTINCT FROM (SELECT bit_xor(hash(area_id, region_code, boundary_year)) FROM {{before[areas]}}.focus_area_regions) AS are_other
    ),
    methods AS (
        SELECT n.indicator_id, {{method}} AS is_other
        FROM {{after[marts]}}.indicators AS n INNER JOIN {{before[marts]}}.indicators AS o USING (indicator_id)
    ),
    code AS (
        SELECT (SELECT list(value ORDER BY key) FROM {{after[provenance]}}.build WHERE key IN ('code_version', 'models'))
            IS DISTINCT FROM (SELECT list(value ORDER BY key) FROM {{before[provenance]}}.build WHERE key IN ('code_version', 'models')) AS is_other
    ),
    newest AS (
        SELECT indicator_id, geo_level, geo_code, series, max(year) AS year FROM {{before[marts]}}.indicator_values WHERE value IS NOT NULL GROUP BY ALL
    ),
    judged AS (
        SELECT m.*, coalesce(o.sources, []) AS sources, m.what = '{NEW}' AND m.year > coalesce(w.year, 0) AS is_beyond,
            CASE WHEN m.status = 'niet_bijgewerkt' THEN ['{HELD}'] ELSE list_filter([
                CASE WHEN m.status_before = 'niet_bijgewerkt' THEN '{RELEASED}' END,
                CASE WHEN is_beyond AND w.year IS NULL THEN '{NEW_SERIES}' WHEN is_beyond THEN '{NEW_YEAR}' END,
                CASE WHEN o.sources IS NOT NULL AND NOT is_beyond THEN '{SOURCE}' END,
                CASE WHEN coalesce(k.is_other, false) THEN '{OTHER_METHOD}' END,
                CASE WHEN a.are_other AND coalesce(r.are_other, true) THEN '{AREAS}' END
            ], lambda cause: cause IS NOT NULL) END AS known,
            c.is_other AS is_other_code
        FROM moved AS m CROSS JOIN areas AS a CROSS JOIN code AS c
        LEFT JOIN other AS o USING ({_FIGURE}) LEFT JOIN regions AS r USING ({_FIGURE})
        LEFT JOIN methods AS k ON m.indicator_id = k.indicator_id
        LEFT JOIN newest AS w ON m.indicator_id = w.indicator_id AND m.geo_level = w.geo_level AND m.geo_code = w.geo_code AND m.series = w.series
    )
    SELECT {", ".join(c for c in COLUMNS if c not in ("causes", "sources"))},
        CASE WHEN len(known) > 0 THEN known WHEN is_other_code AND what <> '{STATUS}' THEN ['{OTHER_METHOD}'] ELSE ['{UNKNOWN}'] END AS causes, sources
    FROM judged ORDER BY {_FIGURE}
"""


def between(before: Path, after: Path) -> list[dict[str, Any]]:
    """The figures that moved from one published database to another, both with the areas: rows of `COLUMNS`, with the decimals of the indicator and is_main of its series.

    Raises WrongCall when one of them was published before versions had what is compared.
    """
    import duckdb

    with duckdb.connect() as connection:
        for name, path in (("before", before), ("after", after)):
            connection.execute(f"ATTACH {literal(path)} AS {name}_version (READ_ONLY)")
            if lacking := _lacking(connection, _of_version(f"{name}_version")):
                raise WrongCall(f"version {path.parents[1].name} has no {lacking}, so it cannot be compared; choose a later one")
        moved = _between(connection, _of_version("before_version"), _of_version("after_version"))
        return records(
            connection,
            f"SELECT m.*, coalesce(c.decimals, 1) AS decimals, m.series = c.main_series IS NOT FALSE AS is_main FROM ({moved}) AS m "
            "LEFT JOIN after_version.marts.indicators AS c USING (indicator_id) ORDER BY c.number, m.series, m.year, m.geo_level, m.geo_code",
        )


def because(row: dict[str, Any]) -> str:
    """Why a figure moved, in words, with the tables by which it did. row: of `between`, or of `marts.indicator_changes`."""
    return ", ".join(row["causes"]) + (f" ({', '.join(row['sources'])})" if row["sources"] else "")


def keep(connection: DuckDBPyConnection, before: Path | None) -> None:
    """Make `release.indicator_changes`: what moved up to the version that is about to be published, and since it. before: the folder of the version that it replaces.

    A version that was published before versions had what is compared is compared with none: an update of this project stops no publication.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in (_HEAD | COLUMNS).items())
    connection.execute(f"CREATE OR REPLACE TABLE release.indicator_changes ({columns})")
    if before is None:
        return
    connection.execute(f"ATTACH {literal(before / 'intern' / 'nplv.duckdb')} AS version_before (READ_ONLY)")
    try:
        there = _columns(connection, "version_before.marts.indicator_changes")
        if book := [name for name in _HEAD | COLUMNS if name in there]:
            connection.execute(f"INSERT INTO release.indicator_changes BY NAME SELECT {', '.join(book)} FROM version_before.marts.indicator_changes")
        if _lacking(connection, _of_version("version_before")):
            return
        facts = dict(connection.execute("SELECT key, value FROM release.build").fetchall())
        head = f"{literal(facts['version'])} AS version, {literal(before.name)} AS version_before, {literal(facts['published_at'])}::TIMESTAMP AS published_at"
        query = _between(connection, _of_version("version_before"), _OF_RELEASE)
        connection.execute(f"INSERT INTO release.indicator_changes BY NAME SELECT {head}, * FROM ({query})")
    finally:
        connection.execute("DETACH version_before")


def _of_version(attached: str) -> dict[str, str]:
    return {schema: f"{attached}.{schema}" for schema in _OF_RELEASE}


def _between(connection: DuckDBPyConnection, before: dict[str, str], after: dict[str, str]) -> str:
    """The query for what moved. A field of the catalogue that one of the two does not have yet tells nothing of the method."""
    both = _columns(connection, f"{before['marts']}.indicators") & _columns(connection, f"{after['marts']}.indicators")
    method = " OR ".join(f"n.{field}::VARCHAR IS DISTINCT FROM o.{field}::VARCHAR" for field in METHOD if field in both) or "false"
    return _MOVED.format(before=before, after=after, method=method)


def _lacking(connection: DuckDBPyConnection, tables: dict[str, str]) -> str:
    """The first column that a version lacks of those that are compared, as schema.table.column; empty when it has all."""
    for table, columns in _COMPARED.items():
        schema, name = table.split(".")
        there = _columns(connection, f"{tables[schema]}.{name}")
        if lacking := [column for column in columns.split() if column not in there]:
            return f"{table}.{lacking[0]}"
    return ""


def _columns(connection: DuckDBPyConnection, table: str) -> set[str]:
    """The columns of a table; none when it is not there."""
    import duckdb

    try:
        return {column for column, *_ in connection.execute(f"DESCRIBE {table}").fetchall()}
    except duckdb.CatalogException:
        return set()
