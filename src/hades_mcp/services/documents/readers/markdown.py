"""Reads Markdown: one document per file and per heading, joined by `contains` and `links`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hades_mcp.services.documents.readers.metadata import yaml_metadata
from hades_mcp.services.documents.readers.outline import Section, outline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import PurePath

    from hades_mcp.services.documents.readers.parsed import Parsed

# none looks further than a line, or so far ahead, that a hostile file could take hours
_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_INLINE_LINK = re.compile(r"\]\(\s*<?([^()\s<>]+(?:\([^()\s]*\))?)>?(?:\s+[\"'(][^)]{0,500})?\)")
_LINK_DEFINITION = re.compile(r"^ {0,3}\[[^\]^][^\]]{0,500}\]:\s*<?(\S+?)>?(?:\s|$)", re.MULTILINE)
_CODE = re.compile(r"(`+).*?\1", re.DOTALL)


class _Section(Section):
    """A section that remembers its prose: links live there, not in code blocks."""

    def __init__(self, level: int, title: str, line: int) -> None:
        super().__init__(level, title, line)
        self.prose: list[str] = []

    def add(self, line: str, *, code: bool) -> None:
        self.lines.append(line)
        if not code:
            self.prose.append(line)

    def close(self) -> None:
        """Find the links, once all lines are there."""
        prose = _CODE.sub("", "\n".join(self.prose))
        self.links = _INLINE_LINK.findall(prose) + _LINK_DEFINITION.findall(prose)
        self.citing = [prose]


def read_markdown(path: PurePath, text: str, title: str = "") -> Parsed:
    """Return the file and its sections; front matter (YAML) becomes their metadata.

    Args:
        path: Where it is.
        text: What it says.
        title: What it is called; by default its first heading, the `title` of its front matter,
            or its file name.
    """
    metadata, lines = _front_matter(text)
    sections = list(_sections(lines))
    if len(sections) > 1 and sections[1].level == 1 and not sections[0].body:
        del sections[0]  # a file that opens with its title is that section
    for section in sections:
        section.close()
    heading, under = sections[0].title, sections[0].lines
    if title and heading and heading.casefold() != title.casefold():
        under[:1] = [f"{heading}\n{''.join(under[:1])}"]  # else nothing would say it
    named = str(metadata.get("title") or path.name)
    title = title or next((s.title for s in sections if s.level == 1), named)
    return outline(path, title, [*sections], metadata, lines=True)


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
        return _Section(len(match[1]), _plain(_unclosed(match[2] or "")), number)
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


def _unclosed(heading: str) -> str:
    """Drop the marks that may close a heading: `## Title ##`."""
    bare = heading.rstrip(" \t")
    opened = bare.rstrip("#")
    return bare if opened and opened[-1] not in " \t" else opened  # `# C#` closes nothing


def _plain(heading: str) -> str:
    """Drop the markup a heading may carry: links, code, emphasis."""
    return re.sub(r"!?\[([^\]]{0,500})\]\([^)]{0,500}\)|[`*]", r"\1", heading).strip()
