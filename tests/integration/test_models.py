"""dbt's own unit tests: rows that a person can check by hand."""

import json
import shutil
from pathlib import Path

from nplv_orchestration.manifest import TARGET, load_manifest
from nplv_orchestration.transform import run_tests
from tests.real import Night


def test_the_unit_tests_of_the_models_hold(night: Night, tmp_path: Path) -> None:
    warehouse = Path(shutil.copy(night[0].warehouse_path, tmp_path))
    ended = run_tests(["test_type:unit"], warehouse, tmp_path / "dbt")
    assert set(ended) == set(json.loads((TARGET / "manifest.json").read_bytes())["unit_tests"])
    assert len(ended) >= 2
    assert [f"{uid}: {result.message}" for uid, result in ended.items() if result.status != "pass"] == []


def test_every_model_and_column_is_described() -> None:
    for node in load_manifest().nodes.values():
        assert node.description, node.name
        assert node.columns, node.name
        assert not [f"{node.name}.{name}" for name, column in node.columns.items() if not column["description"]]


def test_every_column_of_a_table_is_declared(night: Night) -> None:
    import duckdb

    with duckdb.connect(str(night[0].warehouse_path), read_only=True) as connection:
        for node in load_manifest().nodes.values():
            built = {row[0] for row in connection.execute(f"DESCRIBE {node.relation}").fetchall()}
            assert built == set(node.columns), node.name
