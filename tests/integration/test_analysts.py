"""An analyst's day: the questions and examples of the documentation, each run as it stands there, and figured out a second time in pandas."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from typer.testing import CliRunner

from benchmarks.readers import NEWER, OLDER, client
from nplv_orchestration import cli, open_published
from nplv_orchestration.asking import ask
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.run import run_night
from nplv_orchestration.settings import Settings
from nplv_orchestration.site.pages import pages
from nplv_orchestration.site.read import TEXTS, read
from tests.homes import copied
from tests.programs import office, program
from tests.real import Night

Frames = dict[str, pd.DataFrame]
KEYS = ["indicator_id", "geo_level", "geo_code", "series", "year"]


@pytest.fixture(scope="module")
def home(demo_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo country after a second night, twenty nights on, in which publishers revised figures and brought new years."""
    home = copied(demo_night[0].home, tmp_path_factory.mktemp("analyst") / "home")
    run_night(Settings(home=home, demo_night=20), None)
    return home


@pytest.fixture(scope="module")
def frames(home: Path) -> Frames:
    """The tables as published, from Parquet, without any of the tables that the questions are answered from."""
    folder = (home / "published" / "current").resolve() / "intern" / "parquet"
    found = {
        name: pd.read_parquet(folder / f"marts.{name}.parquet")
        for name in ("indicator_values", "indicators", "indicator_components", "indicator_trends")
    }
    catalogue = found["indicators"].set_index("indicator_id")
    values = found["indicator_values"]
    values["number"] = values["indicator_id"].map(catalogue["number"])
    values["main"] = values["indicator_id"].map(catalogue["main_series"]) == values["series"]
    country = values[values["geo_level"] == "nederland"].set_index(["indicator_id", "series", "year"])["value"].rename("nl")
    found["values"] = values.join(country, on=["indicator_id", "series", "year"])
    return found


def blocks(text: str, language: str) -> list[str]:
    """The examples in a page in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)


def questions() -> dict[int, tuple[str, bool]]:
    """The questions of the documentation by number: the query, and whether it is about areas."""
    text = (TEXTS / "vragen.md").read_text(encoding="utf-8")
    parts = re.findall(r"^## (\d+)\. .*?\n(.*?)(?=^## |\Z)", text, re.S | re.M)
    return {int(number): (blocks(part, "sql")[0], "Intern." in part) for number, part in parts}


def test_there_are_fifteen_questions_each_with_one_short_query() -> None:
    found = questions()
    assert list(found) == list(range(1, 16))
    assert max(len(sql.splitlines()) for sql, _ in found.values()) <= 8


@pytest.mark.parametrize("number", sorted(number for number, (_, is_internal) in questions().items() if not is_internal))
def test_what_asks_no_area_is_answered_by_the_public_database_too(home: Path, number: int) -> None:
    current = (home / "published" / "current").resolve()
    public, internal = (sorted(map(str, ask(current / part / "nplv.duckdb", questions()[number][0]).rows)) for part in ("openbaar", "intern"))
    if number == 13:  # the internal answer counts the figures of areas too
        assert len(public) == len(internal)
    else:
        assert public == internal


# ------------------------------------------------------------------------------------- each answer, found a second time


def latest(values: pd.DataFrame) -> pd.DataFrame:
    """The latest figure of the areas together of each indicator."""
    known = values[(values["geo_level"] == "nplv") & values["main"] & values["value"].notna()]
    return known.loc[known.groupby("indicator_id")["year"].idxmax()].sort_values("number")


def total(frames: Frames, indicator: str, level: str = "nplv") -> pd.DataFrame:
    values = frames["values"]
    return values[(values["indicator_id"] == indicator) & (values["geo_level"] == level)].sort_values("year")


def latest_figures(frames: Frames) -> pd.DataFrame:
    return latest(frames["values"])[["number", "year", "value", "nl"]]


def income(frames: Frames) -> pd.DataFrame:
    rows = total(frames, "inkomen")
    return rows.assign(ratio=rows["value"] / rows["nl"])[["year", "value", "nl", "ratio"]]


def with_care(frames: Frames) -> pd.DataFrame:
    rows = latest(frames["values"]).merge(frames["indicators"][["indicator_id", "approximation", "breaks", "base_year"]], on="indicator_id")
    after = [
        any(row.base_year < b["year"] <= row.year and b["series"] == row.series for b in pd.io.json.ujson_loads(row.breaks))
        for row in rows.itertuples()
    ]
    return rows[rows["approximation"] | (rows["status"] == "voorlopig") | np.array(after)][["number"]]


def missing(frames: Frames) -> pd.DataFrame:
    values = frames["values"]
    rows = values[values["value"].isna() & (values["geo_level"] != "gebied")]
    return rows.sort_values(["indicator_id", "year", "geo_level"])[["indicator_id", "geo_level", "geo_name", "year", "status_reason"]]


def improved(frames: Frames) -> pd.DataFrame:
    """From the figures themselves, where no break lies between: how much the areas together moved since the first measurement from the first start year on."""
    found = []
    for indicator in frames["indicators"].sort_values("number").itertuples():
        rows = total(frames, indicator.indicator_id)
        rows = rows[rows["main"] & rows["value"].notna() & (rows["year"] >= max(2018, indicator.base_year))]
        broken = any(
            rows["year"].min() < b["year"] <= rows["year"].max()
            for b in pd.io.json.ujson_loads(indicator.breaks)
            if b["series"] == indicator.main_series
        )
        found.append((indicator.indicator_id, None if broken else rows["value"].iloc[-1] - rows["value"].iloc[0]))
    return pd.DataFrame(found, columns=["indicator_id", "change"])


def beside(frames: Frames) -> pd.DataFrame:
    areas, whole = total(frames, "bijstand", "gebied"), total(frames, "bijstand")
    year = areas.dropna(subset=["value"])["year"].max()
    newest, of_all = areas[areas["year"] == year], whole[whole["year"] == year].iloc[0]
    rows = newest.assign(total=of_all["value"], behind=newest["value"] - newest["nl"], part=newest["denominator"] / of_all["denominator"])
    return rows.sort_values("behind", ascending=False)[["geo_name", "value", "total", "nl", "behind", "part"]]


def risen(frames: Frames) -> pd.DataFrame:
    areas = total(frames, "misdrijven", "gebied").dropna(subset=["value"])  # fewer is better
    areas = areas[areas.groupby("year")["value"].transform("size") == 20]
    ranks = areas.assign(rank=areas.groupby("year")["value"].rank(method="min"))
    first, last = (ranks.sort_values("year").groupby("geo_name")["rank"].agg(which) for which in ("first", "last"))
    rows = pd.DataFrame({"first": first, "last": last, "down": last - first}).reset_index()
    rows["size"] = rows["down"].abs()
    return rows.sort_values(["size", "geo_name"], ascending=[False, True]).head(5)[["geo_name", "first", "last", "down"]]


def people(frames: Frames) -> pd.DataFrame:
    rows = latest(frames["values"]).merge(frames["indicators"][["indicator_id", "kind", "multiplier"]], on="indicator_id")
    rows = rows[rows["kind"] != "gemiddelde"]
    rows["people"] = (rows["numerator"] - rows["nl"] / rows["multiplier"].astype(float) * rows["denominator"]).round()
    return rows.sort_values("number")[["indicator_id", "year", "people"]]


def basis(frames: Frames, indicator: str, year: int, kind: str) -> float:
    """Which part of the denominator comes from regions whose code begins with these letters."""
    parts = frames["indicator_components"]
    parts = parts[(parts["indicator_id"] == indicator) & (parts["geo_level"] == "nplv") & (parts["year"] == year) & parts["counted"]]
    return float(parts.loc[parts["region_code"].str.startswith(kind), "denominator"].sum() / parts["denominator"].sum())


def split(frames: Frames) -> pd.DataFrame:
    parts = frames["indicator_components"]
    parts = parts[parts["counted"] & (parts["geo_level"] != "gebied")]
    whole = parts.groupby(KEYS)["denominator"].sum()
    not_exact = parts[parts["region_quality"] != "exact"].groupby(KEYS)["denominator"].sum()
    known = frames["values"].dropna(subset=["value"]).set_index(KEYS).index
    share = (not_exact / whole).dropna()
    return share[share.index.isin(known) & (share > 0)].sort_values(ascending=False).rename("share").reset_index()


def without(frames: Frames) -> pd.DataFrame:
    areas, whole = total(frames, "bijstand", "gebied"), total(frames, "bijstand")
    newest = whole.dropna(subset=["value"])["year"].max()
    areas, of_all = areas[areas["year"] == newest], whole[whole["year"] == newest].iloc[0]
    rows = []
    for area in areas.itertuples():
        others = areas[areas["geo_code"] != area.geo_code]
        rows.append((area.geo_name, of_all["value"], 1000 * others["numerator"].sum() / others["denominator"].sum()))
    return pd.DataFrame(rows, columns=["geo_name", "total", "rest"])


def together(frames: Frames) -> pd.DataFrame:
    pairs = (
        total(frames, "inkomen", "gebied")[["geo_code", "year", "value"]]
        .merge(total(frames, "bijstand", "gebied")[["geo_code", "year", "value"]], on=["geo_code", "year"])
        .dropna()
    )
    return pd.DataFrame(
        [(year, len(of), np.corrcoef(of["value_x"], of["value_y"])[0, 1]) for year, of in pairs.groupby("year")], columns=["year", "n", "r"]
    )


# which columns of the answer are compared with what, by number of the question
SECOND: dict[int, tuple[list[str], Callable[[Frames], pd.DataFrame]]] = {
    1: (["number", "year", "value", "nl_value"], latest_figures),
    2: (["year", "gebieden", "nederland", "verhouding"], income),
    3: (["number"], with_care),
    4: (["indicator_id", "geo_level", "geo_name", "year", "status_reason"], missing),
    5: (["indicator_id", "change_start1"], improved),
    7: (["geo_name", "value", "total_value", "nl_value", "difference_nl", "part_of_total"], beside),
    8: (["geo_name", "eerst", "nu", "plaatsen_gezakt"], risen),
    15: (["year", "gebieden", "samenhang"], together),
}


def answered(home: Path, number: int) -> pd.DataFrame:
    answer = ask((home / "published" / "current").resolve() / "intern" / "nplv.duckdb", questions()[number][0])
    return pd.DataFrame(answer.rows, columns=answer.columns)


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Whether two tables have the same rows in the same order, figures to the last digits."""
    assert len(one) == len(other)
    for name, meant in zip(one.columns, other.columns, strict=True):
        for a, b in zip(one[name], other[meant], strict=True):
            assert (pd.isna(a) and pd.isna(b)) or a == (pytest.approx(b, rel=1e-9) if isinstance(b, float) else b), (name, a, b)


@pytest.mark.parametrize("number", sorted(SECOND))
def test_the_answer_is_found_a_second_time(home: Path, frames: Frames, number: int) -> None:
    columns, compute = SECOND[number]
    meant = compute(frames)
    assert len(meant)
    same(answered(home, number)[columns], meant)


def test_who_fell_further_behind_is_told_with_the_areas_that_did() -> None:
    """Fewer is better for a, more for b. The 20 together fell further behind in a, with p, and not with q (narrower), r (ahead), s (other years) or another
    series; in b the distance grew as well, to the good side; in c it narrowed."""
    trends = [
        ("a", "nplv", "NPLV", "h", 2018, 2024, "opgelopen", 9.0), ("a", "gebied", "p", "h", 2018, 2024, "opgelopen", 9.0),
        ("a", "gebied", "q", "h", 2018, 2024, "ingelopen", 9.0), ("a", "gebied", "r", "h", 2018, 2024, "opgelopen", -9.0),
        ("a", "gebied", "s", "h", 2019, 2024, "opgelopen", 9.0), ("a", "nplv", "NPLV", "oud", 2018, 2020, "opgelopen", 9.0),
        ("b", "nplv", "NPLV", "h", 2018, 2024, "opgelopen", 9.0), ("b", "gebied", "p", "h", 2018, 2024, "opgelopen", 9.0),
        ("c", "nplv", "NPLV", "h", 2018, 2024, "ingelopen", 9.0),
    ]  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE indicators AS FROM (VALUES ('a', 'h', 'omlaag'), ('b', 'h', 'omhoog'), ('c', 'h', 'omlaag')) AS t (indicator_id, main_series, direction)"
        )
        connection.execute(
            "CREATE TABLE indicator_trends (indicator_id VARCHAR, geo_level VARCHAR, geo_code VARCHAR, series VARCHAR, start1_year INTEGER, latest_year INTEGER, "
            "gap_verdict_start1 VARCHAR, gap_difference_latest DOUBLE)"
        )
        connection.executemany("INSERT INTO indicator_trends VALUES (?, ?, ?, ?, ?, ?, ?, ?)", trends)
        assert connection.execute(questions()[6][0]).fetchall() == [("a", 2018, 2024, 1)]


def test_the_total_without_an_area_is_that_of_the_others(home: Path, frames: Frames) -> None:
    """But for the rounding of counts, which are of a wijk here and of its buurten there."""
    found = answered(home, 14).set_index("geo_name").sort_index()
    meant = without(frames).set_index("geo_name").sort_index()
    assert len(found) == 20
    assert found["totaal"].tolist() == pytest.approx(meant["total"].tolist())
    assert found["zonder_dit_gebied"].tolist() == pytest.approx(meant["rest"].tolist(), rel=0.005)
    moved = (answered(home, 14)["zonder_dit_gebied"] - found["totaal"].iloc[0]).abs()
    assert moved.is_monotonic_decreasing


def test_the_gap_in_people_is_found_a_second_time(home: Path, frames: Frames) -> None:
    found, meant = answered(home, 9), people(frames)
    assert len(meant) > 8
    assert found["indicator_id"].tolist() == meant["indicator_id"].tolist()
    assert found["verschil_in_aantallen"].tolist() == pytest.approx(meant["people"].tolist(), abs=1)


def test_on_what_the_income_rests_is_found_a_second_time(home: Path, frames: Frames) -> None:
    found = answered(home, 10)
    assert len(found) > 2
    for row in found.itertuples():
        parts = [basis(frames, "inkomen", int(row.year), kind) for kind in ("BU", "WK", "GM")]
        assert [row.share_buurt, row.share_wijk, row.share_gemeente] == pytest.approx(parts)
        assert sum(parts) == pytest.approx(1)


def test_what_rests_on_split_regions_is_found_a_second_time(home: Path, frames: Frames) -> None:
    found, meant = answered(home, 11), split(frames)
    assert len(found) == len(meant) > 10
    assert (found["share_verdeeld"] + found["share_geraden"]).tolist() == pytest.approx(meant["share"].tolist())


def test_what_was_revised_and_by_which_source_is_found_a_second_time(home: Path) -> None:
    """Two versions compared in pandas: the same figures moved, and by the sources that the demo country brings anew between these nights."""
    versions = sorted(path for path in (home / "published").glob("2*") if path.is_dir())
    then, now = (pd.read_parquet(path / "intern" / "parquet" / "marts.indicator_values.parquet").set_index(KEYS)["value"] for path in versions)
    both = pd.concat([then.rename("then"), now.rename("now")], axis=1)
    revised = both[(both["now"] - both["then"]).abs() > 1e-9]
    new = both[both["then"].isna() & both["now"].notna()]
    with duckdb.connect(str(versions[-1] / "intern" / "nplv.duckdb"), read_only=True) as connection:
        told = connection.execute("SELECT * FROM marts.indicator_changes").df()
    assert set(told["version"]) == {versions[-1].name} and set(told["version_before"]) == {versions[0].name}
    for what, meant in (("herzien", revised), ("nieuw", new)):
        rows = told[told["what"] == what].set_index(KEYS)
        assert len(rows) == len(meant) > 10
        assert set(rows.index) == set(meant.index)
    assert {(row.indicator_id, *row.sources) for row in told[told["what"] == "herzien"].itertuples()} >= {
        ("misdrijven", "politie_misdrijven"), ("misdrijven_hic", "politie_misdrijven"), ("ervaren_gezondheid", "rivm_gezondheid"),
    }  # fmt: skip
    assert {cause for causes in told["causes"] for cause in causes} == {"herziene bron", "nieuw jaar"}
    by_question = answered(home, 13)
    assert by_question["cijfers"].sum() == len(told)
    of_2024 = questions()[12][0].replace("2023", "2024")  # of 2023 nothing is revised between these two nights
    with open_published(home=home) as connection:
        assert len(connection.sql(of_2024).df()) == len(told[(told["what"] == "herzien") & (told["year"] == 2024)]) > 0
        assert connection.sql(questions()[12][0]).df().empty


# ------------------------------------------------------------------------------------------------------ two versions


def test_diff_tells_which_figures_moved_and_why(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_HOME", str(home))
    before, after = sorted(path.name for path in (home / "published").glob("2*") if path.is_dir())
    told = CliRunner().invoke(cli.app, ["diff", before]).stdout
    assert told.splitlines()[0] == f"DEMONSTRATIEGEGEVENS: alle cijfers zijn verzonnen. Van {before} naar {after}; intern, niet voor publicatie"
    assert re.search(r"ervaren_gezondheid +De gebieden samen +2022 +\S+ +\S+ +herzien +herziene bron \(rivm_gezondheid\)", told)
    assert re.search(r"\d+ cijfers verschillen, waarvan \d+ van gebieden; die met --all\.", told)
    written = CliRunner().invoke(cli.app, ["diff", before, after, "--all", "--format", "csv"])
    assert written.stderr == told.splitlines()[0] + "\n"
    everything = written.stdout
    assert len(everything.splitlines()) == int(re.search(r"(\d+) cijfers verschillen", told)[1]) + 1  # type: ignore[index]
    assert CliRunner().invoke(cli.app, ["diff", after]).stdout.splitlines()[-1] == "Geen cijfer verschilt."
    assert "no version, edition or day" in str(CliRunner().invoke(cli.app, ["diff", "gisteren"]).exception)


def test_an_earlier_version_answers_as_it_was(home: Path) -> None:
    before, after = sorted(path.name for path in (home / "published").glob("2*") if path.is_dir())
    sql = "SELECT count(*) FROM indicator_values WHERE value IS NOT NULL"
    counts = []
    for version in (before, after):
        with open_published(version, home=home) as connection:
            counts.append(connection.execute(sql).fetchall()[0][0])
    assert counts[0] < counts[1]


# --------------------------------------------------------------------------------------------- examples, and what opens it


@pytest.fixture(scope="module")
def texts(home: Path) -> dict[str, str]:
    """Every page with examples: what people wrote, and one for each indicator."""
    known = read((home / "published" / "current").resolve() / "openbaar" / "nplv.duckdb", load_manifest())
    return {path.name: path.read_text(encoding="utf-8") for path in TEXTS.glob("*.md")} | pages(known)


@pytest.fixture(scope="module")
def separated(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the csv that the examples begin from, made as they say."""
    folder = tmp_path_factory.mktemp("csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NPLV_HOME", str(home))
        told = CliRunner().invoke(cli.app, ["query", "--public", "--format", "csv", "--out", str(folder / "cijfers.csv"), "FROM indicator_values"])
    assert told.exit_code == 0
    return folder


def test_every_example_in_sql_runs(home: Path, texts: dict[str, str]) -> None:
    found = [(name, sql) for name, text in texts.items() if name != "vragen.md" for sql in blocks(text, "sql")]
    assert len(found) >= 17
    for name, sql in found:
        answer = ask((home / "published" / "current").resolve() / "openbaar" / "nplv.duckdb", sql)
        assert answer.rows or "outcome = 'failed'" in sql, name


def test_every_example_in_python_runs(home: Path, texts: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NPLV_HOME", str(home))
    found = [(name, code) for name, text in texts.items() for code in blocks(text, "python")]
    assert len(found) == 18
    for name, code in found:
        names: dict[str, Any] = {}
        exec(compile(code, name, "exec"), names)  # the example as it stands
        assert "2024" in capsys.readouterr().out, name


def test_every_example_in_r_runs_and_reads_what_was_published(home: Path, texts: dict[str, str], separated: Path) -> None:
    found = [code for text in texts.values() for code in blocks(text, "r")]
    assert len(found) == 18
    check = 'cat(sprintf("%d %.12f %s\\n", nrow(cijfers), sum(cijfers$value, na.rm = TRUE), sum(is.na(cijfers$value))))\ncat(unique(Filter(nzchar, cijfers$status)))\n'
    (separated / "alles.R").write_text("\n".join([*found, check]), encoding="utf-8")
    told = subprocess.run([program("Rscript"), "--vanilla", "alles.R"], cwd=separated, capture_output=True, text=True, timeout=120)
    assert told.returncode == 0, told.stderr
    with open_published(part="openbaar", home=home) as connection:
        rows, total_of_all, absent = connection.execute(
            "SELECT count(*), sum(value), count(*) FILTER (value IS NULL) FROM indicator_values"
        ).fetchall()[0]
    counted, added, none = told.stdout.splitlines()[-2].split()
    assert (int(counted), float(added), int(none)) == (rows, pytest.approx(total_of_all, abs=1e-6), absent)


def test_a_spreadsheet_reads_the_csv_with_every_figure(home: Path, separated: Path, tmp_path: Path) -> None:
    """LibreOffice reads it as UTF-8 with commas and points, and gives back what was written."""
    (tmp_path / "in").mkdir()
    out = tmp_path / "out"
    out.mkdir()
    shutil.copy(separated / "cijfers.csv", tmp_path / "in")
    (book,) = office(tmp_path / "in" / "cijfers.csv", "xlsx", out)
    read_back = pd.read_excel(book)
    meant = pd.read_csv(separated / "cijfers.csv")
    assert list(read_back.columns) == list(meant.columns)
    assert read_back["value"].tolist() == pytest.approx(meant["value"].tolist(), nan_ok=True)
    assert read_back["geo_name"].tolist() == meant["geo_name"].tolist()


def test_pandas_and_polars_read_the_parquet(home: Path) -> None:
    folder = (home / "published" / "current").resolve() / "openbaar" / "parquet"
    for path in sorted(folder.glob("*.parquet")):
        by_pandas, by_polars = pd.read_parquet(path), pl.read_parquet(path)
        assert by_polars.shape == by_pandas.shape, path.name
        assert by_polars.columns == list(by_pandas.columns)
    values = folder / "marts.indicator_values.parquet"
    assert pl.read_parquet(values)["value"].to_list() == [None if pd.isna(value) else value for value in pd.read_parquet(values)["value"]]


@pytest.mark.parametrize("which", [OLDER, NEWER])
def test_another_duckdb_opens_the_file_with_its_comments(home: Path, which: str, tmp_path: Path) -> None:
    folder = client(tmp_path, which)
    path = (home / "published" / "current").resolve() / "intern" / "nplv.duckdb"
    code = (
        "import duckdb, sys\n"
        "c = duckdb.connect(sys.argv[1], read_only=True)\n"
        "print(duckdb.__version__, c.execute('SELECT count(*) FROM marts.latest_figures').fetchone()[0], "
        'c.execute("SELECT count(*) FROM duckdb_columns() WHERE NOT internal AND comment IS NULL").fetchone()[0], '
        "c.execute(\"SELECT comment FROM duckdb_tables() WHERE table_name = 'area_ranks'\").fetchone()[0])\n"
    )
    told = subprocess.run(
        [program("python3"), "-c", code, str(path)], env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    with open_published(home=home) as connection:
        rows = connection.execute("SELECT count(*) FROM latest_figures").fetchall()[0][0]
        comment = connection.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'area_ranks'").fetchall()[0][0]
    assert told.stdout == f"{which} {rows} 0 {comment}\n", told.stderr
