"""What goes to the public: sent editions alone, at addresses that never change."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import Result
from frictionless import Package
from typer.testing import CliRunner

from nplv_orchestration import cli
from nplv_orchestration.edition import life
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.sums import problems, seal
from tests.homes import copied
from tests.real import Night

BY = ["--by", "A. Jansen"]
Call = Callable[..., Result]


def calling(home: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """A call of the command line on a home."""
    monkeypatch.setenv("NPLV_HOME", str(home))
    return lambda *words: CliRunner().invoke(cli.app, list(words))


def send(nplv: Call, letter: str) -> None:
    """Bring the newest revision of 2025 to parliament."""
    bodies = [word for body in life.BODIES for word in ("--body", body)]
    today = life.today().isoformat()
    for words in (
        ["cutoff", "2025", today], ["2025", "--status", "afgestemd", *bodies], ["2025", "--status", "ter-besluitvorming"],
        ["2025", "--status", "verzonden", "--on", today, "--letter", letter],
    ):  # fmt: skip
        told = nplv("edition", *words, *BY)
        assert told.exit_code == 0, told.exception


@pytest.fixture(scope="module")
def sent_home(demo_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That home after its first edition went to parliament."""
    home = copied(demo_night[0].home, tmp_path_factory.mktemp("sent") / "home")
    with pytest.MonkeyPatch.context() as patch:
        send(calling(home, patch), "30995-110")
    return home


@pytest.fixture
def nplv(sent_home: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """A call of the command line on it."""
    return calling(sent_home, monkeypatch)


def test_what_was_not_sent_is_not_public(demo_night: Night, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refused = calling(demo_night[0].home, monkeypatch)("opendata", str(tmp_path / "open")).exception
    assert isinstance(refused, WrongCall) and "no edition was sent to parliament yet" in str(refused)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_what_was_sent_gets_an_address_that_never_changes(sent_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, out = copied(sent_home, tmp_path / "home"), tmp_path / "open"
    nplv = calling(home, monkeypatch)
    assert nplv("opendata", str(out)).stdout == f"1 revisie in {out}: 2025/r1\n"
    first = files(out / "2025" / "r1")
    assert problems(out / "2025" / "r1") == []

    report = Package(str(out / "2025" / "r1" / "datapackage.json")).validate()
    assert report.valid, report.flatten(["type", "note"])
    package = json.loads(first["datapackage.json"])
    assert package["demonstratiegegevens"] is True
    assert [licence["name"] for licence in package["licenses"]] == ["CC-BY-4.0"]
    tables = [resource for resource in package["resources"] if resource["type"] == "table"]
    assert {resource["path"] for resource in package["resources"]} == {name for name in first if name.endswith((".csv", ".parquet"))}
    assert len(tables) >= 7
    assert all(field["description"].endswith(".") for table in tables for field in table["schema"]["fields"])

    citation = yaml.safe_load(first["CITATION.cff"])
    assert citation["cff-version"] == "1.2.0" and citation["license"] == "CC-BY-4.0" and citation["version"] == "2025.1"
    assert citation["title"].startswith("DEMONSTRATIEGEGEVENS: Voortgangsoverzicht")
    assert citation["identifiers"][0]["value"] == "urn:nplv:voortgangsoverzicht:2025:r1"
    assert "CBS 84286NED" in first["LICENTIE.txt"].decode()

    assert nplv("edition", "revise", "2025", "--reason", "Een tabel was onduidelijk.", *BY).exit_code == 0
    assert nplv("opendata", str(out)).stdout == f"1 revisie in {out}: 2025/r1\n"  # a concept is not public
    send(nplv, "30995-112")
    assert nplv("opendata", str(out)).stdout == f"2 revisies in {out}: 2025/r1, 2025/r2\n"
    assert files(out / "2025" / "r1") == first
    index, changelog = (json.loads((out / name).read_text(encoding="utf-8")) for name in ("index.json", "changelog.json"))
    assert [edition["path"] for edition in index["editions"]] == ["2025/r1/", "2025/r2/"]
    assert all(one["demonstratiegegevens"] for one in (*index["editions"], *changelog))
    assert all((out / edition["path"] / name).is_file() for edition in index["editions"] for name in edition["files"])
    assert [(one["path"], one["compared_with"], one["reason"]) for one in changelog] == [
        ("2025/r2/", "2025/r1/", "Een tabel was onduidelijk."), ("2025/r1/", None, ""),
    ]  # fmt: skip
    assert changelog[0]["changes"] == []  # the same figures
    assert json.loads((out / "2025" / "latest.json").read_text(encoding="utf-8")) == {"edition": 2025, "revision": 2, "path": "r2/"}

    (out / "2025" / "r1" / "berekening.csv").write_text("1\n")
    refused = nplv("opendata", str(out)).exception
    assert isinstance(refused, NplvError) and "berekening.csv was changed; remove the folder, and it is written again" in str(refused)
    folder = home / "editions" / "2025" / "r2"
    (folder / "berekening.csv").write_text("1\n")
    seal(folder)
    refused = nplv("opendata", str(tmp_path / "other")).exception
    assert isinstance(refused, NplvError) and "its SHA256SUMS is not the one that was frozen" in str(refused)


def test_csv_and_parquet_hold_the_same_and_no_area(nplv: Call, tmp_path: Path) -> None:
    assert nplv("opendata", str(tmp_path / "open")).exit_code == 0
    folder = tmp_path / "open" / "2025" / "r1"
    for path in sorted(folder.glob("*.csv")):
        separated, packed = pd.read_csv(path), pl.read_parquet(path.with_suffix(".parquet"))
        assert packed.columns == list(separated.columns), path.name
        assert packed.height == len(separated)
        for name in packed.columns:
            assert packed[name].null_count() == separated[name].isna().sum(), (path.name, name)
            if packed[name].dtype.is_numeric():
                assert packed[name].drop_nulls().to_list() == separated[name].dropna().tolist(), (path.name, name)
    figures = pl.read_parquet(folder / "berekening.parquet")
    assert set(figures["geo_level"]) == {"nplv", "gemeenten", "rest_19_gemeenten", "nederland", "overig_nederland"}
    assert figures.schema["source_modified"] == pl.Datetime("us") and figures.schema["is_main_series"] == pl.Boolean
    schema = pq.read_schema(folder / "berekening.parquet")
    assert schema.metadata[b"edition"] == b"2025/r1"
    assert schema.field("coverage").metadata[b"description"].startswith(b"Dekking")


def test_a_folder_of_something_else_is_left_alone(nplv: Call, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for folder in (tmp_path, tmp_path / "mine.txt"):
        refused = nplv("opendata", str(folder)).exception
        assert isinstance(refused, WrongCall) and "holds something else than open data" in str(refused)
    assert (tmp_path / "mine.txt").read_text() == "mine"
