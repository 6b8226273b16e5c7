"""When a night is due, and what follows from how it went: nothing, another try, or that somebody is told.

Pure decisions on moments and runs. The sensor that looks is in `night_watch`, `nplv status` tells the same on a terminal, the runs come from `history`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from nplv_orchestration.history import Past

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
AT = time(4, 30)  # outside the hour that the change of the clock skips or doubles
CRON = f"{AT.minute} {AT.hour} * * *"
UNTIL = time(12)  # from then on what went wrong waits for the next night
GRACE = timedelta(minutes=15)  # that a night may take to begin
WAITING = timedelta(hours=1)  # that it may wait in the queue
AGAIN = timedelta(hours=1)  # after which a publisher that was down is asked again
TRIES = 3  # of a night whose process died, or that could not begin
_FALLEN = ("afgebroken", "mislukt bij begin")


@dataclass(frozen=True)
class Look:
    """What a look at the last night found. step: what to do; why: in Dutch, for who reads it."""

    step: Literal["niets", "opnieuw", "melden"]
    why: str


def last_due(now: datetime) -> datetime:
    """The moment at which the last night was due."""
    here = now.astimezone(AMSTERDAM)
    due = datetime.combine(here.date(), AT, AMSTERDAM)
    return due if due <= here else datetime.combine(here.date() - timedelta(days=1), AT, AMSTERDAM)


def next_due(now: datetime) -> datetime:
    """The moment at which the next night is due."""
    return datetime.combine(last_due(now).date() + timedelta(days=1), AT, AMSTERDAM)


def is_missed(now: datetime, runs: Sequence[Past]) -> bool:
    """Whether the last night should have begun, and did not; runs: those since it was due."""
    return not [run for run in runs if run.how != "wacht"] and now - last_due(now) >= (WAITING if runs else GRACE)


def look(now: datetime, runs: Sequence[Past], down: Collection[str], seen_before: bool) -> Look:
    """What to do about the last night. runs: those since it was due, the newest first; down: the sources whose publisher did not answer.

    seen_before: whether the look before this one found no run either. A daemon that just came up lets the schedule catch up first.
    """
    due = last_due(now)
    open_still = now < datetime.combine(due.date(), UNTIL, AMSTERDAM)
    if not runs:
        if not is_missed(now, runs):
            return Look("niets", f"De nacht van {due:%d-%m} is net aan de beurt.")
        if not seen_before:
            return Look("niets", f"De nacht van {due:%d-%m} begon niet; eerst is het rooster zelf aan de beurt.")
        return Look("opnieuw" if open_still else "melden", f"de nacht van {due:%d-%m-%Y} om {due:%H.%M} uur begon niet")
    last = runs[0]
    if last.how == "wacht" and is_missed(now, runs):
        return Look("melden", f"de nacht van {due:%d-%m-%Y} wacht al meer dan een uur op haar beurt")
    if last.ended is None or last.how == "wacht":
        return Look("niets", "Er loopt een nacht.")
    if last.how in _FALLEN and open_still:
        if sum(run.how in _FALLEN for run in runs) < TRIES:
            return Look(
                "opnieuw", f"de nacht kon niet beginnen: {last.why}" if last.why else "de nacht werd afgebroken: haar proces bestaat niet meer"
            )
        times = f"kon {TRIES} keer niet beginnen: {last.why}" if last.why else f"werd {TRIES} keer afgebroken"
        return Look("melden", f"de nacht van {due:%d-%m-%Y} {times}; zij begint niet vanzelf opnieuw")
    if down and open_still and last.how != "gestopt":
        if now - last.ended >= AGAIN:
            return Look("opnieuw", f"gaven geen antwoord: {', '.join(down)}")
        return Look("niets", f"Gaven geen antwoord, en worden een uur later opnieuw gevraagd: {', '.join(down)}.")
    if down:
        return Look("niets", f"Gaven geen antwoord, en worden de volgende nacht weer gevraagd: {', '.join(down)}.")
    return Look("niets", f"De nacht van {due:%d-%m} is gedaan: {last.how}.")
