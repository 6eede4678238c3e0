"""Each row of a table is a document; its columns are attributes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hades_mcp.services.documents.readers.parsed import Unreadable
from hades_mcp.services.documents.readers.rows import ROWS, read_rows

if TYPE_CHECKING:
    from pathlib import Path


def test_columns_become_attributes_with_their_types(tmp_path: Path) -> None:
    path = tmp_path / "books.csv"
    path.write_text('id,title,year,price,zip,in print\n7,"Tea, hot",1999,2.50,01234,true\n')
    [(stored, parsed)] = read_rows(path)
    root, row = parsed.parts
    assert stored == root.name == path.as_posix()
    assert root.text == "Columns: id, title, year, price, zip, in print"
    assert (row.kind, row.name, row.title, row.line) == ("row", f"{path}#7", "Tea, hot", 2)
    assert row.metadata == {
        "id": 7,
        "year": 1999,
        "price": 2.5,
        "zip": "01234",
        "in print": True,
        "title": "Tea, hot",
    }
    assert "year: 1999" in row.text


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_the_mark_between_cells_is_found(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"name{mark}size\ncup{mark}3\n")
    [(_, parsed)] = read_rows(path)
    assert parsed.parts[1].metadata["size"] == 3


def test_a_mark_inside_a_quoted_heading_parts_no_cells(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text('"name, first, last";"age"\n"Lovelace, Ada";36\n')
    [(_, parsed)] = read_rows(path)
    assert parsed.parts[1].metadata == {"name, first, last": "Lovelace, Ada", "age": 36}


def test_json_lines_keep_what_is_nested(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"name": "cup", "tags": ["big", "red"], "at": {"x": 1}}\n\n')
    [(_, parsed)] = read_rows(path)
    assert parsed.parts[1].metadata["tags"] == ["big", "red"]
    assert parsed.parts[1].metadata["at"] == {"x": 1}


def test_a_row_without_an_id_is_known_by_what_it_says_wherever_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1}\n{"a": 2}\n{"a": 1}\n')
    [(_, before)] = read_rows(path)
    path.write_text('{"a": 0}\n{"a": 1}\n{"a": 2}\n{"a": 1}\n')
    [(_, after)] = read_rows(path)
    names = [part.name for part in before.parts[1:]]
    assert len(set(names)) == 3
    assert [part.name for part in after.parts[2:]] == names


def test_a_long_table_comes_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"n": n}) + "\n" for n in range(2 * ROWS + 1)))
    parts = list(read_rows(path))
    assert [name.removeprefix(path.as_posix()) for name, _ in parts] == ["", "#rows-2", "#rows-3"]
    assert [len(parsed.parts) for _, parsed in parts] == [ROWS + 1, ROWS + 1, 2]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.jsonl", b'{"a": 1}\n{"a": \n', "line 2: not JSON"),
        ("a.jsonl", b"[1]\n", "line 1: list, not an object"),
        ("a.csv", b"a,b\n1,2\n1,2,3\n", "line 3: 3 cells under 2 columns"),
        ("a.csv", b'a,b\n"1,2\n', "line 2: unexpected end"),
        ("a.csv", b"a,b\n\xff,2\n", "not UTF-8"),
        ("a.csv", b"a,b\n", "no rows"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=reason):
        list(read_rows(path))
