"""The progress overview for Word: its blocks as real headings, lists and tables, for who edits the text or takes it over into a letter.

How a block looks in Word belongs here; what it tells is in `document`. Made twice it has the same bytes.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TYPE_CHECKING, Any, assert_never

from nplv_orchestration.edition.document import Block, Cell, Heading, Picture, Points, Table, Terms, Text, is_wide, notes_of, parts, title_of
from nplv_orchestration.edition.packed import repacked
from nplv_orchestration.edition.pdf import compiled
from nplv_orchestration.edition.table import Edition

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import Section
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph

_BLUE, _GREY, _BROWN = "154273", "4A4A4A", "7A4F00"
_LISTED = 3  # headings down to this level stand in the contents
_TITLES = {"Title": 24, "Heading 1": 16, "Heading 2": 13, "Heading 3": 11.5, "Caption": 10}
_IN_TABLE, _IN_WIDE_TABLE = "Tabeltekst", "Tabeltekst klein"
_PICTURE = 12.5  # cm: with its words a chart takes no more than a third of a page
_LEFT_BEHIND = ("thumbnail", "extended-properties", "stylesWithEffects", "webSettings", "customXml")
"""Parts of the template that tell of another document, or are for a Word of before 2010."""


def docx(edition: Edition, blocks: Sequence[Block]) -> bytes:
    """The whole overview, of the blocks of `document`: a file of Word. The first block is a heading of level 2."""
    import docx as word

    title = title_of(edition)
    drawn = _drawn([block for block in blocks if isinstance(block, Picture)], edition)
    places = count(1)
    document = word.Document()
    bare(document)
    _styled(document)
    _described(document, title, edition)
    _paper(document.sections[0], is_wide=False)
    _around(document.sections[0], title, edition)
    if edition.mark:
        _coloured(document.add_paragraph().add_run(edition.mark), _BROWN, bold=True)
    document.add_paragraph(title, "Title")
    for line in notes_of(edition):
        document.add_paragraph(line, "List Bullet")
    _contents(document, [block for block in blocks if isinstance(block, Heading) and block.level <= _LISTED])
    lies_across = False
    for part in parts(blocks):
        if is_wide(part) != lies_across:
            lies_across = not lies_across
            _paper(document.add_section(), is_wide=lies_across)
            _tiny(document.paragraphs[-1])  # Word ends a section in a paragraph, which after a full page would be a page of its own
        for block, following in zip(part, [*part[1:], None], strict=True):
            _add(document, block, drawn, places, is_before_picture=isinstance(following, Picture))
    out = io.BytesIO()
    document.save(out)
    return repacked(out.getvalue())


def _add(document: Document, block: Block, drawn: Iterator[bytes], places: Iterator[int], *, is_before_picture: bool) -> None:
    """Draw a block at the end. drawn: the pictures that are to come; places: the numbers of the headings to which the contents lead."""
    match block:
        case Heading():
            heading = document.add_heading(block.text, block.level - 1)
            heading.paragraph_format.page_break_before = block.is_on_new_page or None
            if block.level <= _LISTED:
                _bookmark(heading, next(places))
        case Text():
            form = document.add_paragraph(block.text).paragraph_format
            form.keep_with_next = form.keep_together = is_before_picture or None
        case Points():
            for line in block.lines:
                document.add_paragraph(line, "List Bullet")
        case Terms():
            for term, text in block.pairs:
                paragraph = document.add_paragraph()
                paragraph.add_run(term if term.endswith("?") else f"{term}.").bold = True
                paragraph.add_run(f" {text}")
        case Picture():
            _picture(document, next(drawn), block)
        case Table():
            _table(document, block)
        case _:
            assert_never(block)


def _element(tag: str, **attributes: str) -> Any:
    """An element of Word, with attributes of its own vocabulary."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made


# ---------------------------------------------------------------------------------------------------------- the look


def bare(document: Document) -> None:
    """Take out what the template tells of where it was made, and make its settings Dutch."""
    from docx.oxml.ns import qn

    for relations in (document.part.rels, document.part.package.rels):
        for key in [key for key, relation in relations.items() if relation.reltype.endswith(_LEFT_BEHIND)]:
            del relations[key]
    settings: Any = document.settings.element
    for tag in ("w:proofState", "w:savePreviewPicture", "w:rsids"):
        settings.remove(settings.find(qn(tag)))
    settings.replace(settings.find(qn("w:zoom")), _element("w:zoom", percent="100"))
    for tag, value in (("w:themeFontLang", "nl-NL"), ("w:decimalSymbol", ","), ("w:listSeparator", ";")):
        settings.replace(settings.find(qn(tag)), _element(tag, val=value))
    (mode,) = settings.xpath(".//w:compatSetting[@w:name='compatibilityMode']")
    mode.set(qn("w:val"), "15")  # else Word opens it as a document of an older one
    document.styles.element.find(f"{qn('w:docDefaults')}//{qn('w:lang')}").set(qn("w:val"), "nl-NL")


def _styled(document: Document) -> None:
    """The fonts and sizes of the styles; the names of the styles are Word's own, which it shows in the reader's language."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    styles = document.styles
    normal: Any = styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(11)
    normal.paragraph_format.space_after, normal.paragraph_format.line_spacing = Pt(6), 1.08
    for name, size in _TITLES.items():
        style: Any = styles[name]
        _coloured(style, _BLUE, size, bold=True)
        style.font.italic = False
        style.font.name = "Calibri"
        fonts = style.element.rPr.find(qn("w:rFonts"))
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        style.paragraph_format.keep_with_next = True
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(0 if name == "Title" else 10), Pt(10 if name == "Title" else 2)
        style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.LEFT
    line = styles["Title"].element.find(f".//{qn('w:bottom')}")
    line.getparent().replace(line, _element("w:bottom", val="single", sz="8", space="4", color=_BLUE))
    _coloured(styles["Header"], _BROWN, 9, bold=True)
    _coloured(styles["Footer"], _GREY, 9)
    for name, indent in (("toc 1", 0.0), ("toc 2", 0.6)):
        of_line: Any = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH, builtin=True)
        of_line.base_style = normal
        of_line.font.size, of_line.paragraph_format.left_indent, of_line.paragraph_format.space_after = Pt(10), Cm(indent), Pt(1)
    for name, size in ((_IN_TABLE, 10), (_IN_WIDE_TABLE, 7.5)):
        of_cell: Any = styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        of_cell.base_style = normal
        of_cell.font.size = Pt(size)
        of_cell.paragraph_format.space_after, of_cell.paragraph_format.line_spacing = Pt(0), 1.0


def _described(document: Document, title: str, edition: Edition) -> None:
    told = document.core_properties
    told.title, told.author, told.last_modified_by, told.language = title, edition.programme.name_nl, edition.programme.name_nl, "nl-NL"
    told.created = told.modified = edition.made_at.replace(tzinfo=None)
    told.subject, told.keywords, told.comments = "Voortgangsoverzicht", f"{edition.programme.short_nl}, leefbaarheid, veiligheid", ""
    told.revision, told.content_status = 1, edition.mark


def _paper(section: Section, *, is_wide: bool) -> None:
    """A4, upright or laid across."""
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    short, long = Cm(21), Cm(29.7)
    section.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if is_wide else (short, long)
    section.left_margin = section.right_margin = Cm(1.5 if is_wide else 2.3)
    section.top_margin = section.bottom_margin = Cm(1.8)
    section.header_distance = section.footer_distance = Cm(0.9)


def _around(section: Section, title: str, edition: Edition) -> None:
    """The mark of invented figures on top of each page, and the number of the page below; the sections after this one have the same."""
    section.header.paragraphs[0].text = edition.mark
    footer = section.footer.paragraphs[0]
    footer.add_run(f"{title}, pagina ")
    _begin_field(footer, "PAGE")
    footer.add_run("1")
    _mark(footer, "end")


def _coloured(one: Any, colour: str, size: float | None = None, *, bold: bool | None = None, italic: bool | None = None) -> None:
    """Give a run or a style its colour, and what else is told."""
    from docx.shared import Pt, RGBColor

    one.font.color.rgb, one.font.bold, one.font.italic = RGBColor.from_string(colour), bold, italic
    if size:
        one.font.size = Pt(size)


def _tiny(paragraph: Paragraph) -> None:
    from docx.shared import Pt

    form = paragraph.paragraph_format
    form.space_before = form.space_after = Pt(0)
    form.line_spacing = Pt(1)


# -------------------------------------------------------------------------------------------------------- what is made


def _contents(document: Document, headings: Sequence[Heading]) -> None:
    """A table of contents that Word can renew, with its lines in it already, each a link to its heading."""
    document.add_paragraph("Inhoud", "TOC Heading")
    for place, heading in enumerate(headings, 1):
        line = document.add_paragraph(style=f"toc {heading.level - 1}")
        if place == 1:
            _begin_field(line, rf'TOC \o "1-{_LISTED - 1}" \h \z \u')
        link = _element("w:hyperlink", anchor=_place(place))
        link.append(line.add_run(heading.text)._r)
        line._p.append(link)
        if place == len(headings):
            _mark(line, "end")


def _place(number: int) -> str:
    """The name of the bookmark around a heading, as Word itself names those of a table of contents."""
    return f"_Toc{number:08}"


def _bookmark(heading: Paragraph, number: int) -> None:
    """Make a heading a place to which a link leads."""
    heading.runs[0]._r.addprevious(_element("w:bookmarkStart", id=str(number), name=_place(number)))
    heading._p.append(_element("w:bookmarkEnd", id=str(number)))


def _begin_field(paragraph: Paragraph, instruction: str) -> None:
    """What Word computes; what is shown until it does so comes after this, and then a mark of its end."""
    _mark(paragraph, "begin")
    told = _element("w:instrText")
    told.text = instruction
    paragraph.add_run()._r.append(told)
    _mark(paragraph, "separate")


def _mark(paragraph: Paragraph, kind: str) -> None:
    paragraph.add_run()._r.append(_element("w:fldChar", fldCharType=kind))


def _drawn(pictures: Sequence[Picture], edition: Edition) -> Iterator[bytes]:
    """The charts as PNG, which every Word shows."""
    charts = json.dumps([picture.svg for picture in pictures])
    return iter(compiled("grafieken.typ", {"charts": charts}, edition, kind="png", ppi=220) if pictures else [])


_SVG = (
    '<a:extLst xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:ext uri="{{96DAC541-7B7A-43D3-8B79-37D633B846F1}}">'
    '<asvg:svgBlip xmlns:asvg="http://schemas.microsoft.com/office/drawing/2016/SVG/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:embed="{}"/></a:ext></a:extLst>'
)


def _picture(document: Document, png: bytes, block: Picture) -> None:
    """A chart with its words, and as an SVG too: a newer Word draws that instead, sharp at any size."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part
    from docx.oxml import parse_xml
    from docx.shared import Cm

    inline = document.add_paragraph().add_run().add_picture(io.BytesIO(png), width=Cm(_PICTURE))._inline
    number = len(document.inline_shapes)
    inline.docPr.set("descr", block.told)
    inline.docPr.set("name", f"Grafiek {number}")
    drawn: Any = inline.graphic.graphicData.pic
    drawn.nvPicPr.cNvPr.set("name", "")  # else the name of a file that there never was
    svg = Part(PackURI(f"/word/media/grafiek{number}.svg"), "image/svg+xml", block.svg.encode(), document.part.package)
    drawn.blipFill.blip.append(parse_xml(_SVG.format(document.part.relate_to(svg, RELATIONSHIP_TYPE.IMAGE))))


def _table(document: Document, block: Table) -> None:
    from docx.shared import Emu

    document.add_paragraph(block.caption, "Caption")
    style = _IN_WIDE_TABLE if block.is_wide else _IN_TABLE
    table = document.add_table(1 + len(block.rows), len(block.head), "Table Grid")
    table.autofit = False
    section = document.sections[-1]
    across = int((section.page_width or 0) - (section.left_margin or 0) - (section.right_margin or 0))
    widths = [Emu(across * part // sum(block.widths)) for part in block.widths]
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    head = [Cell(text, is_number=any(row[place].is_number for row in block.rows)) for place, text in enumerate(block.head)]
    for number, (row, cells) in enumerate(zip(table.rows, [head, *block.rows], strict=True)):
        properties: Any = row._tr.get_or_add_trPr()
        properties.append(_element("w:cantSplit"))
        if number == 0:
            properties.append(_element("w:tblHeader"))
        for place, (made, cell, width) in enumerate(zip(row.cells, cells, widths, strict=True)):
            made.width = width
            _fill(made, cell, style, is_head=number == 0, is_name=place == 0)
    _described_table(table._tbl.tblPr, block.caption)


def _described_table(told: Any, caption: str) -> None:
    """The borders and margins of a table, what its head is, and its name for who hears it; in the order that Word asks."""
    from docx.oxml.ns import qn

    layout, look = told.find(qn("w:tblLayout")), told.find(qn("w:tblLook"))
    layout.addprevious(_borders())
    margins = _element("w:tblCellMar")
    for side, width in (("top", "20"), ("left", "70"), ("bottom", "20"), ("right", "70")):
        margins.append(_element(f"w:{side}", w=width, type="dxa"))
    layout.addnext(margins)
    heads = _element("w:tblLook", val="06A0", firstRow="1", lastRow="0", firstColumn="1", lastColumn="0", noHBand="1", noVBand="1")
    told.replace(look, heads)
    told.append(_element("w:tblCaption", val=caption))


def _borders() -> Any:
    """A thin line below each row, and no other."""
    borders = _element("w:tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        kind = "single" if side in ("bottom", "insideH") else "nil"
        borders.append(_element(f"w:{side}", val=kind, sz="4", space="0", color="BBBBBB"))
    return borders


def _fill(made: _Cell, cell: Cell, style: str, *, is_head: bool, is_name: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    paragraph = made.paragraphs[0]
    paragraph.style = style
    if cell.is_number:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = paragraph.add_run(cell.text)
    run.bold = is_head or is_name or None
    if cell.is_empty:
        _coloured(run, _GREY, bold=run.bold, italic=True)
    for line in cell.below:
        paragraph.add_run().add_break()
        _coloured(paragraph.add_run(line), _GREY, paragraph.style.font.size.pt - 1)
    if is_head:
        made._tc.get_or_add_tcPr().append(_element("w:shd", val="clear", color="auto", fill="EEF3F8"))
