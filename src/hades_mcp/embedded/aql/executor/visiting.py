"""The step of a traversal whose paths nobody looks at: each vertex within reach, once."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.step import execution_of
from hades_mcp.embedded.traversal import reach

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hades_mcp.embedded.aql.evaluation import Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.plan import TraversalNode
    from hades_mcp.embedded.storage.web import Vertex
    from hades_mcp.embedded.traversal import Direction

    Start = Callable[[Execution, Row], str | None]
    Depths = Callable[[Row], tuple[int, int]]
    Edges = Callable[[Execution, Row], list[tuple[str, Direction]]]
    Visits = Callable[[Execution, Row], Iterator[list[Vertex]]]
    Values = Callable[[Row, Iterator[Row]], Iterator[list[Any]]]

DOCUMENT_NOT_FOUND = 1202
_READ = {"_key": attrgetter("key"), "_id": attrgetter("id")}
KEY_AND_ID = frozenset(_READ)


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


def visits(start: Start, depths: Depths, edges: Edges, within: Sequence[str] | None) -> Visits:
    """Return what gives, some at a time, the vertices that one row leads to.

    Args:
        start: Gives the `_id` to start from, or None.
        depths: Give the fewest and the most edges.
        edges: Give the edge collections to follow.
        within: The only vertex collections to enter, if there are any such.
    """

    def visited(execution: Execution, row: Row) -> Iterator[list[Vertex]]:
        begin = start(execution, row)
        if begin is None:
            return iter(())
        least, most = depths(row)
        return reach(
            execution.reader,
            begin,
            minimum=least,
            maximum=most,
            edge_collections=edges(execution, row),
            vertex_collections=within,
        )

    return visited


def visit(node: TraversalNode, visited: Visits, attributes: frozenset[str] | None) -> Step:
    """Make a row of each vertex.

    Args:
        node: The traversal.
        visited: Gives the vertices of a row.
        attributes: What is read of the vertices; None: all of it.
    """
    place = node.vertex.id if node.fetch_vertex else None
    brief = attributes is not None and attributes <= KEY_AND_ID
    documents = _stubs if brief else _documents

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        for row in rows:
            for vertices in visited(execution, row):
                if place is None:
                    yield from (row.copy() for _ in vertices)
                    continue
                for document in documents(execution, vertices):
                    new = row.copy()
                    new[place] = document
                    yield new

    return step


def names_visited(visited: Visits, name: str) -> Values:
    """Return what gives nothing but the `_key` or the `_id` of each vertex, without rows."""
    read = _READ[name]

    def values(base: Row, rows: Iterator[Row]) -> Iterator[list[str | None]]:
        execution = execution_of(base)
        for row in rows:
            for vertices in visited(execution, row):
                absent = execution.reader.absent(vertices)
                for vertex in absent:
                    warn_of_missing(execution, vertex.id)
                if absent:
                    gone = set(absent)
                    yield [None if each in gone else read(each) for each in vertices]
                else:
                    yield list(map(read, vertices))

    return values


def _documents(execution: Execution, vertices: Sequence[Vertex]) -> Iterator[Any]:
    ids = [vertex.id for vertex in vertices]
    for vertex_id, document in zip(ids, execution.reader.vertices(ids), strict=True):
        if document is None:
            warn_of_missing(execution, vertex_id)
        yield document


def _stubs(execution: Execution, vertices: Sequence[Vertex]) -> Iterator[Any]:
    absent = set(execution.reader.absent(vertices))
    for vertex in vertices:
        if vertex in absent:
            warn_of_missing(execution, vertex.id)
            yield None
        else:
            yield {"_key": vertex.key, "_id": vertex.id}
