"""Room on Python's stack for deeply nested queries: parser, planner and evaluation recurse."""

from __future__ import annotations

import sys
from threading import Lock

SHALLOW = 20  # levels that fit beside what a caller has on the stack already
FRAMES = 25_000  # more than 500 levels take anywhere


class _Room:
    """The process-wide recursion limit while queries need it raised, and what it was before.

    Only ArangoDB's own limit of 500 levels bounds the recursion then, so the raised limit cannot
    run the C stack over: functions written in Python take none of it.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._users = 0
        self._normal = 0

    def enter(self) -> None:
        with self._lock:
            if not self._users:
                self._normal = sys.getrecursionlimit()
                sys.setrecursionlimit(max(FRAMES, self._normal))
            self._users += 1

    def leave(self) -> None:
        with self._lock:
            self._users -= 1
            if not self._users:
                sys.setrecursionlimit(self._normal)


_ROOM = _Room()


class room_for:  # noqa: N801  used as a function is; a generator would take longer
    """Allow as many Python frames in a `with` block as a query takes.

    Args:
        levels: How deeply the query nests; as many as ArangoDB allows at most.
    """

    __slots__ = ("_deep",)

    def __init__(self, levels: int) -> None:
        self._deep = levels > SHALLOW

    def __enter__(self) -> None:
        if self._deep:
            _ROOM.enter()

    def __exit__(self, *_: object) -> None:
        if self._deep:
            _ROOM.leave()
