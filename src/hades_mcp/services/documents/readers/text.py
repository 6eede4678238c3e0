"""Reads plain text: one document per file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.services.documents.readers.citations import citations
from hades_mcp.services.documents.readers.parsed import Parsed, Part

if TYPE_CHECKING:
    from pathlib import Path


def read_text(path: Path, text: str) -> Parsed:
    """Return the whole file as one part, titled by its file name."""
    lines = text.count("\n") + (not text.endswith("\n"))
    whole = Part("file", path.as_posix(), path.name, text.strip(), 1, lines)
    return Parsed((whole,), tuple(citations([(whole.name, text)], {})))
