"""Tables of third parties on StatLine (politie, RIVM): wide, with columns that are numbered anew with each release.

Columns are found by title, unit and place at run time, never by the number at their end.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.progress import Watch
from nplv_orchestration.sources import odata_v3
from nplv_orchestration.sources.contract import Description
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.pulled import Answer, Draft, Pulled, in_batches, moment
from nplv_orchestration.sources.registry import FIRST_YEAR, SourceTable
from nplv_orchestration.sources.values import BadCell, text_numbers

_REGION, _PERIOD = "WijkenEnBuurten", "Perioden"
_COLUMN_OF = {"SoortMisdrijf": "offence", "Marges": "margin"}
_TITLE = 40  # characters that a title has at most


def ask(table: SourceTable, base: str, http: Http) -> Answer:
    """One question: the table's TableInfos. Raises SourceRefused when it is about another table."""
    address = f"{base}/ODataFeed/odata/{table.table_id}"
    info = odata_v3.info(http, address)
    if str(info.get("Identifier", "")).strip() != table.table_id:
        raise SourceRefused(f"{table.name}: TableInfos is about another table, '{str(info.get('Identifier'))[:40]}'")
    if not info.get("Modified"):
        raise SourceRefused(f"{table.name}: TableInfos does not say when the table was modified")
    version = " ".join(str(info.get(name) or "") for name in ("Modified", "MetaDataModified", "ReasonDelivery")).strip()
    return Answer(version, moment(info["Modified"], table), address)


def describe(table: SourceTable, answer: Answer, http: Http) -> Description:
    """What the publisher says of the table now, with all that differs from the registry. Asks for no row."""
    found, _, where, years = _ask_all(table, answer, http)
    if not found.differences:
        found.rows = odata_v3.count(http, answer.address, _of_years(where, years))
    return found


def _ask_all(table: SourceTable, answer: Answer, http: Http) -> tuple[Description, dict[str, str], str, list[str]]:
    """The description; the periods with their status; the `$filter` of the codes; and the keys of the years that are wanted."""
    address = answer.address
    names = ["DataProperties", _PERIOD, *table.dimensions]
    properties, periods, *dimensions = http.together(*(lambda name=name: odata_v3.entity(http, address, name) for name in names))  # type: ignore[misc]
    found = Description(table, modified=answer.modified)
    found.check_boundaries([p.get("MapYear") for p in properties if p.get("Type") in ("GeoDetail", "GeoDimension")])
    _find_topics(table, properties, found)
    terms = []
    for (dimension, codes), rows in zip(table.dimensions.items(), dimensions, strict=True):
        keys = {str(row.get("Key")).strip(): str(row.get("Key")) for row in rows}
        if unknown := [code for code in codes if code not in keys]:
            found.differs(f"{dimension} has no code {', '.join(unknown)}", f'"{dimension}"')
        terms.append("(" + " or ".join(f"{dimension} eq '{keys.get(code, code)}'" for code in codes) + ")")
    statuses = {str(p.get("Key")).strip(): str(p.get("Status") or "") for p in periods}
    wanted = sorted(key for key in statuses if re.fullmatch("[0-9]{4}JJ00", key) and int(key[:4]) >= FIRST_YEAR)
    if not wanted:
        found.differs(f"no year from {FIRST_YEAR} on", "FIRST_YEAR")
    return found, statuses, " and ".join(terms), wanted


def _of_years(where: str, years: list[str]) -> str:
    """The `$filter` of the codes in these years."""
    return " and ".join(["(" + " or ".join(f"{_PERIOD} eq '{key}'" for key in years) + ")", *([where] if where else [])])


def pull(table: SourceTable, answer: Answer, http: Http, draft: Path, watch: Watch) -> Pulled:
    """The rows of the registry's codes of each year from FIRST_YEAR on, into a Parquet draft. Raises SourceRefused, naming what differs."""
    description, statuses, where, years = _ask_all(table, answer, http)

    import pyarrow as pa
    import pyarrow.compute as pc

    description.refuse()
    measure = table.measures[0]
    topic = description.columns[measure.name]
    own = {dimension: column for dimension, column in _COLUMN_OF.items() if dimension in table.dimensions}
    codes, told = pa.array(years, pa.string()), pa.array([statuses[key] for key in years], pa.string())
    any_value = False
    with ThreadPoolExecutor(1) as beside, Draft(table, draft, watch) as out:
        counted = beside.submit(odata_v3.count, http, answer.address, _of_years(where, years))
        parts = [_of_years(where, [key]) for key in years]
        for page in in_batches(odata_v3.rows(http, answer.address, [*table.dimensions, _REGION, _PERIOD, topic], parts)):
            out.expected = counted.result()
            keys = {name: pc.utf8_trim_whitespace(page[name].combine_chunks()) for name in (*own, _REGION, _PERIOD)}
            status = told.take(pc.index_in(keys[_PERIOD], value_set=codes))
            if (row := pc.index(pc.is_null(status), True).as_py()) >= 0:
                raise SourceRefused(f"{table.name}: a row of period '{str(keys[_PERIOD][row])[:20]}', which was not asked for")
            for name in own:
                strange = pc.invert(pc.is_in(keys[name], value_set=pa.array(table.dimensions[name])))
                if (row := pc.index(pc.fill_null(strange, True), True).as_py()) >= 0:
                    raise SourceRefused(f"{table.name}: a row of {name} '{str(keys[name][row])[:20]}', which was not asked for")
            try:
                values, missing = text_numbers(page[topic].combine_chunks(), bounds=measure.bounds)
            except BadCell as bad:
                raise SourceRefused(f"{table.name}, {keys[_REGION][bad.row]}, {keys[_PERIOD][bad.row]}: {bad}") from None
            any_value |= values.null_count < len(values)
            rows = {"region_code": keys[_REGION], "period": keys[_PERIOD], "period_status": status, "value": values, "missing": missing}
            out.write(pa.table(rows | {column: keys[name] for name, column in own.items()}))
    return out.pulled(table.boundary_year, [] if any_value else [measure.name])


def _find_topics(table: SourceTable, properties: list[dict[str, Any]], found: Description) -> None:
    topics = odata_v3.topics(properties)
    for measure in table.measures:
        match = [t for t in topics if t.title == measure.title[:_TITLE].strip() and t.unit == measure.unit]
        if measure.place:
            match = [t for t in match if t.place[-len(measure.place) :] == tuple(title[:_TITLE].strip() for title in measure.place)]
        if len(match) == 1:
            found.columns[measure.name] = match[0].key
            continue
        candidates = ", ".join(map(str, match or topics)) or "none"
        found.differs(f"{len(match)} columns are '{measure.title}' ({measure.unit}); there are: {candidates[:1500]}", f'"{measure.title}"')
