"""What `sources.py` measures, each in a process of its own.

    .venv/bin/python -m benchmarks.pull theirs URL | ours URL HOME FIRST_YEAR | night URL HOME | labels HOME

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

    total = duckdb.connect().execute(f"SELECT sum(value) FROM read_parquet('{publishers.archive.path(state.manifest)}')").fetchone()
    tell(begin, rows=state.manifest.rows, total=total and total[0])


def night(where: str, home: str) -> None:
    """The questions of a night, and all that they lead to: every table of the registry, asked ahead and refreshed.

    where: the base address of the real figures, or `demo` for the demo country, which answers inside this process.
    """
    import httpx

    from nplv_orchestration.archive import Archive
    from nplv_orchestration.configuration import FOLDER, OWN
    from nplv_orchestration.home import Home
    from nplv_orchestration.settings import Settings
    from nplv_orchestration.sources.http import Http
    from nplv_orchestration.sources.refresh import Publishers, refresh
    from nplv_orchestration.sources.registry import REGISTRY

    class Counted(httpx.BaseTransport):
        """A transport that knows how often it was asked."""

        def __init__(self, inner: httpx.BaseTransport) -> None:
            self.inner, self.requests = inner, 0

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            """The answer of the inner one."""
            self.requests += 1
            return self.inner.handle_request(request)

    begin = time.perf_counter()
    if where == "demo":
        from nplv_orchestration import demo

        settings, reviewed, answering = demo.publishers(Settings.model_validate({"home": home, "demo_size": "small"}), Home(Path(home)))
        transport = Counted(answering)
    else:
        addresses = {
            "cbs_url": "odata/v1/CBS",
            "dataderden_url": "dataderden",
            "leefbaarometer_url": "leefbaarometer",
            "cbs_download_url": "download",
        }
        settings = Settings.model_validate({"home": home} | {name: f"{where}/{path}" for name, path in addresses.items()})
        reviewed, transport = FOLDER / OWN, Counted(httpx.HTTPTransport())
    publishers = Publishers(settings, Archive(Path(home) / "archive"), Http(transport), reviewed=reviewed)
    publishers.ask_ahead(REGISTRY)
    states = Counter(refresh(table, publishers).state for table in REGISTRY)
    publishers.close()
    tell(begin, requests=transport.requests, asked=sum(table.is_asked for table in REGISTRY), states=states)


def labels(home: str) -> None:
    """EP-Online's total file from the inbox to a count for each buurt, by the models themselves, with the addresses in the archive."""
    import jinja2

    from nplv_orchestration.archive import Archive, TableState
    from nplv_orchestration.manifest import PROJECT
    from nplv_orchestration.settings import Settings
    from nplv_orchestration.sources.http import Http
    from nplv_orchestration.sources.refresh import Publishers, refresh
    from nplv_orchestration.sources.registry import BOUNDARY_YEAR, BY_KEY, REGISTRY
    from nplv_orchestration.warehouse import connect, register_raw

    begin = time.perf_counter()
    settings = Settings.model_validate({"home": home})
    publishers = Publishers(settings, Archive(Path(home) / "archive"), Http())
    read = refresh(BY_KEY["eponline_labels"], publishers)
    assert read.manifest, read.detail
    reading = time.perf_counter() - begin
    states = [TableState(table.key, "not_found", "", "", publishers.archive.current(table.key), False) for table in REGISTRY]
    words = {"source": lambda schema, name: f"{schema}.{name}", "ref": str, "var": {"boundary_year": BOUNDARY_YEAR}.get}
    with connect(settings) as connection:
        connection.execute("SET threads = 2; SET memory_limit = '1GB'")  # as dbt's profile has it
        register_raw(connection, publishers.archive, states)
        for model in ("staging/stg_eponline__labels", "staging/stg_cbs__addresses", "intermediate/int_energielabels"):
            query = jinja2.Template((PROJECT / "models" / f"{model}.sql").read_text(encoding="utf-8")).render(words)
            connection.execute(f"CREATE OR REPLACE TABLE {model.split('/')[1]} AS {query}")
        found = connection.execute("SELECT (SELECT count(*) FROM stg_eponline__labels), count(*), sum(labelled) FROM int_energielabels").fetchone()
    assert found
    tell(begin, rows=read.manifest.rows, reading=reading, dwellings=found[0], buurten=found[1], labelled=found[2])


if __name__ == "__main__":
    {"theirs": theirs, "ours": ours, "night": night, "labels": labels}[sys.argv[1]](*sys.argv[2:])
