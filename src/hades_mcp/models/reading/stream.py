"""Reads a reply while it arrives: shows prose at once, and keeps back what may become a call."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from hades_mcp.models.reading.reply import Reading, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.messages import ToolSpec

_SPECIAL = re.compile(r"[`{\[<~\n]")
_FIRST_WORD = re.compile(r"[ \t]*([\w.:\-]*)[ \t]*")
_HARMLESS = re.compile(r"\[(?=[\d^!*])|<(?=[\s\d=])|\{(?=[\d}])|~(?=[^~])|`[^`\n]+`(?=[^`])")
"""What begins like a call and is none: `[1]`, `a < b`, `{}`, inline code in a sentence."""
_UNDECIDED = re.compile(r"[\[<{~]|`[^`\n]*`?")
"""What may still turn out to be harmless, as long as nothing follows it."""
_PATIENCE = 200
"""Characters that are waited for; what is undecided after them is kept back."""


class ReplyStream:
    """A reply that comes in pieces, of characters or of bytes.

    However it is cut, the same text is shown in the end and the same calls are found.

    Args:
        tools: The tools there are.
    """

    def __init__(self, tools: Sequence[ToolSpec]) -> None:
        self._tools = tools
        self._pieces: list[str] = []
        self._pending = ""
        self._shown = 0
        self._line_begins = True
        self._nothing_yet = True
        self._held = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, piece: str | bytes) -> str:
        """Take a piece; return what of the reply can be shown now."""
        text = self._decoder.decode(piece) if isinstance(piece, bytes) else piece
        self._pieces.append(text)
        if self._held:
            return ""
        self._pending += text
        end = self._ready()
        ready, self._pending = self._pending[:end], self._pending[end:]
        self._shown += end
        return ready

    def finish(self) -> tuple[str, Reading]:
        """Return what is left to show, calls left out, and the whole reply read."""
        self._pieces.append(self._decoder.decode(b"", final=True))
        text = "".join(self._pieces)
        reading = read(text, self._tools)
        at, rest = self._shown, []
        for start, end in reading.places:
            rest.append(text[at:start])
            at = max(at, end)
        return "".join([*rest, text[at:]]), reading

    def _ready(self) -> int:
        """Return how many of the pending characters can be shown whatever follows."""
        text, at = self._pending, 0
        while True:
            if self._line_begins:
                first = _FIRST_WORD.match(text, at)
                end = first.end() if first else at
                if end == len(text) and end - at < _PATIENCE:
                    return at
                if first and first[1] and self._may_call(first[1], text[end : end + 1]):
                    return self._hold(at)
                self._line_begins = False
                self._nothing_yet = self._nothing_yet and not (first and first[1])
                at = end
            special = _SPECIAL.search(text, at)
            if special is None:
                self._nothing_yet = self._nothing_yet and not text[at:].strip()
                return len(text)
            start = special.start()
            self._nothing_yet = self._nothing_yet and not text[at:start].strip()
            if special[0] == "\n":
                at, self._line_begins = special.end(), True
                continue
            harmless = None if self._nothing_yet else _HARMLESS.match(text, start)
            if harmless is None:
                undecided = _UNDECIDED.fullmatch(text, start)
                wait = undecided and not self._nothing_yet and len(text) - start < _PATIENCE
                return start if wait else self._hold(start)
            at = harmless.end()

    def _may_call(self, word: str, following: str) -> bool:
        return following in ("(", "{") or word.lower().startswith("action")

    def _hold(self, at: int) -> int:
        self._held = True
        return at
