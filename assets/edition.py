"""The annual edition, one partition for each year of the letter, made from the current published version."""

import json
from pathlib import Path

import dagster as dg
from pydantic import Field

from nplv_orchestration.docs_server import EDITIONS
from nplv_orchestration.edition import desk, life
from nplv_orchestration.manifest import Manifest
from nplv_orchestration.monitor import Monitor

YEARS = dg.StaticPartitionsDefinition([str(year) for year in range(2018, 2043)])  # the series begins in 2018; the programme lasts to 2042


class Step(dg.Config):
    """What a person does with the edition, filled in when the run is launched; left empty, as every night, the concept is made anew."""

    status: str = Field("", description=f"Wat de editie wordt: {', '.join(life.STATUSES)}. Leeg: het concept opnieuw maken.")
    door: str = Field("", description="Wie dit doet: naam en functie.")
    afgestemd_met: list[str] = Field([], description=f"Bij afgestemd, wie ermee instemt: {', '.join(life.BODIES)}.")
    verzonden_op: str = Field("", description="Bij verzonden: de dag, als 2026-11-27.")
    kamerstuk: str = Field("", description="Bij verzonden: het Kamerstuknummer.")
    reden: str = Field("", description="Bij terug naar concept: waarom.")


def edition_asset(manifest: Manifest) -> dg.AssetsDefinition:
    """The asset of the editions of a programme."""

    @dg.asset(
        key=manifest.key("edition"),
        deps=[dg.AssetKey(manifest.key("publication"))],
        group_name="editie",
        partitions_def=YEARS,
        description="Het voortgangsoverzicht bij de Kamerbrief van een jaar, uit de openbare database.",
        owners=["team:monitor-nplv"],
        kinds={"html", "pdf", "word", "excel"},
        required_resource_keys={"monitor"},
    )
    def edition(context: dg.AssetExecutionContext, config: Step) -> dg.MaterializeResult[None]:
        """Make the edition of the partition's year, or take the next step with it."""
        monitor: Monitor = context.resources.monitor
        monitor.progress(f"editie {context.partition_key}")
        step = desk.Step(config.status, config.door, tuple(config.afgestemd_met), config.verzonden_op, config.kamerstuk, config.reden)
        made = desk.act(monitor.home, int(context.partition_key), step)
        monitor.home.settle()
        now = life.standing(life.read(made.folder.parent))
        return dg.MaterializeResult(
            metadata={
                "map": dg.MetadataValue.path(str(made.folder)),
                "nieuw": made.is_new,
                "revisie": now.revision,
                "status": now.status,
                "ontbreekt": dg.MetadataValue.json(made.missing),
                **_files(made.folder, monitor.settings.docs_address),
                **_decisions(made.folder),
            }
        )

    return edition


def _files(folder: Path, docs: str) -> dict[str, dg.MetadataValue]:
    """Addresses of the files, which `nplv ui` serves to a browser on this machine."""
    address = f"{docs}/{EDITIONS}/{folder.parent.name}/{folder.name}"
    links = "\n".join(f"- [{file.name}]({address}/{file.name})" for file in sorted(folder.iterdir()) if file.suffix)
    return {"overzicht": dg.MetadataValue.url(f"{address}/voortgangsoverzicht.html"), "bestanden": dg.MetadataValue.md(links)}


def _decisions(folder: Path) -> dict[str, dg.MetadataValue]:
    """What the gate decided of the figures that it tells."""
    told = json.loads((folder / "checks.json").read_text(encoding="utf-8"))
    rows = [{"mart": one["mart"], "besluit": one["decision"], "reden": "; ".join(one["reasons"] or [])} for one in told["decisions"]]
    return {"besluiten": dg.MetadataValue.table([dg.TableRecord(row) for row in sorted(rows, key=lambda row: not row["reden"])])}
