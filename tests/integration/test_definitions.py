"""What Dagster loads: valid, silent while it loads, and scheduled in Amsterdam's time."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from nplv_orchestration.build import EDITION, NIGHTLY, build_definitions
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.sources.registry import REGISTRY

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("great_expectations", "dbt", "pyarrow", "openpyxl", "xlsxwriter", "odf", "pandas", "pandera", "duckdb", "jinja2", "matplotlib", "typst")

# run with an audit hook: what is written, and whom is spoken to, while the code location loads
LOADING = """
import json, os, sys
seen = []
def hook(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)):
        writes = (isinstance(args[1], str) and set(args[1]) & set("wax+")) or (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes and "__pycache__" not in str(args[0]) and args[0] != os.devnull:
            seen.append(f"open {args[0]}")
    elif event in ("socket.connect", "socket.getaddrinfo", "os.mkdir", "os.rename", "os.remove") and "__pycache__" not in str(args):
        seen.append(f"{event} {args}")
    elif event == "subprocess.Popen" and args[0] != "file":  # a library of Dagster asks how wide the machine's words are
        seen.append(f"{event} {args}")
sys.addaudithook(hook)
from nplv_orchestration.definitions import defs
defs.get_repository_def().load_all_definitions()
print(json.dumps({"seen": seen, "modules": sorted({m.split(".")[0] for m in sys.modules})}))
"""


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return build_definitions()


def test_dagster_calls_the_workspace_valid(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("dagster")), "definitions", "validate", "-w", str(ROOT / "workspace.yaml")]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "All code locations passed validation" in told.stdout + told.stderr


def test_loading_writes_nothing_asks_nobody_and_imports_nothing_heavy(tmp_path: Path) -> None:
    told = subprocess.run([sys.executable, "-c", LOADING], cwd=tmp_path, capture_output=True, text=True, check=True)
    loaded = json.loads(told.stdout)
    assert loaded["seen"] == []
    assert set(loaded["modules"]).isdisjoint(HEAVY)
    assert list(tmp_path.iterdir()) == []


def test_every_launch_runs_in_its_own_process_only(definitions: dg.Definitions) -> None:
    for name in (NIGHTLY, EDITION, "__ASSET_JOB"):
        assert definitions.resolve_job_def(name).executor_def.name == "in_process"


def test_the_night_makes_everything_but_the_edition(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    night = {key.to_user_string() for key in definitions.resolve_job_def(NIGHTLY).asset_layer.selected_asset_keys}
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} - night == {"edition"}
    manifest = load_manifest()
    assert night == {f"raw/{t.key}" for t in REGISTRY} | {f"{n.schema}/{n.name}" for n in manifest.nodes.values()} | {"gate", "publication"}


def test_assets_stand_in_groups_with_an_owner_a_kind_and_a_description(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    groups: dict[str, set[str]] = {}
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description and node.owners and node.kinds, key
        groups.setdefault(node.group_name or "", set()).add(key.to_user_string())
    assert set(groups) == {"raw", "staging", "fysiek", "sociaal", "veiligheid", "programma", "publicatie", "editie"}
    for line, size in (("fysiek", 5), ("sociaal", 8), ("veiligheid", 4)):
        assert len(groups[line]) == size
        assert all(name.startswith("marts/mart_") for name in groups[line])


def test_no_check_blocks_because_the_gate_decides(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert not [key for key in graph.asset_check_keys if graph.get_check_spec(key).blocking]
    tests = {check.name for check in load_manifest().checks}
    assert tests < {key.name for key in graph.asset_check_keys}


def test_the_night_comes_once_a_day_also_when_the_clock_changes(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def(NIGHTLY)
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 4 * * *", "Europe/Amsterdam")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    zone = ZoneInfo("Europe/Amsterdam")
    for day in range(365 * 20):
        tick = datetime(2026, 1, 1, 4, 30, tzinfo=zone) + timedelta(days=day)
        assert tick.astimezone(UTC).astimezone(zone).time() == tick.time(), f"{tick} is skipped"
        assert tick.utcoffset() == tick.replace(fold=1).utcoffset(), f"{tick} comes twice"


def test_a_publication_asks_for_the_edition_of_its_newest_year(definitions: dg.Definitions) -> None:
    sensor = definitions.resolve_sensor_def("edition_after_publication")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_sensor_context(instance=instance, definitions=definitions)
        assert sensor.evaluate_tick(context).run_requests == []
        for year in (None, 2024):
            instance.report_runless_asset_event(dg.AssetMaterialization("publication", metadata={"nieuwste_jaar": year}))
            context = dg.build_sensor_context(instance=instance, definitions=definitions)
            asked = sensor.evaluate_tick(context).run_requests or []
            assert [request.partition_key for request in asked] == ([] if year is None else ["2024"])
        for made, wanted in (("2023", ["2024"]), ("2024", [])):  # an edition of another year does not do, one of this year needs no other
            instance.report_runless_asset_event(dg.AssetMaterialization("edition", partition=made))
            context = dg.build_sensor_context(instance=instance, definitions=definitions)
            assert [request.partition_key for request in sensor.evaluate_tick(context).run_requests or []] == wanted
