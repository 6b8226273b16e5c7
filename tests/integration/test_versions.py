"""What was published over time: versions that verify, one that is put back, waivers, and the message to people."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from nplv_orchestration import cli, current
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.home import Home, point_to
from nplv_orchestration.published import records
from nplv_orchestration.run import Outcome, run_night
from nplv_orchestration.settings import Settings
from nplv_orchestration.warehouse import connect
from tests.homes import kept
from tests.reading import public
from tests.real import Night

REASON = "de politie telde dubbel"


def figures(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """The published figures of each indicator."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for indicator, *row in public(home, "SELECT indicator_id, geo_level, series, year, value FROM marts.indicator_values ORDER BY ALL"):
        found.setdefault(str(indicator), []).append(tuple(row))
    return found


def nightly(home: Path, night: int) -> Outcome:
    return run_night(Settings(home=home, demo_night=night), None)


def nplv(home: Path, *words: str) -> str:
    """What a command prints; it must succeed."""
    told = CliRunner(env={"NPLV_HOME": str(home)}).invoke(cli.app, list(words))
    assert told.exit_code == 0, told.exception
    return told.stdout


@pytest.mark.either
def test_a_version_tells_what_was_checked_on_which_content_and_what_was_decided(demo_night: Night) -> None:
    home = Home.of(demo_night[0])
    with duckdb.connect(str(home.current.resolve() / "intern" / "nplv.duckdb"), read_only=True) as connection:
        checks = records(connection, "SELECT * FROM quality.check_results")
        decisions = records(connection, "SELECT * FROM quality.decisions")
    assert {row["version"] for row in checks} == {current.name(home)}
    assert {row["kind"] for row in checks} == {"dbt", "expectations", "calendar", "raw"}
    assert {row["outcome"] for row in checks} == {"passed"}
    assert len(decisions) == 17 + 6
    assert {decision["decision"] for decision in decisions} == {"vrijgegeven"}
    for decision in (d for d in decisions if d["mart"].startswith("mart_")):
        of_mart = [row for row in checks if row["node"] == f"marts.{decision['mart']}"]
        assert decision["decision"] == "vrijgegeven"
        assert {row["fingerprint"] for row in of_mart} == {decision["fingerprint"]}
        assert {row["decision"] for row in of_mart} == {"vrijgegeven"}
        assert len(of_mart) >= 7 + 11
    assert public(home.root, "SELECT count(*) FROM quality.check_results WHERE details IS NOT NULL") == [(0,)]  # they may quote figures of areas
    assert public(home.root, "SELECT count(*) FROM quality.check_results") == [(len(checks),)]


@pytest.mark.either
def test_a_version_verifies_wherever_it_is_copied_to(demo_home: Path, tmp_path: Path) -> None:
    told = nplv(demo_home, "verify")
    assert (told.count("as it was published"), told.count("as it was made")) == (1, 1)
    copy = tmp_path / "copy"
    (demo_home / "published" / "current").resolve().rename(copy)
    assert nplv(demo_home, "verify", str(copy)) == f"{copy}: as it was published\n"
    (copy / "openbaar" / "parquet" / "marts.indicators.parquet").write_bytes(b"")
    wrong = CliRunner(env={"NPLV_HOME": str(demo_home)}).invoke(cli.app, ["verify", str(copy)])
    assert wrong.stdout == f"{copy}: openbaar/parquet/marts.indicators.parquet was changed\n"
    assert isinstance(wrong.exception, NplvError)


def test_a_rollback_puts_a_version_back_and_holds_the_figures_that_were_withdrawn(demo_night: Night, demo_home: Path) -> None:
    home, settings = Home(demo_home), Settings(home=demo_home)
    first, before = str(current.name(home)), figures(demo_home)
    second = nightly(demo_home, 7).version  # the police revised their figures, and the values of dwellings in 2025 came
    after = figures(demo_home)
    changed = {"misdrijven", "misdrijven_hic", "woz_relatief"}
    assert {i for i in after if after[i] != before[i]} == changed

    told = nplv(demo_home, "rollback", first, "--reason", REASON)
    assert told.startswith(f"{first} is current again, in place of {second}; withdrawn until they change: misdrijven, misdrijven_hic, woz_relatief\n")
    assert figures(demo_home) == before
    listed = nplv(demo_home, "rollback")
    assert f"{first}  (current)\n{second}\n" in listed
    assert listed.rstrip().endswith(f"{first} rolled back by {current.history(home)[-1].who}: {REASON}")

    # the next night does not undo it: what was withdrawn is held, and people are told once
    night = nightly(demo_home, 7)
    assert set(night.held) == changed
    assert all(reasons[0].endswith(REASON) and reasons[0].startswith("teruggetrokken op ") for reasons in night.held.values())
    assert figures(demo_home) == before
    assert public(demo_home, "SELECT DISTINCT status FROM marts.mart_misdrijven WHERE value IS NOT NULL") == [("niet_bijgewerkt",)]
    (message,) = (demo_home / "alerts").glob("*.md")
    text = message.read_text(encoding="utf-8")
    assert text.startswith("DEMONSTRATIEGEGEVENS")
    assert text.count("blijft bij de laatst gepubliceerde cijfers: teruggetrokken op") == 3
    nightly(demo_home, 7)
    assert message.read_text(encoding="utf-8") == text

    # the withdrawn version may be put forward again by a person, and then stays
    nplv(demo_home, "rollback", second, "--reason", "het klopte toch")
    assert current.withdrawn(home) == {}
    assert nightly(demo_home, 7).held == {}
    assert figures(demo_home) == after
    assert [event.act for event in current.history(home)].count("rolled back") == 2
    assert settings.home == demo_home


@pytest.mark.either
def test_a_rollback_is_refused_without_a_reason_to_itself_to_nothing_and_to_what_was_changed(demo_home: Path) -> None:
    home = Home(demo_home)
    here = str(current.name(home))
    other = home.published / f"2026{here[4:]}x"
    other.mkdir()
    (other / "SHA256SUMS").touch()
    current.write(home, [current.Event("2026-01-01T00:00:00+00:00", "published", other.name, "", None), *current.history(home)])
    kept(demo_home)
    for version, reason, error, said in (
        (here, "", WrongCall, "say why with --reason"),
        (here, REASON, WrongCall, "is current already"),
        ("20200101T000000Z-0", REASON, WrongCall, "there is no version 20200101T000000Z-0"),
        ("../../etc", REASON, WrongCall, r"there is no version \.\./\.\./etc"),
        (other.name, REASON, NplvError, "is not as it was published: its SHA256SUMS is not the one that was published.*; choose another"),
    ):
        told = CliRunner(env={"NPLV_HOME": str(demo_home)}).invoke(cli.app, ["rollback", version, "--reason", reason])
        assert isinstance(told.exception, error)
        with pytest.raises(error, match=said):
            raise told.exception
    assert current.name(home) == here
    assert len(current.history(home)) == 2


def test_what_a_killed_process_wrote_down_and_did_not_do_is_done_by_the_next(demo_home: Path) -> None:
    home = Home(demo_home)
    here = str(current.name(home))
    point_to(home.current, "gone")
    home.current.unlink()
    current.unfinished(home)
    assert current.name(home) == here


def test_a_damaged_history_is_one_line(demo_home: Path) -> None:
    (demo_home / "published" / "history.jsonl").write_text("{\n")
    with pytest.raises(NplvError, match=r"history\.jsonl cannot be read .* restore it from a backup"):
        current.history(Home(demo_home))


@pytest.mark.either
def test_a_waiver_releases_is_printed_and_must_be_needed_and_valid(demo_home: Path) -> None:
    settings = Settings(home=demo_home)
    with connect(settings) as connection:  # as if two marts had jumped
        connection.execute(
            "UPDATE quality.evidence SET outcome = 'failed' WHERE check_name = 'sprong' AND node IN ('marts.mart_inkomen', 'marts.mart_bijstand')"
        )
    lines = [
        "check_name,indicator_id,reason,decided_by,until",
        "sprong,inkomen,het minimumloon steeg,directeur Wonen,2026-01-20",
        "sprong,bijstand,de wet veranderde,directeur Werk,2026-01-14",
        "dekking,misdrijven,niet nodig,directeur Veiligheid,2026-12-31",
    ]
    (demo_home / "demo" / "waivers.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    kept(demo_home)
    outcome = run_night(settings, None)  # on 15 January 2026
    assert outcome.held == {"bijstand": ["controle sprong op marts.mart_bijstand is niet geslaagd"]}
    assert [fault.split(":")[0] for fault in outcome.faults] == [
        "ontheffing van controle dekking voor misdrijven (directeur Veiligheid) is niet nodig",
        "ontheffing van controle sprong voor bijstand (directeur Werk) verliep op 2026-01-14",
    ]
    assert public(demo_home, "SELECT indicator_id, is_used FROM quality.waivers ORDER BY 1") == [
        ("bijstand", False),
        ("inkomen", True),
        ("misdrijven", False),
    ]
    printed = "gepubliceerd met ontheffing van controle sprong: het minimumloon steeg (directeur Wonen, tot en met 2026-01-20)"
    assert printed in (outcome.edition / "voortgangsoverzicht.html").read_text(encoding="utf-8")
    assert printed in (outcome.edition / "overzichtstabel.csv").read_text(encoding="utf-8")
    (message,) = (demo_home / "alerts").glob("*.md")
    text = message.read_text(encoding="utf-8")
    assert text.count("\nOntheffingen (3)\n") == 1  # two that are wrong, and one that ends within two weeks
    assert "de ontheffing van controle sprong voor inkomen loopt af op 2026-01-20" in text
    told = json.loads((demo_home / "alerts" / "told.json").read_text(encoding="utf-8"))
    assert len(told["bestand"]) == 4
