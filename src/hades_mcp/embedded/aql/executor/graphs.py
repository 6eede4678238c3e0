"""Steps that walk a graph: traversal, shortest paths, k paths."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.cutting import Checks, Cut
from hades_mcp.embedded.aql.executor.restrictions import (
    check_restrictions,
    listed,
    vertex_collections_of,
)
from hades_mcp.embedded.aql.executor.step import Step, execution_of
from hades_mcp.embedded.aql.executor.visiting import (
    KEY_AND_ID,
    names_visited,
    only_visits,
    visit,
    visits,
    warn_of_missing,
)
from hades_mcp.embedded.aql.nodes import Attribute, Binary, VariableReference
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.traversal import (
    Path,
    all_shortest_paths,
    k_paths,
    k_shortest_paths,
    shortest_path,
    traverse,
)
from hades_mcp.embedded.values import truth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.visiting import Values, Visits
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import (
        Edges,
        EnumeratePathsNode,
        Options,
        ShortestPathNode,
        TraversalNode,
    )
    from hades_mcp.embedded.traversal import Direction

BAD_PARAMETER, SYNTAX_ERROR, GRAPH_NOT_FOUND = 10, 1501, 1924

_EdgeList = list[tuple[str, "Direction"]]


def traversal(
    compiler: Compiler, node: TraversalNode, attributes: frozenset[str] | None = None
) -> Step:
    """Make a row of each path.

    Args:
        compiler: Compiles expressions.
        node: The traversal.
        attributes: What the plan reads of its vertices; None: all of it.
    """
    start, steps = compiler.compile(node.start), _depths(compiler, node.steps)
    edges = _edges(compiler, node.edges, node.options)
    settings = _settings(node.options)
    if only_visits(node):
        return visit(node, _visits(compiler, node), attributes)
    places = _places(node, brief=attributes is not None and attributes <= KEY_AND_ID)
    prune = compiler.optional(node.prune)
    pruned = None if node.prune_variable is None else node.prune_variable.id
    checks = Checks(compiler, node.checks)

    def paths(execution: Execution, row: Row) -> Iterator[Path]:
        start_id = _start(start, execution, row)
        if start_id is None:
            return iter(())
        low, high = steps(row)
        stop = None if prune is None else _pruner(prune, row.copy(), places)
        cut = Cut(checks, row.copy(), stop) if checks else None
        found = traverse(
            execution.reader,
            start_id,
            minimum=low,
            maximum=high,
            edge_collections=edges(execution, row),
            prune=stop if cut is None else cut,
            **settings,
        )
        return found if cut is None else cut.wanted(found)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        for row in rows:
            execution.reader.reads_edges |= places[1] is not None or places[2] is not None
            for path in paths(execution, row):
                execution.check_search()
                new = row.copy()
                _store(new, path, places)
                if places[0] is not None and new[places[0]] is None:
                    warn_of_missing(execution, path.vertex_ids[-1])
                if pruned is not None and prune is not None:
                    new[pruned] = prune(new)
                yield new

    return step


def visited_names(compiler: Compiler, node: TraversalNode, result: Node) -> Values | None:
    """Return what gives a query's results where they are only `_key` or `_id` of vertices visited.

    Args:
        compiler: Compiles expressions.
        node: The traversal right before the RETURN.
        result: What is returned.
    """
    match result:
        case Attribute(subject=VariableReference(variable=read), name="_key" | "_id" as name):
            if read == node.vertex and only_visits(node):
                return names_visited(_visits(compiler, node), name)
    return None


def _visits(compiler: Compiler, node: TraversalNode) -> Visits:
    return visits(
        partial(_start, compiler.compile(node.start)),
        _depths(compiler, node.steps),
        _edges(compiler, node.edges, node.options),
        _settings(node.options)["vertex_collections"],
    )


_Places = tuple[int | None, int | None, int | None, bool]


def _places(node: TraversalNode, *, brief: bool) -> _Places:
    return (
        node.vertex.id if node.fetch_vertex else None,
        None if node.edge is None else node.edge.id,
        None if node.path is None else node.path.id,
        brief,
    )


def _store(row: Row, path: Path, places: _Places) -> None:
    vertex, edge, whole, brief = places
    if vertex is not None:
        row[vertex] = path.stub if brief else path.vertex
    if edge is not None:
        row[edge] = path.edge
    if whole is not None:
        row[whole] = _as_value(path)


def _as_value(path: Path) -> dict[str, Any]:
    vertices = path.vertices
    weights = path.weights or list(range(len(vertices)))
    return {"vertices": vertices, "edges": path.edges, "weights": weights}


def _pruner(prune: Evaluate, row: Row, places: _Places) -> Callable[[Path], bool]:
    def stop(path: Path) -> bool:
        _store(row, path, places)
        return truth(prune(row))

    return stop


def _settings(options: Options) -> dict[str, Any]:
    order = options.get("order") or ("bfs" if options.get("bfs") is True else "dfs")
    vertices = listed(options, "vertexCollections")
    chosen = {
        "order": (order, {"dfs", "bfs", "weighted"}),
        "unique_vertices": (options.get("uniqueVertices", "none"), {"none", "path", "global"}),
        "unique_edges": (options.get("uniqueEdges", "path"), {"none", "path"}),
    }
    for name, (value, allowed) in chosen.items():
        if value not in allowed:
            raise ArangoError(
                BAD_PARAMETER, f"AQL: bad parameter: {name} may not be {value!r} (while parsing)"
            )
    return {
        **{name: value for name, (value, _) in chosen.items()},
        **_weights(options),
        "vertex_collections": vertices,
    }


def _weights(options: Options) -> dict[str, Any]:
    return {
        "weight_attribute": options.get("weightAttribute"),
        "default_weight": options.get("defaultWeight", 1),
    }


def _depths(compiler: Compiler, steps: Any) -> Callable[[Row], tuple[int, int]]:
    if steps is None:
        return lambda _row: (1, 1)
    ends = (steps.left, steps.right) if isinstance(steps, Binary) else (steps, steps)
    low, high = (compiler.compile(end) for end in ends)

    def depths(row: Row) -> tuple[int, int]:
        least, most = low(row), high(row)
        for depth in (least, most):
            if type(depth) is not int or depth < 0:
                raise ArangoError(
                    SYNTAX_ERROR,
                    "AQL: expecting integer number or range for number of steps (while parsing)",
                )
        if most < least:
            raise ArangoError(
                BAD_PARAMETER, "AQL: maximal depth is less than minimal depth (while parsing)"
            )
        return least, most

    return depths


def _edges(
    compiler: Compiler, edges: Edges, options: Options
) -> Callable[[Execution, Row], _EdgeList]:
    allowed = listed(options, "edgeCollections")
    graph = compiler.optional(edges.graph)
    if graph is None and allowed is None and listed(options, "vertexCollections") is None:
        fixed = list(edges.collections)
        return lambda _execution, _row: fixed

    def collections(execution: Execution, row: Row) -> _EdgeList:
        found, vertices = list(edges.collections), None
        if graph is not None:
            definition = _graph_named(execution, graph(row))
            found = [
                (each["collection"], edges.direction) for each in definition["edgeDefinitions"]
            ]
            vertices = vertex_collections_of(definition)
        check_restrictions(execution, options, [name for name, _ in found], vertices)
        return [edge for edge in found if allowed is None or edge[0] in allowed]

    return collections


def _graph_named(execution: Execution, graph: Any) -> dict[str, Any]:
    """Return the definition of a named graph.

    Raises:
        ArangoError: 1924 if there is no such graph.
    """
    if type(graph) is not str:
        raise ArangoError(BAD_PARAMETER, "AQL: a graph is named by a string (while executing)")
    transaction = execution.transaction
    known = transaction is not None and transaction.has_collection("_graphs")
    document = execution.collection("_graphs").get(graph) if known else None
    if document is None:
        raise ArangoError(GRAPH_NOT_FOUND, f"AQL: graph '{graph}' not found (while executing)")
    return {"edgeDefinitions": [], **document}


def _start(start: Evaluate, execution: Execution, row: Row) -> str | None:
    return _vertex_id(execution, start(row))


def _vertex_id(execution: Execution, value: Any) -> str | None:
    """Return the `_id` a query means by a text or a document; else warn and return None."""
    if type(value) is dict:
        value = value.get("_id")
    if type(value) is str and "/" in value:
        return value
    execution.warn(
        BAD_PARAMETER,
        "Invalid input for traversal: Only id strings or objects with _id are allowed",
    )
    return None


def _ends(
    compiler: Compiler, node: ShortestPathNode | EnumeratePathsNode
) -> Callable[[Execution, Row], tuple[str, str] | None]:
    start, target = compiler.compile(node.start), compiler.compile(node.target)

    def ends(execution: Execution, row: Row) -> tuple[str, str] | None:
        first = _vertex_id(execution, start(row))
        last = _vertex_id(execution, target(row))
        return None if first is None or last is None else (first, last)

    return ends


def shortest(compiler: Compiler, node: ShortestPathNode) -> Step:
    """Make a row of each vertex of a shortest path and the edge that leads to it."""
    ends, edges = _ends(compiler, node), _edges(compiler, node.edges, node.options)
    vertex, edge = node.vertex.id, None if node.edge is None else node.edge.id
    weights = _weights(node.options)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        for row in rows:
            between = ends(execution, row)
            if between is None:
                continue
            path = shortest_path(execution.reader, *between, edges(execution, row), **weights)
            if path is None:
                continue
            for document, followed in zip(path.vertices, [None, *path.edges], strict=True):
                new = row.copy()
                new[vertex] = document
                if edge is not None:
                    new[edge] = followed
                yield new

    return step


def enumerate_paths(compiler: Compiler, node: EnumeratePathsNode) -> Step:
    """Make a row of each path between two vertices."""
    ends, edges = _ends(compiler, node), _edges(compiler, node.edges, node.options)
    steps = _depths(compiler, node.steps)
    place = node.path.id

    def paths(execution: Execution, row: Row, first: str, last: str) -> Iterator[Path]:
        follow = edges(execution, row)
        match node.kind:
            case "K_PATHS":
                low, high = steps(row)
                return k_paths(execution.reader, first, last, follow, minimum=low, maximum=high)
            case "K_SHORTEST_PATHS":
                return k_shortest_paths(
                    execution.reader, first, last, follow, **_weights(node.options)
                )
            case _:
                return all_shortest_paths(execution.reader, first, last, follow)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        for row in rows:
            between = ends(execution, row)
            if between is None:
                continue
            for path in paths(execution, row, *between):
                execution.check_search()
                new = row.copy()
                new[place] = {"vertices": path.vertices, "edges": path.edges}
                if node.kind == "K_SHORTEST_PATHS":
                    new[place]["weight"] = path.weight
                yield new

    return step
