"""Delivered files: taken over whole, or refused with the place, what was found and what was expected."""

import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nplv_orchestration.archive import Archive, TableState
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import BY_KEY

HEAD = "indicator;jaar;niveau;code;teller;noemer;status\n"
GOOD = HEAD + (
    "armoede_huishoudens;2023;gebied;zaandam-oost;1200;15000;Definitief\n"
    "armoede_huishoudens;2023;gemeente;GM0479;4000;70000;Definitief\n"
    "armoede_huishoudens;2023;nederland;NL00;0;8000000;Voorlopig\n"
    "armoede_kinderen;2023;gebied;zaandam-oost;.;900;Definitief\n"
)
LABELS = (
    "PublicatieDatum;01-09-2026\nLaatstVerwerkteMutatievolgnummer;123\n"
    "Pand_opnamedatum;Pand_energieklasse;Pand_gebouwklasse;Pand_bagverblijfsobjectid;Pand_postcode;Pand_huisnummer;Pand_geldig_tot\n"
    "20251031;A++;W;14010011086256;9712 AB;12;20351031\n"
    "20240115;G;W;0363010000000001;1011AB;3;\n"
    "20240115;C;U;0363010000000002;1011AB;4;20340115\n"
)


@pytest.fixture
def publishers(tmp_path: Path) -> Publishers:
    (tmp_path / "inbox").mkdir()
    return Publishers(Settings(home=tmp_path), Archive(tmp_path / "archive"), Http())


@pytest.fixture
def inbox(tmp_path: Path, publishers: Publishers) -> Path:
    return tmp_path / "inbox"


def refusal(publishers: Publishers, key: str) -> str:
    """Why a first delivery was refused; the night goes on without it."""
    state = refresh(BY_KEY[key], publishers)
    assert (state.state, state.manifest) == ("refused", None)
    assert state.reason.endswith("geweigerd, en er is geen eerdere versie")
    return state.detail


def rows(publishers: Publishers, state: TableState) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    assert state.manifest is not None
    return pq.read_table(publishers.archive.path(state.manifest)).to_pylist()


def test_an_empty_inbox_is_not_configured(publishers: Publishers) -> None:
    for key in ("cbs_maatwerk", "eponline_labels"):
        assert refresh(BY_KEY[key], publishers).state == "not_configured"
    assert refresh(BY_KEY["cbs_addresses_2024"], publishers).state == "not_needed"


def test_maatwerk_is_taken_over_once(publishers: Publishers, inbox: Path) -> None:
    (inbox / "maatwerk_armoede.csv").write_text(GOOD, encoding="utf-8-sig")
    state = refresh(BY_KEY["cbs_maatwerk"], publishers)
    got = rows(publishers, state)
    assert (state.state, state.changed, len(got)) == ("fresh", True, 4)
    assert got[2] == {
        "indicator_id": "armoede_huishoudens", "year": 2023, "geo_level": "nederland", "geo_code": "NL00", "numerator": 0.0,
        "denominator": 8e6, "missing": None, "period_status": "Voorlopig",
    }  # fmt: skip
    assert got[3]["numerator"] is None and got[3]["missing"]
    assert refresh(BY_KEY["cbs_maatwerk"], publishers).state == "unchanged"


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_spreadsheet_says_the_same_as_a_csv(publishers: Publishers, inbox: Path, suffix: str) -> None:
    import pandas as pd

    (inbox / "maatwerk_armoede.csv").write_text(GOOD)
    expected = rows(publishers, refresh(BY_KEY["cbs_maatwerk"], publishers))
    (inbox / "maatwerk_armoede.csv").unlink()
    cells = [[int(c) if c.isdigit() else c for c in line.split(";")] for line in GOOD.splitlines()]
    frame = pd.DataFrame(cells[1:], columns=cells[0])
    frame.to_excel(inbox / f"maatwerk_armoede.{suffix}", index=False, engine="openpyxl" if suffix == "xlsx" else "odf")
    assert rows(publishers, refresh(BY_KEY["cbs_maatwerk"], publishers)) == expected


def test_a_number_in_a_sheet_may_have_decimals(publishers: Publishers, inbox: Path) -> None:
    import pandas as pd

    frame = pd.DataFrame([["onderwijsachterstand", 2023, "nederland", "NL00", 12.5, 100, "Definitief"]], columns=HEAD.strip().split(";"))
    frame.to_excel(inbox / "maatwerk_x.xlsx", index=False)
    assert rows(publishers, refresh(BY_KEY["cbs_maatwerk"], publishers))[0]["numerator"] == 12.5


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("indicator;jaar", "jaar;indicator", r"maatwerk_a.csv, sheet 1, row 1, column head: found 'jaar; indicator"),
        ("2023;gebied", "23;gebied", r"row 2, column jaar: found '23', expected a year"),
        ("gemeente;GM0479", "provincie;PV27", r"row 3, column niveau: found 'provincie', expected one of gebied"),
        ("GM0479", "479", r"row 3, column code: found '479'"),
        ("1200;", "1.200;", r"row 2, column teller/noemer: found '1.200 / 15000'"),
        ("1200;15000", "16000;15000", r"row 2, column teller: found '16000'"),
        ("1200;15000", "1200;", r"row 2, column teller: found '1200'"),
        ("Voorlopig", "voorl.", r"row 4, column status: found 'voorl.', expected Definitief or Voorlopig"),
        (";Voorlopig", "", r"row 4, column head: found '6 cells', expected 7 cells"),
        ("gemeente;GM0479", "gebied;zaandam-oost", r"two rows for armoede_huishoudens, 2023, gebied, zaandam-oost"),
    ],
)
def test_a_wrong_file_is_refused_by_place(publishers: Publishers, inbox: Path, old: str, new: str, said: str) -> None:
    (inbox / "maatwerk_a.csv").write_text(GOOD.replace(old, new, 1))
    assert re.search(said, refusal(publishers, "cbs_maatwerk"))
    assert publishers.archive.current("cbs_maatwerk") is None


def test_after_a_wrong_file_the_last_good_one_stays(publishers: Publishers, inbox: Path) -> None:
    file = inbox / "maatwerk_a.csv"
    file.write_text(GOOD)
    good = refresh(BY_KEY["cbs_maatwerk"], publishers).manifest
    file.write_bytes(GOOD.encode() + b"\xff\xfe;")
    state = refresh(BY_KEY["cbs_maatwerk"], publishers)
    assert (state.state, state.manifest) == ("refused", good)
    assert "not UTF-8" in state.detail
    assert "UTF-8" not in state.reason


def test_a_file_that_is_no_spreadsheet_is_refused(publishers: Publishers, inbox: Path) -> None:
    (inbox / "maatwerk_a.xlsx").write_bytes(b"PK not a zip")
    assert re.search(r"maatwerk_a\.xlsx: cannot be read", refusal(publishers, "cbs_maatwerk"))


@pytest.mark.parametrize("packed", [True, False])
def test_labels_of_dwellings_with_their_zeros_restored(publishers: Publishers, inbox: Path, packed: bool) -> None:
    if packed:
        with zipfile.ZipFile(inbox / "v20260901_v4_csv.zip", "w") as z:
            z.writestr("v20260901_v4_csv.csv", LABELS)
    else:
        (inbox / "v20260901_v4_csv.csv").write_text(LABELS, encoding="utf-8-sig")
    got = rows(publishers, refresh(BY_KEY["eponline_labels"], publishers))
    assert got == [
        {
            "dwelling_id": "0014010011086256", "recorded_on": date(2025, 10, 31), "valid_until": date(2035, 10, 31), "label": "A++",
            "postcode": "9712AB", "house_number": 12, "reference_date": date(2026, 9, 1),
        },
        {
            "dwelling_id": "0363010000000001", "recorded_on": date(2024, 1, 15), "valid_until": None, "label": "G",
            "postcode": "1011AB", "house_number": 3, "reference_date": date(2026, 9, 1),
        },
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("PublicatieDatum", "Datum", "row 1"),
        ("Pand_energieklasse", "Klasse", "row 3: no column Pand_energieklasse"),
        (";A++;", ";H;", "row 4, Pand_energieklasse: found 'H'"),
        ("20251031", "20251331", "row 4: '20251331' is not a date"),
    ],
)
def test_a_wrong_total_file_is_refused_by_place(publishers: Publishers, inbox: Path, old: str, new: str, said: str) -> None:
    (inbox / "v20260901_v4_csv.csv").write_text(LABELS.replace(old, new, 1))
    assert re.search(said, refusal(publishers, "eponline_labels"))


def test_half_a_zip_is_refused(publishers: Publishers, inbox: Path) -> None:
    (inbox / "v20260901_v4_csv.zip").write_bytes(b"PK\x03\x04 half")
    assert re.search("not a zip, or not complete", refusal(publishers, "eponline_labels"))


def test_a_total_file_in_another_encoding_is_refused(publishers: Publishers, inbox: Path) -> None:
    (inbox / "v20260901_v4_csv.csv").write_bytes(LABELS.encode() + "café".encode("latin-1"))
    assert "cannot be read: 'utf-8' codec can't decode byte" in refusal(publishers, "eponline_labels")


def test_a_zip_that_cannot_be_unpacked_is_refused(publishers: Publishers, inbox: Path) -> None:
    file = inbox / "v20260901_v4_csv.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("v20260901_v4_csv.csv", LABELS * 50)
    whole = bytearray(file.read_bytes())
    encrypted = bytes(whole[:6]) + b"\x01\x00" + bytes(whole[8:])
    central = encrypted.rindex(b"PK\x01\x02")
    file.write_bytes(encrypted[: central + 8] + b"\x01\x00" + encrypted[central + 10 :])
    assert "cannot be read" in refusal(publishers, "eponline_labels")
    whole[60:200] = bytes(140)
    file.write_bytes(whole)
    assert "cannot be read" in refusal(publishers, "eponline_labels")


def test_a_delivery_that_lost_a_year_is_refused(publishers: Publishers, inbox: Path) -> None:
    file = inbox / "maatwerk_a.csv"
    file.write_text(GOOD)
    good = refresh(BY_KEY["cbs_maatwerk"], publishers).manifest
    assert good is not None and good.years
    file.write_text(re.sub(rf";{good.years[-1]};", f";{good.years[-1] - 1};", GOOD))
    state = refresh(BY_KEY["cbs_maatwerk"], publishers)
    assert (state.state, state.manifest) == ("refused", good)
    assert f"no rows of {good.years[-1]}, which the last version had" in state.detail


def test_a_year_that_has_not_begun_is_refused(publishers: Publishers, inbox: Path) -> None:
    (inbox / "maatwerk_a.csv").write_text(GOOD.replace(";2023;", ";2099;"))
    assert "rows of 2099, a year that has not begun" in refusal(publishers, "cbs_maatwerk")
