"""Cuts text into passages short enough for the embedder, at paragraphs where it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_CHARACTERS = 1000
"""About 250 tokens of English; the packaged model reads 256."""

_SEPARATORS = ("\n\n", "\n", " ")


def chunks(text: str, most: int = MOST_CHARACTERS) -> list[str]:
    """Return the passages of a text, in order, none longer than `most` characters.

    Paragraphs are kept whole if they fit, then lines, then words; small neighbours share a
    passage. A text without words gives no passages.
    """
    return [part.strip() for part in _split(text, most, _SEPARATORS) if part.strip()]


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
