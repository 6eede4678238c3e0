"""Reads PDF files: one document per file and per page."""

from __future__ import annotations

import io
import logging
import re
from typing import TYPE_CHECKING, Any

from hades_mcp.services.documents.readers.citations import citations, identities
from hades_mcp.services.documents.readers.metadata import metadata
from hades_mcp.services.documents.readers.parsed import (
    Parsed,
    Part,
    Reference,
    Unreadable,
    reading_order,
    well_formed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pypdf import PdfReader

MOST_PAGES = 5000
_OPENING = 600
"""Characters of the first page that stand for the file."""

_HYPHEN = re.compile(r"(?<=[a-zà-öø-ÿ])-\n(?=[a-zà-öø-ÿ])")
_BLANKS = re.compile(r"[ \t]+")


def read_pdf(path: Path, data: bytes) -> Parsed:
    """Return the file and its pages with text; author, date and the like are metadata.

    Raises:
        Unreadable: It is encrypted, damaged, too long, or has no text (a scan, say).
    """
    from pypdf import PdfReader  # noqa: PLC0415  0.1 s that other files need not wait for

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it tells of every small flaw
    try:
        reader = PdfReader(io.BytesIO(data))
        pages = dict(_pages(reader))
        said = _metadata(reader)
    except Unreadable:
        raise
    except Exception as error:  # what pypdf raises on broken files has no common base
        encrypted = "encrypted" if "crypt" in str(error).lower() else "damaged PDF"
        raise Unreadable(f"{encrypted}: {type(error).__name__}: {error}"[:200]) from error
    if not pages:
        raise Unreadable("no text in it: scanned pages, perhaps")
    return _parsed(path, pages, said)


def _pages(reader: PdfReader) -> Iterator[tuple[int, str]]:
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("encrypted: it needs a password")
    if len(reader.pages) > MOST_PAGES:
        raise Unreadable(f"too long: {len(reader.pages):,} pages, at most {MOST_PAGES:,}")
    for number, page in enumerate(reader.pages, 1):
        text = _HYPHEN.sub("", page.extract_text().replace("\0", ""))
        text = "\n".join(_BLANKS.sub(" ", line).strip() for line in text.split("\n")).strip()
        if text:
            yield number, well_formed(text)


def _metadata(reader: PdfReader) -> dict[str, Any]:
    info: dict[str, Any] = dict(reader.metadata or {})
    found = {str(name).lstrip("/").lower(): value for name, value in info.items()}
    kept = ("title", "author", "subject", "keywords", "doi")
    said = {name: str(found[name]).strip() for name in kept if name in found}
    created = reader.metadata.creation_date if reader.metadata else None
    return metadata(said | {"created": created, "pages": len(reader.pages)})


def _parsed(path: Path, pages: dict[int, str], said: dict[str, Any]) -> Parsed:
    root = path.as_posix()
    title = str(said.pop("title", "")) or path.stem
    first = next(iter(pages.values()))
    opening = first if len(first) <= _OPENING else first[:_OPENING].rpartition(" ")[0] + " …"
    names = {number: f"{root}#page={number}" for number in pages}
    if len(pages) > 1:  # who reads the file alone would take its first page for all of it
        opening += f"\n\nIts pages: {title} > page {min(pages)} … {title} > page {max(pages)}"
    parts = [Part("file", root, title, opening, metadata=said)]
    parts += [
        Part("page", names[number], f"{title} > page {number}", text, metadata=said)
        for number, text in pages.items()
    ]
    own = identities(said, root)
    references = (
        *(Reference("contains", root, (name,)) for name in names.values()),
        *reading_order(list(names.values())),
        *citations(((names[number], text) for number, text in pages.items()), own),
    )
    return Parsed(tuple(parts), references, own)
