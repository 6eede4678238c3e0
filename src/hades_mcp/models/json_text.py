"""Finds JSON in what a model wrote, and reads it forgivingly but never inventively.

Braces that are missing at the end are closed, but not after a cut-off string, a comma or a colon:
half of a value, or of the arguments, must not pass for the whole.
"""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TRAILING_COMMA = re.compile(r",\s*([}\]])")
_CLOSER = {"{": "}", "[": "]"}


def spans(text: str) -> Iterator[str]:
    """Yield each outermost `{…}` or `[…]`, brackets inside strings not counted."""
    start = 0
    while start < len(text):
        if text[start] not in _CLOSER:
            start += 1
            continue
        end, open_brackets, in_string = _scan(text, start)
        if not open_brackets:
            yield text[start:end]
        elif not in_string and text.rstrip()[-1] not in ",:":
            yield text[start:end] + "".join(reversed(open_brackets))
        start = end


def _scan(text: str, start: int) -> tuple[int, list[str], bool]:
    """Return where the span ends, the closers still wanted, and whether a string is open."""
    wanted: list[str] = []
    quote, position = "", start
    quotes = '"' if '"' in text[start : _first_end(text, start)] else "\"'"
    while position < len(text):
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in quotes:
            quote = character
        elif character in _CLOSER:
            wanted.append(_CLOSER[character])
        elif wanted and character == wanted[-1]:
            wanted.pop()
            if not wanted:
                return position + 1, [], False
        position += 1
    return len(text), wanted, bool(quote)


def _first_end(text: str, start: int) -> int:
    """Return the end of the first key: whichever quote stands there is the quote used."""
    colon = text.find(":", start)
    return colon if colon >= 0 else len(text)


def loads(text: str) -> Any:
    """Return the value a text stands for, or None.

    Read in turn as JSON (raw newlines allowed), without trailing commas, with template braces
    `{{…}}` halved (the 1.5B copies them from its stock template), and as a Python literal.
    """
    for reader in _READERS:
        try:
            value = reader(text)
        except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
            continue
        return value
    return None


def _strict(text: str) -> Any:
    return json.loads(text, strict=False)


def _without_commas(text: str) -> Any:
    return _strict(_TRAILING_COMMA.sub(r"\1", text))


def _halved(text: str) -> Any:
    if not text.startswith("{{"):
        raise ValueError(text)
    try:
        return _strict(text[1:-1])
    except ValueError:
        return _strict(text.replace("{{", "{").replace("}}", "}"))


_READERS: tuple[Callable[[str], Any], ...] = (_strict, _without_commas, _halved, ast.literal_eval)
