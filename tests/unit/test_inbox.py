"""Delivered files: recognised, taken over whole or refused whole with the place, moved, merged, and taken back."""

from __future__ import annotations

import os
import re
import time
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nplv_orchestration import cli
from nplv_orchestration.archive import Archive, TableState
from nplv_orchestration.errors import HomeBusy, NplvError, WrongCall
from nplv_orchestration.home import Home
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources import declared, deliveries, forms, registry, sheets
from nplv_orchestration.sources import inbox as folder_of
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.refresh import Publishers, refresh
from nplv_orchestration.sources.registry import BY_KEY
from nplv_orchestration.sources.templates import template

MAATWERK, LABELLED = BY_KEY["cbs_maatwerk"], BY_KEY["eponline_labels"]
HEAD = "indicator;jaar;niveau;code;teller;noemer;status\n"
GOOD = HEAD + (
    "armoede_huishoudens;2023;gebied;zaandam-oost;1200;15000;Definitief\n"
    "armoede_huishoudens;2023;gemeente;GM0479;4000;70000;Definitief\n"
    "armoede_huishoudens;2023;nederland;NL00;0;8000000;Voorlopig\n"
    "armoede_kinderen;2023;gebied;zaandam-oost;.;900;Definitief\n"
)
OTHER = HEAD + "jeugd_verdachten;2022;gebied;delft-west;12;1000;Definitief\n"
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


@pytest.fixture
def shell(tmp_path: Path, publishers: Publishers, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("NPLV_HOME", str(tmp_path))
    monkeypatch.setenv("NPLV_SOURCES", "live")
    return CliRunner()


def put(inbox: Path, name: str, content: str | bytes) -> Path:
    """Put a file there, as one that was last changed an hour ago."""
    file = inbox / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(file, (time.time() - 3600,) * 2)
    return file


def there(inbox: Path) -> set[str]:
    return {str(path.relative_to(inbox)) for path in inbox.rglob("*") if path.is_file()}


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


def sheet_of(text: str, suffix: str) -> bytes:
    """The same table as a spreadsheet."""
    import pandas as pd

    cells = [[int(c) if c.isdigit() else c for c in line.split(";")] for line in text.splitlines()]
    out = BytesIO()
    pd.DataFrame(cells[1:], columns=cells[0]).to_excel(out, index=False, engine="openpyxl" if suffix == "xlsx" else "odf")
    return out.getvalue()


# Taking over ----------------------------------------------------------------------------------------------------------


def test_an_empty_inbox_is_not_configured(publishers: Publishers) -> None:
    for key in ("cbs_maatwerk", "eponline_labels"):
        assert refresh(BY_KEY[key], publishers).state == "not_configured"


def test_maatwerk_is_taken_over_once_and_moved(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "maatwerk_armoede.csv", GOOD.encode("utf-8-sig"))
    state = refresh(MAATWERK, publishers)
    got = rows(publishers, state)
    assert (state.state, state.changed, len(got)) == ("fresh", True, 4)
    assert got[2] == {
        "indicator_id": "armoede_huishoudens", "year": 2023, "geo_level": "nederland", "geo_code": "NL00", "numerator": 0.0,
        "denominator": 8e6, "missing": None, "period_status": "Voorlopig", "delivery": "maatwerk_armoede.csv",
    }  # fmt: skip
    assert got[3]["numerator"] is None and got[3]["missing"] == "geheim of onbekend"
    assert state.manifest is not None
    (delivery,) = state.manifest.deliveries
    assert (delivery.name, delivery.rows, delivery.years) == ("maatwerk_armoede.csv", 4, [2023])
    assert there(inbox) == {"accepted/maatwerk_armoede.csv"}
    again = refresh(MAATWERK, publishers)
    assert (again.state, again.manifest, folder_of.warnings(inbox)) == ("unchanged", state.manifest, [])


@pytest.mark.parametrize("suffix", ["xlsx", "ods"])
def test_a_spreadsheet_says_the_same_as_a_csv(publishers: Publishers, inbox: Path, tmp_path: Path, suffix: str) -> None:
    put(inbox, f"maatwerk_armoede.{suffix}", sheet_of(GOOD, suffix))
    got = rows(publishers, refresh(MAATWERK, publishers))
    (tmp_path / "other" / "inbox").mkdir(parents=True)
    other = Publishers(Settings(home=tmp_path / "other"), Archive(tmp_path / "other" / "archive"), Http())
    put(tmp_path / "other" / "inbox", "maatwerk_armoede.csv", GOOD)
    expected = rows(other, refresh(MAATWERK, other))
    assert [{**row, "delivery": ""} for row in got] == [{**row, "delivery": ""} for row in expected]


def test_a_number_in_a_sheet_may_have_decimals(publishers: Publishers, inbox: Path) -> None:
    import pandas as pd

    out = BytesIO()
    pd.DataFrame([["onderwijsachterstand", 2023, "nederland", "NL00", 12.5, 100, "Definitief"]], columns=HEAD.strip().split(";")).to_excel(
        out, index=False
    )
    put(inbox, "maatwerk_x.xlsx", out.getvalue())
    assert rows(publishers, refresh(MAATWERK, publishers))[0]["numerator"] == 12.5


def test_deliveries_stand_beside_each_other_and_one_of_the_same_name_replaces(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    refresh(MAATWERK, publishers)
    put(inbox, "maatwerk_b.csv", OTHER)
    both = refresh(MAATWERK, publishers)
    assert both.manifest is not None
    assert ([d.name for d in both.manifest.deliveries], both.manifest.years, both.manifest.rows) == (
        ["maatwerk_a.csv", "maatwerk_b.csv"], [2022, 2023], 5,
    )  # fmt: skip
    put(inbox, "maatwerk_a.csv", GOOD.replace(";1200;", ";1300;"))
    after = rows(publishers, refresh(MAATWERK, publishers))
    assert [row["numerator"] for row in after] == [1300, 4000, 0, None, 12]
    assert there(inbox) == {"accepted/maatwerk_a.csv", f"accepted/{date.today()}_maatwerk_a.csv", "accepted/maatwerk_b.csv"}


def test_what_a_version_holds_does_not_follow_from_the_order_of_arrival(publishers: Publishers, inbox: Path, tmp_path: Path) -> None:
    (tmp_path / "other" / "inbox").mkdir(parents=True)
    other = Publishers(Settings(home=tmp_path / "other"), Archive(tmp_path / "other" / "archive"), Http())
    for name, content in (("maatwerk_a.csv", GOOD), ("maatwerk_b.csv", OTHER)):
        put(inbox, name, content)
        one = refresh(MAATWERK, publishers).manifest
    for name, content in (("maatwerk_b.csv", OTHER), ("maatwerk_a.csv", GOOD)):
        put(tmp_path / "other" / "inbox", name, content)
        two = refresh(MAATWERK, other).manifest
    assert one and two
    assert (one.sha256, one.publisher_version) == (two.sha256, two.publisher_version)


def test_after_a_crash_between_storing_and_moving_nothing_is_stored_twice(
    publishers: Publishers, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(folder_of, "accept", lambda file: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            refresh(MAATWERK, publishers)
    stored = publishers.archive.current("cbs_maatwerk")
    assert stored and there(inbox) == {"maatwerk_a.csv"}
    state = refresh(MAATWERK, publishers)
    assert (state.state, state.manifest, there(inbox)) == ("unchanged", stored, {"accepted/maatwerk_a.csv"})
    put(inbox, "maatwerk_a.csv", GOOD)  # the same again
    assert (refresh(MAATWERK, publishers).state, there(inbox)) == ("unchanged", {"accepted/maatwerk_a.csv"})
    assert len(list((publishers.archive.root / "cbs_maatwerk").glob("0*.json"))) == 1


def test_a_crash_while_storing_leaves_the_files_where_they_were(publishers: Publishers, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    put(inbox, "maatwerk_b.csv", "no head")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Archive, "store", full)
        with pytest.raises(NplvError, match="could not be stored"):
            refresh(MAATWERK, publishers)
    assert there(inbox) == {"maatwerk_a.csv", "maatwerk_b.csv"}
    assert list((publishers.archive.root / "cbs_maatwerk").glob(".draft*")) == []


def test_a_version_from_before_deliveries_were_told_is_made_anew(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    refresh(MAATWERK, publishers)
    manifest = publishers.archive.root / "cbs_maatwerk" / "0001.json"
    manifest.write_text(re.sub(r'"deliveries": \[.*\]', '"measures_empty": []', manifest.read_text(), flags=re.DOTALL))
    assert refresh(MAATWERK, publishers).state == "unchanged"
    put(inbox, "maatwerk_b.csv", OTHER)
    put(inbox, "maatwerk_a.csv", GOOD)
    assert len(rows(publishers, refresh(MAATWERK, publishers))) == 5


def test_a_delivery_that_lost_more_than_a_tenth_of_an_indicator_is_refused(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    good = refresh(MAATWERK, publishers).manifest
    put(inbox, "maatwerk_a.csv", "\n".join(GOOD.splitlines()[:3]) + "\n")
    state = refresh(MAATWERK, publishers)
    assert (state.state, state.manifest) == ("refused", good)
    assert "2 rijen van armoede_huishoudens 2023, en de vorige levering (maatwerk_a.csv) had er 3" in state.detail
    put(inbox, "maatwerk_a.csv", "\n".join(GOOD.splitlines()[:4]) + "\n")
    assert "geen rijen van armoede_kinderen 2023" in refresh(MAATWERK, publishers).detail


def test_rows_that_are_lost_are_told_and_made_anew_from_the_files(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    state = refresh(MAATWERK, publishers)
    assert state.manifest is not None
    lost = r"parquet is not there, or damaged; restore it from a backup, or move maatwerk_a.csv from the folder accepted back into the inbox"
    publishers.archive.path(state.manifest).write_bytes(publishers.archive.path(state.manifest).read_bytes()[:-20])
    with pytest.raises(NplvError, match=lost):
        refresh(MAATWERK, publishers)
    publishers.archive.path(state.manifest).unlink()
    put(inbox, "maatwerk_other.csv", GOOD.replace("2023", "2022"))
    with pytest.raises(NplvError, match=lost):  # one new file is not what was lost
        refresh(MAATWERK, publishers)
    (inbox / "maatwerk_other.csv").unlink()
    (inbox / "accepted" / "maatwerk_a.csv").rename(inbox / "maatwerk_a.csv")
    assert refresh(MAATWERK, publishers).state == "fresh"
    assert publishers.archive.path(state.manifest).exists()


# Refusing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("indicator;jaar", "jaar;indicator", "maatwerk_a.csv, blad csv, rij 1, kolom A: gevonden 'jaar; indicator; niveau; code; teller; …', verwacht de koppen"),
        ("2023;gebied", "23;gebied", "rij 2, kolom jaar (B): gevonden '23', verwacht een jaar van 2000"),
        ("2023;gebied", "2099;gebied", "rij 2, kolom jaar (B): gevonden '2099', verwacht een jaar van 2000"),
        ("gemeente;GM0479", "provincie;PV27", "rij 3, kolom niveau (C): gevonden 'provincie', verwacht een van: gebied, gemeente, rest_gemeente, nederland, overig_nederland (en nog 1)"),
        ("GM0479", "479", "rij 3, kolom code (D): gevonden '479', verwacht een code van niveau gemeente die bestaat"),
        ("GM0479", "GM9999", "rij 3, kolom code (D): gevonden 'GM9999', verwacht een code van niveau gemeente die bestaat"),
        ("zaandam-oost", "zaandam-ost", "rij 2, kolom code (D): gevonden 'zaandam-ost', verwacht een code van niveau gebied die bestaat"),
        ("armoede_huish", "armoede_hiush", "rij 2, kolom indicator (A): gevonden 'armoede_hiushoudens', verwacht een van: armoede_huishoudens"),
        ("1200;", "1.200;", "rij 2, kolom teller (E): gevonden '1.200', verwacht een getal van 0"),
        ("1200;", "-1;", "rij 2, kolom teller (E): gevonden '-1', verwacht een getal van 0"),
        ("1200;15000", "16000;15000", "rij 2, kolom teller (E): gevonden '16000', verwacht een aantal van 0 tot en met de noemer 15000"),
        ("1200;15000", "1200;", "rij 2, kolom teller (E): gevonden '1200', verwacht een aantal van 0 tot en met de noemer (leeg)"),
        ("Voorlopig", "voorl.", "rij 4, kolom status (G): gevonden 'voorl.', verwacht een van: Definitief, Voorlopig"),
        (";Voorlopig", "", "rij 4, kolom status (G): gevonden niets, verwacht een van"),
        (";Voorlopig", ";Voorlopig;x", "rij 4, kolom H: gevonden 'x', verwacht niets: deze kolom heeft geen kop"),
        ("gemeente;GM0479", "gebied;zaandam-oost", "rij 3, kolom code (D): gevonden 'zaandam-oost', verwacht een rij die er nog niet is; indicator, jaar, niveau, code zijn die van blad csv, rij 2"),
        ("armoede_huishoudens;", "\x1b[31m" + "x" * 90 + ";", "gevonden '[31mxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_by_place(publishers: Publishers, inbox: Path, old: str, new: str, said: str) -> None:
    put(inbox, "maatwerk_a.csv", GOOD.replace(old, new, 1))
    told = refusal(publishers, "cbs_maatwerk")
    assert said in told and ("(en nog" in told) == ("(en nog" in said)
    assert publishers.archive.current("cbs_maatwerk") is None
    assert there(inbox) == {"refused/maatwerk_a.csv", "refused/maatwerk_a.csv.txt"}


def test_a_report_tells_all_that_is_wrong_and_is_told_until_it_is_taken_away(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "maatwerk_a.csv", HEAD + "armoede_kinderen;23;gebied;delft-west;1;2;ja\n" + GOOD.removeprefix(HEAD).replace("2023", "3") * 6)
    told = refusal(publishers, "cbs_maatwerk")
    assert told.endswith("(en nog 45)")
    report = (inbox / "refused" / "maatwerk_a.csv.txt").read_text(encoding="utf-8").splitlines()
    assert "geweigerd: " + report[0] == told
    listed = [line for line in report if line.startswith("- ")]
    assert len(listed) == 20 and "En nog 26 andere." in report
    assert listed[:2] == [
        f"- maatwerk_a.csv, blad csv, rij 2, kolom jaar (B): gevonden '23', verwacht een jaar van 2000 tot en met {date.today().year}",
        "- maatwerk_a.csv, blad csv, rij 2, kolom status (G): gevonden 'ja', verwacht een van: Definitief, Voorlopig",
    ]
    assert refresh(MAATWERK, publishers).state == "not_configured"
    assert folder_of.warnings(inbox) == [f"maatwerk_a.csv ligt in {inbox / 'refused'}: {report[0]}"]
    (inbox / "refused" / "maatwerk_a.csv").unlink()
    assert len(folder_of.warnings(inbox)) == 1
    (inbox / "refused" / "maatwerk_a.csv.txt").unlink()
    put(inbox / "refused", "los.csv", "x")
    assert folder_of.warnings(inbox) == [f"los.csv ligt in {inbox / 'refused'}: er ligt geen verslag bij"]


def test_a_wrong_file_does_not_stop_a_good_one(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "maatwerk_a.csv", GOOD.replace("GM0479", "479"))
    put(inbox, "maatwerk_b.csv", OTHER)
    state = refresh(MAATWERK, publishers)
    assert (state.state, state.reason, len(rows(publishers, state))) == ("fresh", "", 1)
    assert "geweigerd: maatwerk_a.csv, blad csv, rij 3" in state.detail
    assert there(inbox) == {"refused/maatwerk_a.csv", "refused/maatwerk_a.csv.txt", "accepted/maatwerk_b.csv"}


def test_after_a_wrong_file_the_last_good_one_stays(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    good = refresh(MAATWERK, publishers).manifest
    put(inbox, "maatwerk_a.csv", GOOD.encode() + b"\xff\xfe;")
    state = refresh(MAATWERK, publishers)
    assert (state.state, state.manifest) == ("refused", good)
    assert "geen UTF-8" in state.detail and "UTF-8" not in state.reason
    put(inbox, "maatwerk_a.csv", GOOD.encode() + b"\xff\xff;")  # once more wrong, and nothing of the first is lost
    refresh(MAATWERK, publishers)
    names = {"maatwerk_a.csv", f"{date.today()}_maatwerk_a.csv"}
    assert there(inbox / "refused") == names | {f"{name}.txt" for name in names}


def test_a_row_of_another_delivery_is_refused_by_place_and_names_the_way_out(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "maatwerk_a b.csv", GOOD)
    put(inbox, "maatwerk_c.csv", OTHER + GOOD.splitlines()[2] + "\n")
    state = refresh(MAATWERK, publishers)
    assert state.state == "fresh"
    assert (
        "maatwerk_c.csv, blad csv, rij 3, kolom code (D): gevonden 'GM0479', verwacht een rij die niet in de levering maatwerk_a b.csv staat; "
        "haal de rij weg, of neem die terug: nplv inbox withdraw 'maatwerk_a b.csv'"
    ) in state.detail


def test_a_delivery_that_lost_a_year_is_refused_and_names_the_way_out(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    good = refresh(MAATWERK, publishers).manifest
    fewer = GOOD.replace(";2023;", ";2022;")
    put(inbox, "maatwerk_a.csv", fewer)
    state = refresh(MAATWERK, publishers)
    assert (state.state, state.manifest) == ("refused", good)
    assert "geen rijen van armoede_huishoudens 2023, en de vorige levering (maatwerk_a.csv) had er 3" in state.detail
    assert "neem die dan eerst terug: nplv inbox withdraw maatwerk_a.csv" in state.detail
    deliveries.withdraw(publishers.archive, "maatwerk_a.csv")
    put(inbox, "maatwerk_a.csv", fewer)
    after = refresh(MAATWERK, publishers)
    assert after.manifest and (after.state, after.manifest.years) == ("fresh", [2022])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("maatwerk_a.xlsx", b"PK not a zip", "maatwerk_a.xlsx: geen rekenblad, of beschadigd"),
        ("maatwerk_a.ods", b"", "maatwerk_a.ods: het bestand is leeg (0 bytes)"),
        ("maatwerk_a.csv", HEAD, "maatwerk_a.csv: er staan geen rijen in"),
        ("maatwerk_a.csv", "\n\n;;\n", "maatwerk_a.csv: er staan geen rijen in"),
        ("maatwerk_a.csv", "\n" + GOOD, "rij 2, kolom A: gevonden 'indicator; jaar; niveau; code; teller; …', verwacht de koppen"),
        ("v20260901_v4_csv.csv", LABELS.split("2025")[0], "v20260901_v4_csv.csv: er staan geen rijen in"),
    ],
)
def test_a_file_that_holds_nothing_to_take_over_is_refused(publishers: Publishers, inbox: Path, name: str, content: str | bytes, said: str) -> None:
    put(inbox, name, content)
    assert said in refusal(publishers, "cbs_maatwerk" if name.startswith("maatwerk") else "eponline_labels")


# Recognising ----------------------------------------------------------------------------------------------------------


def test_a_file_is_recognised_by_its_head_whatever_its_name(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "van het CBS.xlsx", sheet_of(GOOD, "xlsx"))
    assert [row["delivery"] for row in rows(publishers, refresh(MAATWERK, publishers))] == ["van het CBS.xlsx"] * 4


def test_a_new_kind_is_one_declared_form(publishers: Publishers, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    form = forms.Form(
        kind="subsidie", pattern=r"subsidie.*\.csv", table="subsidies", publisher="Programma", table_id="subsidies", title="Subsidies", page="", key=("project",),
        columns=(
            forms.Column("project", "project_id", forms.Matching(r"P\d+", "een P en cijfers"), "Het project.", "P1"),
            forms.Column("gebied", "area_id", forms.Existing("areas"), "Het gebied.", "delft-west"),
            forms.Column("toegekend", "granted_on", forms.Day(), "De dag.", "2024-12-31", required=False),
            forms.Column("bedrag", "amount", forms.Number(0, 1e9), "Euro.", "100,5"),
        ),
    )  # fmt: skip
    kind = folder_of._of_form(form)
    monkeypatch.setattr(folder_of, "KINDS", (*folder_of.KINDS, kind))
    monkeypatch.setitem(folder_of.BY_TABLE, "subsidies", kind)
    table = registry._delivered(form)
    put(inbox, "levering 1.csv", "project;gebied;toegekend;bedrag\nP1;delft-west;2024-02-29;100,5\nP2;delft-west;;7\n")
    got = rows(publishers, refresh(table, publishers))
    assert got == [
        {"project_id": "P1", "area_id": "delft-west", "granted_on": date(2024, 2, 29), "amount": 100.5, "delivery": "levering 1.csv"},
        {"project_id": "P2", "area_id": "delft-west", "granted_on": None, "amount": 7.0, "delivery": "levering 1.csv"},
    ]
    put(inbox, "subsidie.csv", "project;gebied;toegekend;bedrag\nP3;delft;2023-02-29;.\n")
    told = refresh(table, publishers).detail
    assert "rij 2, kolom gebied (B): gevonden 'delft', verwacht een van: " in told and "(en nog 2)" in told


def test_what_is_not_known_or_not_whole_stays_and_is_told(publishers: Publishers, inbox: Path) -> None:
    names = ["levering.csv", "a\nb.csv", "x" * 210 + ".csv", "maatwerk.docx"]
    for name in [*names, ".maatwerk.csv", "~$maatwerk.xlsx", ".~lock.maatwerk.ods#", "maatwerk.csv.part", "maatwerk.csv.crdownload", "maatwerk.tmp"]:
        put(inbox, name, HEAD)
    (inbox / "maatwerk_link.csv").symlink_to(inbox / "levering.csv")
    (inbox / "maatwerk.csv").mkdir()
    before = there(inbox)
    (inbox / "levering.csv").write_text("something else")
    assert refresh(MAATWERK, publishers).state == "not_configured"
    assert there(inbox) == before
    told = folder_of.warnings(inbox)
    assert len(told) == len(names) + 1 and not any("\n" in line for line in told)
    assert f"levering.csv in {inbox} wordt niet gelezen: zo heet geen bestand dat hier bekend is" in told


def test_a_file_that_is_still_being_written_waits(publishers: Publishers, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def writing(seconds: float) -> None:
        waited.append(seconds)
        with (inbox / "maatwerk_a.csv").open("a") as file:
            file.write(OTHER.removeprefix(HEAD))

    monkeypatch.setattr(folder_of.time, "sleep", writing)
    put(inbox, "maatwerk_b.csv", OTHER)
    (inbox / "maatwerk_a.csv").write_text(GOOD)
    state = refresh(MAATWERK, publishers)
    assert (state.state, len(rows(publishers, state))) == ("fresh", 1)
    assert len(waited) == 1 and 0 < waited[0] <= folder_of.QUIET
    (told,) = folder_of.warnings(inbox)
    assert told.startswith(f"maatwerk_a.csv in {inbox} is nog niet gelezen: het veranderde nog")
    monkeypatch.setattr(folder_of.time, "sleep", waited.append)
    put(inbox, "maatwerk_a.csv", GOOD)
    assert refresh(MAATWERK, publishers).state == "fresh"


def test_a_file_that_changes_while_it_is_read_waits(publishers: Publishers, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = put(inbox, "maatwerk_a.csv", GOOD)
    read = sheets.read

    def changing(path: Path) -> list[sheets.Sheet]:
        found = read(path)
        file.write_text(GOOD + OTHER.removeprefix(HEAD))
        return found

    monkeypatch.setattr(deliveries.sheets, "read", changing)
    assert refresh(MAATWERK, publishers).state == "not_configured"
    assert there(inbox) == {"maatwerk_a.csv"}


def test_an_inbox_that_cannot_be_written_is_one_line(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    (inbox / "accepted").write_text("a file where a folder should be")
    with pytest.raises(NplvError, match=r"^the inbox .* cannot be written \(.*\); give this program the right") as caught:
        refresh(MAATWERK, publishers)
    assert "\n" not in str(caught.value)
    assert publishers.archive.current("cbs_maatwerk") is not None and (inbox / "maatwerk_a.csv").exists()


def test_a_file_that_may_not_be_read_stops_no_other(publishers: Publishers, inbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    put(inbox, "maatwerk_b.csv", OTHER)
    hashed = folder_of.fingerprint

    def denied(file: Path) -> str:
        if file.name == "maatwerk_a.csv":
            raise PermissionError(13, "Permission denied")
        return hashed(file)

    monkeypatch.setattr(folder_of, "fingerprint", denied)
    state = refresh(MAATWERK, publishers)
    assert (state.state, len(rows(publishers, state))) == ("fresh", 1)
    assert state.detail == "maatwerk_a.csv kan niet worden gelezen (Permission denied); geef dit programma het recht daartoe"
    assert there(inbox) == {"maatwerk_a.csv", "accepted/maatwerk_b.csv"}


def test_an_inbox_that_is_no_folder_is_one_line(publishers: Publishers, inbox: Path) -> None:
    inbox.rmdir()
    inbox.write_text("")
    with pytest.raises(NplvError, match=r"^the inbox .* cannot be read \(Not a directory\)"):
        refresh(MAATWERK, publishers)


# EP-Online ------------------------------------------------------------------------------------------------------------


def test_a_total_file_replaces_its_year_and_leaves_the_others(publishers: Publishers, inbox: Path) -> None:
    def delivered(day: str, label: str) -> bytes:
        return LABELS.replace("01-09-2026", day).replace(";A++;", f";{label};").encode()

    put(inbox, "v20251201_v4_csv.csv", delivered("01-12-2025", "B"))
    put(inbox, "v20260901_v4_csv.csv", delivered("01-09-2026", "C"))
    first = refresh(LABELLED, publishers)
    assert first.manifest and [(d.part, d.name) for d in first.manifest.deliveries] == [
        ("2025", "v20251201_v4_csv.csv"),
        ("2026", "v20260901_v4_csv.csv"),
    ]
    put(inbox, "v20260101_v4_csv.csv", delivered("01-01-2026", "D"))  # older than what is in use
    older = refresh(LABELLED, publishers)
    assert (older.state, older.manifest) == ("unchanged", first.manifest)
    assert older.detail == "v20260101_v4_csv.csv is niet in gebruik: van 2026 is v20260901_v4_csv.csv later"
    put(inbox, "v20261001_v4_csv.csv", delivered("01-10-2026", "E"))
    later = refresh(LABELLED, publishers)
    labels = [(row["reference_date"].isoformat(), row["label"]) for row in rows(publishers, later) if row["label"] != "G"]
    assert labels == [("2025-12-01", "B"), ("2026-10-01", "E")]
    assert len(there(inbox)) == 4 and all(name.startswith("accepted/") for name in there(inbox))
    deliveries.withdraw(publishers.archive, "v20261001_v4_csv.csv")
    kept = publishers.archive.current("eponline_labels")
    assert kept and (kept.years, [d.name for d in kept.deliveries]) == ([2025], ["v20251201_v4_csv.csv"])


@pytest.mark.parametrize("packed", [True, False])
def test_labels_of_dwellings_with_their_zeros_restored(publishers: Publishers, inbox: Path, packed: bool) -> None:
    if packed:
        with zipfile.ZipFile(inbox / "v20260901_v4_csv.zip", "w") as z:
            z.writestr("v20260901_v4_csv.csv", LABELS)
    else:
        put(inbox, "v20260901_v4_csv.csv", LABELS.encode("utf-8-sig"))
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


def test_half_a_zip_is_refused(publishers: Publishers, inbox: Path) -> None:
    put(inbox, "v20260901_v4_csv.zip", b"PK\x03\x04 half")
    assert re.search("not a zip, or not complete", refusal(publishers, "eponline_labels"))


def test_a_zip_that_cannot_be_unpacked_is_refused(publishers: Publishers, inbox: Path) -> None:
    file = inbox / "v20260901_v4_csv.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("v20260901_v4_csv.csv", LABELS * 50)
    whole = bytearray(file.read_bytes())
    encrypted = bytes(whole[:6]) + b"\x01\x00" + bytes(whole[8:])
    central = encrypted.rindex(b"PK\x01\x02")
    put(inbox, file.name, encrypted[: central + 8] + b"\x01\x00" + encrypted[central + 10 :])
    assert "v20260901_v4_csv.csv: is encrypted" in refusal(publishers, "eponline_labels")
    whole[60:200] = bytes(140)
    put(inbox, file.name, bytes(whole))
    assert "v20260901_v4_csv.csv: cannot be unpacked" in refusal(publishers, "eponline_labels")


# The commands ---------------------------------------------------------------------------------------------------------


def test_a_delivery_is_taken_back(publishers: Publishers, inbox: Path, shell: CliRunner) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    put(inbox, "maatwerk_b.csv", OTHER)
    refresh(MAATWERK, publishers)
    told = shell.invoke(cli.app, ["inbox", "withdraw", "maatwerk_a.csv"])
    assert told.exit_code == 0
    assert told.stdout.splitlines() == [
        "Teruggenomen: maatwerk_a.csv, 4 rijen van 2023; een volgende nacht rekent zonder.",
        "CBS maatwerk heeft nog 1 rijen uit 1 leveringen.",
    ]
    after = publishers.archive.current("cbs_maatwerk")
    assert after and (after.years, [d.name for d in after.deliveries]) == ([2022], ["maatwerk_b.csv"])
    told = shell.invoke(cli.app, ["inbox", "withdraw", "maatwerk_a.csv"])
    assert isinstance(told.exception, WrongCall)
    assert str(told.exception) == "no delivery is named 'maatwerk_a.csv'; those in use: maatwerk_b.csv"
    shell.invoke(cli.app, ["inbox", "withdraw", "maatwerk_b.csv"])
    state = refresh(MAATWERK, publishers)
    assert state.state == "not_configured" and state.manifest and state.manifest.rows == 0
    put(inbox, "maatwerk_a.csv", GOOD)  # and delivered again
    assert refresh(MAATWERK, publishers).state == "fresh"


def test_taking_back_waits_for_nobody_and_makes_no_home(
    publishers: Publishers, inbox: Path, shell: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    refresh(MAATWERK, publishers)
    with Home(tmp_path).writing("a night"):
        assert isinstance(shell.invoke(cli.app, ["inbox", "withdraw", "maatwerk_a.csv"]).exception, HomeBusy)
    monkeypatch.setenv("NPLV_HOME", str(tmp_path / "nowhere"))
    told = shell.invoke(cli.app, ["inbox", "withdraw", "maatwerk_a.csv"])
    assert str(told.exception) == "no delivery is named 'maatwerk_a.csv'; those in use: none"
    assert not (tmp_path / "nowhere").exists()


def test_the_inbox_is_listed(publishers: Publishers, inbox: Path, shell: CliRunner) -> None:
    put(inbox, "maatwerk_a.csv", GOOD)
    put(inbox, "maatwerk_b.csv", "x")
    refresh(MAATWERK, publishers)
    put(inbox, "maatwerk_c.csv", GOOD)
    put(inbox, "iets.docx", "x")
    assert shell.invoke(cli.app, ["inbox"]).stdout.splitlines() == [
        f"Inbox {inbox}",
        "Wacht: 2",
        "  iets.docx (onbekend)",
        "  maatwerk_c.csv (maatwerk)",
        "Overgenomen: 1",
        f"  maatwerk_a.csv (maatwerk) op {publishers.archive.current('cbs_maatwerk').fetched_at[:10]}: 4 rijen van 2023",
        "Geweigerd: 1",
        f"  maatwerk_b.csv: maatwerk_b.csv, blad csv, rij 1, kolom A: gevonden 'x', verwacht de koppen {'; '.join(HEAD.strip().split(';'))}, in rij 1",
    ]


def test_a_template_is_made_filled_in_and_taken_over(publishers: Publishers, inbox: Path, shell: CliRunner, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    out = tmp_path / "maatwerk_nieuw.xlsx"
    assert shell.invoke(cli.app, ["inbox", "template", "maatwerk", "--out", str(out)]).stdout == f"{out}\n"
    book = load_workbook(out)
    assert book.sheetnames == ["maatwerk", "uitleg"]
    sheet, explained = book["maatwerk"], book["uitleg"]
    assert [cell.value for cell in sheet[1]] == HEAD.strip().split(";") and sheet.max_row == 1
    told = {row[0]: row for row in reversed(list(explained.iter_rows(values_only=True))) if row[0]}
    assert told["status"][2:] == ("een van: Definitief, Voorlopig", "ja", "Definitief")
    assert {"delft-west", "GM0479", "jeugd_verdachten"} <= set(told)
    listed = {validation.formula1: str(validation.sqref) for validation in sheet.data_validations.dataValidation}
    for place, columns in listed.items():
        first, last = re.findall(r"\$A\$(\d+)", place)
        head = sheet[f"{columns[0]}1"].value
        assert explained[f"A{int(first) - 1}"].value == head and explained[f"A{int(last) + 1}"].value is None
    assert len(listed) == 3
    put(inbox, "maatwerk_leeg.xlsx", out.read_bytes())
    assert "maatwerk_leeg.xlsx: er staan geen rijen in" in refusal(publishers, "cbs_maatwerk")
    for cells in (line.split(";") for line in GOOD.splitlines()[1:]):
        sheet.append([int(cell) if cell.isdigit() else cell for cell in cells])
    book.save(inbox / "mijn levering.xlsx")
    assert len(rows(publishers, refresh(MAATWERK, publishers))) == 4


def test_a_template_has_the_same_bytes_every_time() -> None:
    for form in declared.FORMS:
        assert template(form, forms.Known()) == template(form, forms.Known())


def test_a_wrong_call_for_a_template(shell: CliRunner, tmp_path: Path) -> None:
    told = shell.invoke(cli.app, ["inbox", "template", "eponline"])
    assert told.stdout == "eponline: geen sjabloon; het bestand van RVO gaat in de inbox zoals het is, onder zijn eigen naam\n"
    told = shell.invoke(cli.app, ["inbox", "template", "brief"])
    assert isinstance(told.exception, WrongCall)
    assert str(told.exception) == "no kind of delivery is named 'brief'; there are maatwerk, resultaten, mijlpalen, spuk, enquete, eponline"
    (tmp_path / "there.xlsx").write_bytes(b"mine")
    told = shell.invoke(cli.app, ["inbox", "template", "maatwerk", "--out", str(tmp_path / "there.xlsx")])
    assert isinstance(told.exception, WrongCall) and (tmp_path / "there.xlsx").read_bytes() == b"mine"
    told = shell.invoke(cli.app, ["inbox", "template", "maatwerk", "--out", str(tmp_path / "no" / "x.xlsx")])
    assert type(told.exception) is NplvError and "cannot be written (No such file or directory)" in str(told.exception)
