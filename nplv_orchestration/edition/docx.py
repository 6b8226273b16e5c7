"""The progress overview for Word: its blocks as real headings, lists and tables, for who edits the text or takes it over into a letter.

How a block looks in Word belongs here; what it tells is in `document`. Made twice it has the same bytes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, assert_never

from nplv_orchestration.edition.document import Block, Cell, Heading, Picture, Points, Table, Terms, Text, cover, parts
from nplv_orchestration.edition.packed import repacked
from nplv_orchestration.edition.pdf import compiled
from nplv_orchestration.edition.table import DEMO, Edition

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import Section
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph

_AUTHOR = "Nationaal Programma Leefbaarheid en Veiligheid"
_BLUE, _GREY, _BROWN = "154273", "4A4A4A", "7A4F00"
_WIDE = 6  # a table of more columns stands on pages of its own, laid across
_SIZES = {"Title": 24, "Heading 1": 16, "Heading 2": 13, "Heading 3": 11.5, "Caption": 9.5}
_PICTURE = 13.0  # cm
_THUMBNAIL = "docProps/thumbnail.jpeg"


def docx(edition: Edition, blocks: Sequence[Block]) -> bytes:
    """The whole overview, of the blocks of `document`."""
    import docx as word

    title, *notes = cover(edition)
    drawn = iter(_pictures([block for block in blocks if isinstance(block, Picture)], edition))
    document = word.Document()
    _styled(document)
    _described(document, title, edition)
    _page(document.sections[0], title, edition, is_wide=False)
    document.add_paragraph(title, "Title")
    for line in notes:
        document.add_paragraph(line, "List Bullet")
    _contents(document, [block for block in blocks if isinstance(block, Heading) and block.level == 2])
    is_wide = False
    for part in parts(blocks):
        wanted = any(isinstance(block, Table) and len(block.head) > _WIDE for block in part)
        if wanted != is_wide:
            section = document.add_section()
            _small(document.paragraphs[-1])  # Word ends a section in a paragraph, which after a full page would be a page of its own
            _page(section, title, edition, is_wide=wanted)
            is_wide = wanted
        for block in part:
            _add(document, block, drawn)
    out = io.BytesIO()
    document.save(out)
    return repacked(out.getvalue(), without_thumbnail)


def _add(document: Document, block: Block, drawn: Iterable[bytes]) -> None:
    match block:
        case Heading():
            heading = document.add_heading(block.text, block.level - 1)
            if block.anchor:
                _bookmark(heading, block.anchor)
        case Text():
            document.add_paragraph(block.text)
        case Points():
            for line in block.lines:
                document.add_paragraph(line, "List Bullet")
        case Terms():
            for term, text in block.pairs:
                paragraph = document.add_paragraph()
                paragraph.add_run(term if term.endswith("?") else f"{term}.").bold = True
                paragraph.add_run(f" {text}")
        case Picture():
            _picture(document, next(iter(drawn)), block.told)
        case Table():
            _table(document, block)
        case _:
            assert_never(block)


# ---------------------------------------------------------------------------------------------------------- the look


def _styled(document: Document) -> None:
    """The fonts, sizes and language of the styles; the names of the styles are Word's own, which it shows in the reader's language."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    styles = document.styles
    normal: Any = styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    normal.paragraph_format.space_after = Pt(6)
    for name, size in _SIZES.items():
        style: Any = styles[name]
        style.font.name, style.font.size, style.font.bold, style.font.italic = "Calibri", Pt(size), True, False
        style.font.color.rgb = RGBColor.from_string(_BLUE)
        fonts = style.element.get_or_add_rPr().find(qn("w:rFonts"))
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        style.paragraph_format.keep_with_next = True
        style.paragraph_format.space_before = Pt(0 if name == "Title" else 12)
        style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.LEFT
    styles.element.find(qn("w:docDefaults")).find(f".//{qn('w:lang')}").set(qn("w:val"), "nl-NL")


def _described(document: Document, title: str, edition: Edition) -> None:
    made = datetime.fromisoformat(edition.facts["published_at"]).replace(tzinfo=None)
    told = document.core_properties
    told.title, told.author, told.last_modified_by, told.language = title, _AUTHOR, _AUTHOR, "nl-NL"
    told.created = told.modified = made
    told.comments = DEMO if edition.is_demo else ""
    told.subject, told.keywords, told.revision = "Voortgangsoverzicht", "NPLV, leefbaarheid, veiligheid", 1


def _page(section: Section, title: str, edition: Edition, *, is_wide: bool) -> None:
    """A4, upright or laid across, with the mark of invented figures on top and the number of the page below."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    short, long = Cm(21), Cm(29.7)
    section.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if is_wide else (short, long)
    section.left_margin = section.right_margin = Cm(1.5 if is_wide else 2.3)
    section.top_margin = section.bottom_margin = Cm(2)
    section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
    if edition.is_demo:
        _coloured(section.header.paragraphs[0].add_run(DEMO), _BROWN, 9, bold=True)
    footer = section.footer.paragraphs[0]
    _coloured(footer.add_run(f"{title}, pagina "), _GREY, 9)
    _field(footer, "PAGE", "1")


def _coloured(run: Any, colour: str, size: float, *, bold: bool = False, italic: bool = False) -> None:
    from docx.shared import Pt, RGBColor

    run.font.color.rgb, run.font.size, run.bold, run.italic = RGBColor.from_string(colour), Pt(size), bold or None, italic or None


# -------------------------------------------------------------------------------------------------------- what is made


def _contents(document: Document, headings: Sequence[Heading]) -> None:
    """A table of contents that Word can renew, with its lines in it already, each a link."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph = document.add_paragraph()
    paragraph.add_run("Inhoud").bold = True
    for place, heading in enumerate(headings):
        line = document.add_paragraph(style="List Paragraph")
        if place == 0:
            _mark(line, "begin")
            _instruction(line, r'TOC \o "1-1" \h \z \u')
            _mark(line, "separate")
        link: Any = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), heading.anchor)
        run = line.add_run(heading.text)
        link.append(run._r)
        line._p.append(link)
        if place == len(headings) - 1:
            _mark(line, "end")


def _field(paragraph: Paragraph, instruction: str, shown: str) -> None:
    _mark(paragraph, "begin")
    _instruction(paragraph, instruction)
    _mark(paragraph, "separate")
    _coloured(paragraph.add_run(shown), _GREY, 9)
    _mark(paragraph, "end")


def _mark(paragraph: Paragraph, kind: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    mark: Any = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(mark)


def _instruction(paragraph: Paragraph, text: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    instruction: Any = OxmlElement("w:instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = text
    paragraph.add_run()._r.append(instruction)


def _bookmark(paragraph: Paragraph, name: str) -> None:
    """A place to which a link leads. Its number need only be its own."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    number = str(1 + len(paragraph.part.element.findall(f".//{qn('w:bookmarkStart')}")))
    for kind, attributes in (("w:bookmarkStart", {"w:id": number, "w:name": name}), ("w:bookmarkEnd", {"w:id": number})):
        element: Any = OxmlElement(kind)
        for attribute, value in attributes.items():
            element.set(qn(attribute), value)
        paragraph._p.append(element)


def _pictures(pictures: Sequence[Picture], edition: Edition) -> list[bytes]:
    """The charts as PNG, which every Word shows."""
    if not pictures:
        return []
    return compiled("grafieken.typ", {"charts": json.dumps([picture.svg for picture in pictures])}, edition, kind="png", ppi=220)


def _picture(document: Document, content: bytes, told: str) -> None:
    from docx.shared import Cm

    run = document.add_paragraph().add_run()
    shape = run.add_picture(io.BytesIO(content), width=Cm(_PICTURE))
    shape._inline.docPr.set("descr", told)
    shape._inline.docPr.set("name", f"Grafiek {shape._inline.docPr.id}")
    shape._inline.graphic.graphicData.pic.nvPicPr.cNvPr.set("name", "")  # else the name of a file that there never was


def _table(document: Document, block: Table) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Emu, Pt

    document.add_paragraph(block.caption, "Caption")
    is_wide = len(block.head) > _WIDE
    table = document.add_table(1 + len(block.rows), len(block.head), "Table Grid")
    table.autofit = False
    section = document.sections[-1]
    width = int((section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0))
    widths = [Emu(width * part // sum(block.widths)) for part in block.widths]
    for column, of_column in zip(table.columns, widths, strict=True):
        column.width = of_column
    head = [Cell(text) for text in block.head]
    for number, (row, cells) in enumerate(zip(table.rows, [head, *block.rows], strict=True)):
        properties: Any = row._tr.get_or_add_trPr()
        properties.append(OxmlElement("w:cantSplit"))
        if number == 0:
            properties.append(OxmlElement("w:tblHeader"))
        for place, (made, cell, of_column) in enumerate(zip(row.cells, cells, widths, strict=True)):
            made.width = of_column
            _fill(made, cell, Pt(7.5 if is_wide else 9.5), is_head=number == 0, is_name=place == 0)
    told: Any = table._tbl.tblPr
    look: Any = told.find(qn("w:tblLook"))
    for name, value in (("firstRow", "1"), ("firstColumn", "1"), ("noHBand", "1"), ("noVBand", "1"), ("lastRow", "0"), ("lastColumn", "0")):
        look.set(qn(f"w:{name}"), value)
    look.set(qn("w:val"), "06A0")
    caption: Any = OxmlElement("w:tblCaption")
    caption.set(qn("w:val"), block.caption)
    told.append(caption)
    told.find(qn("w:tblLayout")).addprevious(_borders())


def _borders() -> Any:
    """A thin line below each row, and no other."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders: Any = OxmlElement("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        border: Any = OxmlElement(f"w:{side}")
        is_line = side in ("bottom", "insideH")
        for name, value in (("val", "single" if is_line else "nil"), ("sz", "4"), ("space", "0"), ("color", "BBBBBB")):
            border.set(qn(f"w:{name}"), value)
        borders.append(border)
    return borders


def _small(paragraph: Paragraph) -> None:
    from docx.shared import Pt

    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(0)
    form.line_spacing = Pt(1)


def _fill(made: _Cell, cell: Cell, size: Any, *, is_head: bool, is_name: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    paragraph = made.paragraphs[0]
    paragraph.paragraph_format.space_after = 0
    if cell.is_number and not is_head:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = paragraph.add_run(cell.text)
    run.font.size = size
    run.bold = is_head or is_name or None
    if cell.is_empty:
        _coloured(run, _GREY, size.pt, italic=True)
    for line in cell.below:
        paragraph.add_run().add_break()
        _coloured(paragraph.add_run(line), _GREY, size.pt - 0.5)
    if is_head:
        shade: Any = OxmlElement("w:shd")
        for name, value in (("val", "clear"), ("color", "auto"), ("fill", "EEF3F8")):
            shade.set(qn(f"w:{name}"), value)
        made._tc.get_or_add_tcPr().append(shade)


def without_thumbnail(name: str, part: bytes) -> bytes | None:
    """The parts without the picture of an empty page that the template brings."""
    from lxml import etree

    if name == _THUMBNAIL:
        return None
    if name != "_rels/.rels":
        return part
    relations = etree.fromstring(part)
    for relation in relations.findall("*[@Target]"):
        if relation.get("Target") == _THUMBNAIL:
            relations.remove(relation)
    made: bytes = etree.tostring(relations, xml_declaration=True, encoding="UTF-8", standalone=True)
    return made
