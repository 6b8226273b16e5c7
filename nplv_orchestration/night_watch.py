"""The sensor that watches the nights: it starts one again that did not begin, whose process died, or that found a publisher down, and tells when that will not do.

What follows from how a night went is decided in `nights`; finding the runs is in `history`, telling people in `alerts`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import dagster as dg

from nplv_orchestration import alerts, attention, history, nights
from nplv_orchestration.archive import Archive
from nplv_orchestration.errors import HomeBusy, NplvError
from nplv_orchestration.home import Home
from nplv_orchestration.monitor import day_of
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.registry import REGISTRY

EVERY = 60  # seconds
WHY = "nplv/waarom"  # the tag of a run that says why the sensor began it
_RECENT = timedelta(minutes=10)  # a look longer ago says nothing of what happened since
_TELL_AGAIN = timedelta(hours=1)  # what could not be told, or of which could not be kept that it was


def night_watch(job: dg.UnresolvedAssetJobDefinition, settings: Callable[[], Settings]) -> dg.SensorDefinition:
    """The sensor; settings: what they are at each look. A night of before its first look is no concern of it."""

    @dg.sensor(
        name="night_watch",
        job=job,
        minimum_interval_seconds=EVERY,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Begint een nacht opnieuw die niet begon of werd afgebroken, en vraagt een uitgever die geen antwoord gaf tot "
            f"{nights.UNTIL:%H.%M} uur elk uur opnieuw. Meldt het wanneer dat niet helpt."
        ),
    )
    def watch(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            mine = settings()
            home = Home.of(mine)
            home.mode(mine)
            down = down_now(home)
        except (NplvError, OSError) as error:
            return dg.SkipReason(f"Er kan niet naar de nacht worden gekeken: {error}")
        history.end_killed_runs(context.instance, mine.deployment)
        now = datetime.now(UTC)
        seen = json.loads(context.cursor or "{}")
        since = datetime.fromisoformat(seen.get("since", now.isoformat()))
        due = nights.last_due(now)
        if due < since:
            context.update_cursor(json.dumps({"since": since.isoformat()}))
            return dg.SkipReason(f"De eerste nacht komt om {nights.next_due(now):%H.%M uur op %d-%m}.")
        runs = history.runs(context.instance, job.name, due, programme=mine.label)
        seen_before = not runs and now - datetime.fromisoformat(seen.get("none_at", since.isoformat())) < _RECENT
        found = nights.look(now, runs, down, seen_before)
        kept = {"since": since.isoformat()} | ({} if runs else {"none_at": now.isoformat()})
        told = seen.get("told", {})
        if told.get("why") != found.why or now - datetime.fromisoformat(told["at"]) >= _TELL_AGAIN:
            told = {}
        if (found.step == "melden" or (found.step == "opnieuw" and not runs)) and not told:
            told = _tell(context, mine, home, attention.missed(found.why, due.date().isoformat(), found.step == "opnieuw"))
        context.update_cursor(json.dumps(kept | ({"told": told} if told else {})))
        if found.step == "niets":
            return dg.SkipReason(found.why)
        if found.step == "melden":
            return dg.SkipReason(f"Gemeld: {found.why}.")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=f"{due.isoformat()}-{len(runs)}", tags={WHY: found.why[:200]})])

    return watch


def down_now(home: Home) -> list[str]:
    """The sources whose publisher could not be reached when it was last asked."""
    archive = Archive.of(home)
    return [table.name for table in REGISTRY if (state := archive.state(table.key)) and state.is_down]


def _tell(context: dg.SensorEvaluationContext, settings: Settings, home: Home, cause: alerts.Cause) -> dict[str, str]:
    """Tell it once; gives what was told and when, which is nothing while somebody writes in the home: then the next look does."""
    try:
        with home.writing("night_watch"):
            alerts.tell(
                [cause],
                settings.alert_channel,
                home,
                day_of(settings, home),
                of=settings.configuration.monitor_nl,
                is_demo=home.mode(settings) == "demo",
                complete=False,
            )
    except HomeBusy:
        context.log.info("er wordt geschreven; de melding volgt bij de volgende blik")
        return {}
    except NplvError as error:
        context.log.critical(f"de melding kon niet worden verstuurd: {error}")
    return {"why": cause.text, "at": datetime.now(UTC).isoformat()}
