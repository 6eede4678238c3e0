"""The vertices within reach, each once and nearest first: a traversal without its paths."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from hades_mcp.embedded.traversal.reader import LARGEST_BATCH, GraphReader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from hades_mcp.embedded.storage.web import Vertex, Web
    from hades_mcp.embedded.traversal.reader import Direction, EdgeSpec, GraphSource

_FIRST_BATCH = 4
_ENDS = attrgetter("ends")


def reach(
    source: GraphSource | GraphReader,
    start_id: str,
    *,
    minimum: int,
    maximum: int,
    edge_collections: Sequence[tuple[str, Direction]],
    vertex_collections: Collection[str] | None = None,
) -> Iterator[list[Vertex]]:
    """Yield, some at a time, the vertices `traverse` visits breadth first with global uniqueness.

    Args:
        source: A transaction, or the reader of the query.
        start_id: `_id` of the start vertex; it need not exist.
        minimum: Fewest edges between the start and a vertex that is yielded.
        maximum: Most edges.
        edge_collections: Which edges to follow, and in which direction.
        vertex_collections: If given, only vertices of these collections are entered.
    """
    reader = source if isinstance(source, GraphReader) else GraphReader(source)
    spec: EdgeSpec = tuple(edge_collections)
    web = reader.web(spec)
    within = None if vertex_collections is None else frozenset(vertex_collections)
    start = web.vertex(start_id)
    seen, frontier, size = {start}, [start], _FIRST_BATCH
    if minimum == 0:
        yield frontier
    for depth in range(1, maximum + 1):
        following: list[Vertex] = []
        for begin in range(0, len(frontier), size):
            batch = frontier[begin : begin + size]
            reader.check()
            if None in map(_ENDS, batch):
                _read_ends(reader, web, spec, batch)
            found = _enter(batch, seen)
            if within is not None:
                found = [vertex for vertex in found if vertex.id.partition("/")[0] in within]
            following += found
            if depth >= minimum and found:
                yield found
        frontier, size = following, min(8 * size, LARGEST_BATCH)
        if not frontier:
            return


def _enter(vertices: list[Vertex], seen: set[Vertex]) -> list[Vertex]:
    """Return the vertices that are one edge farther on and were not seen; they are now."""
    found: list[Vertex] = []
    enter, add = seen.add, found.append
    for vertex in vertices:
        for end in vertex.ends or ():
            if end not in seen:
                enter(end)
                add(end)
    return found


def _read_ends(reader: GraphReader, web: Web, spec: EdgeSpec, vertices: list[Vertex]) -> None:
    """Find out where the edges at each of some vertices lead."""
    new = {vertex.id: vertex for vertex in vertices if vertex.ends is None}
    hops = reader.adjacency(spec).read(new.keys())
    for vertex_id, vertex in new.items():
        ends = dict.fromkeys(end for _, end in hops[vertex_id])
        vertex.ends = tuple(map(web.vertex, ends))
