"""What is in deploy/ is what its programs read: settings that load, commands that exist, variables that are settings, and no secret."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from nplv_orchestration import history, services
from nplv_orchestration.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file() and path.name != ".env" and "inbox" not in path.parts)
KINDS = ("celery", "kubernetes")
TAG_LIMIT = [{"key": history.PROGRAMME, "value": {"applyLimitPerUniqueValue": True}, "limit": 1}]
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)


def read(path: str) -> Any:
    return yaml.safe_load((DEPLOY / path).read_text(encoding="utf-8"))


def described(path: Path) -> str:
    return path.relative_to(DEPLOY).as_posix()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a process of the deployment has it."""
    for name, value in {
        "DAGSTER_POSTGRES_URL": "postgresql+psycopg2://nplv@postgres:5432/nplv",
        "NPLV_BROKER": "redis://redis:6379/0",
        "NPLV_WAREHOUSE": "ducklake:postgres:host=postgres dbname=nplv user=nplv",
        "NPLV_STORE": "s3://nplv/monitor",
    }.items():
        monkeypatch.setenv(name, value)


# ---------------------------------------------------------------------------------------------------- Dagster


def demand_config(module: str, name: str, config: Mapping[str, Any]) -> Any:
    """The class that is named reads this configuration; gives it, without making anything of it."""
    from dagster._config import process_config, resolve_to_config_type

    found = getattr(importlib.import_module(module), name)
    read_as = process_config(resolve_to_config_type(found.config_type()), config)  # type: ignore[arg-type]
    assert read_as.success, (name, [error.message for error in read_as.errors or []])
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_dagster_reads_its_settings(kind: str, environment: None, tmp_path: Path) -> None:
    """Dagster's own loader reads the file, and each class that it names is there and reads what is said to it. No server is asked."""
    from dagster._core.instance.ref import InstanceRef

    (tmp_path / "dagster.yaml").write_text((DEPLOY / kind / "dagster.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    reference = InstanceRef.from_dir(str(tmp_path))
    named = {
        "storage": reference.storage_data,
        "launcher": reference.run_launcher_data,
        "coordinator": reference.run_coordinator_data,
        "logs": reference.compute_logs_data,
    }
    classes = {}
    for what, data in named.items():
        assert data
        classes[what] = demand_config(data.module_name, data.class_name, yaml.safe_load(data.config_yaml)).__name__
    launcher = {"celery": "Launcher", "kubernetes": "K8sRunLauncher"}[kind]
    assert classes == {
        "storage": "DagsterPostgresStorage",
        "launcher": launcher,
        "coordinator": "QueuedRunCoordinator",
        "logs": "NoOpComputeLogManager",
    }


def test_the_launcher_can_be_made_without_a_broker_that_answers(environment: None, tmp_path: Path) -> None:
    from dagster._core.instance.ref import InstanceRef

    from nplv_orchestration.shared.launcher import Launcher

    (tmp_path / "dagster.yaml").write_text((DEPLOY / "celery" / "dagster.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    launcher = InstanceRef.from_dir(str(tmp_path)).run_launcher
    assert isinstance(launcher, Launcher)
    assert launcher.celery.conf.broker_url == "redis://redis:6379/0"


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_deployment_shares_with_one_machine_is_the_same(kind: str) -> None:
    """Limits of time, what is kept, and that nothing is told to others; how many runs go on at once is what differs."""
    usual = Settings.model_construct()  # whatever the environment of the tests
    one = yaml.safe_load(history._CONFIG.format(seconds=round(usual.run_hours * 3600), days=usual.keep_runs))
    here = read(f"{kind}/dagster.yaml")
    own = {"storage", "run_launcher", "compute_logs", "concurrency"}
    assert {key: value for key, value in here.items() if key not in own} == {key: value for key, value in one.items() if key not in own}
    assert here["concurrency"] == {"runs": {"max_concurrent_runs": 16, "tag_concurrency_limits": TAG_LIMIT}}


def test_the_two_kinds_differ_in_the_launcher_alone() -> None:
    celery, kubernetes = (read(f"{kind}/dagster.yaml") for kind in KINDS)
    assert {key for key in celery.keys() | kubernetes.keys() if celery.get(key) != kubernetes.get(key)} == {"run_launcher"}


def test_the_workspace_names_the_location_as_one_machine_does() -> None:
    from dagster._core.workspace.load import location_origins_from_yaml_paths

    (origin,) = location_origins_from_yaml_paths([str(DEPLOY / "workspace.yaml")])
    assert (origin.location_name, origin.host, origin.port) == (services.LOCATION, "code", 4000)  # type: ignore[attr-defined]
    assert "code" in read("compose.yaml")["services"]


# ---------------------------------------------------------------------------------------------------- the chart of Dagster


def snake(told: Any) -> Any:
    """The chart's words as those of Dagster, as its templates write them."""
    if isinstance(told, Mapping):
        return {re.sub(r"(?<!^)([A-Z])", r"_\1", key).lower(): snake(value) for key, value in told.items()}
    return [snake(one) for one in told] if isinstance(told, list) else told


def test_the_values_of_the_chart_say_what_dagster_yaml_says() -> None:
    values, here = read("kubernetes/values.yaml"), read("kubernetes/dagster.yaml")
    daemon = values["dagsterDaemon"]
    coordinator = daemon["runCoordinator"]["config"]["customRunCoordinator"]
    assert daemon["runCoordinator"]["type"] == "CustomRunCoordinator"
    assert demand_config(coordinator["module"], coordinator["class"], coordinator["config"]).__name__ == "QueuedRunCoordinator"
    assert coordinator["config"] == here["concurrency"]["runs"] | here["run_queue"]
    monitoring = snake(daemon["runMonitoring"])
    assert {key: monitoring[key] for key in here["run_monitoring"]} == here["run_monitoring"]
    assert {key: value["purge_after_days"] for key, value in here["retention"].items()} == {
        key: values["retention"][key]["purgeAfterDays"] for key in here["retention"]
    }
    assert values["telemetry"] == here["telemetry"]
    assert values["additionalInstanceConfig"]["nux"] == here["nux"]
    assert values["global"]["dagsterHome"] == here["run_launcher"]["config"]["dagster_home"]


def test_the_values_of_the_chart_launch_a_pod_for_each_run() -> None:
    values = read("kubernetes/values.yaml")
    assert values["runLauncher"]["type"] == "K8sRunLauncher"
    told = values["runLauncher"]["config"]["k8sRunLauncher"]
    written = snake({key: value for key, value in told.items() if key not in ("envSecrets", "envConfigMaps", "volumes")})
    written |= {"env_secrets": [one["name"] for one in told["envSecrets"]], "volumes": told["volumes"]}
    written |= {"instance_config_map": "dagster-instance", "service_account_name": "dagster"}  # the chart's own
    demand_config("dagster_k8s", "K8sRunLauncher", written)
    here = read("kubernetes/dagster.yaml")["run_launcher"]["config"]
    assert {key: written[key] for key in ("env_secrets", "volumes", "volume_mounts", "resources")} == {
        key: here[key] for key in ("env_secrets", "volumes", "volume_mounts", "resources")
    }


def test_the_chart_runs_one_image_and_no_engine_of_its_own() -> None:
    values = read("kubernetes/values.yaml")
    (deployed,) = values["dagster-user-deployments"]["deployments"]
    assert deployed["image"] == values["dagsterWebserver"]["image"] == values["dagsterDaemon"]["image"]
    assert values["postgresql"]["enabled"] is False
    assert values["postgresql"]["postgresqlScheme"] == "postgresql+psycopg2"
    assert not values["generatePostgresqlPasswordSecret"]
    assert not values.keys() & {"redis", "rabbitmq", "flower"}
    (server,) = values["dagsterWebserver"]["workspace"]["servers"]
    assert (server["name"], server["host"], server["port"]) == (services.LOCATION, deployed["name"], deployed["port"])
    demand_command(["dagster", "api", "grpc", "-p", str(deployed["port"]), *deployed["dagsterApiGrpcArgs"]])


# ---------------------------------------------------------------------------------------------------- compose


def test_compose_is_as_its_schema_says(tmp_path: Path) -> None:
    """The schema is the one that check-jsonschema brings; it refuses what it does not know."""
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(yaml.safe_dump({"services": {"web": {"image": "nplv", "comand": []}}}))
    for file, status in ((DEPLOY / "compose.yaml", 0), (wrong, 1)):
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stdout + done.stderr


def demand_command(words: list[str]) -> None:
    """The program reads these words, and what they name is there. Nothing is started."""
    import click
    from dagster._cli.api import grpc_command, grpc_health_check_command
    from dagster._daemon.cli import liveness_check_command, run_command
    from dagster_webserver.cli import dagster_webserver

    programs: dict[tuple[str, ...], click.Command] = {
        ("dagster", "api", "grpc"): grpc_command,
        ("dagster", "api", "grpc-health-check"): grpc_health_check_command,
        ("dagster-daemon", "run"): run_command,
        ("dagster-daemon", "liveness-check"): liveness_check_command,
        ("dagster-webserver",): dagster_webserver,
    }
    for start, program in programs.items():
        if tuple(words[: len(start)]) == start:
            there = [str(DEPLOY / "workspace.yaml") if word == "/srv/dagster/workspace.yaml" else word for word in words[len(start) :]]
            with program.make_context(" ".join(start), there):
                break
    else:
        assert words[:2] in (["celery", "-A"], ["python", "-m"]), words
    for option, module in pairwise(words):
        if option in ("-m", "-A"):
            assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module
        if option == "--location-name":
            assert module == services.LOCATION


def own_services() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, service in read("compose.yaml")["services"].items():
        if "build" in service:
            yield name, service


def test_there_is_each_process_of_the_ui_and_a_worker() -> None:
    """Those that `nplv ui` starts on one machine, by their commands."""
    commands = {name: service["command"] for name, service in own_services()}
    assert set(commands) == {"code", "web", "daemon", "pages", "worker"}
    for command in commands.values():
        demand_command(command)
    with pytest.raises(Exception, match="such option"):
        demand_command(["dagster-daemon", "run", "--no-such-option"])


def test_each_process_is_looked_after() -> None:
    for name, service in read("compose.yaml")["services"].items():
        assert service["restart"] == ("on-failure" if name == "bucket" else "unless-stopped"), name
        assert ("healthcheck" in service) == (name != "bucket"), name
    for name, service in own_services():
        assert service["build"] == {"context": "..", "dockerfile": "deploy/Containerfile"}, name
        assert service["depends_on"].keys() >= {"postgres", "redis", "bucket"}, name
        words = service["healthcheck"]["test"]
        if words[0] == "CMD" and words[1] != "python":
            demand_command(words[1:])


def test_only_the_pages_for_a_browser_are_published_and_on_this_machine() -> None:
    published = {name: service["ports"] for name, service in read("compose.yaml")["services"].items() if "ports" in service}
    docs_port = Settings.model_construct().docs_port
    assert published == {"web": ["127.0.0.1:3000:3000"], "pages": [f"127.0.0.1:{docs_port}:{docs_port}"]}


def test_all_mount_the_settings_that_they_read() -> None:
    """Each file is there, each process of Dagster has dagster.yaml in its DAGSTER_HOME, and who handles deliveries has the inbox."""
    containerfile = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    folders = set(re.findall(r"/srv/\w+", next(line for line in containerfile.splitlines() if "install -d" in line)))
    for name, service in own_services():
        mounts = {mount.split(":")[-2 if mount.endswith(":ro") else -1]: mount.split(":")[0] for mount in service.get("volumes", [])}
        for target, source in mounts.items():
            assert source.startswith("${INBOX_FOLDER") or (DEPLOY / source).is_file(), source
            assert target in folders or str(Path(target).parent) in folders, target
        assert ("/srv/dagster/dagster.yaml" in mounts) == (name != "pages"), name
        assert ("/srv/inbox" in mounts) == (name in ("code", "worker")), name
        assert ("/srv/dagster/workspace.yaml" in service["command"]) == ("/srv/dagster/workspace.yaml" in mounts), name


# ---------------------------------------------------------------------------------------------------- image


def test_the_image_is_made_of_what_is_there() -> None:
    lines = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    copied = [word for step, rest in steps if step == "COPY" for word in rest.split()[:-1]]
    ignored = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in ignored, name
    assert "*" in ignored
    assert {package.split(".")[0] for package in _pyproject()["tool"]["setuptools"]["packages"]} <= set(copied)
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    runs = [part for step, rest in steps if step == "RUN" for part in rest.split("&&")]
    for words in (shlex.split(part) for part in runs):
        if words[:2] == ["pip", "install"]:
            told = " ".join(words[2:])
            assert told.replace("requirements-shared", "requirements") in make
            assert "requirements" not in told or (words[-1] in copied and "--require-hashes" in words)
    assert ["nplv", "prepare"] in [part.split() for part in runs]
    users = [rest for step, rest in steps if step == "USER"]
    assert users
    assert steps[-1] == ["USER", users[-1]]
    assert users[-1] not in ("root", "0")


def _pyproject() -> dict[str, Any]:
    import tomllib

    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_lock_of_the_image_is_that_of_the_tests_with_the_shared_engines() -> None:
    """One version of each package in all three locks, each with its hashes, and all that the image is to have."""
    locks = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("requirements.lock", "requirements-dev.lock", "requirements-shared.lock")}
    base, tested, shared = (set(PINNED.findall(text)) for text in locks.values())  # some have a version for each system
    assert base <= shared <= tested
    wanted = [*_pyproject()["project"]["optional-dependencies"]["shared"], "dagster-k8s", "setuptools"]
    assert {re.split(r"[^a-z0-9-]", one)[0] for one in wanted} <= {name for name, _ in shared}
    blocks = re.split(PINNED.pattern, locks["requirements-shared.lock"], flags=re.MULTILINE)[3::3]
    assert len(blocks) == len(shared)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "-o requirements-shared.lock" in (ROOT / "Makefile").read_text(encoding="utf-8")


# ---------------------------------------------------------------------------------------------------- variables and secrets


def variables(text: str) -> list[str]:
    return re.findall(r"^(\w+)=", text, re.MULTILINE)


@pytest.mark.parametrize("file", FILES, ids=described)
def test_each_variable_is_a_setting(file: Path) -> None:
    known = {f"NPLV_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"\bNPLV_\w+", file.read_text(encoding="utf-8"))) <= known


def test_the_example_has_every_variable_and_tells_of_it() -> None:
    text = (DEPLOY / ".env.example").read_text(encoding="utf-8")
    found = variables(text)
    assert len(found) == len(set(found))
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r"(?<!\$)\$\{(\w+)", compose)) | set(re.findall(r"env: (\w+)", (DEPLOY / "celery/dagster.yaml").read_text()))
    assert asked - {"NPLV_BROKER"} <= set(found)
    assert "NPLV_BROKER" in read("compose.yaml")["x-monitor"]["environment"]
    for block in text.split("\n\n"):
        assert block.startswith("#"), block


def test_the_example_filled_in_is_a_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    for line in (DEPLOY / ".env.example").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition("=")
        if name.startswith("NPLV_"):
            monkeypatch.setenv(name, value)
    deployment = Settings().deployment
    assert deployment
    assert deployment.store == "s3://nplv/monitor/nplv"
    assert "host=postgres " in deployment.catalogue


SECRET = re.compile(r"^\s*[-#\s]*(\w*(?:PASSWORD|PASSWD|SECRET|TOKEN|KEY|AUTH|API_KEY)\w*)\s*[:=][ \t]*(.*)$", re.IGNORECASE | re.MULTILINE)
NAMES = {"postgresqlSecretName", "generatePostgresqlPasswordSecret", "generateCeleryConfigSecret", "key", "envSecrets", "env_secrets"}


def secrets(text: str) -> list[str]:
    """What looks like one: a value where a password or a key belongs, one in an address, or the form of a key of AWS. A variable is none, nor is the name of a Secret."""
    found = [value for name, value in SECRET.findall(text) if name not in NAMES and value and not value.startswith(("${", '"$$'))]
    found += [user for user in re.findall(r"://([^/\s@]*:[^/\s@]+)@", text) if "${" not in user and user != "user:password"]
    return found + re.findall(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN", text)


@pytest.mark.parametrize("file", FILES, ids=described)
def test_no_secret_stands_in_a_file(file: Path) -> None:
    assert secrets(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "PGPASSWORD=verysecret",
        "  POSTGRES_PASSWORD: verysecret",
        "url: redis://:verysecret@redis:6379/0",
        "# AWS_SECRET_ACCESS_KEY=abc",
        "AKIA" + "A" * 16,
    ],
)
def test_a_secret_is_found(text: str) -> None:
    assert secrets(text)


def test_what_holds_the_secrets_is_seen_by_nobody() -> None:
    assert "deploy/.env" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert not any(".env" in line for line in (DEPLOY / "Containerfile.dockerignore").read_text().splitlines() if line.startswith("!"))
