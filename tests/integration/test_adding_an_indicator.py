"""An eighteenth indicator, added to a copy of the project as docs/adding-an-indicator.md tells it: one sql and one yml."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from benchmarks.processes import ROOT, copy_project
from tests.planted import newest
from tests.real import Night

ID = "schooladvies_havo_vwo"
SPECS = """
import json
from nplv_orchestration.build import build_definitions
graph = build_definitions().resolve_asset_graph()
key = next(k for k in graph.get_all_asset_keys() if k.path[-1] == "mart_schooladvies_havo_vwo")
node = graph.get(key)
checks = sorted(check.name for check in graph.asset_check_keys if check.asset_key == key)
print(json.dumps({"description": node.description, "group": node.group_name, "tags": dict(node.tags), "checks": checks}))
"""


def files() -> dict[str, str]:
    """The files that the document gives, by name: the indented blocks that begin with a comment naming one."""
    text = (ROOT / "docs" / "adding-an-indicator.md").read_text(encoding="utf-8")
    blocks = re.findall(r"(?:^(?: {4}.*)?\n)+", text, flags=re.M)
    found = {}
    for block in map(textwrap.dedent, blocks):
        named = re.match(r"\s*(?:--|#) (mart_\w+\.(?:sql|yml))\n", block)
        if named:
            found[named[1]] = block[named.end() :]
    return found


def in_two_series() -> dict[str, str]:
    """Income once more, in the two series that the document shows, with the yml of income."""
    told = (ROOT / "docs" / "adding-an-indicator.md").read_text(encoding="utf-8")
    sql = textwrap.dedent(told[told.index("    with figures as (\n        select *, case") :])
    yml = (ROOT / "dbt_project" / "models" / "marts" / "sociaal" / "mart_inkomen.yml").read_text(encoding="utf-8").split("\nunit_tests:")[0]
    yml = yml.replace("mart_inkomen", "mart_inkomen_tweemaal").replace("indicator_id: inkomen", "indicator_id: inkomen_tweemaal")
    yml = yml.replace("number: 10", "number: 19").replace("base_year: 2018", "base_year: 2021")
    both = '[{"id": "nieuw", "name_nl": "vanaf 2021", "first": 2021, "every": 1}, {"id": "oud", "name_nl": "tot 2021", "first": 2018, "every": 1, "last": 2020}]'
    yml = re.sub(r"series: \[.*\]", f"series: {both}", yml)
    return {"mart_inkomen_tweemaal.sql": sql, "mart_inkomen_tweemaal.yml": yml}


def delivery(home: Path) -> str:
    """Counts of every year, area and municipality: a tenth of each area's residents, of whom 30% and every year a point more; elsewhere one child more a year."""
    _, areas = newest(home / "archive", "focus_areas")
    lines = ["indicator;jaar;niveau;code;teller;noemer;status"]
    for year in range(2018, 2025):
        share = 0.30 + 0.01 * (year - 2018)
        of_areas, more = 0, year - 2018
        for municipality, inside in areas.groupby("municipality_code"):
            for area in inside["area_id"]:
                lines.append(f"{ID};{year};gebied;{area};{1000 * share:.0f};1000;Definitief")
            here = 1000 * len(inside)
            of_areas += here
            lines.append(f"{ID};{year};rest_gemeente;{municipality};{2000 + more};4000;Definitief")
            lines.append(f"{ID};{year};gemeente;{municipality};{here * share + 2000 + more:.0f};{here + 4000};Definitief")
        lines.append(f"{ID};{year};overig_nederland;ONL;{50000 + more};100000;Definitief")
        lines.append(f"{ID};{year};nederland;NL00;{of_areas * share + 50000 + more:.0f};{of_areas + 100000};Definitief")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def copied(demo_night: Night, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A copy of the project with the two files, and a home of the demo country after a night with it."""
    project = copy_project(tmp_path_factory.mktemp("copy") / "project")
    names = files()
    assert set(names) == {f"mart_{ID}.sql", f"mart_{ID}.yml"}
    for name, text in (names | in_two_series()).items():
        (project / "dbt_project" / "models" / "marts" / "sociaal" / name).write_text(text, encoding="utf-8")
    home = Path(shutil.copytree(demo_night[0].home, project.parent / "home", symlinks=True))
    (home / "demo" / "inbox" / "maatwerk_schooladvies.csv").write_text(delivery(home), encoding="utf-8")
    for words in (["prepare"], ["run", "--edition", "2024"]):
        told = call(project, home, "-m", "nplv_orchestration.cli", *words)
        assert told.returncode == 0, told.stderr
    return project, home


def call(project: Path, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python in the copy, which goes before the project that is installed."""
    environment = os.environ | {"NPLV_HOME": str(home), "PYTHONPATH": str(project)}
    return subprocess.run([sys.executable, *words], cwd=project, env=environment, capture_output=True, text=True, check=False)


def test_it_stands_in_the_marts_with_its_checks(copied: tuple[Path, Path]) -> None:
    with duckdb.connect(str(copied[1] / "published" / "current" / "openbaar" / "nplv.duckdb"), read_only=True) as connection:
        value = connection.execute(f"SELECT value, status FROM marts.mart_{ID} WHERE geo_level = 'nplv' AND year = 2024").fetchone()
        assert value == (pytest.approx(36.0), "definitief")
        both = connection.execute(
            f"SELECT count(DISTINCT geo_level) FROM marts.indicator_values WHERE indicator_id = '{ID}' AND value IS NOT NULL"
        ).fetchone()
        assert both == (5,)
        checks = connection.execute(f"SELECT outcome, decision, count(*) FROM quality.check_results WHERE mart = 'mart_{ID}' GROUP BY ALL").fetchall()
        assert checks == [("passed", "vrijgegeven", 24)]
        trend = connection.execute(
            "SELECT change_start1, break_start1, verdict_start1 FROM marts.indicator_trends_by_year WHERE up_to_year = 2023 AND geo_level = 'nplv' "
            f"AND indicator_id = '{ID}'"
        ).fetchone()
        assert trend == (pytest.approx(5.0), None, "verbeterd")
        over = connection.execute(
            f"SELECT change_start1, verdict FROM marts.indicator_trends_by_year WHERE up_to_year = 2024 AND geo_level = 'nplv' AND indicator_id = '{ID}'"
        ).fetchone()
        assert over == (None, "niet te bepalen"), "a break lies between"


def test_it_stands_in_the_table_and_on_the_page(copied: tuple[Path, Path]) -> None:
    edition = copied[1] / "editions" / "2024" / "current"
    rows = list(csv.DictReader((edition / "overzichtstabel.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 19
    advice, income = rows[-2], rows[-1]
    assert float(advice["latest_value"]) == pytest.approx(36.0)
    assert "breuk in 2024, waarover niet wordt vergeleken" in advice["remarks"]
    assert (income["indicator_id"], income["latest_year"]) == ("inkomen_tweemaal", "2023"), "of several series the first is that of the table"
    assert "Schooladvies havo of hoger" in (edition / "voortgangsoverzicht.html").read_text(encoding="utf-8")
    sheet = pd.read_excel(edition / "overzichtstabel.xlsx", sheet_name="Sociaal", header=None)
    assert "Schooladvies havo of hoger" in set(sheet[0])


def test_it_stands_in_the_ui(copied: tuple[Path, Path]) -> None:
    told = call(*copied, "-c", SPECS)
    assert told.returncode == 0, told.stderr
    spec = json.loads(told.stdout)
    assert spec["description"].startswith("Indicator 18: Schooladvies havo of hoger. Het aandeel leerlingen")
    assert (spec["group"], spec["tags"]["actielijn"], spec["tags"]["lijst"]) == ("sociaal", "sociaal", "kandidaat")
    assert len(spec["checks"]) == 9


def test_it_stands_in_the_page_of_the_docs(copied: tuple[Path, Path]) -> None:
    told = call(*copied, "-m", "nplv_orchestration.cli", "indicators", "--markdown")
    assert "## 18 schooladvies_havo_vwo" in told.stdout


def test_two_series_are_never_joined(copied: tuple[Path, Path]) -> None:
    with duckdb.connect(str(copied[1] / "published" / "current" / "openbaar" / "nplv.duckdb"), read_only=True) as connection:
        years = connection.execute("SELECT series, min(year), max(year) FROM marts.mart_inkomen_tweemaal GROUP BY ALL ORDER BY ALL").fetchall()
        assert years == [("nieuw", 2021, 2025), ("oud", 2018, 2020)]
        apart = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE t.value IS DISTINCT FROM m.value) FROM marts.mart_inkomen_tweemaal AS t "
            "JOIN marts.mart_inkomen AS m USING (geo_level, geo_code, year)"
        ).fetchone()
        assert apart and apart[0] == 40 and apart[1] == 0
        trends = connection.execute(
            "SELECT series, start1_year, latest_year FROM marts.indicator_trends WHERE indicator_id = 'inkomen_tweemaal' AND geo_level = 'nederland' ORDER BY ALL"
        ).fetchall()
        assert trends == [("nieuw", 2021, 2023), ("oud", None, 2020)]
