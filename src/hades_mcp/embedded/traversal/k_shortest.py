"""AQL's K_SHORTEST_PATHS: loopless paths in the order of their weight (Yen's algorithm)."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING

from hades_mcp.embedded.traversal.lightest import lightest
from hades_mcp.embedded.traversal.path import Path, Step
from hades_mcp.embedded.traversal.reader import (
    Direction,
    Edge,
    EdgeSpec,
    GraphReader,
    GraphSource,
)
from hades_mcp.embedded.traversal.weights import Weigher

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence


def k_shortest_paths(
    source: GraphSource | GraphReader,
    start: str,
    target: str,
    edge_collections: Sequence[tuple[str, Direction]],
    *,
    weight_attribute: str | None = None,
    default_weight: float = 1,
) -> Iterator[Path]:
    """Yield the paths without a repeated vertex, shortest (or lightest) first.

    Each next path is computed when it is asked for: stop after k.

    Args:
        source: A transaction, or the reader of the query.
        start: `_id` of the first vertex.
        target: `_id` of the last vertex.
        edge_collections: Which edges to follow, and in which direction.
        weight_attribute: Attribute of the edges to weigh by; None: each edge weighs 1.
        default_weight: Weight of edges without it.

    Raises:
        ArangoError: 1948 for a negative weight.
    """
    reader = source if isinstance(source, GraphReader) else GraphReader(source)
    weigher = Weigher(reader, weight_attribute, default_weight)
    search = _Search(reader, target, tuple(edge_collections), weigher)
    for step in search.steps(start):
        yield Path(reader, step, weighted=True)


class _Search:
    """Yen: the next best path leaves a known path somewhere and never follows it there."""

    def __init__(
        self,
        reader: GraphReader,
        target: str,
        edge_collections: EdgeSpec,
        weigher: Weigher,
    ) -> None:
        self._reader = reader
        self._target = target
        self._edges = edge_collections
        self._weigher = weigher
        self._known: list[list[Step]] = []
        self._candidates: list[tuple[float, int, Step]] = []
        self._offered: set[tuple[Edge, ...]] = set()
        self._ticket = count(0, -1)  # among equals, the one found last: as in ArangoDB

    def steps(self, start: str) -> Iterator[Step]:
        """Yield the last step of each path."""
        self._offer(self._lightest(Step(start, None, None)))
        while self._candidates:
            _, _, last = heappop(self._candidates)
            yield last
            path = list(last.back())
            path.reverse()
            self._known.append(path)
            for position in range(len(path) - 1):
                self._leave(path, position)

    def _leave(self, path: list[Step], position: int) -> None:
        root = _edges(path[: position + 1])
        # paths that share the root: their next edges were taken already
        banned = {
            edge
            for known in self._known
            if len(known) > position + 1 and _edges(known[: position + 1]) == root
            for edge in (known[position + 1].edge,)
            if edge is not None
        }
        closed = {step.vertex for step in path[:position]}
        self._offer(self._lightest(path[position], closed, banned))

    def _lightest(
        self, origin: Step, closed: Collection[str] = (), banned: Collection[Edge] = ()
    ) -> Step | None:
        return lightest(
            self._reader,
            origin,
            self._target,
            self._edges,
            self._weigher,
            closed=closed,
            banned=banned,
        )

    def _offer(self, last: Step | None) -> None:
        if last is None:
            return
        edges = _edges(list(last.back())[::-1])
        if edges not in self._offered:
            self._offered.add(edges)
            heappush(self._candidates, (last.weight, next(self._ticket), last))


def _edges(steps: Sequence[Step]) -> tuple[Edge, ...]:
    return tuple(step.edge for step in steps if step.edge is not None)
