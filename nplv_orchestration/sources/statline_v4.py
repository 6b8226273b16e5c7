"""CBS Kerncijfers wijken en buurten: a table a year, in which measures have a code that stays the same over the years.

Measures are found by that code, and must have the title and unit that the registry says.
"""

from __future__ import annotations

from pathlib import Path

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.progress import Watch
from nplv_orchestration.sources import odata_v4
from nplv_orchestration.sources.columns import place_of, texts
from nplv_orchestration.sources.contract import Description
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.pulled import Answer, Draft, Pulled, moment
from nplv_orchestration.sources.registry import SourceTable
from nplv_orchestration.sources.values import BadCell, observations, strange_region

_REGION = "WijkenEnBuurten"
_LICENCES = {"https://creativecommons.org/licenses/by/4.0": "CC BY 4.0", "https://creativecommons.org/publicdomain/zero/1.0": "CC0-1.0"}


def ask(table: SourceTable, base: str, http: Http) -> Answer:
    """One question: the table's properties. Raises SourceRefused when it is about another table or names no version."""
    address = f"{base}/{table.table_id}"
    told = odata_v4.properties(http, address)
    if str(told.get("Identifier", table.table_id)).strip() != table.table_id:
        raise SourceRefused(f"{table.name}: Properties is about another table, '{str(told.get('Identifier'))[:40]}'")
    version = f"{told.get('Version') or ''} {told.get('ObservationsModified') or ''}".strip()
    if not version:
        raise SourceRefused(f"{table.name}: its properties name no version")
    modified = told.get("ObservationsModified") or told.get("Modified")
    return Answer(version, moment(modified, table) if modified else None, address, carried=told)


def describe(table: SourceTable, answer: Answer, http: Http) -> Description:
    """What the publisher says of the table now, with all that differs from the registry. Asks for no observation."""
    told = answer.carried
    dimensions, codes = http.together(
        lambda: odata_v4.entity(http, answer.address, "Dimensions"), lambda: odata_v4.entity(http, answer.address, "MeasureCodes")
    )
    rows = told.get("ObservationCount")
    licence = str(told.get("License") or "").rstrip("/")
    found = Description(
        table, rows=rows if isinstance(rows, int) else None, licence=_LICENCES.get(licence, licence) or None, modified=answer.modified
    )
    if table.period and str(table.period) not in (str(told.get("TemporalCoverage")), *str(told.get("Title", "")).split()):
        found.differs(f"covers '{str(told.get('TemporalCoverage'))[:40]}', the registry says {table.period}", f'"{table.table_id}"')
    found.check_boundaries([d.get("MapYear") for d in dimensions if d.get("Identifier") == _REGION])
    by_code = {str(c.get("Identifier")): (str(c.get("Title") or "").strip(), str(c.get("Unit") or "").strip()) for c in codes}
    for measure in table.measures:
        if by_code.get(measure.code) == (measure.title, measure.unit):
            found.columns[measure.name] = measure.code
            continue
        alike = [f"{code} '{t}' ({u})" for code, (t, u) in by_code.items() if code == measure.code or t == measure.title]
        found.differs(f"no measure {measure.code} '{measure.title}' ({measure.unit}); alike: {', '.join(alike)[:600] or 'none'}", f'"{measure.code}"')
    return found


def pull(table: SourceTable, answer: Answer, http: Http, draft: Path, watch: Watch) -> Pulled:
    """All observations of the registry's measures, into a Parquet draft. Raises SourceRefused, naming what differs."""
    describe(table, answer, http).refuse()

    import pyarrow as pa
    import pyarrow.compute as pc

    codes, names = texts([m.code for m in table.measures]), texts([m.name for m in table.measures])
    where = f"Measure in ({','.join(repr(measure.code) for measure in table.measures)})"
    found: set[str] = set()
    with Draft(table, draft, watch) as out:
        for page, count in odata_v4.observations(http, answer.address, [_REGION], where):
            out.expected = count
            region = pc.utf8_trim_whitespace(page[_REGION].combine_chunks())
            asked = page["measure"].combine_chunks()
            measure = names.take(pc.index_in(pc.utf8_trim_whitespace(asked), value_set=codes))
            if (row := place_of(pc.is_null(measure))) >= 0:
                raise SourceRefused(f"{table.name}: measure {str(asked[row])[:40]} was not asked for")
            if (row := strange_region(region)) >= 0:
                raise SourceRefused(f"{table.name}: an observation of region '{str(region[row])[:20]}', which is no code of a region")
            parts = []
            for one in table.measures:  # each has bounds of its own
                here = pc.equal(measure, one.name)
                value, attribute = page["value"].combine_chunks().filter(here), page["attribute"].combine_chunks().filter(here)
                try:
                    values, missing = observations(value, attribute, one.bounds)
                except BadCell as bad:
                    raise SourceRefused(f"{table.name}, {region.filter(here)[bad.row]}, {one.name}: {bad}") from None
                if values.null_count < len(values):
                    found.add(one.name)
                parts.append(pa.table({"region_code": region.filter(here), "measure": measure.filter(here), "value": values, "missing": missing}))
            out.write(pa.concat_tables(parts))
    return out.pulled(table.boundary_year, [m.name for m in table.measures if m.name not in found])
