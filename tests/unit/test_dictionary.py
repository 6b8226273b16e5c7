"""Every published table and column says what it is, in both languages."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from nplv_orchestration import dictionary
from nplv_orchestration.dictionary import in_dutch, published_tables
from nplv_orchestration.errors import NplvError
from nplv_orchestration.manifest import load_manifest


def test_every_table_and_column_has_its_meaning_in_both_languages() -> None:
    tables = published_tables(load_manifest())
    assert len(tables) > 40
    for table in tables:
        assert table.description, table.name
        assert in_dutch("marts.mart_*" if table.name.startswith("marts.mart_") else table.name)
        for column, meaning in table.columns.items():
            assert meaning, (table.name, column)
            assert len(in_dutch(table.name, column).split()) > 1, (table.name, column)


def test_a_column_may_mean_something_else_in_one_table() -> None:
    assert in_dutch("marts.indicator_changes", "what") != in_dutch("programma.mijlpalen", "what")
    with pytest.raises(NplvError, match=r"woordenboek\.csv does not say what marts\.x\.onbekend is; add a line"):
        in_dutch("marts.x", "onbekend")


def test_the_dutch_dictionary_has_each_name_once() -> None:
    with (Path(dictionary.__file__).parent / "woordenboek.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names))
    assert [row for row in rows if not row["nl"].endswith(".")] == []


def test_what_follows_the_figure_of_an_area_is_internal() -> None:
    internal = {table.name for table in published_tables(load_manifest()) if table.is_internal}
    assert internal == {"marts.indicator_components", "marts.areas_against_total", "marts.area_ranks", "programma.enquete_antwoorden"}
