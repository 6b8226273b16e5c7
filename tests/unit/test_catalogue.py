"""The catalogue: what is wrong in it is refused by name, nothing in it is without a reader, and its page is what the docs have."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from nplv_orchestration.catalogue import Indicator, catalogue
from nplv_orchestration.catalogue_page import page
from nplv_orchestration.errors import NplvError
from nplv_orchestration.manifest import load_manifest

ROOT = Path(__file__).resolve().parents[2]
INCOME = next(i for i in load_manifest().indicators if i.indicator_id == "inkomen")


def mart(**changed: Any) -> dict[str, Any]:
    """The mart of incomes as dbt's manifest has it, with some of its meta changed; a field of ... is left out."""
    meta = {name: value for name, value in (INCOME.model_dump(mode="json") | changed).items() if value is not ...}
    name = f"mart_{meta.get('indicator_id')}"
    return {"name": name, "original_file_path": f"models/marts/sociaal/{name}.sql", "config": {"meta": meta}}


FILE = "dbt_project/models/marts/sociaal/mart_inkomen.yml: "


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"direction": "opwaarts"}, "direction: Input should be 'omhoog' or 'omlaag', not 'opwaarts'"),
        ({"weight": ...}, "weight: Field required"),
        ({"weight": "geen"}, "weight 'geen' does not go with kind 'gemiddelde': only aantallen, delivered as counts, have no weight"),
        ({"weight": "cows"}, "weight: Input should be 'residents', 'residents_15_plus', 'residents_15_64', 'dwellings' or 'geen', not 'cows'"),
        ({"base_year": 2016}, "base_year 2016 lies before the first figure, of 2018"),
        ({"caveat_nl": ...}, "caveat_nl: Field required"),
        ({"colour": "blue"}, "colour: Extra inputs are not permitted, not 'blue'"),
        ({"smallest_change": 0}, "smallest_change: Input should be greater than 0, not '0'"),
        ({"minimum_coverage": 70}, "minimum_coverage: Input should be less than or equal to 1, not '70'"),
        ({"plausible_low": 90}, "plausible_low 90 is not below plausible_high"),
        ({"sources": ["cbs_kwbb"]}, "sources that the registry does not have: cbs_kwbb"),
        ({"national_tolerance": None}, "national_tolerance does not go with national 'uitgever'"),
        ({"breaks": [{"year": 2021, "text_nl": "anders", "series": "oud"}]}, "breaks are of series that are not there: oud"),
        ({"series": []}, "series: List should have at least 1 item"),
        ({"comparators_not_given": {"provincie": "te groot"}}, "comparators_not_given.provincie.[key]: Input should be"),
        ({"changelog": []}, "changelog: List should have at least 1 item"),
    ],
)
def test_what_is_wrong_is_refused_by_name(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(NplvError) as refused:
        catalogue([mart(**changed)])
    told = str(refused.value)
    assert told.startswith(FILE + says), told
    assert "\n" not in told


def test_two_indicators_have_no_number_or_id_together() -> None:
    with pytest.raises(NplvError, match="its indicator_id or number is already that of inkomen"):
        catalogue([mart(), mart(indicator_id="inkomen_2")])


def test_a_mart_stands_where_its_id_and_actielijn_say() -> None:
    with pytest.raises(NplvError, match=r"belongs in marts/fysiek/mart_inkomen.sql"):
        catalogue([mart(actielijn="fysiek")])


def test_a_good_one_is_what_the_manifest_has() -> None:
    assert catalogue([mart()]) == [INCOME]


def read_by_code() -> set[str]:
    """Every name that code asks of an indicator, outside the catalogue itself; `i` is one wherever several are gone through."""
    names: set[str] = set()
    for folder in ("nplv_orchestration", "assets", "checks"):
        for path in (ROOT / folder).rglob("*.py"):
            if path.name != "catalogue.py":
                found = (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute))
                names |= {node.attr for node in found if isinstance(node.value, ast.Name) and node.value.id in ("indicator", "i")}
    return names


def read_by_models_and_pages() -> set[str]:
    """Every field that a macro, a test or a model asks of `meta`, or a page and a query of `marts.indicators`."""
    names: set[str] = set()
    for path in [*(ROOT / "dbt_project").rglob("*.sql"), *(ROOT / "nplv_orchestration").rglob("*.j2"), *(ROOT / "nplv_orchestration").rglob("*.py")]:
        if "target" not in path.parts:
            text = path.read_text(encoding="utf-8")
            names |= set(re.findall(r"\.get\('(\w+)'", text)) | set(re.findall(r"\bc\.(\w+)", text)) | set(re.findall(r"\brow\.(\w+)", text))
            names |= set(re.findall(r"\b(?:row|about)\[[\"'](\w+)[\"']\]", text))
    return names


def test_every_field_of_the_catalogue_has_a_reader() -> None:
    fields = set(Indicator.model_fields)
    assert fields - read_by_code() - read_by_models_and_pages() == set()


def test_the_page_of_the_docs_is_made_from_the_catalogue() -> None:
    assert (ROOT / "docs" / "indicators.md").read_text(encoding="utf-8") == page(load_manifest().indicators), (
        "make it anew: .venv/bin/nplv indicators --markdown > docs/indicators.md"
    )
