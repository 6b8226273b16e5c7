"""How things stand, for a terminal: the last night, what asks for a person, what is stale, and when the next night comes.

It reads what lies in the home and waits for nobody. What asks for a person is found in `attention`, how a night went in `nights` and `history`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from nplv_orchestration import current, history, nights
from nplv_orchestration.alerts import open_causes
from nplv_orchestration.archive import Archive
from nplv_orchestration.edition import life
from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home
from nplv_orchestration.monitor import day_of
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.calendar import freshness
from nplv_orchestration.sources.inbox import candidates, refused
from nplv_orchestration.sources.registry import REGISTRY

_OUT_OF_USE = ("stale", "refused", "unreachable")


@dataclass(frozen=True)
class Status:
    """A line for each thing, in Dutch, by heading. is_well: whether the last night was good, and nothing is damaged or overdue."""

    lines: dict[str, list[str]]
    is_well: bool


def status(settings: Settings) -> Status:
    """How things stand in the home of these settings."""
    from nplv_orchestration.build import NIGHTLY

    home = Home.of(settings)
    home.mode(settings)
    now, archive, today = datetime.now(UTC), Archive.of(home), day_of(settings, home)
    night, is_well = _night(settings, home, now, NIGHTLY)
    states = [(table, state) for table in REGISTRY if (state := archive.state(table.key))]
    late = [(table, fresh) for table in REGISTRY if (fresh := freshness(table, archive)) and fresh.is_late(today)]
    inbox = home.inbox(settings)
    version = current.name(home)
    damaged = current.faults(home, home.published / version)[:1] if version else []
    return Status(
        {
            "Laatste nacht": night,
            "Gepubliceerd": [
                f"versie {version}" if version else "nog niets",
                *(f"DE VERSIE IS VERANDERD: {one}; zie docs/runbook.md" for one in damaged),
            ],
            "Vraagt om een mens": open_causes(home),
            "Verouderd of geweigerd": [
                f"{state.reason or table.name} (sinds {state.since[:10]})" for table, state in states if state.state in _OUT_OF_USE
            ],
            "Te laat volgens de kalender van de uitgever": [f"{table.name}: {fresh.told(today)}" for table, fresh in late],
            "Inbox": [f"{file.name} wacht" for file in candidates(inbox)] + [f"{name} is geweigerd: {told}" for name, told in refused(inbox).items()],
            "Edities": [
                _edition(year, life.standing(life.read(folder))) for folder in sorted(home.editions.glob("[0-9]*")) for year in [folder.name]
            ],
            "Volgende nacht": [f"{nights.next_due(now):%d-%m-%Y om %H.%M uur}, als `nplv ui` loopt"],
        },
        is_well and not damaged,
    )


def _night(settings: Settings, home: Home, now: datetime, job: str) -> tuple[list[str], bool]:
    """How the last night went, and whether that was well."""
    if settings.deployment is None and not home.dagster.exists():  # in a deployment it lies elsewhere
        return ["er was nog geen nacht: `nplv run` of `nplv ui` begint"], True
    with history.opened(settings) as instance:
        known = history.runs(instance, job, most=1, programme=settings.label)
        since = history.runs(instance, job, nights.last_due(now), programme=settings.label)
        if not known:
            return ["er was nog geen nacht: `nplv run` of `nplv ui` begint"], True
        last = known[0]
        told = f"{last.how}; begonnen op {last.begun.astimezone(nights.AMSTERDAM):%d-%m-%Y om %H.%M uur}"
        if last.ended:
            told += f", {(last.ended - last.begun).total_seconds():.0f} seconden"
        lines = [f"{told}; run {last.run_id[:8]}"]
        if last.failed:
            lines.append(f"bij {last.failed.step or 'de run'}: {last.failed.error}")
    if nights.is_missed(now, since):
        lines.append(f"de nacht van {nights.last_due(now):%d-%m-%Y om %H.%M uur} begon niet: loopt `nplv ui`? Zie docs/runbook.md")
        return lines, False
    return lines, last.how in ("geslaagd", "bezig", "wacht")


def _edition(year: str, now: life.Standing) -> str:
    until = f", sluitingsdatum {now.cut_off.isoformat()}" if now.cut_off else ""
    waiting = f"; nog niet akkoord: {', '.join(now.not_agreed)}" if now.agreed and now.not_agreed else ""
    return f"{year} r{now.revision}: {now.status}{until}{waiting}"


def demand_well(found: Status) -> None:
    """Raises NplvError when the last night was not good, so that a watching program hears of it by the exit status."""
    if not found.is_well:
        raise NplvError("the last night was not good, or did not begin; see above, and docs/runbook.md")
