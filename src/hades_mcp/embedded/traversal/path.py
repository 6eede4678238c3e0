"""A path through a graph: a chain of steps that is turned into lists only when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.traversal.reader import Document, Edge, GraphReader


class Step:
    """One vertex of a path, the edge that led to it, and the step before.

    Attributes:
        vertex: `_id` of the vertex.
        edge: The edge followed, or None at the start.
        parent: The step before, or None at the start.
        depth: Edges since the start.
        weight: Sum of the weights of these edges.
    """

    __slots__ = ("depth", "edge", "parent", "vertex", "weight")

    def __init__(
        self, vertex: str, edge: Edge | None, parent: Step | None, weight: float = 0
    ) -> None:
        self.vertex = vertex
        self.edge = edge
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.weight = weight

    def back(self) -> Iterator[Step]:
        """Yield this step, the one before, and so on to the start."""
        step: Step | None = self
        while step is not None:
            yield step
            step = step.parent

    def visits(self, vertex: str) -> bool:
        """Tell whether the path up to here goes through a vertex."""
        step: Step | None = self
        while step is not None:
            if step.vertex == vertex:
                return True
            step = step.parent
        return False

    def uses(self, edge: Edge) -> bool:
        """Tell whether the path up to here follows an edge."""
        step: Step | None = self
        while step is not None:
            if step.edge == edge:
                return True
            step = step.parent
        return False


class Path:
    """Vertices and the edges between them, in ArangoDB's shape; lists are made when asked for.

    Args:
        reader: Where vertices are read.
        last: The last step.
        weighted: Whether the steps were weighed.
    """

    __slots__ = ("_last", "_reader", "_weighted")

    def __init__(self, reader: GraphReader, last: Step, *, weighted: bool = False) -> None:
        self._reader = reader
        self._last = last
        self._weighted = weighted

    def __len__(self) -> int:
        return self._last.depth

    @property
    def vertex_ids(self) -> list[str]:
        """`_id` of each vertex, start first."""
        return [step.vertex for step in self._steps()]

    @property
    def vertices(self) -> list[Document | None]:
        """The documents of the vertices; None for one that does not exist. Read on demand."""
        return [self._reader.vertex(step.vertex) for step in self._steps()]

    @property
    def edges(self) -> list[Document]:
        """The edges followed; one fewer than vertices."""
        return [self._reader.edge(step.edge) for step in self._steps() if step.edge is not None]

    @property
    def weights(self) -> list[float]:
        """Sum of weights up to each vertex; empty where nothing was weighed."""
        return [step.weight for step in self._steps()] if self._weighted else []

    @property
    def vertex(self) -> Document | None:
        """The last vertex, AQL's first loop variable; None if it does not exist."""
        return self._reader.vertex(self._last.vertex)

    @property
    def stub(self) -> Document | None:
        """`_key` and `_id` of the last vertex; None if it does not exist."""
        return self._reader.stub(self._last.vertex)

    @property
    def edge(self) -> Document | None:
        """The last edge, AQL's second loop variable; None at the start vertex."""
        edge = self._last.edge
        return None if edge is None else self._reader.edge(edge)

    @property
    def weight(self) -> float:
        """Total weight; the number of edges where nothing was weighed."""
        return self._last.weight if self._weighted else self._last.depth

    def _steps(self) -> list[Step]:
        steps = list(self._last.back())
        steps.reverse()
        return steps

    def __repr__(self) -> str:
        return f"Path({' - '.join(self.vertex_ids)})"
