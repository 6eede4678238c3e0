"""Which rows this process has written, commit by commit, so that what was read can be mended.

Other processes write, too. Every commit has a version of its own, whoever makes it: where one is
missing here, nobody knows what changed, and all has to be read again.
"""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T", int, str)

MOST = 10_000
"""Rows: if more were written, it is as cheap to read all of them again."""

_COMMITS = 1000


class Changes(Generic[T]):
    """What commits of this process have written, by collection: rows, or whatever is noted."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[int, frozenset[T]]] = {}
        self._held: dict[int, int] = {}

    def note(self, number: int, version: int, rows: set[T] | None) -> None:
        """Note a commit; only the one writer calls this.

        Args:
            number: The collection's number.
            version: Its version after the commit.
            rows: What was written; None for much.
        """
        if rows is None:
            self._forget(number)
            return
        commits = self._rows.setdefault(number, {})
        commits[version] = frozenset(rows)
        held = self._held.get(number, 0) + len(rows)
        while len(commits) > _COMMITS or held > MOST:
            held -= len(commits.pop(next(iter(commits))))
        self._held[number] = held

    def reach(self, number: int, version: int) -> bool:
        """Tell whether the commit after a version is among those that are noted."""
        return version + 1 in self._rows.get(number, ())

    def between(self, number: int, old: int, new: int) -> set[T] | None:
        """Return what was written from one version to another; None if that is not known."""
        commits = self._rows.get(number, {})
        rows: set[T] = set()
        if new - old > len(commits):
            return None
        for version in range(old + 1, new + 1):
            written = commits.get(version)
            if written is None or len(rows) > MOST:
                return None
            rows |= written
        return rows

    def keep(self, numbers: set[int]) -> None:
        """Let go of the collections that are no more."""
        for number in self._rows.keys() - numbers:
            self._forget(number)

    def _forget(self, number: int) -> None:
        self._rows.pop(number, None)
        self._held.pop(number, None)
