"""One pull in a process of its own, for `sources.py` to measure: ours into an archive, or theirs into a pandas frame.

    .venv/bin/python -m benchmarks.pull ours|theirs|labels|night ...

Each prints one line of JSON: seconds without the imports, and what was found, so that two ways can be held against each other. What is
measured of the process as a whole, and what is served to it, belongs to the one who starts it.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from pathlib import Path


def tell(begin: float, **found: object) -> None:
    """Print what was found, and the seconds since `begin`."""
    print(json.dumps({"seconds": time.perf_counter() - begin, **found}))


def theirs(url: str) -> None:
    """47018NED as an analyst has it: the client `cbsodata`, and pandas."""
    import cbsodata
    import pandas as pd

    begin = time.perf_counter()
    cbsodata.options.use_https = False
    frame = pd.DataFrame(cbsodata.get_data("47018NED", catalog_url=f"{url.removeprefix('http://')}/dataderden"))
    tell(begin, rows=len(frame), total=float(frame["GeregistreerdeMisdrijven_1"].sum()))


def ours(url: str, home: str, first_year: str) -> None:
    """47018NED as a night does it: asked, checked, written as Parquet, checked again, and kept in an archive.

    first_year: in place of the registry's, because the calendar has not reached the tenth year after that.
    """
    from nplv_orchestration.archive import Archive
    from nplv_orchestration.settings import Settings
    from nplv_orchestration.sources import statline_v3
    from nplv_orchestration.sources.http import Http
    from nplv_orchestration.sources.refresh import Publishers, refresh
    from nplv_orchestration.sources.registry import BY_KEY

    begin = time.perf_counter()
    statline_v3.FIRST_YEAR = int(first_year)  # type: ignore[attr-defined]
    settings = Settings.model_validate({"home": home, "dataderden_url": f"{url}/dataderden"})
    publishers = Publishers(settings, Archive(Path(home) / "archive"), Http())
    state = refresh(BY_KEY["politie_misdrijven"], publishers)
    publishers.close()
    assert state.manifest
    import duckdb  # the pull loaded it

    total = duckdb.connect().execute("SELECT sum(value) FROM read_parquet(?)", [str(publishers.archive.path(state.manifest))]).fetchone()
    tell(begin, rows=state.manifest.rows, total=total and total[0])


if __name__ == "__main__":
    {"theirs": theirs, "ours": ours}[sys.argv[1]](*sys.argv[2:])
