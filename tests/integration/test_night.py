"""A whole night on real figures, against what is known of them."""

from __future__ import annotations

import json
import re
import urllib.request
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from nplv_orchestration.home import Home
from nplv_orchestration.run import run_night
from nplv_orchestration.sources.registry import REGISTRY
from nplv_orchestration.sums import problems
from tests.real import Night, settings_for


def value(night: Night, indicator: str, year: int, geo: str = "nplv") -> dict[str, object]:
    database = Home.of(night[0]).current / "openbaar" / "nplv.duckdb"
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        found = connection.execute(
            "SELECT * FROM marts.indicator_values WHERE indicator_id = ? AND year = ? AND geo_level = ?", [indicator, year, geo]
        )
        names = [c[0] for c in found.description]
        rows = found.fetchall()
    assert len(rows) == 1
    return dict(zip(names, rows[0], strict=True))


@pytest.mark.parametrize(
    ("indicator", "year", "geo", "expected"),
    [
        ("lbm_zwak_aandeel", 2024, "nplv", 54.6),
        ("lbm_zwak_aandeel", 2024, "nederland", 9.2),
        ("ervaren_gezondheid", 2022, "nplv", 59.8),
        ("ervaren_gezondheid", 2022, "nederland", 69.0),
        ("misdrijven", 2023, "nplv", 64.8),
    ],
)
def test_known_figures(night: Night, indicator: str, year: int, geo: str, expected: float) -> None:
    assert round(float(str(value(night, indicator, year, geo)["value"])), 1) == expected


def test_relative_value_of_dwellings(night: Night) -> None:
    assert 74.5 <= float(str(value(night, "woz_relatief", 2024)["value"])) <= 75.2


def test_crimes_over_residents_of_another_year_are_provisional_and_guessed(night: Night) -> None:
    row = value(night, "misdrijven", 2023)
    assert (row["status"], row["weight_year"], row["region_quality"]) == ("voorlopig", 2024, "geraden")
    missing = value(night, "misdrijven", 2021)
    assert (missing["value"], missing["status"]) == (None, "ontbreekt")
    assert missing["status_reason"]


def test_what_is_not_there_is_missing_with_a_reason_and_the_edition_says_so(night: Night) -> None:
    for indicator in ("armoede_kinderen", "energielabel_efg", "bijstand", "misdrijven_hic", "arbeidsparticipatie"):
        row = value(night, indicator, 2024)
        assert (row["value"], row["status"]) == (None, "ontbreekt")
        assert row["status_reason"]
    page = (night[1].edition / "voortgangsoverzicht.html").read_text(encoding="utf-8")
    assert "Wat ontbreekt" in page
    assert all(line.split(":")[0].replace("'", "&#39;") in page for line in night[1].missing)
    assert not problems(night[1].edition)


def test_the_public_database_holds_no_area(night: Night) -> None:
    home = Home.of(night[0])
    for part, has_areas in (("openbaar", False), ("intern", True)):
        with duckdb.connect(str(home.current.resolve() / part / "nplv.duckdb"), read_only=True) as connection:
            assert connection.execute("SELECT count(*) > 0 FROM marts.indicator_values WHERE geo_level = 'gebied'").fetchone() == (has_areas,)
            columns = {row[0] for row in connection.execute("DESCRIBE areas.focus_areas").fetchall()}
            assert ("inhabitants_2025_x1000" in columns) is has_areas
            assert {"area_id", "area_name", "municipality_code", "municipality_name"} <= columns


def test_a_second_night_asks_one_question_a_table_and_changes_nothing(night: Night, home_of: Path, publishers: str) -> None:
    def asked() -> Counter[str]:
        with urllib.request.urlopen(f"{publishers}/stats") as answer:
            stats = json.load(answer)
        return Counter(
            {name.removeprefix("requests "): n for name, n in stats.items() if name.startswith("requests ") and not name.endswith("/stats")}
        )

    settings = settings_for(publishers, home_of)
    before, stages, told = asked(), [], (home_of / "alerts" / "told.json").read_bytes()
    again = run_night(settings, 2024, lambda stage, detail="", done=0, total=0: stages.append(stage))
    grown = asked() - before
    assert again.version == night[1].version
    assert set(grown.values()) == {1}
    names = {re.sub(r"\d{4,8}", "", path.rsplit("/", 1)[1]) for path in grown}
    assert names == {"Properties", "TableInfos", "open-data-leefbaarometer-meting-.zip", "-cbs-pc6huisnr_buurt.zip"}
    assert len(grown) == len([table for table in REGISTRY if table.is_asked])
    assert not {"modellen", "controles", "verwachtingen", "ontwikkeling"} & set(stages)
    assert sorted(path.name for path in (home_of / "published").iterdir()) == sorted(["current", "history.jsonl", night[1].version])
    assert (home_of / "alerts" / "told.json").read_bytes() == told  # nothing new, so nobody is told anything
    sums = Path("editions", "2024", "r1", "SHA256SUMS")
    assert (home_of / sums).stat().st_mtime_ns == (night[0].home / sums).stat().st_mtime_ns
