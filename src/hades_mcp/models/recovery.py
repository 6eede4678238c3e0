"""Gets the calls out of a reply's text, for models that write calls instead of making them.

The work is done in `reading`; what it reads and what it never runs stands in docs/reading.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.models.reading import read, resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.messages import ToolCall, ToolSpec

__all__ = ["attempted", "recover", "resolve"]


def recover(text: str, tools: Sequence[ToolSpec]) -> tuple[ToolCall, ...]:
    """Return the calls a reply's text makes, in order, labelled `recovered`.

    Args:
        text: The reply.
        tools: The tools there are; calls of others are not calls.
    """
    return read(text, tools).calls


def attempted(text: str, tools: Sequence[ToolSpec] = ()) -> bool:
    """Tell whether a reply looks like a call that went wrong, rather than like an answer.

    Args:
        text: The reply.
        tools: The tools there are, so that calls of theirs in other forms than JSON count too.
    """
    return read(text, tools).attempted
