"""The two lakes that analysts attach: they hold the current version, whole or not at all, and each may be read by whom it is for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from nplv_orchestration.errors import NplvError
from nplv_orchestration.settings import Deployment, Settings
from nplv_orchestration.shared import lake
from tests.engines import Engines

_COUNT = itertools.count()


@pytest.fixture
def shared(running: Engines, monkeypatch: pytest.MonkeyPatch) -> Deployment:
    """A deployment whose lakes are not there yet."""
    for name, value in running.environment(f"lake{next(_COUNT)}").items():
        monkeypatch.setenv(name, value)
    found = Settings().deployment
    assert found
    lake.demand(found)
    return found


def version(folder: Path, name: str, value: float, *, more: bool = False) -> Path:
    """A published version: a figure of the total, and in the internal part one of an area. more: with a table that others do not have."""
    for part in lake.PARTS:
        (folder / name / part).mkdir(parents=True)
        with duckdb.connect(str(folder / name / part / "nplv.duckdb")) as connection:
            connection.execute("CREATE SCHEMA marts")
            connection.execute(f"CREATE TABLE marts.figures AS SELECT 'nplv' AS geo, {value}::DOUBLE AS value, [{{'part': 1}}] AS parts")
            if part == "intern":
                connection.execute("INSERT INTO marts.figures VALUES ('een-gebied', 7, [])")
            if more:
                connection.execute("CREATE TABLE marts.more AS SELECT 1 AS one")
            connection.execute("COMMENT ON COLUMN marts.figures.value IS 'het cijfer'")
    return folder / name


@contextmanager
def attached(shared: Deployment, part: lake.Part, *options: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        lake.prepare(connection)
        lake.attach(connection, shared, part, "lake", "READ_ONLY", *options)
        yield connection


def figures(shared: Deployment, part: lake.Part, *options: str) -> list[tuple[object, ...]]:
    with attached(shared, part, *options) as connection:
        return connection.execute("SELECT geo, value FROM lake.marts.figures ORDER BY geo").fetchall()


def test_the_lakes_hold_what_a_version_holds_and_an_earlier_one_can_still_be_read(shared: Deployment, tmp_path: Path) -> None:
    lake.follow(shared, version(tmp_path, "one", 1, more=True))
    lake.follow(shared, version(tmp_path, "two", 2))
    assert figures(shared, "openbaar") == [("nplv", 2)]
    assert figures(shared, "intern") == [("een-gebied", 7), ("nplv", 2)]
    with attached(shared, "openbaar") as connection:
        assert connection.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'").fetchall() == [("figures",)]
        comments = "SELECT comment FROM duckdb_columns() WHERE database_name = 'lake' AND column_name = 'value'"
        assert connection.execute(comments).fetchall() == [("het cijfer",)]
    then = lake.snapshots(shared, "one")
    assert figures(shared, "openbaar", f"SNAPSHOT_VERSION {then['openbaar']}") == [("nplv", 1)]
    assert lake.snapshots(shared, "three") == {}


def test_each_model_of_dbt_asks_a_store_that_is_started_again_once_more(shared: Deployment) -> None:
    with attached(shared, "openbaar") as connection:  # dbt has a cursor for each model, which has its own settings
        told = connection.cursor().execute("SELECT value FROM duckdb_settings() WHERE name IN ('http_retries', 'http_retry_wait_ms') ORDER BY name")
        assert told.fetchall() == [("5",), ("200",)]


def test_a_version_that_they_hold_is_not_written_again(shared: Deployment, tmp_path: Path) -> None:
    one = version(tmp_path, "one", 1)
    lake.follow(shared, one)
    before = lake.snapshots(shared, "one")
    lake.follow(shared, one)
    with attached(shared, "intern") as connection:
        assert connection.execute("SELECT count(*) FROM lake.snapshots() WHERE commit_message = 'one'").fetchone() == (1,)
    assert lake.snapshots(shared, "one") == before


def test_killed_in_between_a_lake_stays_as_it_was_and_the_next_writer_brings_it_along(
    shared: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.follow(shared, version(tmp_path, "one", 1))
    two = version(tmp_path, "two", 2)
    with monkeypatch.context() as patch:
        patch.setattr(lake, "_comments", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            lake.follow(shared, two)
    assert [figures(shared, part)[-1] for part in lake.PARTS] == [("nplv", 1), ("nplv", 1)]
    lake.follow(shared, two)
    assert [figures(shared, part)[-1] for part in lake.PARTS] == [("nplv", 2), ("nplv", 2)]


def test_what_somebody_else_wrote_there_does_not_stay(shared: Deployment, tmp_path: Path) -> None:
    one = version(tmp_path, "one", 1)
    lake.follow(shared, one)
    with duckdb.connect() as connection:
        lake.prepare(connection)
        lake.attach(connection, shared, "openbaar", "lake")
        connection.execute("UPDATE lake.marts.figures SET value = 99")
    lake.follow(shared, one)
    assert figures(shared, "openbaar") == [("nplv", 1)]


def test_what_is_kept_no_longer_is_forgotten(shared: Deployment, tmp_path: Path) -> None:
    for number, name in enumerate(("one", "two", "three")):
        lake.follow(shared, version(tmp_path, name, number))
    assert lake.tidy(shared, {"two", "three"}) > 0
    assert lake.snapshots(shared, "one") == {}
    assert figures(shared, "intern", f"SNAPSHOT_VERSION {lake.snapshots(shared, 'two')['intern']}")[-1] == ("nplv", 1)
    assert figures(shared, "intern")[-1] == ("nplv", 2)


def test_who_may_read_the_public_lake_reads_no_other_and_writes_nothing(
    shared: Deployment, tmp_path: Path, running: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.follow(shared, version(tmp_path, "one", 1))
    database = shared.catalogue.split("dbname=")[1]
    for statement in (
        "CREATE ROLE analist LOGIN PASSWORD 'read-only'",
        "GRANT USAGE ON SCHEMA nplv_openbaar TO analist",
        "GRANT SELECT ON ALL TABLES IN SCHEMA nplv_openbaar TO analist",
    ):
        running.sql(database, statement)
    monkeypatch.setenv("PGPASSWORD", "read-only")
    analyst = Deployment(shared.catalogue.replace("user=nplv", "user=analist"), shared.store, shared.programme)
    assert figures(analyst, "openbaar") == [("nplv", 1)]
    with pytest.raises(NplvError, match="permission denied"):
        figures(analyst, "intern")
    with pytest.raises((NplvError, duckdb.Error), match="permission denied"), duckdb.connect() as connection:
        lake.prepare(connection)
        lake.attach(connection, analyst, "openbaar", "lake")
        connection.execute("UPDATE lake.marts.figures SET value = 99")
