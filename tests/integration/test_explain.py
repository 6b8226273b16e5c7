"""A figure taken apart: `nplv explain`, and the table behind it."""

from __future__ import annotations

import duckdb
import pytest
from typer.testing import CliRunner

from nplv_orchestration import cli
from nplv_orchestration.errors import WrongCall
from nplv_orchestration.explain import explain
from nplv_orchestration.home import Home
from tests.real import Night


def database(night: Night, part: str = "intern") -> str:
    return str(Home.of(night[0]).current.resolve() / part / "nplv.duckdb")


def test_each_figure_is_the_sum_of_its_components(demo_night: Night) -> None:
    """Of every figure of every mart: one query, without any table but these two."""
    with duckdb.connect(database(demo_night), read_only=True) as connection:
        wrong = connection.execute(
            "SELECT v.indicator_id, v.geo_code, v.year FROM marts.indicator_values AS v LEFT JOIN ("
            "  SELECT indicator_id, geo_level, geo_code, series, year, sum(numerator) AS n, sum(denominator) AS d, count(*) AS regions"
            "  FROM marts.indicator_components WHERE counted GROUP BY ALL"
            ") AS c USING (indicator_id, geo_level, geo_code, series, year) WHERE v.value IS NOT NULL "
            "AND (c.regions IS DISTINCT FROM v.regions OR abs(c.n - v.numerator) > 1e-9 * greatest(1, abs(c.n)) OR abs(c.d - v.denominator) > 1e-9 * c.d)"
        ).fetchall()
        assert wrong == []
        traced = connection.execute(
            "SELECT count(*) FILTER (WHERE s.sha256 IS NULL), count(*) FROM marts.indicator_components AS c "
            "LEFT JOIN provenance.sources AS s ON c.source_key = s.key AND starts_with(s.sha256, c.source_hash) WHERE c.counted"
        ).fetchone()
        assert traced and traced[0] == 0 < traced[1]
        # Parquet may keep one of two zeros, so there is but one: a buurt of nobody with a score below zero adds no zero with a sign
        signed = connection.execute(
            "SELECT count(*) FILTER (WHERE numerator::VARCHAR = '-0.0'), count(*) FILTER (WHERE numerator = 0 AND figure < 0) "
            "FROM marts.indicator_components"
        ).fetchone()
        assert signed and signed[0] == 0 < signed[1]
        # a figure that is a sum leads to the cells that were added up
        crimes = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE figure = list_sum(list_transform(cells, lambda c: c.value))) "
            "FROM marts.indicator_components WHERE indicator_id = 'misdrijven_hic' AND counted"
        ).fetchone()
        assert crimes and crimes[0] == crimes[1] > 0


def test_no_region_of_a_total_is_published(demo_night: Night) -> None:
    with duckdb.connect(database(demo_night, "openbaar"), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
        assert "indicator_components" not in tables
        for table in ("indicator_values", "mart_inkomen", "indicator_trends"):
            columns = {row[0] for row in connection.execute(f"DESCRIBE marts.{table}").fetchall()}
            assert not columns & {"components", "region_code"}


def test_a_person_sees_the_arithmetic(demo_night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_HOME", str(demo_night[0].home))
    told = CliRunner().invoke(cli.app, ["explain", "inkomen", "2023", "--all"])
    assert told.exit_code == 0, told.output
    lines = told.stdout.splitlines()
    found = explain(Home.of(demo_night[0]).current.resolve() / "intern" / "nplv.duckdb", "inkomen", 2023, "nplv")
    value = f"{found.figure['value']:.1f}".replace(".", ",")
    assert lines[0] == "DEMONSTRATIEGEGEVENS: alle cijfers zijn verzonnen"
    assert lines[1] == "Gemiddeld inkomen per inwoner, De gebieden samen, 2023; intern, niet voor publicatie"
    assert lines[2].startswith(f"  waarde     {value} x 1.000 euro = 1 × ")
    for component in found.components:
        assert any(component["region_code"] in line for line in lines), component
    assert any("telt niet mee: geheim" in line for line in lines)
    assert any("CBS 85618NED income " in line for line in lines)
    few = CliRunner().invoke(cli.app, ["explain", "lbm_zwak_aandeel", "2024"])
    assert "De 20 grootste van 60 regio's; alle met --all" in few.stdout


def test_what_has_no_figure_says_why(demo_night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_HOME", str(demo_night[0].home))
    told = CliRunner().invoke(cli.app, ["explain", "inkomen", "2024", "--geo", "nederland"])
    assert told.exit_code == 0, told.output
    assert "  waarde     geen cijfer: nog niet gepubliceerd: in CBS 85984NED is dit cijfer nog leeg" in told.stdout


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("inkomn", 2023, "nplv"), "no indicator 'inkomn'; did you mean inkomen?"),
        (("inkomen", 1999, "nplv"), "inkomen is not measured in 1999; it is in 2018, 2019"),
        (("inkomen", 2023, "mars"), "'mars' is no geo; there are "),
        (("inkomen", 2023, "gebied"), "'gebied' is several geos; there are "),
        (("inkomen", 2023, "nplv", "oud"), "inkomen has no series 'oud'"),
    ],
)
def test_what_is_not_there_is_refused_by_name(demo_night: Night, asked: tuple, says: str) -> None:
    with pytest.raises(WrongCall) as refused:
        explain(Home.of(demo_night[0]).current.resolve() / "intern" / "nplv.duckdb", *asked)
    assert str(refused.value).startswith(says)
