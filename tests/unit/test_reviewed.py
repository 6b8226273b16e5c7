"""The reviewed files, areas and corrections: what is taken over, and what is refused by name."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from nplv_orchestration.archive import Archive, TableState
from nplv_orchestration.configuration import FOLDER, OWN
from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.manifest import PROJECT
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import BY_KEY, REGISTRY
from nplv_orchestration.sources.reviewed import areas

AREAS, REGIONS, CORRECTIONS = BY_KEY["focus_areas"], BY_KEY["focus_area_regions"], BY_KEY["corrections"]
LINE = "politie_misdrijven,BU03630000,2023,0.0.0,120,12,een nul te veel,2026-01-31,gemeld"


@pytest.fixture
def publishers(tmp_path: Path) -> Publishers:
    """A home whose reviewed files are a copy of the real ones, to do something to."""
    reviewed = Path(shutil.copytree(FOLDER / OWN, tmp_path / "reviewed"))
    return Publishers(Settings(home=tmp_path), Archive(tmp_path / "archive"), Http(), reviewed=reviewed)


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
        (REGIONS, "BU0363FA01", "BU0363FA02", "Monitor afbakening: two rows for BU0363FA02"),
        (AREAS, ",166,good", ",honderd,good", "focus_areas.csv, line 2, inhabitants_2025_x1000: found 'honderd', expected a number"),
        (AREAS, "GM0363,Amsterdam,166", ",Amsterdam,166", "focus_areas.csv, line 2, municipality_code: found '', expected a text of one line"),
        (AREAS, "arnhem-oost", "amsterdam-zuidoost", "Monitor gebieden: two rows for amsterdam-zuidoost"),
    ],
)
def test_what_is_not_right_is_refused_by_name_and_the_last_version_stays(publishers: Publishers, table, find: str, put: str, said: str) -> None:
    path = publishers.reviewed / table.path
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


def written(publishers: Publishers, *lines: str) -> TableState:
    """How the register of corrections with these lines is taken over."""
    head = (FOLDER / OWN / CORRECTIONS.path).read_text(encoding="utf-8").splitlines()[0]
    (publishers.reviewed / CORRECTIONS.path).write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return refresh(CORRECTIONS, publishers)


def test_corrections_are_taken_over_and_dropped_again(publishers: Publishers) -> None:
    assert refresh(CORRECTIONS, publishers).state == "fresh"  # the real one, with its head alone
    ended = written(
        publishers, '"cbs_kwb_2024",NL00,2024,woz,,379.5,"geen cijfer, wel gepubliceerd",2026-01-31,"CBS, mail"', LINE.replace(",12,", ",,")
    )
    assert ended.state == "fresh" and ended.manifest
    assert (ended.manifest.rows, ended.manifest.years) == (2, [])
    first, second = pq.read_table(publishers.archive.path(ended.manifest)).to_pylist()
    assert first == {
        "source_key": "cbs_kwb_2024", "region_code": "NL00", "period": "2024", "measure": "woz", "expected": None, "used": 379.5,
        "reason": "geen cijfer, wel gepubliceerd", "since": "2026-01-31", "reference": "CBS, mail",
    }  # fmt: skip
    assert (second["expected"], second["used"]) == (120, None)
    mended = written(publishers)
    assert mended.state == "fresh" and mended.manifest and mended.manifest.rows == 0


@pytest.mark.parametrize(("content", "said"), [(b"area_id,area_name\nx,y\n", "its columns must be"), (b"\xff\xfe", "not UTF-8 text")])
def test_areas_that_are_wrong_are_one_line_for_deliveries_too(publishers: Publishers, content: bytes, said: str) -> None:
    (publishers.reviewed / AREAS.path).write_bytes(content)
    with pytest.raises(SourceRefused, match=said):
        areas(publishers.reviewed)


def test_no_other_file_may_be_empty(publishers: Publishers) -> None:
    path = publishers.reviewed / AREAS.path
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(SourceRefused, match="Monitor gebieden: no rows came"):
        refresh(AREAS, publishers)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (LINE.replace("politie_", "politei_"), "source_key: found 'politei_misdrijven', expected the key of a table whose figures can be corrected"),
        (
            LINE.replace("politie_misdrijven", "corrections"),
            "source_key: found 'corrections', expected the key of a table whose figures can be corrected",
        ),
        (
            LINE.replace("politie_misdrijven", "cbs_maatwerk"),
            "source_key: found 'cbs_maatwerk', expected the key of a table whose figures can be corrected",
        ),
        (
            LINE.replace("BU03630000", "delft-west"),
            "region_code: found 'delft-west', expected the code of a region of a publisher: NL00, GM, WK or BU",
        ),
        (LINE.replace("2023", "2023JJ00"), "period: found '2023JJ00', expected a year"),
        (LINE.replace("0.0.0", ""), "measure: found '', expected a text of one line"),
        (LINE.replace(",120,", ',"120,5",'), "expected: found '120,5', expected a number with a decimal point, or nothing where there is no figure"),
        (LINE.replace(",12,", ",.,"), "used: found '.', expected a number with a decimal point, or nothing where there is no figure"),
        (LINE.replace(",12,", ",1e3,"), "used: found '1e3', expected a number with a decimal point, or nothing where there is no figure"),
        (LINE.replace(",12,", ",120.0,"), "used: found '120', expected another figure than the publisher's"),
        (LINE.replace(",120,12,", ",,,"), "used: found '', expected another figure than the publisher's"),
        (LINE.replace("een nul te veel", " "), "reason: found '', expected a text of one line"),
        (LINE.replace("2026-01-31", "2026-02-31"), "since: found '2026-02-31', expected a date such as 2026-01-31"),
        (LINE.replace("2026-01-31", "31-01-2026"), "since: found '31-01-2026', expected a date such as 2026-01-31"),
    ],
)
def test_a_wrong_correction_is_refused_by_line_and_column(publishers: Publishers, line: str, said: str) -> None:
    good = LINE.replace("2023", "2022")
    with pytest.raises(SourceRefused) as caught:
        written(publishers, good, line)
    assert str(caught.value) == f"corrections.csv, line 3, {said}"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((LINE, LINE.replace(",12,", ",13,")), "Monitor correcties: two rows for politie_misdrijven, BU03630000, 2023, 0.0.0"),
        ((LINE, f"{LINE},x"), "corrections.csv, line 3: another number of cells than the head"),
        ((LINE.replace("een nul", '"een nul'), LINE), "corrections.csv, after line 1: unexpected end of data"),  # a quote that never closes
    ],
)
def test_a_correction_twice_or_half_is_refused(publishers: Publishers, lines: tuple[str, str], said: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        written(publishers, *lines)
    assert str(caught.value) == said


def test_what_can_be_corrected_is_what_staging_corrects() -> None:
    models = (PROJECT / "models" / "staging").glob("*.sql")
    applied = {name for path in models for name in re.findall(r"corrected\('(\w+)'\)", path.read_text(encoding="utf-8"))}
    assert applied == {table.relation for table in REGISTRY if table.is_correctable}
    judged = (PROJECT / "models" / "intermediate" / "int_corrections.sql").read_text(encoding="utf-8")
    assert set(re.findall(r"corrections_judged\('(\w+)'\)", judged)) == applied


def test_a_file_that_is_gone_is_named(publishers: Publishers) -> None:
    (publishers.reviewed / AREAS.path).unlink()
    with pytest.raises(SourceRefused, match=r"focus_areas.csv is not there; restore it from the programme's configuration"):
        refresh(AREAS, publishers)
