"""From which columns a column of a query comes: through names, unions, queries within queries, and no further than the tables."""

from __future__ import annotations

import pytest

from nplv_orchestration.column_lineage import column_lineage
from nplv_orchestration.manifest import load_manifest

COLUMNS = {
    "raw": {"figures": {"region": "VARCHAR", "value": "DOUBLE", "weight": "DOUBLE"}, "names": {"region": "VARCHAR", "name": "VARCHAR"}},
}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT region, value AS v FROM raw.figures", {"region": ["figures.region"], "v": ["figures.value"]}),
        ("SELECT * FROM raw.names", {"region": ["names.region"], "name": ["names.name"]}),
        ("SELECT sum(value * weight) / sum(weight) AS mean FROM raw.figures", {"mean": ["figures.value", "figures.weight"]}),
        ("SELECT 1 AS one, 'x' AS word FROM raw.figures", {"one": [], "word": []}),
        ("WITH a AS (SELECT value AS x FROM raw.figures), b AS (SELECT x + 1 AS y FROM a) SELECT y FROM b", {"y": ["figures.value"]}),
        ("SELECT n.name, f.value FROM raw.figures AS f JOIN raw.names AS n ON f.region = n.region", {"name": ["names.name"], "value": ["figures.value"]}),
        ("SELECT value AS a FROM raw.figures UNION ALL SELECT weight FROM raw.figures", {"a": ["figures.value", "figures.weight"]}),
        (
            "SELECT value AS a, region AS b FROM raw.figures UNION ALL BY NAME SELECT name AS b FROM raw.names",
            {"a": ["figures.value"], "b": ["figures.region", "names.name"]},
        ),
        ("SELECT (SELECT max(name) FROM raw.names AS n WHERE n.region = f.region) AS best FROM raw.figures AS f", {"best": ["figures.region", "names.name", "names.region"]}),
        ("SELECT max(value) FILTER (WHERE region = 'x') AS m FROM raw.figures", {"m": ["figures.region", "figures.value"]}),
    ],
)  # fmt: skip
def test_where_a_column_comes_from(sql: str, expected: dict[str, list[str]]) -> None:
    found = column_lineage(sql, COLUMNS)
    assert {name: [f"{table.removeprefix('raw.')}.{column}" for table, column in origins] for name, origins in found.items()} == expected


def test_every_figure_of_every_mart_comes_from_somewhere() -> None:
    manifest = load_manifest()
    for node in manifest.marts.values():
        origins = manifest.columns_from[node.unique_id]
        assert any(table.startswith("staging.") or table.startswith("intermediate.") for table, _ in origins["value"]), node.name
        assert {"value", "numerator", "denominator", "status"} <= {name for name, from_ in origins.items() if from_}, node.name
