"""The marts against a second computation of every figure, on the real figures and with deliveries in the inbox."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest

from tests.independent import Monitor
from tests.real import Night

KEY = ["indicator_id", "geo_level", "geo_code", "year"]
NUMBERS = ["value", "numerator", "denominator", "coverage", "weight_year"]


def published(home: Path) -> pd.DataFrame:
    with duckdb.connect(str((home / "published" / "current").resolve() / "intern" / "nplv.duckdb"), read_only=True) as connection:
        return connection.sql("SELECT * FROM marts.indicator_values").df()


def compare(home: Path) -> pd.DataFrame:
    """Both computations side by side; raises where a figure is in one only, or differs by more than 1e-9."""
    marts = published(home)
    both = Monitor(home).values().merge(marts[marts["value"].notna()], on=KEY, how="outer", suffixes=("", "_mart"), indicator=True)
    alone = both[both["_merge"] != "both"]
    assert alone.empty, alone[[*KEY, "value", "value_mart", "_merge"]].to_string()
    for name in NUMBERS:
        ours, theirs = both[name].astype(float), both[f"{name}_mart"].astype(float)
        assert (ours.isna() == theirs.isna()).all(), name
        apart = both[(ours - theirs).abs() > 1e-9 * ours.abs().clip(lower=1)]
        assert apart.empty, apart[[*KEY, name, f"{name}_mart"]].to_string()
    return both


def test_every_figure_is_found_a_second_time(night: Night) -> None:
    both = compare(night[0].home)
    assert set(both["indicator_id"]) == {
        "lbm_zwak_aandeel", "lbm_woningvoorraad", "lbm_fysieke_omgeving", "lbm_overlast_onveiligheid", "woz_relatief", "inkomen",
        "ervaren_gezondheid", "misdrijven",
    }  # fmt: skip
    assert len(both) > 200


def test_every_figure_of_the_deliveries_too(delivered_night: Night) -> None:
    both = compare(delivered_night[0].home)
    with_figures = set(both["indicator_id"])
    assert {
        "energielabel_efg",
        "armoede_huishoudens",
        "armoede_kinderen",
        "zonder_startkwalificatie",
        "onderwijsachterstand",
        "jeugd_verdachten",
    } <= with_figures
    incomplete = both[(both["geo_level"] == "nplv") & (both["coverage"] < 1) & both["indicator_id"].str.startswith("armoede")]
    assert set(incomplete["year"]) == {2021}
    assert both.groupby("indicator_id")["geo_level"].nunique().min() >= 5


@pytest.mark.parametrize("area", ["amsterdam-nieuw-west", "zaandam-oost"])
def test_an_area_that_was_not_delivered_is_missing_and_no_zero(delivered_night: Night, area: str) -> None:
    rows = published(delivered_night[0].home).query("geo_code == @area and indicator_id == 'armoede_kinderen' and year == 2021")
    assert len(rows) == 1
    assert rows["value"].isna().all() == (area == "zaandam-oost")
