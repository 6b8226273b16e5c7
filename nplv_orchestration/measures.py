"""What is measured of the figures of a mart, for the expectations: jumps, revisions, repetitions, what was lost.

Arithmetic on rows only; which of it is expected to be how large is in `expectations`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nplv_orchestration.catalogue import Indicator

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

KEY = ["geo_level", "geo_code", "series", "year"]
_FEW = 10  # regions that are too few to tell that a year is a copy
_COPIED = """
    WITH regions AS (
        SELECT DISTINCT series, year, c.region_code, c.figure
        FROM (SELECT series, year, unnest(components) AS c FROM {mart} WHERE geo_level IN ('nplv', 'overig_nederland'))
        WHERE c.figure IS NOT NULL
    ),

    pairs AS (
        SELECT a.series, a.year, avg((a.figure = b.figure)::INTEGER) AS copied
        FROM regions AS a INNER JOIN regions AS b ON a.series = b.series AND a.region_code = b.region_code AND b.year < a.year
        GROUP BY a.series, a.year, b.year
        HAVING count(*) >= {few}
    )

    SELECT m.* EXCLUDE (components), p.copied
    FROM {mart} AS m
    LEFT JOIN (SELECT series, year, max(copied) AS copied FROM pairs GROUP BY ALL) AS p
        ON m.series = p.series AND m.year = p.year AND m.geo_level = 'nplv'
    ORDER BY m.geo_level, m.geo_code, m.series, m.year
"""


def rows_of(connection: DuckDBPyConnection, mart: str) -> pd.DataFrame:
    """All rows of a mart in the order of their keys, with `copied`: the largest part of its regions whose figure is just that of one earlier year; for nplv."""
    return connection.sql(_COPIED.format(mart=mart, few=_FEW)).df()


def measured(mart: pd.DataFrame, indicator: Indicator, published: pd.DataFrame | None = None) -> pd.DataFrame:
    """The rows of a mart, as `rows_of` gives them, with what is measured of each; in the unit of the indicator unless said otherwise.

    published: the mart as it was last published, with the same keys and columns; None when it never was.

    jump: the absolute change since the last measurement of that geo, unless a break lies between; gap_jump: the same of the distance to the country.
    unusual: how far the change lies from the median of the earlier ones, as a multiple of the farthest of these, or of what is noise; from the third change on.
    denominator_change: the relative change of the denominator, had it been covered whole. repeated: 1 in a year in which numerator or weight of each
    total is exactly that of the measurement before; else `copied`, or 0. restated: the absolute change of what was published of that very row; vanished: 1 where
    a published value is gone, else 0. coverage_drop: how much less of the denominator a row that is new rests on than the published one before it, where an area has a figure.
    """
    import pandas as pd

    rows = mart.copy()
    rows["value"] = rows["value"].astype(float)
    known = rows[rows["value"].notna()].copy()
    country = known[known["geo_level"] == "nederland"].set_index(["series", "year"])["value"].to_dict()
    known["gap"] = known["value"] - [country.get(of, math.nan) for of in zip(known["series"], known["year"], strict=True)]
    known["whole"] = known["denominator"] / known["coverage"]
    of_geo = known.groupby(["geo_level", "geo_code", "series"])
    before = of_geo["year"].shift()
    known["change"] = of_geo["value"].diff()
    known["gap_jump"] = of_geo["gap"].diff().abs()
    for at in indicator.breaks:
        known.loc[(known["series"] == at.series) & (before < at.year) & (known["year"] >= at.year), ["change", "gap_jump"]] = math.nan
    rows["jump"], rows["gap_jump"] = known["change"].abs(), known["gap_jump"]
    totals = known[known["geo_level"] != "gebied"].groupby(["geo_level", "geo_code", "series"])  # those of an area say little: each has outliers
    rows["unusual"] = totals["change"].transform(lambda changes: _unusual(changes, indicator.noise))
    rows["denominator_change"] = (of_geo["whole"].diff() / of_geo["whole"].shift()).abs()
    same = {name: known[name] == of_geo[name].shift() for name in ("numerator", "denominator", "weight_year")}
    has_weight = known["weight_year"].notna()
    of_figure = same["numerator"] & (known["numerator"] != 0) & (same["denominator"] | has_weight)
    of_weight = same["denominator"] & has_weight & ~same["weight_year"]
    # of one total it may be chance; of all of them it is not
    known["repeated"] = (of_figure | of_weight).astype(float).where(before.notna() & (known["geo_level"] != "gebied"))
    known["repeated"] = known.groupby(["series", "year"])["repeated"].transform("min")
    rows["repeated"] = known[["repeated", "copied"]].astype(float).max(axis=1)
    told = pd.Series(math.nan, rows.index)
    if published is not None:
        told = rows[KEY].merge(published[[*KEY, "value"]], how="left", on=KEY)["value"].astype(float)
    rows["restated"] = (rows["value"] - told).abs()
    rows["vanished"] = rows["value"].isna().astype(float).where(told.notna())
    rows["coverage_drop"] = _coverage_drop(rows, told)
    rows["coverage"] = rows["coverage"].astype(float).where(rows["value"].notna())
    return rows


def _unusual(changes: pd.Series[float], least: float) -> pd.Series[float]:
    """Of each change how far it lies from the median of the earlier ones, measured by the farthest of these or the least that counts; of the first two nothing."""
    found = changes * math.nan
    known = changes.dropna()
    for number in range(2, len(known)):
        earlier = known.iloc[:number]
        spread = (earlier - earlier.median()).abs().max()
        found[known.index[number]] = abs(known.iloc[number] - earlier.median()) / max(least, spread)
    return found


def _coverage_drop(rows: pd.DataFrame, told: pd.Series[float]) -> pd.Series[float]:
    """Of each row of a year that is new for the areas together, and that follows a published one. told: the published value of each row."""
    covered = rows["coverage"].astype(float).where(rows["value"].notna(), 0.0).fillna(0.0)
    of_geo = [rows["geo_level"], rows["geo_code"], rows["series"]]
    of_year = rows[["series", "year"]].apply(tuple, axis=1)
    # one area without a figure can leave the areas together without one, so any of them tells whether a year is there, and was
    is_ours = rows["geo_level"].isin(["nplv", "gebied"])
    is_new = of_year.isin(of_year[is_ours & rows["value"].notna()]) & ~of_year.isin(of_year[is_ours & told.notna()])
    return (covered.groupby(of_geo).shift() - covered).where(is_new & told.groupby(of_geo).shift().notna())
