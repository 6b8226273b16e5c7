"""What must not change when the input is told in another way, and which way a figure may move when it is told in part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.planted import marts
from tests.real import Night

KEY = ["indicator_id", "geo_level", "geo_code", "series", "year"]
COUNTS = ["residents", "residents_0_14", "residents_65_plus", "dwellings", "welfare"]


@pytest.fixture(scope="module")
def as_told(demo_night: Night, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return marts(demo_night[0].home, tmp_path_factory.mktemp("as_told"))


def apart(one: pd.DataFrame, other: pd.DataFrame, names: list[str]) -> list[str]:
    """The names of columns that differ by more than a rounding of the machine, with the first rows that do."""
    assert (one[KEY] == other[KEY]).all(axis=None)
    found = []
    for name in names:
        a, b = one[name].astype(float), other[name].astype(float)
        wrong = (a.isna() != b.isna()) | ((a - b).abs() > 1e-9 * a.abs().clip(lower=1))
        if wrong.any():
            found.append(f"{name}: {one.loc[wrong, [*KEY, name]].assign(other=b).head(5).to_string()}")
    return found


def test_a_region_split_in_two_changes_no_total(demo_night: Night, as_told: pd.DataFrame, tmp_path: Path) -> None:
    """A buurt of an area becomes two, of half its addresses and half its counts each, with its shares and scores."""
    old = as_told.query("indicator_id == 'lbm_zwak_aandeel' and geo_level == 'gebied' and year == 2024").iloc[0]["components"][0]["region_code"]
    new = f"{old[:8]}98"
    of_counts = {"politie_misdrijven", "cbs_kwb_2024", "cbs_kwb_2025"}

    def split(key: str, rows: pd.DataFrame) -> pd.DataFrame:
        if key in ("cbs_addresses_2024", "cbs_addresses_2025"):
            second = (rows["region_code"] == old) & (rows["house_number"] > 4)
            assert second.sum() == (rows["region_code"] == old).sum() / 2
            return rows.assign(region_code=rows["region_code"].where(~second, new))
        if key in of_counts or key in ("focus_area_regions", "leefbaarometer", "rivm_gezondheid"):
            first = rows["region_code"].str.strip() == old
            assert first.any(), key
            halved = first & (rows["measure"].isin(COUNTS) if "measure" in rows else True) & (key in of_counts)
            if "value" in rows:
                rows = rows.assign(value=rows["value"].where(~halved, rows["value"] / 2))
            return pd.concat([rows, rows[first].assign(region_code=new)])
        return rows

    assert (
        apart(as_told, marts(demo_night[0].home, tmp_path, split), ["value", "value_low", "value_high", "numerator", "denominator", "coverage"]) == []
    )


def test_the_order_of_rows_is_of_no_matter(demo_night: Night, as_told: pd.DataFrame, tmp_path: Path) -> None:
    shuffled = marts(demo_night[0].home, tmp_path, lambda key, rows: rows.sample(frac=1, random_state=7))
    pd.testing.assert_frame_equal(as_told, shuffled, check_exact=True)


def test_scaled_counts_leave_shares_as_they_were(demo_night: Night, as_told: pd.DataFrame, tmp_path: Path) -> None:
    """All people, dwellings and crimes times eight; shares, means and scores are what they were, and so are addresses and labels."""

    def scale(key: str, rows: pd.DataFrame) -> pd.DataFrame:
        if key.startswith("cbs_kwb"):
            return rows.assign(value=rows["value"].where(~rows["measure"].isin(COUNTS), rows["value"] * 8))
        if key == "politie_misdrijven":
            return rows.assign(value=rows["value"] * 8)
        if key == "cbs_maatwerk":
            return rows.assign(numerator=rows["numerator"] * 8, denominator=rows["denominator"] * 8)
        if key == "corrections":
            return rows.assign(expected=rows["expected"] * 8, used=rows["used"] * 8)
        return rows

    scaled = marts(demo_night[0].home, tmp_path, scale)
    assert apart(as_told, scaled, ["value", "value_low", "value_high", "coverage", "regions"]) == []
    counted = as_told["indicator_id"] != "energielabel_efg"
    assert (
        apart(
            as_told[counted].assign(numerator=as_told["numerator"] * 8, denominator=as_told["denominator"] * 8),
            scaled[counted],
            ["numerator", "denominator"],
        )
        == []
    )


def test_secret_figures_lower_the_coverage_and_move_no_figure_beyond_what_they_could_be(
    demo_night: Night, as_told: pd.DataFrame, tmp_path: Path
) -> None:
    """Of a seventh of the regions that went into the areas' labour participation, and of all larger ones, nothing is told any more."""
    year, whole = 2023, 100.0

    def hide(key: str, rows: pd.DataFrame) -> pd.DataFrame:
        if key != f"cbs_kwb_{year}":
            return rows
        code = rows["region_code"]
        hidden = (rows["measure"] == "labour_participation") & (~code.str.startswith("BU") | (code.str[2:].map(hash_of) % 7 == 0))
        return rows.assign(value=rows["value"].where(~hidden), missing=rows["missing"].where(~hidden, "geheim"))

    def hash_of(text: str) -> int:
        return sum(ord(letter) * 31**place for place, letter in enumerate(text))

    told = as_told.query("indicator_id == 'arbeidsparticipatie' and year == @year").set_index(["geo_level", "geo_code"])
    part = (
        marts(demo_night[0].home, tmp_path, hide)
        .query("indicator_id == 'arbeidsparticipatie' and year == @year")
        .set_index(["geo_level", "geo_code"])
    )
    assert (part["coverage"] <= told["coverage"] + 1e-12).all()
    assert part.loc[("nplv", "NPLV"), "coverage"] < 0.99
    seen = 0
    for geo, row in part[part["value"].notna()].iterrows():
        components = pd.DataFrame(list(row["components"]))
        missing = components[~components["counted"].astype(bool)]
        unknown = (missing["share"] * missing["weight"]).sum()
        known = row["denominator"] + unknown
        lowest, highest = whole * row["numerator"] / known, whole * (row["numerator"] + unknown) / known
        assert lowest - 1e-9 <= row["value"] <= highest + 1e-9
        if len(missing) and not np.isnan(told.loc[geo, "value"]):
            seen += 1
            # rounded to whole percents of each region, so half a point is of the rounding
            assert lowest - 0.5 <= told.loc[geo, "value"] <= highest + 0.5
    assert seen >= 5
