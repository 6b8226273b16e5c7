"""Questions of a person to a published version: what is answered, in which form, and what is refused."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pandas as pd
import polars as pl
import pytest
from typer.testing import CliRunner

from nplv_orchestration import cli, open_published
from nplv_orchestration.asking import Answer, Stopped, as_file, ask
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.sums import problems
from tests.real import Night


@pytest.fixture
def shell(demo_night: Night, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    """The command line on that home."""
    monkeypatch.setenv("NPLV_HOME", str(demo_night[0].home))
    return CliRunner()


@pytest.fixture
def database(demo_night: Night) -> Path:
    """The internal database of its version."""
    return demo_night[0].home / "published" / "current" / "intern" / "nplv.duckdb"


def test_a_query_answers_from_the_published_version_and_says_which(shell: CliRunner, demo_night: Night) -> None:
    told = shell.invoke(cli.app, ["query", "SELECT count(DISTINCT indicator_id) AS indicatoren FROM indicator_values"])
    assert told.exit_code == 0
    assert told.stdout.splitlines()[0] == "DEMONSTRATIEGEGEVENS: alle cijfers zijn verzonnen"
    assert told.stdout.split()[-3:] == ["indicatoren", "─" * 13, "17"]
    assert told.stderr == f"DEMONSTRATIEGEGEVENS, Monitor NPLV, intern database, versie {demo_night[1].version}\n"


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("DROP TABLE marts.indicators", "DROP is not one that does"),
        ("INSERT INTO marts.indicators SELECT * FROM marts.indicators", "INSERT is not one that does"),
        ("CREATE TEMP TABLE x AS SELECT 1", "CREATE is not one that does"),
        ("ATTACH ':memory:' AS other", "ATTACH is not one that does"),
        ("USE memory", "SET is not one that does"),
        ("EXPLAIN ANALYZE SELECT 1", "EXPLAIN is not one that does"),
        ("CALL enable_logging('QueryLog', storage='file', storage_path='/tmp/log')", "CALL is not one that does"),
        ("FROM enable_profiling(save_location='/tmp/profile.txt')", "enable_profiling() does something else"),
        ("SELECT * FROM \"enable_logging\" (storage='memory')", "enable_logging() does something else"),
        ("FROM query('FROM en' || 'able_logging()')", "query() does something else"),
        ("SELECT 1; SELECT 2", "ask one question at a time"),
        ("PIVOT indicator_values ON year USING sum(value)", "of a PIVOT, name the columns"),
        ("SELECT '\udcff'", "the query is not in UTF-8"),
        ("SELECT * FROM marts.indicatorvalues", "no table 'indicatorvalues', the nearest is marts.indicator_values"),
        ("SELECT * FROM inkomen", "no table 'inkomen', the nearest is marts.mart_inkomen"),
        ("SELECT * FROM zebra", "no table 'zebra' in this database; `SHOW ALL TABLES` lists them"),
        ("SELECT gap_diference FROM latest_figures", "no column 'gap_diference', the nearest is gap_difference"),
        ("SELECT l.val FROM latest_figures AS l", "no column 'val', the nearest is value"),
        ("SELECT waarde FROM decisions", "no column 'waarde'; there are decision, fingerprint, indicator_id, mart, reasons, waived"),
        ("COPY (SELECT 1) TO '/tmp/stolen.csv'", "COPY is not one that does"),
        ("COPY (SELECT 1) TO '{database}.wal' (FORMAT csv)", "COPY is not one that does"),
        ("SELECT * FROM read_text('/etc/hostname')", "asks for a file or an address"),
        ("SELECT * FROM '/etc/hostname'", "no table '/etc/hostname'"),
        ("FROM read_csv('https://example.org/x.csv')", "the query failed"),
        ("ATTACH 'other.duckdb'", "ATTACH is not one that does"),
        ("INSTALL httpfs", "LOAD is not one that does"),
        ("SET temp_directory = '/tmp'", "SET is not one that does"),
        ("SELEC 1", "syntax error"),
        ("", "the query is empty"),
    ],
)
def test_it_reads_and_does_nothing_else(shell: CliRunner, database: Path, sql: str, said: str) -> None:
    told = shell.invoke(cli.app, ["query", sql.replace("{database}", str(database.resolve()))])
    assert isinstance(told.exception, WrongCall)
    assert said in str(told.exception)
    assert "\n" not in str(told.exception)
    assert problems(database.resolve().parents[1]) == []


def test_a_file_beside_the_database_is_found_before_it_is_read(demo_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB takes a log of changes that lies beside a file for part of it, even where it only reads."""
    monkeypatch.setenv("NPLV_HOME", str(demo_home))
    beside = (demo_home / "published" / "current").resolve() / "openbaar" / "nplv.duckdb.wal"
    beside.write_bytes(b"changes")
    for words in (["query", "--public", "SELECT 1"], ["indicators"], ["site"]):
        refused = CliRunner().invoke(cli.app, words).exception
        assert isinstance(refused, NplvError)
        assert f"{beside} was put beside a published database" in str(refused) or "openbaar/nplv.duckdb.wal was put there afterwards" in str(refused)


@pytest.mark.parametrize("words", [["query", "SELECT 1 AS a", "--format", "csv", "--out"], ["site", "--out"], ["explore", "--html"], ["opendata"]])
@pytest.mark.parametrize("place", ["published/current/intern/nplv.duckdb", "editions/x", "archive", "x"])
def test_nothing_is_written_by_hand_where_the_project_writes(shell: CliRunner, demo_night: Night, words: list[str], place: str) -> None:
    refused = shell.invoke(cli.app, [*words, str(demo_night[0].home / place)]).exception
    assert isinstance(refused, WrongCall)
    assert problems((demo_night[0].home / "published" / "current").resolve()) == []


def test_each_form_has_the_same_rows(shell: CliRunner, demo_night: Night, tmp_path: Path) -> None:
    sql = "SELECT indicator_id, year, value, value_low, source_modified, is_held, sources FROM latest_figures JOIN (SELECT indicator_id, ['a', '=b'] AS sources FROM indicators) USING (indicator_id) WHERE geo_level = 'nplv' ORDER BY number"
    for kind in ("csv", "json", "parquet", "xlsx"):
        told = shell.invoke(cli.app, ["query", sql, "--format", kind, "--out", str(tmp_path / f"x.{kind}")])
        assert told.exit_code == 0, told.exception
    with open_published(home=demo_night[0].home) as connection:
        rows = connection.execute(sql).fetchall()
    assert len(rows) == 17
    by_csv = list(csv.DictReader(io.StringIO((tmp_path / "x.csv").read_text(encoding="utf-8"))))
    by_json = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    by_parquet = pd.read_parquet(tmp_path / "x.parquet").to_dict("records")
    book = openpyxl.load_workbook(tmp_path / "x.xlsx")
    by_xlsx = list(book["antwoord"].iter_rows(min_row=2, values_only=True))
    for place, row in enumerate(rows):
        indicator, year, value, low, modified, is_held, sources = row
        assert (by_csv[place]["indicator_id"], int(by_csv[place]["year"]), float(by_csv[place]["value"])) == (indicator, year, value)
        assert by_csv[place]["value_low"] == ("" if low is None else str(low))
        assert by_csv[place]["sources"] == '["a", "=b"]'
        assert by_json[place] == {
            "indicator_id": indicator, "year": year, "value": value, "value_low": low, "source_modified": modified.isoformat(), "is_held": is_held, "sources": sources,
        }  # fmt: skip
        assert (by_parquet[place]["value"], by_parquet[place]["source_modified"], list(by_parquet[place]["sources"])) == (value, modified, sources)
        assert by_xlsx[place][:3] == (indicator, year, pytest.approx(value, rel=1e-15))
    assert book["herkomst"]["A1"].value == f"DEMONSTRATIEGEGEVENS, Monitor NPLV, intern database, versie {demo_night[1].version}"
    known = duckdb.sql(f"SELECT key::VARCHAR, value::VARCHAR FROM parquet_kv_metadata('{tmp_path / 'x.parquet'}')").fetchall()
    assert ("version", demo_night[1].version) in known


def test_a_text_is_never_a_formula() -> None:
    answer = Answer(["a", "b"], [("=1+1", "https://example.org"), (float("nan"), None)], {"mode": "live", "version": "v"}, "intern")
    sheet = openpyxl.load_workbook(io.BytesIO(as_file(answer, "xlsx")))["antwoord"]
    assert [(cell.value, cell.data_type, cell.hyperlink) for cell in sheet[2]] == [("=1+1", "s", None), ("https://example.org", "s", None)]
    assert [cell.value for cell in sheet[3]] == [None, None]
    assert as_file(answer, "csv") == b"a,b\n'=1+1,https://example.org\n,\n"
    assert json.loads(as_file(answer, "json"))[1] == {"a": None, "b": None}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["SELECT 1", "--format", "pdf"], "--format: 'pdf' is none of table, csv, json, parquet, xlsx"),
        (["SELECT 1", "--out", "x.csv"], "--out writes a file"),
        (["SELECT 1", "--format", "csv", "--out", "geen/map/x.csv"], "the folder of geen/map/x.csv is not there"),
        (["SELECT 1 AS a, 2 AS a", "--format", "csv"], "two columns are called a"),
        (["SELECT * FROM areas_against_total", "--public"], "no table 'areas_against_total'"),
        (["SELECT 1", "--as-of", "1999"], "there is no edition 1999; there are 2025/r1"),
        (["SELECT 1", "--as-of", "1999-01-01"], "nothing was published yet on 1999-01-01; the first version is of 20"),
        (["SELECT 1", "--as-of", "2026-13-01"], "'2026-13-01' is no day"),
        (["SELECT 1", "--as-of", "../current"], "no version, edition or day is called '../current'"),
        (["SELECT 1", "--as-of", ""], "no version, edition or day is called ''"),
    ],
)
def test_a_wrong_call_says_what_to_do(shell: CliRunner, words: list[str], said: str) -> None:
    told = shell.invoke(cli.app, ["query", *words])
    assert isinstance(told.exception, WrongCall)
    assert said in str(told.exception)


def test_the_public_database_answers_without_areas(shell: CliRunner) -> None:
    told = shell.invoke(cli.app, ["query", "SELECT count(*) AS n FROM indicator_values WHERE geo_level = 'gebied'", "--public", "--format", "csv"])
    assert told.stdout == "n\n0\n"


_LONG = "SELECT count(*) FROM range(100000000) AS a, range(1000) AS b WHERE (a.range * b.range) % 7 = 3"


def test_a_long_query_stops_by_the_clock(database: Path) -> None:
    begin = time.monotonic()
    with pytest.raises(Stopped, match=r"stopped after 0\.5 seconds; nothing was changed"):
        ask(database, _LONG, 0.5)
    assert time.monotonic() - begin < 20


def test_a_long_query_stops_by_ctrl_c(demo_night: Night) -> None:
    environment = os.environ | {"NPLV_HOME": str(demo_night[0].home)}
    asked = subprocess.Popen([sys.executable, "-m", "nplv_orchestration.cli", "query", _LONG], env=environment, stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    asked.send_signal(signal.SIGINT)
    _, told = asked.communicate(timeout=30)
    assert told == "nplv: the query was stopped by Ctrl-C; nothing was changed\n"
    assert asked.returncode == 130


def test_a_query_that_needs_more_memory_than_it_may_have_is_refused_in_a_line(database: Path) -> None:
    with pytest.raises(WrongCall, match=r"the query needs more than 2GB of memory; ask for fewer rows") as refused:
        ask(database, "SELECT list(a.range) FROM range(400000000) AS a", 120)
    assert not isinstance(refused.value, Stopped)


@pytest.mark.parametrize("as_arrow", [False, True])
def test_an_answer_that_is_too_large_is_refused_before_it_fills_the_memory(database: Path, as_arrow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nplv_orchestration.asking._MOST_CELLS", 100_000)
    monkeypatch.setattr("nplv_orchestration.asking._MOST_BYTES", 1_000_000)
    with pytest.raises(WrongCall, match=r"the answer (has more than 100,000 cells|is larger than 1 MB)"):
        ask(database, "SELECT range, range::VARCHAR FROM range(100000000)", 60, as_arrow=as_arrow)


def test_a_table_shows_the_first_rows_and_says_that_there_are_more(shell: CliRunner) -> None:
    told = shell.invoke(cli.app, ["query", "SELECT range AS n FROM range(100000000)"])
    assert told.exit_code == 0
    assert "De eerste 500 rijen; alle met --format csv." in told.stderr
    assert told.stdout.split()[-1] == "499"


def test_a_text_cannot_command_a_terminal(shell: CliRunner) -> None:
    told = shell.invoke(cli.app, ["query", "SELECT 'a' || chr(27) || '[31mb' || chr(8238) AS \"c\x1b[0m\""])
    assert told.exit_code == 0
    assert not set(told.stdout) & {"\x1b", "\u202e"}
    assert "a\ufffd[31mb\ufffd" in told.stdout


def test_what_a_form_cannot_hold_is_said(database: Path) -> None:
    with pytest.raises(WrongCall, match="parquet cannot hold this answer"):
        as_file(ask(database, "SELECT INTERVAL 1 DAY AS a", as_arrow=True), "parquet")
    with pytest.raises(WrongCall, match="a text in column a has more characters than a cell of a sheet"):
        as_file(ask(database, "SELECT repeat('x', 40000) AS a"), "xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(as_file(ask(database, "SELECT 9007199254740993 AS a, 12 AS b"), "xlsx")))["antwoord"]
    assert [cell.value for cell in sheet[2]] == ["9007199254740993", 12]


# ------------------------------------------------------------------------------------------------------- from Python


def test_python_reads_a_version_and_cannot_change_it(demo_night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPLV_HOME", str(demo_night[0].home))
    with open_published() as internal, open_published(part="openbaar") as public, open_published("2025/r1") as of_edition:
        by_pandas = internal.sql("SELECT * FROM latest_figures WHERE geo_level = 'nplv'").df()
        by_polars = internal.sql("SELECT * FROM latest_figures WHERE geo_level = 'nplv'").pl()
        assert isinstance(by_polars, pl.DataFrame)
        assert by_pandas["value"].tolist() == by_polars["value"].to_list()
        assert public.execute("SELECT count(*) FROM indicator_values WHERE geo_level = 'gebied'").fetchone() == (0,)
        for connection in (internal, of_edition):
            assert connection.execute("SELECT value FROM provenance.build WHERE key = 'version'").fetchone() == (demo_night[1].version,)
        with pytest.raises(duckdb.Error, match="read-only"):
            internal.execute("DELETE FROM marts.indicators")
    with pytest.raises(NplvError, match="holds no published version"):
        open_published(home=demo_night[0].home / "archive")


def test_a_sealed_question_seals_no_notebook_of_the_same_process(database: Path, demo_night: Night) -> None:
    with open_published(home=demo_night[0].home) as notebook:
        assert ask(database, "SELECT 1 AS one").rows == [(1,)]
        notebook.execute("SET threads = 1")
        assert notebook.sql("SELECT count(*) FROM range(3)").fetchall() == [(3,)]
        assert ask(database, "SELECT 2 AS two").rows == [(2,)]


def test_a_day_is_the_version_at_its_end(demo_night: Night) -> None:
    with open_published(date.today().isoformat(), home=demo_night[0].home) as connection:
        assert connection.execute("SELECT value FROM provenance.build WHERE key = 'version'").fetchone() == (demo_night[1].version,)
    begin = demo_night[1].version[:10]
    with open_published(begin, home=demo_night[0].home) as connection:
        assert connection.execute("SELECT value FROM provenance.build WHERE key = 'version'").fetchone() == (demo_night[1].version,)


# ------------------------------------------------------------------------------------------------------- the shell


def _until(terminal: int, told: bytes, text: str, seconds: float = 60) -> bytes:
    """What a terminal has told, once this is in it."""
    end = time.monotonic() + seconds
    while text not in re.sub(r"\x1b\[[0-9;?<>=]*[a-zA-Z]", "", told.decode(errors="replace")):
        assert time.monotonic() < end, told[-2000:]
        if select.select([terminal], [], [], 0.5)[0]:
            told += os.read(terminal, 65536)
    return told


def test_the_shell_opens_the_version_and_answers(demo_night: Night) -> None:
    home = demo_night[0].home
    with open_published(home=home) as connection:
        rows = connection.execute("SELECT count(*) FROM latest_figures").fetchall()[0][0]
    process, terminal = pty.fork()
    if process == 0:
        os.environ |= {"NPLV_HOME": str(home), "TERM": "xterm-256color", "HOME": str(home.parent)}
        os.execv(sys.executable, [sys.executable, "-m", "nplv_orchestration.cli", "shell"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 140, 0, 0))
    told = _until(terminal, b"", "Run Query")
    time.sleep(2)  # it takes what is typed once it is laid out
    os.write(terminal, b"select 'antwoord ' || count(*) from latest_figures")
    time.sleep(1)
    os.write(terminal, b"\x0a")
    _until(terminal, told, f"antwoord {rows}")
    os.write(terminal, b"\x11")
    while True:
        try:
            if not os.read(terminal, 65536):
                break
        except OSError:  # the terminal of a process that ended
            break
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert problems((home / "published" / "current").resolve()) == []


def test_without_harlequin_the_shell_says_what_to_install(shell: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    told = shell.invoke(cli.app, ["shell"])
    assert isinstance(told.exception, NplvError)
    assert "pip install 'nplv-orchestration[shell]'" in str(told.exception)
