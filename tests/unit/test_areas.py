"""The files that say which areas there are: what is taken over, and what is refused by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from nplv_orchestration.archive import Archive
from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.areas import REAL
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import BY_KEY

AREAS, REGIONS = BY_KEY["focus_areas"], BY_KEY["focus_area_regions"]


@pytest.fixture
def publishers(tmp_path: Path) -> Publishers:
    """A home whose areas are a copy of the real ones, to do something to."""
    areas = Path(shutil.copytree(REAL, tmp_path / "areas"))
    return Publishers(Settings(home=tmp_path), Archive(tmp_path / "archive"), Http(), areas=areas)


def test_the_real_areas_are_taken_over_once(publishers: Publishers) -> None:
    for table, rows in ((AREAS, 20), (REGIONS, 511)):
        first, again = refresh(table, publishers), refresh(table, publishers)
        assert (first.state, again.state) == ("fresh", "unchanged")
        assert first.manifest and first.manifest.rows == rows
    assert first.manifest.boundary_year == 2024
    read = pq.read_table(publishers.archive.path(first.manifest)).to_pylist()
    assert read[0] == {"area_id": "amsterdam-nieuw-west", "region_code": "BU0363FA01"}


@pytest.mark.parametrize(
    ("table", "find", "put", "said"),
    [
        (REGIONS, "area_id,region_code", "area,region_code", "focus_area_regions.csv: its columns must be area_id, boundary_year, region_code"),
        (REGIONS, "BU0363FA01,2024", "BU0363FA01,2023", "focus_area_regions.csv, line 2: boundaries of 2023, the registry says 2024"),
        (REGIONS, "BU0363FA01,2024", "BU0363FA01", "focus_area_regions.csv, line 2: another number of cells than the head"),
        (REGIONS, "BU0363FA01,2024", "BU0363FA01,2024,x", "focus_area_regions.csv, line 2: another number of cells than the head"),
        (REGIONS, "BU0363FA01", "BU0363FA02", "Monitor NPLV afbakening: two rows for BU0363FA02"),
        (AREAS, ",166,good", ",honderd,good", "focus_areas.csv, line 2, inhabitants_2025_x1000: found 'honderd', expected a number"),
        (AREAS, "GM0363,Amsterdam,166", ",Amsterdam,166", "focus_areas.csv, line 2, municipality_code: found '', expected a text"),
        (AREAS, "arnhem-oost", "amsterdam-zuidoost", "Monitor NPLV focusgebieden: two rows for amsterdam-zuidoost"),
    ],
)
def test_what_is_not_right_is_refused_by_name_and_the_last_version_stays(publishers: Publishers, table, find: str, put: str, said: str) -> None:
    path = publishers.areas / table.path
    good = path.read_text(encoding="utf-8")
    assert find in good
    path.write_text(good.replace(find, put, 1), encoding="utf-8")
    with pytest.raises(SourceRefused) as caught:
        refresh(table, publishers)
    assert str(caught.value) == said
    path.write_text(good, encoding="utf-8")
    assert refresh(table, publishers).state == "fresh"
    path.write_text(good.replace(find, put, 1), encoding="utf-8")
    later = refresh(table, publishers)
    assert (later.state, later.detail) == ("refused", said)


def test_a_file_that_is_gone_is_named(publishers: Publishers) -> None:
    (publishers.areas / AREAS.path).unlink()
    with pytest.raises(SourceRefused, match=r"focus_areas.csv is not there; restore it from the project"):
        refresh(AREAS, publishers)
