"""One run of a query: its context, its statistics, its memory limit."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from hades_mcp.embedded.aql.context import Context
from hades_mcp.embedded.aql.memory import Watch, size_of
from hades_mcp.embedded.traversal import GraphReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.aql.executor.profile import Profile
    from hades_mcp.embedded.storage.collection import Collection

KEPT_DOCUMENTS = 10_000
_ALL, _SOME = 64, 63  # so many values are weighed all, of the others one in 64
_FIRST, _BATCH = 16, 1000
_BATCH_BYTES = 2**20
_STEPS = 63  # of a search between two thoughts of the process's memory

T = TypeVar("T")


@dataclass(slots=True)
class Statistics:
    """What a run has cost, in ArangoDB's words."""

    writesExecuted: int = 0  # noqa: N815  the wire's name
    writesIgnored: int = 0  # noqa: N815
    documentLookups: int = 0  # noqa: N815
    scannedFull: int = 0  # noqa: N815
    scannedIndex: int = 0  # noqa: N815
    filtered: int = 0
    fullCount: int | None = None  # noqa: N815
    executionTime: float = 0.0  # noqa: N815
    peakMemoryUsage: int = 0  # noqa: N815

    def as_dict(self) -> dict[str, Any]:
        """Return the statistics as the HTTP API shows them."""
        found = {
            "writesExecuted": self.writesExecuted,
            "writesIgnored": self.writesIgnored,
            "documentLookups": self.documentLookups,
            "scannedFull": self.scannedFull,
            "scannedIndex": self.scannedIndex,
            "filtered": self.filtered,
            "fullCount": self.fullCount,
            "executionTime": self.executionTime,
            "peakMemoryUsage": self.peakMemoryUsage,
            "httpRequests": 0,
            "intermediateCommits": 0,
        }
        if self.fullCount is None:
            del found["fullCount"]
        return found


class Execution(Context):
    """The context functions see, and what the executor keeps beside it.

    Args:
        profile: Counts what each node gives; None where nobody asked.
        settings: What `Context` takes.

    Attributes:
        written: Collections the query modifies, known once it is planned.
    """

    __slots__ = (
        "_begun",
        "_collections",
        "_held",
        "_kept",
        "_reader",
        "_scanned",
        "_searched",
        "_watch",
        "profile",
        "stats",
        "written",
    )

    def __init__(
        self,
        *args: Any,
        profile: Profile | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(*args, **settings)
        self.stats = Statistics()
        self.profile = profile
        self._held = 0
        self._searched = 0
        self._watch: Watch | None = None
        self._begun = time.monotonic()
        self._reader: GraphReader | None = None
        self._collections: dict[str, Collection] = {}
        self.written: frozenset[str] = frozenset()
        self._scanned: set[str] = set()
        self._kept: dict[str, list[dict[str, Any]]] = {}

    def collection(self, name: str) -> Collection:
        """Return a collection of the query's transaction."""
        found = self._collections.get(name)
        if found is None:
            assert self.transaction is not None  # noqa: S101  the planner found the collection
            found = self._collections[name] = self.transaction.collection(name)
        return found

    def scan(self, name: str) -> Iterator[dict[str, Any]]:
        """Yield the documents of a collection.

        A small collection that is scanned again, in an inner loop or a subquery, is kept from then
        on: most of the time of a scan goes into reading JSON.
        """
        kept = self._kept.get(name)
        if kept is None:
            collection = self.collection(name)
            again = name in self._scanned and name not in self.written
            if not again or collection.count() > KEPT_DOCUMENTS:
                self._scanned.add(name)
                return collection.scan()
            kept = self._kept[name] = list(collection.scan())
        return iter(kept)

    def scanned_before(self, name: str) -> tuple[list[dict[str, Any]] | None, bool]:
        """Return the documents that were kept of a collection, and whether it was scanned."""
        return self._kept.get(name), name in self._scanned

    def writes(self, name: str) -> bool:
        """Tell whether the query writes to a collection."""
        return name in self.written

    def note_scan(self, name: str) -> None:
        """Note that a collection is scanned; what the query writes to may be another next time."""
        if name not in self.written:
            self._scanned.add(name)

    @property
    def reader(self) -> GraphReader:
        """What graph operations read through; shared by all of the query."""
        if self._reader is None:
            assert self.transaction is not None  # noqa: S101  there is no graph without one
            self._reader = GraphReader(self.transaction, check=self.check_search)
        return self._reader

    def check_search(self) -> None:
        """Do as `check`, and look at the process's memory: a search's paths are not weighed.

        Raises:
            ArangoError: 1500 if the query is stopped, 32 far above the memory limit.
        """
        self.check()
        self._searched = steps = self._searched + 1
        if not steps & _STEPS:  # a look takes as long as a short search
            if self._watch is None:
                self._watch = Watch(self.memory_limit)
            elif self._watch.exceeded():
                self.allow(self.memory_limit + 1)

    def forget_graph(self) -> None:
        """Drop what was read of the graph, after a write."""
        self._reader = None

    def hold(self, value: Any, overhead: int = 0) -> None:
        """Count a value that is kept until the query ends.

        Args:
            value: What is kept.
            overhead: Bytes that are kept beside it.

        Raises:
            ArangoError: 32 above the memory limit.
        """
        self._held = count = self._held + 1
        if count <= _ALL:
            self._hold(size_of(value) + overhead)
        elif not count & _SOME:
            self._hold((size_of(value) + overhead) * (_SOME + 1))

    def _hold(self, size: int) -> None:
        self.stats.peakMemoryUsage += size
        self.allow(self.stats.peakMemoryUsage)

    def gather(self, values: Iterator[T], *, kept: bool = True) -> list[T]:
        """Return all values as a list.

        Args:
            values: What a part of the query yields.
            kept: Whether the list stays until the query ends, or is soon dropped again.

        Raises:
            ArangoError: 32 above the memory limit, 1500 if the query is stopped.
        """
        batch = found = list(islice(values, _FIRST))
        wanted, weight = _FIRST, 0
        while kept or len(batch) == wanted:
            size = size_of(batch)
            weight += size
            self.allow(self.stats.peakMemoryUsage + weight)
            if len(batch) < wanted:
                break
            self.check()
            wanted = _BATCH if size < _BATCH_BYTES else _FIRST
            batch = list(islice(values, wanted))
            found += batch
        if kept:
            self._hold(weight)
        return found

    def finish(self) -> None:
        """Stop the clock."""
        self.stats.executionTime = time.monotonic() - self._begun
