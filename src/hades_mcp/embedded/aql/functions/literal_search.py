"""Searching long texts for literal text in steps that can be stopped: for SPLIT, SUBSTITUTE, LIKE.

Short texts are left to one call of `re`, which is faster; the answers are the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hades_mcp.embedded.values.stopping import check, paced, step

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHORT = 2**16
"""Characters of text times pieces of a pattern that one call may look at."""
_LONGEST_PATTERN = 10_000
_WINDOW = 2**20


def is_short(text: str, pattern: str) -> bool:
    """Tell whether a text and what is searched in it may be left to one call of `re`."""
    return len(text) + len(pattern) <= SHORT


def hits(text: str, wanted: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Yield where a text holds one of several others, from its start, without overlaps.

    Where several begin at one place the first of them counts.
    """
    if sum(map(len, wanted)) > _LONGEST_PATTERN:
        yield from _many(text, wanted)
        return
    pattern = re.compile("|".join(map(re.escape, wanted)))
    longest, window = max(map(len, wanted)), _WINDOW // len(wanted)
    stop, start = check(), 0
    while start < len(text):
        stop()
        end = start + window
        for hit in pattern.finditer(text, start, end + longest - 1):
            if hit.start() >= end:
                break
            step()
            yield hit.start(), hit[0]
            start = hit.end()
        start = max(start, end)


def _many(text: str, wanted: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Do the same for so many texts that no regular expression of them is made."""
    by_first: dict[str, list[str]] = {}
    for each in paced(wanted):
        by_first.setdefault(each[0], []).append(each)
    after = 0
    for start, character in enumerate(paced(text)):
        if start >= after:
            for each in by_first.get(character, ()):
                step()
                if text.startswith(each, start):
                    yield start, each
                    after = start + len(each)
                    break


def last_place(text: str, wanted: str, start: int, end: int | None) -> int:
    """Return where a part of a text last holds another one, or -1.

    `str.rfind` looks at the whole of the other one at each place; `str.find` does not.
    """
    if is_short(text, wanted) or len(wanted) == 1:
        return text.rfind(wanted, start, end)
    part = text[start:end]
    place = part[::-1].find(wanted[::-1])
    return -1 if place < 0 else start + len(part) - place - len(wanted)


def is_like(text: str, pattern: str) -> bool:
    r"""Tell whether a whole text matches a pattern of LIKE, letters alike only if they are equal.

    `_` is any character, `%` any number of them, `\_`, `\%` and `\\` mean themselves, any
    other backslash is itself.
    """
    head, *middle = _parts(pattern)
    place = _size(head)
    if not middle:
        return place == len(text) and _fits(text, head, 0)
    tail = middle.pop()
    if place > len(text) or not _fits(text, head, 0):
        return False
    for part in paced(middle):
        found = _find(text, part, place)
        if found is None:
            return False
        place = found + _size(part)
    last = len(text) - _size(tail)
    return last >= place and _fits(text, tail, last)


def _parts(pattern: str) -> list[list[str]]:
    """Split a pattern at `%`, and each part at `_`."""
    parts: list[list[str]] = [[]]
    piece: list[str] = []
    escaped = False
    for character in paced(pattern):
        if character == "\\" and not escaped:
            escaped = True
            continue
        if character in "%_" and not escaped:
            parts[-1].append("".join(piece))
            piece = []
            if character == "%":
                parts.append([])
            continue
        piece.append("\\" + character if escaped and character not in "%_\\" else character)
        escaped = False
    parts[-1].append("".join(piece))
    return parts


def _size(part: list[str]) -> int:
    return sum(map(len, part)) + len(part) - 1


def _fits(text: str, part: list[str], place: int) -> bool:
    for piece in paced(part):
        if not text.startswith(piece, place):
            return False
        place += len(piece) + 1
    return True


def _find(text: str, part: list[str], start: int) -> int | None:
    """Return the first place from a start on where a part fits."""
    longest = max(range(len(part)), key=lambda at: len(part[at]))
    before = _size(part[:longest]) + 1 if longest else 0
    last = len(text) - _size(part)
    while True:
        step()
        start = text.find(part[longest], start + before) - before
        if not 0 <= start <= last:
            return None
        if _fits(text, part, start):
            return start
        start += 1
