"""The annual edition, one partition for each year of the letter, made from the current published version."""

import dagster as dg

from nplv_orchestration.current import demand_untouched
from nplv_orchestration.edition.build import make_edition
from nplv_orchestration.monitor import Monitor

YEARS = dg.StaticPartitionsDefinition([str(year) for year in range(2018, 2043)])  # the series begins in 2018; the programme lasts to 2042


@dg.asset(
    key="edition",
    deps=["publication"],
    group_name="editie",
    partitions_def=YEARS,
    description="Het voortgangsoverzicht bij de Kamerbrief van een jaar, uit de openbare database.",
    owners=["team:monitor-nplv"],
    kinds={"html", "excel"},
    required_resource_keys={"monitor"},
)
def edition(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Make the edition of the partition's year."""
    monitor: Monitor = context.resources.monitor
    monitor.progress(f"editie {context.partition_key}")
    demand_untouched(monitor.home)
    made = make_edition(monitor.home.current / "openbaar" / "nplv.duckdb", monitor.home.editions, int(context.partition_key))
    return dg.MaterializeResult(
        metadata={"map": dg.MetadataValue.path(str(made.folder)), "nieuw": made.is_new, "ontbreekt": dg.MetadataValue.json(made.missing)}
    )
