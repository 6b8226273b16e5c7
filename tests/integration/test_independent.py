"""The marts against a second computation of every figure, on the real figures and with deliveries in the inbox."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from nplv_orchestration.run import run_night
from nplv_orchestration.sources.registry import BY_KEY
from tests.independent import Monitor
from tests.real import Night, settings_for

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
    assert both.groupby("indicator_id")["geo_level"].nunique().min() >= 5


def test_a_total_without_one_of_its_parts_is_missing_and_no_smaller_total(delivered_night: Night) -> None:
    marts = published(delivered_night[0].home).query("indicator_id == 'armoede_kinderen' and year == 2021")
    reasons = marts.set_index(["geo_level", "geo_code"])["status_reason"]
    missing = marts[marts["value"].isna()].set_index(["geo_level", "geo_code"]).index
    assert set(missing) == {("nplv", "NPLV"), ("gebied", "zaandam-oost"), ("overig_nederland", "ONL")}
    assert reasons["nplv", "NPLV"] == "niet geleverd: 1 van de 20 delen van dit totaal"


def test_a_region_that_was_renumbered_keeps_its_weight(night: Night, home_of: Path, publishers: str) -> None:
    """The editions of 2022 and 2023 as they are: other residents, and codes of their own in one municipality."""
    folder = home_of / "archive"
    told = json.loads((folder / "cbs_kwb_2024" / "0001.json").read_text())
    kwb = pd.read_parquet(folder / "cbs_kwb_2024" / f"{told['sha256']}.parquet")
    for year in (2022, 2023):
        old = kwb.assign(value=kwb["value"] * (1 - 0.02 * (2024 - year)))
        old["region_code"] = old["region_code"].str.replace(r"^(BU|WK)0363", r"\g<1>0363X", regex=True)
        table = BY_KEY[f"cbs_kwb_{year}"]
        (folder / table.key).mkdir(exist_ok=True)
        old.to_parquet(folder / table.key / "planted.parquet", index=False)
        manifest = told | {"key": table.key, "table_id": table.table_id, "sha256": "planted", "years": [year], "period": year, "boundary_year": year}
        (folder / table.key / "0001.json").write_text(json.dumps(manifest | {"request": table.request}))
    outcome = run_night(settings_for(publishers, home_of), 2024)
    assert outcome.held == {}
    both = compare(home_of)
    health = both.query("indicator_id == 'ervaren_gezondheid' and year == 2022 and geo_level == 'nplv'").iloc[0]
    assert health["status_reason"].startswith("gewogen met de aantallen van 2022 en 2024; CBS 85318NED: ")
    assert health["region_quality"] == "geraden"
    assert abs(health["value"] - 59.8) < 0.1
    crimes = both.query("indicator_id == 'misdrijven' and geo_level == 'nplv'").set_index("year")
    # of 2021 the crimes of the renumbered municipality cannot be divided, which leaves too little
    assert set(crimes.index) == {2022, 2023} or crimes.loc[2021, "coverage"] < 0.8
    assert crimes.loc[2023, "value"] == pytest.approx(64.75 / 0.985, rel=0.02)
