"""The demo country: invented for all to see, the same every time, and told in its publishers' formats."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
import time
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nplv_orchestration.configuration import FOLDER, OWN
from nplv_orchestration.demo.calendar import published, release
from nplv_orchestration.demo.chance import bell, uniform
from nplv_orchestration.demo.country import AREAS, CITIES, SIZES, Country, Regions
from nplv_orchestration.demo.dataderden import entity
from nplv_orchestration.demo.deliveries import deliver, files
from nplv_orchestration.demo.export import export
from nplv_orchestration.demo.figures import COURSES, Figures
from nplv_orchestration.demo.mistake import mistake
from nplv_orchestration.demo.odata import Cube, WrongQuestion, conditions
from nplv_orchestration.demo.transport import ADDRESSES, DemoTransport
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.sources.registry import BY_KEY, REGISTRY
from tests.real import serving

TINY = Figures(Country("tiny"))
KWB, CRIME, HEALTH = "85984NED", "47018NED", "50150NED"


def get(path: str, night: int = 0, **query: str) -> httpx.Response:
    """What a publisher of the tiny country answers; path begins with the name of a setting."""
    setting, _, rest = path.partition("/")
    with httpx.Client(transport=DemoTransport(TINY, night)) as client:
        return client.get(f"{ADDRESSES[setting]}/{rest}", params=query or None)


def observations(table: str, measure: str, night: int = 0) -> pd.Series:
    """A measure of Kerncijfers by region, all pages together."""
    found: list[dict[str, Any]] = []
    page = get(f"cbs_url/{table}/Observations", night, **{"$filter": f"Measure in ('{measure}')"}).json()
    with httpx.Client(transport=DemoTransport(TINY, night)) as client:
        while True:
            found += page["value"]
            if "@odata.nextLink" not in page:
                return pd.DataFrame(found).set_index("WijkenEnBuurten")["Value"]
            page = client.get(page["@odata.nextLink"]).json()


# Chance ---------------------------------------------------------------------------------------------------------------


def test_chance_follows_from_its_keys_alone() -> None:
    def by_hand(*keys: int) -> float:
        state = 0
        for key in keys:
            state = (state + key + 0x9E3779B97F4A7C15) % 2**64
            for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
                state = (state ^ state >> shift) * factor % 2**64
            state ^= state >> 31
        return (state >> 11) / 2**53

    assert uniform("a", np.arange(3), 7).tolist() == [by_hand(zlib.crc32(b"a"), number, 7) for number in range(3)]
    many = uniform("a", np.arange(100_000))
    assert abs(many.mean() - 0.5) < 0.005 and many.min() >= 0 and many.max() < 1
    assert abs(np.corrcoef(many, uniform("b", np.arange(100_000)))[0, 1]) < 0.01
    normal = bell("a", np.arange(100_000))
    assert abs(normal.mean()) < 0.01 and abs(normal.std() - 1) < 0.01 and abs(normal).max() <= 12**0.5


# The map --------------------------------------------------------------------------------------------------------------


def test_a_region_has_what_its_places_have() -> None:
    regions = Regions(["90010000", "90010000", "90010100", "90020000"])
    assert regions.codes == ["NL00", "GM9001", "GM9002", "WK900100", "WK900101", "WK900200", "BU90010000", "BU90010100", "BU90020000"]
    assert regions.total(np.array([1.0, 2.0, 4.0, 8.0])).tolist() == [15, 7, 8, 3, 4, 8, 3, 4, 8]
    assert regions.is_small.tolist() == [False] * 3 + [True] * 6


@pytest.mark.parametrize("name", list(SIZES))
def test_a_country_is_as_large_as_it_says_and_has_20_areas_in_19_municipalities(name: Any) -> None:
    country = Country(name)
    assert abs(len(country.place) - SIZES[name].buurten) <= 0.01 * SIZES[name].buurten
    assert len(set(country.place)) == len(country.place)
    assert len({area.area_id for area in country.areas}) == AREAS
    assert len({area.municipality for area in country.areas}) == CITIES
    assert [int((country.area == n).sum()) for n in range(AREAS)] == [SIZES[name].buurten_of_an_area] * AREAS
    assert {wijk[:4] for wijk in country.buurt_codes(2024)} >= {f"{9001 + city}" for city in range(CITIES)}


def test_no_invented_name_or_code_is_a_real_one() -> None:
    country = Country("national")
    real = pd.read_csv(FOLDER / OWN / "focus_areas.csv")
    assert len(set(country.names)) == len(country.names)
    assert not set(country.names) & set(real["municipality_name"])
    assert not {area.name for area in country.areas} & set(real["area_name"])
    assert not {area.area_id for area in country.areas} & set(real["area_id"])
    assert min(int(code[:4]) for code in country.buurt_codes(2018)) > 2000  # the highest code of a real municipality is below
    real_regions = set(pd.read_csv(FOLDER / OWN / "focus_area_regions.csv")["region_code"])
    assert not real_regions & {f"BU{code}" for year in (2018, 2024, 2025) for code in country.buurt_codes(year)}


def test_boundaries_change_as_is_told() -> None:
    country = Country("tiny")
    codes = {year: country.buurt_codes(year) for year in range(2018, 2026)}
    sets = {year: set(found) for year, found in codes.items()}
    assert sets[2018] == sets[2021]
    assert {code[:4] for code in sets[2022] - sets[2021]} == {"9004"} and all(code[4:6].isalpha() for code in sets[2022] - sets[2021])
    assert {code[:4] for code in sets[2022] - sets[2023]} == {"9024"} and {code[:4] for code in sets[2023] - sets[2022]} == {"9023"}
    split = sets[2024] - sets[2023]
    assert len(split) == 1 and len(sets[2024]) == len(sets[2023]) + 1
    new = codes[2024].index(split.pop())
    assert country.area[new] >= 0 and codes[2023][new] == codes[2024][new - 1]  # the old code lives on for one part
    gone = sets[2024] - sets[2025]
    assert len(gone) == 1 and country.area[codes[2024].index(gone.pop())] == -1


def test_places_have_what_hardship_makes_of_them() -> None:
    country, year = TINY.country, 2024
    weight, inside = TINY.residents(year), country.area >= 0
    for name, course in COURSES.items():
        share = TINY.share(name, year)
        assert np.average(share, weights=weight) == pytest.approx(TINY.level(name, year), rel=0.01), name
        gap = np.average(share[inside], weights=weight[inside]) - TINY.level(name, year)
        assert gap * course.slope > 0, name
    assert TINY.level("good_health", 2022) < TINY.level("good_health", 2024) < TINY.level("good_health", 2020)


# Questions and pages --------------------------------------------------------------------------------------------------

KEYS = st.lists(st.text("ab ", min_size=1, max_size=3), min_size=1, max_size=4, unique=True)


@given(KEYS, KEYS, KEYS)
def test_a_filter_keeps_the_keys_that_it_names(keys: list[str], wanted: list[str], regions: list[str]) -> None:
    cube = Cube({"Soort": keys}, "Regio", regions, lambda key: {"Waarde": [key] * len(regions)}, "ID")
    either = " or ".join(f"Soort eq '{key}'" for key in wanted)
    left = cube.narrowed(f"Regio ge 'a' and ({either})")
    expected = [(key, region) for key in keys if key in wanted for region in regions if region >= "a"]
    assert [(row["Soort"], row["Regio"]) for row in left.rows(0, 99)] == expected
    assert len(left) == len(expected)
    assert [row["Waarde"] for row in left.rows(0, 99)] == [key for key, _ in expected]


@given(KEYS, KEYS, st.integers(1, 7))
def test_pages_together_are_the_table(keys: list[str], regions: list[str], size: int) -> None:
    cube = Cube({"Soort": keys}, "Regio", regions, lambda key: {"Waarde": [f"{key}{region}" for region in regions]}, "ID")
    paged = [row for skip in range(0, len(cube), size) for row in cube.rows(skip, size)]
    assert paged == list(cube.rows(0, len(cube)))
    assert [row["ID"] for row in paged] == [3 * number for number in range(len(cube))]


@pytest.mark.parametrize("text", ["Soort", "Soort ne 'a'", "Soort eq 'a' or Regio eq 'b'", "Soort eq a", "length(Soort) eq 'a'", "Maat eq 'a'"])
def test_what_cannot_be_understood_is_a_wrong_question(text: str) -> None:
    with pytest.raises(WrongQuestion):
        Cube({"Soort": ["a"]}, "Regio", ["b"], lambda key: {}, "ID").narrowed(text)


def test_a_filter_may_begin_or_be_one_of() -> None:
    (column, begins), (other, listed) = conditions("startswith(Regio,'BU90') and Maat in ('a','b')")
    assert (column, begins("BU9001"), begins("WK9001")) == ("Regio", True, False)
    assert (other, listed("b"), listed("c")) == ("Maat", True, False)


# The publishers' formats ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("demo", "real"),
    [
        *((f"cbs_url/{KWB}/{name}", f"odata/v1/CBS/{KWB}/{name}") for name in ("Properties", "Dimensions", "MeasureCodes", "WijkenEnBuurtenCodes")),
        (f"cbs_url/{KWB}/Observations", f"odata/v1/CBS/{KWB}/Observations"),
        *(
            (f"dataderden_url/ODataFeed/odata/{table}/{name}", f"dataderden/ODataFeed/odata/{table}/{name}")
            for table, names in {CRIME: ("SoortMisdrijf",), HEALTH: ("Leeftijd", "Marges")}.items()
            for name in ("TableInfos", "DataProperties", "Perioden", "UntypedDataSet", *names)
        ),
    ],
)
def test_answers_have_the_shape_of_the_real_ones(server: str, demo: str, real: str) -> None:
    ours = get(demo, **{"$format": "json"})
    with urllib.request.urlopen(f"{server}/{real}?$format=json") as answer:
        theirs, kind = json.load(answer), answer.headers["content-type"]
    assert ours.headers["content-type"].split(";")[0] == kind.split(";")[0]
    body = ours.json()
    # the real tables here are longer, so that they alone may have a next page
    assert set(body) - {"@odata.nextLink", "odata.nextLink"} == set(theirs) - {"@odata.nextLink", "odata.nextLink"}
    if "value" in theirs:
        row, real_row = (next((r for r in found["value"] if r.get("Type") in (None, "Topic")), found["value"][0]) for found in (body, theirs))
        missing = {name.rstrip("_0123456789") for name in real_row} - {name.rstrip("_0123456789") for name in row}
        assert not missing
        for name, cell in real_row.items():
            if isinstance(cell, str) and cell.endswith(" ") and name in row:
                assert len(row[name]) == len(cell), name  # padded to the same width


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


def test_the_feed_without_its_format_answers_atom_and_what_is_not_there_404() -> None:
    assert get(f"dataderden_url/ODataFeed/odata/{CRIME}/TableInfos").headers["content-type"].startswith("application/atom+xml")
    wrong = get(f"cbs_url/{KWB}/Observations", **{"$filter": "Maat eq 'x'"})
    assert (wrong.status_code, wrong.text) == (400, "$filter: there is no column Maat")
    assert get(f"cbs_url/{KWB}/Observations", **{"$select": "Maat"}).text == "$select: there is no column Maat"
    assert get(f"cbs_url/{KWB}/Observations", **{"$skip": "tien"}).text == "$skip: tien is not a number"
    for path in (f"cbs_url/{CRIME}/Properties", f"cbs_url/{KWB}/Nothing", "cbs_url/0000NED/Properties", "cbs_download_url/postcode/x.zip"):
        assert get(path).status_code == 404, path
    assert get("cbs_download_url/postcode/2017-cbs-pc6huisnr20170801_buurt.zip").status_code == 404


def test_counts_of_small_regions_are_rounded_and_small_ones_secret() -> None:
    residents = observations(KWB, "T001036")
    small = residents[residents.index.str[:2].isin(["WK", "BU"])]
    municipalities = residents[residents.index.str.startswith("GM")]
    assert (small % 5 == 0).all() and (municipalities % 5 != 0).any()
    assert municipalities.sum() == residents["NL00"]
    income = observations("85618NED", "M000224")
    people = observations("85618NED", "T001036")
    assert income[people >= 2510].notna().all() and income[people <= 2490].isna().all()
    welfare = observations(KWB, "D006842").dropna()
    assert (welfare[welfare.index.str.startswith("BU")] % 10 == 0).all()


def test_the_newest_edition_has_columns_that_are_not_out() -> None:
    assert observations("86165NED", "T001036").notna().all()
    for measure in ("M001642", "M000224", "M001796_2", "D006842"):
        assert observations("86165NED", measure).isna().all()
    assert observations(KWB, "M000224").isna().all()
    assert observations(KWB, "M001642").notna().any()


def test_the_first_rows_alone_can_be_asked() -> None:
    first = get(f"cbs_url/{KWB}/Observations", **{"$top": "2", "$skip": "3", "$select": "Id"}).json()
    assert first["value"] == [{"Id": 9}, {"Id": 12}] and "@odata.nextLink" not in first


def test_a_file_is_not_sent_twice() -> None:
    path = "leefbaarometer_url/resources/open-data-leefbaarometer-meting-2024.zip"
    first = get(path)
    with httpx.Client(transport=DemoTransport(TINY, 0)) as client:
        again = client.get(first.url, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    with zipfile.ZipFile(io.BytesIO(first.content)) as packed:
        wijken, buurten = packed.namelist()
        assert "wijken" in wijken
        rows = list(csv.DictReader(io.StringIO(packed.read(buurten).decode())))
    assert all(abs(sum(float(row[d]) for d in ("won", "fys", "vrz", "soc", "onv")) - float(row["afw"])) < 1e-5 for row in rows)
    assert {row["jaar"] for row in rows} == {"2016", "2018", "2020", "2022", "2024"}
    weak = [row for row in rows if row["klasse"] and int(row["klasse"]) <= 4]
    assert weak and all(float(row["afw"]) < -0.164 for row in weak)
    assert {row["jaar"] for row in rows if not row["klasse"]} == {"2024"}  # derived, as for live data


def test_addresses_lead_from_the_buurten_of_one_year_to_those_of_another() -> None:
    buurt = {}
    for year in (2021, 2024):
        content = get(f"cbs_download_url/postcode/{year}-cbs-pc6huisnr{year}0801_buurt.zip").content
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            lines = packed.read(f"pc6hnr{year}0801_gwb.csv").decode().splitlines()[1:]
        buurt[year] = {tuple(line.split(";")[:2]): line.split(";")[2] for line in lines}
    assert buurt[2021].keys() == buurt[2024].keys()
    moved = {(old, buurt[2024][address]) for address, old in buurt[2021].items() if old != buurt[2024][address]}
    assert {old[:4] for old, _ in moved} == {"9004", "9006", "9024"}


# Nights ---------------------------------------------------------------------------------------------------------------


def versions(night: int) -> dict[str, str]:
    """What each publisher says of its table on a night."""
    found = {}
    for table in REGISTRY:
        if table.reader == "statline_v4":
            found[table.key] = get(f"cbs_url/{table.table_id}/Properties", night).json()["Version"]
        elif table.reader == "statline_v3":
            answer = get(f"dataderden_url/ODataFeed/odata/{table.table_id}/TableInfos", night, **{"$format": "json"})
            found[table.key] = answer.json()["value"][0]["Modified"]
        elif table.reader == "leefbaarometer":
            found[table.key] = get(f"leefbaarometer_url/{table.path}", night).headers["etag"]
    return found


def test_a_table_is_published_anew_on_its_nights_and_on_no_other() -> None:
    told = {night: versions(night) for night in (0, 1, 4, 5, 9, 10, 14, 20, 40, 60)}
    changed = {
        (before, after): {key for key in told[after] if told[after][key] != told[before][key]}
        for before, after in [(0, 1), (1, 4), (4, 5), (5, 9), (9, 10), (10, 14), (14, 20), (20, 40), (40, 60)]
    }
    assert changed == {
        (0, 1): set(), (1, 4): set(), (4, 5): {"cbs_kwb_2025"}, (5, 9): {"politie_misdrijven"}, (9, 10): {"cbs_kwb_2024"},
        (10, 14): {"politie_misdrijven"}, (14, 20): {"rivm_gezondheid"}, (20, 40): {"politie_misdrijven", "leefbaarometer", "cbs_kwb_2025"},
        (40, 60): set(),
    }  # fmt: skip
    for table in REGISTRY:
        assert published(table, 0) <= published(table, 60)
        assert release(table.key, 0) == 0


def test_a_release_fills_columns_renumbers_them_and_restates_history() -> None:
    assert observations(KWB, "M000224", 10).notna().any()
    assert observations("86165NED", "M001642", 5).notna().any() and observations("86165NED", "D006842", 5).isna().all()
    assert observations("86165NED", "D006842", 30).notna().any() and observations("86165NED", "M000224", 30).isna().all()

    def topic(table: str, title: str, night: int) -> str:
        rows = get(f"dataderden_url/ODataFeed/odata/{table}/DataProperties", night, **{"$format": "json"}).json()["value"]
        return next(row["Key"] for row in rows if row["Title"].strip() == title)

    def country(table: str, title: str, night: int, *terms: str) -> float:
        query = {"$format": "json", "$filter": " and ".join([*terms, "startswith(WijkenEnBuurten,'NL')"])}
        rows = get(f"dataderden_url/ODataFeed/odata/{table}/UntypedDataSet", night, **query).json()["value"]
        assert len(rows) == 1
        assert len(rows[0]["WijkenEnBuurten"]) == 10
        return float(rows[0][topic(table, title, night)])

    crimes = CRIME, "Geregistreerde misdrijven"
    assert (topic(*crimes, 0), topic(*crimes, 14)) == ("GeregistreerdeMisdrijven_1", "GeregistreerdeMisdrijven_3")
    newest, oldest = "Perioden eq '2025JJ00'", "Perioden eq '2018JJ00'"
    total = "SoortMisdrijf eq '0.0.0 '"
    assert country(*crimes, 7, total, newest) > country(*crimes, 0, total, newest)
    assert country(*crimes, 7, total, oldest) == country(*crimes, 0, total, oldest)
    health = HEALTH, "Goed ervaren gezondheid"
    assert (topic(*health, 0), topic(*health, 20)) == ("GoedErvarenGezondheid_4", "GoedErvarenGezondheid_6")
    of = "Leeftijd eq '20300'", "Marges eq 'MW00000'", "Perioden eq '2020JJ00'"
    assert round(country(*health, 20, *of) - country(*health, 0, *of), 1) == 0.2


# Deliveries and the folder to look at ---------------------------------------------------------------------------------


def test_deliveries_are_put_down_once_and_again_when_they_change(tmp_path: Path) -> None:
    inbox, reviewed = tmp_path / "inbox", tmp_path / "reviewed"
    deliver(TINY, 0, inbox, reviewed)
    moments = {path.name: path.stat().st_mtime_ns for path in inbox.iterdir()}
    assert {"maatwerk_armoede.xlsx", "maatwerk_jeugd_en_onderwijs.csv", "v20251201_v4_csv.zip"} <= set(moments)
    (inbox / "maatwerk_armoede.xlsx").write_bytes(b"as it was left")
    deliver(TINY, 0, inbox, reviewed)
    assert (inbox / "maatwerk_armoede.xlsx").read_bytes() == b"as it was left"
    (inbox / "maatwerk_armoede.xlsx").unlink()  # taken over
    (reviewed / "focus_areas.csv").unlink()
    deliver(TINY, 0, inbox, reviewed)
    assert (reviewed / "focus_areas.csv").exists()
    assert not (inbox / "maatwerk_armoede.xlsx").exists()
    deliver(TINY, 15, inbox, reviewed)
    later = {path.name for path in inbox.iterdir() if path.stat().st_mtime_ns != moments[path.name]}
    assert later == {"maatwerk_armoede.xlsx", "maatwerk_jeugd_en_onderwijs.csv"}


def test_maatwerk_adds_up() -> None:
    rows = list(csv.DictReader(files(TINY, 0)["maatwerk_jeugd_en_onderwijs.csv"].decode().splitlines(), delimiter=";"))
    secret = [(row["indicator"], row["jaar"], row["niveau"]) for row in rows if row["teller"] == "."]
    assert secret == [("jeugd_verdachten", "2019", "gebied")]
    told = [row for row in rows if (row["indicator"], row["jaar"]) != secret[0][:2]]
    table = pd.DataFrame(told).astype({"teller": int, "noemer": int})
    sums = table.groupby(["indicator", "jaar", "niveau"])[["teller", "noemer"]].sum().unstack("niveau")
    for column in ("teller", "noemer"):
        assert (sums[column]["gebied"] + sums[column]["rest_gemeente"] == sums[column]["gemeente"]).all()
        assert (sums[column]["gemeente"] < sums[column]["nederland"]).all()


def test_the_same_bytes_come_every_time(tmp_path: Path) -> None:
    def digest(seed: str) -> dict[str, str]:
        out = tmp_path / seed
        code = f"from pathlib import Path; from nplv_orchestration.demo.export import export; export('tiny', 3, Path({str(out)!r}))"
        subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONHASHSEED": seed, "TZ": f"UTC{seed}"})
        return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in out.rglob("*") if path.is_file()}

    once = digest("1")
    assert once == digest("2")
    assert len(once) > 80


def test_the_moments_of_the_files_do_not_follow_the_zone_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = []
    for zone in ("Asia/Tokyo", "Europe/Amsterdam"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        deliver(TINY, 0, tmp_path / zone, tmp_path / zone / "reviewed")
        moments.append({path.name: path.stat().st_mtime for path in (tmp_path / zone).iterdir() if path.is_file()})
    monkeypatch.undo()
    time.tzset()
    assert moments[0] == moments[1]


def test_the_crimes_of_the_country_are_those_of_its_municipalities() -> None:
    query = {"$format": "json", "$filter": "SoortMisdrijf eq '0.0.0 ' and Perioden eq '2024JJ00'"}
    rows = get(f"dataderden_url/ODataFeed/odata/{CRIME}/UntypedDataSet", **query).json()["value"]
    counts = {
        row["WijkenEnBuurten"].strip(): int(row["GeregistreerdeMisdrijven_1"]) for row in rows if row["GeregistreerdeMisdrijven_1"].strip() != "."
    }
    assert counts["NL00"] == sum(count for code, count in counts.items() if code.startswith("GM"))
    assert sum(count for code, count in counts.items() if code.startswith("BU")) < counts["NL00"]  # some have no buurt


@pytest.mark.parametrize("figures", [TINY, Figures(Country("small"))], ids=["tiny", "small"])
def test_the_police_make_one_mistake_which_is_corrected_until_they_mend_it(figures: Figures) -> None:
    found = mistake(figures)
    assert found.wrong == 10 * found.right > 100
    told = []
    for night in (0, 13, 14):
        line = [f"politie_misdrijven,{found.region_code},2023,0.0.0,{found.wrong},{found.right}"] if night < 14 else []
        assert [text.split(",tien keer")[0] for text in files(figures, night)["corrections.csv"].decode().splitlines()[1:]] == line
        cube = entity(BY_KEY["politie_misdrijven"], "UntypedDataSet", figures, night)
        assert isinstance(cube, Cube)
        rows = list(cube.narrowed("SoortMisdrijf eq '0.0.0 ' and Perioden eq '2023JJ00'").rows(0, 10_000))
        count = next(name for name in rows[0] if name.startswith("GeregistreerdeMisdrijven"))
        told.append({row["WijkenEnBuurten"].strip(): row[count].strip() for row in rows})
    assert told[0] == told[1] == told[2] | {found.region_code: str(found.wrong)}
    assert told[2][found.region_code] == str(found.right)


def test_the_folder_says_that_all_is_invented_and_is_not_written_twice(tmp_path: Path) -> None:
    out = tmp_path / "land"
    count = export("tiny", 0, out)
    assert count == sum(path.is_file() for path in out.rglob("*"))
    assert "DEMONSTRATIEGEGEVENS" in (out / "LEESMIJ.txt").read_text(encoding="utf-8")
    first = json.loads((out / "antwoorden" / "cbs" / KWB / "Observations_1.json").read_text())
    assert first["@odata.count"] == 327 * 8 and len(first["value"]) == SIZES["tiny"].page
    assert {path.name for path in (out / "leveringen").iterdir()} == set(files(TINY, 0))
    with pytest.raises(WrongCall, match="is there already; give a folder that is not"):
        export("tiny", 0, out)
    (tmp_path / "file").write_text("")
    with pytest.raises(NplvError, match=r"^--out .* cannot be written \(.*\); see to its rights and its free space, or give another folder$"):
        export("tiny", 0, tmp_path / "file" / "land")
    assert {path.name for path in tmp_path.iterdir()} == {"land", "file"}


def test_every_table_of_the_registry_is_known_here() -> None:
    asked = {BY_KEY[key].reader for key in versions(0)}
    assert {table.reader for table in REGISTRY} - asked == {"reviewed", "addresses", "eponline", "form"}
