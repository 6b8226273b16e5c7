"""Each fault of `tests.faults` ends in the right data, or in one clear line with the last good version in use. Nothing else."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from nplv_orchestration.archive import Archive, Manifest
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.demo.transport import DemoTransport, addressed
from nplv_orchestration.errors import NplvError, SourceRefused, SourceUnreachable
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources import http as http_module
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import BY_KEY
from tests.faults import ADDRESSES, CRIME, FAULTS, HEALTH, KWB, SCORES, Fault, Faulty

BEFORE, AFTER = 0, 45  # nights: between them each of these tables but the addresses has a new release
TABLES = (KWB, CRIME, HEALTH, SCORES, ADDRESSES)
_BY_NAME = {fault.name: fault for fault in FAULTS}


@pytest.fixture(scope="module")
def good(tiny: Figures, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Archive]:
    """The archive of each night without a fault."""
    found = {}
    for night in (BEFORE, AFTER):
        found[night] = Archive(tmp_path_factory.mktemp("good"))
        publishers = Publishers(addressed(Settings.model_construct()), found[night], Http(DemoTransport(tiny, night)))
        assert {refresh(BY_KEY[key], publishers).state for key in TABLES} == {"fresh"}
    return found


def over(archive: Archive, home: Path, key: str) -> tuple[Archive, Manifest]:
    """A copy of what an archive has of a table, with its version; of a table that has no later release the version is another one."""
    shutil.copytree(archive.root / key, home / key)
    manifest = home / key / "0001.json"
    if key == ADDRESSES:
        last = archive.current(key)
        assert last
        manifest.write_text(manifest.read_text().replace(last.publisher_version.strip('"'), "an older one"))
    last = Archive(home).current(key)
    assert last
    return Archive(home), last


def pulling(fault: Fault, tiny: Figures, archive: Archive, monkeypatch: pytest.MonkeyPatch) -> tuple[Publishers, Faulty]:
    for name, value in fault.bounds.items():
        monkeypatch.setattr(http_module, name, value)
    transport = Faulty(DemoTransport(tiny, AFTER), fault)
    return Publishers(addressed(Settings.model_construct()), archive, Http(transport, longest_wait=0.002)), transport


def is_one_line_about(fault: Fault, line: str) -> bool:
    table = BY_KEY[fault.table]
    return line.isprintable() and any(name in line for name in (table.name, table.table_id, table.path or table.name))


def left_over(archive: Archive) -> list[str]:
    """What a pull wrote that is neither a version nor a state."""
    return [path.name for path in archive.root.rglob("*") if path.is_file() and not (path.name[0] in "0123456789abcdef" or path.name == "state.json")]


def test_each_fault_has_a_name_of_its_own() -> None:
    assert len(_BY_NAME) == len(FAULTS)


@pytest.mark.parametrize("name", _BY_NAME)
def test_on_a_first_pull_a_fault_gives_the_right_data_or_one_line(
    name: str, tiny: Figures, good: dict[int, Archive], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = _BY_NAME[name]
    table, archive = BY_KEY[fault.table], Archive(tmp_path)
    publishers, transport = pulling(fault, tiny, archive, monkeypatch)
    right = good[AFTER].current(table.key)
    ends = fault.first or fault.ends
    if ends in ("same", "taken"):
        ended = refresh(table, publishers)
        assert right and ended.manifest
        assert (ended.state, ended.manifest.sha256 == right.sha256) == ("fresh", ends == "same")
    else:
        with pytest.raises(NplvError, match=fault.says) as caught:
            refresh(table, publishers)
        assert type(caught.value) is {"refused": SourceRefused, "unreachable": SourceUnreachable}[ends]
        assert is_one_line_about(fault, str(caught.value)), str(caught.value)
        assert archive.current(table.key) is None
        assert not list(tmp_path.rglob("*.parquet"))
        state = archive.state(table.key)
        assert state and (state.state, state.detail) == (ends, str(caught.value))
        assert state.reason == f"{table.name}: {'geweigerd' if ends == 'refused' else 'niet bereikbaar'}, en er is geen eerdere versie"
    assert transport.changed
    assert left_over(archive) == []


@pytest.mark.parametrize("name", _BY_NAME)
def test_in_a_new_release_a_fault_gives_the_right_data_or_leaves_the_last_good_version(
    name: str, tiny: Figures, good: dict[int, Archive], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = _BY_NAME[name]
    table = BY_KEY[fault.table]
    archive, last = over(good[BEFORE], tmp_path, table.key)
    publishers, transport = pulling(fault, tiny, archive, monkeypatch)
    ended = refresh(table, publishers)
    assert ended.manifest
    if fault.ends == "same":
        right = good[AFTER].current(table.key)
        assert right and (ended.state, ended.manifest.sha256, ended.reason) == ("fresh", right.sha256, "")
    else:
        assert (ended.state, ended.changed) == ({"refused": "refused", "unreachable": "stale"}[fault.ends], False)
        assert ended.manifest == last
        assert archive.path(last).exists()
        what = {"refused": "nieuwe versie geweigerd", "unreachable": "niet bereikbaar"}[fault.ends]
        assert ended.reason == f"{table.name}: {what}; in gebruik is de versie van {last.fetched_at[:10]}"
        assert is_one_line_about(fault, ended.detail), ended.detail
        assert re.search(fault.says, ended.detail), ended.detail
        assert archive.current(table.key) == last
    assert transport.changed
    assert left_over(archive) == []
