"""Ways of least weight: Dijkstra's search from both ends."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from hades_mcp.embedded.traversal.path import Step
from hades_mcp.embedded.traversal.queues import LightestFirst
from hades_mcp.embedded.traversal.reader import (
    Adjacency,
    Direction,
    Edge,
    GraphReader,
    reverse,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from hades_mcp.embedded.traversal.weights import Weigher


def lightest(
    reader: GraphReader,
    origin: Step,
    target: str,
    edge_collections: Sequence[tuple[str, Direction]],
    weigher: Weigher,
    *,
    closed: Collection[str] = (),
    banned: Collection[Edge] = (),
) -> Step | None:
    """Return the last step of a lightest way to a vertex, found by a search from both ends.

    Args:
        reader: The reader of the query.
        origin: Where to start; what it already weighs is counted.
        target: `_id` of the vertex to reach.
        edge_collections: Which edges to follow, and in which direction.
        weigher: Their weights.
        closed: Vertices that may not be entered.
        banned: Edges that may not be followed.

    Returns:
        The step at the target, or None if it can't be reached.

    Raises:
        ArangoError: 1948 for a negative weight.
    """
    if origin.vertex == target:
        return origin
    backwards = tuple(reverse(edge_collections))
    forward = _Side(origin, reader.adjacency(edge_collections), weigher, closed, banned)
    end = Step(target, None, None)
    backward = _Side(end, reader.adjacency(backwards), weigher, closed, banned)
    best, meeting = inf, ""
    # once the lightest open ends weigh more together than a path found, none can be lighter
    while forward.queue and backward.queue and forward.queue.least + backward.queue.least < best:
        near, far = forward, backward
        if len(backward.known) < len(forward.known):
            near, far = backward, forward
        for step in near.advance():
            other = far.known.get(step.vertex)
            if other is not None and step.weight + other.weight <= best:  # the last of equals
                best, meeting = step.weight + other.weight, step.vertex
    return _join(forward.known[meeting], backward.known[meeting], weigher) if meeting else None


def _join(step: Step, back: Step, weigher: Weigher) -> Step:
    """Follow what the search from the target found, now towards the target."""
    while back.parent is not None and back.edge is not None:
        step = Step(back.parent.vertex, back.edge, step, step.weight + weigher(back.edge))
        back = back.parent
    return step


class _Side:
    """Dijkstra's search from one end, a vertex at a time."""

    def __init__(
        self,
        origin: Step,
        adjacency: Adjacency,
        weigher: Weigher,
        closed: Collection[str],
        banned: Collection[Edge],
    ) -> None:
        self.known = {origin.vertex: origin}
        self.queue = LightestFirst()
        self.queue.push(origin)
        self._adjacency = adjacency
        self._weigher = weigher
        self._closed = closed
        self._banned = banned

    def advance(self) -> Iterator[Step]:
        """Go on from the lightest open end; yield the ways that are new or lighter than before."""
        step = self.queue.pop()
        if self.known[step.vertex] is not step:
            return  # a lighter way to this vertex was found meanwhile
        ahead = (other.vertex for other in self.queue.ahead())
        for edge, vertex in self._adjacency.hops(step.vertex, ahead):
            weight = step.weight + self._weigher(edge)
            before = self.known.get(vertex)
            lighter = before is None or weight < before.weight
            if lighter and vertex not in self._closed and edge not in self._banned:
                found = self.known[vertex] = Step(vertex, edge, step, weight)
                self.queue.push(found)
                yield found
