"""dbt's own unit tests: rows that a person can check by hand."""

import json
import shutil
from datetime import date
from pathlib import Path

import pandas as pd

from benchmarks.build import settings_of
from nplv_orchestration.manifest import TARGET, load_manifest
from nplv_orchestration.transform import run_tests
from nplv_orchestration.warehouse import connect
from tests.planted import marts
from tests.real import Night


def test_the_unit_tests_of_the_models_hold(night: Night, tmp_path: Path) -> None:
    copy = shutil.copy(night[0].warehouse_path, tmp_path)
    ended = run_tests(["test_type:unit"], night[0].model_copy(update={"warehouse": str(copy)}), tmp_path / "dbt")
    assert set(ended) == set(json.loads((TARGET / "manifest.json").read_bytes())["unit_tests"])
    assert len(ended) >= 2
    assert [f"{uid}: {result.message}" for uid, result in ended.items() if result.status != "pass"] == []


def test_every_model_and_column_is_described() -> None:
    for node in load_manifest().nodes.values():
        assert node.description, node.name
        assert node.columns, node.name
        assert not [f"{node.name}.{name}" for name, column in node.columns.items() if not column["description"]]


def test_every_column_of_a_table_is_declared(night: Night) -> None:

    with connect(night[0]) as connection:
        for node in load_manifest().nodes.values():
            built = {row[0] for row in connection.execute(f"DESCRIBE {node.relation}").fetchall()}
            assert built == set(node.columns), node.name


def test_sums_classes_and_the_country_are_checks_that_can_fail(demo_night: Night, tmp_path: Path) -> None:
    """A class that the cut-offs contradict, a country of its own, and municipalities that are more than their parts."""

    def spoil(key: str, rows: pd.DataFrame) -> pd.DataFrame:
        if key == "leefbaarometer":
            return rows.assign(**{"class": rows["class"].where(rows["year"] != 2024, 9)})
        if key == "politie_misdrijven":
            country = rows["region_code"].str.startswith("NL")
            return rows.assign(value=rows["value"].where(~country, rows["value"] * 1.2))
        if key == "cbs_maatwerk":
            more = (rows["geo_level"] == "gemeente") & (rows["indicator_id"] == "armoede_kinderen")
            return rows.assign(numerator=rows["numerator"].where(~more, rows["numerator"] * 1.1))
        return rows if not key.startswith("programma_") else spoilt_programme(key, rows)

    marts(demo_night[0].home, tmp_path, spoil)
    manifest = load_manifest()
    ended = run_tests(
        [check.name for check in manifest.checks if check.node in {n.unique_id for n in manifest.private}], settings_of(tmp_path), tmp_path
    )
    failed = {uid.split(".")[2] for uid, result in ended.items() if result.status != "pass"}
    assert failed == {
        "class_follows_from_cutoffs_stg_leefbaarometer__buurten_",
        "national_agrees_with_built_mart_misdrijven_",
        "national_agrees_with_built_mart_misdrijven_hic_",
        "parts_add_up_mart_misdrijven_",
        "parts_add_up_mart_misdrijven_hic_",
        "parts_add_up_mart_armoede_kinderen_",
        "areas_make_the_delivered_total_resultaten_",
        "realised_within_planned_resultaten_",
        "rounds_in_order_resultaten_",
        "no_jump_since_the_round_before_resultaten_",
        "grant_within_bounds_spuk_kansrijke_wijk_",
        "survey_is_representative_enquete_",
        "one_version_in_a_round_enquete_antwoorden_",
        "required_questions_answered_enquete_antwoorden_",
    }


def spoilt_programme(key: str, rows: pd.DataFrame) -> pd.DataFrame:
    """More realised than planned, a total that the areas do not make, a number that jumps, a round of an earlier day, more spent than granted, few and half answers."""
    newest = rows["round"] == 2025
    match key:
        case "programma_resultaten":
            more = newest & (rows["result_id"] == "woningen_gestart") & (rows["state"] == "gerealiseerd")
            jumped = newest & (rows["result_id"] == "huishoudens_energie")
            early = newest & (rows["result_id"] == "gemeenten_wijkwijzer")
            total = rows[newest & (rows["result_id"] == "kinderen_leertijd")].head(1).assign(area="totaal", value=1.0)
            spoilt = rows.assign(
                value=rows["value"].where(~more, 1e5).where(~jumped, 1e6),
                reference_date=rows["reference_date"].where(~early, date(2020, 1, 1)),
            )
            return pd.concat([spoilt, total])
        case "programma_spuk":
            return rows.assign(amount=rows["amount"].where(~(newest & (rows["item"] == "besteed")), 1e8))
        case "programma_enquete":
            few = rows["area"].isin(sorted(rows["area"].unique())[:5])
            other = ~newest & (rows["question_id"] == "knelpunt")
            return rows.assign(version=rows["version"].where(~other, "2"))[~newest | (few & (rows["question_id"] != "voortgang"))]
        case _:
            return rows


def test_addresses_of_another_edition_are_found_out(demo_night: Night, tmp_path: Path) -> None:
    """A file of addresses whose buurten of one city are in no Kerncijfers of its year."""

    def spoil(key: str, rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(region_code=rows["region_code"].str.replace("BU9001", "BU7001")) if key == "cbs_addresses_2020" else rows

    marts(demo_night[0].home, tmp_path, spoil)
    ended = run_tests(["adressen_zijn_van_hun_indeling", "adressen_leiden_naar_hun_indeling"], settings_of(tmp_path), tmp_path)
    assert {uid.split(".")[2]: result.status for uid, result in ended.items()} == {
        "adressen_zijn_van_hun_indeling": "fail",
        "adressen_leiden_naar_hun_indeling": "pass",
    }
