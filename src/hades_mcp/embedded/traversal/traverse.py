"""AQL's graph traversal: every path from a start vertex within a range of depths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.traversal.path import Path, Step
from hades_mcp.embedded.traversal.queues import Order, Queue, queue_for
from hades_mcp.embedded.traversal.reader import Adjacency, Direction, GraphReader, GraphSource
from hades_mcp.embedded.traversal.weights import Weigher

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

UniqueVertices: TypeAlias = Literal["none", "path", "global"]
UniqueEdges: TypeAlias = Literal["none", "path"]

BAD_PARAMETER = 10


def traverse(
    source: GraphSource | GraphReader,
    start_id: str,
    *,
    minimum: int,
    maximum: int,
    edge_collections: Sequence[tuple[str, Direction]],
    order: Order = "dfs",
    unique_vertices: UniqueVertices = "none",
    unique_edges: UniqueEdges = "path",
    weight_attribute: str | None = None,
    default_weight: float = 1,
    prune: Callable[[Path], bool] | None = None,
    vertex_collections: Collection[str] | None = None,
) -> Iterator[Path]:
    """Yield the paths that start at a vertex, lazily and in ArangoDB's order.

    Args:
        source: A transaction, or the reader of the query (keeps what was read already).
        start_id: `_id` of the start vertex; it need not exist.
        minimum: Fewest edges of a path that is yielded.
        maximum: Most edges of a path.
        edge_collections: Which edges to follow, and in which direction.
        order: `weighted` yields lighter paths first.
        unique_vertices: `path`: no vertex twice on a path; `global`: each vertex once in all.
        unique_edges: `path`: no edge twice on a path.
        weight_attribute: Attribute of the edges to weigh by, for `weighted`.
        default_weight: Weight of edges without it.
        prune: Tells of a path, the start included, that it must not go on.
        vertex_collections: If given, paths stay within these collections after the start.

    Raises:
        ArangoError: 10 for `global` with `dfs`; 1948 for a negative weight.
    """
    if unique_vertices == "global" and order == "dfs":
        raise ArangoError(
            BAD_PARAMETER,
            "uniqueVertices: 'global' is only supported, with mode: bfs | weighted "
            "due to otherwise unpredictable results.",
        )
    reader = source if isinstance(source, GraphReader) else GraphReader(source)
    walk = _Walk(
        reader,
        reader.adjacency(edge_collections),
        queue_for(order),
        maximum,
        unique_vertices,
        unique_edges,
        Weigher(reader, weight_attribute, default_weight) if order == "weighted" else None,
        prune,
        None if vertex_collections is None else frozenset(vertex_collections),
    )
    return walk.paths(start_id, minimum)


@dataclass(slots=True)
class _Walk:
    reader: GraphReader
    adjacency: Adjacency
    queue: Queue
    maximum: int
    unique_vertices: UniqueVertices
    unique_edges: UniqueEdges
    weigher: Weigher | None
    prune: Callable[[Path], bool] | None
    vertex_collections: frozenset[str] | None

    def paths(self, start_id: str, minimum: int) -> Iterator[Path]:
        """Yield the paths from a start vertex."""
        queue, seen, once = self.queue, set[str](), self.unique_vertices == "global"
        reader, prune, weighted = self.reader, self.prune, self.weigher is not None
        queue.push(Step(start_id, None, None))
        while queue:
            step = queue.pop()
            if once:
                if step.vertex in seen:
                    continue
                seen.add(step.vertex)
            path = Path(reader, step, weighted=weighted)
            pruned = prune is not None and prune(path)
            if step.depth >= minimum:
                yield path
            if step.depth < self.maximum and not pruned:
                self._expand(step, seen)

    def _expand(self, step: Step, seen: set[str]) -> None:
        hops = self.adjacency.known(step.vertex)
        if hops is None:
            ahead = (other.vertex for other in self.queue.ahead() if other.depth < self.maximum)
            hops = self.adjacency.hops(step.vertex, ahead)
        push, expect, weigher, weight = self.queue.push, self.reader.expect, self.weigher, 0.0
        # a path of one edge cannot use it twice
        again = self.unique_edges == "path" and step.edge is not None
        free = self.vertex_collections is None and self.unique_vertices != "path"
        for edge, vertex in hops:
            if vertex in seen or (again and step.uses(edge)):
                continue
            if not (free or self._allows(step, vertex)):
                continue
            expect(vertex)
            if weigher is not None:
                weight = step.weight + weigher(edge)
            push(Step(vertex, edge, step, weight))

    def _allows(self, step: Step, vertex: str) -> bool:
        if self.vertex_collections is not None:
            collection, _, _ = vertex.partition("/")
            if collection not in self.vertex_collections:
                return False
        return self.unique_vertices != "path" or not step.visits(vertex)
