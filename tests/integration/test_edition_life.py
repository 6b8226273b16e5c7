"""An edition from concept to letter to correction, on the command line as a person does it, with a night of new figures in between."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from click.testing import Result
from typer.testing import CliRunner

from nplv_orchestration import cli, current, rebuild
from nplv_orchestration.archive import Archive
from nplv_orchestration.build import EDITION, build_definitions
from nplv_orchestration.edition import difference, life
from nplv_orchestration.edition.build import make_edition
from nplv_orchestration.errors import NplvError
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Settings
from nplv_orchestration.sums import seal, sealed
from tests.homes import kept

BY = ["--by", "A. Jansen, beleidsmedewerker"]
Call = Callable[..., Result]


@pytest.fixture
def nplv(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """A call of the command line on a copy of that home."""
    monkeypatch.setenv("NPLV_HOME", str(demo_home))
    return lambda *words: CliRunner().invoke(cli.app, list(words))


def refused(call: Result, line: str) -> bool:
    """Whether a call was refused with this line, which is all that it tells."""
    return isinstance(call.exception, NplvError) and line in str(call.exception)


def agreed(nplv: Call, year: str) -> None:
    """Set the data cut-off at today, and let all bodies agree."""
    assert nplv("edition", "cutoff", year, life.today().isoformat(), *BY).exit_code == 0
    bodies = [word for body in life.BODIES for word in ("--body", body)]
    told = nplv("edition", year, "--status", "afgestemd", *bodies, *BY)
    assert "revisie 1: afgestemd" in told.stdout, told


def test_from_concept_to_letter_to_correction(nplv: Call, demo_home: Path, tmp_path: Path) -> None:
    folder = demo_home / "editions" / "2025" / "r1"
    assert "Editie 2025, revisie 1: concept" in nplv("edition", "2025").stdout
    assert refused(nplv("edition", "2025", "--status", "ter-besluitvorming", *BY), "nobody agreed")
    assert refused(
        nplv("edition", "2025", "--status", "verzonden", "--on", "2026-01-01", "--letter", "1", *BY), "it is sent after ter-besluitvorming"
    )
    assert refused(nplv("edition", "2025", "--status", "klaar", *BY), "'klaar' is no status; it is one of concept, afgestemd")
    assert refused(nplv("edition", "2025", "--status", "afgestemd", "--body", "VRO", *BY), "data cut-off, which is not set")
    assert refused(nplv("edition", "cutoff", "2025", "2020-01-01", *BY), "of 2020-01-01 no published version is kept")

    assert refused(nplv("edition", "split", "2025"), "edition 2025/r1 is compared with none")

    agreed(nplv, "2025")
    assert refused(nplv("edition", "split", "2025"), "was agreed to by VRO, J&V")
    concept = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert "de 20 focusgebieden" in concept["voortgangsoverzicht.html"].decode()
    assert "<li>Concept.</li>" in concept["voortgangsoverzicht.html"].decode()
    assert nplv("edition", "2025", "--status", "ter-besluitvorming", *BY).exit_code == 0
    frozen = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert "Concept" not in frozen["voortgangsoverzicht.html"].decode()
    assert all(frozen[name] == concept[name] for name in ("overzichtstabel.csv", "berekening.csv", "revisies.csv", "afbakening.csv"))
    assert refused(nplv("edition", "2025", "--status", "ter-besluitvorming", *BY), "never touched again")

    assert refused(nplv("edition", "2025", "--status", "verzonden", "--on", "2026-01-15", *BY), "give the number of the letter")
    assert nplv("edition", "2025", "--status", "verzonden", "--on", "2026-01-15", "--letter", "30995-110", *BY).exit_code == 0
    assert nplv("edition", "remark", "2025", "Goed leesbaar.", "--by", "B. de Vries").exit_code == 0

    night = CliRunner(env={"NPLV_DEMO_NIGHT": "20"})
    assert night.invoke(cli.app, ["run", "--edition", "2025"]).exit_code == 0
    regions = demo_home / "demo" / "focus_area_regions.csv"
    regions.write_text("".join(line for place, line in enumerate(regions.read_text().splitlines(keepends=True)) if place != 2))
    kept(demo_home)
    assert night.invoke(cli.app, ["run", "--edition", "2025"]).exit_code == 0  # new figures, and a buurt less
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == frozen, "a night of new figures touches nothing that is frozen"
    assert current.name(Home(demo_home)) not in frozen["provenance.json"].decode()

    told = nplv("edition", "revise", "2025", "--reason", "Een uitgever herzag zijn cijfers.", *BY)
    assert "Editie 2025, revisie 2: concept" in told.stdout, told
    correction = (demo_home / "editions" / "2025" / "r2" / "erratum.txt").read_text(encoding="utf-8")
    assert correction.startswith("In het voortgangsoverzicht 2025, revisie 1, zijn cijfers gecorrigeerd. Reden: Een uitgever herzag zijn cijfers.")
    assert "was " in correction and "wordt " in correction
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == frozen
    assert (demo_home / "editions" / "2025" / "current").resolve().name == "r2"
    page = demo_home / "verschil.html"
    told = nplv("edition", "diff", "2025/r1", "2025/r2", "--html", str(page))
    assert "herziene bron en andere gebiedsafbakening (niet te scheiden)" in told.stdout, told
    assert "<h1>Verschillen tussen 2025/r1 en 2025/r2</h1>" in page.read_text(encoding="utf-8")

    assert nplv("edition", "split", "2025").exit_code == 0
    told = nplv("edition", "diff", "2025/r1", "2025/r2")
    assert "niet te scheiden" not in told.stdout, told
    causes = {" ".join(line.split()[:2]): line for line in told.stdout.splitlines() if " gebieden " in line}
    assert causes["Personen met"].strip().endswith("andere gebiedsafbakening"), told
    assert causes["(Zeer) goed"].strip().endswith("herziene bron"), told
    told_of = difference.provenance_of(folder)
    older = told_of | {"sources": [source for source in told_of["sources"] if source["key"] != "programma_spuk"]}
    rebuild.furnish(Home(tmp_path / "elsewhere"), Home(demo_home), older, [])  # of before the registry had it
    state = Archive(tmp_path / "elsewhere" / "archive").state("programma_spuk")
    assert state and (state.state, state.manifest) == ("not_configured", None)
    again = nplv("verify", str(demo_home / "editions" / "2025" / "r2"))
    assert "made again from the archive it has the same bytes" in again.stdout, again
    acts = [act.act for act in life.read(demo_home / "editions" / "2025")]
    assert acts == ["sluitingsdatum", *["afgestemd"] * 8, "ter-besluitvorming", "verzonden", "opmerking", "revisie"]

    (folder / "overzichtstabel.csv").write_text("1\n")
    kept(demo_home)
    assert "overzichtstabel.csv was changed" in nplv("verify", str(folder)).stdout


@pytest.mark.either
def test_what_is_frozen_is_guarded_also_when_its_sums_are_made_anew(nplv: Call, demo_home: Path) -> None:
    agreed(nplv, "2025")
    assert nplv("edition", "2025", "--status", "ter-besluitvorming", *BY).exit_code == 0
    folder = demo_home / "editions" / "2025" / "r1"
    mark = sealed(folder)
    (folder / "overzichtstabel.csv").write_text("1\n")
    seal(folder)
    kept(demo_home)
    assert sealed(folder) != mark
    assert refused(nplv("edition", "2025"), "its SHA256SUMS is not the one that was frozen; put it back from a backup")
    assert refused(nplv("edition", "2025", "--status", "verzonden", "--on", "2026-01-15", "--letter", "1", *BY), "not the one that was frozen")


@pytest.mark.either
def test_an_agreement_that_is_taken_back_makes_a_concept_again(nplv: Call, demo_home: Path) -> None:
    agreed(nplv, "2025")
    told = nplv("edition", "2025", "--status", "concept", "--reason", "De politie herzag haar cijfers.", *BY)
    assert "Editie 2025, revisie 1: concept" in told.stdout, told
    assert "De politie herzag haar cijfers." in told.stdout


@pytest.mark.either
def test_a_version_that_an_edition_rests_on_is_kept_and_one_that_is_gone_is_told(nplv: Call, demo_home: Path) -> None:
    home = Home(demo_home)
    assert life.versions_needed(home) == set()
    agreed(nplv, "2025")
    assert life.versions_needed(home) == {current.name(home)}
    version = home.published / str(current.name(home))
    shutil.rmtree(version)
    kept(demo_home)
    assert refused(nplv("edition", "2025", "--status", "ter-besluitvorming", *BY), "which is gone; put it back from a backup")
    assert not [path for path in (demo_home / "editions" / "2025").iterdir() if path.name.startswith(".draft")]


@pytest.mark.either
def test_an_edition_of_the_minister_is_made_in_the_ui_too(demo_home: Path, nplv: Call) -> None:
    agreed(nplv, "2025")
    job = build_definitions(Settings(home=demo_home)).resolve_job_def(EDITION)
    step = {"status": "ter-besluitvorming", "door": "A. Jansen"}
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.execute_in_process(
            instance=instance, partition_key="2025", run_config={"ops": {"edition": {"config": step}}}, raise_on_error=False
        )
    assert done.success
    (made,) = done.get_asset_materialization_events()
    metadata = made.step_materialization_data.materialization.metadata
    assert (metadata["status"].value, metadata["revisie"].value) == ("ter-besluitvorming", 1)


@pytest.mark.either
def test_an_earlier_letter_is_what_the_next_edition_is_compared_with(nplv: Call, demo_home: Path, tmp_path: Path) -> None:
    figures = json.loads((demo_home / "editions" / "2025" / "r1" / "provenance.json").read_text(encoding="utf-8"))["figures"]
    bijstand = next(figure for figure in figures if figure["indicator_id"] == "bijstand")
    file = tmp_path / "brief.csv"
    file.write_text(f"indicator_id,year,areas,netherlands\nbijstand,{bijstand['latest_year'] - 1},99.9,\n")
    assert nplv("edition", "enter", "2024", str(file), "--letter", "30995-101", "--on", "2024-10-17", *BY).exit_code == 0
    assert refused(nplv("edition", "enter", "2024", str(file), "--letter", "1", "--on", "2024-10-17", *BY), "were entered already")
    assert nplv("edition", "2025").exit_code == 0
    page = (demo_home / "editions" / "2025" / "r1" / "voortgangsoverzicht.html").read_text(encoding="utf-8")
    assert "Verschillen met editie 2024/r0" in page
    assert "99,9" in page and "oorzaak onbekend" in page
    assert refused(nplv("edition", "split", "2025"), "the figures of 2024/r0 were entered from a letter")
    assert nplv("verify", str(demo_home / "editions" / "2024" / "r0")).exit_code == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE marts.indicators SET caveat_nl = 'Vooral in ' || ? || ' gaat het anders.' WHERE indicator_id = 'bijstand'",
        "UPDATE programma.mijlpalen SET sentence = 'In ' || ? || ' is de aanpak gestart.'",
        "UPDATE programma.enquete_citaten SET quote = 'Bij ons in ' || ? || ' kost het veel tijd.'",
        "UPDATE programma.resultaten SET origin = 'opgave ' || ? || '.xlsx, blad!J2'",
    ],
    ids=["caveat", "milestone", "quote", "file"],
)
def test_a_name_of_an_area_where_none_may_stand_keeps_the_edition_from_being_made(demo_home: Path, tmp_path: Path, change: str) -> None:
    database = tmp_path / "nplv.duckdb"
    shutil.copy(Home(demo_home).current / "openbaar" / "nplv.duckdb", database)
    with duckdb.connect(str(database)) as connection:
        row = connection.execute("SELECT area_name FROM areas.focus_areas ORDER BY 1").fetchone()
        assert row
        connection.execute(change, [row[0]])
    with pytest.raises(NplvError, match="an area would be named where none may be") as error:
        make_edition(database, tmp_path / "editions", 2025)
    assert row[0] in str(error.value)
    assert not [path for path in (tmp_path / "editions").rglob("*") if path.is_file()]


@pytest.mark.either
def test_made_again_from_the_archive_it_is_the_same_and_a_difference_is_named(nplv: Call, demo_home: Path) -> None:
    folder = demo_home / "editions" / "2025" / "r1"
    told = nplv("verify", str(folder))
    assert "made again from the archive it has the same bytes" in told.stdout, told
    table = next((demo_home / "archive" / "cbs_kwb_2023").glob("*.parquet"))
    content = table.read_bytes()
    table.unlink()
    kept(demo_home)
    assert refused(nplv("verify", str(folder)), "is gone or damaged; restore the archive from a backup")
    table.write_bytes(content)
    (folder / "afbakening.csv").write_text("area_id\n")
    seal(folder)
    kept(demo_home)
    told = nplv("verify", str(folder))
    assert "afbakening.csv: differs from line 1 on" in told.stdout, told
    assert told.exit_code == 1 or told.exception
