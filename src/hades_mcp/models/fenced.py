"""Reads calls written exactly as our chat format has them, as a server reads its template's."""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING

from hades_mcp.messages import ToolCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.messages import ToolSpec

_BLOCK = re.compile(r"```json\n(\{.*?\})\n```", re.DOTALL)


def read_fenced(text: str, tools: Sequence[ToolSpec]) -> tuple[str, tuple[ToolCall, ...]]:
    """Return a reply's text and its calls, if it ends in calls and nothing but calls.

    Whatever is not written to the letter stays text: reading that is `reading`'s work.
    """
    known = {spec.name for spec in tools}
    first = _BLOCK.search(text)
    if first is None or _BLOCK.sub("", text[first.start() :]).strip():
        return text, ()
    calls = []
    for block in _BLOCK.finditer(text):
        try:
            value = json.loads(block[1])
        except ValueError:
            return text, ()
        if not isinstance(value, dict) or set(value) != {"name", "arguments"}:
            return text, ()
        name, arguments = value["name"], value["arguments"]
        if name not in known or not isinstance(arguments, dict):
            return text, ()
        raw = json.dumps(arguments, ensure_ascii=False)
        calls.append(ToolCall(f"call_{uuid.uuid4().hex}", name, arguments, raw))
    return text[: first.start()].strip(), tuple(calls)
