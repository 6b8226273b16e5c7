"""What README and docs tell to type does what they say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nplv_orchestration import cli
from tests.real import environment_for

ROOT = Path(__file__).resolve().parents[2]
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands(doc: Path) -> list[tuple[dict[str, str], list[str]]]:
    """The calls of `nplv` in a document, each with the variables that hold for it: those before it on its line, or exported above."""
    exported: dict[str, str] = {}
    found = []
    for line in doc.read_text(encoding="utf-8").splitlines():
        if not line.startswith("    "):
            continue
        words = shlex.split(line, comments=True)
        own = {}
        while words and re.match(r"NPLV_\w+=", words[0]):
            name, _, value = words.pop(0).partition("=")
            own[name] = value
        if words[:1] == ["export"]:
            exported |= dict(word.split("=", 1) for word in words[1:])
        elif words[:1] == [".venv/bin/nplv"]:
            found.append((exported | own, words[1:]))
    return found


# what each command tells when it did its work
TELLS = {
    "run": "Editie ", "indicators": "Gebieden", "indicators --markdown": "# The indicators", "explain": "  dekking ", "query": "──", "doctor": "published version", "demo": "bestanden in", "prepare": "",
    "sources": "Boundaries", "sources check": "as the registry says", "sources --prune": "nothing to remove",
    "verify": "as it was published", "rollback": "(current)", "edition": "Editie 2025, revisie 1: concept", "edition remark": "opmerking",
    "status": "Laatste nacht: geslaagd", "replay": "als herhaling gemerkt", "backup": "bestanden", "restore": "staat terug in",
    "site": "pagina's in", "diff": "intern, niet voor publicatie", "explore": "niet voor publicatie. Versie ", "inbox": "Overgenomen", "inbox template": "_sjabloon.xlsx", "inbox withdraw": "Teruggenomen",
}  # fmt: skip


@pytest.mark.parametrize("doc", [doc for doc in DOCS if commands(doc)], ids=lambda doc: doc.name)
def test_each_call_does_its_work(doc: Path, demo_home: Path, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls on live data need the real figures; a home is an empty one where a document begins with one."""
    monkeypatch.chdir(tmp_path)
    for variables, words in commands(doc):
        if words[0] == "ui" or (words[0] == "explore" and "--html" not in words):  # served; opened by the tests with a browser
            continue
        values = variables | {"NPLV_HOME": str(tmp_path / "data-terug" if variables.get("NPLV_HOME") == "./data-terug" else demo_home)}
        home = tmp_path / "data-first-check"
        if variables.get("NPLV_HOME") == "./data-first-check" or variables.get("NPLV_SOURCES") == "live":
            if variables.get("NPLV_HOME") != "./data-first-check":
                home = request.getfixturevalue("home_of")
            values = variables | environment_for(request.getfixturevalue("publishers"), home)
        with monkeypatch.context() as patch:
            for name, value in values.items():
                patch.setenv(name, value)
            told = CliRunner().invoke(cli.app, words)
        command = " ".join(words[:2]) if " ".join(words[:2]) in TELLS else words[0]
        is_short = command == "sources check" and values.get("NPLV_SOURCES") == "live"  # the server of real figures has not all tables
        assert told.exit_code == int(is_short), (words, told.output, told.exception)
        written = Path(words[words.index("--out") + 1]) if command == "query" and "--out" in words else None
        assert written.stat().st_size if written else TELLS[command] in told.stdout, words


def test_what_the_readme_tells_to_install_is_what_make_installs() -> None:
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = [
        line.split("#")[0].split() for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines() if line.startswith("    .venv/bin/pip ")
    ]
    assert len(lines) == 3
    for _, install, *options in lines:
        assert install == "install"
        assert " ".join(options) in make


def test_the_documents_name_the_commands_of_a_newcomer() -> None:
    named = {words[0] for doc in DOCS for _, words in commands(doc)}
    assert named >= {"prepare", "run", "ui", "indicators", "query", "doctor", "demo", "inbox"}


@pytest.mark.parametrize("doc", DOCS, ids=lambda doc: doc.name)
def test_each_link_and_each_path_leads_somewhere(doc: Path) -> None:
    text = doc.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (doc.parent / target).exists(), target
    for named in re.findall(r"`((?:nplv_orchestration|dbt_project|assets|checks|docs|tests|benchmarks)/[\w/.]*)`", text):
        assert (ROOT / named).exists(), named
