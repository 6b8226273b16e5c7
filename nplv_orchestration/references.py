"""What still refers to an archived version: published versions and editions.

Finding references belongs here; removing what has none is the archive's.
"""

from __future__ import annotations

import json

from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home


def archived_in_use(home: Home) -> set[str]:
    """The hashes of all archived versions that a published version or an edition was made from.

    Raises NplvError when one of these cannot be read: then nobody knows what it refers to.
    """
    import duckdb

    used: set[str] = set()
    for version in sorted(path for path in home.published.glob("[0-9]*") if path.is_dir()):
        manifest = version / "intern" / "parquet" / "provenance.sources.parquet"
        try:
            with duckdb.connect() as connection:
                found = connection.execute("SELECT sha256 FROM read_parquet(?) WHERE sha256 IS NOT NULL", [str(manifest)]).fetchall()
        except duckdb.Error as error:
            raise NplvError(f"{manifest} cannot be read, so nothing was removed: {str(error).splitlines()[0][:200]}") from None
        used |= {row[0] for row in found}
    for provenance in sorted(path / "provenance.json" for path in home.editions.glob("*/r*")):
        try:
            sources = json.loads(provenance.read_text(encoding="utf-8"))["sources"]
            used |= {source["sha256"] for source in sources if source["sha256"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NplvError(f"{provenance} cannot be read, so nothing was removed: {error}") from None
    return used
