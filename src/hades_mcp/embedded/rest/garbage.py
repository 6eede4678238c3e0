"""Puts Python's garbage collector off while many documents are read and written.

Each of them is a handful of objects that are soon gone without it. But so many new objects let it
look through all that the process holds, again and again: with a few hundred thousand objects
around, that takes as long as the writing.
"""

from __future__ import annotations

import gc

_MUCH = 50_000  # bytes


class postponed:  # noqa: N801  used as a function is
    """Keep the collector from running inside a block.

    Threads may be in such blocks at once: it runs again when the one is left that stopped it.

    Args:
        body: What is going to be read; a short one changes nothing.
    """

    __slots__ = ("_stopped",)

    def __init__(self, body: bytes) -> None:
        self._stopped = len(body) > _MUCH

    def __enter__(self) -> None:
        self._stopped = self._stopped and gc.isenabled()
        if self._stopped:
            gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._stopped:
            gc.enable()
