"""`nplv sources`: what is in use of each table and why not a newer one, and what nothing refers to."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from nplv_orchestration import cli
from nplv_orchestration.archive import Archive
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.demo.transport import DemoTransport, addressed
from nplv_orchestration.errors import HomeBusy, NplvError, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import BY_KEY, REGISTRY

CRIME = BY_KEY["politie_misdrijven"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("NPLV_HOME", str(tmp_path))
    return Home(tmp_path)


def night(home: Home, tiny: Figures, number: int, transport: httpx.BaseTransport | None = None) -> None:
    """The crimes as they are on a night."""
    http = Http(transport or DemoTransport(tiny, number), longest_wait=0.002)
    refresh(CRIME, Publishers(addressed(Settings.model_construct()), Archive(home.archive), http))


def run(*words: str) -> list[str]:
    told = CliRunner().invoke(cli.app, ["sources", *words])
    if told.exception and not isinstance(told.exception, SystemExit):
        raise told.exception
    return [" ".join(line.split()) for line in told.stdout.splitlines() if line.strip()]


def test_each_table_is_told_though_it_was_never_asked(home: Home) -> None:
    told = run()
    assert len(told) == len(REGISTRY) + 2  # the head and its line
    assert "Politie 47018NED never asked 2025" in told
    assert list(home.root.iterdir()) == []


def test_a_table_is_told_with_its_version_rows_years_and_boundaries(home: Home, tiny: Figures) -> None:
    night(home, tiny, 0)
    state = Archive(home.archive).state(CRIME.key)
    assert state and state.manifest
    day = state.since[:10]
    assert f"Politie 47018NED fresh {day} 2026-01-09T02:00 2026-01-09 {day} 18,256 2018-2025 2025 2027-07-01" in run()


def test_a_version_that_was_refused_is_told_with_its_reason_and_detail(home: Home, tiny: Figures) -> None:
    night(home, tiny, 0)
    night(home, tiny, 7, httpx.MockTransport(lambda request: httpx.Response(503)))
    *_, last = run()
    assert last.startswith("Politie 47018NED: niet bereikbaar; in gebruik is de versie van 20")
    assert last.endswith("TableInfos cannot be reached: HTTP 503; try again later)")
    assert any(line.startswith("Politie 47018NED stale ") for line in run())


def test_only_versions_that_nothing_refers_to_are_removed_and_named(home: Home, tiny: Figures) -> None:
    for number in (0, 7, 14, 21):
        night(home, tiny, number)
    archive = Archive(home.archive)
    published, edition, old, last = archive.versions(CRIME.key)
    parquet = home.published / "20260101-a" / "intern" / "parquet" / "provenance.sources.parquet"
    parquet.parent.mkdir(parents=True)
    pq.write_table(pa.table({"sha256": [published.sha256, None]}), parquet)
    provenance = home.editions / "2024" / "r1" / "provenance.json"
    provenance.parent.mkdir(parents=True)
    provenance.write_text(json.dumps({"sources": [{"sha256": edition.sha256}, {"sha256": None}]}))
    size = archive.path(old).stat().st_size / 1e6
    assert run("--prune") == [f"removed Politie 47018NED, version of {old.fetched_at[:10]} (18,256 rows, {size:.1f} MB)"]
    assert [archive.path(m).exists() for m in (published, edition, old, last)] == [True, True, False, True]
    assert run("--prune") == ["nothing to remove: each version is in use, or a published version or an edition refers to it"]


def test_nothing_is_removed_when_an_edition_cannot_be_read(home: Home, tiny: Figures) -> None:
    for number in (0, 7):
        night(home, tiny, number)
    (home.editions / "2024" / "r1").mkdir(parents=True)
    with pytest.raises(NplvError, match=r"2024/r1/provenance\.json cannot be read, so nothing was removed"):
        run("--prune")
    archive = Archive(home.archive)
    assert all(archive.path(manifest).exists() for manifest in archive.versions(CRIME.key))


def test_pruning_waits_for_nobody_and_disturbs_nobody(home: Home, tiny: Figures) -> None:
    for number in (0, 7):
        night(home, tiny, number)
    with home.writing("nplv run"), pytest.raises(HomeBusy, match="is being written by nplv run"):
        run("--prune")
    archive = Archive(home.archive)
    assert all(archive.path(manifest).exists() for manifest in archive.versions(CRIME.key))


def test_prune_stands_alone(home: Home) -> None:
    with pytest.raises(WrongCall, match="--prune stands alone: nplv sources --prune"):
        run("--prune", "check")
