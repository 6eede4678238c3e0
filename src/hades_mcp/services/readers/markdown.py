"""Reads Markdown: one document per file and per heading, joined by `contains` and `links`."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from hades_mcp.services.readers.citations import citations, identities
from hades_mcp.services.readers.metadata import yaml_metadata
from hades_mcp.services.readers.parsed import Parsed, Part, Reference, reading_order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_INLINE_LINK = re.compile(r"\[[^\]]*\]\(\s*<?([^()\s<>]+(?:\([^()\s]*\))?)>?(?:\s+[\"'(][^)]*)?\)")
_LINK_DEFINITION = re.compile(r"^ {0,3}\[[^\]^][^\]]*\]:\s*<?(\S+?)>?(?:\s|$)", re.MULTILINE)
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
_CODE = re.compile(r"(`+).*?\1", re.DOTALL)


class _Section:
    """A heading and the lines under it; level 0 is what comes before the first heading."""

    def __init__(self, level: int, title: str, line: int) -> None:
        self.level = level
        self.title = title
        self.line = line
        self.lines: list[str] = []
        self.prose: list[str] = []  # the same without code blocks: links live here

    def add(self, line: str, *, code: bool) -> None:
        self.lines.append(line)
        if not code:
            self.prose.append(line)


def read_markdown(path: Path, text: str, title: str = "") -> Parsed:
    """Return the file and its sections; front matter (YAML) becomes their metadata.

    A section's name is `path#slug`, as GitHub links it; its title carries the file's before it,
    for "Usage" alone says nothing in a list of hits, nor to an embedder.

    Args:
        path: Where it is.
        text: What it says.
        title: What it is called; by default its first heading, the `title` of its front matter,
            or its file name.
    """
    metadata, lines = _front_matter(text)
    sections = list(_sections(lines))
    if len(sections) > 1 and sections[1].level == 1 and not _body(sections[0]):
        del sections[0]  # a file that opens with its title is that section
    root = path.as_posix()
    named = str(metadata.get("title") or path.name)
    title = title or next((s.title for s in sections if s.level == 1), named)
    names = [root, *_anchors(root, sections[1:])]
    parts = [
        Part(
            "section",
            name,
            f"{title} > {section.title}",
            _body(section),
            section.line,
            _end(section),
            metadata,
        )
        for name, section in zip(names, sections, strict=True)
    ]
    whole = Part("file", root, title, _summary(sections), 1, _end(sections[-1]), metadata)
    own = identities(metadata, root)
    prose = [(name, "\n".join(s.prose)) for name, s in zip(names, sections, strict=True)]
    references = (
        *_contains(names, sections),
        *reading_order(names[1:]),
        *_links(names, sections),
        *citations(prose, own),
    )
    return Parsed((whole, *parts[1:]), references, own)


def _sections(lines: list[str]) -> Iterator[_Section]:
    current = _Section(0, "", 1)
    fence = ""
    for number, line in enumerate(lines, 1):
        mark = _FENCE.match(line)
        code = bool(fence or mark)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence) and not line.strip(" `~"):
            fence = ""
        heading = None if code else _heading(line, number, current)
        if heading is None:
            current.add(line, code=code)
        else:
            yield current
            current = heading
    yield current


def _heading(line: str, number: int, current: _Section) -> _Section | None:
    if match := _HEADING.match(line):
        return _Section(len(match[1]), _plain(match[2] or ""), number)
    match = _UNDERLINE.match(line)
    above = current.lines[-1] if current.lines else ""
    paragraph = above.strip() and not re.match(r" {4}|\s*([-*+>|#]|\d+[.)])", above)
    if match and paragraph and (len(current.lines) == 1 or not current.lines[-2].strip()):
        current.lines.pop()
        current.prose.pop()
        return _Section(1 if match[1][0] == "=" else 2, _plain(above), number - 1)
    return None


def _front_matter(text: str) -> tuple[dict[str, Any], list[str]]:
    """Return what the front matter says, and the lines with it blanked: line numbers stay."""
    lines = text.split("\n")
    if lines[0].rstrip() == "---" and "---" in (line.rstrip() for line in lines[1:]):
        end = next(n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---")
        return yaml_metadata("\n".join(lines[1:end])), [""] * (end + 1) + lines[end + 1 :]
    return {}, lines


def _plain(heading: str) -> str:
    """Drop the markup a heading may carry: links, code, emphasis."""
    return re.sub(r"!?\[([^\]]*)\]\([^)]*\)|[`*]", r"\1", heading).strip()


def _anchors(root: str, sections: list[_Section]) -> Iterator[str]:
    """GitHub's slugs: lower case, spaces to hyphens, other marks dropped, repeats numbered."""
    taken: dict[str, int] = {}
    for section in sections:
        slug = re.sub(r"[^\w\- ]", "", section.title.lower()).replace(" ", "-") or "section"
        repeat = taken.get(slug, 0)
        taken[slug] = repeat + 1
        if repeat:
            slug = f"{slug}-{repeat}"
            taken[slug] = 1
        yield f"{root}#{slug}"


def _body(section: _Section) -> str:
    return "\n".join(section.lines).strip()


def _end(section: _Section) -> int:
    return max(section.line, section.line + len(section.lines))


def _summary(sections: list[_Section]) -> str:
    """What stands for the whole file: its opening words and its table of contents."""
    headings = "\n".join("  " * (s.level - 1) + f"- {s.title}" for s in sections[1:])
    return f"{_body(sections[0])}\n\n{headings}".strip()


def _contains(names: list[str], sections: list[_Section]) -> Iterator[Reference]:
    above: list[tuple[int, str]] = [(0, names[0])]
    for name, section in zip(names[1:], sections[1:], strict=True):
        while len(above) > 1 and above[-1][0] >= section.level:
            above.pop()
        yield Reference("contains", above[-1][1], (name,))
        above.append((section.level, name))


def _links(names: list[str], sections: list[_Section]) -> Iterator[Reference]:
    root = names[0]
    for name, section in zip(names, sections, strict=True):
        prose = _CODE.sub("", "\n".join(section.prose))
        targets = _INLINE_LINK.findall(prose) + _LINK_DEFINITION.findall(prose)
        for target in dict.fromkeys(targets):
            if not _SCHEME.match(target):
                yield Reference("links", name, _resolve(root, target))


def _resolve(root: str, target: str) -> tuple[str, ...]:
    path, _, anchor = unquote(target).partition("#")
    full = posixpath.normpath(posixpath.join(posixpath.dirname(root), path)) if path else root
    return (f"{full}#{anchor}", full) if anchor else (full,)
