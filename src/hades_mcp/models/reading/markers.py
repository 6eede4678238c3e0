"""Finds the marks around what a reply says: fences, tags of calls and of thinking, inline code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hades_mcp.models.reading.values import Fuel

STOP = re.compile(
    r"""[`{\[<]
      | ^[ \t]*(?: ~~~ | >(?!>) | [A-Za-z_][\w.\-:]*[ \t]*[({]
                 | (?:action|user|human|observation)[ \t]*: )""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
"""Where something other than prose may begin."""

INVENTED = re.compile(
    r"<\|im_start\|>\s*(?:user|system|tool)|<\|(?:im_end|endoftext|eot_id)\|>|</s>"
    r"|(?:user|human|observation)[ \t]*:",
    re.IGNORECASE,
)
"""The end of what the model had to say: what follows are turns of others."""

_CALL_TAG = (
    r"tool[_\-]?calls?|tools?|functions?|function[_\-]?calls?|tool_code|response|calls?|request"
    r"|json|action|assistant|im_start|invoke|python_tag|tool_call_start|tool_call_end|plugin"
)
MARKER = re.compile(
    rf"<\|?/?(?:{_CALL_TAG})\|?>(?:assistant\b)?|\[/?(?:{_CALL_TAG})\]", re.IGNORECASE
)
"""A tag around calls; whether it was closed, or closed well, does not matter."""

_SILENT_TAG = (
    r"think|thinking|thoughts?|reasoning|reflection|scratchpad|analysis|tool_response|tool_result"
    r"|examples?|quote|blockquote"
)
SILENT = re.compile(rf"<({_SILENT_TAG})>|<(!)--", re.IGNORECASE)
"""The beginning of what is not said to anybody; without an end it lasts to the end."""
THOUGHT_ENDS = re.compile(r"</(?:think|thinking|thoughts?|reasoning)>", re.IGNORECASE)
ELEMENT = re.compile(r"<([A-Za-z][\w\-]{0,60})(?:\s[^<>\n]{0,200})?>")

_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*([A-Za-z_+#.\-]*)")
_CALL_LANGUAGES = frozenset(
    {
        *("", "json", "json5", "jsonc", "xml", "html", "plaintext", "text", "txt", "plain"),
        *("tool", "tools", "tool_call", "tool_calls", "tool_code", "function", "function_call"),
        *("call", "python", "py", "javascript", "js", "typescript", "ts"),
    }
)
_OPENING_LINE = re.compile(r"^[ \t]*(?:`{3,}|~{3,})[A-Za-z]", re.MULTILINE)
_BLANK_LINE = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Fence:
    """A block of code.

    Args:
        start: Where its first mark begins.
        end: Where its last mark ends.
        inside: Where its text begins.
        inside_end: Where its text ends.
        closed: Whether the last mark is there.
        language_of_calls: Whether calls are written in its language.
    """

    start: int
    end: int
    inside: int
    inside_end: int
    closed: bool
    language_of_calls: bool


def find_fence(text: str, at: int, fuel: Fuel) -> Fence | None:
    """Return the block that begins at a mark; None for inline code, and for a mark left over."""
    opening = _FENCE.match(text, at)
    if opening is None:
        return None
    mark = opening[1]
    inside = opening.end()
    closing = re.compile(rf"^[ \t]*{mark}{mark[0]}*[ \t]*$", re.MULTILINE).search(text, inside)
    fuel.burn((closing.end() if closing else len(text)) - at)
    if closing is None:  # perhaps on the same line as the text
        closing = re.compile(re.escape(mark)).search(text, inside)
    stop = closing.start() if closing else len(text)
    if not opening[2] and _OPENING_LINE.search(text, inside, stop):
        return None
    language = opening[2].lower() in _CALL_LANGUAGES
    end = closing.end() if closing else len(text)
    return Fence(at, end, inside, stop, closing is not None, language)


def inline_end(text: str, at: int, fuel: Fuel) -> int:
    """Return where inline code ends; a mark without a partner in its paragraph is only a mark."""
    mark = re.compile(r"`+|~+").match(text, at)
    if mark is None:
        return at + 1
    paragraph = _BLANK_LINE.search(text, mark.end())
    stop = paragraph.start() if paragraph else len(text)
    fuel.burn(stop - at)
    partner = re.compile(rf"(?<!`){mark[0]}(?!`)").search(text, mark.end(), stop)
    return partner.end() if partner and mark[0][0] == "`" else mark.end()


def end_of_silence(text: str, opening: re.Match[str], fuel: Fuel) -> int:
    """Return where thinking, a quotation or a comment ends."""
    if not opening[2]:
        return end_of_element(text, opening[1], opening.start(), fuel)
    end = text.find("-->", opening.end())
    fuel.burn((end if end >= 0 else len(text)) - opening.start())
    return end + 3 if end >= 0 else len(text)


def end_of_element(text: str, name: str, at: int, fuel: Fuel) -> int:
    """Return where the element that begins here ends, others of its name inside it counted."""
    depth = 0
    for tag in re.compile(rf"<(/?){name}\b[^<>]{{0,200}}>", re.IGNORECASE).finditer(text, at):
        depth += -1 if tag[1] else 1
        if not depth:
            fuel.burn(tag.end() - at)
            return tag.end()
    fuel.burn(len(text) - at)
    return len(text)
