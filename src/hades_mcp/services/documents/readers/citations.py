"""Finds what a text cites by DOI, arXiv number or URL, and by which of these it is cited itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hades_mcp.services.documents.readers.parsed import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

# the pattern that Crossref recommends for modern DOIs
_DOI = re.compile(r"\b10\.\d{4,9}/[-._;()/:a-z0-9]+", re.IGNORECASE)
_ARXIV = re.compile(r"(?:arxiv:\s?|arxiv\.org/(?:abs|pdf)/)(\d{4}\.\d{4,5})", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"'`\])}]+", re.IGNORECASE)
_SCHEMES = ("doi:", "arxiv:", "url:")
_TRAILING = ".,;:!?)"
_DOI_NAMES = ("doi", "citation_doi", "dc.identifier")
_ARXIV_NAMES = ("arxiv", "arxiv_id", "citation_arxiv_id")
_URL_NAMES = ("url", "canonical", "permalink", "source_url")


def cited(text: str) -> Iterator[str]:
    """Yield the identities named in a text, each once."""
    found = [f"doi:{match[0].rstrip(_TRAILING).lower()}" for match in _DOI.finditer(text)]
    found += [f"arxiv:{match[1]}" for match in _ARXIV.finditer(text)]
    found += [_url(match[0]) for match in _URL.finditer(text)]
    yield from dict.fromkeys(found)


def identities(metadata: Mapping[str, Any], root: str) -> dict[str, str]:
    """Return the names by which others may cite a file, each standing for its root document.

    Args:
        metadata: Of the file; `doi`, `arxiv` and `url` (or `canonical`, `permalink`) count.
        root: Name of the document that stands for the file.
    """
    values = {name.lower(): value for name, value in metadata.items() if isinstance(value, str)}
    given = [values[name] for name in _DOI_NAMES + _URL_NAMES if name in values]
    given += [f"arxiv:{values[name]}" for name in _ARXIV_NAMES if name in values]
    return {name: root for value in given for name in cited(value)}


def citations(named: Iterable[tuple[str, str]], own: Mapping[str, str]) -> Iterator[Reference]:
    """Yield an edge per identity that a part's text names and the file does not bear itself.

    Args:
        named: Name and text of each part.
        own: What `identities` gave for the file.
    """
    for name, text in named:
        for identity in cited(text):
            if identity not in own:
                yield Reference("cites", name, (identity,))


def is_identity(name: str) -> bool:
    """Return whether a name is one that `cited` gives."""
    return name.startswith(_SCHEMES)


def _url(text: str) -> str:
    """One page, one name: no fragment, no slash at the end, no http beside https."""
    bare = text.rstrip(_TRAILING).partition("#")[0].rstrip("/")
    scheme, _, rest = bare.partition("://")
    host, slash, path = rest.partition("/")
    del scheme
    return f"url:{host.lower().removeprefix('www.')}{slash}{path}"
