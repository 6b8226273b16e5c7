"""What the site tells of the published version and of the models, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from nplv_orchestration.configuration import Configuration, of
from nplv_orchestration.dictionary import Table, published_tables
from nplv_orchestration.manifest import Manifest
from nplv_orchestration.published import connect, demand_public, facts, records

TEXTS = Path(__file__).parent / "texts"
Row = dict[str, Any]


@dataclass(frozen=True)
class Known:
    """All that the pages are made from.

    facts: of the version; figures: rows of `marts.indicator_values` by indicator; trends: that of the areas together by indicator; sources: rows of
    `provenance.sources`; changes: rows of `marts.indicator_changes` of the last version in which figures moved, which need not be this one; types: of each column by table and name.
    """

    manifest: Manifest
    facts: Mapping[str, str]
    indicators: list[Row]
    figures: Mapping[str, list[Row]]
    trends: Mapping[str, Row]
    sources: list[Row]
    changes: list[Row]
    tables: list[Table]
    types: Mapping[tuple[str, str], str]

    @cached_property
    def programme(self) -> Configuration:
        """Of which programme it is, with its words."""
        return of(self.facts)

    @property
    def is_demo(self) -> bool:
        """Whether all figures are invented."""
        return self.facts["mode"] == "demo"


def read(database: Path, manifest: Manifest) -> Known:
    """Read a public database. Raises NplvError when it is none: nothing of an area may come upon the site."""
    with connect(database) as connection:
        rows = partial(records, connection)
        demand_public(connection, database, "the site")
        figures: dict[str, list[Row]] = {}
        for row in rows("SELECT * FROM marts.indicator_values ORDER BY indicator_id, series, year, geo_level"):
            figures.setdefault(row["indicator_id"], []).append(row)
        indicators = rows("SELECT * FROM marts.indicators ORDER BY number")
        main = {i["indicator_id"]: i["main_series"] for i in indicators}
        trends = {
            r["indicator_id"]: r
            for r in rows("SELECT * FROM marts.indicator_trends WHERE geo_level = 'nplv'")
            if r["series"] == main[r["indicator_id"]]
        }
        changes = rows("SELECT * FROM marts.indicator_changes WHERE version = (SELECT max(version) FROM marts.indicator_changes) ORDER BY ALL")
        types = {
            (f"{r['schema_name']}.{r['table_name']}", r["column_name"]): r["data_type"]
            for r in rows("SELECT schema_name, table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal")
        }
        return Known(
            manifest, facts(connection), indicators, figures, trends, rows("SELECT * FROM provenance.sources ORDER BY key"), changes,
            published_tables(manifest), types,
        )  # fmt: skip
