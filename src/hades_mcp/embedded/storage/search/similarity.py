"""How alike two words are: edit distance up to a bound, and common sequences of n-grams."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from hades_mcp.embedded.values.stopping import paced, watched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def distance_within(one: str, other: str, most: int, *, transpositions: bool) -> int | None:
    """Return the edit distance of two words; None above `most`.

    Args:
        one: A word.
        other: Another one.
        most: The greatest distance of interest.
        transpositions: Two neighbours that change places count once, not twice.
    """
    if abs(len(one) - len(other)) > most:
        return None
    before_last: list[int] = []
    last = list(paced(range(len(other) + 1)))
    for row, letter in enumerate(one, start=1):
        line = [row]
        for column, facing in enumerate(paced(other), start=1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != facing))
            if (
                transpositions
                and row > 1
                and column > 1
                and letter == other[column - 2]
                and one[row - 2] == facing
            ):
                cost = min(cost, before_last[column - 2] + 1)
            line.append(cost)
        if min(paced(line)) > most and (not transpositions or min(paced(last)) > most):
            return None
        before_last, last = last, line
    return last[-1] if last[-1] <= most else None


def longest_sequence(grams: Sequence[bytes], positions: Mapping[bytes, Sequence[int]]) -> list[int]:
    """Return the positions of a longest sequence of n-grams that a text has in the same order.

    Args:
        grams: The n-grams in the order of the target.
        positions: Where each occurs in the text, in order.
    """
    ends: list[int] = []  # the least position that ends a sequence of each length
    chains: list[tuple[int, tuple | None]] = []  # type: ignore[type-arg]  # a chain holds a chain
    for gram in grams:
        # backwards: a gram counts once
        for position in watched(reversed(positions.get(gram, ()))):
            at = bisect_left(ends, position)
            chain = (position, chains[at - 1] if at else None)
            ends[at : at + 1] = [position]
            chains[at : at + 1] = [chain]
    found: list[int] = []
    link = chains[-1] if chains else None
    while link is not None:
        found.append(link[0])
        link = link[1]
    return found[::-1]
