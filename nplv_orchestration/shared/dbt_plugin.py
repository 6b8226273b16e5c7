"""What dbt-duckdb does with a connection before it attaches the lake in which the models are made (`profiles.yml`, target lake)."""

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from nplv_orchestration.shared import lake


class Plugin(BasePlugin):  # type: ignore[misc] # dbt has no types
    """Loads DuckDB's extensions and the keys of the store."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """As dbt-duckdb calls it, once for each process."""
        lake.prepare(conn)
