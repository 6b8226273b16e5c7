"""A second programme beside that of the project: three areas and four indicators of its own, other words, and nothing of the one in the other."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from nplv_orchestration import history
from nplv_orchestration.build import EDITION, NIGHTLY, build_definitions
from nplv_orchestration.configuration import FILE, FOLDER, OWN, of
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.demo.transport import DemoTransport, addressed
from nplv_orchestration.edition.leaks import texts
from nplv_orchestration.errors import WrongCall
from nplv_orchestration.exploring import read as explored
from nplv_orchestration.exploring_page import page
from nplv_orchestration.home import Home
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.monitor import open_monitor
from nplv_orchestration.published import connect, facts
from nplv_orchestration.run import raise_failure
from nplv_orchestration.settings import Settings
from nplv_orchestration.site.build import build
from tests.real import Night
from tests.unit.test_configuration import WORDS

CHOSEN = ("woz_relatief", "lbm_woningvoorraad", "inkomen", "arbeidsparticipatie")  # of two action lines
AREAS = {"alfa": "Alfawijk", "beta": "Betawijk", "gamma": "Gammawijk"}


@dataclass(frozen=True)
class Second:
    """The night of the second programme. ran: its assets that were made."""

    settings: Settings
    edition: Path
    ran: set[str]

    def database(self, part: str) -> Path:
        return self.settings.home / "published" / "current" / part / "nplv.duckdb"


@pytest.fixture(scope="module")
def second(demo_night: Night, tiny: Figures, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Second]:
    """Its areas are three of the demo country under names of their own, and its publishers are those of that country, asked as on live data."""
    root = tmp_path_factory.mktemp("second")
    folder = _programme(root / "programmes" / "nprz", demo_night[0].home / "demo")
    settings = addressed(Settings(home=root / "home" / "nprz", sources="live", programme="nprz", programmes=folder.parent))
    definitions = build_definitions(settings, transport=DemoTransport(tiny, 0))
    with pytest.MonkeyPatch.context() as environment, history.opened(settings) as instance:
        environment.setenv("DAGSTER_HOME", "")
        night = history.run_here(instance, definitions.resolve_job_def(NIGHTLY), location=settings.label)
        raise_failure(night)
        made = history.run_here(instance, definitions.resolve_job_def(EDITION), "2024", settings.label)
        raise_failure(made)
        assert len(history.runs(instance, NIGHTLY, programme="nprz")) == 1
        assert history.runs(instance, NIGHTLY, programme="nplv") == []
        ran = {
            event.asset_key.to_user_string()
            for run in (night, made)
            for event in run.get_asset_materialization_events()
            if event.asset_key is not None
        }
    yield Second(settings, settings.home / "editions" / "2024" / "current", ran)


def _programme(folder: Path, demo: Path) -> Path:
    """The folder of the programme; its areas lie in one municipality where the demo country has them so."""
    shutil.copytree(FOLDER / OWN, folder)
    words = WORDS.partition("indicators")[0]
    (folder / FILE).write_text(f'{words}owner = "bureau NPRZ"\nindicators = {list(CHOSEN)!r}\n', encoding="utf-8")
    named: dict[str, str] = {}
    for name in ("focus_areas.csv", "focus_area_regions.csv"):
        with (demo / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        named = named or dict(zip((row["area_id"] for row in rows), AREAS, strict=False))
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, list(rows[0]))
            out.writeheader()
            for row in rows:
                if row["area_id"] in named:
                    row["area_id"] = named[row["area_id"]]
                    out.writerow(row | ({"area_name": AREAS[row["area_id"]]} if "area_name" in row else {}))
    return folder


def test_it_has_its_own_indicators_alone(second: Second) -> None:
    manifest = load_manifest()
    others = {i.indicator_id for i in manifest.indicators} - set(CHOSEN)
    assert {key for key in second.ran if "mart_" in key} == {f"nprz/marts/mart_{name}" for name in CHOSEN}
    assert all(key.startswith("nprz/") for key in second.ran)
    with duckdb.connect(str(second.database("intern")), read_only=True) as connection:
        tables = [name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'mart_%'").fetchall()]
        assert set(tables) == {f"mart_{name}" for name in CHOSEN}
        listed = connection.execute("SELECT indicator_id, number FROM marts.indicators ORDER BY number").fetchall()
        assert listed == [(i.indicator_id, i.number) for i in manifest.indicators if i.indicator_id in CHOSEN]
        decided = {name for (name,) in connection.execute("SELECT indicator_id FROM quality.decisions").fetchall()}
        assert set(CHOSEN) <= decided
        assert not decided & others
        for table in ("indicator_values", "indicator_trends", "indicator_components"):
            assert {name for (name,) in connection.execute(f"SELECT DISTINCT indicator_id FROM marts.{table}").fetchall()} <= set(CHOSEN)
        figures = connection.execute(
            "SELECT DISTINCT indicator_id FROM marts.indicator_values WHERE value IS NOT NULL AND geo_level = 'nplv'"
        ).fetchall()
        assert {name for (name,) in figures} >= {"woz_relatief", "inkomen"}
        # of three areas it is not told how many did better, not even in classes
        assert connection.execute("SELECT count(*) FROM marts.indicator_trends WHERE spread IS NOT NULL").fetchone() == (0,)
    told = "".join(file.read_text(encoding="utf-8") for file in second.edition.glob("*.csv"))
    assert not [name for name in others if re.search(rf"\b{name}\b", told)]


def test_a_reader_sees_its_words_and_none_of_the_other_programme(second: Second) -> None:
    told = (second.edition / "voortgangsoverzicht.html").read_text(encoding="utf-8")
    for words in (
        "Voortgangsoverzicht Nationaal Programma Rotterdam Zuid 2024",
        "Cijfers van het totaal van de 3 wijken; gebieden worden niet met elkaar vergeleken.",
        "In de wijken ",
        "Het programma begon in 2011. Het duurt twintig jaar.",
        "bureau NPRZ",
    ):
        assert words in told, words
    for file in sorted(second.edition.iterdir()):
        if file.suffix in (".html", ".pdf", ".docx", ".ods", ".xlsx", ".svg"):
            found = [
                text.text for text in texts(file) if "NPLV" in text.text or "focusgebied" in text.text.lower() or "Leefbaarheid en V" in text.text
            ]
            assert found == [], file.name


def test_a_version_bears_its_words_for_who_reads_it(second: Second, tmp_path: Path) -> None:
    with connect(second.database("openbaar")) as connection:
        programme = of(facts(connection))
    assert programme == second.settings.configuration
    shown = page(explored(second.database("intern")))
    assert "Verkenner van de monitor NPRZ" in shown
    assert "Nationaal Programma Rotterdam Zuid. Cijfers van de 3 gebieden, elk en samen" in shown
    assert "NPLV" not in shown.replace("NPLV_", "")
    assert build(second.database("openbaar"), load_manifest(programme), tmp_path / "site") > len(CHOSEN)
    front = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "De cijfers van het NPRZ" in front
    assert "De 4 indicatoren van het Nationaal Programma Rotterdam Zuid" in front
    assert "NPLV" not in front


def test_neither_sees_an_area_of_the_other(second: Second, demo_night: Night) -> None:
    first = demo_night[0].home / "published" / "current" / "intern" / "nplv.duckdb"
    with connect(first) as one, connect(second.database("intern")) as other:
        of_first = {area for (area,) in one.execute("SELECT area_id FROM areas.focus_areas").fetchall()}
        assert {area for (area,) in other.execute("SELECT area_id FROM areas.focus_areas").fetchall()} == set(AREAS)
        for connection, strange in ((one, set(AREAS)), (other, of_first)):
            for schema, table in connection.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall():
                cells = connection.execute(
                    f"SELECT count(*) FROM {schema}.{table} AS t WHERE to_json(t)::VARCHAR SIMILAR TO ?", [f'.*"({"|".join(strange)})".*']
                )
                assert cells.fetchone() == (0,), f"{schema}.{table}"


def test_its_home_is_closed_to_another_programme(second: Second, demo_night: Night) -> None:
    with pytest.raises(WrongCall, match=r"is of programme nprz and NPLV_PROGRAMME is nplv; the two never mix"):
        Home(second.settings.home).mode(Settings(home=second.settings.home))
    theirs = demo_night[0].model_copy(update={"programme": "nprz", "programmes": second.settings.programmes})
    with pytest.raises(WrongCall, match=r"is of programme nplv and NPLV_PROGRAMME is nprz"), open_monitor(theirs, "a test"):
        pass


def test_a_code_location_names_its_programme(second: Second, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nplv_orchestration import definitions

    shutil.copytree(FOLDER / OWN, tmp_path / "programmes" / OWN)
    shutil.copytree(second.settings.programme_folder, tmp_path / "programmes" / "nprz")
    monkeypatch.setenv("NPLV_PROGRAMMES", str(tmp_path / "programmes"))
    monkeypatch.setenv("NPLV_HOME", str(tmp_path / "home"))
    made = {name: definitions.__getattr__(name) for name in (OWN, "nprz")}
    keys = {name: {key.to_user_string() for key in found.resolve_asset_graph().get_all_asset_keys()} for name, found in made.items()}
    assert not keys[OWN] & keys["nprz"]
    for name, found in made.items():
        assert isinstance(found, dg.Definitions)
        assert {job.tags[history.PROGRAMME] for job in found.resolve_all_job_defs() if not job.name.startswith("__")} == {name}
        vars(definitions).pop(name)
    with pytest.raises(WrongCall, match="did you mean nprz"):
        definitions.__getattr__("nprs")
    with pytest.raises(AttributeError):
        definitions.__getattr__("__path__")
