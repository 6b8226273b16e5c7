"""The rehearsal: what differs is told with the place to change, and nothing is kept."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from nplv_orchestration import cli
from nplv_orchestration.demo.figures import Figures
from nplv_orchestration.demo.transport import DemoTransport, addressed
from nplv_orchestration.errors import NplvError, WrongCall
from nplv_orchestration.settings import Settings
from nplv_orchestration.sources.check import Finding, check
from nplv_orchestration.sources.http import Http
from nplv_orchestration.sources.registry import BY_KEY, REGISTRY
from tests.faults import CRIME, HEALTH, KWB, SCORES, V4, Change, Fault, Faulty, all_rows, answer, csv, each, first, of_kind, status

ROOT = Path(__file__).resolve().parents[2]
ADDRESSES, LABELS = "cbs_addresses_2023", "eponline_labels"


def findings(tiny: Figures, key: str, at: str, change: Change, settings: Settings | None = None) -> Finding:
    """What is found of a table when the answers at one address are changed."""
    transport = Faulty(DemoTransport(tiny, 45), Fault("a", key, at, change, "refused"))
    (found,) = check([BY_KEY[key]], settings or addressed(Settings.model_construct()), Http(transport, longest_wait=0.002))
    assert transport.changed
    return found


def pointed_at(problem: str) -> str:
    """The line of the registry that a problem names."""
    place = re.search(r"see (nplv_orchestration/sources/registry\.py):(\d+)", problem)
    assert place, problem
    return (ROOT / place[1]).read_text(encoding="utf-8").splitlines()[int(place[2]) - 1]


def test_the_demo_country_is_as_the_registry_says(tiny: Figures) -> None:
    found = list(check(REGISTRY, addressed(Settings.model_construct()), Http(DemoTransport(tiny, 45))))
    assert [finding.table for finding in found] == list(REGISTRY)
    assert [finding.problems for finding in found] == [[]] * len(REGISTRY)
    assert {finding.table.key: finding.skipped for finding in found if finding.skipped} == {
        "focus_areas": "kept with the monitor itself",
        "focus_area_regions": "kept with the monitor itself",
        "corrections": "kept with the monitor itself",
        "waivers": "kept with the monitor itself",
        "examples": "kept with the monitor itself",
        "eponline_labels": "no NPLV_EPONLINE_API_KEY; its total file can be put into the inbox",
        **dict.fromkeys(
            ("cbs_maatwerk", "programma_resultaten", "programma_mijlpalen", "programma_spuk", "programma_enquete"),
            "delivered by people, see `nplv inbox`",
        ),
    }
    facts = {finding.table.key: finding.facts for finding in found}
    assert facts[KWB] == ["changed 2026-01-25T02:00:00+02:00", "year 2024", "boundaries 2024", "8 of 8 measures", "2,943 rows", "licence CC BY 4.0"]
    assert facts[CRIME] == ["changed 2026-02-19T02:00:00", "boundaries 2025", "1 of 1 measures", "18,256 rows"]
    assert facts[ADDRESSES] == ["changed 2026-01-09T02:00:00+00:00", "boundaries 2023", "1,920 rows"]


DIFFERENCES: dict[str, tuple[str, str, Change, str, str]] = {
    # table, address, change, what is told, and what stands in the line that is named
    "title": (KWB, "/MeasureCodes", first(Title="Inwoners"), "no measure T001036 .*'Inwoners'", '"Aantal inwoners", "aantal", "T001036"'),
    "unit": (KWB, "/MeasureCodes", first(Unit="x 1 000"), r"alike: T001036 'Aantal inwoners' \(x 1 000\)", '"Aantal inwoners", "aantal"'),
    "code": (KWB, "/MeasureCodes", first(Identifier="T9"), "no measure T001036 .*alike: T9 'Aantal", '"T001036"'),
    "line break": (KWB, "/MeasureCodes", first(Title="Aantal\ninwoners"), "'Aantal inwoners'", '"T001036"'),
    "boundaries": (KWB, "/Dimensions", first(MapYear=2023), "boundaries of 2023, the registry says 2024", "boundary_year=year"),
    "no regions": (KWB, "/Dimensions", all_rows(lambda rows: []), "boundaries of no regions, the registry", "boundary_year=year"),
    "period": (KWB, "/Properties", answer(lambda b: b.update(TemporalCoverage="2023", Title="x")), "covers '2023'", '2024: "85984NED"'),
    "licence": (KWB, "/Properties", answer(lambda b: b.update(License="https://x.test/own/")), "licence https://x.test/own, the reg", 'licence: str = "CC BY'),
    "another table": (KWB, "/Properties", answer(lambda b: b.update(Identifier="X")), "about another table, 'X'", '2024: "85984NED"'),
    "broken": (KWB, "/Properties", of_kind("application/json", b"{"), "Properties answered broken JSON", '2024: "85984NED"'),
    "gone": (KWB, "/Properties", status(404), r"85984NED/Properties is not there \(404\)", '2024: "85984NED"'),
    "v3 title": (HEALTH, "/DataProperties", each(lambda r: r.update(Title="x")), "0 columns are 'Goed ervaren", '"Goed ervaren gezondheid", "%"'),
    "v3 boundaries": (CRIME, "/DataProperties", each(lambda r: r.update(MapYear=2026)), "boundaries of 2026", "boundary_year=2025"),
    "v3 code": (CRIME, "/SoortMisdrijf", all_rows(lambda r: r[:1]), "SoortMisdrijf has no code 1.1.1", 'dimensions={"SoortMisdrijf": ("0.0.0", "1.1.1"'),
    "v3 margin": (HEALTH, "/Marges", all_rows(lambda r: r[:1]), "Marges has no code MOG0095, MBG0095", '"Marges": ("MW00000"'),
    "v3 years": (CRIME, "/Perioden", all_rows(lambda r: r[:1]), "no year from 2018 on", "FIRST_YEAR = 2018"),
    "v3 another table": (HEALTH, "/TableInfos", first(Identifier="X"), "about another table", 'table_id="50150NED"'),
    "v3 gone": (CRIME, "/TableInfos", status(404), r"TableInfos is not there \(404\)", 'table_id="47018NED"'),
    "file gone": (SCORES, r"2024\.zip", status(404), r"2024\.zip is not there", 'path="resources/open-data-leefbaarometer-meting-2024.zip"'),
    "file column": (SCORES, r"2024\.zip", csv(lambda t: t.replace(",soc,", ",x,", 1)), "0 files in the zip have the columns", 'path="resources/open-data'),
    "file is none": (SCORES, r"2024\.zip", of_kind("application/zip", b"x"), "the file is not a zip", 'path="resources/open-data-'),
    "addresses gone": (ADDRESSES, r"\.zip", status(404), r"2023-cbs-pc6huisnr20230801_buurt\.zip is not there", 'path=f"postcode/{year}-cbs-pc6huisnr'),
    "addresses column": (ADDRESSES, r"\.zip", csv(lambda t: t.replace("Buurt2023", "Buurt2022")), "columns Buurt2023, H", 'path=f"postcode/{year}'),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENCES)
def test_what_differs_is_told_with_the_line_that_holds_the_words_to_change(tiny: Figures, name: str) -> None:
    key, at, change, told, words = DIFFERENCES[name]
    found = findings(tiny, key, at, change)
    assert len(found.problems) == 1
    assert re.search(told, found.problems[0]), found.problems[0]
    assert words in pointed_at(found.problems[0]), found.problems[0]
    assert found.problems[0].isprintable()


def test_all_that_differs_is_told_at_once(tiny: Figures) -> None:
    found = findings(tiny, KWB, "/MeasureCodes", each(lambda row: row.update(Unit=row["Unit"] + "?")))
    assert [pointed_at(problem).split('"')[1] for problem in found.problems] == [measure.name for measure in BY_KEY[KWB].measures]


@pytest.mark.parametrize(
    ("key", "at", "setting"),
    [
        (KWB, "", "NPLV_CBS_URL"),
        (HEALTH, "", "NPLV_DATADERDEN_URL"),
        (SCORES, "", "NPLV_LEEFBAAROMETER_URL"),
        (ADDRESSES, "", "NPLV_CBS_DOWNLOAD_URL"),
    ],
)
def test_a_publisher_that_is_down_is_told_with_its_setting(tiny: Figures, key: str, at: str, setting: str) -> None:
    (problem,) = findings(tiny, key, at, status(503)).problems
    assert problem.endswith(f"HTTP 503; try again later; see {setting}, and HTTPS_PROXY where there is a proxy")
    assert BY_KEY[key].table_id in problem or BY_KEY[key].path in problem


def eponline(tiny: Figures, change: Change) -> Finding:
    settings = addressed(Settings.model_construct()).model_copy(update={"eponline_api_key": SecretStr("hush")})
    found = findings(tiny, LABELS, "/DownloadInfo", change, settings)
    assert "hush" not in str(found)
    return found


@pytest.mark.parametrize("number", [401, 403])
def test_a_key_that_is_refused_is_told_with_its_setting(tiny: Figures, number: int) -> None:
    (problem,) = eponline(tiny, status(number)).problems
    assert problem.endswith(f"DownloadInfo answered HTTP {number}: the key is not accepted; see NPLV_EPONLINE_API_KEY and NPLV_EPONLINE_URL")


def test_a_key_that_is_accepted_names_the_newest_file(tiny: Figures) -> None:
    def newest(request: httpx.Request, ask: object) -> httpx.Response:
        assert (request.headers["authorization"], request.url.params["fileType"]) == ("hush", "csv")
        return httpx.Response(200, json={"bestandsnaam": "v20260901_v4_csv.zip", "downloadUrl": "https://x.invalid/secret"})

    found = eponline(tiny, newest)
    assert (found.problems, found.facts) == ([], ["changed v20260901_v4_csv.zip"])


@pytest.mark.parametrize("body", [{}, {"bestandsnaam": "../x.zip", "downloadUrl": "https://x"}, {"bestandsnaam": "v20260901_v4_csv.zip"}])
def test_an_answer_without_a_total_file_is_told(tiny: Figures, body: dict[str, str]) -> None:
    (problem,) = eponline(tiny, lambda request, ask: httpx.Response(200, json=body)).problems
    assert "DownloadInfo names no total file" in problem and "NPLV_EPONLINE_URL" in problem


# The command -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.setenv("NPLV_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NPLV_DEMO_SIZE", "tiny")
    return CliRunner()


def test_the_command_tells_of_all_tables_and_writes_nothing(shell: CliRunner, tmp_path: Path) -> None:
    told = shell.invoke(cli.app, ["sources", "check"])
    assert told.exit_code == 0, told.exception
    lines = told.stdout.splitlines()
    assert len(lines) == len(REGISTRY)
    assert lines[12] == "CBS 86165NED: as the registry says; changed 2026-01-09T02:00:00+02:00, year 2025, boundaries 2025, 8 of 8 measures, " + (
        "2,934 rows, licence CC BY 4.0"
    )
    assert sum(": not asked; " in line for line in lines) == 11
    assert list(tmp_path.iterdir()) == []


def test_the_command_asks_only_about_the_tables_that_are_named(shell: CliRunner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def watching(self: DemoTransport, request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(404)

    monkeypatch.setattr(DemoTransport, "handle_request", watching)
    told = shell.invoke(cli.app, ["sources", "check", HEALTH])
    assert asked == ["/ODataFeed/odata/50150NED/TableInfos"]
    assert told.stdout.startswith(
        "RIVM 50150NED: problem; https://dataderden.demo.invalid/ODataFeed/odata/50150NED/TableInfos is not there (404); see "
    )
    assert type(told.exception) is NplvError
    assert str(told.exception) == "1 tables are not as the registry says, or could not be asked; nothing was stored"
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_is_none_is_named_with_those_there_are(shell: CliRunner) -> None:
    told = shell.invoke(cli.app, ["sources", "check", "cbs_kwb_1999"])
    assert isinstance(told.exception, WrongCall)
    assert str(told.exception).startswith("no table cbs_kwb_1999; there are: focus_areas, ")


def test_a_page_of_observations_is_never_asked_for(tiny: Figures) -> None:
    transport = Faulty(DemoTransport(tiny, 45), Fault("a", KWB, V4, status(500), "refused"))
    (found,) = check([BY_KEY[KWB]], addressed(Settings.model_construct()), Http(transport))
    assert (found.problems, transport.changed.total()) == ([], 0)
