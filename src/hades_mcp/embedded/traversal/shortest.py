"""Shortest paths: every one with the fewest edges, by search from both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.traversal.lightest import lightest
from hades_mcp.embedded.traversal.path import Path, Step
from hades_mcp.embedded.traversal.reader import (
    Adjacency,
    Direction,
    Edge,
    GraphReader,
    GraphSource,
    Hop,
    reverse,
)
from hades_mcp.embedded.traversal.weights import Weigher

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def shortest_path(
    source: GraphSource | GraphReader,
    start: str,
    target: str,
    edge_collections: Sequence[tuple[str, Direction]],
    *,
    weight_attribute: str | None = None,
    default_weight: float = 1,
) -> Path | None:
    """Return one path of fewest edges or, given an attribute, of least weight.

    Args:
        source: A transaction, or the reader of the query.
        start: `_id` of the first vertex.
        target: `_id` of the last vertex.
        edge_collections: Which edges to follow, and in which direction.
        weight_attribute: Attribute of the edges to weigh by.
        default_weight: Weight of edges without it.

    Returns:
        The path, or None if there is none.

    Raises:
        ArangoError: 1948 for a negative weight.
    """
    reader = source if isinstance(source, GraphReader) else GraphReader(source)
    if weight_attribute is None:
        return next(all_shortest_paths(reader, start, target, edge_collections), None)
    weigher = Weigher(reader, weight_attribute, default_weight)
    step = lightest(reader, Step(start, None, None), target, edge_collections, weigher)
    return None if step is None else Path(reader, step, weighted=True)


def all_shortest_paths(
    source: GraphSource | GraphReader,
    start: str,
    target: str,
    edge_collections: Sequence[tuple[str, Direction]],
) -> Iterator[Path]:
    """Yield every path of fewest edges; parallel edges make different paths.

    Args:
        source: A transaction, or the reader of the query.
        start: `_id` of the first vertex.
        target: `_id` of the last vertex.
        edge_collections: Which edges to follow, and in which direction.
    """
    reader = source if isinstance(source, GraphReader) else GraphReader(source)
    forward = _Side(start, reader.adjacency(edge_collections))
    backward = _Side(target, reader.adjacency(tuple(reverse(edge_collections))))
    middle = _meet(forward, backward)
    for vertex in middle:
        for head_ids, head_edges in forward.ways(vertex):
            for tail_ids, tail_edges in backward.ways(vertex):
                step = Step(start, None, None)
                ids = [*head_ids[-2::-1], *tail_ids[1:]]
                for each, edge in zip(ids, [*reversed(head_edges), *tail_edges], strict=True):
                    step = Step(each, edge, step)
                yield Path(reader, step)


class _Side:
    """Breadth-first search from one end that keeps every way of equal length."""

    def __init__(self, origin: str, adjacency: Adjacency) -> None:
        self.frontier = [origin]
        self.came: dict[str, list[Hop]] = {origin: []}
        self._adjacency = adjacency

    def advance(self) -> None:
        """Replace the frontier by the vertices one edge farther out."""
        self._adjacency.read(self.frontier)
        found: dict[str, list[Hop]] = {}
        for vertex in self.frontier:
            for edge, neighbour in self._adjacency.hops(vertex):
                if neighbour not in self.came:
                    found.setdefault(neighbour, []).append((edge, vertex))
        self.came.update(found)
        self.frontier = list(found)

    def ways(self, vertex: str) -> Iterator[tuple[list[str], list[Edge]]]:
        """Yield vertices and edges of each shortest way from a vertex back to the origin."""
        waiting: list[tuple[list[str], list[Edge]]] = [([vertex], [])]
        while waiting:
            ids, edges = waiting.pop()
            came = self.came[ids[-1]]
            if not came:
                yield ids, edges
            for edge, before in reversed(came):
                waiting.append(([*ids, before], [*edges, edge]))


def _meet(forward: _Side, backward: _Side) -> list[str]:
    """Advance the smaller side until both touch; return the vertices in the middle."""
    while forward.frontier and backward.frontier:
        reached = set(backward.frontier)
        middle = [vertex for vertex in forward.frontier if vertex in reached]
        if middle:
            return middle
        if len(forward.frontier) <= len(backward.frontier):
            forward.advance()
        else:
            backward.advance()
    return []
