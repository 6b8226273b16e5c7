"""The police and RIVM of the demo country as OData v3: padded keys, text that may be a point, and columns that are renumbered."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from nplv_orchestration.demo.calendar import published, release
from nplv_orchestration.demo.chance import Floats
from nplv_orchestration.demo.country import Country, Regions
from nplv_orchestration.demo.figures import LAST, OFFENCES, Figures
from nplv_orchestration.demo.mistake import FACTOR, OFFENCE, YEAR, is_made, mistake
from nplv_orchestration.demo.odata import Columns, Cube
from nplv_orchestration.sources.registry import SourceTable

_REGION = "WijkenEnBuurten"
_KINDS = {"NL": "Land", "GM": "Gemeente", "WK": "Wijk", "BU": "Buurt"}
_HEALTH_YEARS = (2012, 2016, 2020, 2022, 2024)
_CRIME_YEARS = range(2012, LAST + 1)
_AGES = {"20300": ("18 jaar of ouder", 0.0), "53115": ("18 tot 65 jaar", 0.04), "80200": ("65 jaar of ouder", -0.13)}
_MARGINS = {"MW00000": ("Waarde", 0), "MOG0095": ("Ondergrens 95%-interval", -1), "MBG0095": ("Bovengrens 95%-interval", 1)}


def entity(table: SourceTable, name: str, figures: Figures, night: int) -> list[dict[str, Any]] | Cube | None:
    """An entity of a table; None when there is no such entity."""
    if name == "TableInfos":
        day = f"{published(table, night)}T02:00:00"
        return [
            {
                "ID": 0, "Title": table.title, "Identifier": table.table_id, "Modified": day, "MetaDataModified": day,
                "ReasonDelivery": "Actualisering", "Language": "nl", "Catalog": table.publisher, "Frequency": "Perjaar", "Period": "",
                "OutputStatus": "Regulier", "Source": "", "SearchPriority": "2",
            }
        ]  # fmt: skip
    kinds = {"politie_misdrijven": _crimes, "rivm_gezondheid": _health}
    rows, topics, cube = kinds[table.key](table, figures, release(table.key, night))
    if name == "DataProperties":
        return [*_dimension_properties(table, rows), _GROUP, *topics]
    if name == _REGION:
        return [
            {"Key": code, "Title": figures.country.name_of(code), "Description": "", "Municipality": None, "DetailRegionCode": code}
            for code in cube.regions
        ]
    if name == "CategoryGroups":
        return []
    return cube if name == "UntypedDataSet" else rows.get(name)


def _dimension_properties(table: SourceTable, dimensions: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    found = []
    for number, name in enumerate([*dimensions, _REGION]):
        kind = {"Perioden": "TimeDimension", _REGION: "GeoDetail"}.get(name, "Dimension")
        row = {"odata.type": f"Cbs.OData.{kind}", "ID": number, "Position": number, "ParentID": None, "Type": kind, "Key": name, "Title": name}
        found.append(row | {"Description": None, "MapYear": table.boundary_year if name == _REGION else None})
    return found


_GROUP = {
    "odata.type": "Cbs.OData.TopicGroup", "ID": 9, "Position": None, "ParentID": None, "Type": "TopicGroup", "Key": "", "Title": "Cijfers",
    "Description": "",
}  # fmt: skip


def _topics(*topics: tuple[str, str, str]) -> list[dict[str, Any]]:
    """Topics as (key, title, unit); titles come with a space behind them, as they do."""
    return [
        {
            "odata.type": "Cbs.OData.Topic", "ID": 10 + number, "Position": 10 + number, "ParentID": 9, "Type": "Topic", "Key": key,
            "Title": f"{title} ", "Description": "", "Datatype": "Double" if unit else "String", "Unit": unit, "Decimals": 0, "Default": "None",
        }
        for number, (key, title, unit) in enumerate(topics)
    ]  # fmt: skip


def _category(key: str, title: str) -> dict[str, Any]:
    return {"Key": key, "Title": title, "Description": None, "CategoryGroupID": None}


def _period(year: int, status: str) -> dict[str, Any]:
    return {"Key": f"{year}JJ00", "Title": str(year), "Description": None, "Status": status}


Table = tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]], Cube]


def _crimes(table: SourceTable, figures: Figures, number: int) -> Table:
    """Crimes by kind, region and year, on one edition of boundaries; 1% has no buurt, and the least inhabited buurten are left out."""
    offences = {f"{code:<6}": code for code in OFFENCES}
    statuses = {year: {LAST: "Voorlopig", LAST - 1: "NaderVoorlopig"}.get(year, "Definitief") for year in _CRIME_YEARS}
    dimensions = {
        "SoortMisdrijf": [_category(key, OFFENCES[code][0]) for key, code in offences.items()],
        "Perioden": [_period(year, status) for year, status in statuses.items()],
    }
    suffix = 3 if number >= 2 else 1  # the second release renumbers the columns
    key = f"GeregistreerdeMisdrijven_{suffix}"
    regions = _regions(table, figures)
    described = _describing(figures.country, tuple(regions.codes), suffix + 1)

    def cells(offence: str, period: str) -> Columns:
        year = int(period[:4])
        restated = {LAST: 0.004, LAST - 1: 0.001}.get(year, 0.0) * number
        counts = regions.total(figures.crimes(offences[offence], year, restated))
        counts = np.where(regions.is_municipality, np.round(1.01 * counts), counts)
        counts[0] = counts[regions.is_municipality].sum()
        known = ~regions.is_small | (regions.total(figures.residents(year)) >= 20)
        if is_made(number) and (offences[offence], year) == (OFFENCE, YEAR):
            counts[regions.codes.index(mistake(figures).region_code)] *= FACTOR  # in the buurt alone: the sums are made of the right figure
        return {key: _text(counts, known, "{:.0f}")} | described

    topics = _topics((key, "Geregistreerde misdrijven", "aantal"), *_describing_topics(suffix + 1))
    return dimensions, topics, _cube(dimensions, regions.codes, cells)


def _health(table: SourceTable, figures: Figures, number: int) -> Table:
    """Health by age, bound, region and year, modelled, on one edition of boundaries; of the smallest regions nothing is told."""
    dimensions = {
        "Leeftijd": [_category(key, title) for key, (title, _) in _AGES.items()],
        "Marges": [_category(key, title) for key, (title, _) in _MARGINS.items()],
        "Perioden": [_period(year, "Definitief") for year in _HEALTH_YEARS],
    }
    suffix = 4 + 2 * number
    good, lonely = f"GoedErvarenGezondheid_{suffix}", f"Eenzaam_{suffix + 23}"
    regions = _regions(table, figures)
    codes = ["NL01", *regions.codes[1:]]  # this publisher's code of the country
    described = _describing(figures.country, tuple(codes), 1, coded=True)

    def cells(age: str, margin: str, period: str) -> Columns:
        year = int(period[:4])
        adults = figures.residents(year) - figures.young(year)
        weight = regions.total(adults)

        def percent(course: str) -> list[str | None]:
            mean = regions.total(adults * figures.share(course, year)) / np.maximum(weight, 1) + _AGES[age][1] + 0.002 * number
            bound = _MARGINS[margin][1] * 0.6 / np.sqrt(weight / 20 + 25)
            told = _text(100 * np.clip(mean + bound, 0, 1), weight >= 80, "{:.1f}")
            return [text if people else None for text, people in zip(told, weight.tolist(), strict=True)]

        return {good: percent("good_health"), lonely: percent("lonely")} | described

    topics = _topics(*_describing_topics(1, coded=True), (good, "Goed ervaren gezondheid", "%"), (lonely, "Eenzaam", "%"))
    return dimensions, topics, _cube(dimensions, codes, cells)


def _regions(table: SourceTable, figures: Figures) -> Regions:
    assert table.boundary_year
    return figures.country.regions(table.boundary_year)


def _cube(dimensions: dict[str, list[dict[str, Any]]], codes: list[str], cells: Callable[..., Columns]) -> Cube:
    return Cube({name: [row["Key"] for row in rows] for name, rows in dimensions.items()}, _REGION, [f"{code:<10}" for code in codes], cells, "ID")


def _text(values: Floats, known: Any, form: str) -> list[str]:
    """Figures as padded text, and a point for what is not told."""
    return [f"{form.format(v) if k else '.':>8}" for v, k in zip(values.tolist(), known.tolist(), strict=True)]


def _describing_topics(first: int, coded: bool = False) -> list[tuple[str, str, str]]:
    names = ["Gemeentenaam", "SoortRegio", *(["Codering"] if coded else [])]
    return [(f"{name}_{first + number}", name, "") for number, name in enumerate(names)]


@lru_cache(maxsize=4)
def _describing(country: Country, codes: tuple[str, ...], first: int, coded: bool = False) -> Columns:
    """What every row tells of its region: the same for every question."""
    names = [f"{country.name_of('NL00' if code.startswith('NL') else f'GM{code[2:6]}'):<40}" for code in codes]
    found: Columns = {f"Gemeentenaam_{first}": names, f"SoortRegio_{first + 1}": [f"{_KINDS[code[:2]]:<10}" for code in codes]}
    return found | ({f"Codering_{first + 2}": [f"{code:<20}" for code in codes]} if coded else {})
