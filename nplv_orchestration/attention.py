"""What a person must do after a night, as the causes of one message: what failed, is held, was refused, is late, is missing, or asks for a look.

It reads what the night left behind (the archive's states, the warehouse's evidence and decisions) and knows nothing of Dagster. How the message is
composed and sent, and that it is not sent twice, is in `alerts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from nplv_orchestration import evidence, waivers
from nplv_orchestration.alerts import Cause, Kind
from nplv_orchestration.edition import life
from nplv_orchestration.expected import awaited
from nplv_orchestration.failure import Failure
from nplv_orchestration.lateness import CHECK_NAME as TIMELY
from nplv_orchestration.manifest import Manifest
from nplv_orchestration.monitor import Monitor
from nplv_orchestration.sources.calendar import freshness
from nplv_orchestration.sources.inbox import BY_TABLE, refused
from nplv_orchestration.sources.registry import BY_KEY, REGISTRY
from nplv_orchestration.warehouse import relations

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AHEAD = timedelta(days=14)  # how long before its end a waiver is told
_REMINDED = timedelta(weeks=8)  # how long before a data cut-off is told what is still expected for it
_STEPS = (8, 2, 1)  # weeks before a data cut-off, each told once
_OF_STATE: dict[str, tuple[Kind, str]] = {
    "refused": ("geweigerd", "kijk met `nplv sources check` wat er anders is, en pas het register aan of vraag de uitgever"),
    "stale": ("verouderd", "vraag de uitgever als het aanhoudt; zie `nplv sources`"),
    "unreachable": ("verouderd", "kijk naar het netwerk en het adres; zie `nplv sources`"),
    "not_found": ("ontbreekt", "kijk naar nummer of adres in het register; zie `nplv sources check`"),
    "not_configured": ("ontbreekt", "lever het bestand in de inbox aan, of stel de bron in; zie docs/going-live.md"),
}


def failed(failure: Failure) -> Cause:
    """That a run failed: one message for as long as it fails at the same step."""
    step = failure.step or "de run"
    text = f"de run is mislukt bij {step}: {failure.error}"
    return Cause(f"run:{step}", "mislukt", text, "los op wat er staat en start `nplv run`; wat gepubliceerd was, is gebleven")


def killed(who: str) -> Cause:
    """That the process which wrote here before was killed; who: as the lock names it."""
    return Cause(
        f"killed:{who}",
        "mislukt",
        f"een eerdere run werd afgebroken: {who}",
        "niets: deze run begon opnieuw; kijk naar geheugen en herstarts als het vaker gebeurt",
    )


def missed(why: str, due: str, is_begun_again: bool) -> Cause:
    """That a night did not go by itself; due: its day. is_begun_again: whether it was begun now."""
    todo = (
        "niets: zij is nu begonnen; zie in docs/runbook.md waarom een nacht niet begint"
        if is_begun_again
        else "start `nplv run`, en zie docs/runbook.md"
    )
    return Cause(f"night:{due}", "mislukt", why, todo)


def causes(monitor: Monitor, manifest: Manifest) -> list[Cause]:
    """All that asks for a person now, whatever the night did."""
    found = [*_sources(monitor), *_inbox(monitor), *_awaited(monitor, manifest), *_cycle(monitor)]
    if monitor.has_warehouse():
        with monitor.warehouse() as connection:
            found += [*_decisions(connection), *_figures(connection, manifest), *_waivers(connection, monitor)]
    return found


def _sources(monitor: Monitor) -> Iterator[Cause]:
    for table in REGISTRY:
        state = monitor.archive.state(table.key)
        if state and state.state in _OF_STATE:
            kind, todo = _OF_STATE[state.state]
            told = state.reason if not state.detail else f"{state.reason or BY_KEY[table.key].name} ({state.detail})"
            yield Cause(f"source:{table.key}:{state.state}", kind, told, todo)
        fresh = freshness(table, monitor.archive)
        if fresh and fresh.is_late(monitor.today) and not fresh.in_registry:
            todo = "zoek bij de uitgever het nummer van de nieuwe tabel, en zet haar in nplv_orchestration/sources/registry.py"
            yield Cause(f"due:{table.relation}:{fresh.next}", "verouderd", f"{table.publisher} {table.title}: {fresh.told(monitor.today)}", todo)
        if state and state.manifest and evidence.is_repeated(state):
            text = f"{table.name}: de nieuwe versie van {state.manifest.fetched_at[:10]} is gelijk aan die van {state.manifest.repeats[:10]}"
            yield Cause(
                f"repeated:{table.key}:{state.manifest.sha256}", "beoordelen", text, "vraag de uitgever of de oude tabel als nieuwe is gegeven"
            )
        if state and state.manifest and evidence.is_restated(state):
            changed = sum(one.get("restated", 0) for one in state.manifest.moved)
            text = f"{table.name}: de versie van {state.manifest.fetched_at[:10]} veranderde {changed} {'cijfer dat definitief was' if changed == 1 else 'cijfers die definitief waren'}"
            yield Cause(
                f"restated:{table.key}:{state.manifest.sha256}",
                "beoordelen",
                text,
                "bekijk in de UI, bij de tabel, wat er veranderde; het staat ook in provenance.revisions",
            )


def _inbox(monitor: Monitor) -> Iterator[Cause]:
    for name, told in refused(monitor.settings.inbox_folder).items():
        yield Cause(f"inbox:{name}", "geweigerd", told, "zie het verslag naast het bestand in refused/, en lever het verbeterd opnieuw aan")


def _awaited(monitor: Monitor, manifest: Manifest) -> Iterator[Cause]:
    """What the programme has yet to deliver, in the weeks before a data cut-off."""
    for one in awaited(monitor.home, monitor.archive, manifest.programme, monitor.today):
        if one.until <= monitor.today + _REMINDED:
            text = f"voor editie {one.year}, met sluitingsdatum {one.until.isoformat()}, wordt nog verwacht: {one.text}"
            kind = BY_TABLE[one.table].name
            yield Cause(
                f"awaited:{one.table}:{one.year}:{one.text}",
                "ontbreekt",
                text,
                f"vraag erom; `nplv inbox template {kind}` maakt een sjabloon om in te vullen",
            )


def _cycle(monitor: Monitor) -> Iterator[Cause]:
    """Which step of an edition's year is near: its data cut-off, and after it who has yet to agree."""
    for folder in sorted(monitor.home.editions.glob("[0-9]*")):
        year, now = folder.name, life.standing(life.read(folder))
        if now.cut_off is None or now.is_frozen:
            continue
        left = now.cut_off - monitor.today
        for weeks in (weeks for weeks in _STEPS if timedelta(0) <= left <= timedelta(weeks=weeks)):
            text = f"de sluitingsdatum van editie {year} is {now.cut_off.isoformat()}: binnen {weeks} {'week' if weeks == 1 else 'weken'}"
            yield Cause(
                f"cut-off:{year}:{now.cut_off}:{weeks}", "beoordelen", text, "bekijk wat is vastgehouden en wat nog ontbreekt; zie docs/cyclus.md"
            )
        if left < timedelta(0) and now.not_agreed:
            text = f"de sluitingsdatum van editie {year} was {now.cut_off.isoformat()}; nog niet akkoord: {', '.join(now.not_agreed)}"
            yield Cause(f"agree:{year}:{','.join(now.not_agreed)}", "beoordelen", text, "vraag om instemming; zie docs/cyclus.md")


def _decisions(connection: DuckDBPyConnection) -> Iterator[Cause]:
    """Marts that the gate holds; none before it ever decided."""
    if "release.decisions" not in relations(connection):
        return
    for indicator_id, reasons in connection.execute(
        "SELECT indicator_id, reasons FROM release.decisions WHERE len(reasons) > 0 ORDER BY 1"
    ).fetchall():
        more = f" (en nog {len(reasons) - 1})" if len(reasons) > 1 else ""
        todo = "bekijk de controles van de mart in de UI; herstel de bron of het model, of laat besluiten over een ontheffing"
        yield Cause(
            f"held:{indicator_id}:{reasons[0]}",
            "vastgehouden",
            f"{indicator_id} blijft bij de laatst gepubliceerde cijfers: {reasons[0]}{more}",
            todo,
        )


def _figures(connection: DuckDBPyConnection, manifest: Manifest) -> Iterator[Cause]:
    """What is listed of a mart or a table of the programme, in one line for each, and figures that are late."""
    by_node = {node.relation: name for name, node in manifest.gated.items()}
    listed: dict[str, list[str]] = {}
    for (check, node), one in sorted(evidence.read(connection).items()):
        if one.severity != "warn" or one.outcome != "failed" or node not in by_node:
            continue
        if check == TIMELY:
            yield Cause(
                f"late:{node}:{one.details['worst']}",
                "verouderd",
                f"{by_node[node]}: {'; '.join(one.details['worst'])}",
                "vraag de uitgever, of pas due_after_months aan",
            )
        else:
            listed.setdefault(node, []).append(f"{check} ({(one.details.get('worst') or [one.details.get('message')])[0]})")
    for node, checks in listed.items():
        key = f"listed:{node}:{','.join(c.split(' ')[0] for c in checks)}"
        yield Cause(key, "beoordelen", f"{by_node[node]}: {'; '.join(checks)}", "bekijk of het klopt, vóór de cijfers de brief in gaan")


def _waivers(connection: DuckDBPyConnection, monitor: Monitor) -> Iterator[Cause]:
    known = waivers.read(connection)
    used = _used(connection)
    for fault in waivers.faults(known, [w for w in known if (w.check, w.indicator_id) in used], monitor.today):
        yield Cause(f"waiver:{fault}", "ontheffing", fault, "pas waivers.csv aan en laat het nalezen")
    for waiver in known:
        if monitor.today <= waiver.until <= monitor.today + _AHEAD:
            text = f"de ontheffing van controle {waiver.check} voor {waiver.indicator_id} loopt af op {waiver.until.isoformat()}"
            yield Cause(
                f"waiver-ends:{waiver.check}:{waiver.indicator_id}:{waiver.until}",
                "ontheffing",
                text,
                "herstel de oorzaak, of laat opnieuw besluiten",
            )


def _used(connection: DuckDBPyConnection) -> set[tuple[str, str]]:
    """Waivers that a failed check needs, as check and indicator: also of a mart that is held for another reason."""
    if "release.decisions" not in relations(connection):
        return set()
    return set(connection.execute("SELECT unnest(waived), indicator_id FROM release.decisions").fetchall())
