"""What the programme has yet to deliver before the data cut-off of an edition: which results, the grant, milestones, and answers to the survey.

It looks at what lies in the archive. That somebody is reminded of it is in `attention`, where it is shown in `assets.raw`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from nplv_orchestration.archive import Archive
from nplv_orchestration.edition import life
from nplv_orchestration.home import Home
from nplv_orchestration.programme import Programme


@dataclass(frozen=True)
class Awaited:
    """What an edition still waits for of one source table, in Dutch. year: of the letter; until: its data cut-off."""

    table: str
    year: int
    until: date
    text: str


def awaited(home: Home, archive: Archive, programme: Programme, today: date) -> list[Awaited]:
    """What is not there yet, of each edition whose data cut-off is set and not past."""
    found = []
    known = archive.current("focus_areas")
    areas = known.rows if known else 0
    for folder in sorted(home.editions.glob("[0-9]*")):
        now = life.standing(life.read(folder))
        if now.cut_off and now.cut_off >= today and not now.is_frozen:
            year = int(folder.name)
            found += [Awaited(table, year, now.cut_off, text) for table, text in _lacking(archive, programme, areas, year)]
    return found


def _lacking(archive: Archive, programme: Programme, areas: int, year: int) -> Iterator[tuple[str, str]]:
    delivered = {id for (id,) in _rows(archive, "programma_resultaten", "DISTINCT result_id", year)}
    names = [one.name_nl for one in programme.results if one.id not in delivered]
    if names:
        yield "programma_resultaten", f"{len(names)} van de {len(programme.results)} resultaten: {'; '.join(names)}"
    for table, text in (("programma_mijlpalen", "de mijlpalen"), ("programma_spuk", "de stand van de uitkering Kansrijke Wijk")):
        if not _rows(archive, table, "1", year):
            yield table, text
    answered = len(_rows(archive, "programma_enquete", "DISTINCT area", year))
    if answered < areas:
        yield "programma_enquete", f"de enquête van {areas - answered} van de {areas} programmabureaus"


def _rows(archive: Archive, key: str, columns: str, year: int) -> list[tuple[Any, ...]]:
    """What the version in use of a table has of a round; nothing when there is none."""
    import duckdb

    manifest = archive.current(key)
    if manifest is None:
        return []
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {columns} FROM read_parquet(?) WHERE round = ?", [str(archive.path(manifest)), year]).fetchall()
