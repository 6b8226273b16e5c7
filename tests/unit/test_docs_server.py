"""The server of the pages about the checks: files of one folder, to this machine, and nothing else."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from nplv_orchestration import docs_server
from nplv_orchestration.docs_server import Following, serve
from nplv_orchestration.errors import NplvError


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """The port of a server of a folder with a page, beside which a secret lies."""
    (tmp_path / "docs" / "validations").mkdir(parents=True)
    (tmp_path / "docs" / "index.html").write_text("the index")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "editions" / "2025" / "r1").mkdir(parents=True)
    (tmp_path / "editions" / "2025" / "current").symlink_to("r1")
    (tmp_path / "editions" / "2025" / "r1" / "praatplaat.svg").write_text("the picture")
    (tmp_path / "editions" / "2025" / "history.jsonl").write_text("secret")
    with serve(str(tmp_path / "docs"), str(tmp_path / "editions"), 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def ask(port: int, path: str, host: str = "127.0.0.1", method: str = "GET") -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request(method, path, headers={"Host": f"{host}:{port}"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_a_page_is_served(port: int) -> None:
    assert ask(port, "/index.html") == (200, "the index")
    assert ask(port, "/", host="localhost") == (200, "the index")


def test_a_file_of_an_edition_is_served(port: int) -> None:
    assert ask(port, "/edities/2025/r1/praatplaat.svg") == ask(port, "/edities/2025/current/praatplaat.svg") == (200, "the picture")


@pytest.mark.parametrize(
    "path",
    [
        "/validations/",
        "/../secret",
        "/%2e%2e/secret",
        "/none.html",
        "/edities/2025/history.jsonl",
        "/edities/2025/r1/../history.jsonl",
        "/edities/2025/r1/",
        "/edities/2025/r1/%2e%2e/history.jsonl",
    ],
)
def test_no_listing_and_nothing_outside_the_folder(port: int, path: str) -> None:
    status, body = ask(port, path)
    assert status == 404
    assert "secret" not in body.replace(path, "")


def test_a_page_from_elsewhere_cannot_read_under_another_name(port: int) -> None:
    assert ask(port, "/index.html", host="evil.example")[0] == 403


def test_nothing_can_be_written(port: int) -> None:
    assert ask(port, "/index.html", method="POST")[0] == 501


def test_what_the_store_holds_is_served_and_the_copy_when_it_cannot_be_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each call brings a new page, until the store is away: it is asked once, and the last page stays."""
    (tmp_path / "docs").mkdir()
    asked: list[str] = []

    def bring() -> None:
        asked.append("")
        if len(asked) > 2:
            raise NplvError("s3://bucket: no answer")
        (tmp_path / "docs" / "index.html").write_text(f"state {len(asked)}")

    with serve(str(tmp_path / "docs"), str(tmp_path / "editions"), 0, refresh=Following(bring)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        assert ask(server.server_port, "/index.html", host="evil.example")[0] == 403
        assert not asked  # nobody elsewhere makes it ask
        assert [ask(server.server_port, "/index.html")[1] for _ in range(4)] == ["state 1", "state 2", "state 2", "state 2"]
        server.shutdown()
    assert len(asked) == 3
    assert capsys.readouterr().err == "the pages are as they were: s3://bucket: no answer\n"


def test_a_store_that_was_away_is_asked_again_after_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def bring() -> None:
        asked.append("")
        raise NplvError("s3://bucket: no answer")

    monkeypatch.setattr(docs_server, "_PAUSE", 0.0)
    following = Following(bring)
    following()
    following()
    assert len(asked) == 2


def test_who_finds_another_asking_does_not_wait() -> None:
    asked: list[str] = []
    following = Following(lambda: (asked.append(""), following()))
    following()
    assert len(asked) == 1
