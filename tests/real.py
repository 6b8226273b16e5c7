"""The real figures beside the project, served on this machine as their publishers do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from nplv_orchestration.run import Outcome
from nplv_orchestration.settings import Settings

OPENDATA = Path(__file__).resolve().parents[2] / "shared" / "opendata"

Night = tuple[Settings, Outcome]


@contextmanager
def serving(*options: str) -> Iterator[str]:
    """The address of a server of real figures; skipped where these are not beside the project."""
    if not OPENDATA.exists():
        pytest.skip("shared/opendata is not beside the project, so there are no real figures to run on")
    server = subprocess.Popen([sys.executable, str(OPENDATA / "server.py"), "--port", "0", *options], stdout=subprocess.PIPE, text=True)
    assert server.stdout
    try:
        yield json.loads(server.stdout.readline())["url"]
    finally:
        server.kill()
        server.wait()


def environment_for(url: str, home: Path) -> dict[str, str]:
    """The environment of a live home with these publishers."""
    return {
        "NPLV_HOME": str(home),
        "NPLV_SOURCES": "live",
        "NPLV_INBOX": str(home / "inbox"),
        "NPLV_CBS_URL": f"{url}/odata/v1/CBS",
        "NPLV_CBS_DOWNLOAD_URL": f"{url}/download",
        "NPLV_DATADERDEN_URL": f"{url}/dataderden",
        "NPLV_LEEFBAAROMETER_URL": f"{url}/leefbaarometer",
    }


def settings_for(url: str, home: Path) -> Settings:
    """The same, as settings."""
    return Settings.model_validate({name.removeprefix("NPLV_").lower(): value for name, value in environment_for(url, home).items()})


@contextmanager
def answering(files: dict[str, bytes]) -> Iterator[str]:
    """The address of a server of these files, by path."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = files.get(self.path)
            self.send_response(200 if content else 404)
            self.send_header("ETag", '"1"')
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *words: object) -> None:
            pass

    with handled_by(Handler) as url:
        yield url


@contextmanager
def handled_by(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server of this machine that answers so."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
