"""From which columns of which tables each column of a model comes, out of the SQL that dbt compiled.

It is found when the models are prepared and shown in the Dagster UI. Which table was made from what is known to dbt itself, and kept by `lineage`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlglot.optimizer.scope import Scope

Lineage = dict[str, list[tuple[str, str]]]
"""Of each column the columns that it comes from, as pairs of schema.table and column; those that only choose rows are not among them."""

Columns = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Schema, table and column, with its type."""


def column_lineage(sql: str, columns: Columns) -> Lineage:
    """The lineage of each column that a query of DuckDB gives; columns: of the tables that it reads. Raises sqlglot's own error for SQL that it cannot read."""
    import sqlglot
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope
    from sqlglot.schema import MappingSchema

    # a pivot gives columns that stand nowhere in the query, so a query that has one is not demanded to be known in every column
    known = MappingSchema(dict(columns), dialect="duckdb")
    query: Any = qualify(
        sqlglot.parse_one(sql, dialect="duckdb"), schema=known, dialect="duckdb", validate_qualify_columns=False, quote_identifiers=False
    )
    scope = build_scope(query)
    walk = _Walk()
    return {name: sorted(walk.of(scope, name)) for name in query.named_selects} if scope else {}


class _Walk:
    """Follows columns from scope to scope, each once."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, str], set[tuple[str, str]]] = {}

    def of(self, scope: Scope, name: str) -> set[tuple[str, str]]:
        """Where a column of a scope comes from."""
        key = id(scope), name
        if key not in self._found:
            self._found[key] = set()  # a query that refers to itself ends here
            self._found[key] = {origin for source, column in self._one_back(scope, name) for origin in self._origin(source, column)}
        return self._found[key]

    def _origin(self, source: Any, column: str) -> set[tuple[str, str]]:
        from sqlglot import exp

        if isinstance(source, exp.Table):
            return {(f"{source.db}.{source.name}", column)} if source.db else set()
        return self.of(source, column)

    def _one_back(self, scope: Scope, name: str) -> Iterator[tuple[Any, str]]:
        """The columns that a column of a scope is made of, each with the table or scope that has it."""
        from sqlglot import exp

        query: Any = scope.expression
        if scope.set_operation_scopes:
            by_name, place = query.args.get("by_name"), _place(query.left.named_selects, name)
            for part in scope.set_operation_scopes:
                union: Any = part.expression
                names = union.named_selects
                if by_name or place is None:
                    yield from [(part, name)] if name in names else []
                elif place < len(names):
                    yield part, names[place]
            return
        chosen = next((one for one in query.selects if one.alias_or_name == name), None) if isinstance(query, exp.Select) else None
        inside = {id(column): one for one in scope.traverse() for column in one.columns}  # a query within an expression has sources of its own
        for column in chosen.find_all(exp.Column) if chosen is not None else ():
            source = inside.get(id(column), scope).sources.get(column.table)
            if source is not None:
                yield source, column.name


def _place(names: list[str], name: str) -> int | None:
    return names.index(name) if name in names else None
