"""Finds the tool a model means by a name it did not quite get right."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hades_mcp.messages import ToolSpec

LONGEST = 100
NEAR = 0.85
"""Likeness from which a name is taken for a slip of the pen: one letter in six, about."""
LEAD = 0.05
"""How much likelier the nearest tool must be than the next one."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def resolve(name: str, known: Mapping[str, ToolSpec]) -> str | None:
    """Return the tool a written name means: itself, in other spelling, or nearly.

    `functions.countDocs`, `mcp__hades__count_docs` and `docs-count` mean `count_docs`; so does
    `cont_docs` if the tool only reads, and no other tool is nearly as near. A wrong tool run is
    worse than none: `document_undelete` must never mean `document_delete`.
    """
    said = name.strip().removesuffix("()")
    if said in known:
        return said
    if not said or len(said) > LONGEST:
        return None
    for tail in (said, re.split(r"[./:]|__", said)[-1]):
        same = spelled(tail, known)
        if same is not None:
            return same
    return _nearest(_plain(tail), known)


def spelled(name: str, known: Mapping[str, ToolSpec]) -> str | None:
    """Return the one tool whose words a name has, in any order, case and joining."""
    if name in known:
        return name
    words = sorted(_words(name))
    found = [
        tool for tool in known if sorted(_words(tool)) == words or _plain(tool) == _plain(name)
    ]
    return found[0] if words and len(found) == 1 else None


def _nearest(plain: str, known: Mapping[str, ToolSpec]) -> str | None:
    ranked = sorted(
        ((SequenceMatcher(None, plain, _plain(tool)).ratio(), tool) for tool in known), reverse=True
    )
    if not ranked:
        return None
    (likeness, tool), *others = ranked
    alone = not others or likeness - others[0][0] >= LEAD
    return tool if likeness >= NEAR and alone and known[tool].annotations.read_only else None


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
