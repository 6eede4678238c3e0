"""Traversals restricted to some collections: these must exist, fit, and belong to the graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Collection

    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.plan import Options

TYPE_INVALID, NO_VERTEX_COLLECTION, NO_EDGE_COLLECTION = 1218, 1926, 1939


def listed(options: Options, name: str) -> tuple[str, ...] | None:
    """Return the collections an option names, one or several; None without it."""
    value: Any = options.get(name)
    return None if value is None else (value,) if isinstance(value, str) else tuple(value)


def vertex_collections_of(graph: dict[str, Any]) -> set[str]:
    """Return the vertex collections of a named graph's definition."""
    found = set(graph.get("orphanCollections") or ())
    for definition in graph.get("edgeDefinitions", []):
        found.update(definition["from"], definition["to"])
    return found


def check_restrictions(
    execution: Execution,
    options: Options,
    edges: Collection[str],
    vertices: Collection[str] | None,
) -> None:
    """Refuse options that name collections a traversal cannot meet.

    ArangoDB has checked them since 3.9.11, see the release notes' "Validation of traversal
    collection restrictions".

    Args:
        execution: Knows the collections.
        options: Of the traversal.
        edges: The edge collections it follows.
        vertices: The vertex collections of its named graph; None without one.

    Raises:
        ArangoError: 1203 for an unknown collection, 1218 for edges that are none, 1939 and 1926
            for edges and vertices that are not of this graph.
    """
    for name in listed(options, "edgeCollections") or ():
        if not execution.collection(name).info.is_edge:
            raise ArangoError(TYPE_INVALID, f"AQL: collection type invalid: '{name}'")
        if name not in edges:
            raise ArangoError(
                NO_EDGE_COLLECTION,
                f"AQL: edge collection does not exist or is not part of the graph: {name}",
            )
    for name in listed(options, "vertexCollections") or ():
        execution.collection(name)
        if vertices is not None and name not in vertices:
            raise ArangoError(
                NO_VERTEX_COLLECTION,
                f"AQL: vertex collection does not exist or is not part of the graph: {name}",
            )
