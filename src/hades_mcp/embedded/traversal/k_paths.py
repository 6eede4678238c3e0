"""AQL's K_PATHS: every loopless path between two vertices within a range of lengths."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from hades_mcp.embedded.traversal.path import Path, Step
from hades_mcp.embedded.traversal.reader import (
    Adjacency,
    Direction,
    GraphReader,
    GraphSource,
    reverse,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def k_paths(
    source: GraphSource | GraphReader,
    start: str,
    target: str,
    edge_collections: Sequence[tuple[str, Direction]],
    *,
    minimum: int = 1,
    maximum: int = 1,
) -> Iterator[Path]:
    """Yield the paths without a repeated vertex, shorter ones first.

    Args:
        source: A transaction, or the reader of the query.
        start: `_id` of the first vertex.
        target: `_id` of the last vertex.
        edge_collections: Which edges to follow, and in which direction.
        minimum: Fewest edges.
        maximum: Most edges.
    """
    reader = source if isinstance(source, GraphReader) else GraphReader(source)
    backward = reader.adjacency(tuple(reverse(edge_collections)))
    left = _distances(target, backward, maximum)
    forward = reader.adjacency(edge_collections)
    queue = deque([Step(start, None, None)] if start in left else [])
    while queue:
        step = queue.popleft()
        if step.vertex == target:
            if step.depth >= minimum:
                yield Path(reader, step)
            continue  # a path ends where it first meets its target
        ahead = (other.vertex for other in queue)
        for edge, vertex in forward.hops(step.vertex, ahead):
            within = step.depth + 1 + left.get(vertex, maximum) <= maximum
            if within and not step.visits(vertex):
                queue.append(Step(vertex, edge, step))


def _distances(target: str, backward: Adjacency, maximum: int) -> dict[str, int]:
    """Return how many edges each vertex is from the target, up to a maximum.

    Only vertices that can still arrive in time are entered later: without this a search
    through a well connected graph would walk every path there is.
    """
    found = {target: 0}
    frontier = [target]
    for distance in range(1, maximum + 1):
        backward.read(frontier)
        frontier = [
            neighbour
            for vertex in frontier
            for _, neighbour in backward.hops(vertex)
            if neighbour not in found
        ]
        frontier = list(dict.fromkeys(frontier))
        found.update(dict.fromkeys(frontier, distance))
        if not frontier:
            break
    return found
