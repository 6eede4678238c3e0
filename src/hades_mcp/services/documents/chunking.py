"""Cuts text into passages short enough for the embedder, at paragraphs where it can."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_CHARACTERS = 1000
"""About 250 tokens of English; the packaged model reads 256."""

OVERLAP = 120
"""Characters of a passage that the next one begins with: a sentence or two, so that what refers
back ("it", "the latter") is found with what it refers to."""

_SEPARATORS = ("\n\n", "\n", " ")
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\n+")


def chunks(text: str, most: int = MOST_CHARACTERS, *, overlap: int = 0) -> list[str]:
    """Return the passages of a text, in order, none longer than `most` characters.

    Paragraphs are kept whole if they fit, then lines, then words; small neighbours share a
    passage. A text without words gives no passages.

    Args:
        text: The text.
        most: Characters of the longest passage, the overlap included.
        overlap: Characters at most that are repeated from the end of the passage before: whole
            sentences if they fit, else whole words.
    """
    if len(text) <= most:
        overlap = 0
    found = [part.strip() for part in _split(text, most - overlap, _SEPARATORS) if part.strip()]
    if not overlap:
        return found
    joined = (f"{_tail(before, overlap - 1)}\n{here}" for before, here in pairwise(found))
    return [*found[:1], *(passage.strip() for passage in joined)]


def _tail(text: str, most: int) -> str:
    """Return the end of a text from the start of a sentence, else of a word."""
    if len(text) <= most:
        return text
    end = text[-most:]
    sentence = _SENTENCE.search(end)
    if sentence and end[sentence.end() :].strip():
        return end[sentence.end() :]
    _, blank, words = end.partition(" ")
    return words if blank else ""


def _split(text: str, most: int, separators: tuple[str, ...]) -> Iterator[str]:
    if len(text) <= most:
        yield text
        return
    if not separators:
        yield from (text[start : start + most] for start in range(0, len(text), most))
        return
    separator, *finer = separators
    packed = ""
    for piece in text.split(separator):
        joined = f"{packed}{separator}{piece}" if packed else piece
        if len(joined) <= most:
            packed = joined
            continue
        if packed:
            yield packed
        packed = ""
        if len(piece) <= most:
            packed = piece
        else:
            yield from _split(piece, most, tuple(finer))
    if packed:
        yield packed
