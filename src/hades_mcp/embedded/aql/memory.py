"""What values weigh, roughly, and how much a query may hold unless it says otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_SHARE = 4  # a quarter of the machine's memory: there are other programs on a desktop
_FALLBACK = 2**30
_SAMPLE = 16
_SELDOM = 15  # one call in 16 looks
SLACK = 2**28
_DEPTH = 6
_EMPTY, _NUMBER, _SLOT, _ENTRY = 56, 32, 8, 24


def default_limit() -> int:
    """Return the bytes one query may hold: a quarter of the memory of this machine."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _SHARE
    except (AttributeError, ValueError, OSError):  # pragma: no cover  not on Windows
        return _FALLBACK


class Watch:
    """Looks at the memory of the whole process, where what a query holds cannot be weighed.

    A search in a graph keeps paths by the million that share their parts. Other threads' memory
    is in the figure too: it is the last line, some way above the limit.

    Args:
        limit: Bytes the query may hold; 0 for no limit.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._calls = 0
        self._most = _resident() + limit + SLACK

    def exceeded(self) -> bool:
        """Tell whether the process has grown by much more than the query may hold."""
        self._calls += 1
        return self._limit > 0 and not self._calls & _SELDOM and _resident() > self._most


def _resident() -> int:
    """Return the bytes of memory this process takes; 0 where the system does not tell."""
    try:
        with Path("/proc/self/statm").open("rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError, ValueError):  # pragma: no cover  not on Windows, macOS
        return 0


def size_of(value: Any, depth: int = _DEPTH) -> int:
    """Estimate the bytes of a value; of many elements, some are weighed for all."""
    kind = type(value)
    if kind is str:
        return _EMPTY + len(value)
    if kind is list:
        return _EMPTY + _SLOT * len(value) + _elements(value, depth)
    if kind is dict:
        return _EMPTY + _ENTRY * len(value) + _elements(list(value.values()), depth)
    return _NUMBER


def _elements(values: list[Any], depth: int) -> int:
    if not values or not depth:
        return 0
    some = values[:: len(values) // _SAMPLE] if len(values) > _SAMPLE else values
    size = 0
    for value in some:
        kind = type(value)
        if kind is str:
            size += _EMPTY + len(value)
        elif kind is list or kind is dict:
            size += size_of(value, depth - 1)
        else:
            size += _NUMBER
    return size * len(values) // len(some)
