"""Where terms occur in documents: phrases and sequences of n-grams by their positions."""

from __future__ import annotations

from array import array
from typing import NamedTuple


class Occurrence(NamedTuple):
    """One place of a term in a field of a document; offsets in bytes, 0 where none are kept."""

    position: int
    start: int = 0
    end: int = 0


def unpack(places: bytes, count: int) -> list[Occurrence]:
    """Return the occurrences a posting keeps: their positions, perhaps with offsets.

    Args:
        places: What the posting holds.
        count: How many occurrences.
    """
    numbers = array("I")
    numbers.frombytes(places)
    if len(numbers) == count:
        return [Occurrence(number) for number in numbers]
    triples = iter(numbers)
    return [Occurrence(*triple) for triple in zip(triples, triples, triples, strict=True)]


def phrases(parts: list[list[Occurrence]], places: list[int]) -> list[Occurrence]:
    """Return where all parts of a phrase follow each other, each from the first part's start.

    Args:
        parts: The occurrences of each part in one document.
        places: How far each part is from the first one.
    """
    later = [{each.position: each for each in part} for part in parts[1:]]
    found = []
    for first in parts[0]:
        last = first
        for part, place in zip(later, places[1:], strict=True):
            match = part.get(first.position + place)
            if match is None:
                break
            last = match if match.end > last.end else last
        else:
            found.append(Occurrence(first.position, first.start, last.end))
    return found
