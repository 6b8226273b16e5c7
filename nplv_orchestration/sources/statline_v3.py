"""Tables of third parties on StatLine (politie, RIVM): wide, with columns that are numbered anew with each release.

Columns are found by title, unit and place at run time, never by the number at their end.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.progress import Watch
from nplv_orchestration.sources import odata_v3
from nplv_orchestration.sources.columns import place_of, texts
from nplv_orchestration.sources.contract import Description
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.pulled import Answer, Draft, Pulled, in_batches, moment
from nplv_orchestration.sources.registry import FIRST_YEAR, SourceTable
from nplv_orchestration.sources.values import BadCell, strange_region, text_numbers

_REGION, _PERIOD = "WijkenEnBuurten", "Perioden"
_COLUMN_OF = {"SoortMisdrijf": "offence", "Marges": "margin"}
_TITLE = 40  # characters that a title has at most


@dataclass(frozen=True)
class _Selection:
    """Which rows are wanted. codes: the `$filter` of the codes of each dimension; statuses: of each year, by the key of its period."""

    codes: list[str]
    statuses: dict[str, str]

    @property
    def whole(self) -> str:
        """The `$filter` of all of them."""
        return self._filter(list(self.statuses))

    @property
    def parts(self) -> list[str]:
        """The `$filter` of each year."""
        return [self._filter([period]) for period in self.statuses]

    def _filter(self, periods: list[str]) -> str:
        return " and ".join(["(" + " or ".join(f"{_PERIOD} eq '{period}'" for period in periods) + ")", *self.codes])


def ask(table: SourceTable, base: str, http: Http, ahead: bool = False) -> Answer:
    """One question: the table's TableInfos. Raises SourceRefused when it is about another table.

    ahead: the table will be pulled whatever the answer, so all else that a pull must know is asked along with it.
    """
    address = f"{base}/ODataFeed/odata/{table.table_id}"
    dimensions = None
    if ahead:
        info, dimensions = http.both(partial(odata_v3.info, http, address), partial(_dimensions, table, address, http))
    else:
        info = odata_v3.info(http, address)
    if str(info.get("Identifier", "")).strip() != table.table_id:
        raise SourceRefused(f"{table.name}: TableInfos is about another table, '{str(info.get('Identifier'))[:40]}'")
    if not info.get("Modified"):
        raise SourceRefused(f"{table.name}: TableInfos does not say when the table was modified")
    version = " ".join(str(info.get(name) or "") for name in ("Modified", "MetaDataModified", "ReasonDelivery")).strip()
    answer = Answer(version, moment(info["Modified"], table), address)
    return replace(answer, carried=_describe(table, answer, http, dimensions)) if dimensions else answer


def _dimensions(table: SourceTable, address: str, http: Http) -> list[list[dict[str, Any]]]:
    """The rows of the periods, and of each dimension of which codes are wanted."""
    return http.together(*(partial(odata_v3.entity, http, address, name) for name in (_PERIOD, *table.dimensions)))


def describe(table: SourceTable, answer: Answer, http: Http) -> Description:
    """What the publisher says of the table now, with all that differs from the registry. Asks for no row."""
    return _known(table, answer, http)[0]


def _known(table: SourceTable, answer: Answer, http: Http) -> tuple[Description, _Selection]:
    """The description and selection that came with the answer, or those that are asked now."""
    carried: tuple[Description, _Selection] | None = answer.carried
    return carried or _describe(table, answer, http, _dimensions(table, answer.address, http))


def _describe(table: SourceTable, answer: Answer, http: Http, dimensions: list[list[dict[str, Any]]]) -> tuple[Description, _Selection]:
    found = Description(table, modified=answer.modified)
    selection = _select(table, dimensions, found)
    properties = partial(odata_v3.entity, http, answer.address, "DataProperties")
    if found.differences:
        topics = properties()
    else:
        found.rows, topics = http.both(partial(odata_v3.count, http, answer.address, selection.whole), properties)
    found.check_boundaries([p.get("MapYear") for p in topics if p.get("Type") in ("GeoDetail", "GeoDimension")])
    _find_topics(table, topics, found)
    return found, selection


def _select(table: SourceTable, dimensions: list[list[dict[str, Any]]], found: Description) -> _Selection:
    """The rows of the registry's codes in each year from FIRST_YEAR on; dimensions: the rows of the periods, and of each dimension."""
    periods, *others = dimensions
    terms = []
    for (dimension, codes), rows in zip(table.dimensions.items(), others, strict=True):
        keys = {str(row.get("Key")).strip(): str(row.get("Key")) for row in rows}
        if unknown := [code for code in codes if code not in keys]:
            found.differs(f"{dimension} has no code {', '.join(unknown)}", f'"{dimension}"')
        terms.append("(" + " or ".join(f"{dimension} eq '{keys.get(code, code)}'" for code in codes) + ")")
    statuses = {str(p.get("Key")).strip(): str(p.get("Status") or "") for p in periods}
    wanted = sorted(key for key in statuses if re.fullmatch("[0-9]{4}JJ00", key) and int(key[:4]) >= FIRST_YEAR)
    if not wanted:
        found.differs(f"no year from {FIRST_YEAR} on", "FIRST_YEAR")
    return _Selection(terms, {key: statuses[key] for key in wanted})


def pull(table: SourceTable, answer: Answer, http: Http, draft: Path, watch: Watch) -> Pulled:
    """The rows of the registry's codes of each year from FIRST_YEAR on, into a Parquet draft. Raises SourceRefused, naming what differs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    description, selection = _known(table, answer, http)
    description.refuse()
    measure = table.measures[0]
    topic = description.columns[measure.name]
    own = {dimension: column for dimension, column in _COLUMN_OF.items() if dimension in table.dimensions}
    codes, told = texts(list(selection.statuses)), texts(list(selection.statuses.values()))
    any_value = False
    with Draft(table, draft, watch, expected=description.rows) as out:
        columns = [*table.dimensions, _REGION, _PERIOD, topic]
        for page in in_batches(odata_v3.rows(http, answer.address, columns, selection.parts)):
            keys = {name: pc.utf8_trim_whitespace(page[name].combine_chunks()) for name in (*table.dimensions, _REGION, _PERIOD)}
            status = told.take(pc.index_in(keys[_PERIOD], value_set=codes))
            if (row := place_of(pc.is_null(status))) >= 0:
                raise SourceRefused(f"{table.name}: a row of period '{str(keys[_PERIOD][row])[:20]}', which was not asked for")
            if (row := strange_region(keys[_REGION])) >= 0:
                raise SourceRefused(f"{table.name}: a row of region '{str(keys[_REGION][row])[:20]}', which is no code of a region")
            for name in table.dimensions:
                strange = pc.invert(pc.is_in(keys[name], value_set=texts(table.dimensions[name])))
                if (row := place_of(strange)) >= 0:
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
        if len(match) == 1 and match[0].key:
            found.columns[measure.name] = match[0].key
            continue
        candidates = ", ".join(map(str, match or topics)) or "none"
        found.differs(f"{len(match)} columns are '{measure.title}' ({measure.unit}); there are: {candidates[:1500]}", f'"{measure.title}"')
