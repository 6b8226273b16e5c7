"""Zips from outside: read as far as they say, or refused by name; a csv is text, with the line of what is wrong."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nplv_orchestration.errors import SourceRefused
from nplv_orchestration.sources import zips
from tests.faults import zipped

HEAD = "a;b;c\n"


def read(path: Path, columns: list[str]) -> list[tuple[int, list[dict[str, str]]]]:
    """The csv in a zip: each batch with the number of its first line."""
    with zips.opened(path, "T") as packed:
        (info,) = zips.csv_members(packed)
        with zips.member(packed, info, "T") as file:
            head = zips.head_of(file, ";", "T")
            return [(first, rows.to_pylist()) for first, rows in zips.lines(file, head, columns, ";", "T", 2)]


def of(folder: Path, text: str | bytes, name: str = "x.csv") -> Path:
    path = folder / "x.zip"
    path.write_bytes(zipped({name: text if isinstance(text, bytes) else text.encode()}))
    return path


def test_columns_are_text_whatever_they_look_like(tmp_path: Path) -> None:
    assert read(of(tmp_path, f"{HEAD}007;1,5;\nNA;null;x\n"), ["c", "a"]) == [(2, [{"c": "", "a": "007"}, {"c": "x", "a": "NA"}])]


def test_quotes_and_a_mark_at_the_start_are_no_part_of_a_name(tmp_path: Path) -> None:
    assert read(of(tmp_path, '\ufeff"a"; b ;c\n"1;2";"x ""y""";3\n'), ["a", "b"]) == [(2, [{"a": "1;2", "b": 'x "y"'}])]


def test_a_head_without_lines_gives_none(tmp_path: Path) -> None:
    assert read(of(tmp_path, HEAD), ["a"]) == []


def test_lines_are_counted_over_the_blocks(tmp_path: Path) -> None:
    found = read(of(tmp_path, HEAD + "0123456789;0123456789;0123456789\n" * 300_000), ["a"])
    assert len(found) > 1
    ends = [first + len(rows) for first, rows in found]
    assert [first for first, _ in found] == [2, *ends[:-1]]
    assert ends[-1] == 300_002


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "1;2;3\n1;2\n", "T: line 3: 2 cells, expected 3"),
        (HEAD + "1;2;3;4\n", "T: line 2: 4 cells, expected 3"),
        (b"a;b;c\n1;\xe9;3\n", "T: not UTF-8 text"),
        ("a;b;a\n1;2;3\n", "T: two columns are named a"),
    ],
)
def test_a_wrong_csv_is_refused_by_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        read(of(tmp_path, text), ["a", "b"])
    assert str(caught.value) == said


def test_a_name_twice_that_nobody_asks_for_does_not_matter(tmp_path: Path) -> None:
    assert read(of(tmp_path, "a;b;b\n1;2;3\n"), ["a"]) == [(2, [{"a": "1"}])]


@pytest.mark.parametrize("name", ["../x.csv", "a/../../x.csv", "/x.csv", "\\x.csv", "a\\..\\x.csv", ".."])
def test_a_path_that_leaves_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceRefused, match="T: the zip has a path that climbs out"), zips.opened(of(tmp_path, HEAD, name), "T"):
        pass


@pytest.mark.parametrize("name", ["x.csv", "map/x.CSV", "a..b/x..csv", "..x.csv"])
def test_a_name_with_points_is_no_path_that_leaves(tmp_path: Path, name: str) -> None:
    with zips.opened(of(tmp_path, HEAD, name), "T") as packed:
        assert [member.filename for member in zips.csv_members(packed)] == [name]


def test_a_thousand_files_are_read_and_one_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zipped({f"{n}.csv": b"" for n in range(1000)}))
    with zips.opened(path, "T") as packed:
        assert len(zips.csv_members(packed)) == 1000
    path.write_bytes(zipped({f"{n}.csv": b"" for n in range(1001)}))
    with pytest.raises(SourceRefused, match="T: the zip has 1001 files, more than any has"), zips.opened(path, "T"):
        pass


def test_a_zip_that_says_it_unpacks_to_terabytes_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zipped({"x.csv": b"x"}, sizes=1 << 42))
    with pytest.raises(SourceRefused, match="T: the zip unpacks to more than 8 GB"), zips.opened(path, "T"):
        pass


@pytest.mark.parametrize("says", [0, 6, 100])
def test_a_zip_that_says_less_than_it_gives_is_refused_before_it_swells(tmp_path: Path, says: int) -> None:
    """50 MB that say they are few: read no further than that, and never in memory as a whole."""
    import tracemalloc

    path = tmp_path / "x.zip"
    path.write_bytes(zipped({"x.csv": HEAD.encode() + bytes(50 << 20)}, sizes=says))
    tracemalloc.start()
    try:
        with pytest.raises(SourceRefused, match=r"T, x\.csv: (cannot be unpacked|unpacks to more than it says)"):
            read(path, ["a"])
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def broken(how: Callable[[bytearray], object]) -> bytes:
    content = bytearray(zipped({"x.csv": HEAD.encode() + b"1;2;3\n" * 500}))
    how(content)
    return bytes(content)


def encrypted(content: bytearray) -> None:
    """The flag of encryption, in the file's own head and in the directory at the end."""
    directory = content.rindex(b"PK\x01\x02")
    content[6] |= 1
    content[directory + 8] |= 1


def strangely_packed(content: bytearray) -> None:
    directory = content.rindex(b"PK\x01\x02")
    content[8] = content[directory + 10] = 98


def scrambled(content: bytearray) -> None:
    content[40:60] = bytes(20)


def halved(content: bytearray) -> None:
    del content[len(content) // 2 :]


@pytest.mark.parametrize("how", [encrypted, strangely_packed, scrambled, halved, bytearray.clear], ids=lambda how: how.__name__)
def test_a_zip_that_cannot_be_read_is_refused_by_name(tmp_path: Path, how: Callable[[bytearray], object]) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(broken(how))
    with pytest.raises(SourceRefused, match=r"^T(, x\.csv)?: (cannot be unpacked|is encrypted|the file is not a zip, or not complete)") as caught:
        read(path, ["a"])
    assert str(caught.value).isprintable()


WHOLE = zipped({"x.csv": HEAD.encode() + b"1;2;3\n" * 20})


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=4), st.integers(0, len(WHOLE)))
def test_a_zip_with_any_bytes_changed_gives_lines_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], cut: int
) -> None:
    content = bytearray(WHOLE)
    for place, byte in changes:
        content[place] = byte
    path = tmp_path_factory.mktemp("zip") / "x.zip"
    path.write_bytes(content if cut % 3 else content[:cut])
    try:
        with zips.opened(path, "T") as packed:
            for info in zips.csv_members(packed):
                with zips.member(packed, info, "T") as file:
                    head = zips.head_of(file, ";", "T")
                    found = [rows for _, rows in zips.lines(file, head, ["a"] if "a" in head else [], ";", "T", 2)]
                    assert sum(rows.num_rows for rows in found) <= 20
    except SourceRefused as refused:
        assert str(refused).startswith("T") and str(refused).isprintable()


TEXT = st.text(alphabet=st.characters(codec="utf-8", exclude_characters='"\r\n;\ufeff\x00'), min_size=1, max_size=8).filter(lambda t: t == t.strip())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    text.write("a;b\n")
    text.writelines(f"{one};{other}\n" for one, other in rows)
    path = tmp_path_factory.mktemp("csv") / "x.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("x.csv", text.getvalue())
    assert [row for _, part in read(path, ["a", "b"]) for row in part] == [{"a": one, "b": other} for one, other in rows]


@pytest.mark.parametrize("text", ['a;b;c\n1;2;"3\n4;5;6\n7;8;9\n', 'a;b;c\n1;2;3\n4;"5;6\n7;"8;9\n', 'a;b;c\n1;2;"3\n4"\n\n7;8;9\n'])
def test_a_quote_that_takes_lines_for_its_own_is_refused(tmp_path: Path, text: str) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as z:
        z.writestr("x.csv", text)
    with zips.opened(tmp_path / "x.zip", "T") as opened, zips.member(opened, zips.csv_members(opened)[0], "T") as file:
        head = zips.head_of(file, ";", "T")
        with pytest.raises(SourceRefused, match=r"T: line \d: (a quote that does not close on its own line|\d cells, expected 3)"):
            list(zips.lines(file, head, ["a"], ";", "T", 2))


def test_empty_lines_are_no_lines(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as z:
        z.writestr("x.csv", 'a;b\n\n1;"2"\r\n\r\n3;"4;4"\n\n')
    with zips.opened(tmp_path / "x.zip", "T") as opened, zips.member(opened, zips.csv_members(opened)[0], "T") as file:
        head = zips.head_of(file, ";", "T")
        assert [rows.to_pylist() for _, rows in zips.lines(file, head, ["b"], ";", "T", 2)] == [[{"b": "2"}, {"b": "4;4"}]]
