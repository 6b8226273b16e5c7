"""The figures of an earlier letter, entered by a person: what such a file must be, and the folder that is made of it, in the shape of an edition's.

What was told then is kept as it was told; nothing is computed from it. When it may be entered is in `desk`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any

from nplv_orchestration.edition.csvs import as_csv
from nplv_orchestration.edition.evidence import CALCULATION, as_json
from nplv_orchestration.errors import WrongCall

COLUMNS = ("indicator_id", "year", "areas", "netherlands")
"""Of a file with such figures: a line for each indicator and year; areas and netherlands with a decimal point, or empty where none was told."""


@dataclass(frozen=True)
class Reported:
    """A figure as it was told. indicator: its row of the catalogue."""

    indicator: Mapping[str, Any]
    year: int
    areas: float | None
    netherlands: float | None


def read(file: Path, catalogue: Mapping[str, Mapping[str, Any]], letter: int) -> list[Reported]:
    """The figures in a csv with the columns `COLUMNS`; letter: the year of the letter. Raises WrongCall, naming the line."""
    try:
        lines = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig")), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise WrongCall(f"{file} cannot be read ({error}); give a csv in UTF-8 with the columns {', '.join(COLUMNS)}") from None
    if not lines:
        raise WrongCall(f"{file} has no line with a figure; its columns are {', '.join(COLUMNS)}")
    found: dict[tuple[str, int], Reported] = {}
    for number, line in enumerate(lines, 2):
        where = f"{file}, line {number}"
        if set(line) != set(COLUMNS) or None in line.values():
            raise WrongCall(f"{where}: expected one cell for each of the columns {', '.join(COLUMNS)}")
        if line["indicator_id"] not in catalogue:
            raise WrongCall(f"{where}: there is no indicator '{line['indicator_id'][:40]}'; `nplv indicators` lists them")
        try:
            year, (areas, country) = int(line["year"]), (_figure(line[name]) for name in ("areas", "netherlands"))
        except ValueError:
            raise WrongCall(f"{where}: year is a number, areas and netherlands are figures with a decimal point, or empty") from None
        if not 2000 <= year <= letter or (line["indicator_id"], year) in found:
            raise WrongCall(f"{where}: {year} is before 2000, later than the letter, or stands there twice for this indicator")
        found[(line["indicator_id"], year)] = Reported(catalogue[line["indicator_id"]], year, areas, country)
    return list(found.values())


def _figure(text: str) -> float | None:
    if not text.strip():
        return None
    value = float(text)
    if not isfinite(value):
        raise ValueError
    return value


def files(figures: Sequence[Reported], year: int, letter: str, sent: date) -> dict[str, bytes]:
    """The files of an earlier letter by name. letter: its number; sent: when."""
    rows = []
    for one in figures:
        known = {"indicator_id": one.indicator["indicator_id"], "series": one.indicator["main_series"], "is_main_series": True, "year": one.year}
        known |= {"unit": one.indicator["unit"], "steps": f"zoals gemeld in Kamerstuk {letter}"}
        rows += [
            dict.fromkeys(CALCULATION) | known | {"geo_level": level, "value": v}
            for level, v in (("nplv", one.areas), ("nederland", one.netherlands))
        ]
    told = []
    for indicator_id in dict.fromkeys(one.indicator["indicator_id"] for one in figures):
        of = [one for one in figures if one.indicator["indicator_id"] == indicator_id]
        named = {name: of[0].indicator[name] for name in ("indicator_id", "name_nl", "unit", "decimals")}
        latest = max((one.year for one in of if one.areas is not None), default=None)
        told.append(named | {"latest_year": latest, "development": "", "rests_on": {}})
    facts = {"edition": year, "revision": 0, "status": "verzonden", "letter": letter, "sent": sent, "figures": told}
    return {"berekening.csv": as_csv(CALCULATION, rows), "provenance.json": as_json(facts)}
