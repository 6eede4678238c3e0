"""The vertices within reach, each once and nearest first: a traversal without its paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.traversal.reader import LARGEST_BATCH, GraphReader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from hades_mcp.embedded.traversal.reader import Direction, GraphSource

_FIRST_BATCH = 4


def reach(
    source: GraphSource | GraphReader,
    start_id: str,
    *,
    minimum: int,
    maximum: int,
    edge_collections: Sequence[tuple[str, Direction]],
    vertex_collections: Collection[str] | None = None,
) -> Iterator[list[str]]:
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
    adjacency = reader.adjacency(edge_collections)
    within = None if vertex_collections is None else frozenset(vertex_collections)
    seen, frontier, size = {start_id}, [start_id], _FIRST_BATCH
    if minimum == 0:
        yield frontier
    for depth in range(1, maximum + 1):
        following: list[str] = []
        for begin in range(0, len(frontier), size):
            batch = frontier[begin : begin + size]
            hops = adjacency.read(batch)
            found: list[str] = []
            for vertex in batch:
                for _, other in hops[vertex]:
                    if other not in seen:
                        seen.add(other)
                        found.append(other)
            if within is not None:
                found = [vertex for vertex in found if vertex.partition("/")[0] in within]
            following += found
            if depth >= minimum and found:
                yield found
        frontier, size = following, min(8 * size, LARGEST_BATCH)
        if not frontier:
            return
