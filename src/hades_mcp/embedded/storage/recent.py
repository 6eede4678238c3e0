"""What this process has read of collections that nobody has written to since: shared by threads.

A collection's version grows with each commit that changes it, so that what was read under a version
holds for every snapshot that has it. What is here only grows, by whole entries that never change:
when a collection has another version, or too much is held, it starts over with empty dictionaries.
"""

from __future__ import annotations

from typing import TypeAlias

from hades_mcp.embedded.storage.changes import Changes
from hades_mcp.embedded.storage.columns import Columns
from hades_mcp.embedded.storage.search.remembered import Remembered
from hades_mcp.embedded.storage.web import Webs

Hop: TypeAlias = tuple[int, str]
"""An edge, as its collection's number and its row in one integer, and the vertex it leads to."""

KEPT = 4_000_000
"""Hops and values of one collection; about 300 MB."""

KEYS_KEPT = 500_000
_ROW_BITS = 44


class Reads:
    """What was read of one collection at one version.

    Attributes:
        version: The collection's version.
        outbound: The edges that begin at a vertex, oldest first.
        inbound: The edges that end at a vertex, oldest first.
        keys: The keys of documents by their `_id`s; None where there is no document.
        columns: Attributes of all documents.
        stale: Columns of an older version, and that version: to be mended when they are asked for.
        mark: Stands for this state of the collection on vertices whose documents were seen in it.
    """

    __slots__ = ("_held", "columns", "inbound", "keys", "mark", "outbound", "stale", "version")

    def __init__(self, version: int) -> None:
        self.version = version
        self.mark = object()
        self._empty()

    def hops(self, direction: str) -> dict[str, list[Hop]]:
        """Return the edges known so far, by the vertex they are followed from."""
        return self.inbound if direction == "inbound" else self.outbound

    def weigh(self, found: dict[str, list[Hop]]) -> None:
        """Count what was added to the hops."""
        self._held += len(found) + sum(map(len, found.values()))

    def weigh_values(self, count: int) -> None:
        """Count what was added to the columns."""
        self._held += count

    def make_room(self) -> None:
        """Begin anew if too much is held; who has a dictionary of ours may go on with it."""
        if self._held > KEPT or len(self.keys) > KEYS_KEPT:
            self._empty()

    def _empty(self) -> None:
        self.outbound: dict[str, list[Hop]] = {}
        self.inbound: dict[str, list[Hop]] = {}
        self.keys: dict[str, str | None] = {}
        self.columns = Columns()
        self.stale: tuple[Columns, int] | None = None
        self._held = 0


class Recent:
    """The reads of a database's collections, by number.

    Attributes:
        webs: The graphs that edges make.
        postings: Of words that were searched for.
        changes: The rows that commits have written.
        moves: What commits have inserted and removed, and the ends of edges; see `Tally.moved`.
    """

    def __init__(self) -> None:
        self._reads: dict[int, Reads] = {}
        self.changes: Changes[int] = Changes()
        self.moves: Changes[str] = Changes()
        self.webs = Webs(self.moves)
        self.postings = Remembered()
        self._latest: tuple[int, dict[int, Reads]] = (-1, {})

    def after(self, commits: int) -> dict[int, Reads]:
        """Return the reads that hold after a number of commits; what finds others adds them."""
        latest, reads = self._latest
        if latest == commits:
            return reads
        fresh: dict[int, Reads] = {}
        if latest < commits:  # an old snapshot reads for itself
            self._latest = (commits, fresh)
        return fresh

    def of(self, number: int, version: int) -> Reads:
        """Return what is known of a collection at a version."""
        found = self._reads.get(number)
        if found is None or found.version != version:
            fresh = Reads(version)
            if found is None or found.version < version:  # an old snapshot reads for itself
                if found is not None:
                    stale = found.stale or (found.columns, found.version)
                    if stale[0].rows and self.changes.reach(number, stale[1]):
                        fresh.stale = stale
                    if self.moves.between(number, found.version, version) == set():
                        fresh.mark = found.mark
                self._reads[number] = fresh
            return fresh
        return found

    def keep(self, numbers: set[int]) -> None:
        """Let go of the collections that are no more."""
        for number in self._reads.keys() - numbers:
            self._reads.pop(number, None)
        self.webs.keep(numbers)
        self.changes.keep(numbers)
        self.moves.keep(numbers)


def edge_handle(number: int, row: int) -> int:
    """Return what stands for an edge in hops."""
    return number << _ROW_BITS | row


def edge_place(handle: int) -> tuple[int, int]:
    """Return the number of the collection and the row of an edge."""
    return handle >> _ROW_BITS, handle & ((1 << _ROW_BITS) - 1)
