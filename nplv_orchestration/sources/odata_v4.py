"""CBS OData v4: tables of observations, one row for each measure and region.

Measures are found by their stable code, and must have the title and unit that the registry says.
"""

from __future__ import annotations

from pathlib import Path

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.progress import Watch
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.pulled import Answer, Draft, Pulled
from nplv_orchestration.sources.registry import SourceTable
from nplv_orchestration.sources.values import v4_number

_LINK = "@odata.nextLink"
_REGION = "WijkenEnBuurten"


def ask(table: SourceTable, base: str, http: Http) -> Answer:
    """One question: the table's properties. Raises SourceRefused when it is about another period."""
    address = f"{base}/{table.table_id}"
    properties = http.json(f"{address}/Properties")
    period = str(properties.get("TemporalCoverage") or "")
    if table.period and str(table.period) not in (period, *str(properties.get("Title", "")).split()):
        raise SourceRefused(f"{table.publisher} {table.table_id}: covers '{period}', the registry says {table.period}")
    version = f"{properties.get('Version', '')} {properties.get('ObservationsModified', '')}".strip()
    if not version:
        raise SourceRefused(f"{table.publisher} {table.table_id}: its properties name no version")
    return Answer(version, properties.get("ObservationsModified") or properties.get("Modified"), address)


def pull(table: SourceTable, answer: Answer, http: Http, draft: Path, watch: Watch) -> Pulled:
    """All observations of the registry's measures, into a Parquet draft. Raises SourceRefused, naming what differs."""
    name = f"{table.publisher} {table.table_id}"
    boundary_year = _boundary_year(table, answer.address, http)
    _check_measures(table, http.rows(f"{answer.address}/MeasureCodes", {}, _LINK))
    by_code = {measure.code: measure.name for measure in table.measures}
    query = {
        "$filter": f"Measure in ({','.join(repr(code) for code in by_code)})",
        "$select": f"Measure,{_REGION},Value,ValueAttribute",
        "$count": "true",
    }
    found: set[str] = set()
    expected: int | None = None
    try:
        with Draft(table, draft, ("region_code", "measure"), watch) as out:
            for page in http.pages(f"{answer.address}/Observations", query, _LINK):
                expected = page.get("@odata.count", expected)
                out.expected = expected or 0
                rows = []
                for row in page["value"]:
                    region, measure = str(row[_REGION]).strip(), by_code.get(row["Measure"])
                    if measure is None:
                        raise SourceRefused(f"{name}: measure {row['Measure']} was not asked for")
                    value, missing = v4_number(row["Value"], row["ValueAttribute"], where=f"{name}, {region}, {measure}")
                    if value is not None:
                        found.add(measure)
                    rows.append({"region_code": region, "measure": measure, "value": value, "missing": missing})
                out.add(rows)
    except KeyError as error:
        raise SourceRefused(f"{name}: its observations have no column {error}") from None
    if expected != out.rows:
        raise SourceRefused(f"{name}: {out.rows} rows came, and the publisher counts {expected}")
    return out.pulled(boundary_year, [m.name for m in table.measures if m.name not in found])


def _boundary_year(table: SourceTable, address: str, http: Http) -> int | None:
    years = {d.get("MapYear") for d in http.rows(f"{address}/Dimensions", {}, _LINK) if d.get("Identifier") == _REGION}
    if years != {table.boundary_year}:
        found = ", ".join(map(str, years)) or "no regions"
        raise SourceRefused(f"{table.publisher} {table.table_id}: boundaries of {found}, the registry says {table.boundary_year}")
    return table.boundary_year


def _check_measures(table: SourceTable, codes: list[dict[str, object]]) -> None:
    by_code = {str(c["Identifier"]): (str(c.get("Title", "")).strip(), str(c.get("Unit", "")).strip()) for c in codes}
    for measure in table.measures:
        if by_code.get(measure.code) != (measure.title, measure.unit):
            alike = [f"{code} '{t}' ({u})" for code, (t, u) in by_code.items() if code == measure.code or t == measure.title]
            raise SourceRefused(
                f"{table.publisher} {table.table_id}: no measure {measure.code} '{measure.title}' ({measure.unit}); "
                f"alike: {', '.join(alike) or 'none'}"
            )
