"""The client: three questions at a time for a host, a retry for what passes, and an answer that is whole or none."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nplv_orchestration.errors import NplvError, SourceNotFound, SourceRefused, SourceUnreachable
from nplv_orchestration.sources import http as http_module
from nplv_orchestration.sources.http import Http
from tests.faults import Stream

JSON = {"content-type": "application/json"}


def answering(*responses: httpx.Response | Exception) -> tuple[Http, list[httpx.Request]]:
    """A client that gets these answers in turn, the last for ever, and what it asked."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = responses[min(len(asked), len(responses)) - 1]
        if isinstance(found, Exception):
            raise found
        return found

    return Http(httpx.MockTransport(answer), longest_wait=0.002), asked


class Counting(httpx.BaseTransport):
    """Answers slowly, and counts how many questions each host has at a time, up to the end of the answer's body."""

    def __init__(self) -> None:
        self.most: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self._now: defaultdict[str, int] = defaultdict(int)
        self._lock = Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        with self._lock:
            self.asked[host] += 1
            self._now[host] += 1
            self.most[host] = max(self.most[host], self._now[host])

        def body() -> Any:
            yield b'{"a": '
            time.sleep(0.02)
            with self._lock:
                self._now[host] -= 1
            yield b"1}"

        return httpx.Response(200, stream=Stream(body()), headers=JSON)


def test_a_host_gets_three_questions_at_a_time_and_another_host_its_own_three() -> None:
    transport = Counting()
    http = Http(transport)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda n: http.json(f"http://{'ab'[n % 2]}.test/{n}"), range(24)))
    assert found == [{"a": 1}] * 24
    assert transport.asked == {"a.test": 12, "b.test": 12}
    assert transport.most == {"a.test": 3, "b.test": 3}


def test_a_question_that_fails_makes_room_for_the_next() -> None:
    http, asked = answering(*[httpx.Response(400)] * 9, httpx.Response(200, json={"a": 1}))
    for _ in range(9):
        with pytest.raises(SourceRefused):
            http.get("http://cbs.test/x")
    assert http.json("http://cbs.test/x") == {"a": 1}
    assert len(asked) == 10


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_busy_publisher_is_asked_again(status: int) -> None:
    http, asked = answering(*[httpx.Response(status)] * (http_module.ATTEMPTS - 1), httpx.Response(200, json={"a": 1}))
    assert http.json("http://cbs.test/x") == {"a": 1}
    assert len(asked) == http_module.ATTEMPTS


def test_a_publisher_that_stays_busy_is_asked_four_times_and_named_without_its_query() -> None:
    http, asked = answering(httpx.Response(503))
    with pytest.raises(SourceUnreachable) as caught:
        http.get("http://cbs.test/x?key=secret", headers={"Authorization": "secret"})
    assert str(caught.value) == "http://cbs.test/x cannot be reached: HTTP 503; try again later"
    assert len(asked) == http_module.ATTEMPTS == 4


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (404, SourceNotFound, "http://cbs.test/x is not there (404)"),
        (400, SourceRefused, "http://cbs.test/x answered HTTP 400"),
        (401, SourceRefused, "http://cbs.test/x answered HTTP 401: the key is not accepted"),
        (403, SourceRefused, "http://cbs.test/x answered HTTP 403: the key is not accepted"),
    ],
)
def test_an_answer_that_will_not_change_is_asked_once(status: int, error: type[NplvError], said: str) -> None:
    http, asked = answering(httpx.Response(status))
    with pytest.raises(error) as caught:
        http.get("http://cbs.test/x")
    assert (str(caught.value), len(asked)) == (said, 1)


def test_an_answer_that_drips_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_module, "_PAGE_SECONDS", 0.05)

    def drip() -> Any:
        while True:
            time.sleep(0.01)
            yield b" "

    http, asked = answering(httpx.Response(200, stream=Stream(drip()), headers=JSON))
    start = time.monotonic()
    with pytest.raises(SourceUnreachable, match="not complete after 0 seconds"):
        http.json("http://cbs.test/x")
    assert time.monotonic() - start < 2
    assert len(asked) == 1


def test_a_download_is_the_whole_file_also_after_half_of_one(tmp_path: Path) -> None:
    broken = httpx.Response(200, stream=Stream([b"a much longer half", httpx.ReadError("reset")]))
    http, asked = answering(broken, httpx.Response(200, content=b"whole", headers={"etag": '"1"'}))
    reply = http.download("http://cbs.test/x.zip", tmp_path / "x.zip")
    assert (reply.status, reply.headers["etag"], reply.content) == (200, '"1"', b"")
    assert (tmp_path / "x.zip").read_bytes() == b"whole"
    assert len(asked) == 2


def test_a_download_that_never_is_whole_raises(tmp_path: Path) -> None:
    http, _ = answering(*[httpx.Response(200, stream=Stream([b"half", httpx.ReadError("reset")])) for _ in range(4)])
    with pytest.raises(SourceUnreachable, match=r"x\.zip cannot be reached: reset"):
        http.download("http://cbs.test/x.zip", tmp_path / "x.zip")


def test_a_download_of_what_is_known_writes_nothing(tmp_path: Path) -> None:
    http, asked = answering(httpx.Response(304, headers={"etag": '"1"'}))
    reply = http.download("http://cbs.test/x.zip", tmp_path / "x.zip", headers={"If-None-Match": '"1"'})
    assert (reply.status, reply.content) == (304, b"")
    assert asked[0].headers["if-none-match"] == '"1"'
    assert not (tmp_path / "x.zip").exists()


def test_a_full_disk_is_no_fault_of_the_publisher(tmp_path: Path) -> None:
    http, asked = answering(httpx.Response(200, content=b"x"))
    with pytest.raises(OSError, match="No such file or directory"):
        http.download("http://cbs.test/x.zip", tmp_path / "nowhere" / "x.zip")
    assert len(asked) == 1


def test_a_link_that_forgot_that_the_line_is_secured_is_followed_on_it() -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json={"value": [], "next": "http://cbs.test/b"} if request.url.path == "/a" else {"value": []})

    http = Http(httpx.MockTransport(answer))
    assert http.rows("https://cbs.test/a", {}, "next") == []
    assert asked == ["https://cbs.test/a", "https://cbs.test/b"]
    with pytest.raises(SourceRefused, match="repeats or leads away"):
        http.rows("https://cbs.test:8443/a", {}, "next")


def test_pages_of_several_questions_come_in_turns_in_one_order() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        part, number = request.url.path[1], int(request.url.params.get("page", 1))
        more = {"next": f"http://cbs.test/{part}?page={number + 1}"} if number < {"a": 1, "b": 3, "c": 2, "d": 1}[part] else {}
        return httpx.Response(200, json={"value": [f"{part}{number}"]} | more)

    http = Http(httpx.MockTransport(answer))
    starts = [(f"http://cbs.test/{part}", dict[str, str]()) for part in "abcd"]
    for _ in range(3):
        assert [page.value[0] for page in http.pages(str, starts, "next")] == [
            "a1",
            "b1",
            "c1",
            "d1",
            "b2",
            "c2",
            "b3",
        ]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,0123456789eE.-truefalsn \n\\u', max_size=60).map(str.encode))
def test_any_bytes_are_an_object_or_one_line(body: bytes) -> None:
    http, _ = answering(httpx.Response(200, content=body, headers=JSON))
    try:
        found = http.json("http://cbs.test/x")
    except SourceRefused as refused:
        assert str(refused).startswith("http://cbs.test/x answered ")
        assert str(refused).isprintable()
    else:
        assert isinstance(found, dict)
