"""Goes through a reply once, from left to right, and finds the calls that are made in it.

What is only shown is passed over: thinking, quotations, inline code, elements of unknown name, code
that is more than calls, turns the model invented for others, and calls announced as examples.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.models.reading.cues import announced, manner
from hades_mcp.models.reading.markers import (
    ELEMENT,
    INVENTED,
    MARKER,
    SILENT,
    STOP,
    THOUGHT_ENDS,
    Fence,
    end_of_element,
    end_of_silence,
    find_fence,
    inline_end,
)
from hades_mcp.models.reading.shapes import Written, call_shaped, calls_in
from hades_mcp.models.reading.syntax import (
    OPENING,
    read_action,
    read_element,
    read_python,
    read_tags,
)
from hades_mcp.models.reading.values import Fuel, Unreadable, read_value

if TYPE_CHECKING:
    from hades_mcp.models.reading.cues import Manner
    from hades_mcp.models.reading.shapes import Tools

_ATTEMPT = re.compile(
    r"""\{[\s{]{0,8}["'“]?(?:name|tool|tool_name|function)["'”]?\s*[:=].{0,200}?
        ["'“]?(?:arguments|parameters|args)["'”]?\s*[:=]""",
    re.DOTALL | re.VERBOSE,
)
_RESYNC = re.compile(r"\n(?=[ \t]*(?:[{\[<`]|\n))")
_REST_OF_LINE = re.compile(r"[ \t,;.:\\}\])\"]*(?:$|[<\[{]|```|[#])", re.MULTILINE)
_BETWEEN = re.compile(r"(?:[\s,;}\])\\]|#[^\n]*|//[^\n]*)*")
_AFTER_PYTHON = re.compile(r"[ \t]*(?:[,;\]]|#|//|<|$)", re.MULTILINE)
_COMMA = re.compile(r"[ \t]*[,;]\s*")
_LINE = re.compile(r"[^\n]*")


@dataclass(frozen=True, slots=True)
class Found:
    """Calls that are made, and where they stand."""

    start: int
    end: int
    calls: tuple[Written, ...]


class Scan:
    """One way through a reply.

    Args:
        text: The reply.
        tools: The tools there are, by name.
        fuel: What it may cost.
    """

    def __init__(self, text: str, tools: Tools, fuel: Fuel) -> None:
        self.found: list[Found] = []
        self.attempted = False
        self._text = text
        self._tools = tools
        self._fuel = fuel
        self._lead = 0  # where the prose before the next call begins
        self._unmade: Manner | None = None  # how an earlier call stood, if it was not made

    def run(self) -> None:
        """Find the calls; what fuel does not suffice for is not read."""
        try:
            alone = re.fullmatch(r"\s*`([^`\n]+)`\s*", self._text)
            if alone is not None:
                self._take(0, len(self._text), self._only_calls(alone[1], closed=True))
                return
            at: int | None = 0
            while at is not None and (match := STOP.search(self._text, at)) is not None:
                self._fuel.burn(match.end() - at)
                at = self._step(match)
        except Unreadable:
            return

    def _step(self, match: re.Match[str]) -> int | None:
        """Read what begins here; return where to go on, or None at the end of the reply."""
        at = match.start()
        while self._text[at] in " \t":
            at += 1
        character = self._text[at]
        if character in "`~":
            fence = find_fence(self._text, at, self._fuel)
            return self._fence(fence) if fence else inline_end(self._text, at, self._fuel)
        if character == "<":
            return self._tag(at)
        if character in "{[":
            return self._value(at)
        if character == ">":
            self._lead = self._end_of_line(at)
            return self._lead
        if INVENTED.match(self._text, at):
            return None
        return self._word(at, match.end() - 1)  # its bracket may begin a value

    def _end_of_line(self, at: int) -> int:
        match = _LINE.match(self._text, at)
        return match.end() if match else len(self._text)

    def _value(self, at: int) -> int:
        marker = MARKER.match(self._text, at)
        if marker is not None:
            return self._after_marker(marker.end())
        try:
            value, end = read_value(self._text, at, self._fuel)
        except Unreadable:
            return self._unreadable(at)
        calls = tuple(calls_in(value, self._tools))
        self._in_prose(at, end, calls, shaped=call_shaped(value))
        return end

    def _unreadable(self, at: int) -> int:
        """Go on after a bracket that begins no value, but never inside a call that went wrong."""
        if self._text[at] == "[":
            return self._after_marker(at + 1)
        if _ATTEMPT.match(self._text, at) is None:
            return at + 1
        self._missed(at)
        again = _RESYNC.search(self._text, at)
        self._fuel.burn((again.end() if again else len(self._text)) - at)
        return again.end() if again else len(self._text)

    def _after_marker(self, at: int) -> int:
        """Read a Python call that stands behind a tag or a bracket instead of on its own line."""
        while at < len(self._text) and self._text[at] in " \t\n":
            at += 1
        return self._word(at, at)

    def _word(self, at: int, otherwise: int) -> int:
        """Read the calls that begin with a name here, several with commas between them."""
        while True:
            read = read_action(self._text, at, self._tools, self._fuel)
            if read is None:
                read = read_python(self._text, at, self._tools, self._fuel)
                if read is None or not _AFTER_PYTHON.match(self._text, read[1]):
                    return otherwise
            self._take(at, read[1], (read[0],))
            comma = _COMMA.match(self._text, read[1])
            if comma is None:
                return read[1]
            at, otherwise = comma.end(), read[1]

    def _tag(self, at: int) -> int | None:
        if INVENTED.match(self._text, at) and (self.found or self._text[:at].strip()):
            return None
        ends = THOUGHT_ENDS.match(self._text, at)
        if ends is not None:  # its beginning stood in the prompt: all so far was thought
            self.found.clear()
            self.attempted, self._unmade = False, None
            self._lead = ends.end()
            return ends.end()
        silent = SILENT.match(self._text, at)
        if silent is not None:
            self._lead = end_of_silence(self._text, silent, self._fuel)
            return self._lead
        if OPENING.match(self._text, at):
            return self._function(at)
        marker = MARKER.match(self._text, at)
        if marker is None:
            return self._element(at)
        if not self.attempted and "_call" in marker[0] and manner(self._before(at), "") != "shown":
            self.attempted = True
        return self._after_marker(marker.end())

    def _function(self, at: int) -> int:
        read = read_tags(self._text, at, self._tools, self._fuel)
        if read is not None:
            self._take(at, read[1], (read[0],))
            return read[1]
        self._missed(at)
        return end_of_element(self._text, "function", at, self._fuel)

    def _element(self, at: int) -> int:
        read = read_element(self._text, at, self._tools, self._fuel)
        if read is not None:
            self._take(at, read[1], (read[0],))
            return read[1]
        element = ELEMENT.match(self._text, at)
        if element is None:
            return at + 1
        end = self._text.find(f"</{element[1]}>", element.end())
        self._fuel.burn((end if end >= 0 else len(self._text)) - at)
        return end + 1 if end >= 0 else element.end()

    def _fence(self, fence: Fence) -> int:
        body = self._text[fence.inside : fence.inside_end]
        self._fuel.burn(len(body))
        if fence.language_of_calls:
            calls = self._only_calls(body, closed=fence.closed)
            if calls:
                self._take(fence.start, fence.end, calls)
            elif _ATTEMPT.match(body.lstrip()) or OPENING.match(body.lstrip()):
                self._missed(fence.start, fence.end)
        return fence.end

    def _only_calls(self, body: str, *, closed: bool) -> tuple[Written, ...]:
        """Return the calls of a text that is nothing but calls; code that is more has none."""
        calls: list[Written] = []
        at = 0
        while True:
            between = _BETWEEN.match(body, at)
            at = between.end() if between else at
            self._fuel.burn()
            if at >= len(body):
                return tuple(calls)
            marker = MARKER.match(body, at)
            end = marker.end() if marker else self._one(body, at, calls, closed=closed)
            if end is None:
                return ()
            at = end

    def _one(self, body: str, at: int, calls: list[Written], *, closed: bool) -> int | None:
        """Add the call that begins here; return where it ends, or None if something else begins."""
        if body[at] in "{[":
            try:
                value, end = read_value(body, at, self._fuel, closed=closed)
            except Unreadable:
                return at + 1 if body[at] == "[" else None
            calls.extend(calls_in(value, self._tools))
            return end
        for reader in (read_tags, read_element, read_action, read_python):
            read = reader(body, at, self._tools, self._fuel)
            if read is not None and (
                reader is not read_python or _AFTER_PYTHON.match(body, read[1])
            ):
                calls.append(read[0])
                return read[1]
        return None

    def _in_prose(self, start: int, end: int, calls: tuple[Written, ...], *, shaped: bool) -> None:
        """Take calls that are not in the middle of a sentence."""
        if calls and _REST_OF_LINE.match(self._text, end):
            self._take(start, end, calls)
        elif calls or shaped:
            self._missed(start, end)

    def _take(self, start: int, end: int, calls: tuple[Written, ...]) -> None:
        if calls:
            how = self._manner(start, end)
            if how == "made":
                self.found.append(Found(start, end, calls))
            self.attempted = self.attempted or how == "unclear"
        self._lead = end

    def _missed(self, start: int, end: int | None = None) -> None:
        if self._manner(start, len(self._text) if end is None else end) != "shown":
            self.attempted = True
        self._lead = self._lead if end is None else end

    def _manner(self, start: int, end: int) -> Manner:
        """Tell how a call is meant; what follows one that was not made is not either."""
        before = self._before(start)
        how = manner(before, self._text[end : end + 1000])
        if self._unmade is not None and (how != "made" or not announced(before)):
            return self._unmade
        self._unmade = None if how == "made" else how
        return how

    def _before(self, at: int) -> str:
        return MARKER.sub("", self._text[max(self._lead, at - 1000) : at])
