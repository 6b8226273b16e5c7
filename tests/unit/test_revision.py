"""What a new version changed: rows that a person can count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nplv_orchestration.errors import NplvError, SourceRefused
from nplv_orchestration.sources.registry import BY_KEY, SourceTable
from nplv_orchestration.sources.revision import Moved, compare, refuse_loss

HEALTH, SCORES, MAATWERK, ADDRESSES, LABELS, KWB = (
    BY_KEY[key] for key in ("rivm_gezondheid", "leefbaarometer", "cbs_maatwerk", "cbs_addresses_2024", "eponline_labels", "cbs_kwb_2024")
)
KINDS = {"VARCHAR": pa.string(), "DOUBLE": pa.float64(), "INTEGER": pa.int32(), "DATE": pa.date32()}
VALUE, LOWER = "MW00000", "MOG0095"


def version(path: Path, table: SourceTable, rows: list[dict[str, Any]]) -> Path:
    """A version of a table as the archive holds it; columns that a row does not name are empty."""
    schema = pa.schema([(name, KINDS[kind]) for name, kind in table.columns.items()])
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)
    return path


def moved(folder: Path, table: SourceTable, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[Moved]:
    return compare(table, version(folder / "before", table, before), version(folder / "after", table, after))


def health(*rows: tuple[str, int, str, float | None], status: str = "Definitief") -> list[dict[str, Any]]:
    return [
        {"region_code": code, "period": f"{year}JJ00", "period_status": status, "margin": margin, "value": value}
        for code, year, margin, value in rows
    ]


def test_rows_and_figures_are_told_by_year_and_part(tmp_path: Path) -> None:
    before = health(
        ("A", 2020, VALUE, 70.0), ("A", 2022, VALUE, 71.0), ("B", 2022, VALUE, 60.0), ("C", 2022, VALUE, None), ("D", 2022, VALUE, 50.0),
        ("E", 2022, VALUE, 44.0), ("A", 2022, LOWER, 65.0),
    )  # fmt: skip
    after = health(
        ("A", 2020, VALUE, 70.0),  # as it was
        ("A", 2022, VALUE, 74.0),  # 3 up
        ("E", 2022, VALUE, 43.0),  # 1 down
        ("C", 2022, VALUE, 66.0),  # filled
        ("D", 2022, VALUE, None),  # emptied; and B is gone
        ("F", 2022, VALUE, 80.0), ("G", 2022, VALUE, None),  # added, one of them without a figure
        ("A", 2022, LOWER, 65.0),
        ("A", 2024, VALUE, 72.0),  # a new year
    )  # fmt: skip
    assert moved(tmp_path, HEALTH, before, after) == [
        Moved(2020, VALUE, rows_before=1, added=0, gone=0, changed=0, restated=0, known_before=1, known_after=1, largest=None, mean=None),
        Moved(2022, LOWER, rows_before=1, added=0, gone=0, changed=0, restated=0, known_before=1, known_after=1, largest=None, mean=None),
        Moved(2022, VALUE, rows_before=5, added=2, gone=1, changed=4, restated=5, known_before=4, known_after=4, largest=3.0, mean=1.0),
        Moved(2024, VALUE, rows_before=0, added=1, gone=0, changed=0, restated=0, known_before=0, known_after=1, largest=None, mean=None),
    ]


def test_each_column_of_figures_is_a_part(tmp_path: Path) -> None:
    row = {"region_code": "BU1", "year": 2024, "afw": 0.1, "fys": 0.2, "onv": 0.0, "soc": 0.0, "vrz": 0.0, "won": 0.0}
    found = moved(tmp_path, SCORES, [row], [row | {"fys": 0.5, "class": 4}])
    assert [one.part for one in found] == ["afw", "fys", "onv", "soc", "vrz", "won"]
    assert [(one.part, one.changed, one.largest) for one in found if not one.is_nothing] == [("fys", 1, pytest.approx(0.3))]


def test_numerator_and_denominator_of_an_indicator_are_told_apart(tmp_path: Path) -> None:
    row = {"indicator_id": "armoede", "year": 2023, "geo_level": "gebied", "geo_code": "x", "numerator": 10.0, "denominator": 100.0}
    found = moved(tmp_path, MAATWERK, [row], [row | {"denominator": 90.0}])
    assert [(one.part, one.changed, one.mean) for one in found] == [("armoede, numerator", 0, None), ("armoede, denominator", 1, -10.0)]


def test_provisional_figures_may_change(tmp_path: Path) -> None:
    provisional, final = health(("A", 2022, VALUE, 71.0), status="Voorlopig"), health(("A", 2022, VALUE, 74.0))
    assert [(one.changed, one.restated) for one in moved(tmp_path, HEALTH, provisional, final)] == [(1, 0)]
    assert [(one.changed, one.restated) for one in moved(tmp_path, HEALTH, final, provisional)] == [(1, 1)]


def test_a_table_without_figures_tells_what_became_of_its_rows(tmp_path: Path) -> None:
    def addresses(*codes: str) -> list[dict[str, Any]]:
        return [{"postcode": "1011AB", "house_number": number, "region_code": code} for number, code in enumerate(codes)]

    assert moved(tmp_path, ADDRESSES, addresses("BU1", "BU1", "BU2"), addresses("BU1", "BU3")) == [
        Moved(None, "region_code", rows_before=3, added=0, gone=1, changed=1, restated=2, known_before=3, known_after=2, largest=None, mean=None)
    ]


def test_a_table_without_a_grain_is_counted(tmp_path: Path) -> None:
    from datetime import date

    def labels(count: int, year: int) -> list[dict[str, Any]]:
        return [{"dwelling_id": "1", "label": "A", "reference_date": date(year, 12, 1)}] * count

    assert moved(tmp_path, LABELS, labels(12, 2026), labels(15, 2027)) == [Moved(None, "rijen", 12, 3, 0, 0, 0, 12, 15, None, None)]
    found = moved(tmp_path, LABELS, labels(12, 2026), labels(10, 2027))
    assert found == [Moved(None, "rijen", 12, 0, 2, 0, 0, 12, 10, None, None)]


def test_a_year_that_went_is_a_loss() -> None:
    with pytest.raises(SourceRefused, match="no rows of 2026"):
        refuse_loss(HEALTH, [2026], [2027], [])


def test_versions_of_other_columns_are_not_compared(tmp_path: Path) -> None:
    before = tmp_path / "before"
    pq.write_table(pa.table({"region_code": ["A"], "value": [1.0]}), before)
    after = version(tmp_path / "after", HEALTH, health(("A", 2022, VALUE, 1.0)))
    assert compare(HEALTH, before, after) == []
    assert compare(HEALTH, after, before) == []
    assert len(compare(HEALTH, after, after)) == 1


GOOD = Moved(2022, VALUE, rows_before=100, added=0, gone=0, changed=0, restated=0, known_before=50, known_after=50, largest=None, mean=None)


def with_(**changed: Any) -> Moved:
    from dataclasses import replace

    return replace(GOOD, **changed)


@pytest.mark.parametrize(
    "one",
    [
        GOOD, with_(gone=10), with_(known_after=45), with_(changed=100), with_(added=50), with_(rows_before=9, gone=9, known_before=9, known_after=0),
        with_(known_before=9, known_after=0),
    ],
)  # fmt: skip
def test_a_tenth_may_go_and_so_may_the_few(one: Moved) -> None:
    refuse_loss(HEALTH, [2022], [2022, 2024], [one])


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (with_(gone=11), "RIVM 50150NED, 2022, MW00000: 11 of 100 rows of the last version are gone"),
        (with_(gone=11, added=11), "RIVM 50150NED, 2022, MW00000: 11 of 100 rows of the last version are gone"),
        (with_(known_after=44), "RIVM 50150NED, 2022, MW00000: 44 figures, where the last version had 50"),
        (with_(rows_before=10, gone=2), "2 of 10 rows"),
        (with_(known_before=10, known_after=8), "8 figures, where the last version had 10"),
    ],
)
def test_more_than_a_tenth_is_half_a_release(one: Moved, said: str) -> None:
    with pytest.raises(SourceRefused, match=f"{said}.*; if that is meant, give the table a new key in the registry"):
        refuse_loss(HEALTH, [2022], [2022], [GOOD, one])


def test_a_loss_in_a_table_of_one_year_names_that_year() -> None:
    with pytest.raises(SourceRefused, match="CBS 85984NED, 2024, residents: 20 of 100 rows"):
        refuse_loss(KWB, [2024], [2024], [with_(year=None, part="residents", gone=20)])


FIGURE = st.none() | st.sampled_from([0.0, 1.0, 2.5])
VERSION = st.dictionaries(st.tuples(st.sampled_from("ABCDE"), st.sampled_from([2020, 2022])), FIGURE, max_size=8)


@settings(max_examples=30, deadline=None)
@given(VERSION, VERSION)
def test_counts_add_up_to_the_two_versions(tmp_path_factory: pytest.TempPathFactory, before: Any, after: Any) -> None:
    rows = [health(*((code, year, VALUE, value) for (code, year), value in side.items())) for side in (before, after)]
    found = {one.year: one for one in moved(tmp_path_factory.mktemp("v"), HEALTH, *rows)}
    assert set(found) == {year for side in (before, after) for _, year in side}
    for year, one in found.items():
        old, new = ({code: v for (code, y), v in side.items() if y == year} for side in (before, after))
        assert (one.rows_before, one.added, one.gone) == (len(old), len(new.keys() - old.keys()), len(old.keys() - new.keys()))
        assert one.changed == sum(old[code] != new[code] for code in old.keys() & new.keys())
        assert (one.known_before, one.known_after) == tuple(sum(v is not None for v in side.values()) for side in (old, new))


def test_a_damaged_version_is_named(tmp_path: Path) -> None:
    good, damaged = tmp_path / "good", tmp_path / "damaged"
    version(good, HEALTH, health(("A", 2020, VALUE, 70.0)))
    damaged.write_bytes(good.read_bytes()[:-100])
    with pytest.raises(NplvError, match=r"RIVM 50150NED: .*damaged cannot be compared with a new version .*; restore it, or remove it and run again"):
        compare(HEALTH, damaged, good)
