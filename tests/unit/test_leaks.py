"""A name of an area is found wherever it is planted, in every kind of file that an edition has; and nothing else is."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nplv_orchestration.edition import leaks
from nplv_orchestration.edition.docx import bare
from nplv_orchestration.errors import NplvError

NAMES = ("Overdorp Zuid", "Overdorp", "Delta")
CODES = ("BU0014FA01",)
PLANTED = "Overdorp Zuid"


def page(body: str = "", head: str = "", attributes: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head>{head}</head><body {attributes}>{body}</body></html>".encode()


def xlsx(change: Callable[[object, object], object]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet("Blad")
    sheet.write_string(0, 0, "Indicator")
    change(book, sheet)
    book.close()
    return out.getvalue()


def hidden(book: object, _: object) -> None:
    extra = book.add_worksheet("Extra")  # type: ignore[attr-defined]
    extra.write_string(0, 0, PLANTED)
    extra.hide()


def ods(where: str) -> bytes:
    from odf import dc, style
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table, TableCell, TableRow
    from odf.text import P

    book = OpenDocumentSpreadsheet()
    table = Table(name=PLANTED if where == "name" else "Blad")
    if where == "hidden":
        look = style.Style(name="weg", family="table")
        look.addElement(style.TableProperties(display="false"))
        book.automaticstyles.addElement(look)
        table.setAttribute("stylename", look)
    row, cell = TableRow(), TableCell(valuetype="string")
    cell.addElement(P(text=PLANTED if where in ("cell", "hidden") else "x"))
    row.addElement(cell)
    table.addElement(row)
    book.spreadsheet.addElement(table)
    if where == "title":
        book.meta.addElement(dc.Title(text=PLANTED))
    out = io.BytesIO()
    book.write(out)
    return out.getvalue()


def docx(where: str) -> bytes:
    import docx as word

    document = word.Document()
    bare(document)
    paragraph = document.add_paragraph("Tekst. ")
    match where:
        case "runs":
            paragraph.add_run("Overdorp Zu").bold = True
            paragraph.add_run("id")
        case "header":
            document.sections[0].header.paragraphs[0].text = PLANTED
        case "property":
            document.core_properties.comments = PLANTED
        case "comment":
            document.add_comment(paragraph.runs, text=PLANTED, author="x")
        case "cell":
            document.add_table(1, 1).rows[0].cells[0].text = PLANTED
        case "alternative":
            shape = paragraph.add_run().add_picture(io.BytesIO(png()))
            shape._inline.docPr.set("descr", PLANTED)
        case "picture":
            paragraph.add_run().add_picture(io.BytesIO(png(b"tEXt")))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def png(kind: bytes = b"") -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    planted = PLANTED.encode()
    text = {
        b"": b"",
        b"tEXt": chunk(b"tEXt", b"Title\0" + planted),
        b"zTXt": chunk(b"zTXt", b"Title\0\0" + zlib.compress(planted)),
        b"iTXt": chunk(b"iTXt", b"Title\0\1\0nl\0\0" + zlib.compress(planted)),
    }[kind]
    head, body = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)), chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + text + body + chunk(b"IEND", b"")


def pdf(body: str = "Tekst.", title: str = "Titel", author: str = "") -> bytes:
    import typst

    source = f'#set document(title: "{title}", author: "{author}")\n#set text(lang: "nl")\n#set page(width: 60mm)\n#title()\n{body}\n'
    made = typst.compile(source.encode(), format="pdf", pdf_standards=["ua-1"])
    assert isinstance(made, bytes)
    return made


SVG = f"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><desc>{PLANTED}</desc></svg>"
PLACES = {
    "csv cell": ("a.csv", f"x;{PLANTED};1\n".encode()),
    "txt": ("erratum.txt", PLANTED.encode()),
    "json value": ("a.json", json.dumps({"a": [{"b": f"in {PLANTED} dus"}]}).encode()),
    "json key": ("a.json", json.dumps({PLANTED: 1}).encode()),
    "jsonld value": ("a.jsonld", json.dumps({"a": PLANTED}).encode()),
    "html text": ("a.html", page(f"<p>In {PLANTED} ging het anders.</p>")),
    "html text in marks": ("a.html", page("<p>In <b>Over</b>dorp&nbsp;<i>Zuid</i></p>")),
    "html with soft hyphens": ("a.html", page("<p>Over\u00addorp Zuid</p>")),
    "html small letters": ("a.html", page("<p>OVERDORP zuid</p>")),
    "html tooltip": ("a.html", page(f'<p title="{PLANTED}">x</p>')),
    "html label": ("a.html", page(f'<p aria-label="{PLANTED}">x</p>')),
    "html data": ("a.html", page(f'<img alt="" data-x="{PLANTED}">')),
    "html comment": ("a.html", page(f"<!-- {PLANTED} -->")),
    "html script": ("a.html", page(f"<script>x='{PLANTED}'</script>")),
    "html style": ("a.html", page("", f"<style>/* {PLANTED} */</style>")),
    "html title": ("a.html", page("", f"<title>{PLANTED}</title>")),
    "svg title in html": ("a.html", page(f"<svg><title>{PLANTED}</title></svg>")),
    "svg description": ("a.svg", SVG.encode()),
    "svg text": ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><text>Overdorp <tspan>Zuid</tspan></text></svg>"),
    "xlsx cell": ("a.xlsx", xlsx(lambda _, sheet: sheet.write_string(1, 0, PLANTED))),  # type: ignore[attr-defined]
    "xlsx hidden sheet": ("a.xlsx", xlsx(hidden)),
    "xlsx comment": ("a.xlsx", xlsx(lambda _, sheet: sheet.write_comment(0, 0, PLANTED))),  # type: ignore[attr-defined]
    "xlsx property": ("a.xlsx", xlsx(lambda book, _: book.set_properties({"subject": PLANTED}))),  # type: ignore[attr-defined]
    "xlsx own property": ("a.xlsx", xlsx(lambda book, _: book.set_custom_property("x", PLANTED))),  # type: ignore[attr-defined]
    "xlsx name of a range": ("a.xlsx", xlsx(lambda book, _: book.define_name("Delta", "=Blad!$A$1"))),  # type: ignore[attr-defined]
    "xlsx name of a sheet": ("a.xlsx", xlsx(lambda book, _: book.add_worksheet(PLANTED))),  # type: ignore[attr-defined]
    "xlsx header": ("a.xlsx", xlsx(lambda _, sheet: sheet.set_header(PLANTED))),  # type: ignore[attr-defined]
    **{f"ods {where}": ("a.ods", ods(where)) for where in ("cell", "hidden", "title", "name")},
    **{f"docx {where}": ("a.docx", docx(where)) for where in ("runs", "header", "property", "comment", "cell", "alternative", "picture")},
    "pdf text": ("a.pdf", pdf(f"In {PLANTED} ging het anders.")),
    "pdf text over lines": ("a.pdf", pdf("Over-\\\ndorp Zuid")),
    "pdf title": ("a.pdf", pdf(title=PLANTED)),
    "pdf author": ("a.pdf", pdf(author=PLANTED)),
    "pdf alternative text": ("a.pdf", pdf(f'#image(bytes("<svg xmlns=\\"http://www.w3.org/2000/svg\\" width=\\"9\\" height=\\"9\\"/>"), alt: "{PLANTED}")')),
    "pdf outline": ("a.pdf", pdf(f'#show heading: it => [x]\n#heading(level: 1, bookmarked: true)[{PLANTED}]')),
    **{f"png {kind.decode()}": ("a.png", png(kind)) for kind in (b"tEXt", b"zTXt", b"iTXt")},
    "the name of a file": (f"{PLANTED}.csv", b"x\n"),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_a_name_is_found_wherever_it_is_planted(place: str, tmp_path: Path) -> None:
    name, content = PLACES[place]
    (tmp_path / name).write_bytes(content)
    found = leaks.leaks(tmp_path, NAMES, CODES, {})
    assert found, place
    assert all(line.startswith(f"{name}, ") for line in found)
    assert all(line.endswith(("Overdorp Zuid", "Delta")) for line in found)


CLEAN = {
    "a.csv": b"indicator;waarde\nWoningen;12,3\n", "a.json": b'{"a": ["Deltaplan", 1, null]}', "a.html": page("<p>Overdorpen, Deltaplan</p>"),
    "a.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><text>x</text></svg>", "a.xlsx": xlsx(lambda *_: None), "a.ods": ods(""), "a.docx": docx(""), "a.pdf": pdf(), "a.png": png(),
}  # fmt: skip


def test_what_names_none_has_no_leak(tmp_path: Path) -> None:
    for name, content in CLEAN.items():
        (tmp_path / name).write_bytes(content)
    assert leaks.leaks(tmp_path, NAMES, CODES, {}) == []


@pytest.mark.parametrize("text", ["BU0014FA01", "0014FA01", "BU00140001", "WK001400", "GM0014"])
def test_a_code_is_found_everywhere_but_in_the_list_of_them(text: str, tmp_path: Path) -> None:
    (tmp_path / "afbakening.csv").write_text(f"Overdorp Zuid;{text}\n")
    assert leaks.leaks(tmp_path, NAMES, CODES, {}) == []
    (tmp_path / "a.json").write_text(json.dumps({"a": f"buurt {text}"}))
    (tmp_path / "a.html").write_bytes(page(f"<p>{text}</p>"))
    assert leaks.leaks(tmp_path, NAMES, CODES, {}) == [f"a.html, p: {text}", f"a.json, .a: {text}"]


def test_a_name_may_stand_as_often_as_the_document_has_it_and_only_where_it_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_bytes(page("<table><tr><td>Overdorp Zuid</td><td>Overdorp</td></tr></table>"))
    allowed = {"a.html": ["Overdorp Zuid", "Overdorp"]}
    assert leaks.leaks(tmp_path, NAMES, CODES, allowed) == []
    (tmp_path / "a.html").write_bytes(page("<table><tr><td>Overdorp Zuid</td><td>Overdorp</td></tr></table><p>Overdorp doet het goed.</p>"))
    assert leaks.leaks(tmp_path, NAMES, CODES, allowed) == ["a.html, p: Overdorp"]
    (tmp_path / "a.html").write_bytes(page('<p title="Overdorp">x</p>'))
    assert leaks.leaks(tmp_path, NAMES, CODES, allowed) == ["a.html, attribute title of p: Overdorp"]


def test_with_a_hidden_sheet_no_name_counts_as_seen(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(xlsx(hidden))
    assert leaks.leaks(tmp_path, NAMES, CODES, {"a.xlsx": [PLANTED]})


def test_a_file_that_nobody_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.doc").write_bytes(b"x")
    with pytest.raises(NplvError, match=r"a\.doc: no reader for files of this kind"):
        leaks.leaks(tmp_path, NAMES, CODES, {})
    (tmp_path / "a.doc").unlink()
    content = io.BytesIO(docx(""))
    with zipfile.ZipFile(content, "a") as file:
        file.writestr("word/vbaProject.bin", b"x")
    (tmp_path / "a.docx").write_bytes(content.getvalue())
    with pytest.raises(NplvError, match=r"vbaProject\.bin: no reader for files of this kind"):
        leaks.leaks(tmp_path, NAMES, CODES, {})


WORDS = st.lists(st.text("abcde fghij.,;:!?\n", min_size=1, max_size=12), max_size=5).map(" ".join)


@given(WORDS, WORDS, st.sampled_from(NAMES))
def test_in_any_text_a_name_is_found_and_without_one_nothing(before: str, after: str, name: str) -> None:
    looked_for = leaks._Names(NAMES, CODES)
    assert list(looked_for.names_in(f"{before} {after}")) == []
    assert list(looked_for.names_in(f"{before} {name} {after}")) == [name]
    for text in (json.dumps([before, name, after]).encode(), json.dumps({f"{before} {name}": after}).encode()):
        assert [name for one in leaks._json(text) for name in looked_for.names_in(one.text)] == [name]
