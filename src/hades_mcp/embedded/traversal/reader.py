"""Reads of edges and vertices for graph queries: whole frontiers at a time, each at most once."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, TypeVar

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.recent import edge_handle, edge_place

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from hades_mcp.embedded.storage.web import Vertex, Web

Direction: TypeAlias = Literal["outbound", "inbound", "any"]
"""Which way edges are followed, in AQL's words."""

Document: TypeAlias = dict[str, Any]
"""A stored document with `_id`, `_key` and `_rev`."""

EdgeSpec: TypeAlias = tuple[tuple[str, Direction], ...]
"""The edge collections of a graph query with the direction each is followed in."""

Edge: TypeAlias = int
"""What stands for an edge until its document is asked for: its collection's number and its row."""

Hop: TypeAlias = tuple[Edge, str]
"""An edge, and the `_id` of the vertex it leads to."""

K = TypeVar("K", str, int)
T = TypeVar("T")

LARGEST_BATCH = 512
_NOTHING: Mapping[str, Any] = {}
_ABSENT = object()
"""The mark of collections that do not exist: no vertex bears it."""
REMEMBERED_VERTICES = 200_000

_REVERSED: dict[Direction, Direction] = {
    "outbound": "inbound",
    "inbound": "outbound",
    "any": "any",
}


class GraphCollection(Protocol):
    """What a graph query needs of a collection."""

    @property
    def number(self) -> int:
        """Its number, which is a part of its edges in hops."""

    def hops(
        self, vertex_ids: Collection[str], direction: Literal["outbound", "inbound"], /
    ) -> Mapping[str, Sequence[Hop]]:
        """Return the hops from at least these vertices, oldest edge first."""

    def in_rows(self, rows: Collection[int], /) -> Iterable[tuple[int, Document]]:
        """Yield the edges in these rows."""

    def get_many(self, keys: Iterable[str], /) -> Mapping[str, Document]:
        """Return the documents that exist, by key."""

    def keys_of(self, ids: Sequence[str], /) -> Mapping[str, str | None]:
        """Return for at least these `_id`s the key, if there is a document, else None."""


class GraphSource(Protocol):
    """What a graph query needs of a transaction."""

    def collection(self, name: str, /) -> GraphCollection:
        """Return the collection; ArangoError 1203 if there is none."""

    def web(self, edges: EdgeSpec, /) -> Web:
        """Return what is known of where edges of these collections lead."""

    def mark(self, name: str, /) -> object:
        """Return what stands for a collection's state; another state has another mark."""


class Batch:
    """How many keys to read at once: few at first, so that `LIMIT 1` stays cheap, then more."""

    def __init__(self) -> None:
        self._size = 2

    def take(self, first: K, ahead: Iterable[K], known: Mapping[K, object]) -> list[K]:
        """Return `first` and the next unknown keys that will probably be wanted too."""
        wanted = {first: None}
        for key in islice(ahead, 4 * self._size):
            if key not in known:
                wanted[key] = None
                if len(wanted) >= self._size:
                    break
        self._size = min(4 * self._size, LARGEST_BATCH)
        return list(wanted)


class Adjacency:
    """The hops that lead from a vertex over some edge collections, remembered once read.

    The order for one vertex is ArangoDB's: collection by collection; within one collection
    outbound edges before inbound ones, each in the order of insertion.
    """

    def __init__(self, reader: GraphReader, spec: EdgeSpec) -> None:
        self._reader = reader
        self._spec = spec
        self._hops: dict[str, Sequence[Hop]] = {}
        self._shared: Mapping[str, Sequence[Hop]] = {}  # what others have read, too
        self._batch = Batch()

    def known(self, vertex: str) -> Sequence[Hop] | None:
        """Return the hops from a vertex if they need not be read."""
        found = self._hops.get(vertex)
        # where edges are looked at, those of many vertices are read at once
        if found is None and not self._reader.reads_edges:
            found = self._shared.get(vertex)
        return found

    def hops(self, vertex: str, ahead: Iterable[str] = ()) -> Sequence[Hop]:
        """Return the hops from a vertex.

        Args:
            vertex: Its `_id`.
            ahead: Vertices whose hops will be asked for soon; consumed only if a read is due.
        """
        found = self.known(vertex)
        if found is None:
            return self.read(self._batch.take(vertex, ahead, self._hops))[vertex]
        return found

    def read(self, vertices: Collection[str]) -> Mapping[str, Sequence[Hop]]:
        """Return the hops from all these vertices; others may be there."""
        new = [vertex for vertex in vertices if vertex not in self._hops]
        if not new:
            return self._hops
        if len(self._hops) > REMEMBERED_VERTICES:
            self._hops, new = {}, list(vertices)
        self._reader.check()
        match self._spec:
            case [(name, "outbound" | "inbound" as direction)]:
                found = self._shared = self._reader.edge_collection(name).hops(new, direction)
                self._hops.update((vertex, found[vertex]) for vertex in new)
            case _:
                self._hops.update(self._merged(new))
        if self._reader.reads_edges:
            self._reader.read_edges([edge for vertex in new for edge, _ in self._hops[vertex]])
        return self._hops

    def _merged(self, vertices: list[str]) -> dict[str, list[Hop]]:
        hops: dict[str, list[Hop]] = {vertex: [] for vertex in vertices}
        for name, direction in self._spec:
            collection = self._reader.edge_collection(name)
            if direction != "inbound":
                found = collection.hops(hops.keys(), "outbound")
                for vertex, each in hops.items():
                    each.extend(found[vertex])
            if direction == "outbound":
                continue
            found, both = collection.hops(hops.keys(), "inbound"), direction == "any"
            for vertex, each in hops.items():
                # a loop followed in any direction is one way to go, already there as outbound
                each.extend(hop for hop in found[vertex] if not (both and hop[1] == vertex))
        return hops


class GraphReader:
    """All that one AQL query has read of the graph so far; shared by its graph operations.

    Args:
        source: The transaction to read in.
        check: Called before each read; raises when the query was killed or is over a limit.
        missing: Called once with the `_id` of each vertex that does not exist.

    A query that writes edges must start over with a new reader.

    Attributes:
        reads_edges: Whether edges are looked at, and not only followed: then many are read at once.
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
        self._edge_collections: dict[str, GraphCollection] = {}
        self._by_number: dict[int, GraphCollection] = {}
        self._vertices: dict[str, Document | None] = {}
        self._keys: dict[str, Mapping[str, str | None]] = {}
        self._seen: dict[str, None] = {}
        self._batch = Batch()
        self._edges: dict[Edge, Document] = {}
        self._webs: dict[EdgeSpec, Web] = {}
        self._mark_of: dict[str, object] = {}
        self._marks: set[object] = set()
        self.reads_edges = False

    def adjacency(self, edge_collections: Sequence[tuple[str, Direction]]) -> Adjacency:
        """Return what is known of the hops over these collections."""
        spec: EdgeSpec = tuple(dict.fromkeys(edge_collections))
        if spec not in self._adjacencies:
            self._adjacencies[spec] = Adjacency(self, spec)
        return self._adjacencies[spec]

    def web(self, spec: EdgeSpec) -> Web:
        """Return the vertices met so far over these collections, by this or by other queries."""
        found = self._webs.get(spec)
        if found is None:
            found = self._webs[spec] = self.source.web(spec)
        return found

    def edge_collection(self, name: str) -> GraphCollection:
        """Return a collection whose edges are followed."""
        found = self._edge_collections.get(name)
        if found is None:
            found = self._edge_collections[name] = self.source.collection(name)
            self._by_number[found.number] = found
        return found

    def expect(self, vertex: str) -> None:
        """Note a vertex that a path leads to: it is read along when a neighbour is asked for."""
        if vertex not in self._vertices:
            if len(self._seen) > REMEMBERED_VERTICES:  # nobody has asked for them
                self._seen.clear()
            self._seen[vertex] = None

    def edge(self, edge: Edge) -> Document:
        """Return the document of an edge that hops have named."""
        found = self._edges.get(edge)
        if found is None:
            self.reads_edges = True
            self.read_edges([edge])
            found = self._edges[edge]
        return found

    def read_edges(self, edges: Sequence[Edge]) -> None:
        """Read the documents of those edges that are not known yet."""
        if len(self._edges) > REMEMBERED_VERTICES:
            self._edges.clear()
        by_number: dict[int, list[int]] = {}
        for edge in edges:
            if edge not in self._edges:
                number, row = edge_place(edge)
                by_number.setdefault(number, []).append(row)
        for number, rows in by_number.items():
            self.check()
            for row, document in self._by_number[number].in_rows(rows):
                self._edges[edge_handle(number, row)] = document

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

    def vertices(self, ids: Sequence[str]) -> list[Document | None]:
        """Return vertices; None for those that an edge names but nobody stored."""
        new = [vertex for vertex in ids if vertex not in self._vertices]
        if len(self._vertices) > REMEMBERED_VERTICES:
            self._vertices.clear()
            new = list(ids)
        if new:
            self._read_vertices(new)
        return [self._vertices[vertex] for vertex in ids]

    def stub(self, vertex: str) -> Document | None:
        """Return `_key` and `_id` of a vertex, or None if nobody stored it."""
        name, _, _ = vertex.partition("/")
        key = self._keys.get(name, _NOTHING).get(vertex, "")
        if key == "":  # not known; no key is empty
            batch = self._batch.take(vertex, self._seen, _NOTHING)
            for each in batch:
                self._seen.pop(each, None)
            key = self._read_keys(batch).get(vertex)
        return None if key is None else {"_key": key, "_id": vertex}

    def absent(self, vertices: Sequence[Vertex]) -> list[Vertex]:
        """Return those of some vertices that nobody stored; the others' keys can be read then."""
        marks = self._marks
        if not marks:
            self._mark(vertices[0].id.partition("/")[0])
        unknown = [vertex for vertex in vertices if vertex.stored not in marks]
        return self._look_up(unknown) if unknown else unknown

    def _mark(self, name: str) -> object:
        """Return the mark of a collection, None if there is none; noted as of this snapshot."""
        if name not in self._mark_of:
            self._mark_of[name] = mark = self._if_any(self.source.mark, name)
            self._marks.add(mark or _ABSENT)
        return self._mark_of[name]

    def _look_up(self, vertices: Sequence[Vertex]) -> list[Vertex]:
        absent: list[Vertex] = []
        keys = self._read_keys([vertex.id for vertex in vertices])
        for vertex in vertices:
            key = keys[vertex.id]
            if key is None:
                absent.append(vertex)
            else:
                vertex.key = key  # before the mark: another thread that sees it reads this
                vertex.stored = self._mark(vertex.id.partition("/")[0])
        return absent

    def _read_keys(self, ids: Sequence[str]) -> Mapping[str, str | None]:
        """Return the keys of at least these vertices; what is missing is stored nowhere."""
        self.check()
        by_collection = _by_collection(ids)
        for name, within in by_collection.items():
            collection = self._vertex_collection(name)
            none: dict[str, str | None] = dict.fromkeys(within)
            self._keys[name] = none if collection is None else collection.keys_of(within)
        if len(by_collection) == 1:
            return self._keys[name]
        return {
            vertex: self._keys[name][vertex]
            for name, within in by_collection.items()
            for vertex in within
        }

    def _read_vertices(self, ids: list[str]) -> None:
        self.check()
        for name, within in _by_collection(ids).items():
            collection, start = self._vertex_collection(name), len(name) + 1
            keys = [vertex[start:] for vertex in within]
            found = {} if collection is None else collection.get_many(keys)
            for vertex, key in zip(within, keys, strict=True):
                document = self._vertices[vertex] = found.get(key)
                if document is None and self._missing is not None:
                    self._missing(vertex)

    def _vertex_collection(self, name: str) -> GraphCollection | None:
        return self._if_any(self.source.collection, name)

    def _if_any(self, find: Callable[[str], T], name: str) -> T | None:
        try:
            return find(name)
        except ArangoError as error:
            if error.number == NO_SUCH_COLLECTION:  # an edge may name any collection
                return None
            raise


def _by_collection(ids: Sequence[str]) -> dict[str, Sequence[str]]:
    name, slash, _ = ids[0].partition("/")
    prefix = name + slash
    if all(vertex.startswith(prefix) for vertex in ids):  # as a rule
        return {name: ids}
    found: dict[str, list[str]] = {}
    for vertex in ids:
        found.setdefault(vertex.partition("/")[0], []).append(vertex)
    return {**found}


NO_SUCH_COLLECTION = 1203


def reverse(
    edge_collections: Iterable[tuple[str, Direction]],
) -> Iterator[tuple[str, Direction]]:
    """Yield the collections with each direction turned round, to search from the target."""
    for name, direction in edge_collections:
        yield name, _REVERSED[direction]


def _nothing() -> None:
    """Check nothing."""
