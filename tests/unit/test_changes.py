"""Which figures moved between two versions, and why: small versions that a person can compare by eye."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nplv_orchestration import changes
from nplv_orchestration.catalogue import METHOD
from nplv_orchestration.errors import WrongCall

FIGURE = {
    "indicator_id": "a",
    "geo_level": "nplv",
    "geo_code": "NPLV",
    "geo_name": "gebieden",
    "series": "h",
    "year": 2023,
    "value": 10.0,
    "status": "definitief",
}
PART = {
    "indicator_id": "a", "geo_level": "nplv", "geo_code": "NPLV", "series": "h", "year": 2023, "region_code": "BU00010000", "boundary_year": 2023, "share": 1.0,
    "counted": True, "figure": 10.0, "weight": 100.0, "numerator": 10.0, "denominator": 100.0, "source_key": "kwb", "source_hash": "k1", "weight_key": "inwoners", "weight_hash": "w1",
}  # fmt: skip
AREA = {"area_id": "x", "region_code": "BU00010000", "boundary_year": 2024}
_TYPES = {"year": "INTEGER", "boundary_year": "INTEGER", "counted": "BOOLEAN"} | dict.fromkeys(
    ("value", "share", "figure", "weight", "numerator", "denominator"), "DOUBLE"
)


def version(
    path: Path,
    figures: Sequence[dict[str, Any]] = (FIGURE,),
    parts: Sequence[dict[str, Any]] = (PART,),
    areas: Sequence[dict[str, Any]] = (AREA,),
    method: str = "zo",
    code: str = "c1",
) -> Path:
    """A database with as much of a version as a comparison reads."""
    catalogue = {"indicator_id": "a", "number": 1, "decimals": 1, "main_series": "h"} | dict.fromkeys(METHOD, method)
    tables = {
        "marts.indicator_values": (figures, [*FIGURE, "unit"]), "marts.indicator_components": (parts, [*PART, "cells"]), "areas.focus_area_regions": (areas, [*AREA]),
        "marts.indicators": ([catalogue], [*catalogue]),
        "provenance.build": ([{"key": "code_version", "value": code}, {"key": "models", "value": "m1"}, {"key": "version", "value": path.stem}], ["key", "value"]),
    }  # fmt: skip
    with duckdb.connect(str(path)) as connection:
        for name, (rows, columns) in tables.items():
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {name.split('.')[0]}")
            types = {"number": "INTEGER", "decimals": "INTEGER"} if name in ("marts.indicators", "provenance.build") else _TYPES
            typed = ", ".join(f"{c} {types.get(c, 'VARCHAR')}" for c in columns)
            connection.execute(f"CREATE TABLE {name} ({typed})")
            for row in rows:
                connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", [row.get(c) for c in columns])
    return path


@pytest.mark.parametrize(
    ("after", "what", "causes", "sources"),
    [
        pytest.param({"figures": [FIGURE | {"value": 11.0}], "parts": [PART | {"figure": 11.0, "source_hash": "k2"}]}, "herzien", ["herziene bron"], ["kwb"], id="a revised source"),
        pytest.param(
            {"figures": [FIGURE | {"value": 11.0}], "parts": [PART | {"figure": 11.0, "source_hash": "k2", "weight_hash": "w2"}]},
            "herzien", ["herziene bron"], ["kwb"], id="a new version of the weights that gives the same weight",
        ),
        pytest.param({"figures": [FIGURE | {"value": 9.0}], "parts": [PART | {"weight": 110.0, "weight_hash": "w2"}]}, "herzien", ["herziene bron"], ["inwoners"], id="a revised weight"),
        pytest.param({"figures": [FIGURE | {"status": "voorlopig"}], "parts": [PART | {"source_hash": "k2"}]}, "status", ["herziene bron"], ["kwb"], id="the same figure with another status"),
        pytest.param({"figures": [FIGURE | {"value": 10.0 + 1e-12}]}, None, [], [], id="another order of adding"),
        pytest.param({"figures": [FIGURE | {"value": 12.0}], "method": "anders"}, "herzien", ["andere methode"], [], id="another method"),
        pytest.param({"figures": [FIGURE | {"value": 12.0}], "code": "c2"}, "herzien", ["andere methode"], [], id="other code, and nothing else"),
        pytest.param(
            {"figures": [FIGURE | {"value": 12.0}], "parts": [PART | {"region_code": "BU00010001"}], "areas": [AREA | {"region_code": "BU00010001"}]},
            "herzien", ["andere gebiedsafbakening"], [], id="other areas",
        ),
        pytest.param({"figures": [FIGURE | {"value": 12.0}]}, "herzien", ["oorzaak onbekend"], [], id="nothing that it rests on"),
        pytest.param({"figures": [FIGURE | {"value": 10.0, "status": "niet_bijgewerkt"}]}, "status", ["vastgehouden"], [], id="held"),
        pytest.param(
            {"figures": [FIGURE | {"status": "niet_bijgewerkt"}], "method": "anders", "code": "c2"}, "status", ["vastgehouden"], [], id="held while the method changed"
        ),
        pytest.param(
            {"figures": [FIGURE, FIGURE | {"geo_level": "gebied", "geo_code": "y"}], "parts": [PART, PART | {"geo_level": "gebied", "geo_code": "y"}],
             "areas": [AREA, AREA | {"area_id": "y", "region_code": "BU00010009"}]},
            "nieuw", ["nieuwe reeks", "andere gebiedsafbakening"], ["inwoners", "kwb"], id="a new area",
        ),
        pytest.param({"figures": [FIGURE | {"status": "voorlopig"}], "code": "c2"}, "status", ["oorzaak onbekend"], [], id="another status after another code"),
        pytest.param({"figures": [FIGURE | {"value": None, "status": "ontbreekt"}], "parts": []}, "vervallen", ["herziene bron"], ["inwoners", "kwb"], id="no figure any more"),
        pytest.param({"figures": [], "parts": []}, "vervallen", ["herziene bron"], ["inwoners", "kwb"], id="no row any more"),
        pytest.param(
            {"figures": [FIGURE, FIGURE | {"year": 2024}], "parts": [PART, PART | {"year": 2024, "source_key": "kwb24", "source_hash": "n1"}]},
            "nieuw", ["nieuw jaar"], ["inwoners", "kwb24"], id="a new year",
        ),
        pytest.param(
            {"figures": [FIGURE, FIGURE | {"year": 2022}], "parts": [PART, PART | {"year": 2022, "source_hash": "k2"}]}, "nieuw", ["herziene bron"], ["inwoners", "kwb"],
            id="an old year that had no figure",
        ),
    ],
)  # fmt: skip
def test_what_moved_and_why(tmp_path: Path, after: dict[str, Any], what: str | None, causes: list[str], sources: list[str]) -> None:
    moved = changes.between(version(tmp_path / "v1.duckdb"), version(tmp_path / "v2.duckdb", **after))
    assert [(row["what"], row["causes"], row["sources"]) for row in moved] == ([(what, causes, sources)] if what else [])
    assert changes.between(tmp_path / "v2.duckdb", tmp_path / "v2.duckdb") == []


def test_what_is_released_again_says_so_with_why_it_moved(tmp_path: Path) -> None:
    before = version(tmp_path / "v1.duckdb", [FIGURE | {"status": "niet_bijgewerkt"}])
    (same,) = changes.between(before, version(tmp_path / "v2.duckdb", code="c2"))
    assert (same["what"], same["causes"]) == ("status", ["vrijgegeven"])
    (other,) = changes.between(before, version(tmp_path / "v3.duckdb", [FIGURE | {"value": 11.0}], [PART | {"figure": 11.0, "source_hash": "k2"}]))
    assert (other["what"], other["causes"], other["sources"]) == ("herzien", ["vrijgegeven", "herziene bron"], ["kwb"])


def test_both_causes_are_told(tmp_path: Path) -> None:
    after = version(tmp_path / "v2.duckdb", [FIGURE | {"value": 12.0}], [PART | {"figure": 12.0, "source_hash": "k2"}], method="anders")
    (row,) = changes.between(version(tmp_path / "v1.duckdb"), after)
    assert row["causes"] == ["herziene bron", "andere methode"]
    assert (row["value_before"], row["value"], row["difference"]) == (10.0, 12.0, 2.0)


def test_the_figures_of_other_places_do_not_move_with_it(tmp_path: Path) -> None:
    here, there = FIGURE, FIGURE | {"geo_level": "nederland", "geo_code": "NL00"}
    parts = [PART, PART | {"geo_level": "nederland", "geo_code": "NL00"}]
    after = version(
        tmp_path / "v2.duckdb", [here | {"value": 12.0}, there], [parts[0] | {"figure": 12.0, "source_hash": "k2"}, parts[1] | {"source_hash": "k2"}]
    )
    moved = changes.between(version(tmp_path / "v1.duckdb", [here, there], parts), after)
    assert [row["geo_level"] for row in moved] == ["nplv"]


# ---------------------------------------------------------------------------------------- the book that each version keeps


def about_to_be_published(path: Path, name: str) -> duckdb.DuckDBPyConnection:
    """A warehouse in which a version is released, and not yet published."""
    connection = duckdb.connect()
    connection.execute(f"ATTACH '{path}' AS made; CREATE SCHEMA release; CREATE SCHEMA areas")
    for table in ("indicator_values", "indicator_components", "indicators"):
        connection.execute(f"CREATE TABLE release.{table} AS FROM made.marts.{table}")
    connection.execute("CREATE TABLE areas.focus_area_regions AS FROM made.areas.focus_area_regions")
    connection.execute(
        "CREATE TABLE release.build AS SELECT * REPLACE (if(key = 'version', $name, value) AS value) FROM made.provenance.build", {"name": name}
    )
    connection.execute("INSERT INTO release.build VALUES ('published_at', '2026-11-28T04:31:00+00:00')")
    return connection


def kept(connection: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    return connection.execute("SELECT version, version_before, value_before, value FROM release.indicator_changes ORDER BY version").fetchall()


def test_each_version_goes_on_with_the_book_of_the_one_before_it(tmp_path: Path) -> None:
    values = {"v1": 10.0, "v2": 11.0, "v3": 13.0}
    made = {}
    for name, value in values.items():
        (tmp_path / name / "intern").mkdir(parents=True)
        made[name] = version(tmp_path / name / "intern" / "nplv.duckdb", [FIGURE | {"value": value}], [PART | {"figure": value, "source_hash": name}])
    with about_to_be_published(made["v1"], "v1") as connection:
        changes.keep(connection, None)
        assert kept(connection) == []
    with about_to_be_published(made["v2"], "v2") as connection:
        changes.keep(connection, tmp_path / "v1")
        assert kept(connection) == [("v2", "v1", 10.0, 11.0)]
        book = connection.execute("SELECT * FROM release.indicator_changes").df()
    with duckdb.connect(str(made["v2"])) as connection:
        connection.execute("CREATE TABLE marts.indicator_changes AS FROM book")
    with about_to_be_published(made["v3"], "v3") as connection:
        changes.keep(connection, tmp_path / "v2")
        assert kept(connection) == [("v2", "v1", 10.0, 11.0), ("v3", "v2", 11.0, 13.0)]
        assert len(book) == 1


def test_a_version_of_before_there_was_a_book_stops_no_publication_and_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "v1" / "intern").mkdir(parents=True)
    before = version(tmp_path / "v1" / "intern" / "nplv.duckdb")
    with duckdb.connect(str(before)) as connection:
        connection.execute("ALTER TABLE marts.indicator_components DROP COLUMN weight_hash")
    after = version(tmp_path / "v2.duckdb", [FIGURE | {"value": 11.0}])
    with about_to_be_published(after, "v2") as connection:
        changes.keep(connection, tmp_path / "v1")
        assert kept(connection) == []
    with pytest.raises(WrongCall, match=r"version v1 has no marts\.indicator_components\.weight_hash, so it cannot be compared; choose a later one"):
        changes.between(before, after)


def test_a_field_of_the_catalogue_that_is_new_is_no_other_method(tmp_path: Path) -> None:
    before, after = (
        version(tmp_path / "v1.duckdb"),
        version(tmp_path / "v2.duckdb", [FIGURE | {"value": 11.0}], [PART | {"figure": 11.0, "source_hash": "k2"}]),
    )
    with duckdb.connect(str(before)) as connection:
        connection.execute(f"ALTER TABLE marts.indicators DROP COLUMN {METHOD[0]}")
    (row,) = changes.between(before, after)
    assert row["causes"] == ["herziene bron"]
