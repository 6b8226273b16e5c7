"""When a night is due, over both changes of the clock, and what follows from how it went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nplv_orchestration.errors import NplvError
from nplv_orchestration.failure import Failure
from nplv_orchestration.history import How, Past
from nplv_orchestration.nights import AMSTERDAM, AT, GRACE, is_missed, last_due, look, next_due

DAY = datetime(2027, 3, 10, tzinfo=AMSTERDAM)


FULL = Failure("", NplvError("the disk is full"))


def at(clock: str) -> datetime:
    hour, minute = clock.split(":")
    return DAY.replace(hour=int(hour), minute=int(minute))


def run(how: How, begun: str, ended: str | None = None) -> Past:
    return Past("r", how, at(begun), at(ended) if ended else None, FULL if how == "mislukt bij begin" else None)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2046, 12, 31), timezones=st.just(UTC)))
def test_a_night_is_due_each_day_at_the_same_time_in_amsterdam(now: datetime) -> None:
    last, following = last_due(now), next_due(now)
    assert last <= now < following
    assert last.timetz().replace(tzinfo=None) == following.timetz().replace(tzinfo=None) == AT
    assert following.date() - last.date() == timedelta(days=1)
    hours = (following.astimezone(UTC) - last.astimezone(UTC)) / timedelta(hours=1)
    assert hours in (23, 24, 25)
    if hours != 24:
        assert following.month == (3 if hours == 23 else 10) and following.weekday() == 6  # the night in which the clock changed


@pytest.mark.parametrize(
    ("now", "runs", "down", "seen_before", "step", "why"),
    [
        ("04:31", [], [], True, "niets", "is net aan de beurt"),
        ("04:45", [], [], False, "niets", "eerst is het rooster zelf aan de beurt"),
        ("04:45", [], [], True, "opnieuw", "de nacht van 10-03-2027 om 04.30 uur begon niet"),
        ("12:00", [], [], True, "melden", "begon niet"),
        ("04:50", [run("wacht", "04:30")], [], False, "niets", "Er loopt een nacht"),
        ("05:30", [run("wacht", "04:30")], [], False, "melden", "wacht al meer dan een uur"),
        ("05:30", [run("bezig", "04:30")], ["CBS"], False, "niets", "Er loopt een nacht"),
        ("04:40", [run("geslaagd", "04:30", "04:33")], [], False, "niets", "is gedaan: geslaagd"),
        ("04:40", [run("mislukt", "04:30", "04:33")], [], False, "niets", "is gedaan: mislukt"),
        ("04:40", [run("afgebroken", "04:30", "04:33")], [], False, "opnieuw", "werd afgebroken"),
        ("04:40", [run("afgebroken", "04:35", "04:36")] * 3, [], False, "melden", "3 keer afgebroken"),
        ("12:00", [run("afgebroken", "04:30", "04:33")], [], False, "niets", "is gedaan: afgebroken"),
        ("04:40", [run("mislukt bij begin", "04:30", "04:33")], [], False, "opnieuw", "de nacht kon niet beginnen: the disk is full"),
        ("04:40", [run("mislukt bij begin", "04:35", "04:36")] * 3, [], False, "melden", "kon 3 keer niet beginnen: the disk is full"),
        ("04:40", [run("afgebroken", "04:35", "04:36")] + [run("mislukt bij begin", "04:35", "04:36")] * 2, [], False, "melden", "3 keer afgebroken"),
        ("04:40", [run("gestopt", "04:30", "04:33")], ["CBS"], False, "niets", "de volgende nacht"),
        ("05:32", [run("geslaagd", "04:30", "04:33")], ["CBS"], False, "niets", "een uur later opnieuw gevraagd: CBS"),
        ("05:33", [run("geslaagd", "04:30", "04:33")], ["CBS"], False, "opnieuw", "gaven geen antwoord: CBS"),
        ("05:33", [run("mislukt", "04:30", "04:33")], ["CBS"], False, "opnieuw", "gaven geen antwoord: CBS"),
        ("11:59", [run("geslaagd", "10:40", "10:41")], ["CBS", "RIVM"], False, "opnieuw", "CBS, RIVM"),
        ("12:00", [run("geslaagd", "10:40", "10:41")], ["CBS"], False, "niets", "de volgende nacht weer gevraagd: CBS"),
    ],
)
def test_what_follows_from_how_it_went(now: str, runs: list[Past], down: list[str], seen_before: bool, step: str, why: str) -> None:
    found = look(at(now), runs, down, seen_before)
    assert (found.step, why in found.why) == (step, True), found


def test_a_night_that_waits_has_longer_than_one_that_is_not_there() -> None:
    assert not is_missed(at("04:30") + GRACE - timedelta(seconds=1), [])
    assert is_missed(at("04:30") + GRACE, [])
    assert not is_missed(at("05:29"), [run("wacht", "04:30")])
    assert is_missed(at("05:30"), [run("wacht", "04:30")])
    assert not is_missed(at("09:00"), [run("mislukt", "04:30", "04:31")])
