"""What the programme has yet to deliver before a data cut-off, and that a person is reminded of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nplv_orchestration import attention
from nplv_orchestration.archive import Archive
from nplv_orchestration.edition import life
from nplv_orchestration.edition.life import Act
from nplv_orchestration.expected import Awaited, awaited
from nplv_orchestration.home import Home
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.deliveries import contacts
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import BY_KEY
from tests.unit.test_inbox import put
from tests.unit.test_programme_deliveries import BY_KIND, ROWS, book

CUT_OFF = date(2025, 8, 1)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with the areas, and an edition whose data cut-off is set."""
    (tmp_path / "inbox").mkdir()
    refresh(BY_KEY["focus_areas"], publishers(tmp_path))
    (tmp_path / "editions" / "2025").mkdir(parents=True)
    life.write(tmp_path / "editions" / "2025", Act("2025-01-01T00:00:00", "sluitingsdatum", 1, "A. Jansen", day=CUT_OFF.isoformat()))
    return Home(tmp_path)


def publishers(folder: Path) -> Publishers:
    return Publishers(Settings(home=folder), Archive(folder / "archive"), Http())


def waited_for(home: Home, today: date = date(2025, 7, 1)) -> list[Awaited]:
    return awaited(home, Archive(home.archive), load_manifest().programme, today)


def test_all_is_awaited_until_the_cut_off_and_of_an_edition_that_has_one(home: Home) -> None:
    found = waited_for(home)
    assert [(one.table, one.year, one.until) for one in found] == [
        (f"programma_{kind}", 2025, CUT_OFF) for kind in ("resultaten", "mijlpalen", "spuk", "enquete")
    ]
    assert found[0].text.startswith("9 van de 9 resultaten: Woningen waarvan de bouw is gestart; ")
    assert found[3].text == "de enquête van 20 van de 20 programmabureaus"
    assert len(waited_for(home, CUT_OFF)) == 4
    assert waited_for(home, date(2025, 8, 2)) == []


def test_what_was_delivered_is_awaited_no_more(home: Home) -> None:
    for kind in ROWS:
        form = BY_KIND[kind]
        put(home.root / "inbox", f"{kind}.xlsx", book(form)[0])
        refresh(BY_KEY[form.table], publishers(home.root))
    results, survey = waited_for(home)
    assert results.text.startswith("7 van de 9 resultaten: Kwetsbare particuliere woningen verbeterd of in aanpak; ")
    assert survey.text == "de enquête van 18 van de 20 programmabureaus"
    archive = Archive(home.archive)
    version = archive.current("programma_spuk")
    assert version and contacts(archive.path(version)) == {"spuk.xlsx": "A. Jansen"}


@pytest.mark.parametrize(("today", "told"), [(date(2025, 6, 1), 0), (date(2025, 6, 6), 4), (CUT_OFF, 4)])
def test_a_person_is_reminded_in_the_eight_weeks_before_the_cut_off(home: Home, today: date, told: int) -> None:
    monitor: Any = SimpleNamespace(home=home, archive=Archive(home.archive), today=today)
    causes = list(attention._awaited(monitor, load_manifest()))
    assert len(causes) == told
    if causes:
        assert causes[-1].kind == "ontbreekt"
        assert causes[-1].text == "voor editie 2025, met sluitingsdatum 2025-08-01, wordt nog verwacht: de enquête van 20 van de 20 programmabureaus"
        assert "nplv inbox template enquete" in causes[-1].todo
