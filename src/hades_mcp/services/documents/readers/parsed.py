"""What a reader makes of a file: parts, and references between names not yet looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Kind = Literal["module", "class", "function", "method", "file", "section", "page", "row", "note"]
"""What a document is: a symbol of source code; a file of text, its sections, pages or rows; or a
note, which is text that came without a file."""

EdgeKind = Literal["contains", "next", "links", "cites", "imports", "inherits", "calls"]
"""The edge collections that ingest fills; each edge runs from the speaker to what it names."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a file that becomes a document of its own.

    Args:
        kind: What it is.
        name: Qualified name, unique in its file: `package.module.Class.method`, `path#heading`.
        title: What a person calls it.
        text: What it says: signature and docstring, or the section's text.
        line: Where it begins, from 1; None where nobody counts lines, as of a PDF or a web page.
        end_line: Its last line.
        metadata: What is said about it, JSON values by name: front matter, columns of a row.
    """

    kind: Kind
    name: str
    title: str
    text: str
    line: int | None = None
    end_line: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reference:
    """An edge by names: from a part of this file to the first of `targets` that exists.

    Args:
        kind: The edge collection.
        origin: Qualified name of a part of this file.
        targets: Qualified names to try, the best first.
    """

    kind: EdgeKind
    origin: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as read.

    Args:
        parts: The pieces; the first stands for the file itself.
        references: Edges still by name.
        aliases: Names this file offers for things defined elsewhere (`package.Name` for
            `package.module.Name`, `doi:10.1000/1` for the document that bears it).
        package: What names in it are looked up in beside the file itself; "" means nothing.
    """

    parts: tuple[Part, ...]
    references: tuple[Reference, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    package: str = ""


class Unreadable(Exception):
    """This file is no text we can read; the message is the reason, in a few words."""


def well_formed(text: str) -> str:
    """Return a text as UTF-8 can hold it: JSON, YAML and Python may write half a surrogate pair."""
    return text.encode("utf-8", "replace").decode()


def reading_order(names: Sequence[str]) -> Iterator[Reference]:
    """Yield an edge from each part to the one a reader comes to next."""
    for name, following in pairwise(names):
        yield Reference("next", name, (following,))
