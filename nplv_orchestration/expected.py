"""What the programme has yet to deliver before the data cut-off of an edition: which results, the grant, milestones, and answers to the survey.

It looks at what lies in the archive. That somebody is reminded of it is in `attention`, where it is shown in `assets.raw`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from nplv_orchestration.archive import Archive
from nplv_orchestration.edition import life
from nplv_orchestration.home import Home
from nplv_orchestration.programme import Programme

TABLES = ("programma_resultaten", "programma_mijlpalen", "programma_spuk", "programma_enquete")


@dataclass(frozen=True)
class Awaited:
    """What an edition still waits for of one source table, in Dutch. year: of the letter; until: its data cut-off."""

    table: str
    year: int
    until: date
    text: str


def awaited(home: Home, archive: Archive, programme: Programme, today: date, tables: Iterable[str] = TABLES) -> list[Awaited]:
    """What is not there yet of these source tables, for each edition whose data cut-off is set and not past."""
    looked_at = [table for table in TABLES if table in tables]
    known = archive.current("focus_areas")
    areas = known.rows if known else 0
    found = []
    for folder in sorted(home.editions.glob("[0-9]*")) if looked_at else ():
        now = life.standing(life.read(folder))
        if now.cut_off and now.cut_off >= today and not now.is_frozen:
            year = int(folder.name)
            lacking = ((table, _lacking(archive, programme, areas, table, year)) for table in looked_at)
            found += [Awaited(table, year, now.cut_off, text) for table, text in lacking if text]
    return found


def _lacking(archive: Archive, programme: Programme, areas: int, table: str, year: int) -> str:
    """What a table has not yet of a round; empty when all is there."""
    match table:
        case "programma_resultaten":
            delivered = {id for (id,) in _rows(archive, table, "DISTINCT result_id", year)}
            names = [one.name_nl for one in programme.results if one.id not in delivered]
            return f"{len(names)} van de {len(programme.results)} resultaten: {'; '.join(names)}" if names else ""
        case "programma_mijlpalen":
            return "" if _rows(archive, table, "1", year) else "de mijlpalen"
        case "programma_spuk":
            return "" if _rows(archive, table, "1", year) else "de stand van de uitkering Kansrijke Wijk"
        case _:
            answered = len(_rows(archive, table, "DISTINCT area", year))
            return f"de enquête van {areas - answered} van de {areas} programmabureaus" if answered < areas else ""


def _rows(archive: Archive, key: str, columns: str, year: int) -> list[tuple[Any, ...]]:
    """What the version in use of a table has of a round; nothing when there is none."""
    import duckdb

    manifest = archive.current(key)
    if manifest is None:
        return []
    with duckdb.connect() as connection:
        return connection.execute(f"SELECT {columns} FROM read_parquet(?) WHERE round = ?", [str(archive.path(manifest)), year]).fetchall()
