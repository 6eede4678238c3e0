"""Sorting that can be stopped: many items are dealt into pieces by their keys, then each is sorted.

One call of `sorted` cannot be interrupted, and takes a second for a million rows.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

PIECE = 50_000  # sorted in some 30 ms
_NUMBERS = 200_000  # sorted by numpy in some 20 ms
_EXACT = 2.0**53  # from here on a double no longer holds every integer
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


def by_numbers(
    items: Sequence[int], values: list[float], check: Callable[[], None], *, downwards: bool
) -> list[int] | None:
    """Return many integers in the order of numbers; equal ones keep theirs.

    Args:
        items: What to sort.
        values: A number for each.
        check: Called between steps of less than 100 ms; what it raises ends the sorting.
        downwards: Whether the greatest comes first.

    Returns:
        None if a double might not hold one of them exactly.
    """
    import numpy as np  # noqa: PLC0415  takes longer to load than a few numbers to sort

    check()
    try:
        array = np.array(values, dtype=np.float64)
    except OverflowError:
        return None
    if np.abs(array).max(initial=0) >= _EXACT:
        return None
    if downwards:
        array = -array
    cuts = np.sort(array[:: _NUMBERS // _SAMPLES])[_SAMPLES::_SAMPLES]
    pieces = np.searchsorted(cuts, array, side="right")
    given, found = np.array(items), list[int]()
    for number in range(len(cuts) + 1):
        check()
        places = np.flatnonzero(pieces == number)
        found += given[places[np.argsort(array[places], kind="stable")]].tolist()
    return found
