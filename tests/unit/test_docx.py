"""The overview for Word: opened again, it has the texts of all blocks in their order, as headings, lists, tables and pictures that Word and a screen reader know."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import datetime
from typing import Any

import docx as word
import pytest
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, RGBColor
from docx.table import Table as WordTable

from nplv_orchestration.edition.document import Block, Cell, Heading, Picture, Points, Table, Terms, Text, cover, texts_of
from nplv_orchestration.edition.docx import docx
from nplv_orchestration.edition.table import DEMO, Edition

EDITION = Edition(
    year=2025,
    facts={"mode": "demo", "version": "20260102T030405Z-0123456789ab", "boundary_year": "2024", "published_at": "2026-01-02T03:04:05+00:00"},
    rows=[{"latest_value": 1.0}, {"latest_value": None}],
    sources=[],
    delineation=[{"area_id": "a", "area_name": "Overdorp Zuid", "municipality_name": "Overdorp", "delineation": "verzonnen"}],
    points={},
)
REAL = replace(EDITION, facts=EDITION.facts | {"mode": "werkelijk"})
WIDE = Table(
    "Actielijn Fysiek",
    ("Indicator", "2018", "2022", "Laatste", "Nederland", "Verschil", "Opmerking"),
    [
        [
            Cell("Zwak", ("% van de woningen",)),
            *[Cell(text, ("2018",), is_number=True) for text in ("1,0", "2,0", "3,0", "4,0", "−1,0")],
            Cell("let op"),
        ],
        [Cell("Sterk"), *[Cell("geen cijfer", is_number=True, is_empty=True)] * 5, Cell("geen bestand")],
    ],
    (28, 12, 12, 12, 12, 12, 12),
)
NARROW = Table("De gebieden", ("Gebied", "Buurten"), [[Cell("Overdorp Zuid"), Cell("6", is_number=True)]], (75, 25))


def svg(label: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 520 210" width="520" height="210"><title>{label}</title><rect width="520" height="210"/></svg>'


BLOCKS: list[Block] = [
    Heading(2, "Samenvatting", "samenvatting"),
    Text("Een alinea met <tekens> & een €."),
    Points(["Eerst dit.", "Dan dat."]),
    Heading(2, "De cijfers", "cijfers"),
    Heading(3, "Actielijn Fysiek", "actielijn-fysiek"),
    Heading(4, "Zwak"),
    Text("Het was 3,0%."),
    Picture(svg("een"), "Zwak. 2018: 1,0."),
    Heading(4, "Sterk"),
    Text("Het was 4,0%."),
    Picture(svg("twee"), "Sterk. 2018: 2,0."),
    Heading(2, "Overzichtstabel", "tabel"),
    WIDE,
    Heading(2, "De gebieden", "gebieden"),
    NARROW,
    Terms([("Definitie", "Wat het is."), ("Waarom?", "Daarom.")]),
]
HEADINGS = [block for block in BLOCKS if isinstance(block, Heading)]


@pytest.fixture(scope="module")
def made() -> bytes:
    return docx(EDITION, BLOCKS)


@pytest.fixture(scope="module")
def opened(made: bytes) -> Any:
    return word.Document(io.BytesIO(made))


def part(made: bytes, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(made)) as file:
        return file.read(name).decode()


def told(document: Any) -> list[str]:
    """All texts in the order of reading: paragraphs, the lines of cells, and of a picture its words."""
    found = []
    for element in document.iter_inner_content():
        cells = [cell for row in element.rows for cell in row.cells] if isinstance(element, WordTable) else [element]
        for cell in cells:
            found += cell.text.split("\n")
        found += [drawn.get("descr") for drawn in element._element.iter(qn("wp:docPr"))]
    return [text for text in found if text]


def test_the_texts_of_all_blocks_are_there_in_their_order(opened: Any) -> None:
    title, *notes = cover(EDITION)
    listed = [heading.text for heading in HEADINGS if heading.level <= 3]
    before = [DEMO, title, *[note for note in notes if note != DEMO], "Inhoud", *listed]
    terms = ["Definitie. Wat het is.", "Waarom? Daarom."]
    assert told(opened) == [*before, *(text for block in BLOCKS[:-1] for text in texts_of(block)), *terms]


def test_headings_and_lists_are_those_of_word(opened: Any) -> None:
    styled = [(paragraph.style.name, paragraph.text) for paragraph in opened.paragraphs]
    assert [(name, text) for name, text in styled if re.match("Title|Heading", name)] == [
        ("Title", cover(EDITION)[0]), ("Heading 1", "Samenvatting"), ("Heading 1", "De cijfers"), ("Heading 2", "Actielijn Fysiek"), ("Heading 3", "Zwak"),
        ("Heading 3", "Sterk"), ("Heading 1", "Overzichtstabel"), ("Heading 1", "De gebieden"),
    ]  # fmt: skip
    assert [text for name, text in styled if name == "List Bullet"][-2:] == ["Eerst dit.", "Dan dat."]
    assert opened.styles["Heading 1"].font.color.rgb == RGBColor.from_string("154273")
    (term,) = [paragraph for paragraph in opened.paragraphs if paragraph.text.startswith("Definitie")]
    assert [run.bold for run in term.runs] == [True, None]


def test_the_contents_are_a_field_whose_lines_lead_to_the_headings(opened: Any) -> None:
    body = opened.element.body
    assert [field.text for field in body.iter(qn("w:instrText"))] == [r'TOC \o "1-2" \h \z \u']
    assert [mark.get(qn("w:fldCharType")) for mark in body.iter(qn("w:fldChar"))] == ["begin", "separate", "end"]
    places = {start.get(qn("w:name")): start.getparent() for start in body.iter(qn("w:bookmarkStart"))}
    links = list(body.iter(qn("w:hyperlink")))
    assert [link.text for link in links] == [heading.text for heading in HEADINGS if heading.level <= 3]
    assert [places[link.get(qn("w:anchor"))].text for link in links] == [link.text for link in links]
    assert [paragraph.style.name for paragraph in opened.paragraphs if paragraph.hyperlinks] == ["toc 1", "toc 1", "toc 2", "toc 1", "toc 1"]


@pytest.mark.parametrize(("place", "table"), [(0, WIDE), (1, NARROW)])
def test_a_table_has_a_head_that_repeats_rows_that_hold_together_and_a_name(opened: Any, place: int, table: Table) -> None:
    found = opened.tables[place]
    caption = opened.element.body[list(opened.element.body).index(found._tbl) - 1]
    assert (caption.style, caption.text) == ("Caption", table.caption)
    assert found._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")) == table.caption
    look = found._tbl.tblPr.find(qn("w:tblLook"))
    assert (look.get(qn("w:firstRow")), look.get(qn("w:firstColumn")), look.get(qn("w:val"))) == ("1", "1", "06A0")
    properties = [row._tr.trPr for row in found.rows]
    assert [one.find(qn("w:tblHeader")) is not None for one in properties] == [True] + [False] * len(table.rows)
    assert all(one.find(qn("w:cantSplit")) is not None for one in properties)
    assert all(cell.paragraphs[0].runs[0].bold for cell in [*found.rows[0].cells, *found.columns[0].cells])


def test_numbers_stand_to_the_right_with_their_head_and_words_do_not(opened: Any) -> None:
    aligned = [[cell.paragraphs[0].alignment for cell in row.cells] for row in opened.tables[0].rows]
    assert aligned == [[None, *[WD_ALIGN_PARAGRAPH.RIGHT] * 5, None]] * 3


def test_a_cell_without_a_figure_is_grey_and_italic_and_small_lines_stand_in_their_cell(opened: Any) -> None:
    figure, absent = (opened.tables[0].cell(row, 1) for row in (1, 2))
    (empty,) = absent.paragraphs[0].runs
    assert (empty.text, empty.italic, empty.font.color.rgb) == ("geen cijfer", True, RGBColor.from_string("4A4A4A"))
    first, *_, below = figure.paragraphs[0].runs
    assert (figure.text, first.italic, below.text) == ("1,0\n2018", None, "2018")
    assert below.font.size < figure.paragraphs[0].style.font.size
    assert below.font.color.rgb == RGBColor.from_string("4A4A4A")


def test_a_table_of_many_columns_lies_across_and_all_fits_the_paper(opened: Any) -> None:
    upright, across = (WD_ORIENT.PORTRAIT, Cm(21), Cm(29.7)), (WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21))
    papers = [(section.orientation, section.page_width, section.page_height) for section in opened.sections]
    assert papers == [(way, pytest.approx(wide, abs=1000), pytest.approx(high, abs=1000)) for way, wide, high in (upright, across, upright)]
    for section, table in zip(list(opened.sections)[1:], opened.tables, strict=True):
        room = section.page_width - section.left_margin - section.right_margin
        assert sum(column.width for column in table.columns) == pytest.approx(room, rel=0.001)


def test_every_page_has_the_mark_of_invented_figures_and_a_number(opened: Any) -> None:
    title = cover(EDITION)[0]
    assert opened.paragraphs[0].text == DEMO
    for section in opened.sections:
        assert section.header.paragraphs[0].text == DEMO
        assert section.footer.paragraphs[0].text == f"{title}, pagina 1"
        assert [field.text for field in section.footer._element.iter(qn("w:instrText"))] == ["PAGE"]
    assert opened.core_properties.content_status == DEMO


def test_real_figures_bear_no_mark() -> None:
    made = docx(REAL, BLOCKS[:3])
    with zipfile.ZipFile(io.BytesIO(made)) as file:
        assert not [name for name in file.namelist() if b"DEMO" in file.read(name)]
    assert word.Document(io.BytesIO(made)).paragraphs[0].style.name == "Title"


def test_each_picture_tells_what_it_shows_and_stays_with_its_words(opened: Any) -> None:
    drawn = list(opened.inline_shapes)
    assert [(shape._inline.docPr.get("name"), shape._inline.docPr.get("descr")) for shape in drawn] == [
        ("Grafiek 1", "Zwak. 2018: 1,0."),
        ("Grafiek 2", "Sterk. 2018: 2,0."),
    ]
    for shape, label in zip(drawn, ("een", "twee"), strict=True):
        assert shape.width / shape.height == pytest.approx(520 / 210, rel=0.01)
        blip = shape._inline.graphic.graphicData.pic.blipFill.blip
        assert opened.part.related_parts[blip.embed].blob.startswith(b"\x89PNG")
        (sharp,) = [element for element in blip.iter() if element.tag.endswith("svgBlip")]
        assert opened.part.related_parts[sharp.get(qn("r:embed"))].blob.decode() == svg(label)
    kept = [paragraph.text for paragraph in opened.paragraphs if paragraph.paragraph_format.keep_with_next]
    assert kept == ["Het was 3,0%.", "Het was 4,0%."]


def test_it_is_dutch_and_says_what_it_is_and_nothing_of_its_template(made: bytes, opened: Any) -> None:
    language = opened.styles.element.find(f"{qn('w:docDefaults')}//{qn('w:lang')}")
    assert language.get(qn("w:val")) == "nl-NL"
    properties, owner = opened.core_properties, "Nationaal Programma Leefbaarheid en Veiligheid"
    assert (properties.title, properties.language) == (cover(EDITION)[0], "nl-NL")
    assert (properties.author, properties.last_modified_by, properties.comments) == (owner, owner, "")
    assert {properties.created.replace(tzinfo=None), properties.modified.replace(tzinfo=None)} == {datetime(2026, 1, 2, 3, 4, 5)}
    with zipfile.ZipFile(io.BytesIO(made)) as file:
        names = file.namelist()
        assert not [name for name in names if re.search(rb"python-docx|[Gg]enerated by|Macintosh", file.read(name))]
    assert not [name for name in names if re.search(r"thumbnail|customXml|app\.xml|comments|WithEffects", name)]
    assert 'w:themeFontLang w:val="nl-NL"' in part(made, "word/settings.xml")
    assert "w:rsid " not in part(made, "word/settings.xml")
    assert not re.search("thumbnail|customXml|app.xml", part(made, "_rels/.rels") + part(made, "[Content_Types].xml"))


def test_made_again_it_has_the_same_bytes_and_no_day_of_making(made: bytes) -> None:
    assert docx(EDITION, BLOCKS) == made
    with zipfile.ZipFile(io.BytesIO(made)) as file:
        assert {member.date_time for member in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_block_of_an_unknown_kind_is_an_error() -> None:
    unknown: Any = [Heading(2, "Samenvatting"), "een regel"]
    with pytest.raises(AssertionError, match="een regel"):
        docx(REAL, unknown)
