"""Which published version is current, and how it came to be so: the pointer, its history, and whether the version is untouched.

Writing a version is in `publication`, reading one in `published`. The history (`published/history.jsonl`) keeps the seal of each version, so that a
folder whose SHA256SUMS was changed with it is found out too.
"""

from __future__ import annotations

import getpass
import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from nplv_orchestration.archive import now
from nplv_orchestration.errors import NplvError, WrongCall, some_of
from nplv_orchestration.home import Home, point_to, sync, write_atomically
from nplv_orchestration.sums import problems, sealed

_WAY_OUT = "put back one that is as it was with `nplv rollback VERSION` (`nplv rollback` lists them), then run again"


@dataclass(frozen=True)
class Event:
    """One line of the history: a version became current. act: published, or put back by a person, with the reason.

    seal: the hash of its SHA256SUMS. left: the version before it, if any. withdrawn: the figures that were taken back, as pairs of indicator and fingerprint of
    the mart; they are held until they change.
    """

    at: str
    act: Literal["published", "rolled back"]
    version: str
    seal: str
    left: str | None
    who: str = ""
    reason: str = ""
    withdrawn: list[list[str]] = field(default_factory=list)


def history(home: Home) -> list[Event]:
    """All events, the oldest first. Raises NplvError for a line that is none."""
    try:
        lines = _file(home).read_text(encoding="utf-8").splitlines()
        return [Event(**json.loads(line)) for line in lines]
    except FileNotFoundError:
        return []
    except (TypeError, ValueError) as error:
        raise NplvError(f"{_file(home)} cannot be read ({error}); restore it from a backup") from None


def become(home: Home, event: Event) -> None:
    """Write the event down and move the pointer; killed in between, the next run moves it (see `unfinished`)."""
    write(home, [*history(home), event])
    point_to(home.current, event.version)
    home.settle()


def write(home: Home, events: Iterable[Event]) -> None:
    """Keep these events as the history."""
    write_atomically(_file(home), "".join(json.dumps(asdict(e), ensure_ascii=False) + "\n" for e in events).encode())


def unfinished(home: Home) -> None:
    """Finish what a killed process wrote down and did not do, and clear away what it had not written down yet; only for who holds the lock."""
    events = history(home)
    if events and (home.published / events[-1].version).is_dir() and name(home) != events[-1].version:
        point_to(home.current, events[-1].version)
    known = {event.version for event in events}
    lost = (
        [] if home.current.exists() and not events else [folder for folder in versions(home) if folder.name not in known]
    )  # else the history is what is lost
    for folder in (*lost, *home.published.glob(".draft-*"), *home.published.glob(".retired-*")):
        shutil.rmtree(folder)


def retire(folder: Path) -> None:
    """Remove a version: in one step from those that there are, then from the disk."""
    gone = folder.with_name(f".retired-{folder.name}")
    folder.rename(gone)
    sync(gone.parent)
    shutil.rmtree(gone)


def name(home: Home) -> str | None:
    """The current version, or None when nothing was published yet."""
    return home.current.resolve().name if home.current.exists() else None


def name_on(home: Home, when: datetime) -> str | None:
    """The version that was current at a moment, or None when nothing was published yet."""
    events = [event for event in history(home) if datetime.fromisoformat(event.at) <= when]
    return events[-1].version if events else None


def withdrawn(home: Home) -> dict[tuple[str, str], str]:
    """Figures that a person took back, by indicator and fingerprint of the mart, with who and why; those of a version that was put back later are none."""
    taken: dict[tuple[str, str], str] = {}
    for event in history(home):
        if event.act == "rolled back":
            for released in _released(home.published / event.version):
                taken.pop(released, None)
            text = f"teruggetrokken op {event.at[:10]} door {event.who}: {event.reason}"
            taken |= {(indicator, fingerprint): text for indicator, fingerprint in event.withdrawn}
    return taken


def faults(home: Home, folder: Path) -> list[str]:
    """What is wrong with a version's folder: with its files by its seal, and with the seal by the history; none when it is as it was published."""
    seals = {event.version: event.seal for event in history(home)}
    if folder.name in seals and (home.published / folder.name) == folder and sealed(folder) != seals[folder.name]:
        return ["its SHA256SUMS is not the one that was published", *problems(folder)]
    return problems(folder)


def demand_untouched(home: Home) -> None:
    """Raises NplvError when the current version is not as it was published: nothing may be taken from it, or be made from it."""
    version = name(home)
    found = faults(home, home.published / version) if version else []
    if found:
        raise NplvError(f"the published version {version} was changed after it was published: {some_of(found)}; {_WAY_OUT}")


def versions(home: Home) -> list[Path]:
    """The folders of all versions that are kept, the oldest first."""
    return sorted(v for v in home.published.glob("[0-9]*") if v.is_dir() and not v.is_symlink())


def rollback(home: Home, version: str, reason: str, who: str = "") -> Event:
    """Put back a version, and withdraw the figures that the one it replaces had otherwise; only for who holds the lock. who: default the user of this machine.

    Raises WrongCall for a version that is not kept or is current already, NplvError for one that was changed.
    """
    unfinished(home)
    here, folder = name(home), home.published / version
    if version not in {v.name for v in versions(home)}:
        raise WrongCall(f"there is no version {version[:60]} in {home.published}; `nplv rollback` lists them")
    if version == here:
        raise WrongCall(f"version {version} is current already")
    if found := faults(home, folder):
        raise NplvError(f"version {version} is not as it was published: {some_of(found)}; choose another")
    taken: Iterable[tuple[str, str]] = []
    if here and not faults(home, home.published / here):  # of a version that was tampered with, the figures that were judged are not at fault
        taken = sorted(_released(home.published / here, other_than=folder))
    event = Event(now(), "rolled back", version, sealed(folder) or "", here, who or getpass.getuser(), reason, [list(pair) for pair in taken])
    become(home, event)
    return event


def _released(folder: Path, other_than: Path | None = None) -> set[tuple[str, str]]:
    """The figures that a version released: indicator and fingerprint of the mart; other_than: only those that another version has otherwise.

    None when the version is no longer kept.
    """
    import duckdb

    path = folder / "intern" / "parquet" / "quality.decisions.parquet"
    if not path.exists():
        return set()
    with duckdb.connect() as connection:
        rows = connection.execute("SELECT indicator_id, fingerprint FROM read_parquet(?) WHERE decision = 'vrijgegeven'", [str(path)]).fetchall()
        if other_than is None:
            return set(rows)
        mine, theirs = (str(version / "intern" / "parquet" / "marts.indicator_values.parquet") for version in (folder, other_than))
        figures = "SELECT indicator_id, geo_level, geo_code, series, year, value, value_low, value_high FROM read_parquet({})"
        one, other = figures.format("$mine"), figures.format("$theirs")
        differ = f"SELECT DISTINCT indicator_id FROM (({one} EXCEPT {other}) UNION ALL ({other} EXCEPT {one}))"
        names = {name for (name,) in connection.execute(differ, {"mine": mine, "theirs": theirs}).fetchall()}
    return {(indicator, fingerprint) for indicator, fingerprint in rows if indicator in names}


def _file(home: Home) -> Path:
    return home.published / "history.jsonl"
