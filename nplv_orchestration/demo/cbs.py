"""CBS of the demo country: Kerncijfers wijken en buurten as OData v4, and the buurt of each address as a zip.

Counts of wijken and buurten are rounded, small ones are secret, and of the newest editions not all columns are out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nplv_orchestration.demo.calendar import published, release
from nplv_orchestration.demo.chance import Floats
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.demo.odata import Columns, Cube
from nplv_orchestration.demo.packed import packed
from nplv_orchestration.sources.registry import Measure, SourceTable

ADDRESSES = 8  # of a place: a few stand for all
_REGION = "WijkenEnBuurten"


def entity(table: SourceTable, name: str, figures: Figures, night: int) -> dict[str, Any] | list[dict[str, Any]] | Cube | None:
    """An entity of a table of Kerncijfers: Properties as one object, others as rows; None when there is no such entity."""
    assert table.period
    day = f"{published(table, night)}T02:00:00"
    if name == "Properties":
        return {
            "Identifier": table.table_id, "Catalog": "CBS", "Title": table.title, "Version": f"{published(table, night):%Y%m%d}0200",
            "VersionReason": "Actualisering", "Status": "Regulier", "Language": "nl", "ObservationsModified": f"{day}+02:00",
            "Modified": f"{day}+02:00", "ObservationCount": len(_observations(table, figures, night)), "TemporalCoverage": str(table.period),
            "License": "https://creativecommons.org/licenses/by/4.0/", "Publisher": "CBS",
        }  # fmt: skip
    if name == "Dimensions":
        row = {"Identifier": _REGION, "Title": "Wijken en buurten", "Description": "", "Kind": "GeoDetail"}
        return [row | {"MapYear": table.boundary_year, "ReleasePolicy": "True"}]
    if name == "MeasureCodes":
        return [
            {
                "Identifier": m.code, "Title": m.title, "Unit": m.unit, "DataType": "Float", "Decimals": _DECIMALS.get(m.name, 0), "Format": None,
                "MeasureGroupId": None, "Index": number, "PresentationType": None, "Description": "",
            }
            for number, m in enumerate((*table.measures, _UNASKED), 1)
        ]  # fmt: skip
    if name == f"{_REGION}Codes":
        return [
            {
                "Identifier": code, "Title": figures.country.name_of(code), "Description": "",
                "DimensionGroupId": None if code == "NL00" else f"GM{code[2:6]}", "Index": number,
            }
            for number, code in enumerate(figures.country.regions(table.period).codes, 1)
        ]  # fmt: skip
    return _observations(table, figures, night) if name == "Observations" else None


_DECIMALS = {"income": 1}
_UNASKED = Measure("households", "Huishoudens totaal", "aantal", "1050010_2")  # a table has more than what is asked of it


def _observations(table: SourceTable, figures: Figures, night: int) -> Cube:
    assert table.period
    year, regions = table.period, figures.country.regions(table.period)
    names = {m.code: m.name for m in (*table.measures, _UNASKED)}
    waiting = _not_out(year, release(table.key, night))

    def cells(code: str) -> Columns:
        name = names[code]
        if name in waiting:
            return {"ValueAttribute": ["Missing"] * len(regions.codes), "Value": [None] * len(regions.codes)}
        values, known = _measure(figures, name, year)
        attributes = ["None" if k else "Secret" for k in known]
        return {"ValueAttribute": attributes, "Value": [v if k else None for v, k in zip(values.tolist(), known.tolist(), strict=True)]}

    return Cube({"Measure": list(names)}, _REGION, regions.codes, cells, "Id")


def _not_out(year: int, number: int) -> set[str]:
    """The columns of an edition that its releases up to this one have no figures for."""
    if year == 2024:
        return set() if number else {"income"}
    if year == 2025:
        return [{"woz", "income", "labour_participation", "welfare"}, {"income", "labour_participation", "welfare"}, {"income"}][number]
    return set()


def _measure(figures: Figures, name: str, year: int) -> tuple[Floats, np.ndarray[Any, np.dtype[np.bool_]]]:
    """The figures of a measure for each region, and which of these are given."""
    regions = figures.country.regions(year)
    people = figures.residents(year)
    residents = regions.total(people)
    counts = {
        "residents": lambda: people,
        "residents_0_14": lambda: figures.young(year),
        "residents_65_plus": lambda: figures.old(year),
        "dwellings": lambda: figures.dwellings(year),
        "households": lambda: np.round(1.02 * figures.dwellings(year)),
    }
    if name in counts:
        return _rounded(regions.total(counts[name]()), 5, regions.is_small), np.ones(len(residents), dtype=bool)
    if name == "welfare":
        return _rounded(regions.total(np.round(people * figures.share("welfare", year))), 10, regions.is_small), residents >= 50
    weight, share, least, decimals, times = {
        "woz": (figures.dwellings(year), "woz", 20, 0, 1.0),
        "income": (people, "income", 100 if year < 2020 else 2500, 1, 1.0),  # the rule of disclosure became stricter
        "labour_participation": (people - figures.young(year) - figures.old(year), "labour", 60, 0, 100.0),
    }[name]
    below = regions.total(weight)
    mean = regions.total(weight * figures.share(share, year)) / np.maximum(below, 1)
    return np.round(times * mean, decimals), below >= least


def _rounded(values: Floats, step: int, where: np.ndarray[Any, np.dtype[np.bool_]]) -> Floats:
    return np.where(where, step * np.round(values / step), values)


def addresses(figures: Figures, year: int) -> bytes:
    """The zip of postcode and house number to buurt, wijk and gemeente, with lists of their names beside it."""
    country = figures.country
    codes = country.buurt_codes(year)
    lines = [f"PC6;Huisnummer;Buurt{year};Wijk{year};Gemeente{year}"]
    for number, code in enumerate(codes):
        end = f"{code};{code[:6]};{code[:4]}"
        lines += [f"{postcode(number)};{house};{end}" for house in range(1, ADDRESSES + 1)]
    lists = {
        f"brt{year}.csv": [f"buurtcode{year};buurtnaam{year}", *(f"{c};{country.name_of(f'BU{c}')}" for c in sorted(set(codes)))],
        f"gem{year}.csv": [f"gemcode{year};gemeentenaam{year}", *(f"{c};{country.name_of(f'GM{c}')}" for c in sorted({c[:4] for c in codes}))],
    }
    return packed({f"pc6hnr{year}0801_gwb.csv": lines} | lists)


def postcode(number: int) -> str:
    """The postcode of a place, by its number in the country. None in the real country begins with a zero."""
    letters = "ABCDEGHJKLMNPRSTUVWXZ"
    return f"{1 + number // 441:04d}{letters[number // 21 % 21]}{letters[number % 21]}"
