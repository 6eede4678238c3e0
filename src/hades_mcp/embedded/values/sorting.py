"""Sorting that can be stopped: many items are dealt into pieces by their keys, then each is sorted.

One call of `sorted` cannot be interrupted, and takes a second for a million rows.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

PIECE = 50_000  # sorted in some 30 ms
_SAMPLES = 32  # per piece: enough for pieces of about one size


def in_order(items: list[T], key: Callable[[T], bytes], check: Callable[[], None]) -> list[T]:
    """Return items in the order of their keys; equal ones keep theirs.

    Args:
        items: What to sort.
        key: Called once per item.
        check: Called between steps of less than 100 ms; what it raises ends the sorting.
    """
    keys: list[bytes] = []
    for start in range(0, len(items), PIECE):
        check()
        keys += map(key, items[start : start + PIECE])
    return ordered_by(items, keys, check)


def ordered_by(items: list[T], keys: list[Any], check: Callable[[], None]) -> list[T]:
    """Return items in the order of keys that Python can compare; see `in_order`."""
    if len(items) <= PIECE:
        return [items[place] for place in sorted(range(len(items)), key=keys.__getitem__)]
    bounds = sorted(keys[:: PIECE // _SAMPLES])[_SAMPLES::_SAMPLES]
    pieces: list[list[int]] = [[] for _ in range(len(bounds) + 1)]
    add = [piece.append for piece in pieces]
    for start in range(0, len(items), PIECE):
        check()
        for place, value in enumerate(keys[start : start + PIECE], start):
            add[bisect_right(bounds, value)](place)
    found: list[T] = []
    for piece in pieces:
        check()
        piece.sort(key=keys.__getitem__)
        found += map(items.__getitem__, piece)
    return found
