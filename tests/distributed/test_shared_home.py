"""A home and an archive that machines share, without a night: what each sees of the other, what a killed one leaves, and what is refused in one line."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import time_machine

from nplv_orchestration.archive import Archive, Manifest
from nplv_orchestration.errors import HomeBusy, NplvError, WrongCall
from nplv_orchestration.home import Home, point_to
from nplv_orchestration.settings import Settings
from nplv_orchestration.shared import postgres
from nplv_orchestration.shared.home import SharedHome
from nplv_orchestration.shared.objects import Objects, Taken
from tests.engines import PASSWORD, Engines

_COUNT = itertools.count()
Machine = Callable[[], SharedHome]


@pytest.fixture
def machine(running: Engines, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    """A maker of machines of one deployment, each with a folder of its own."""
    for name, value in running.environment(f"deployment{next(_COUNT)}").items():
        monkeypatch.setenv(name, value)

    def made() -> SharedHome:
        home = Home.of(Settings(home=tmp_path / f"machine{next(_COUNT)}", sources="demo"))
        assert isinstance(home, SharedHome)
        return home

    return made


def put(home: Home, name: str, text: str) -> None:
    path = home.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_what_one_machine_writes_another_sees_as_it_is(machine: Machine) -> None:
    one, other = machine(), machine()
    with one.writing("one"):
        put(one, "editions/2025/r1/page.html", "first")
        put(one, "editions/2025/r2/page.html", "second")
        point_to(one.editions / "2025" / "current", "r1")
        put(one, "dagster/history.db", "of this machine alone")
    other.pull()
    assert (other.editions / "2025" / "current" / "page.html").read_text() == "first"
    assert not other.dagster.exists()
    with other.writing("other"):
        (other.editions / "2025" / "r2" / "page.html").unlink()
        put(other, "editions/2025/r1/page.html", "mended")
    one.pull()
    assert (one.editions / "2025" / "current" / "page.html").read_text() == "mended"
    assert not (one.editions / "2025" / "r2").exists()
    assert (one.dagster / "history.db").exists()


def test_what_a_machine_that_was_killed_did_not_finish_is_seen_by_nobody(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = machine(), machine()
    with one.writing("one"):
        put(one, "alerts/2026-01-01.md", "told")
    with monkeypatch.context() as patch:
        patch.setattr(Objects, "create", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt), one.writing("one"):
            put(one, "alerts/2026-01-01.md", "half")
    other.pull()
    assert (other.alerts / "2026-01-01.md").read_text() == "told"
    with one.writing("one again"):  # what lies here is not what all know, and goes
        assert (one.alerts / "2026-01-01.md").read_text() == "told"


def test_a_home_that_was_there_already_is_taken_over_by_an_empty_store(machine: Machine) -> None:
    one = machine()
    put(one, "alerts/2026-01-01.md", "told before")
    put(one, "archive/t/abc.parquet", "rows")
    put(one, "archive/t/0001.json", "{}")
    with one.writing("one"):
        Archive.of(one).tidy()
    other = machine()
    assert (other.alerts / "2026-01-01.md").read_text() == "told before"
    assert Archive.of(other).files() == ["t/abc.parquet"]


def test_who_lost_the_lock_keeps_nothing(machine: Machine, running: Engines) -> None:
    one, other = machine(), machine()
    database = one.deployment.catalogue.split("dbname=")[1]
    with pytest.raises(NplvError, match=r"server closed the connection unexpectedly.*; what was published stays as it was"), one.writing("one"):
        put(one, "alerts/2026-01-01.md", "lost")
        running.sql(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    other.pull()
    assert not other.alerts.exists()


def test_two_that_write_at_once_in_spite_of_all_are_found_out(machine: Machine) -> None:
    one, other = machine(), machine()
    with pytest.raises(NplvError, match="two write one home, and what this one wrote is not kept"), one.writing("one"):
        other.pull()
        put(other, "alerts/2026-01-02.md", "by the other")
        other.push()
        put(one, "alerts/2026-01-01.md", "by the one")
    seen = machine()
    assert [file.name for file in seen.alerts.iterdir()] == ["2026-01-02.md"]


def test_the_only_writer_is_named_and_one_that_died_is_told(machine: Machine, running: Engines) -> None:
    one, other = machine(), machine()
    with one.writing("Dagster run 7"):
        with pytest.raises(HomeBusy, match="programme nplv is being written by Dagster run 7; try again when it is done"), other.writing("other"):
            pass
        with pytest.raises(HomeBusy, match="Dagster run 7"):
            other.refuse_when_busy()
    other.refuse_when_busy()
    connection = postgres.connect(one.deployment)
    postgres.ask(connection, "INSERT INTO nplv.writer VALUES ('Dagster run 8')")  # as one leaves it whose machine lost its power
    connection.close()
    with other.writing("other") as died:
        assert died == "Dagster run 8"
    with other.writing("other") as died:
        assert died == ""


def test_a_run_lives_for_as_long_as_its_process(machine: Machine) -> None:
    shared = machine().deployment
    assert not postgres.lives(shared, "run")
    postgres.live(shared, "run")
    assert postgres.lives(shared, "run")
    postgres._LIVING.pop("run").close()
    assert not postgres.lives(shared, "run")


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ({"files": {"../etc/passwd": "0" * 64}}, "lies elsewhere"),
        ({"files": {"/etc/passwd": "0" * 64}}, "lies elsewhere"),
        ({"files": {"lock": "0" * 64}}, "lies elsewhere"),
        ({"links": {"published/current": "../../etc"}}, "points elsewhere"),
        ({"files": {"alerts/x": "0" * 64}, "more": 1}, "is not a state of a home that this version reads"),
        ("no", "is not a state of a home that this version reads"),
    ],
)
def test_a_state_that_somebody_else_wrote_is_refused(machine: Machine, tree: object, says: str) -> None:
    one = machine()
    one.store.create("home/00000001.json", json.dumps(tree | {"number": 1, "programme": "nplv"} if isinstance(tree, dict) else tree).encode())
    with pytest.raises(NplvError, match=says):
        one.pull()


def test_what_was_changed_in_the_store_is_refused(machine: Machine) -> None:
    one = machine()
    with one.writing("one"):
        put(one, "alerts/2026-01-01.md", "told")
    (name,) = one.store.names("files/")
    one.store.replace(name, b"forged")
    with pytest.raises(NplvError, match="is not what it was when it was written; restore it from a copy of the store"):
        machine()


# ------------------------------------------------------------------------------------------------------------- the archive


def stored(archive: Archive, content: bytes, version: str = "1") -> Manifest:
    draft = archive.draft("t")
    draft.write_bytes(content)
    told = Manifest(
        "t", "r", "p", "T", "title", "https://example.org", version, None, "2026-01-01T00:00:00+00:00", 1, [2024], "", None, None, "CC0", "q"
    )
    return archive.store(draft, told)


def test_the_archive_has_the_same_names_and_keeps_content_once(machine: Machine) -> None:
    one = Archive.of(machine())
    first, same, second = stored(one, b"one"), stored(one, b"one", "2"), stored(one, b"two", "3")
    home = machine()
    other = Archive.of(home)
    assert sorted(home.archive_store().names()) == sorted(
        ["t/0001.json", "t/0002.json", "t/0003.json", f"t/{first.sha256}.parquet", f"t/{second.sha256}.parquet"]
    )
    assert other.versions("t") == [first, same, second]
    assert not (other.root / "t" / f"{first.sha256}.parquet").exists()  # until it is asked for
    assert other.path(first).read_bytes() == b"one"
    assert other.holds(second)
    assert other.address(second) == f"{home.deployment.store}/archive/t/{second.sha256}.parquet"
    assert other.prune(set()) == [(first, 3)]
    assert not Archive.of(machine()).holds(first)


def test_a_version_that_another_stored_meanwhile_is_not_written_over(machine: Machine) -> None:
    one, other = Archive.of(machine()), Archive.of(machine())
    stored(one, b"one")
    with pytest.raises(Taken, match=r"0001\.json was written by another meanwhile"):
        stored(other, b"two")


def test_a_file_of_the_archive_that_was_changed_is_refused(machine: Machine) -> None:
    home = machine()
    first = stored(Archive.of(home), b"one")
    home.archive_store().replace(f"t/{first.sha256}.parquet", b"forged")
    other = Archive.of(machine())
    with pytest.raises(NplvError, match="is not what was stored; restore it from a copy of the store"):
        other.path(first)
    assert other.digest(f"t/{first.sha256}.parquet") != first.sha256


# ------------------------------------------------------------------------------------------------------------- bad input


def test_a_wrong_password_is_one_line(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    one = machine()
    monkeypatch.setenv("PGPASSWORD", "wrong-one")
    with (
        pytest.raises(NplvError, match=r"PostgreSQL of NPLV_WAREHOUSE does not let this in: .*password authentication failed") as error,
        one.writing("one"),
    ):
        pass
    assert "wrong-one" not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_bucket_that_is_not_there_is_one_line(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_STORE", "s3://nothing-here/monitor")
    with pytest.raises(NplvError, match=r"s3://nothing-here/monitor/nplv: .*bucket does not exist; create the bucket, or correct NPLV_STORE"):
        machine()


def test_a_catalogue_of_another_version_is_one_line_and_stays_as_it_is(machine: Machine, running: Engines) -> None:
    one = machine()
    with one.writing("one"):
        pass
    database = one.deployment.catalogue.split("dbname=")[1]
    running.sql(database, "UPDATE nplv_warehouse.ducklake_metadata SET value = '0.1' WHERE key = 'version'")
    with (
        pytest.raises(NplvError, match=r"the catalogue of NPLV_WAREHOUSE was made by another version of DuckLake: .*docs/deployment.md"),
        one.writing("one"),
    ):
        pass
    assert running.sql(database, "SELECT value FROM nplv_warehouse.ducklake_metadata WHERE key = 'version'") == [("0.1",)]


def test_two_deployments_on_one_lake_are_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    with machine().writing("one"):
        pass
    bucket = Settings().store
    monkeypatch.setenv("NPLV_STORE", f"{bucket}/another")
    with pytest.raises(NplvError, match="the catalogue of NPLV_WAREHOUSE is of a lake in another store: "), machine().writing("another"):
        pass


@pytest.mark.parametrize(("seconds", "says"), [(300, "300 seconds ahead of"), (-300, "300 seconds behind")])
def test_a_clock_that_is_off_is_one_line(machine: Machine, seconds: int, says: str) -> None:
    one = machine()
    import datetime

    with (
        time_machine.travel(datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)),
        pytest.raises(NplvError, match=f"the clock of this machine is {says}"),
        one.writing("one"),
    ):
        pass


def test_engines_that_are_not_installed_are_one_line(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nplv_orchestration.shared.home.find_spec", lambda name: None if name == "s3fs" else name)
    with pytest.raises(
        WrongCall, match=r"for a shared warehouse s3fs must be installed: `make tools`, or pip install 'nplv-orchestration\[shared\]'"
    ):
        machine()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("NPLV_WAREHOUSE", "ducklake:postgres:host=db password=x dbname=nplv", "NPLV_WAREHOUSE holds a password"),
        ("NPLV_WAREHOUSE", "ducklake:postgres:postgresql://u:x@db/nplv", "NPLV_WAREHOUSE holds a password"),
        ("NPLV_WAREHOUSE", "ducklake:postgres:", "comes a PostgreSQL database"),
        ("NPLV_WAREHOUSE", "ducklake:postgres:host=db'; DROP", "comes a PostgreSQL database"),
        ("NPLV_WAREHOUSE", "ducklake:sqlite:x", "NPLV_WAREHOUSE: 'ducklake:' is not supported"),
        (
            "NPLV_WAREHOUSE",
            "/srv/nplv.duckdb",
            "NPLV_STORE is for a shared warehouse, and NPLV_WAREHOUSE is /srv/nplv.duckdb: set that to ducklake:postgres:",
        ),
        ("NPLV_STORE", "gs://bucket", "a shared warehouse has its tables and its archive in object storage"),
        ("NPLV_STORE", "s3://bucket/../other", "a shared warehouse has its tables and its archive in object storage"),
    ],
)
def test_settings_that_cannot_be_are_refused(machine: Machine, monkeypatch: pytest.MonkeyPatch, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(NplvError, match=says) as error:
        machine()
    assert PASSWORD not in str(error.value)
