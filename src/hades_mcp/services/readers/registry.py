"""Chooses the reader by the file's suffix, and refuses what is no text."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from hades_mcp.services.readers.markdown import read_markdown
from hades_mcp.services.readers.parsed import Unreadable
from hades_mcp.services.readers.python import read_python
from hades_mcp.services.readers.text import read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hades_mcp.services.readers.parsed import Parsed

MOST_BYTES = 2_000_000
"""A larger file is data rather than something to read."""

READERS: dict[str, Callable[[Path, str], Parsed]] = {
    ".py": read_python,
    ".pyi": read_python,
    ".md": read_markdown,
    ".markdown": read_markdown,
}


def load(path: Path) -> str:
    """Return a file's text.

    Raises:
        Unreadable: Too large, binary, empty, not UTF-8, or the system refuses.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("not a regular file")
        if status.st_size > MOST_BYTES:
            raise Unreadable(f"too large: {status.st_size:,} bytes, at most {MOST_BYTES:,}")
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from error
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
