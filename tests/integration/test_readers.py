"""Readers that ask without pause while versions are published: three kinds of them and three versions; more of both in `benchmarks.readers`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from benchmarks.readers import ANEW, NOTEBOOK, OLDER, PARQUET, Reader, client, publish, reading, wrong


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an older DuckDB 1.x."""
    try:
        return client(tmp_path_factory.mktemp("client"), OLDER)
    except subprocess.CalledProcessError:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"DuckDB {OLDER} cannot be fetched, so nobody reads with an older client")


@pytest.mark.either
def test_readers_are_never_in_the_way_and_each_answer_is_of_one_version(demo_home: Path, older: Path, tmp_path: Path) -> None:
    made = publish(demo_home, [1])
    readers = [Reader(ANEW), Reader(NOTEBOOK), Reader(PARQUET), Reader(ANEW, older)]
    with reading(readers, demo_home / "published" / "current", tmp_path / "stop"):
        made |= publish(demo_home, range(2, 5))
    assert [line for reader in readers for line in wrong(reader, made)] == []
    assert len({version for reader in readers for version, *_ in reader.told["seen"]}) > 1
    assert readers[-1].told["duckdb"] == OLDER
