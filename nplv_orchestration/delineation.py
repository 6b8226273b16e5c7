"""Whether the areas can be made from the buurten that they are said to consist of: asked before anything is computed.

Which buurten these are is in the reviewed files of the source; what a total of them is, is dbt's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nplv_orchestration.errors import NplvError, some_of
from nplv_orchestration.sources.registry import BOUNDARY_YEAR

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# each gives what is wrong with its name; `what` says what to do
_WRONG = {
    "SELECT area_id FROM raw.focus_areas ANTI JOIN raw.focus_area_regions USING (area_id)": (
        "areas without a region: {}; list their buurten in focus_area_regions.csv"
    ),
    "SELECT area_id FROM raw.focus_area_regions ANTI JOIN raw.focus_areas USING (area_id)": (
        "regions of areas that are not there: {}; add the areas to focus_areas.csv, or correct their area_id"
    ),
    "SELECT region_code || ' in ' || string_agg(area_id, ' and ' ORDER BY area_id) FROM raw.focus_area_regions GROUP BY region_code HAVING count(*) > 1": (
        "regions that are listed twice: {}; keep each once in focus_area_regions.csv"
    ),
    f"SELECT area_id || ': ' || region_code FROM raw.focus_area_regions WHERE boundary_year <> {BOUNDARY_YEAR} OR region_code NOT IN "
    f"(SELECT region_code FROM raw.cbs_kwb WHERE boundary_year = {BOUNDARY_YEAR} AND region_code LIKE 'BU%')": (
        f"regions that are no buurt on the boundaries of {BOUNDARY_YEAR}: {{}}; correct them in focus_area_regions.csv"
    ),
}


def demand(connection: DuckDBPyConnection) -> None:
    """Raises NplvError, naming regions and areas, when the areas and their regions do not fit each other or the boundaries of comparison.

    connection: to a warehouse with schema `raw`.
    """
    if connection.execute(f"SELECT count(*) FROM raw.cbs_kwb WHERE boundary_year = {BOUNDARY_YEAR}").fetchone() == (0,):
        raise NplvError(f"Kerncijfers of {BOUNDARY_YEAR} were never obtained, and all areas are compared on their boundaries; see `nplv sources`")
    for query, what in _WRONG.items():
        found = [str(row[0]) for row in connection.execute(f"SELECT DISTINCT * FROM ({query}) ORDER BY ALL").fetchall()]
        if found:
            raise NplvError(what.format(some_of(found, ", ")))
