"""Questions asked ahead: one a table, three at a time for a host, and an error is that table's alone."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from pathlib import Path
from threading import Lock

import httpx
import pytest

from nplv_orchestration.archive import Archive
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.demo.transport import DemoTransport, addressed
from nplv_orchestration.errors import SourceUnreachable
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.http import ATTEMPTS, Http
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import REGISTRY

ASKED = [table for table in REGISTRY if table.is_asked]


class Watching(httpx.BaseTransport):
    """The demo country, far away; counts what is asked, and how many at a time of each host. broken: a table that answers 503."""

    def __init__(self, inner: httpx.BaseTransport, broken: str = "nothing") -> None:
        self._inner, self._broken = inner, broken
        self.asked: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self._now: Counter[str] = Counter()
        self._lock = Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        with self._lock:
            self.asked[request.url.path] += 1
            self._now[host] += 1
            self.most[host] = max(self.most[host], self._now[host])
        try:
            time.sleep(0.02)
            return httpx.Response(503) if self._broken in request.url.path else self._inner.handle_request(request)
        finally:
            with self._lock:
                self._now[host] -= 1


@pytest.fixture(scope="module")
def good(tiny: Figures, tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """An archive that has all tables that publishers are asked for."""
    archive = Archive(tmp_path_factory.mktemp("archive"))
    publishers = Publishers(addressed(Settings.model_construct()), archive, Http(DemoTransport(tiny, 0)))
    publishers.ask_ahead(REGISTRY)
    assert {refresh(table, publishers).state for table in ASKED} == {"fresh"}
    publishers.close()
    return archive


def asking(tiny: Figures, archive: Archive, broken: str = "nothing") -> tuple[Publishers, Watching]:
    transport = Watching(DemoTransport(tiny, 0), broken)
    return Publishers(addressed(Settings.model_construct()), archive, Http(transport, longest_wait=0.002)), transport


def test_a_night_without_news_asks_each_table_once_and_a_host_three_at_a_time(tiny: Figures, good: Archive) -> None:
    publishers, transport = asking(tiny, good)
    publishers.ask_ahead(REGISTRY)
    publishers.ask_ahead(REGISTRY)  # who asks twice is answered once
    assert {refresh(table, publishers).state for table in ASKED} == {"unchanged"}
    publishers.close()
    assert len(ASKED) == transport.asked.total() == len(transport.asked) == 19
    assert max(transport.most.values()) == 3
    assert not list(good.root.rglob(".draft-*"))


def test_a_table_is_asked_again_when_it_is_refreshed_again(tiny: Figures, good: Archive) -> None:
    publishers, transport = asking(tiny, good)
    publishers.ask_ahead(ASKED[:1])
    assert [refresh(ASKED[0], publishers).state for _ in range(2)] == ["unchanged"] * 2
    publishers.close()
    assert transport.asked.total() == 2


def test_nobody_is_asked_for_what_people_deliver(tiny: Figures, good: Archive) -> None:
    publishers, transport = asking(tiny, good)
    publishers.ask_ahead(table for table in REGISTRY if not table.is_asked)
    publishers.close()
    assert transport.asked.total() == 0


@pytest.mark.parametrize("broken", ["84583NED", "50150NED", "meting-2024", "2021-cbs-pc6huisnr"])
def test_an_error_is_that_tables_alone(tiny: Figures, good: Archive, tmp_path: Path, broken: str) -> None:
    archive = Archive(Path(shutil.copytree(good.root, tmp_path / "archive")))
    publishers, transport = asking(tiny, archive, broken)
    publishers.ask_ahead(REGISTRY)
    ended = {table.key: refresh(table, publishers) for table in ASKED}
    publishers.close()
    wrong = [state for state in ended.values() if state.state != "unchanged"]
    assert [state.state for state in wrong] == ["stale"]
    assert broken in wrong[0].detail and "cannot be reached: HTTP 503" in wrong[0].detail
    assert transport.asked.total() == len(ASKED) + ATTEMPTS - 1


def test_an_error_asked_ahead_is_raised_where_there_is_no_version(tiny: Figures, tmp_path: Path) -> None:
    publishers, _ = asking(tiny, Archive(tmp_path), "84583NED")
    publishers.ask_ahead(ASKED[:3])
    assert refresh(ASKED[0], publishers).state == "fresh"
    with pytest.raises(SourceUnreachable, match="84583NED/Properties cannot be reached"):
        refresh(ASKED[1], publishers)
    assert refresh(ASKED[2], publishers).state == "fresh"
    publishers.close()


def test_questions_nobody_waits_for_are_dropped_at_the_end(tiny: Figures, tmp_path: Path) -> None:
    publishers, transport = asking(tiny, Archive(tmp_path))
    publishers.ask_ahead(REGISTRY)
    publishers.close()
    after = transport.asked.total()
    time.sleep(0.05)
    along = sum(
        3 + len(table.dimensions) for table in ASKED if table.reader == "statline_v3"
    )  # of one that was never asked: all that a pull must know
    assert transport.asked.total() == after <= len(ASKED) + along
