"""What a reader makes of a file: parts, and references between names not yet looked up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["module", "class", "function", "method", "file", "section"]
"""What a document is: a Python symbol, or a text file (Markdown, plain) and its sections."""

EdgeKind = Literal["contains", "imports", "inherits", "calls", "links"]
"""The edge collections that ingest fills; each edge runs from the speaker to what it names."""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a file that becomes a document of its own.

    Args:
        kind: What it is.
        name: Qualified name, unique in its file: `package.module.Class.method`, `path#heading`.
        title: What a person calls it.
        text: What it says: signature and docstring, or the section's text.
        line: Where it begins, from 1.
        end_line: Its last line.
    """

    kind: Kind
    name: str
    title: str
    text: str
    line: int = 1
    end_line: int = 1


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
            `package.module.Name`).
    """

    parts: tuple[Part, ...]
    references: tuple[Reference, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)


class Unreadable(Exception):
    """This file is no text we can read; the message is the reason, in a few words."""
