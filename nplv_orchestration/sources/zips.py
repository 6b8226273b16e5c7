"""Zips from outside: opened only when they stay where they are and do not swell, and their csv read as text.

What stands in a file belongs to its reader.
"""

from __future__ import annotations

import errno
import io
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

from nplv_orchestration.errors import SourceRefused

if TYPE_CHECKING:
    import pyarrow as pa

MOST_UNPACKED = 8 << 30
_MOST_MEMBERS = 1000
_BLOCK = 4 << 20
_HEAD = 64 << 10  # bytes in which the head of a csv must be found
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error)


@contextmanager
def opened(path: Path, name: str) -> Iterator[zipfile.ZipFile]:
    """A zip that is safe to read. Raises SourceRefused for one that is none, climbs out of its folder, or unpacks to too much."""
    with _refusing(f"{name}: the file is not a zip, or not complete"):
        packed = zipfile.ZipFile(path)
    with packed:
        members = packed.infolist()
        if len(members) > _MOST_MEMBERS:
            raise SourceRefused(f"{name}: the zip has {len(members)} files, more than any has")
        if any(map(climbs_out, members)):
            raise SourceRefused(f"{name}: the zip has a path that climbs out")
        if sum(m.file_size for m in members) > MOST_UNPACKED:
            raise SourceRefused(f"{name}: the zip unpacks to more than {MOST_UNPACKED >> 30} GB")
        yield packed


def climbs_out(info: zipfile.ZipInfo) -> bool:
    """Whether a file of a zip names a place outside the folder that it is unpacked in."""
    return ".." in PurePosixPath(info.filename.replace("\\", "/")).parts or info.filename.startswith(("/", "\\"))


@contextmanager
def _refusing(what: str) -> Iterator[None]:
    """What is broken in a zip, as a refusal. A broken directory sends the reader to places that are none, which looks like a disk's fault."""
    try:
        yield
    except (*_BROKEN, OSError) as error:
        if isinstance(error, OSError) and error.errno not in (errno.EINVAL, None):  # of the disk; bzip2's about its data has no number
            raise
        raise SourceRefused(f"{what}: {str(error)[:100] or type(error).__name__}") from None


def csv_members(packed: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The csv files in a zip."""
    return [member for member in packed.infolist() if member.filename.lower().endswith(".csv")]


@contextmanager
def member(packed: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> Iterator[IO[bytes]]:
    """A file in a zip. Reading it raises SourceRefused when it is broken, or gives more bytes than it says it has."""
    name = f"{name}, {info.filename[-80:]}"
    if info.flag_bits & 1:
        raise SourceRefused(f"{name}: is encrypted")
    with _refusing(f"{name}: cannot be unpacked"):
        file = packed.open(info)
    with file:
        yield io.BufferedReader(_Counted(file, info.file_size, name), _BLOCK)


class _Counted(io.RawIOBase):
    """What is read of a file, as far as it says that it goes."""

    def __init__(self, file: IO[bytes], size: int, name: str) -> None:
        self._file, self._left, self._name = file, size, name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _refusing(f"{self._name}: cannot be unpacked"):
            content = self._file.read(min(len(buffer), _BLOCK))
        self._left -= len(content)
        if self._left < 0:
            raise SourceRefused(f"{self._name}: unpacks to more than it says")
        buffer[: len(content)] = content
        return len(content)


def head_of(file: IO[bytes], delimiter: str, name: str) -> list[str]:
    """The cells of the first line of a csv, without quotes; the file is read as far as that line. Raises SourceRefused when it has no end."""
    line = file.readline(_HEAD).decode("utf-8-sig", errors="replace").rstrip("\r\n")
    if "\r" in line or line.count('"') % 2:  # lines would be taken for a part of the head, and be lost
        raise SourceRefused(f"{name}: the head has a line break or a quote too many")
    return [cell.strip().strip('"').strip() for cell in line.split(delimiter)]


def lines(file: IO[bytes], head: list[str], columns: list[str], delimiter: str, name: str, first: int) -> Iterator[tuple[int, pa.Table]]:
    """The lines after the head, in batches: the number of the batch's first line, and `columns` as text.

    head: the cells of the head, which was read already; first: the number of the line after it. Raises SourceRefused for a line with
    another number of cells, text that is not UTF-8, or a line that does not end.
    """
    import pyarrow as pa
    import pyarrow.csv as pc

    twice = {cell for cell in head if head.count(cell) > 1} & set(columns)
    if twice:
        raise SourceRefused(f"{name}: two columns are named {', '.join(sorted(twice))}")
    names = [cell if cell in columns else f"{number} {cell}" for number, cell in enumerate(head)]
    at = first
    for block in _blocks(file, name):
        try:
            rows = pc.read_csv(
                pa.BufferReader(block),
                read_options=pc.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False),
                parse_options=pc.ParseOptions(delimiter=delimiter),
                convert_options=pc.ConvertOptions(
                    include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid as error:
            raise SourceRefused(f"{name}: {_line(str(error), at)}") from None
        if rows.num_rows != _filled(block):  # a quote that opens and does not close on its line takes the lines after it for its own
            raise SourceRefused(f"{name}: line {at + _quoted(block)}: a quote that does not close on its own line")
        yield at, rows
        at += rows.num_rows


def _blocks(file: IO[bytes], name: str) -> Iterator[bytes]:
    """A file in pieces of whole lines. Arrow is given these, and not the file: it would read ahead in a thread of its own."""
    rest = b""
    while content := file.read(_BLOCK):
        end = content.rfind(b"\n") + 1
        if end:
            yield rest + content[:end]
            rest = content[end:]
        else:
            rest += content
            if len(rest) > 2 * _BLOCK:
                raise SourceRefused(f"{name}: a line that does not end")
    if rest:
        yield rest


def _filled(block: bytes) -> int:
    """How many lines are not empty."""
    ends = block.count(b"\n") + (not block.endswith(b"\n"))
    if b"\n\n" not in block and b"\n\r\n" not in block and not block.startswith((b"\n", b"\r\n")):
        return ends
    return sum(1 for line in block.split(b"\n") if line.strip(b"\r"))


def _quoted(block: bytes) -> int:
    """The first line with a quote too many, counted from 0 over the lines that are not empty."""
    return next((n for n, line in enumerate(line for line in block.split(b"\n") if line.strip(b"\r")) if line.count(b'"') % 2), 0)


def _line(text: str, first: int) -> str:
    """What Arrow complains of, with the line as a person counts it and without the line itself: it may be anything."""
    match = re.search(r"Row #(\d+): Expected (\d+) columns, got (\d+)", text)
    if match:
        return f"line {int(match[1]) + first - 1}: {match[3]} cells, expected {match[2]}"
    if "UTF8" in text:
        return "not UTF-8 text"
    return f"cannot be read as csv ({text[:60]})"
