"""Reads HTML by its structure: headings become sections, what surrounds the page is left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hades_mcp.services.documents.readers.metadata import metadata
from hades_mcp.services.documents.readers.outline import Section, outline
from hades_mcp.services.documents.readers.parsed import Unreadable

if TYPE_CHECKING:
    from pathlib import Path

    from selectolax.lexbor import LexborHTMLParser, LexborNode

    from hades_mcp.services.documents.readers.parsed import Parsed

_NO_PROSE = (
    "script, style, noscript, template, svg, iframe, form, nav, [hidden], [aria-hidden=true]"
)
_AROUND = "header, footer, aside"
"""Left out only when they are not part of an article."""

_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "body", "dd", "details", "div", "dl", "dt"}
    | {"fieldset", "figcaption", "figure", "footer", "header", "hr", "li", "main", "ol", "p"}
    | {"pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"}
)
_CELLS = frozenset({"td", "th"})
_BLANKS = re.compile(r"\s+")
_META = ("author", "description", "keywords", "date", "lang", "citation_doi", "dc.identifier")
DEEPEST = 400
"""Elements inside each other; browsers stop at 512."""


def read_html(path: Path, text: str) -> Parsed:
    """Return the page and its sections; `<title>`, `<meta>` and the canonical URL are metadata.

    The page is its `<main>` or only `<article>`, if it has one.

    Raises:
        Unreadable: There are no words in it.
    """
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415  only pages need it

    tree = LexborHTMLParser(text)
    said = _metadata(tree)
    for node in tree.css(_NO_PROSE):
        node.decompose()
    walk = _Walk()
    walk.children(_content(tree), preserved=False, depth=0)
    sections = walk.finish()
    if len(sections) > 1 and sections[1].level == 1 and not sections[0].body:
        del sections[0]
    if not any(section.body or section.title for section in sections):
        raise Unreadable("no words in it")
    named = str(said.pop("title", "")) or path.name
    title = next((s.title for s in sections if s.level == 1), named)
    return outline(path, title, sections, said, lines=False)


def _content(tree: LexborHTMLParser) -> LexborNode | None:
    articles = tree.css("article")
    main = tree.css_first("main, [role=main]")
    if main is None and len(articles) == 1:
        main = articles[0]
    if main is not None:
        return main
    for node in tree.css(_AROUND):
        if node.css_first("h1") is None:
            node.decompose()
    return tree.body


def _metadata(tree: LexborHTMLParser) -> dict[str, Any]:
    said: dict[str, Any] = {}
    title = tree.css_first("title")
    if title is not None:
        said["title"] = _BLANKS.sub(" ", title.text()).strip()
    for node in tree.css("meta[name][content]"):
        name = str(node.attributes.get("name") or "").lower()
        if name in _META:
            said.setdefault(name, node.attributes.get("content"))
    canonical = tree.css_first("link[rel=canonical][href]")
    if canonical is not None:
        said["url"] = canonical.attributes.get("href")
    root = tree.css_first("html[lang]")
    if root is not None:
        said["lang"] = root.attributes.get("lang")
    return metadata(said)


class _Walk:
    """One walk over a page: collects words into lines and lines into sections."""

    def __init__(self) -> None:
        self._sections = [Section(0, "", 1)]
        self._words: list[str] = []

    def finish(self) -> list[Section]:
        self._break()
        for section in self._sections:
            section.citing.append(section.body)
        return self._sections

    def children(self, node: LexborNode | None, *, preserved: bool, depth: int) -> None:
        child = node.child if node is not None and depth < DEEPEST else None
        while child is not None:
            self._node(child, preserved=preserved, depth=depth + 1)
            child = child.next

    def _node(self, node: LexborNode, *, preserved: bool, depth: int) -> None:
        tag = str(node.tag)
        if tag == "-text":
            text = node.text(deep=False)
            self._words.append(text if preserved else _BLANKS.sub(" ", text))
            return
        if tag in _HEADINGS:
            self._heading(node, _HEADINGS[tag])
            return
        if tag == "br":
            self._words.append("\n")
            return
        if tag == "a" and (target := node.attributes.get("href")):
            self._link(target)
        block = tag in _BLOCKS
        if block:
            self._break()
        if tag == "li":
            self._words.append("- ")
        self.children(node, preserved=preserved or tag == "pre", depth=depth)
        if tag in _CELLS:
            self._words.append(" | ")
        if block:
            self._break(paragraph=tag in {"p", "pre", "table", "ul", "ol", "blockquote"})

    def _heading(self, node: LexborNode, level: int) -> None:
        self._break()
        title = _BLANKS.sub(" ", node.text()).strip(" ¶#\n")
        if title:
            self._sections.append(Section(level, title, 1, str(node.attributes.get("id") or "")))
        for link in node.css("a[href]"):
            self._link(link.attributes.get("href") or "")

    def _link(self, target: str) -> None:
        section = self._sections[-1]
        if target.startswith(("http://", "https://")):
            section.citing.append(target)
        elif not target.startswith("#"):
            section.links.append(target)

    def _break(self, *, paragraph: bool = False) -> None:
        lines = [line.rstrip(" |") for line in "".join(self._words).split("\n")]
        text = "\n".join(lines).strip()
        section = self._sections[-1]
        self._words.clear()
        if text and text != "-":
            section.lines.append(text)
        if paragraph and section.lines and section.lines[-1]:
            section.lines.append("")
