"""What would have been told with what was known on another day: figures and edition made anew from the archive, asking nobody.

The versions of sources of that day are chosen here, and the result is written beside everything else, marked on each page as no edition. How figures are made from
them is in `rebuild`; the code and the models are those of now.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from nplv_orchestration import current, rebuild
from nplv_orchestration.archive import Archive, Manifest, now
from nplv_orchestration.configuration import Configuration
from nplv_orchestration.edition import evidence, life
from nplv_orchestration.edition.build import drafted, write_edition
from nplv_orchestration.edition.table import read
from nplv_orchestration.errors import NplvError, WrongCall, some_of
from nplv_orchestration.home import Home
from nplv_orchestration.nights import AMSTERDAM
from nplv_orchestration.progress import Progress, silent
from nplv_orchestration.publication import RELEASED
from nplv_orchestration.published import facts
from nplv_orchestration.sources.registry import BY_KEY, REGISTRY, SourceTable
from nplv_orchestration.versions import versions

TOLD = "herhaling.json"


@dataclass(frozen=True)
class Replayed:
    """What a replay made. held: the indicators that the gate held back, each with the first reason."""

    folder: Path
    year: int
    version: str
    sources: dict[str, str]
    """Of each table that was there the moment at which the version that counted was fetched."""
    held: dict[str, str]


def replay(
    home: Home,
    programme: Configuration,
    today: date,
    day: date | None = None,
    *,
    sources: Collection[str] = (),
    year: int | None = None,
    out: Path | None = None,
    progress: Progress = silent,
) -> Replayed:
    """Make the figures and the edition of a year from the versions of the sources that were the last good ones at the end of a day in the Netherlands.

    programme: whose home it is, as it is called and chosen now. today: the day that it is for the home. day: default now. sources: the keys of the tables of which it is that day, the others are as they are now; default all.
    year: of the edition, default the newest with figures. out: a folder that is not there yet; default one in the home. Raises WrongCall for a table, a day or a
    folder that cannot be, NplvError when nothing was known then, or nothing could be made of it.
    """
    if unknown := set(sources) - BY_KEY.keys():
        raise WrongCall(f"no table {', '.join(sorted(unknown))}; there are: {', '.join(BY_KEY)}")
    if day and day > life.today():
        raise WrongCall(f"{day} is to come; a replay is of a day that was")
    if sources and not day:
        raise WrongCall("give the day of which these tables are to be; of today they are what they are")
    archive, until = Archive.of(home), day or life.today()
    chosen = [(table, _version(archive, table, day if not sources or table.key in sources else None)) for table in REGISTRY]
    if not any(version for _, version in chosen):
        raise NplvError(f"the archive {archive.root} holds nothing from before the end of {until}; see `nplv sources`")
    what = f"{until}" + (f"-{'-'.join(sorted(sources))}" if sources else "")
    folder = out or home.replays / f"{datetime.now(AMSTERDAM):%Y%m%dT%H%M%S}-{what[:80]}"
    if folder.exists():
        raise WrongCall(f"{folder} is there already; give a folder that is not")
    told = {
        "sources": [_told(table, version, day) for table, version in chosen],
        "published_version": _judged(until if day and not home.demo.exists() else today, until) | programme.facts(),
    }
    with tempfile.TemporaryDirectory() as name, drafted(folder) as draft:
        elsewhere = Home(Path(name).resolve() / "home")
        rebuild.furnish(elsewhere, home, told, _published_until(home, until))
        rebuild.make(elsewhere, told, progress)
        version = elsewhere.current.resolve()
        shutil.copytree(version, draft / "versie")
        made = _edition(version / "openbaar" / "nplv.duckdb", year, _mark(until, sources))
        write_edition(made, draft / "editie", None, None, evidence.provenance(made, "", ""))
        held = {row["indicator_id"]: row["reasons"][0] for row in made.decisions if row["decision"] != RELEASED}
        found = Replayed(folder, made.year, version.name, {table.key: one.fetched_at for table, one in chosen if one}, held)
        text = asdict(found) | {"folder": folder.name, "day": until.isoformat(), "of": sorted(sources) or "all", "made_at": now(), **versions()}
        (draft / TOLD).write_text(json.dumps(text, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return found


def _edition(database: Path, year: int | None, mark: str) -> Any:
    import duckdb

    if year is None:
        with duckdb.connect(str(database), read_only=True) as connection:
            newest = facts(connection)["newest_year"]
        if newest == "None":
            raise NplvError("no indicator had a figure then, so there is no edition")
        year = int(newest)
    return replace(read(database, year), replayed=mark)


def _mark(day: date, sources: Collection[str]) -> str:
    of = f" van {some_of([BY_KEY[key].name for key in sorted(sources)], ', ')}" if sources else ""
    return f"HERHALING met wat op {day.day}-{day.month}-{day.year} bekend was{of}; dit is geen editie"


def _version(archive: Archive, table: SourceTable, day: date | None) -> Manifest | None:
    """The version of a table that counts. Raises NplvError when it was removed since."""
    found = archive.as_of(table.key, _end_of(day)) if day else archive.current(table.key)
    if found and not archive.holds(found):
        raise NplvError(f"{archive.path(found)}, which counted then, is gone or damaged; restore the archive from a backup")
    return found


def _told(table: SourceTable, version: Manifest | None, day: date | None) -> dict[str, Any]:
    """A source as a version tells of it. How the question about it ended on that day is not kept, so it counts as answered."""
    reason = "" if version else f"{table.name}: {f'op {day} ' if day else ''}nog niet in het archief"
    return {
        "key": table.key,
        "sha256": version.sha256 if version else None,
        "fetched_at": version.fetched_at if version else "",
        "state": "unchanged" if version else "not_configured",
        "reason": reason,
    }


def _judged(by: date, until: date) -> dict[str, str]:
    """By which day timeliness and waivers are judged (the demo country has days of its own), and the moment up to which versions count."""
    return {"day": by.isoformat(), "published_at": _end_of(until).isoformat()}


def _published_until(home: Home, day: date) -> list[current.Event]:
    """What was published up to the end of a day, as far as it is kept: figures are compared with the last of it."""
    events = [event for event in current.history(home) if datetime.fromisoformat(event.at) <= _end_of(day)]
    while events and not (home.published / events[-1].version).is_dir():
        events.pop()
    return events


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time.max, AMSTERDAM)
