"""Files that are no text are refused with their reason; the rest find their reader."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from hades_mcp.services.documents.readers.parsed import Unreadable
from hades_mcp.services.documents.readers.registry import MOST_BYTES, load, parse

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x7fELF\0\0", "binary"),
        (b"caf\xe9", r"not UTF-8 text \(byte 3\)"),
        (b"  \n", "empty"),
        (b"x" * (MOST_BYTES + 1), "too large: 2,000,001 bytes"),
    ],
)
def test_what_is_no_text_says_why(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(data)
    with pytest.raises(Unreadable, match=reason):
        load(path)


def test_a_link_to_nothing_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "dangling.md"
    path.symlink_to(tmp_path / "gone")
    with pytest.raises(Unreadable, match="No such file"):
        load(path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe.txt"
    os.mkfifo(path)
    with pytest.raises(Unreadable, match="not a regular file"):
        load(path)


def test_line_ends_and_the_byte_order_mark_are_made_plain(tmp_path: Path) -> None:
    path = tmp_path / "dos.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\n")
    assert load(path) == "one\ntwo\nthree\n"


def test_the_suffix_chooses_the_reader(tmp_path: Path) -> None:
    assert parse(tmp_path / "a.PY", "x = 1\n").parts[0].kind == "module"
    assert parse(tmp_path / "a.md", "# A\n## B\n").parts[1].kind == "section"
    whole = parse(tmp_path / "a.log", "one\ntwo").parts
    assert [(p.kind, p.title, p.end_line) for p in whole] == [("file", "a.log", 2)]
