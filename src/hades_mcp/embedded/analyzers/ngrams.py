"""N-grams in the order ArangoDB emits them, with markers and originals."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.values.stopping import watched

if TYPE_CHECKING:
    from collections.abc import Iterator

_EDGE = "\ufffd"  # how the byte 0xFF around a wildcard Analyzer's text reads as UTF-8
_FEWEST = 2


def ngrams(text: str, properties: dict[str, Any]) -> Iterator[tuple[str, int, int, int]]:
    """Yield the n-grams of a text: each with its step from the one before and its bytes' place.

    The original, if asked for, comes after the n-grams of the first place: once with the start
    marker and once with the end marker, or once plain if there are none.
    """
    if properties["streamType"] == "binary":
        raw = text.encode("utf-8", "surrogatepass")
        pieces = [raw[at : at + 1] for at in watched(range(len(raw)))]
    else:
        pieces = [letter.encode("utf-8", "surrogatepass") for letter in watched(text)]
    ends = [0, *accumulate(map(len, pieces))]
    start, end = properties["startMarker"], properties["endMarker"]
    preserve, smallest, largest = (properties[name] for name in ("preserveOriginal", "min", "max"))
    total = len(pieces)
    for first in watched(range(total)):
        step = 1
        for size in range(smallest, min(largest, total - first) + 1):
            if preserve and size == total:
                continue  # the original itself, below
            gram = b"".join(pieces[first : first + size]).decode("utf-8", "replace")
            if not first and start:
                gram = start + gram
            elif first + size == total:
                gram += end
            yield gram, step, ends[first], ends[first + size]
            step = 0
        if preserve and not first:
            for original in _originals(text, start, end):
                yield original, step, 0, ends[-1]
                step = 0


def _originals(text: str, start: str, end: str) -> list[str]:
    marked = ([start + text] if start else []) + ([text + end] if end else [])
    return marked or [text]


def edge_ngrams(text: str, properties: dict[str, Any]) -> list[str]:
    """Return the beginnings of a word from `min` to `max` letters; without `max`, all of them."""
    largest = min(len(text), properties.get("max", len(text)))
    grams = [text[:size] for size in watched(range(properties.get("min", 1), largest + 1))]
    preserve = properties["preserveOriginal"] and text not in grams
    return [*grams, text] if preserve else grams


def wildcard_ngrams(text: str, size: int) -> list[str]:
    """Return the n-grams of a text between two edges, then the shorter ones at its end."""
    marked = _EDGE + text + _EDGE
    grams = (marked[at : at + size] for at in watched(range(len(marked) - 1)))
    return [gram for gram in grams if len(gram) >= _FEWEST]
