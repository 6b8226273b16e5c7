"""OData v3: columns are told apart by title, unit and place in the tree, and whatever comes is rows or one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nplv_orchestration.archive import Archive
from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources import odata_v3, statline_v3
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.pulled import Answer
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import BY_KEY, Measure, SourceTable
from tests.real import OPENDATA

Properties = list[dict[str, Any]]


def table(title: str, *place: str) -> SourceTable:
    """A table of which one column is asked."""
    crimes = BY_KEY["politie_misdrijven"]
    columns = {name: kind for name, kind in crimes.columns.items() if name != "offence"}
    measures = (Measure("value", title, "aantal", place=place),)
    return replace(crimes, key="t", boundary_year=2024, dimensions={}, columns=columns, grain=("region_code", "period"), measures=measures)


def publisher(properties: Properties, rows: list[dict[str, Any]] | None = None) -> Http:
    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rsplit("/", 1)[-1]
        if name == "$count":
            return httpx.Response(200, text=str(len(rows or [])))
        chosen = request.url.params.get("$select", "").split(",")
        answers = {
            "TableInfos": [{"Identifier": "47018NED", "Modified": "2026-01-01T02:00:00"}],
            "DataProperties": properties,
            "Perioden": [{"Key": "2024JJ00", "Status": "Definitief"}],
            "UntypedDataSet": [{column: row[column] for column in chosen} for row in rows or [] if name == "UntypedDataSet"],
        }
        return httpx.Response(200, json={"value": answers[name]})

    return Http(httpx.MockTransport(answer))


def group(number: int, parent: int | None, title: str) -> dict[str, Any]:
    return {"ID": number, "ParentID": parent, "Type": "TopicGroup", "Key": "", "Title": title, "Position": None}


def topic(number: int, parent: int | None, key: str, title: str, unit: str = "aantal") -> dict[str, Any]:
    return {"ID": number, "ParentID": parent, "Type": "Topic", "Key": key, "Title": title, "Unit": unit, "Position": number}


TREE = [
    {"ID": 0, "ParentID": None, "Type": "GeoDetail", "Key": "WijkenEnBuurten", "Title": "Wijken en buurten", "MapYear": 2024},
    group(1, None, "Bevolking"), group(2, 1, "Herkomstland "), group(3, 1, "Geboren in Nederland"),
    topic(4, 2, "Nederland_17", "Nederland "), topic(5, 3, "Nederland_20", "Nederland"), topic(6, None, "Nederland_30", "Nederland", "%"),
]  # fmt: skip


def test_a_column_knows_the_groups_it_stands_in_the_innermost_last() -> None:
    assert odata_v3.topics(TREE) == [
        odata_v3.Topic("Nederland_17", "Nederland", "aantal", ("Bevolking", "Herkomstland")),
        odata_v3.Topic("Nederland_20", "Nederland", "aantal", ("Bevolking", "Geboren in Nederland")),
        odata_v3.Topic("Nederland_30", "Nederland", "%", ()),
    ]
    assert str(odata_v3.topics(TREE)[0]) == "Nederland_17 'Bevolking / Herkomstland / Nederland' (aantal)"


@pytest.mark.parametrize("parents", [(1,), (2, 1), (2, 3, 1)])
def test_groups_that_go_round_are_refused(parents: tuple[int, ...]) -> None:
    groups = [group(number, parent, "x") for number, parent in enumerate(parents, 1)]
    with pytest.raises(SourceRefused, match="the groups of column K_1 go round in a circle"):
        odata_v3.topics([*groups, topic(9, 1, "K_1", "x")])


ROWS = [
    {"WijkenEnBuurten": "NL00      ", "Perioden": "2024JJ00", "Nederland_17": "      12", "Nederland_20": "       3"},
    {"WijkenEnBuurten": "GM0363    ", "Perioden": "2024JJ00", "Nederland_17": "       7", "Nederland_20": "       ."},
]


@pytest.mark.parametrize(
    ("place", "values"),
    [
        (("Herkomstland",), [12.0, 7.0]),
        (("Geboren in Nederland",), [3.0, None]),
        (("Bevolking", "Geboren in Nederland"), [3.0, None]),
    ],
)
def test_a_pull_takes_the_column_of_its_place(tmp_path: Path, place: tuple[str, ...], values: list[float | None]) -> None:
    publishers = Publishers(Settings(home=tmp_path), Archive(tmp_path / "archive"), publisher(TREE, ROWS))
    manifest = refresh(table("Nederland", *place), publishers).manifest
    assert manifest
    got = pq.read_table(publishers.archive.path(manifest)).to_pylist()
    assert [(row["region_code"], row["value"]) for row in got] == list(zip(("NL00", "GM0363"), values, strict=True))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ((), "2 columns are 'Nederland' .*there are: Nederland_17 .*Herkomstland.*, Nederland_20 "),
        (("Bevolking",), "0 columns are 'Nederland'"),
        (("Elders", "Herkomstland"), "0 columns are 'Nederland'"),
    ],
)
def test_a_place_that_does_not_tell_one_column_is_refused(tmp_path: Path, place: tuple[str, ...], said: str) -> None:
    publishers = Publishers(Settings(home=tmp_path), Archive(tmp_path / "archive"), publisher(TREE, ROWS))
    with pytest.raises(SourceRefused, match=said):
        refresh(table("Nederland", *place), publishers)


# The tree of Kerncijfers wijken en buurten 2024, as CBS sent it ---------------------------------------------------------


@pytest.fixture(scope="module")
def real() -> Properties:
    path = OPENDATA / "wire" / "85984NED__DataProperties_2025-03-27.json"
    if not path.exists():
        pytest.skip("shared/opendata is not beside the project, so there is no real answer")
    body = json.loads(path.read_text(encoding="utf-8"))
    found: Properties = body if isinstance(body, list) else body["value"]
    return found


def test_every_column_of_the_real_tree_has_a_place_of_its_own(real: Properties) -> None:
    found = odata_v3.topics(real)
    assert (len(real), len(found)) == (172, 128)
    assert len({topic.key for topic in found}) == len({(*topic.place, topic.title, topic.unit) for topic in found}) == 128
    assert len({(topic.title, topic.unit) for topic in found}) == 123  # title and unit alone do not tell
    assert all(topic.place and topic.title == topic.title.strip() and len(topic.title) <= 40 for topic in found)


@pytest.mark.parametrize(
    ("title", "place", "key"),
    [
        ("Aantal inwoners", (), "AantalInwoners_5"),
        ("Nederland", ("Herkomstland",), "Nederland_17"),
        ("Nederland", ("Geboren in Nederland",), "Nederland_20"),
        ("Buiten Europa", ("Bevolking naar herkomst", "Geboren in Nederland"), "BuitenEuropa_22"),
    ],
)
def test_a_column_of_the_real_tree_is_found(real: Properties, title: str, place: tuple[str, ...], key: str) -> None:
    answer = Answer("1", None, "https://derden.test/ODataFeed/odata/47018NED")
    found = statline_v3.describe(table(title, *place), answer, publisher(real))
    assert (found.differences, found.columns) == ([], {"value": key})


def test_a_column_of_which_there_are_two_in_the_real_tree_is_told_with_both(real: Properties) -> None:
    answer = Answer("1", None, "https://derden.test/ODataFeed/odata/47018NED")
    (difference,) = statline_v3.describe(table("Nederland"), answer, publisher(real)).differences
    assert difference.what == (
        "2 columns are 'Nederland' (aantal); there are: Nederland_17 'Bevolking / Bevolking naar herkomst / Herkomstland / Nederland' (aantal), "
        "Nederland_20 'Bevolking / Bevolking naar herkomst / Geboren in Nederland / Nederland' (aantal)"
    )


# Whatever comes ---------------------------------------------------------------------------------------------------------

ANY = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "Topic", "TopicGroup"]) | st.just([]) | st.just({})
ROW = st.dictionaries(st.sampled_from(["ID", "ParentID", "Type", "Key", "Title", "Unit", "MapYear"]), ANY, max_size=7)


@settings(max_examples=100, deadline=None)
@given(st.lists(ROW, max_size=6))
def test_any_tree_gives_columns_or_is_refused(rows: Properties) -> None:
    try:
        found = odata_v3.topics(rows)
    except SourceRefused as refused:
        assert "go round in a circle" in str(refused)
    else:
        assert len(found) == sum(row.get("Type") == "Topic" for row in rows)


CELL = (
    st.none() | st.text(alphabet="0123456789.,- eE\n", max_size=8) | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(CELL, min_size=1, max_size=4))
def test_any_cells_come_as_text_or_nothing_in_their_order(cells: list[Any]) -> None:
    http = publisher(TREE, [{"WijkenEnBuurten": f"BU{n}", "x": cell} for n, cell in enumerate(cells)])
    (page,) = odata_v3.rows(http, "https://derden.test/t", ["WijkenEnBuurten", "x"], [""])
    assert page.to_pydict() == {
        "WijkenEnBuurten": [f"BU{n}" for n in range(len(cells))],
        "x": [cell if cell is None or isinstance(cell, str) else str(cell) for cell in cells],
    }
