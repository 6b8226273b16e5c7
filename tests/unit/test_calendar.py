"""Until when a table is fresh, by its publisher's calendar."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from nplv_orchestration.archive import Archive, Manifest
from nplv_orchestration.sources.calendar import Freshness, freshness
from nplv_orchestration.sources.registry import BY_KEY, REGISTRY
from tests.unit.test_archive import MANIFEST


def there(archive: Archive, key: str, *years: int) -> Manifest:
    table = BY_KEY[key]
    draft = archive.draft(key)
    draft.write_bytes(key.encode())
    return archive.store(draft, replace(MANIFEST, key=key, relation=table.relation, years=list(years), period=table.period))


def test_a_table_of_many_years_is_fresh_while_its_next_year_is_not_due(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    there(archive, "politie_misdrijven", 2023, 2024)
    found = freshness(BY_KEY["politie_misdrijven"], archive)
    assert found == Freshness(newest=2024, next=2025, until=date(2026, 7, 1), in_registry=True)
    assert not found.is_late(date(2026, 6, 30)) and found.is_late(date(2026, 7, 1))
    assert found.told(date(2026, 6, 30)) == "vers tot 2026-07-01: dan moeten de cijfers over 2025 er zijn"
    assert found.told(date(2026, 7, 1)) == "te laat: de cijfers over 2025 hadden er op 2026-07-01 moeten zijn; vraag de uitgever"


def test_one_that_is_measured_every_other_year_is_fresh_for_longer(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    there(archive, "rivm_gezondheid", 2022, 2024)
    found = freshness(BY_KEY["rivm_gezondheid"], archive)
    assert found and (found.next, found.until) == (2026, date(2028, 4, 1))


@pytest.mark.parametrize("relation", ["cbs_kwb", "cbs_addresses"])
def test_of_tables_of_one_year_each_the_newest_waits_for_the_next(tmp_path: Path, relation: str) -> None:
    archive = Archive(tmp_path)
    there(archive, f"{relation}_2023", 2023)
    there(archive, f"{relation}_2024", 2024)
    assert freshness(BY_KEY[f"{relation}_2023"], archive) is None
    found = freshness(BY_KEY[f"{relation}_2024"], archive)
    assert found and (found.newest, found.next, found.in_registry) == (2024, 2025, True)
    there(archive, f"{relation}_2025", 2025)
    found = freshness(BY_KEY[f"{relation}_2025"], archive)
    assert found and (found.next, found.in_registry) == (2026, False)
    assert found.told(found.until).endswith("zet de tabel van dat jaar in het register (nplv_orchestration/sources/registry.py)")


def test_what_follows_no_calendar_is_neither_fresh_nor_late(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    for key in ("waivers", "programma_resultaten"):
        there(archive, key)
        assert freshness(BY_KEY[key], archive) is None
    assert freshness(BY_KEY["leefbaarometer"], archive) is None  # never there


def test_all_that_is_asked_of_a_publisher_has_a_rhythm_which_is_no_part_of_what_is_asked() -> None:
    assert not [table.key for table in REGISTRY if table.is_asked and table.rhythm is None]
    table = BY_KEY["politie_misdrijven"]
    assert replace(table, rhythm=None).request == table.request
