"""A programme is a folder; what is wrong in it is one line that names file, field and the nearest name."""

import shutil
from pathlib import Path

import pytest

from nplv_orchestration import configuration
from nplv_orchestration.configuration import FILE, FOLDER, OWN
from nplv_orchestration.errors import WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.manifest import load_manifest
from nplv_orchestration.settings import Settings, load_settings

WORDS = """
name_nl = "Nationaal Programma Rotterdam Zuid"
short_nl = "NPRZ"
article_nl = "het"
area_nl = "wijk"
areas_nl = "wijken"
about_nl = "Het programma begon in 2011. Het duurt twintig jaar."
indicators = ["inkomen", "woz_relatief"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a programme with two indicators and words of its own."""
    folder = Path(shutil.copytree(FOLDER / OWN, tmp_path / "programmes" / "nprz"))
    (folder / FILE).write_text(WORDS, encoding="utf-8")
    return folder


def test_a_programme_has_its_words_and_its_indicators_with_their_numbers(folder: Path) -> None:
    programme = Settings(programme=str(folder)).configuration
    assert (programme.id, programme.named_nl, programme.monitor_nl) == ("nprz", "het Nationaal Programma Rotterdam Zuid", "Monitor NPRZ")
    whole, chosen = load_manifest(), load_manifest(programme)
    numbers = {i.indicator_id: i.number for i in whole.indicators}
    assert {i.indicator_id: i.number for i in chosen.indicators} == {name: numbers[name] for name in ("inkomen", "woz_relatief")}
    assert {n.name for n in chosen.nodes.values() if n.name.startswith("mart_")} == {"mart_inkomen", "mart_woz_relatief"}
    assert {n.name for n in whole.nodes.values()} - {n.name for n in chosen.nodes.values()} == {
        i.mart for i in whole.indicators if i.indicator_id not in ("inkomen", "woz_relatief")
    }
    assert {c.node for c in chosen.checks} <= chosen.nodes.keys()
    assert [c for c in whole.checks if c.node in chosen.nodes] == list(chosen.checks)


def test_the_programme_of_the_project_has_the_whole_catalogue() -> None:
    programme = Settings().configuration
    assert programme.id == OWN
    assert load_manifest(programme).indicators == load_manifest().indicators
    assert list(load_manifest(programme).nodes) == list(load_manifest().nodes)


def test_who_answers_for_the_indicators_can_be_another(folder: Path) -> None:
    (folder / FILE).write_text(f'{WORDS}owner = "bureau NPRZ"\n', encoding="utf-8")
    assert {i.owner for i in load_manifest(configuration.load(folder)).indicators} == {"bureau NPRZ"}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('areas_nl = "wijken"', 'arias_nl = "wijken"', "arias_nl: unknown field; did you mean areas_nl?"),
        ('short_nl = "NPRZ"\n', "", "short_nl: is not there"),
        ('"NPRZ"', '"NP<b>"', "short_nl: expected words with plain punctuation, on one line"),
        ('"NPRZ"', "3", "short_nl: Input should be a valid string"),
        ('"het"', '"een"', "article_nl: Input should be 'het' or 'de'"),
        ('"wijken"', '"20 wijken"', "areas_nl: expected words with plain punctuation, on one line"),
        ("twintig jaar.", "twintig jaar", "about_nl: expected sentences in plain text that end with a full stop"),
        ('["inkomen", "woz_relatief"]', "[]", "indicators: Tuple should have at least 1 item after validation, not 0"),
        ("name_nl =", "id = 'nprz'\nname_nl =", "id: unknown field; the id of a programme is the name of its folder, here nprz"),
        ("name_nl =", "name_nl", "is no TOML: Expected '=' after a key in a key/value pair (at line 2, column 9)"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(folder: Path, old: str, new: str, line: str) -> None:
    (folder / FILE).write_text(WORDS.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WrongCall) as refused:
        configuration.load(folder)
    assert str(refused.value).startswith(str(folder / FILE))
    assert line in str(refused.value)


def test_an_indicator_that_the_catalogue_has_not_is_named_with_the_nearest(folder: Path) -> None:
    (folder / FILE).write_text(WORDS.replace('"inkomen"', '"inkomens"'), encoding="utf-8")
    with pytest.raises(WrongCall, match=r"^nprz/programme.toml, indicators: the catalogue has no 'inkomens'; did you mean inkomen\?$"):
        _ = load_manifest(configuration.load(folder)).indicators


@pytest.mark.parametrize("name", [FILE, "focus_areas.csv", "focus_area_regions.csv", "corrections.csv", "waivers.csv", "examples.csv"])
def test_a_file_that_is_not_there_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(WrongCall, match=rf"nprz/{name} is not there; copy that of .*/programmes/nplv, and change what it says"):
        configuration.load(folder)


def test_a_programme_is_found_by_its_id_or_its_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_PROGRAMME", "nprz")
    with pytest.raises(WrongCall, match=r"^NPLV_PROGRAMME: .*/programmes/nprz is not there; .*/programmes has nplv$"):
        _ = load_settings().configuration
    monkeypatch.setenv("NPLV_PROGRAMMES", str(folder.parent))
    assert load_settings().programme_folder == folder
    monkeypatch.setenv("NPLV_PROGRAMME", "nprs")
    with pytest.raises(WrongCall, match=r"/nprs is not there; did you mean nprz\?$"):
        _ = load_settings().configuration
    monkeypatch.setenv("NPLV_PROGRAMME", "utrecht")
    with pytest.raises(WrongCall, match=rf"^NPLV_PROGRAMME: .*/utrecht is not there; {folder.parent} has nprz$"):
        _ = load_settings().configuration
    for wrong in ("NPRZ", "n-p", "/srv/Zuid", "..", "x" * 41):
        monkeypatch.setenv("NPLV_PROGRAMME", wrong)
        with pytest.raises(WrongCall, match="NPLV_PROGRAMME: Value error, expected the id of a programme"):
            load_settings()


def test_programmes_of_one_deployment_share_no_folder_and_no_store(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = {"HOME": tmp_path / "home", "INBOX": tmp_path / "inbox", "PROGRAMMES": folder.parent}
    told |= {"WAREHOUSE": "ducklake:postgres:host=db dbname=nplv", "STORE": "s3://bucket/monitor/"}
    for name, value in told.items():
        monkeypatch.setenv(f"NPLV_{name}", str(value))
    for name in ("nprz", "utrecht"):
        settings = load_settings(programme=name)
        assert (settings.home, settings.inbox_folder) == (tmp_path / "home" / name, tmp_path / "inbox" / name)
        assert settings.deployment
        assert (settings.deployment.programme, settings.deployment.store) == (name, f"s3://bucket/monitor/{name}")
        assert settings.label == name


def test_one_programme_has_the_folders_of_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_HOME", str(tmp_path))
    settings = load_settings()
    assert (settings.home, settings.inbox_folder, settings.label) == (tmp_path, tmp_path / "inbox", "")


@pytest.mark.parametrize("held", ["live", "demo tiny"])
def test_a_home_that_names_no_programme_is_of_that_of_the_project(tmp_path: Path, held: str, folder: Path) -> None:
    (tmp_path / "sources").write_text(held)
    assert Home(tmp_path).mode(Settings(home=tmp_path)) == held.split()[0]
    with pytest.raises(WrongCall, match=r"is of programme nplv and NPLV_PROGRAMME is nprz; the two never mix: use another NPLV_HOME$"):
        Home(tmp_path).mode(Settings(home=tmp_path, programme=str(folder)))


def test_a_home_is_of_one_programme_for_good(tmp_path: Path, folder: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.claim(Settings(home=home.root, programme=str(folder), demo_size="tiny")) == "demo"
    assert (home.root / "sources").read_text() == "demo tiny of nprz\n"
    assert home.demo_size(Settings(home=home.root, programme="nprz")) == "tiny"
    for use in (home.mode, home.claim):
        with pytest.raises(WrongCall, match=r"is of programme nprz and NPLV_PROGRAMME is nplv"):
            use(Settings(home=home.root))
    (home.root / "sources").write_text("live of the others\n")
    with pytest.raises(WrongCall, match="says 'live of the others', expected live, or demo and a size"):
        home.mode(Settings(home=home.root))


def test_a_version_tells_of_which_programme_it_is(folder: Path) -> None:
    programme = configuration.load(folder)
    facts = programme.facts()
    assert facts["programme_short_nl"] == "NPRZ"
    assert facts["programme_indicators"] == '["inkomen", "woz_relatief"]'
    assert configuration.of({"version": "x", **facts}) == programme
    assert configuration.of({"version": "of before"}) == Settings().configuration
