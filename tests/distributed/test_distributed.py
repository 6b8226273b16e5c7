"""The nightly job on two hosts, with all that they share on a third; and what is left when a worker or an engine is killed in the middle of it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nplv_orchestration import current
from nplv_orchestration.build import NIGHTLY
from nplv_orchestration.configuration import FILE, FOLDER, OWN
from nplv_orchestration.history import MACHINE
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Deployment as Shared
from nplv_orchestration.settings import load_settings
from nplv_orchestration.shared import lake, postgres
from nplv_orchestration.shared.home import SharedHome
from nplv_orchestration.sums import problems, sha256
from tests.distributed.hosts import WORKERS, Deployment, deployed
from tests.real import Night
from tests.unit.test_configuration import WORDS

SECOND = "nprz"


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Two programmes, of which the second has few indicators and other words."""
    folder = tmp_path_factory.mktemp("deployment")
    for programme in (OWN, SECOND):
        shutil.copytree(FOLDER / OWN, folder / "programmes" / programme)
    (folder / "programmes" / SECOND / FILE).write_text(WORDS, encoding="utf-8")
    with deployed(folder, folder / "programmes", {"NPLV_SOURCES": "demo", "NPLV_DEMO_SIZE": "tiny"}) as found:
        for name in WORKERS:
            found.start_worker(name, NPLV_DEMO_NIGHT="0")
        yield found


def on_night(deployment: Deployment, night: int) -> None:
    """Let both workers come to a later night of the demo country."""
    for name in WORKERS:
        if name in deployment.processes:
            deployment.kill(name)
        deployment.start_worker(name, NPLV_DEMO_NIGHT=str(night))


def begun(deployment: Deployment, night: int, step: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> tuple[str, int]:
    """A night of which this step began, on a later night of the demo country, on which something is new; with how many versions there were before it."""
    on_night(deployment, night)
    before = len(current.history(seen(deployment, monkeypatch, tmp_path)))
    run = deployment.launch(NIGHTLY)
    deployment.wait_for_step(run, step)
    return run, before


def seen(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, programme: str = OWN) -> SharedHome:
    """The home of a programme as yet another machine finds it in the store."""
    for name, value in (deployment.environment | {"NPLV_HOME": str(tmp_path / f"seen-{time.monotonic_ns()}")}).items():
        monkeypatch.setenv(name, value)
    home = Home.of(load_settings(programme=programme))
    assert isinstance(home, SharedHome)
    return home


def demand_whole(home: SharedHome, versions: int) -> None:
    """All that was published is whole, once, and what analysts attach is the current version."""
    events = current.history(home)
    assert len({event.version for event in events}) == len(events) == versions, events
    contents = [event.version.split("-")[1] for event in events]
    assert len(set(contents)) == len(contents), "the same content was published twice"
    for folder in current.versions(home):
        assert problems(folder) == []
        assert current.faults(home, folder) == []
    assert current.name(home) == events[-1].version
    for part in lake.PARTS:
        assert tags(home.deployment, part)[-1] == events[-1].version
        assert rows(home.deployment, part) == rows_of(home.current / part / "nplv.duckdb")
    with closing(postgres.connect(home.deployment)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'ducklake_inlined_data_%'")
        assert {name for (name,) in cursor.fetchall()} == {"ducklake_inlined_data_tables"}, "rows are kept in the catalogue"


def tags(shared: Shared, part: lake.Part) -> list[str | None]:
    with duckdb.connect() as connection:
        lake.prepare(connection)
        lake.attach(connection, shared, part, "lake", "READ_ONLY")
        return [tag for (tag,) in connection.execute("SELECT commit_message FROM lake.snapshots() ORDER BY snapshot_id").fetchall()]


FIGURES = "SELECT * FROM {}.marts.indicator_values ORDER BY ALL"


def rows(shared: Shared, part: lake.Part) -> list[Any]:
    with duckdb.connect() as connection:
        lake.prepare(connection)
        lake.attach(connection, shared, part, "lake", "READ_ONLY")
        return connection.execute(FIGURES.format("lake")).fetchall()


def rows_of(database: Path) -> list[Any]:
    with duckdb.connect(str(database), read_only=True) as connection:
        return connection.execute(FIGURES.format("nplv")).fetchall()


def test_two_programmes_have_their_night_at_once_each_on_a_host_and_then_the_edition(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    runs = {programme: deployment.launch(NIGHTLY, programme) for programme in (OWN, SECOND)}
    nights = {programme: deployment.wait_for_end(run) for programme, run in runs.items()}
    assert {programme: night["status"] for programme, night in nights.items()} == dict.fromkeys(runs, "SUCCESS"), list(
        map(deployment.errors, runs.values())
    )
    assert {night["tags"][MACHINE] for night in nights.values()} == set(WORKERS)
    second = seen(deployment, monkeypatch, tmp_path, SECOND)
    with duckdb.connect(str(second.current / "intern" / "nplv.duckdb"), read_only=True) as connection:
        told = connection.execute("SELECT DISTINCT indicator_id FROM marts.indicator_values ORDER BY 1").fetchall()
    assert [name for (name,) in told] == ["inkomen", "woz_relatief"]
    demand_whole(second, 1)
    end = time.monotonic() + 300
    home = seen(deployment, monkeypatch, tmp_path)
    while not (edition := home.editions / "2025" / "current" / "provenance.json").exists():  # by the sensor, after the publication
        assert time.monotonic() < end
        time.sleep(2)
        home.pull()
    demand_whole(home, 1)
    told = json.loads(edition.read_text())["published_version"]
    assert told["version"] == current.name(home)
    snapshot = int(told["ducklake_openbaar"])
    with duckdb.connect() as connection:
        lake.prepare(connection)
        lake.attach(connection, home.deployment, "openbaar", "lake", "READ_ONLY", f"SNAPSHOT_VERSION {snapshot}")
        assert connection.execute(FIGURES.format("lake")).fetchall() == rows_of(home.current / "openbaar" / "nplv.duckdb")
    deployment.quiet()


def test_the_figures_and_the_data_files_are_those_of_one_machine(
    deployment: Deployment, demo_night: Night, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The same night as the one before, which one machine does in a folder: the same rows, and the same bytes in each file of data of the edition."""
    shared, alone = seen(deployment, monkeypatch, tmp_path), Home(demo_night[0].home)
    for part in lake.PARTS:
        assert rows(shared.deployment, part) == rows_of(alone.current / part / "nplv.duckdb")
    files = [{file.name: sha256(file) for file in (home.editions / "2025" / "current").glob("*.csv")} for home in (shared, alone)]
    assert len(files[0]) >= 5
    assert files[0] == files[1]


def test_the_other_host_goes_on_where_a_killed_one_was(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    on_night(deployment, 7)
    run = deployment.launch(NIGHTLY)
    machine = deployment.wait_for_step(run, "publication")["tags"][MACHINE]
    deployment.kill(machine)
    ended = deployment.wait_for_end(run, 60)
    assert ended["status"] == "FAILURE"
    before = len(current.history(seen(deployment, monkeypatch, tmp_path)))
    again = deployment.wait_for_end(deployment.launch(NIGHTLY))
    assert again["status"] == "SUCCESS"
    assert again["tags"][MACHINE] != machine
    deployment.quiet()
    home = seen(deployment, monkeypatch, tmp_path)
    assert before in (1, 2)  # killed before, or after, what was published was known to all
    demand_whole(home, 2)


def test_a_night_goes_on_without_the_broker_and_through_a_store_that_comes_back(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run, before = begun(deployment, 20, "warehouse", monkeypatch, tmp_path)
    for server in (deployment.engines.redis, deployment.engines.store):
        time.sleep(2)
        server.kill()
        time.sleep(3)
        server.start()
    assert deployment.wait_for_end(run)["status"] == "SUCCESS", deployment.errors(run)
    deployment.quiet()
    demand_whole(seen(deployment, monkeypatch, tmp_path), before + 1)


def test_a_night_whose_database_is_killed_fails_and_the_next_is_whole(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run, before = begun(deployment, 40, "gate", monkeypatch, tmp_path)
    deployment.engines.postgres.kill()
    time.sleep(3)
    deployment.engines.postgres.start()
    assert deployment.wait_for_end(run)["status"] == "FAILURE"  # its lock was lost, so another may write
    assert len(current.history(seen(deployment, monkeypatch, tmp_path))) == before
    deployment.quiet()
    again = deployment.wait_for_end(deployment.launch(NIGHTLY))
    assert again["status"] == "SUCCESS", deployment.errors(run)
    deployment.quiet()
    demand_whole(seen(deployment, monkeypatch, tmp_path), before + 1)
