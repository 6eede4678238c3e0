"""Reads one whole reply: its calls, the text around them, and whether a call went wrong."""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.messages import ToolCall
from hades_mcp.models.reading.markers import MARKER
from hades_mcp.models.reading.scan import Scan
from hades_mcp.models.reading.values import Fuel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hades_mcp.messages import ToolSpec
    from hades_mcp.models.reading.scan import Found

_MARKS_BEFORE = re.compile(rf"(?:(?:{MARKER.pattern})\s*)+\Z", re.IGNORECASE)
_MARKS_AFTER = re.compile(rf"[ \t,;}}\]]*(?:\s*(?:{MARKER.pattern}))*", re.IGNORECASE)
_LONGEST_MARKS = 80


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reply says.

    Args:
        calls: The calls it makes, in order; the same call said twice is one.
        text: What it says beside them.
        places: Where the calls stand in it, with the tags around them.
        attempted: Whether it makes no call, but looks like one that went wrong.
        steps: What reading it cost.
    """

    calls: tuple[ToolCall, ...]
    text: str
    places: tuple[tuple[int, int], ...]
    attempted: bool
    steps: int


def read(text: str, tools: Sequence[ToolSpec]) -> Reading:
    """Return the calls a reply's text makes, and the rest of it.

    Args:
        text: The reply, as the model wrote it.
        tools: The tools there are; calls of others are not calls.
    """
    fuel = Fuel(len(text))
    scan = Scan(text, {tool.name: tool for tool in tools}, fuel)
    scan.run()
    calls = tuple(_calls(text, scan.found))
    places = tuple(_place(text, found) for found in scan.found)
    said = _without(text, places)
    return Reading(calls, said, places, scan.attempted and not calls, fuel.spent)


def _calls(text: str, found: Iterable[Found]) -> Iterator[ToolCall]:
    said: set[str] = set()
    for place in found:
        for call in place.calls:
            same = json.dumps([call.tool.name, call.arguments], sort_keys=True, default=str)
            if same not in said:
                said.add(same)
                raw = text[place.start : place.end]
                identifier = f"call_{uuid.uuid4().hex}"
                yield ToolCall(identifier, call.tool.name, call.arguments, raw, "recovered")


def _place(text: str, found: Found) -> tuple[int, int]:
    """Return where calls stand, with the tags around them."""
    marks = _MARKS_BEFORE.search(text[max(0, found.start - _LONGEST_MARKS) : found.start])
    after = _MARKS_AFTER.match(text, found.end, found.end + _LONGEST_MARKS)
    start = found.start - (len(marks[0]) if marks else 0)
    return start, after.end() if after else found.end


def _without(text: str, places: Iterable[tuple[int, int]]) -> str:
    at, rest = 0, []
    for start, end in places:
        rest.append(text[at:start])
        at = max(at, end)
    return "".join([*rest, text[at:]])
