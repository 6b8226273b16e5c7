"""The Leefbaarometer of the demo country: a zip with the scores of its buurten and wijken.

It has one column more than the real one: the class, of all measurements but the last. The cut-offs of these are not known, so
without it the demo country would have no course of the share of weak buurten; that of the last is derived, as it is for live data.
"""

from __future__ import annotations

import numpy as np

from nplv_orchestration.demo.figures import DIMENSIONS, Figures
from nplv_orchestration.demo.packed import packed
from nplv_orchestration.sources.registry import BOUNDARY_YEAR

_YEARS = (2016, 2018, 2020, 2022, 2024)
_CLASS_BOUNDS = (-0.43, -0.354, -0.2815, -0.164, -0.103, 0.0101, 0.0895, 0.168)  # as the real ones of 2024


def scores(figures: Figures, number: int) -> bytes:
    """The zip of scores of inhabited buurten, on the boundaries of 2024 for all years; a later release restates them all."""
    regions = figures.country.regions(BOUNDARY_YEAR)
    version = f"Leefbaarometer 3.{number}"
    head = "versie,{0}_code,{0}_naam,jaar,lbm,afw,fys,onv,soc,vrz,won,klasse"
    lines = {"BU": [head.format("bu")], "WK": [head.format("wk")]}
    for year in _YEARS:
        dwellings = figures.dwellings(year)
        total = regions.total(dwellings)
        found = figures.liveability(year, 0.002 * number)
        means = {d: np.round(regions.total(dwellings * found[d]) / np.maximum(total, 1), 6) for d in DIMENSIONS}
        afw = np.sum(list(means.values()), axis=0)
        grade = 1 + np.digitize(afw, _CLASS_BOUNDS)
        for n, code in enumerate(regions.codes):
            if regions.is_small[n] and total[n] > 0:
                parts = ",".join(f"{means[d][n]:.6f}" for d in ("fys", "onv", "soc", "vrz", "won"))
                told = "" if year == _YEARS[-1] else grade[n]
                lines[code[:2]].append(f"{version},{code},{figures.country.name_of(code)},{year},{4.1 + afw[n]:.6f},{afw[n]:.6f},{parts},{told}")
    folder = "Leefbaarometer 3.0 - Meting 2024 - open data"
    return packed({f"{folder}/Leefbaarometer-scores {name} 2002-2024.csv": lines[kind] for kind, name in (("WK", "wijken"), ("BU", "buurten"))})
