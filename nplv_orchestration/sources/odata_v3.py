"""OData v3 of third parties (dataderden): wide tables whose columns are numbered anew with each release.

Columns are found by title and unit at run time, never by the number at their end. Text is asked (UntypedDataSet),
because that keeps why a value is missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.progress import Watch
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.pulled import Answer, Draft, Pulled
from nplv_orchestration.sources.registry import FIRST_YEAR, SourceTable
from nplv_orchestration.sources.values import text_number

_LINK = "odata.nextLink"
_JSON = {"$format": "json"}
_REGION, _PERIOD = "WijkenEnBuurten", "Perioden"
_COLUMN_OF = {"SoortMisdrijf": "offence", "Marges": "margin"}


def ask(table: SourceTable, base: str, http: Http) -> Answer:
    """One question: the table's TableInfos."""
    address = f"{base}/ODataFeed/odata/{table.table_id}"
    rows = http.rows(f"{address}/TableInfos", _JSON, _LINK)
    if len(rows) != 1 or str(rows[0].get("Identifier", "")).strip() != table.table_id:
        raise SourceRefused(f"{table.publisher} {table.table_id}: TableInfos is about another table")
    info = rows[0]
    version = " ".join(str(info.get(name) or "") for name in ("Modified", "MetaDataModified", "ReasonDelivery")).strip()
    return Answer(version, info.get("Modified"), address)


def pull(table: SourceTable, answer: Answer, http: Http, draft: Path, watch: Watch) -> Pulled:
    """The rows of the registry's codes from FIRST_YEAR on, into a Parquet draft. Raises SourceRefused, naming what differs."""
    name = f"{table.publisher} {table.table_id}"
    properties = http.rows(f"{answer.address}/DataProperties", _JSON, _LINK)
    boundary_year = _boundary_year(table, properties)
    topic = _topic(table, properties)
    periods = {str(p["Key"]).strip(): str(p.get("Status") or "") for p in http.rows(f"{answer.address}/{_PERIOD}", _JSON, _LINK)}
    terms = [f"{_PERIOD} ge '{FIRST_YEAR}JJ00'"]
    for dimension, codes in table.dimensions.items():
        keys = {str(row["Key"]).strip(): str(row["Key"]) for row in http.rows(f"{answer.address}/{dimension}", _JSON, _LINK)}
        unknown = [code for code in codes if code not in keys]
        if unknown:
            raise SourceRefused(f"{name}: {dimension} has no code {', '.join(unknown)}")
        terms.append("(" + " or ".join(f"{dimension} eq '{keys[code]}'" for code in codes) + ")")
    query = {"$filter": " and ".join(terms)}
    count = http.get(f"{answer.address}/UntypedDataSet/$count", query).text.strip()
    query |= {"$select": ",".join([*table.dimensions, _REGION, _PERIOD, topic]), **_JSON}
    any_value = False
    own = {dimension: column for dimension, column in _COLUMN_OF.items() if dimension in table.dimensions}
    try:
        with Draft(table, draft, ("region_code", "period", *own.values()), watch) as out:
            out.expected = int(count) if count.isdigit() else 0
            for page in http.pages(f"{answer.address}/UntypedDataSet", query, _LINK):
                rows = []
                for row in page["value"]:
                    region, period = str(row[_REGION]).strip(), str(row[_PERIOD]).strip()
                    value, missing = text_number(row[topic], where=f"{name}, {region}, {period}")
                    any_value |= value is not None
                    rows.append(
                        {"region_code": region, "period": period, "period_status": periods[period], "value": value, "missing": missing}
                        | {column: str(row[dimension]).strip() for dimension, column in own.items()}
                    )
                out.add(rows)
    except KeyError as error:
        raise SourceRefused(f"{name}: its rows have no column or period {error}") from None
    if not count.isdigit() or int(count) != out.rows:
        raise SourceRefused(f"{name}: {out.rows} rows came, and the publisher counts {count[:40]}")
    return out.pulled(boundary_year, [] if any_value else [table.measures[0].name])


def _boundary_year(table: SourceTable, properties: list[dict[str, Any]]) -> int | None:
    years = {p.get("MapYear") for p in properties if p.get("Type") in ("GeoDetail", "GeoDimension")}
    if years != {table.boundary_year}:
        found = ", ".join(map(str, years)) or "no regions"
        raise SourceRefused(f"{table.publisher} {table.table_id}: boundaries of {found}, the registry says {table.boundary_year}")
    return table.boundary_year


def _topic(table: SourceTable, properties: list[dict[str, Any]]) -> str:
    measure = table.measures[0]
    topics = [p for p in properties if p.get("Type") == "Topic"]
    match = [
        p for p in topics
        if str(p["Title"]).strip() == measure.title[:40].strip() and str(p.get("Unit") or "").strip() == measure.unit
    ]  # fmt: skip
    if len(match) != 1:
        alike = ", ".join(f"{p['Key']} '{str(p['Title']).strip()}' ({p.get('Unit') or ''})" for p in topics)
        raise SourceRefused(f"{table.publisher} {table.table_id}: {len(match)} columns are '{measure.title}' ({measure.unit}); there are: {alike}")
    return str(match[0]["Key"])
