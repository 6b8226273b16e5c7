"""The jobs that make no asset: the weekly check of all that is kept, a replay of another day, and putting an earlier version back.

What they call is in `deep_check`, `replay` and `current`; what a person fills in when launching one is here.
"""

from pathlib import Path

import dagster as dg
from pydantic import Field

from nplv_orchestration.errors import WrongCall
from nplv_orchestration.monitor import Monitor

DEEP_CHECK, REPLAY, ROLLBACK = "weekly_deep_check", "replay", "rollback"
AS_TABLE = dg.MetadataValue.table


class Then(dg.Config):
    """Of which day a replay is."""

    dag: str = Field("", description="De dag waarvan de bronnen zijn, als 2024-09-01; leeg: vandaag.")
    bronnen: list[str] = Field([], description="De sleutels van de tabellen waarvan het die dag is; leeg: alle.")
    jaar: int = Field(0, description="Het jaar van de editie; 0: het nieuwste jaar met cijfers.")


class Back(dg.Config):
    """Which version is put back, and why."""

    versie: str = Field(description="De naam van een versie in NPLV_HOME/published.")
    reden: str = Field(description="Waarom; het staat in de geschiedenis, en bij de cijfers die worden vastgehouden.")
    door: str = Field(description="Wie dit doet: naam en functie.")


@dg.op(
    required_resource_keys={"monitor"}, out=dg.Out(dg.Nothing), description="Zegels, archief, en de huidige versie opnieuw gemaakt uit het archief."
)
def check_all(context: dg.OpExecutionContext) -> None:
    """The weekly check."""
    from nplv_orchestration.deep_check import demand_sound

    monitor: Monitor = context.resources.monitor
    looked_at = demand_sound(monitor.home, monitor.progress)
    context.add_output_metadata({"bekeken": AS_TABLE([dg.TableRecord({"wat": what, "aantal": str(count)}) for what, count in looked_at.items()])})


@dg.op(
    out=dg.Out(dg.Nothing), required_resource_keys={"monitor"}, description="Cijfers en editie van een andere dag, uit het archief en zonder netwerk."
)
def make_replay(context: dg.OpExecutionContext, config: Then) -> None:
    """A replay into the home."""
    from nplv_orchestration.edition.life import as_day
    from nplv_orchestration.replay import replay

    monitor: Monitor = context.resources.monitor
    day = as_day(config.dag, "dag") if config.dag else None
    made = replay(
        monitor.home, monitor.configuration, monitor.today, day, sources=config.bronnen, year=config.jaar or None, progress=monitor.progress
    )
    context.add_output_metadata(
        {
            "map": dg.MetadataValue.path(str(made.folder)),
            "editie": made.year,
            "versie": made.version,
            "vastgehouden": dg.MetadataValue.json(made.held),
            "bronnen": AS_TABLE([dg.TableRecord({"tabel": key, "opgehaald": moment}) for key, moment in made.sources.items()]),
        }
    )


@dg.op(required_resource_keys={"monitor"}, out=dg.Out(dg.Nothing), description="Zet een eerdere versie terug, en trekt in wat de huidige anders had.")
def put_back(context: dg.OpExecutionContext, config: Back) -> None:
    """A rollback."""
    from nplv_orchestration import current

    monitor: Monitor = context.resources.monitor
    if not (config.reden.strip() and config.door.strip()):
        raise WrongCall("say why (reden) and who does it (door); both stand in the history")
    done = current.rollback(monitor.home, Path(config.versie).name, " ".join(config.reden.split()), " ".join(config.door.split()))
    context.add_output_metadata(
        {"versie": done.version, "in_plaats_van": done.left or "", "ingetrokken": ", ".join(one for one, _ in done.withdrawn)}
    )


@dg.graph(name=DEEP_CHECK, description="Elke week: is al wat bewaard wordt gaaf, en maakt het archief nog dezelfde cijfers?")
def deep_check() -> None:
    """The weekly check."""
    check_all()


@dg.graph(name=REPLAY, description="Wat zou er op een andere dag hebben gestaan? Vul de dag in bij de configuratie (Launchpad).")
def replay_again() -> None:
    """A replay."""
    make_replay()


@dg.graph(name=ROLLBACK, description="Zet een eerdere versie terug. Vul versie, reden en naam in bij de configuratie (Launchpad).")
def roll_back() -> None:
    """A rollback."""
    put_back()


GRAPHS = (deep_check, replay_again, roll_back)
"""Of which each programme has its job."""
