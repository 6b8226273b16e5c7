"""Spoilt answers: what a reader accepts equals what stands there, and nothing makes it crash or wait.

A sample; `benchmarks/fuzz.py` tries tens of thousands. The smallest case of each defect that was found so is a test of its own here.
"""

import io
import json
import random
import zipfile
from pathlib import Path

import pytest

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.progress import unwatched
from nplv_orchestration.sources import files, odata_v3, statline_v3, statline_v4
from nplv_orchestration.sources.pulled import Answer
from tests.mutations import (
    ADDRESS_LINES,
    LABEL_LINES,
    PERIODS,
    PLACES,
    V3_TABLE,
    V4_TABLE,
    WIRE,
    Defect,
    Spoilt,
    captures,
    client,
    judge,
    packed,
    pull_labels,
    spoil,
)  # fmt: skip

SAMPLE = 500
KINDS = captures() if WIRE.exists() else []
needs_wire = pytest.mark.skipif(not KINDS, reason="shared/opendata is not beside the project, so there is nothing real to spoil")


@needs_wire
@pytest.mark.parametrize("capture", KINDS, ids=lambda capture: capture.name)
def test_what_is_accepted_is_what_stands_there(capture, tmp_path: Path) -> None:
    assert judge(capture, Spoilt(capture.content), tmp_path)[0] == "untouched"
    ended = []
    for number in range(SAMPLE // len(KINDS) + 1):
        try:
            ended.append(judge(capture, spoil(capture, random.Random(f"test {capture.name} {number}")), tmp_path)[0])
        except Defect as defect:
            pytest.fail(f"{capture.name} {number}: {defect}")
    assert {"the same", "refused"} <= set(ended), "the mutations are of one kind only"


def answered(rows: list[dict[str, object]]) -> Spoilt:
    return Spoilt(json.dumps({"value": rows}).encode())


@pytest.mark.parametrize("odd", [[1], {"a": 1}])
def test_a_column_whose_place_is_no_number_stands_in_no_group(odd: object) -> None:
    rows = [{"Type": "TopicGroup", "ID": odd, "Title": "Groep"}, {"Type": "Topic", "Key": "A_1", "Title": "A", "Unit": "%", "ParentID": {"x": odd}}]
    assert [topic.place for topic in odata_v3.topics(rows)] == [()]


@pytest.mark.parametrize("year", [[2024], {"a": 2024}, "2024", None])
def test_boundaries_that_are_no_year_differ(year: object) -> None:
    http = client(
        {"/Perioden": PERIODS, "/$count": b"1"}, answered([{"Type": "GeoDetail", "Key": "WijkenEnBuurten", "MapYear": year}]), "/DataProperties"
    )
    found = statline_v3.describe(V3_TABLE, Answer("1", None, "https://x.test/85984NED"), http)
    assert any("boundaries of" in difference.what for difference in found.differences)
    answers = {"/MeasureCodes": b'{"value": []}'}
    http = client(answers, answered([{"Identifier": "WijkenEnBuurten", "MapYear": year}]), "/Dimensions")
    found = statline_v4.describe(V4_TABLE, Answer("1", None, "https://x.test/80072ned", {}), http)
    assert any("boundaries of" in difference.what for difference in found.differences)


def test_a_period_of_other_digits_is_no_year() -> None:
    periods = json.dumps({"value": [{"Key": "²024JJ00"}, {"Key": "٢٠٢٤JJ00"}]}).encode()
    http = client({"/Perioden": periods}, answered([{"Type": "GeoDetail", "MapYear": 2024}]), "/DataProperties")
    found = statline_v3.describe(V3_TABLE, Answer("1", None, "https://x.test/85984NED"), http)
    assert any("no year from" in difference.what for difference in found.differences)


def test_a_table_modified_at_no_moment_is_refused() -> None:
    told = answered([{"Identifier": "85984NED", "Modified": "gisteren"}])
    with pytest.raises(SourceRefused, match="modified at 'gisteren', which is no moment"):
        statline_v3.ask(V3_TABLE, "https://x.test", client({}, told, "/TableInfos"))
    properties = Spoilt(json.dumps({"Version": "1", "ObservationsModified": ["x"]}).encode())
    with pytest.raises(SourceRefused, match="which is no moment"):
        statline_v4.ask(V4_TABLE, "https://x.test", client({}, properties, "/Properties"))


def test_json_that_is_not_utf8_is_refused_also_where_nobody_reads_it() -> None:
    page = b'{"value": [{"A": "1", "B": "\xe9"}]}'
    with pytest.raises(SourceRefused, match="broken JSON"):
        list(odata_v3.rows(client({}, Spoilt(page), "/UntypedDataSet"), "https://x.test/T", ["A"], [""]))


def test_lines_that_end_otherwise_are_not_lost(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(packed("pc6.csv", ADDRESS_LINES.replace("\n", "\r")))
    with pytest.raises(SourceRefused, match=r"pc6\.csv: the head has a line break"):
        files.pull_addresses(PLACES, Answer("1", None, "", carried=tmp_path / "a.zip"), tmp_path / "draft", unwatched)


@pytest.mark.parametrize("odd", ["energie\rklasse", '"energieklasse'])
def test_a_break_or_an_open_quote_in_the_head_of_labels_is_refused(tmp_path: Path, odd: str) -> None:
    path = tmp_path / "v20260901_v4_csv.csv"
    path.write_bytes(LABEL_LINES.replace("energieklasse", odd).encode())
    with pytest.raises(SourceRefused, match="the head has a line break"):
        pull_labels(path, tmp_path / "draft")


def test_broken_bzip2_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as z:
        z.writestr("pc6.csv", ADDRESS_LINES)
    content = bytearray(out.getvalue())
    content[content.index(b"1AY&SY")] ^= 1
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(SourceRefused, match="cannot be unpacked"):
        files.pull_addresses(PLACES, Answer("1", None, "", carried=tmp_path / "a.zip"), tmp_path / "draft", unwatched)


@pytest.mark.parametrize("key", [None, "", " "])
def test_a_column_without_a_key_is_not_found(key: object) -> None:
    topic = {"Type": "Topic", "Key": key, "Title": V3_TABLE.measures[0].title, "Unit": V3_TABLE.measures[0].unit}
    http = client({"/Perioden": PERIODS, "/$count": b"1"}, answered([{"Type": "GeoDetail", "MapYear": 2024}, topic]), "/DataProperties")
    found = statline_v3.describe(V3_TABLE, Answer("1", None, "https://x.test/85984NED"), http)
    assert found.columns == {} and found.differences
