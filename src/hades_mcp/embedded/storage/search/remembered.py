"""The postings of words asked for last, kept while they hold: frequent ones are asked for again.

Apart from the arrays themselves: whoever searches nothing need not load numpy, 12 MB of memory.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from hades_mcp.embedded.storage.search.arrays import Postings

KEPT = 2_000_000
"""Postings that are remembered; some 40 MB."""

Key: TypeAlias = tuple[str, int, bytes]
"""The table, the field's number and the term."""


class Remembered:
    """Postings by term, each with the version of its collection; those asked for last stay."""

    def __init__(self) -> None:
        self._held: dict[Key, tuple[int, Postings]] = {}
        self._count = 0
        self._lock = Lock()

    def find(self, key: Key) -> tuple[int, Postings] | None:
        """Return version and postings, if they are remembered."""
        with self._lock:
            found = self._held.pop(key, None)
            if found is not None:
                self._held[key] = found  # the last to go
            return found

    def keep(self, key: Key, version: int, postings: Postings) -> None:
        """Remember the postings of a term in place of older ones."""
        with self._lock:
            self._count += len(postings.rows) - self._size(self._held.pop(key, None))
            self._held[key] = (version, postings)
            while self._count > KEPT:
                self._count -= self._size(self._held.pop(next(iter(self._held))))

    @staticmethod
    def _size(held: tuple[int, Postings] | None) -> int:
        return len(held[1].rows) if held else 0
