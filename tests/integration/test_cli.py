"""The command line on a published version: what a person types, and what is refused."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.processes import NPLV
from nplv_orchestration import cli
from nplv_orchestration.errors import HomeBusy, NplvError, WrongCall
from nplv_orchestration.home import Home
from tests.real import Night, environment_for, handled_by


@pytest.fixture
def shell(night: Night, publishers: str, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    for name, value in environment_for(publishers, night[0].home).items():
        monkeypatch.setenv(name, value)
    return CliRunner()


def test_indicators_shows_each_with_its_figure_or_its_reason(shell: CliRunner) -> None:
    told = shell.invoke(cli.app, ["indicators"])
    assert told.exit_code == 0
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert "1 Woningen in gebied met zwakke of lagere leefbaarheid 2024 54,6 9,2 niet te bepalen" in lines
    assert any(line.startswith("16 Geregistreerde misdrijven 2023 64,8") for line in lines)
    assert any("geen bestand van RVO" in line for line in lines)
    assert sum(line.split(" ")[0].isdigit() and 1 <= int(line.split(" ")[0]) <= 17 for line in lines if line) >= 17


def test_doctor_tells_settings_and_sources_and_no_secret(shell: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_EPONLINE_API_KEY", "hush")
    told = shell.invoke(cli.app, ["doctor"])
    assert told.exit_code == 0
    assert "NPLV_SOURCES              live" in told.stdout
    assert "CBS 84286NED: not_found since" in told.stdout
    assert "indicators                17, models prepared" in told.stdout
    assert "hush" not in told.stdout


def test_without_a_published_version_it_says_what_to_do(shell: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("NPLV_HOME", str(tmp_path))
    for words in (["indicators"], ["query", "SELECT 1"]):
        told = shell.invoke(cli.app, words)
        assert type(told.exception) is NplvError
        assert str(told.exception) == f"{tmp_path} holds no published version; run `nplv run` first"


def test_a_home_has_one_ui(shell: CliRunner, home_of: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_HOME", str(home_of))
    holding = "import sys, time; from pathlib import Path; from nplv_orchestration.home import Home\nHome(Path(sys.argv[1])).hold_ui()\n"
    other = subprocess.Popen([sys.executable, "-c", f"{holding}print('held', flush=True); time.sleep(60)", str(home_of)], stdout=subprocess.PIPE)
    try:
        assert other.stdout and other.stdout.readline() == b"held\n"
        told = shell.invoke(cli.app, ["ui", "--port", "0"])
        assert isinstance(told.exception, HomeBusy)
        assert str(told.exception) == f"{home_of} has a UI already (process {other.pid}); stop that one first"
    finally:
        other.kill()
        other.wait()
    Home(home_of).hold_ui()  # the lock died with its process


def test_a_busy_port_is_refused_before_anything_starts(shell: CliRunner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        told = shell.invoke(cli.app, ["ui", "--port", str(port)])
    assert isinstance(told.exception, WrongCall)
    assert str(told.exception) == f"port {port} cannot be used (Address already in use); choose another with --port (make ui PORT=3001)"


# ------------------------------------------------------------------------------------------------------------ secrets

KEY, SIGNATURE, TOKEN = "key-of-rvo-5f3a", "signature-of-rvo-77b1", "token-of-the-webhook-91c4"


@contextmanager
def indiscreet() -> Iterator[tuple[str, list[str]]]:
    """The address of a server that repeats whatever it is told, and the paths that it was asked for: RVO with a signed link that does not work, and a webhook that fails."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path.partition("?")[0])
            if self.path.startswith("/api/"):
                link = f"http://127.0.0.1:{self.server.server_port}/total.zip?sig={SIGNATURE}"  # type: ignore[attr-defined]
                self._answer(200, json.dumps({"bestandsnaam": "v20260901_v4_csv.zip", "downloadUrl": link, "echo": dict(self.headers)}))
            else:
                self._answer(403, f"no {self.path} {dict(self.headers)}")

        def do_POST(self) -> None:
            asked.append("the webhook")
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(500, f"no {self.path}")

        def _answer(self, status: int, body: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status == 200 else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *words: object) -> None:
            pass

    with handled_by(Handler) as url:
        yield url, asked


def test_a_night_leaves_no_secret_behind(publishers: str, home_of: Path) -> None:
    with indiscreet() as (url, asked):
        secrets = {"NPLV_EPONLINE_API_KEY": KEY, "NPLV_ALERT": f"{url}/hook/{TOKEN}", "NPLV_EPONLINE_URL": f"{url}/api"}
        ended = subprocess.run(
            [*NPLV, "run"], env=os.environ | environment_for(publishers, home_of) | secrets, capture_output=True, text=True, check=False
        )
    assert {"/api/Mutatiebestand/DownloadInfo", "/total.zip", "the webhook"} <= set(asked), ended.stderr
    assert "at the webhook" in ended.stderr, "the failure itself is told"
    told = ended.stdout + ended.stderr
    assert [secret for secret in (KEY, SIGNATURE, TOKEN) if secret in told] == []
    written = [path for path in home_of.rglob("*") if path.is_file() and not path.is_symlink()]
    assert any(path.suffix == ".db" for path in written), "Dagster's history is among what is looked at"
    assert [(path, secret) for path in written for secret in (KEY, SIGNATURE, TOKEN) if secret.encode() in path.read_bytes()] == []
