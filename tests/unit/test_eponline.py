"""EP-Online's total file: labels of dwellings whatever the version calls its columns, or the line and the file's own column."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nplv_orchestration.archive import Archive
from nplv_orchestration.errors import SourceRefused, SourceUnreachable
from nplv_orchestration.progress import unwatched
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources import eponline
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.pulled import Draft
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import BY_KEY

TABLE = BY_KEY["eponline_labels"]
NAME = "v20260901_v4_csv.csv"
LINES = (
    "20251031;A++;W;14010011086256;9712 AB;12;20351031\n"
    "20240115;G;W;0363010000000001;1011ab;12A;\n"
    "20240115;C;U;0363010000000002;1011AB;4;20340115\n"  # not a dwelling
    "20240115;;W;0363010000000003;1011AB;5;20340115\n"  # no label
    "20240115;B;W;;1011AB;6;20340115\n"  # a building without a dwelling
)
OLD = "Pand_opnamedatum;Pand_energieklasse;Pand_gebouwklasse;Pand_bagverblijfsobjectid;Pand_postcode;Pand_huisnummer;Meting_geldig_tot\n"
NEW = "Opnamedatum;Energieklasse;Gebouwklasse;BAGVerblijfsobjectID;Postcode;Huisnummer;GeldigTot\n"
TOP = "PublicatieDatum;01-09-2026\nLaatstVerwerkteMutatievolgnummer;123\n"


def read(folder: Path, content: str | bytes, name: str = NAME) -> list[dict[str, Any]]:
    """What a file gives; a zip when its name says so."""
    path, draft = folder / "file", folder / "draft"
    raw = content if isinstance(content, bytes) else content.encode()
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr(name.replace(".zip", ".csv"), raw)
    else:
        path.write_bytes(raw)
    with Draft(TABLE, draft, unwatched) as out:
        reference = eponline.read(path, name, out)
    rows: list[dict[str, Any]] = pq.read_table(draft).to_pylist()
    assert {row["reference_date"] for row in rows} <= {reference}
    return rows


EXPECTED = [
    {
        "dwelling_id": "0014010011086256", "recorded_on": date(2025, 10, 31), "valid_until": date(2035, 10, 31), "label": "A++",
        "postcode": "9712AB", "house_number": 12, "reference_date": date(2026, 9, 1),
    },
    {
        "dwelling_id": "0363010000000001", "recorded_on": date(2024, 1, 15), "valid_until": None, "label": "G",
        "postcode": "1011AB", "house_number": 12, "reference_date": date(2026, 9, 1),
    },
]  # fmt: skip


@pytest.mark.parametrize("head", [OLD, NEW, NEW.upper(), OLD.replace("Meting_", "Pand_")])
@pytest.mark.parametrize("name", [NAME, NAME.replace(".csv", ".zip")])
def test_labels_of_dwellings_with_their_zeros_restored(tmp_path: Path, head: str, name: str) -> None:
    assert read(tmp_path, TOP + head + LINES, name) == EXPECTED
    assert read(tmp_path, b"\xef\xbb\xbf" + (TOP + head + LINES).encode(), name) == EXPECTED
    assert read(tmp_path, (TOP + head + LINES).replace("\n", "\r\n"), name) == EXPECTED


def test_columns_may_stand_in_any_order_among_others(tmp_path: Path) -> None:
    def turned(line: str) -> str:
        return ";".join(["x", *reversed(line.split(";")), "y"])

    lines = [turned(line) for line in (NEW + LINES).splitlines()]
    lines[0] = lines[0].replace("x;", "Pand_berekeningstype;").replace(";y", ";Pand_sbicode")
    assert read(tmp_path, TOP + "\n".join(lines) + "\n") == EXPECTED


def test_a_version_without_the_end_of_validity_has_none(tmp_path: Path) -> None:
    without = "\n".join(line.rsplit(";", 1)[0] for line in (OLD + LINES).splitlines()) + "\n"
    assert [row["valid_until"] for row in read(tmp_path, TOP + without)] == [None, None]


def test_dates_are_read_in_each_of_three_ways(tmp_path: Path) -> None:
    for written in ("20251031", "31-10-2025", "2025-10-31"):
        assert read(tmp_path, TOP + OLD + LINES.replace("20251031", written))[0]["recorded_on"] == date(2025, 10, 31)


def test_a_file_of_a_head_only_has_no_labels(tmp_path: Path) -> None:
    assert read(tmp_path, TOP + OLD) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("PublicatieDatum;", "Datum;", "line 1: found 'Datum;01-09-2026', expected PublicatieDatum"),
        ("01-09-2026", "1 september", "line 1: '1 september' is not a date"),
        ("Pand_energieklasse", "Klasse", "line 3: no column energieklasse"),
        (";A++;", ";H;", "line 4, Pand_energieklasse: found 'H'"),
        (";A++;", ";A++++++;", "line 4, Pand_energieklasse: found 'A++++++'"),
        (";14010011086256;", ";1401001108625600000;", "line 4, Pand_bagverblijfsobjectid: found '1401001108625600000'"),
        (";14010011086256;", ";1,4E+13;", "line 4, Pand_bagverblijfsobjectid: found '1,4E+13'"),
        ("9712 AB", "972 AB", "line 4, Pand_postcode: found '972AB'"),
        (";12A;", ";A12;", "line 5, Pand_huisnummer: found 'A12'"),
        ("20251031;A", "20251331;A", "line 4, Pand_opnamedatum: '20251331' is not a date"),
        ("20251031;A", ";A", "line 4, Pand_opnamedatum: '' is not a date"),
        ("20351031", "nooit", "line 4, Meting_geldig_tot: 'nooit' is not a date"),
        ("Pand_postcode", "Pand_huisnummer", "line 3: no column postcode"),
        ("Meting_geldig_tot", "Pand_postcode", "two columns are named Pand_postcode"),
        (";12A;\n", ";12A\n", "line 5: 6 cells, expected 7"),
    ],
)
def test_a_wrong_total_file_is_refused_by_line_and_its_own_column(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        read(tmp_path, (TOP + OLD + LINES).replace(old, new, 1))
    assert str(caught.value).startswith(NAME)
    assert said in str(caught.value)


def test_two_names_of_one_column_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="line 3: Pand_postcode and Postcode say the same"):
        read(tmp_path, TOP + OLD.replace("Meting_geldig_tot", "Postcode") + LINES)


def test_the_line_is_told_far_into_a_file(tmp_path: Path) -> None:
    """Beyond the first block that is read at once: 200,000 lines of 48 bytes."""
    good = "20240115;G;W;0363010000000001;1011AB;3;20340115\n"
    with pytest.raises(SourceRefused, match="line 200004, Pand_energieklasse: found 'H'"):
        read(tmp_path, TOP + OLD + good * 200_000 + good.replace(";G;", ";H;"), NAME.replace(".csv", ".zip"))


def test_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="not UTF-8 text"):
        read(tmp_path, (TOP + OLD + LINES).encode() + "20240115;G;W;1;1011AB;3é;\n".encode("latin-1"))


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"PK\x03\x04 half", b"<html>\n</html>\n", b"\xff\xfe\x00"])
def test_what_is_no_total_file_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(SourceRefused, match=f"^{NAME}, line 1: found"):
        read(tmp_path, content)


@pytest.mark.parametrize("names", [[], ["a.csv", "b.csv"], ["a.txt"]])
def test_a_zip_must_have_one_csv(tmp_path: Path, names: list[str]) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        for name in names:
            packed.writestr(name, TOP + OLD + LINES)
    count = sum(name.endswith(".csv") for name in names)
    with pytest.raises(SourceRefused, match=f"x.zip: {count} csv files in the zip, expected one"), Draft(TABLE, tmp_path / "d", unwatched) as out:
        eponline.read(tmp_path / "x.zip", "x.zip", out)


CELL = st.text(alphabet="0123456789ABCGW+- ;\"\n\x00é'", max_size=12)


@settings(max_examples=150, deadline=None)
@given(st.lists(CELL, min_size=7, max_size=7))
def test_any_line_gives_a_label_or_one_line_that_names_the_file(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    try:
        rows = read(tmp_path_factory.mktemp("any"), TOP + OLD + ";".join(cells) + "\n")
    except SourceRefused as refused:
        assert str(refused).startswith(NAME)
        assert str(refused).isprintable()
    else:
        assert all(len(row["dwelling_id"]) == 16 and row["dwelling_id"].isdigit() for row in rows)
        assert all(row["recorded_on"] is not None and row["label"] for row in rows)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 10**16 - 1), st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.sampled_from(["A+++++", "A", "G"]), st.integers(1, 99999))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, dwelling: int, day: date, label: str, house: int) -> None:
    line = f"{day:%Y%m%d};{label};W;{dwelling};1011AB;{house};\n"
    (row,) = read(tmp_path_factory.mktemp("one"), TOP + OLD + line)
    assert (int(row["dwelling_id"]), row["recorded_on"], row["label"], row["house_number"]) == (dwelling, day, label, house)


# Fetched from RVO -------------------------------------------------------------------------------------------------------

KEY = "a-key-that-nobody-may-see"
SIGNED = "https://files.test/total.zip?sig=secret-signature"


class Rvo(httpx.BaseTransport):
    """RVO as it answers with a key: where the newest file is, and the file, at an address that is signed."""

    def __init__(self, name: str = "v20260901_v4_csv.zip", content: str = TOP + NEW + LINES) -> None:
        self.name, self.content, self.asked = name, content, [("", "")]
        self.status, self.told = 200, {"bestandsnaam": name, "downloadUrl": SIGNED, "geldigTotEnMet": "2026-09-01T12:00:00"}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.host, request.headers.get("authorization", "")))
        if request.url.host == "files.test":
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as z:
                z.writestr(self.name.replace(".zip", ".csv"), self.content)
            return httpx.Response(200, content=packed.getvalue())
        assert (request.url.path, request.url.params["fileType"]) == ("/api/v5/Mutatiebestand/DownloadInfo", "csv")
        return httpx.Response(self.status, json=self.told)


def publishers_with_key(home: Path, rvo: Rvo) -> Publishers:
    (home / "inbox").mkdir(exist_ok=True)
    configured = Settings(home=home, eponline_url="https://rvo.test/api/v5", eponline_api_key=KEY)
    return Publishers(configured, Archive(home / "archive"), Http(rvo, longest_wait=0.002))


def test_with_a_key_the_newest_file_is_fetched_once_and_the_key_goes_to_rvo_alone(tmp_path: Path) -> None:
    rvo = Rvo()
    publishers = publishers_with_key(tmp_path, rvo)
    state = refresh(TABLE, publishers)
    assert state.state == "fresh" and state.manifest
    assert pq.read_table(publishers.archive.path(state.manifest)).to_pylist() == EXPECTED
    assert rvo.asked[1:] == [("rvo.test", KEY), ("files.test", "")]
    assert refresh(TABLE, publishers).state == "unchanged"
    assert rvo.asked[3:] == [("rvo.test", KEY)]  # one question, and nothing fetched
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY.encode() not in kept and b"secret-signature" not in kept
    assert {path.name for path in (tmp_path / "inbox").iterdir()} == set()
    assert not list(tmp_path.rglob(".fetched-*"))


def test_a_file_of_another_year_adds_its_year_and_one_of_the_same_year_replaces_it(tmp_path: Path) -> None:
    publishers = publishers_with_key(tmp_path, Rvo())
    refresh(TABLE, publishers)
    fewer = publishers_with_key(tmp_path, Rvo("v20261001_v4_csv.zip", TOP.replace("01-09", "01-10") + NEW + LINES.splitlines()[0] + "\n"))
    assert "1 rijen van 2026, en de vorige levering (v20260901_v4_csv.zip) had er 2" in refresh(TABLE, fewer).detail
    more = LINES + LINES.replace("14010011086256", "14010011086257")
    later = publishers_with_key(tmp_path, Rvo("v20261001_v4_csv.zip", TOP.replace("01-09", "01-10") + NEW + more))
    state = refresh(TABLE, later)
    assert state.manifest and (state.manifest.rows, state.manifest.years) == (4, [2026])
    other = publishers_with_key(tmp_path, Rvo("v20250901_v4_csv.zip", TOP.replace("2026", "2025") + NEW + LINES))
    state = refresh(TABLE, other)
    assert state.manifest and (state.manifest.rows, state.manifest.years) == (6, [2025, 2026])


@pytest.mark.parametrize(
    ("status", "told", "error", "said"),
    [
        (401, {}, SourceRefused, r"https://rvo\.test/api/v5/Mutatiebestand/DownloadInfo answered HTTP 401: the key is not accepted"),
        (503, {}, SourceUnreachable, r"DownloadInfo cannot be reached: HTTP 503"),
        (200, {"bestandsnaam": "../../etc/passwd", "downloadUrl": SIGNED}, SourceRefused, "names no total file"),
        (200, {"bestandsnaam": "v20260901_v4_csv.zip", "downloadUrl": 7}, SourceRefused, "names no total file"),
        (200, {"bestandsnaam": "v20260901_v4_csv.zip", "downloadUrl": "https://[x/y"}, SourceRefused, "gives no address of v20260901_v4_csv.zip"),
        (200, {"bestandsnaam": "v20260901_v4_csv.zip", "downloadUrl": "http://files.test/x"}, SourceRefused, "gives no address"),
        (200, {"bestandsnaam": "v20260901_v4_csv.zip", "downloadUrl": "https://u:secret-signature@files.test/x"}, SourceRefused, "gives no address"),
    ],
)
def test_an_answer_without_a_file_is_one_line_without_secrets(
    tmp_path: Path, status: int, told: dict[str, Any], error: type[Exception], said: str
) -> None:
    rvo = Rvo()
    publishers = publishers_with_key(tmp_path, rvo)
    rvo.status, rvo.told = status, told
    with pytest.raises(error, match=said) as caught:
        refresh(TABLE, publishers)
    assert KEY not in str(caught.value) and "secret-signature" not in str(caught.value)
    rvo.status, rvo.told = 200, Rvo().told
    good = refresh(TABLE, publishers).manifest
    rvo.status, rvo.told = status, told
    later = refresh(TABLE, publishers)
    assert (later.state, later.manifest) == ("stale" if status == 503 else "refused", good)
    assert re.search(said, later.detail)


def test_a_fetched_file_that_is_wrong_is_refused_and_the_last_stays(tmp_path: Path) -> None:
    good = refresh(TABLE, publishers_with_key(tmp_path, Rvo())).manifest
    wrong = publishers_with_key(tmp_path, Rvo("v20261001_v4_csv.zip", TOP + NEW + LINES.replace("A++", "H")))
    state = refresh(TABLE, wrong)
    assert (state.state, state.manifest) == ("refused", good)
    assert "v20261001_v4_csv.zip, line 4, Energieklasse: found 'H'" in state.detail
    assert not list((tmp_path / "inbox").rglob("*"))
