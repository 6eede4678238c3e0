"""The step of a traversal whose paths nobody looks at: each vertex within reach, once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.step import execution_of
from hades_mcp.embedded.traversal import reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hades_mcp.embedded.aql.evaluation import Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.plan import TraversalNode
    from hades_mcp.embedded.traversal import Direction, GraphReader

    Start = Callable[[Execution, Row], str | None]
    Depths = Callable[[Row], tuple[int, int]]
    Edges = Callable[[Execution, Row], list[tuple[str, Direction]]]
    Documents = Callable[[GraphReader, Sequence[str]], Sequence[dict[str, Any] | None]]

DOCUMENT_NOT_FOUND = 1202
KEY_AND_ID = frozenset({"_key", "_id"})


def only_visits(node: TraversalNode) -> bool:
    """Tell whether nothing but the vertices of a traversal matters, and each of them once."""
    options = node.options
    return (
        node.edge is None
        and node.path is None
        and node.prune is None
        and not node.checks
        and (options.get("order") or ("bfs" if options.get("bfs") is True else "")) == "bfs"
        and options.get("uniqueVertices") == "global"
    )


def warn_of_missing(execution: Execution, vertex_id: str) -> None:
    """Tell of an edge that leads nowhere; its vertex is null."""
    execution.warn(DOCUMENT_NOT_FOUND, f"vertex '{vertex_id}' not found")


def visit(
    node: TraversalNode,
    start: Start,
    depths: Depths,
    edges: Edges,
    within: Sequence[str] | None,
    attributes: frozenset[str] | None,
) -> Step:
    """Make a row of each vertex.

    Args:
        node: The traversal.
        start: Gives the `_id` to start from, or None.
        depths: Give the fewest and the most edges.
        edges: Give the edge collections to follow.
        within: The only vertex collections to enter, if there are any such.
        attributes: What is read of the vertices; None: all of it.
    """
    place = node.vertex.id if node.fetch_vertex else None
    documents = _documents(attributes)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        for row in rows:
            begin = start(execution, row)
            if begin is None:
                continue
            least, most = depths(row)
            follow, reader = edges(execution, row), execution.reader
            for ids in reach(
                reader,
                begin,
                minimum=least,
                maximum=most,
                edge_collections=follow,
                vertex_collections=within,
            ):
                execution.check()
                if place is None:
                    yield from (row.copy() for _ in ids)
                    continue
                for vertex_id, document in zip(ids, documents(reader, ids), strict=True):
                    if document is None:
                        warn_of_missing(execution, vertex_id)
                    new = row.copy()
                    new[place] = document
                    yield new

    return step


def _documents(attributes: frozenset[str] | None) -> Documents:
    if attributes is not None and attributes <= KEY_AND_ID:
        return lambda reader, ids: reader.stubs(ids)
    return lambda reader, ids: reader.vertices(ids)
