"""Publishers over the network: what is asked, what is read from the answers, and when a table is pulled.

Small answers are made by hand here; the real formats, and faults over a socket, come from the server of shared open data, where it is.
The table of faults is in `test_faults`, the client itself in `test_http`.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nplv_orchestration.archive import Archive, TableState
from nplv_orchestration.errors import NplvError, SourceRefused, SourceUnreachable
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import BY_KEY, REGISTRY, SourceTable
from tests.real import serving

KWB, CRIME, HEALTH, LBM = (BY_KEY[k] for k in ("cbs_kwb_2024", "politie_misdrijven", "rivm_gezondheid", "leefbaarometer"))
SERVED = (KWB, CRIME, HEALTH, LBM)
REVIEWED = tuple(table for table in REGISTRY if table.reader == "reviewed")
SMALL_LBM = replace(LBM, key="small")


def rows(publishers: Publishers, state: TableState) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    assert state.manifest is not None
    got: list[dict[str, Any]] = pq.read_table(publishers.archive.path(state.manifest)).to_pylist()
    return got


def publishers_of(home: Path, url: str, transport: httpx.BaseTransport | None = None) -> Publishers:
    settings = Settings(
        home=home, cbs_url=f"{url}/odata/v1/CBS", dataderden_url=f"{url}/dataderden", leefbaarometer_url=f"{url}/leefbaarometer",
        cbs_download_url=url,
    )  # fmt: skip
    return Publishers(settings, Archive(home / "archive"), Http(transport, longest_wait=0.01))


# Answers made by hand ---------------------------------------------------------------------------------------------------

Answers = dict[str, Any]


def v4_answers() -> Answers:
    """A whole v4 table of two regions, by the end of its address."""
    measures = [{"Identifier": m.code, "Title": m.title, "Unit": m.unit} for m in KWB.measures]
    observations = [
        {"Measure": "T001036", "WijkenEnBuurten": "NL00", "Value": 17942942.0, "ValueAttribute": "None"},
        {"Measure": "T001036", "WijkenEnBuurten": "BU0363AA01", "Value": None, "ValueAttribute": "Secret"},
        {"Measure": "M001642", "WijkenEnBuurten": "NL00      ", "Value": 379.0, "ValueAttribute": "None"},
    ]
    return {
        "/Properties": {"Version": "1", "TemporalCoverage": "2024", "ObservationsModified": "2026-03-27T02:00:00+01:00"},
        "/Dimensions": {"value": [{"Identifier": "WijkenEnBuurten", "Kind": "GeoDetail", "MapYear": 2024}]},
        "/MeasureCodes": {"value": measures},
        "/Observations": {"@odata.count": 3, "value": observations},
    }


def v3_answers() -> Answers:
    """A whole v3 table of one region, by the end of its address."""
    topics = [{"Type": "Topic", "Key": "GeregistreerdeMisdrijven_7", "Title": "Geregistreerde misdrijven  ", "Unit": "aantal"}]
    codes = [{"Key": f"{code:<6}", "Title": code} for code in CRIME.dimensions["SoortMisdrijf"]]
    row = {"SoortMisdrijf": "0.0.0 ", "WijkenEnBuurten": "BU03630000", "Perioden": "2023JJ00"}
    return {
        "/TableInfos": {"value": [{"Identifier": "47018NED", "Modified": "2026-03-27T02:00:00"}]},
        "/DataProperties": {"value": [{"Type": "GeoDetail", "Key": "WijkenEnBuurten", "MapYear": 2025}, *topics]},
        "/Perioden": {"value": [{"Key": "2023JJ00", "Status": "Definitief"}]},
        "/SoortMisdrijf": {"value": codes},
        "/$count": 2,
        "/UntypedDataSet": {
            "value": [
                {**row, "GeregistreerdeMisdrijven_7": "     12.0"},
                {**row, "WijkenEnBuurten": "NL00      ", "GeregistreerdeMisdrijven_7": "        ."},
            ]
        },
    }


def answering(answers: Answers) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        for end, body in answers.items():
            if request.url.path.endswith(end):
                if isinstance(body, httpx.Response):
                    return body
                return httpx.Response(200, json=body)
        return httpx.Response(404)

    return httpx.MockTransport(answer)


def zip_of(text: str, name: str = "map/scores buurten.csv", **more: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as z:
        for member, content in {name: text, **more}.items():
            z.writestr(member, content)
    return packed.getvalue()


SCORES = (
    "versie,bu_code,bu_naam,jaar,lbm,afw,fys,onv,soc,vrz,won\n"
    "Leefbaarometer 3.0,BU0363AA01,Dam,2016,4.1,1,1,1,1,1,1\n"
    "Leefbaarometer 3.0,BU0363AA01,Dam,2024,4.1,-0.17,0.1,-0.2,0,0.03,-0.1\n"
)


def test_an_observation_is_a_figure_or_a_reason(tmp_path: Path) -> None:
    publishers = publishers_of(tmp_path, "http://cbs.test", answering(v4_answers()))
    state = refresh(KWB, publishers)
    assert state.state == "fresh" and state.changed
    assert [(r["region_code"], r["measure"], r["value"], r["missing"]) for r in rows(publishers, state)] == [
        ("NL00", "residents", 17942942.0, None),
        ("BU0363AA01", "residents", None, "geheim of onbekend"),
        ("NL00", "woz", 379.0, None),
    ]
    assert state.manifest is not None
    assert state.manifest.measures_empty == [m.name for m in KWB.measures if m.name not in ("residents", "woz")]
    assert state.manifest.publisher_modified == "2026-03-27T02:00:00+01:00"


def test_pages_follow_the_publishers_own_links(tmp_path: Path) -> None:
    all_rows = v4_answers()["/Observations"]["value"]
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/Observations"):
            return answering(v4_answers()).handle_request(request)
        asked.append(request.url.query)
        at = int(request.url.params.get("$skiptoken", 0))
        body = {"@odata.count": 3, "value": all_rows[at : at + 2]}
        return httpx.Response(200, json=body | ({} if at else {"@odata.nextLink": f"{request.url.copy_with(query=b'$skiptoken=2')}"}))

    publishers = publishers_of(tmp_path, "http://cbs.test", httpx.MockTransport(answer))
    assert len(rows(publishers, refresh(KWB, publishers))) == 3
    assert asked[1] == b"$skiptoken=2"


def test_v3_columns_are_found_by_title_and_codes_are_trimmed(tmp_path: Path) -> None:
    publishers = publishers_of(tmp_path, "http://derden.test", answering(v3_answers()))
    assert rows(publishers, refresh(CRIME, publishers)) == [
        {
            "region_code": code, "period": "2023JJ00", "period_status": "Definitief", "offence": "0.0.0", "value": value, "missing": missing,
        }
        for code, value, missing in (("BU03630000", 12.0, None), ("NL00", None, "geheim of onbekend"))
    ]  # fmt: skip


def file_answer(content: bytes, **headers: str) -> httpx.MockTransport:
    return answering({".zip": httpx.Response(200, content=content, headers={"etag": '"1"'} | headers)})


def test_a_zip_gives_the_years_from_2018(tmp_path: Path) -> None:
    publishers = publishers_of(tmp_path, "http://lbm.test", file_answer(zip_of(SCORES)))
    assert rows(publishers, refresh(SMALL_LBM, publishers)) == [
        {
            "region_code": "BU0363AA01", "year": 2024, "versie": "Leefbaarometer 3.0", "class": None,
            "afw": -0.17, "fys": 0.1, "onv": -0.2, "soc": 0.0, "vrz": 0.03, "won": -0.1,
        }
    ]  # fmt: skip


def test_a_file_with_a_date_only_is_asked_by_its_date(tmp_path: Path) -> None:
    asked = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("if-modified-since"))
        if asked[-1]:
            return httpx.Response(304)
        return httpx.Response(200, content=zip_of(SCORES), headers={"last-modified": "Wed, 25 Mar 2026 02:00:00 GMT"})

    publishers = publishers_of(tmp_path, "http://lbm.test", httpx.MockTransport(answer))
    assert [refresh(SMALL_LBM, publishers).state for _ in range(2)] == ["fresh", "unchanged"]
    assert asked == [None, "Wed, 25 Mar 2026 02:00:00 GMT"]


def test_unchanged_is_no_answer_to_who_has_nothing(tmp_path: Path) -> None:
    publishers = publishers_of(tmp_path, "http://lbm.test", answering({".zip": httpx.Response(304)}))
    with pytest.raises(SourceUnreachable, match="answered that nothing changed, and was not asked that"):
        refresh(SMALL_LBM, publishers)


def test_addresses_keep_their_zeros(tmp_path: Path) -> None:
    table = BY_KEY["cbs_addresses_2024"]
    text = "PC6;Huisnummer;Buurt2024;Wijk2024;Gemeente2024\n1011AB;12;0363AA01;0363AA;363\n9712 AB;3;140001;1400;14\n"
    publishers = publishers_of(tmp_path, "http://cbs.test", file_answer(zip_of(text, name="pc6huisnr.csv")))
    assert [r["region_code"] for r in rows(publishers, refresh(table, publishers))] == ["BU0363AA01", "BU00140001"]


def test_a_table_that_is_gone_keeps_its_last_version(tmp_path: Path) -> None:
    good = refresh(KWB, publishers_of(tmp_path, "http://cbs.test", answering(v4_answers()))).manifest
    gone = publishers_of(tmp_path, "http://cbs.test", answering({}))
    state = refresh(KWB, gone)
    assert (state.state, state.manifest, state.changed) == ("stale", good, False)
    assert refresh(KWB, gone).since == state.since
    assert refresh(replace(KWB, key="never"), gone).state == "not_found"


def test_a_changed_question_is_asked_though_the_table_is_the_same(tmp_path: Path) -> None:
    publishers = publishers_of(tmp_path, "http://cbs.test", answering(v4_answers()))
    refresh(KWB, publishers)
    assert refresh(KWB, publishers).state == "unchanged"
    assert refresh(replace(KWB, measures=KWB.measures[:6]), publishers).state == "fresh"


def test_a_lost_parquet_file_is_fetched_again(tmp_path: Path) -> None:
    publishers = publishers_of(tmp_path, "http://cbs.test", answering(v4_answers()))
    state = refresh(KWB, publishers)
    assert state.manifest is not None
    publishers.archive.path(state.manifest).unlink()
    assert len(rows(publishers, refresh(KWB, publishers))) == 3


def test_an_archive_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    publishers = publishers_of(tmp_path, "http://cbs.test", answering(v4_answers()))
    (tmp_path / "archive").write_text("in the way")
    with pytest.raises(NplvError, match="choose another NPLV_HOME") as caught:
        refresh(KWB, publishers)
    assert "\n" not in str(caught.value)


LEAF = st.none() | st.booleans() | st.sampled_from([0, -1, 2**70, 1.5, 1e300, "", " ", "x\n", "2024", "NL00", [], {}, [1], {"a": 1}])


def places(body: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in an answer, by the steps that lead to it."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [at, *(place for step, value in inner for place in places(value, (*at, step)))]


@pytest.mark.parametrize(("table", "answers"), [(KWB, v4_answers), (CRIME, v3_answers)])
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_an_answer_with_anything_anywhere_is_data_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, table: SourceTable, answers: Callable[[], Answers], data: st.DataObject
) -> None:
    changed = answers()
    *steps, last = data.draw(st.sampled_from(places(changed)[1:]))
    inside: Any = changed
    for step in steps:
        inside = inside[step]
    if data.draw(st.booleans()):
        inside[last] = data.draw(LEAF)
    else:
        del inside[last]
    publishers = publishers_of(tmp_path_factory.mktemp("any"), "http://uitgever.test", answering(changed))
    try:
        ended = refresh(table, publishers)
    except NplvError as refused:
        assert str(refused).isprintable() and table.table_id in str(refused)
    else:
        assert ended.state == "not_found" or rows(publishers, ended)
    assert not list(publishers.archive.root.rglob(".draft-*"))


# Real formats -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The server without faults, and a home that holds all it has."""
    home = tmp_path_factory.mktemp("home")
    with serving() as url:
        for table in REGISTRY:
            refresh(table, publishers_of(home, url))
        yield url, home


def test_all_tables_are_pulled_or_say_why_not(served: tuple[str, Path]) -> None:
    _, home = served
    archive = Archive(home / "archive")
    states = {table.key: archive.state(table.key) for table in REGISTRY}
    assert {key for key, s in states.items() if s and s.state == "fresh"} == {table.key for table in (*SERVED, *REVIEWED)}
    assert {key for key, s in states.items() if s and s.state == "not_found"} == {
        f"cbs_{name}_{year}" for year in range(2018, 2026) for name in ("kwb", "addresses") if (name, year) != ("kwb", 2024)
    }
    assert all(s and (s.state == "fresh" or s.reason) for s in states.values())


def test_the_figures_are_the_publishers(served: tuple[str, Path]) -> None:
    url, home = served
    publishers = publishers_of(home, url)
    kwb = rows(publishers, refresh(KWB, publishers))
    assert {r["value"] for r in kwb if (r["region_code"], r["measure"]) == ("NL00", "residents")} == {17942942.0}
    assert sum(r["value"] for r in kwb if r["measure"] == "residents" and r["region_code"].startswith("GM")) == 17942942
    health = rows(publishers, refresh(HEALTH, publishers))
    assert {(r["period"], r["value"]) for r in health if r["region_code"] == "NL01"} == {("2020JJ00", 78.4), ("2022JJ00", 69.0)}
    scores = rows(publishers, refresh(LBM, publishers))
    assert len(scores) == 12147
    assert max(abs(r["won"] + r["fys"] + r["vrz"] + r["soc"] + r["onv"] - r["afw"]) for r in scores) < 1e-5
    crimes = rows(publishers, refresh(CRIME, publishers))
    assert {(r["offence"], r["period_status"]) for r in crimes} == {("0.0.0", "Definitief")}
    assert all(r["region_code"] == r["region_code"].strip() for r in (*kwb, *crimes, *health, *scores))


def test_one_question_for_each_table_when_nothing_changed(served: tuple[str, Path]) -> None:
    url, home = served
    publishers = publishers_of(home, url)

    def asked() -> int:
        return sum(n for path, n in httpx.get(f"{url}/stats").json().items() if path.startswith("requests") and "/stats" not in path)

    before = asked()
    assert [refresh(table, publishers).state for table in SERVED] == ["unchanged"] * 4
    assert asked() - before == 4


@pytest.mark.parametrize("fault", ["flaky", "reset"])
def test_a_fault_that_passes_gives_the_same_data(served: tuple[str, Path], tmp_path: Path, fault: str) -> None:
    _, home = served
    with serving("--fault", fault) as url:
        for table in SERVED:
            state, good = refresh(table, publishers_of(tmp_path, url)), Archive(home / "archive").current(table.key)
            assert state.manifest and good and state.manifest.sha256 == good.sha256


def test_renumbered_columns_give_the_same_data(served: tuple[str, Path], tmp_path: Path) -> None:
    _, home = served
    with serving("--fault", "suffix-drift") as url:
        for table in (CRIME, HEALTH):
            state, good = refresh(table, publishers_of(tmp_path, url)), Archive(home / "archive").current(table.key)
            assert state.manifest and good and state.manifest.sha256 == good.sha256


@pytest.mark.parametrize(
    ("fault", "tables", "error"),
    [
        ("down", SERVED, SourceUnreachable),
        ("html", SERVED, SourceUnreachable),
        ("cut", SERVED, SourceUnreachable),
        ("short-page", (KWB, CRIME, HEALTH), SourceRefused),
    ],
)
def test_a_fault_that_stays_is_one_clear_line_and_nothing_is_kept(
    tmp_path: Path, fault: str, tables: tuple[Any, ...], error: type[NplvError]
) -> None:
    with serving("--fault", fault) as url:
        for table in tables:
            publishers = publishers_of(tmp_path, url)
            with pytest.raises(error) as caught:
                refresh(table, publishers)
            assert "\n" not in str(caught.value)
            assert publishers.archive.current(table.key) is None
    assert not list(tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize(("fault", "state"), [("down", "stale"), ("html", "stale"), ("cut", "stale"), ("short-page", "refused"), ("", "fresh")])
def test_a_new_release_with_a_fault_leaves_the_last_good_version(served: tuple[str, Path], tmp_path: Path, fault: str, state: str) -> None:
    import shutil

    _, home = served
    shutil.copytree(home / "archive", tmp_path / "archive")
    tables = (KWB, CRIME, HEALTH) if fault == "short-page" else SERVED
    with serving("--modified", "2026-06-01T02:00:00", *(["--fault", fault] if fault else [])) as url:
        publishers = publishers_of(tmp_path, url)
        for table in tables:
            good = publishers.archive.current(table.key)
            ended = refresh(table, publishers)
            assert (ended.state, ended.changed, bool(ended.reason)) == (state, not fault, bool(fault)), ended
            assert good and ended.manifest
            assert (ended.manifest == good) == bool(fault)
            assert ended.manifest.sha256 == good.sha256


def test_a_table_that_was_never_there_is_not_missed_when_its_publisher_is_down(tmp_path: Path) -> None:
    answers: Answers = {}
    first = refresh(KWB, publishers_of(tmp_path, "http://cbs.test", answering(answers)))
    assert first.state == "not_found"
    answers["/Properties"] = httpx.Response(503)
    again = refresh(KWB, publishers_of(tmp_path, "http://cbs.test", answering(answers)))
    assert (again.state, again.reason, again.manifest) == ("not_found", first.reason, None)
