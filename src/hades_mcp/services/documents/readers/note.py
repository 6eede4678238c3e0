"""Reads text that came without a file: a note, by its title, and its sections."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from hades_mcp.services.documents.readers.markdown import read_markdown

if TYPE_CHECKING:
    from hades_mcp.services.documents.readers.parsed import Parsed

SCHEME = "text:"
"""What the path of a note begins with."""

_LONGEST_TITLE = 80
_PATH_MARKS = re.compile(r"[/#\s]+")


def note_path(text: str, title: str = "", name: str = "") -> str:
    """Return the path that a note is kept under: the same name or title, the same note."""
    named = _PATH_MARKS.sub(" ", name or title).strip()
    return SCHEME + (named or blake2b(text.encode(), digest_size=6).hexdigest())


def read_note(path: str, text: str, title: str = "") -> Parsed:
    """Return a note and, where it has headings, its sections.

    Args:
        path: What `note_path` gave.
        text: Plain text or Markdown.
        title: What it is called; by default its first heading or line.
    """
    parsed = read_markdown(PurePosixPath(path), text, title)
    root, *sections = parsed.parts
    if root.title == path:
        opening = next((line.strip() for line in text.split("\n") if line.strip()), path)
        root = replace(root, title=opening[:_LONGEST_TITLE])
    return replace(parsed, parts=(replace(root, kind="note"), *sections))
