"""The areas and their regions: what does not fit is refused by name before anything is computed."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from nplv_orchestration import delineation
from nplv_orchestration.errors import NplvError


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two areas of one buurt each, on boundaries that have three buurten and a wijk."""
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE SCHEMA raw;"
            "CREATE TABLE raw.focus_areas AS SELECT unnest(['noord', 'zuid']) AS area_id;"
            "CREATE TABLE raw.focus_area_regions AS SELECT unnest(['noord', 'zuid']) AS area_id, unnest(['BU00010000', 'BU00010001']) AS region_code, 2024 AS boundary_year;"
            "CREATE TABLE raw.cbs_kwb AS SELECT 2024 AS boundary_year, unnest(['BU00010000', 'BU00010001', 'BU00010002', 'WK000100']) AS region_code;"
        )
        yield connection


def test_areas_that_fit_are_let_through(warehouse: duckdb.DuckDBPyConnection) -> None:
    delineation.demand(warehouse)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            "INSERT INTO raw.focus_area_regions VALUES ('noord', 'BU00010099', 2024)",
            "no buurt on the boundaries of 2024: noord: BU00010099; correct them",
        ),
        (
            "INSERT INTO raw.focus_area_regions VALUES ('noord', 'WK000100', 2024)",
            "no buurt on the boundaries of 2024: noord: WK000100; correct them",
        ),
        (
            "INSERT INTO raw.focus_area_regions VALUES ('noord', 'BU00010002', 2022)",
            "no buurt on the boundaries of 2024: noord: BU00010002; correct them",
        ),
        ("INSERT INTO raw.focus_area_regions VALUES ('noord', 'BU00010001', 2024)", "listed twice: BU00010001 in noord and zuid; keep each once"),
        ("DELETE FROM raw.focus_area_regions WHERE area_id = 'zuid'", "areas without a region: zuid; list their buurten"),
        ("INSERT INTO raw.focus_area_regions VALUES ('oost', 'BU00010002', 2024)", "regions of areas that are not there: oost; add the areas"),
        ("UPDATE raw.focus_area_regions SET region_code = 'BU0002000' || rowid", "BU00020000, zuid: BU00020001; correct them"),
        ("DELETE FROM raw.cbs_kwb", "Kerncijfers of 2024 were never obtained"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(warehouse: duckdb.DuckDBPyConnection, change: str, says: str) -> None:
    warehouse.execute(change)
    with pytest.raises(NplvError) as refused:
        delineation.demand(warehouse)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
