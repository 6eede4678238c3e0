"""Reads of edges and vertices for graph queries: whole frontiers at a time, each at most once."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

Direction: TypeAlias = Literal["outbound", "inbound", "any"]
"""Which way edges are followed, in AQL's words."""

Document: TypeAlias = dict[str, Any]
"""A stored document with `_id`, `_key` and `_rev`."""

EdgeSpec: TypeAlias = tuple[tuple[str, Direction], ...]
"""The edge collections of a graph query with the direction each is followed in."""

Hop: TypeAlias = tuple[Document, str]
"""An edge, and the `_id` of the vertex it leads to."""

LARGEST_BATCH = 512
REMEMBERED_VERTICES = 200_000

_REVERSED: dict[Direction, Direction] = {
    "outbound": "inbound",
    "inbound": "outbound",
    "any": "any",
}


class GraphCollection(Protocol):
    """What a graph query needs of a collection."""

    def edges(self, vertex_ids: Collection[str], direction: Direction, /) -> Iterable[Document]:
        """Yield the edges touching the vertices, oldest first for each vertex."""

    def get_many(self, keys: Iterable[str], /) -> Mapping[str, Document]:
        """Return the documents that exist, by key."""


class GraphSource(Protocol):
    """What a graph query needs of a transaction."""

    def collection(self, name: str, /) -> GraphCollection:
        """Return the collection; ArangoError 1203 if there is none."""


class Batch:
    """How many keys to read at once: few at first, so that `LIMIT 1` stays cheap, then more."""

    def __init__(self) -> None:
        self._size = 2

    def take(self, first: str, ahead: Iterable[str], known: Mapping[str, object]) -> list[str]:
        """Return `first` and the next unknown keys that will probably be wanted too."""
        wanted = {first: None}
        for key in islice(ahead, 4 * self._size):
            if key not in known:
                wanted[key] = None
                if len(wanted) >= self._size:
                    break
        self._size = min(2 * self._size, LARGEST_BATCH)
        return list(wanted)


class Adjacency:
    """The hops that lead from a vertex over some edge collections, remembered once read.

    The order for one vertex is ArangoDB's: collection by collection; within one collection
    outbound edges before inbound ones, each in the order of insertion.
    """

    def __init__(self, reader: GraphReader, spec: EdgeSpec) -> None:
        self._reader = reader
        self._spec = spec
        self._hops: dict[str, list[Hop]] = {}
        self._batch = Batch()

    def hops(self, vertex: str, ahead: Iterable[str] = ()) -> list[Hop]:
        """Return the hops from a vertex.

        Args:
            vertex: Its `_id`.
            ahead: Vertices whose hops will be asked for soon; consumed only if a read is due.
        """
        found = self._hops.get(vertex)
        if found is None:
            self.read(self._batch.take(vertex, ahead, self._hops))
            found = self._hops[vertex]
        return found

    def read(self, vertices: Collection[str]) -> None:
        """Read the hops of all these vertices that are not known yet."""
        new = [vertex for vertex in vertices if vertex not in self._hops]
        if not new:
            return
        if len(self._hops) > REMEMBERED_VERTICES:
            self._hops.clear()
            new = list(vertices)
        self._reader.check()
        hops: dict[str, list[Hop]] = {vertex: [] for vertex in new}
        for name, direction in self._spec:
            self._read_collection(name, direction, hops)
        self._hops.update(hops)

    def _read_collection(self, name: str, direction: Direction, hops: dict[str, list[Hop]]) -> None:
        collection = self._reader.source.collection(name)
        if direction != "inbound":
            for edge in collection.edges(hops.keys(), "outbound"):
                hops[edge["_from"]].append((edge, edge["_to"]))
        if direction == "outbound":
            return
        for edge in collection.edges(hops.keys(), "inbound"):
            # a loop followed in any direction is one way to go, already there as outbound
            if direction == "inbound" or edge["_from"] != edge["_to"]:
                hops[edge["_to"]].append((edge, edge["_from"]))


class GraphReader:
    """All that one AQL query has read of the graph so far; shared by its graph operations.

    Args:
        source: The transaction to read in.
        check: Called before each read; raises when the query was killed or is over a limit.
        missing: Called once with the `_id` of each vertex that does not exist.

    A query that writes edges must start over with a new reader.
    """

    def __init__(
        self,
        source: GraphSource,
        *,
        check: Callable[[], None] | None = None,
        missing: Callable[[str], None] | None = None,
    ) -> None:
        self.source = source
        self.check: Callable[[], None] = check or _nothing
        self._missing = missing
        self._adjacencies: dict[EdgeSpec, Adjacency] = {}
        self._vertices: dict[str, Document | None] = {}
        self._seen: dict[str, None] = {}
        self._batch = Batch()

    def adjacency(self, edge_collections: Sequence[tuple[str, Direction]]) -> Adjacency:
        """Return what is known of the hops over these collections."""
        spec: EdgeSpec = tuple(dict.fromkeys(edge_collections))
        if spec not in self._adjacencies:
            self._adjacencies[spec] = Adjacency(self, spec)
        return self._adjacencies[spec]

    def expect(self, vertex: str) -> None:
        """Note a vertex that a path leads to: it is read along when a neighbour is asked for."""
        if vertex not in self._vertices:
            self._seen[vertex] = None

    def vertex(self, vertex: str) -> Document | None:
        """Return a vertex, or None for one that an edge names but nobody stored."""
        if vertex not in self._vertices:
            if len(self._vertices) > REMEMBERED_VERTICES:
                self._vertices.clear()
            batch = self._batch.take(vertex, self._seen, self._vertices)
            for key in batch:
                self._seen.pop(key, None)
            self._read_vertices(batch)
        return self._vertices[vertex]

    def _read_vertices(self, ids: list[str]) -> None:
        self.check()
        by_collection: dict[str, list[str]] = {}
        for vertex in ids:
            name, _, key = vertex.partition("/")
            by_collection.setdefault(name, []).append(key)
        for name, keys in by_collection.items():
            found = self._documents(name, keys)
            for key in keys:
                document = found.get(key)
                self._vertices[f"{name}/{key}"] = document
                if document is None and self._missing is not None:
                    self._missing(f"{name}/{key}")

    def _documents(self, name: str, keys: list[str]) -> Mapping[str, Document]:
        try:
            return self.source.collection(name).get_many(keys)
        except ArangoError as error:
            if error.number == NO_SUCH_COLLECTION:  # an edge may name any collection
                return {}
            raise


NO_SUCH_COLLECTION = 1203


def reverse(
    edge_collections: Iterable[tuple[str, Direction]],
) -> Iterator[tuple[str, Direction]]:
    """Yield the collections with each direction turned round, to search from the target."""
    for name, direction in edge_collections:
        yield name, _REVERSED[direction]


def _nothing() -> None:
    """Check nothing."""
