"""What a new version of a table changed: rows and cells that were added, went, or moved, year by year.

Comparing two versions belongs here, and how that reads in the Dagster UI; keeping what was found is the archive's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from nplv_orchestration.errors import NplvError, SourceRefused
from nplv_orchestration.sources.pulled import year_of
from nplv_orchestration.sources.registry import SourceTable

LEAST_LEFT = 0.9  # of the rows and of the figures of a year that a new version must still have
_SMALL = 10  # figures of which the loss of one is no sign
PARTS = ("measure", "offence", "margin", "indicator_id")


@dataclass(frozen=True)
class Moved:
    """What changed in one year of one column. Counts are of rows; values are in the publisher's unit.

    part: the measure, offence or the like, with the column where there are several, else the column alone. rows_before: those of the last version. known_before, known_after: rows
    with a figure. changed: rows in both versions whose figure differs, or is there in one only. restated: figures of
    years that were told as final which are other ones now, gone, or there where none was. largest: the largest change, mean: the
    mean change over the figures that moved; None when no figure did.
    """

    year: int | None
    part: str
    rows_before: int
    added: int
    gone: int
    changed: int
    restated: int
    known_before: int
    known_after: int
    largest: float | None
    mean: float | None

    @property
    def is_nothing(self) -> bool:
        """Whether all is as it was."""
        return not (self.added or self.gone or self.changed)


def compare(table: SourceTable, before: Path, after: Path) -> list[Moved]:
    """What moved from one version to the next, by year and part; empty when the versions are of another form and cannot be compared.

    Raises NplvError when one of them is damaged.
    """
    import duckdb

    try:
        with duckdb.connect() as connection:
            forms = [{c[0] for c in connection.execute("DESCRIBE FROM read_parquet(?)", [str(path)]).fetchall()} for path in (before, after)]
            if not all(set(table.columns) <= form for form in forms):
                return []
            others = [column for column in table.columns if column not in table.grain]
            figures = [column for column in others if table.columns[column] == "DOUBLE"]
            queries = [_query(table, column, figures) for column in figures or others[:1]] if table.grain else [_counts()]
            rows = [row for query in queries for row in connection.execute(query, [str(before), str(after)]).fetchall()]
    except duckdb.Error as error:
        what = str(error).splitlines()[0][:200]
        raise NplvError(f"{table.name}: {before} cannot be compared with a new version ({what}); restore it, or remove it and run again") from None
    return [moved for row in rows if not (moved := Moved(*row)).is_nothing or moved.rows_before]


def refuse_loss(table: SourceTable, years_before: Iterable[int], years_after: Iterable[int], moved: Iterable[Moved]) -> None:
    """Raises SourceRefused for a version that lost a year, or a tenth of a year's rows or figures: half a release looks so.

    Rows count as lost also when others came in their place: so many other regions are other boundaries. For publishers' tables; what
    people deliver is held against the delivery that it replaces, in `deliveries`.
    """
    way_out = "; if that is meant, give the table a new key in the registry"
    if lost := set(years_before) - set(years_after):
        raise SourceRefused(f"{table.name}: no rows of {', '.join(map(str, sorted(lost)))}, which the last version had{way_out}")
    for one in moved:
        of = f"{one.year or table.period or ''}, {one.part}".removeprefix(", ")
        if one.rows_before >= _SMALL and one.rows_before - one.gone < LEAST_LEFT * one.rows_before:
            raise SourceRefused(f"{table.name}, {of}: {one.gone} of {one.rows_before} rows of the last version are gone{way_out}")
        if one.known_before >= _SMALL and one.known_after < LEAST_LEFT * one.known_before:
            raise SourceRefused(f"{table.name}, {of}: {one.known_after} figures, where the last version had {one.known_before}{way_out}")


def kept(moved: Iterable[Moved]) -> list[dict[str, Any]]:
    """What moved as a manifest keeps it: without what is as it was."""
    return [asdict(one) for one in moved if not one.is_nothing]


def markdown(moved: Iterable[Mapping[str, Any]]) -> str:
    """What moved, as a table in Dutch for the Dagster UI; each as the fields of `Moved`."""
    lines = [
        "| jaar | onderdeel | rijen erbij | rijen weg | veranderd | waarvan definitief | grootste verandering |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in moved:
        largest = "" if one["largest"] is None else f"{one['largest']:g}".replace(".", ",")
        lines.append(f"| {one['year'] or ''} | {one['part']} | {one['added']} | {one['gone']} | {one['changed']} | {one['restated']} | {largest} |")
    return "\n".join(lines)


def _query(table: SourceTable, column: str, figures: list[str]) -> str:
    grain = ", ".join(table.grain)
    part = next((name for name in PARTS if name in table.grain), None) or f"'{column}'"
    part += f" || ', {column}'" if part in PARTS and len(figures) > 1 else ""
    year = year_of(table) or "NULL::INTEGER"
    amounts = "max(abs(n.v - o.v)) FILTER (n.v <> o.v), avg(n.v - o.v) FILTER (n.v <> o.v)" if column in figures else "NULL, NULL"
    is_final = "period_status = 'Definitief'" if "period_status" in table.columns else "true"
    sides = [
        f"(SELECT {grain}, {column} AS v, {is_final} AS is_final, true AS here FROM read_parquet(${number})) AS {side}"
        for number, side in ((1, "o"), (2, "n"))
    ]
    return (
        f"SELECT {year} AS year, {part} AS part, count(o.here), count(n.here) FILTER (o.here IS NULL), count(o.here) FILTER (n.here IS NULL), "
        f"count(*) FILTER (o.here AND n.here AND o.v IS DISTINCT FROM n.v), count(o.v) FILTER (o.is_final AND o.v IS DISTINCT FROM n.v) "
        # a figure where there was none is a change too, unless the whole column came only now
        f"+ CASE WHEN count(o.v) > 0 THEN count(n.v) FILTER (o.is_final AND o.v IS NULL) ELSE 0 END, "
        f"count(o.v), count(n.v), {amounts} "
        f"FROM {sides[0]} FULL JOIN {sides[1]} USING ({grain}) GROUP BY ALL ORDER BY ALL"
    )


def _counts() -> str:
    """All rows: those of a table without a grain are how things stood on one day, so another year of them is no loss of the last."""
    return (
        "SELECT NULL, 'rijen', o, greatest(n - o, 0), greatest(o - n, 0), 0, 0, o, n, NULL, NULL "
        "FROM (SELECT count(*) AS o FROM read_parquet($1)), (SELECT count(*) AS n FROM read_parquet($2))"
    )
