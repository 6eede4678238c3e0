"""Makes a file's headings and what stands under them into documents: one per section."""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from hades_mcp.services.documents.readers.citations import citations, identities
from hades_mcp.services.documents.readers.parsed import Parsed, Part, Reference, reading_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePath

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")


class Section:
    """A heading and what is under it; level 0 is what comes before the first heading.

    Args:
        level: 1 to 6.
        title: The heading, without markup.
        line: Where it stands, from 1.
        anchor: What links call it; by default made from the title as GitHub does.
    """

    def __init__(self, level: int, title: str, line: int, anchor: str = "") -> None:
        self.level = level
        self.title = title
        self.line = line
        self.anchor = anchor
        self.lines: list[str] = []
        self.links: list[str] = []
        self.citing: list[str] = []

    @property
    def body(self) -> str:
        """What is under the heading."""
        return "\n".join(self.lines).strip()

    @property
    def end(self) -> int:
        """The last line."""
        return max(self.line, self.line + len(self.lines))


def outline(
    path: PurePath, title: str, sections: list[Section], metadata: Mapping[str, Any], *, lines: bool
) -> Parsed:
    """Return a file and its sections, joined by `contains`, `next`, `links` and `cites`.

    A section's name is `path#slug`, as GitHub links it; its title carries the file's before it,
    for "Usage" alone says nothing in a list of hits, nor to an embedder.

    Args:
        path: Where the file is.
        title: What it is called.
        sections: In order; the first stands for the file.
        metadata: What is said about it, and so about its sections.
        lines: Whether the sections' lines are those of the file.
    """
    root = path.as_posix()
    names = [root, *_anchors(root, sections[1:])]
    parts = [Part("file", root, title, _summary(sections), 1, sections[-1].end, metadata)]
    for name, section in zip(names[1:], sections[1:], strict=True):
        heading = f"{title} > {section.title}"
        span = (section.line, section.end)
        parts.append(Part("section", name, heading, section.body, *span, metadata))
    if not lines:
        parts = [replace(part, line=None, end_line=None) for part in parts]
    own = identities(metadata, root)
    citing = [(n, "\n".join(s.citing)) for n, s in zip(names, sections, strict=True)]
    references = (
        *_contains(names, sections),
        *reading_order(names[1:]),
        *_links(names, sections),
        *citations(citing, own),
    )
    return Parsed(tuple(parts), references, own)


def _anchors(root: str, sections: list[Section]) -> Iterator[str]:
    """GitHub's slugs: lower case, spaces to hyphens, other marks dropped, repeats numbered."""
    taken: dict[str, int] = {}
    for section in sections:
        slug = section.anchor or re.sub(r"[^\w\- ]", "", section.title.lower()).replace(" ", "-")
        slug = slug or "section"
        repeat = taken.get(slug, 0)
        taken[slug] = repeat + 1
        if repeat:
            slug = f"{slug}-{repeat}"
            taken[slug] = 1
        yield f"{root}#{slug}"


def _summary(sections: list[Section]) -> str:
    """What stands for the whole file: its opening words and its table of contents."""
    headings = "\n".join("  " * (s.level - 1) + f"- {s.title}" for s in sections[1:])
    return f"{sections[0].body}\n\n{headings}".strip()


def _contains(names: list[str], sections: list[Section]) -> Iterator[Reference]:
    above: list[tuple[int, str]] = [(0, names[0])]
    for name, section in zip(names[1:], sections[1:], strict=True):
        while len(above) > 1 and above[-1][0] >= section.level:
            above.pop()
        yield Reference("contains", above[-1][1], (name,))
        above.append((section.level, name))


def _links(names: list[str], sections: list[Section]) -> Iterator[Reference]:
    for name, section in zip(names, sections, strict=True):
        for target in dict.fromkeys(section.links):
            if not _SCHEME.match(target):
                yield Reference("links", name, _resolve(names[0], target))


def _resolve(root: str, target: str) -> tuple[str, ...]:
    path, _, anchor = unquote(target).partition("#")
    full = posixpath.normpath(posixpath.join(posixpath.dirname(root), path)) if path else root
    return (f"{full}#{anchor}", full) if anchor else (full,)
