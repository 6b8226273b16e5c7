"""The nightly job on two hosts, with all that they share on a third; and what is left when a worker or an engine is killed in the middle of it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nplv_orchestration import current
from nplv_orchestration.build import NIGHTLY
from nplv_orchestration.history import MACHINE
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Deployment as Shared
from nplv_orchestration.shared import lake
from nplv_orchestration.shared.home import SharedHome
from nplv_orchestration.sums import problems, sha256
from tests.distributed.hosts import WORKERS, Deployment, deployed
from tests.real import Night

ONE, OTHER = WORKERS


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("deployment")
    with deployed(folder, {"NPLV_SOURCES": "demo", "NPLV_DEMO_SIZE": "tiny"}) as found:
        for name in WORKERS:
            found.start_worker(name, NPLV_DEMO_NIGHT="0")
        yield found


def on_night(deployment: Deployment, night: int) -> None:
    """Let both workers come to a later night of the demo country."""
    for name in WORKERS:
        if name in deployment.processes:
            deployment.kill(name)
        deployment.start_worker(name, NPLV_DEMO_NIGHT=str(night))


def seen(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SharedHome:
    """The home as yet another machine finds it in the store."""
    for name, value in deployment.environment.items():
        monkeypatch.setenv(name, value)
    from nplv_orchestration.settings import Settings

    home = Home.of(Settings(home=tmp_path / f"seen-{time.monotonic_ns()}"))
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


def test_a_night_on_one_host_and_the_edition_on_whichever(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    night = deployment.wait_for_end(deployment.launch(NIGHTLY))
    assert night["status"] == "SUCCESS", deployment.processes
    assert night["tags"][MACHINE] in WORKERS
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
    on_night(deployment, 20)
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
    on_night(deployment, 40)
    before = len(current.history(seen(deployment, monkeypatch, tmp_path)))
    run = deployment.launch(NIGHTLY)
    deployment.wait_for_step(run, "warehouse")
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
    on_night(deployment, 60)
    before = len(current.history(seen(deployment, monkeypatch, tmp_path)))
    run = deployment.launch(NIGHTLY)
    deployment.wait_for_step(run, "gate")
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
