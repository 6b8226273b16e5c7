"""Looks for names of areas and codes of buurten where none may stand, in every text that a file of an edition bears.

The edition is made from a database without areas; this is the second lock. What stands visibly is counted, and may hold a name as often as the text of the document has it;
what stands elsewhere (metadata, alternative texts, attributes, comments, hidden sheets) may hold none. How a kind of file is read belongs here; what is in it does not.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any

from nplv_orchestration.edition.document import with_names
from nplv_orchestration.edition.table import Edition
from nplv_orchestration.errors import NplvError

CODE = re.compile(r"\b(?:BU|WK)\d{4}\w*|\bGM\d{4}\b")


@dataclass(frozen=True)
class Text:
    """A piece of text in a file. where: for a person; is_visible: whether a reader of the file sees it as running text."""

    where: str
    text: str
    is_visible: bool


def found_in(folder: Path, edition: Edition) -> list[str]:
    """The leaks in the draft of an edition, as lines."""
    names = {row[name] for row in edition.delineation for name in ("area_name", "municipality_name")}
    codes = {row["region_code"] for row in edition.delineation}
    own = (edition.programme.name_nl, edition.programme.short_nl, edition.programme.about_nl)
    return leaks(folder, names, codes, dict.fromkeys(_DOCUMENTS, with_names(edition)), own)


_DOCUMENTS = ("voortgangsoverzicht.html", "voortgangsoverzicht.pdf", "voortgangsoverzicht.docx")
_DELINEATION = "afbakening.csv"  # the file that exists to tell which buurten make up which area


def leaks(folder: Path, names: Iterable[str], codes: Iterable[str], allowed: Mapping[str, Iterable[str]], own: Iterable[str] = ()) -> list[str]:
    """Every name that stands more often than it may, and every code, as '<file>, <where>: <what>'.

    names: of areas and of municipalities; codes: of regions, which may stand in no file. allowed: by file, the visible texts in which names stand rightly. own: what the
    programme says of itself, in which a name may stand anywhere.
    Raises NplvError for a file of a kind that is not known here.
    """
    looked_for = _Names(names, codes, own)
    return [line for path in sorted(folder.iterdir()) if path.name != _DELINEATION for line in _of_file(path, looked_for, allowed.get(path.name, ()))]


def _of_file(path: Path, looked_for: _Names, allowed: Iterable[str]) -> Iterator[str]:
    left = Counter(name for text in allowed for name in looked_for.names_in(text))
    for text in [Text("the name of the file", path.name, False), *texts(path)]:
        for code in looked_for.codes_in(text.text):
            yield f"{path.name}, {text.where}: {code}"
        for name in looked_for.names_in(text.text):
            left[name] -= text.is_visible
            if not text.is_visible or left[name] < 0:
                yield f"{path.name}, {text.where}: {name}"


class _Names:
    """What is looked for, in one expression: the longest name first, so that it is not taken for the shorter one in it."""

    def __init__(self, names: Iterable[str], codes: Iterable[str], own: Iterable[str] = ()) -> None:
        folded = {_folded(name): name for name in names}
        self.names = {_closed(name): told for name, told in folded.items()}
        self.own: re.Pattern[str] | None = None
        self.pattern = _broken(self.names)
        self.own = _broken(_closed(_folded(text)) for text in own if any(self.names_in(text)))
        self.bare = {code[2:] for code in codes if not code[2:].isdigit()}  # digits alone are a number like any other

    def names_in(self, text: str) -> Iterator[str]:
        """The names in a text, each as often as it stands there."""
        if self.pattern:
            for found in self.pattern.finditer(self.own.sub(" ", _folded(text)) if self.own else _folded(text)):
                yield self.names[_closed(found[0])]

    def codes_in(self, text: str) -> Iterator[str]:
        """The codes in a text: of any buurt, wijk or municipality, and those of the areas without the letters before them."""
        yield from dict.fromkeys(found[0] for found in CODE.finditer(text))
        yield from dict.fromkeys(word for word in re.findall(r"\w+", text) if word in self.bare)


def _broken(closed: Iterable[str]) -> re.Pattern[str] | None:
    """An expression for texts without white space and hyphens, the longest first; a line may have been broken between any two of their letters. None without any."""
    patterns = [r"[-\s]*".join(map(re.escape, text)) for text in sorted(closed, key=len, reverse=True)]
    return re.compile(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)") if patterns else None


def _folded(text: str) -> str:
    """Text as it is compared: without marks of where a word may be broken, and in small letters."""
    return unicodedata.normalize("NFKC", text).replace("\u00ad", "").replace("\u2010", "-").replace("\u2011", "-").casefold()


def _closed(text: str) -> str:
    return re.sub(r"[-\s]+", "", text)


# ------------------------------------------------------------------------------------------------------ the kinds of files


def texts(path: Path) -> Iterator[Text]:
    """All text that a file bears, and where. Raises NplvError for a file of a kind that is not known here."""
    yield from _texts(path.name, path.read_bytes())


def _texts(name: str, content: bytes) -> Iterator[Text]:
    suffix = PurePosixPath(name).suffix.lower()
    if name == "SHA256SUMS" or suffix == ".txt":
        suffix = ".csv"
    if suffix not in _READERS:
        raise NplvError(f"{name}: no reader for files of this kind, so nobody knows whether an area is named in it; add one to edition/leaks.py")
    yield from _READERS[suffix](content)


def _lines(content: bytes) -> Iterator[Text]:
    for number, cells in enumerate(csv.reader(io.StringIO(content.decode())), 1):
        for cell in cells:
            yield Text(f"line {number}", cell, True)


def _json(content: bytes) -> Iterator[Text]:
    def walk(value: Any, where: str) -> Iterator[Text]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield Text(where or "the top", key, False)
                yield from walk(inner, f"{where}.{key}")
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner, where)
        elif value is not None:
            yield Text(where, str(value), False)

    yield from walk(json.loads(content), "")


class _Page(HTMLParser):
    """Collects what a page bears; the text of one block is one piece, however it is marked up inside."""

    _INSIDE = frozenset({"a", "abbr", "b", "em", "i", "mark", "small", "span", "strong", "sub", "sup", "tspan"})
    _UNSEEN = frozenset({"title", "desc", "style", "script", "metadata", "template"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Text] = []
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._end_of_block(tag)
        self.found += [Text(f"attribute {name} of {tag}", value, False) for name, value in attrs if value]
        if tag not in ("meta", "link", "br", "col", "img", "hr", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._end_of_block(tag)
        while tag in self.open and self.open.pop() != tag:  # what was not closed ends with what it stands in
            pass

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.found.append(Text("a comment", data, False))

    def handle_pi(self, data: str) -> None:
        self.found.append(Text("an instruction", data, False))

    def close(self) -> None:
        super().close()
        self._end_of_block("html")

    def _end_of_block(self, tag: str) -> None:
        if tag in self._INSIDE:
            return
        text, self.words = "".join(self.words), []
        unseen = next((one for one in self.open if one in self._UNSEEN), None)
        if text.strip():
            self.found.append(Text(unseen or (self.open[-1] if self.open else "text"), text, not unseen))


def _page(content: bytes) -> Iterator[Text]:
    page = _Page()
    page.feed(content.decode())
    page.close()
    yield from page.found


_INLINE = frozenset({"r", "t", "span", "a", "hyperlink", "ins", "del", "smartTag", "sdtContent"})  # these do not end a word
_GAPS = frozenset({"tab", "br", "cr", "s", "line-break"})
_VISIBLE_PARTS = re.compile(r"word/document\.xml|xl/sharedStrings\.xml|xl/worksheets/sheet\d+\.xml|content\.xml")


def _xml(content: bytes, part: str) -> Iterator[Text]:
    """The texts of a part of an office file, a paragraph or a cell each, and all its attributes and comments."""
    from lxml import etree

    root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    words: list[str] = []

    def walk(element: Any) -> Iterator[Text]:
        if not isinstance(element.tag, str):
            yield Text(f"a comment in {part}", str(element.text), False)
            return
        kind = etree.QName(element).localname
        yield from (Text(f"attribute {name} in {part}", str(value), False) for name, value in element.attrib.items())
        ends = kind in _GAPS or (kind not in _INLINE and any(element.itertext()))
        words.append("\0" * ends + (element.text or ""))
        for child in element:
            yield from walk(child)
            words.append(child.tail or "")
        words.append("\0" * ends)

    yield from walk(root)
    is_visible = bool(_VISIBLE_PARTS.fullmatch(part))
    yield from (Text(part, text, is_visible) for text in "".join(words).split("\0") if text.strip())


def _packed(content: bytes) -> Iterator[Text]:
    """An office file: every part of it, also what is packed in it again."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        yield Text("the comment of the file", file.comment.decode(errors="replace"), False)
        hidden = _hidden(file)
        for member in file.infolist():
            name = member.filename
            yield Text("the name of a part", name, False)
            inside = file.read(member)
            if name.endswith((".xml", ".rels", ".vml")):
                yield from (Text(text.where, text.text, text.is_visible and name not in hidden) for text in _xml(inside, name))
            elif name == "mimetype":
                yield Text(name, inside.decode(), False)
            elif not member.is_dir():
                yield from (Text(f"{name}: {text.where}", text.text, False) for text in _texts(name, inside))


def _hidden(file: zipfile.ZipFile) -> set[str]:
    """The parts that a reader does not see: with a hidden sheet in a book, none of its texts is taken for visible, since sheets share them."""
    book = {"xl/workbook.xml": rb'state="(?:veryH|h)idden"', "content.xml": rb'table:display="false"|table:visibility="(?:collapse|filter)"'}
    unseen = any(re.search(pattern, file.read(name)) for name, pattern in book.items() if name in file.namelist())
    return set(file.namelist()) if unseen else set()


def _pdf(content: bytes) -> Iterator[Text]:
    """The text of each page, and every other text in the file: metadata, outline, alternative texts, notes, attachments."""
    from pypdf import PdfReader
    from pypdf.generic import ArrayObject, ByteStringObject, DictionaryObject, StreamObject, TextStringObject

    reader = PdfReader(io.BytesIO(content))
    for number, page in enumerate(reader.pages, 1):
        yield Text(f"page {number}", page.extract_text(), True)
    for name, attached in reader.attachments.items():
        for one in attached:
            yield from (Text(f"{name}: {text.where}", text.text, False) for text in _texts(name, one))

    def strings(value: Any) -> Iterator[str]:
        if isinstance(value, TextStringObject):
            yield str(value)
        elif isinstance(value, ByteStringObject):
            yield bytes(value).decode("utf-8", errors="replace")
        elif isinstance(value, ArrayObject):
            for inner in value:
                yield from strings(inner)
        elif isinstance(value, DictionaryObject):
            for inner in value.values():
                yield from strings(inner)
            if isinstance(value, StreamObject) and value.get("/Type") == "/Metadata":
                yield value.get_data().decode("utf-8", errors="replace")

    yield from (Text("its properties", str(value), False) for value in (reader.metadata or {}).values())
    size: Any = reader.trailer["/Size"]
    for number in range(1, int(size)):
        for text in strings(reader.get_object(number)):
            yield Text(f"object {number}", text, False)


def _png(content: bytes) -> Iterator[Text]:
    """The chunks of a picture that bear text; what is drawn in it is drawn from texts that are looked at elsewhere."""
    import zlib

    place = 8
    while place + 8 <= len(content):
        size, kind = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        data = content[place + 8 : place + 8 + size]
        if kind == b"zTXt":
            name, _, packed = data.partition(b"\0")
            data = name + b"\0" + zlib.decompress(packed[1:])
        if kind == b"iTXt":
            head = re.fullmatch(rb"([^\0]*\0)(.)\0([^\0]*\0[^\0]*\0)(.*)", data, re.DOTALL)
            if head and head[2] == b"\1":
                data = head[1] + head[3] + zlib.decompress(head[4])
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf"):
            yield Text(f"chunk {kind.decode()}", data.decode("utf-8", errors="replace"), False)
        place += 12 + size


_READERS: dict[str, Callable[[bytes], Iterator[Text]]] = {
    ".csv": _lines, ".json": _json, ".jsonld": _json, ".html": _page, ".svg": _page, ".xlsx": _packed, ".ods": _packed, ".docx": _packed, ".pdf": _pdf, ".png": _png,
}  # fmt: skip
