"""Chooses the reader by the file's suffix, and refuses what it cannot read."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from hades_mcp.services.documents.readers.code import read_code
from hades_mcp.services.documents.readers.html import read_html
from hades_mcp.services.documents.readers.languages import GRAMMARS
from hades_mcp.services.documents.readers.markdown import read_markdown
from hades_mcp.services.documents.readers.parsed import Unreadable
from hades_mcp.services.documents.readers.pdf import read_pdf
from hades_mcp.services.documents.readers.python import read_python
from hades_mcp.services.documents.readers.rows import TABLES
from hades_mcp.services.documents.readers.text import read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hades_mcp.services.documents.readers.parsed import Parsed

MOST_BYTES = 2_000_000
"""A larger file of text is data rather than something to read."""

LARGER: dict[str, int] = {
    ".html": 10_000_000,  # markup and scripts are most of it
    ".htm": 10_000_000,
    ".xhtml": 10_000_000,
    ".pdf": 100_000_000,
    **dict.fromkeys(TABLES, 2_000_000_000),  # streamed
}
"""Suffix → bytes at most, where it is not `MOST_BYTES`."""

READERS: dict[str, Callable[[Path, str], Parsed]] = {
    ".py": read_python,
    ".pyi": read_python,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    **dict.fromkeys(GRAMMARS, read_code),
}


def read(path: Path) -> Parsed:
    """Return what the reader for a file's suffix makes of it.

    Raises:
        Unreadable: The file is not what its suffix says, too large, or cannot be read.
    """
    try:
        if path.suffix.lower() == ".pdf":
            return read_pdf(path, load_bytes(path))
        return parse(path, load(path))
    except RecursionError as error:
        raise Unreadable("nested too deep") from error


def is_table(path: Path) -> bool:
    """Return whether a file is read as a stream of rows."""
    return path.suffix.lower() in TABLES


def check(path: Path) -> None:
    """Make sure that a file may be read.

    Raises:
        Unreadable: Too large, no regular file, or the system refuses.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from error
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("not a regular file")
    most = LARGER.get(path.suffix.lower(), MOST_BYTES)
    if status.st_size > most:
        raise Unreadable(f"too large: {status.st_size:,} bytes, at most {most:,}")


def load_bytes(path: Path) -> bytes:
    """Return what a file holds.

    Raises:
        Unreadable: See `check`.
    """
    check(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from error


def load(path: Path) -> str:
    """Return a file's text.

    Raises:
        Unreadable: Too large, binary, empty, not UTF-8, or the system refuses.
    """
    data = load_bytes(path)
    if b"\0" in data:
        raise Unreadable("binary")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 text (byte {error.start})") from error
    if not text.strip():
        raise Unreadable("empty")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(path: Path, text: str) -> Parsed:
    """Return what the reader for this suffix makes of the text; plain text is the default.

    Raises:
        Unreadable: The text is not what its suffix says.
    """
    return READERS.get(path.suffix.lower(), read_text)(path, text)
