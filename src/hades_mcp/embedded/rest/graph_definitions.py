"""Named graphs: documents in `_graphs`, and the rules they must keep.

Source: ArangoDB manual, "HTTP interface for named graphs"; the shapes were compared with answers
of ArangoDB 3.12.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hades_mcp.embedded.storage import Collection, Transaction

GRAPHS = "_graphs"

MULTI_USE = 1920
USED_DIFFERENTLY = 1921
MISSING_NAME = 1922
MALFORMED_DEFINITION = 1923
NOT_FOUND = 1924
DUPLICATE = 1925
NO_VERTEX_COLLECTION = 1926
NOT_A_VERTEX_COLLECTION = 1927
NOT_AN_ORPHAN = 1928
USED_IN_DEFINITION = 1929
EDGE_COLLECTION_NOT_USED = 1930
USED_AS_ORPHAN = 1938
NO_EDGE_COLLECTION = 1939
MUST_NOT_DROP = 1942
MALFORMED_ORPHANS = 1943
NOT_AN_EDGE_COLLECTION = 1944

Graph = dict[str, Any]


def graphs_of(transaction: Transaction) -> list[Graph]:
    """Return all graphs of a database."""
    if not transaction.has_collection(GRAPHS):
        return []
    return [each for each in transaction.collection(GRAPHS).scan() if is_whole(each)]


def is_whole(graph: Graph) -> bool:
    """Tell whether a document is a graph's: whoever may write can put others into `_graphs`."""
    definitions, orphans = graph.get("edgeDefinitions"), graph.get("orphanCollections")
    if not isinstance(definitions, list) or not isinstance(orphans, list):
        return False
    return all(map(is_definition, definitions)) and all(map(_is_name, orphans))


def graph_named(transaction: Transaction, name: str) -> Graph:
    """Return a graph; ArangoError 1924 if there is none."""
    graph = None
    if transaction.has_collection(GRAPHS):
        graph = transaction.collection(GRAPHS).get(name)
    if graph is None or not is_whole(graph):
        raise ArangoError(NOT_FOUND, f"graph '{name}' not found")
    return graph


def graph_store(transaction: Transaction) -> Collection:
    """Return the collection of graphs, made at first use."""
    if transaction.has_collection(GRAPHS):
        return transaction.collection(GRAPHS)
    return transaction.create_collection(GRAPHS, properties={"isSystem": True})


def save(transaction: Transaction, graph: Graph) -> Graph:
    """Store a changed graph and return it with its new revision."""
    written = graph_store(transaction).replace(graph["_key"], graph)
    return written.new or graph


def edge_collections(graph: Graph) -> list[str]:
    """Return the names of the edge collections."""
    return [definition["collection"] for definition in graph["edgeDefinitions"]]


def used_in_definitions(graph: Graph) -> set[str]:
    """Return the vertex collections that edges may join."""
    return {
        name
        for definition in graph["edgeDefinitions"]
        for name in (*definition["from"], *definition["to"])
    }


def vertex_collections(graph: Graph) -> list[str]:
    """Return the names of all vertex collections, orphans included."""
    return sorted(used_in_definitions(graph) | set(graph.get("orphanCollections", ())))


def check_definition(given: Any) -> dict[str, Any]:
    """Return a complete edge definition; ArangoError 1923 if it is malformed."""
    if not is_definition(given):
        raise ArangoError(MALFORMED_DEFINITION)
    return {
        "collection": given["collection"],
        "from": sorted(set(given["from"])),
        "to": sorted(set(given["to"])),
    }


def is_definition(given: Any) -> bool:
    """Tell whether a value says which edge collection joins which vertex collections."""
    if not isinstance(given, dict) or not _is_name(given.get("collection")):
        return False
    ends = given.get("from"), given.get("to")
    return all(isinstance(end, list) and end and all(map(_is_name, end)) for end in ends)


def check_orphans(given: Any, used: set[str]) -> list[str]:
    """Return the orphans; ArangoError 1943 if malformed, 1929 if a definition has one too."""
    if not isinstance(given, list) or not all(map(_is_name, given)):
        raise ArangoError(MALFORMED_ORPHANS)
    if used.intersection(given):
        raise ArangoError(USED_IN_DEFINITION)
    return sorted(set(given))


def check_against_others(
    transaction: Transaction, definition: dict[str, Any], own_name: str
) -> None:
    """Refuse an edge collection that another graph defines differently (ArangoError 1921)."""
    for graph in graphs_of(transaction):
        for other in graph["edgeDefinitions"]:
            same = other["collection"] == definition["collection"]
            if same and graph["_key"] != own_name and other != definition:
                raise ArangoError(
                    USED_DIFFERENTLY,
                    f"{other['collection']} edge collection already used in "
                    f"edge def of graph {graph['_key']}",
                )


def ensure_collections(
    transaction: Transaction,
    definitions: Iterable[dict[str, Any]],
    orphans: Iterable[str],
    properties: Callable[[str], dict[str, Any]] | None = None,
) -> None:
    """Make the collections that are missing.

    Args:
        transaction: Where.
        definitions: Edge definitions, complete.
        orphans: Further vertex collections.
        properties: Gives the properties of a new collection.

    Raises:
        ArangoError: 1944 or 1927 for a collection of the wrong type.
    """
    vertices = set(orphans)
    for definition in definitions:
        vertices.update(definition["from"], definition["to"])
        _ensure(transaction, definition["collection"], properties, edge=True)
    for name in sorted(vertices):
        _ensure(transaction, name, properties, edge=False)


def _ensure(
    transaction: Transaction,
    name: str,
    properties: Callable[[str], dict[str, Any]] | None,
    *,
    edge: bool,
) -> None:
    if not transaction.has_collection(name):
        given = properties(name) if properties else {}
        transaction.create_collection(name, edge=edge, properties=given)
    elif transaction.collection(name).is_edge != edge:
        raise ArangoError(NOT_AN_EDGE_COLLECTION if edge else NOT_A_VERTEX_COLLECTION)


def require_unused(transaction: Transaction, collection: str) -> None:
    """Refuse to drop a collection that a graph uses (ArangoError 1942)."""
    for graph in graphs_of(transaction):
        if collection in edge_collections(graph) or collection in vertex_collections(graph):
            raise ArangoError(MUST_NOT_DROP)


def drop_unless_used(transaction: Transaction, collections: Iterable[str]) -> None:
    """Drop the collections that no graph uses (any more)."""
    kept: set[str] = set()
    for graph in graphs_of(transaction):
        kept.update(edge_collections(graph), vertex_collections(graph))
    for name in collections:
        if name not in kept and transaction.has_collection(name):
            transaction.drop_collection(name)


def describe(graph: Graph) -> dict[str, Any]:
    """Return a graph as the HTTP API shows it."""
    return {
        "numberOfShards": 1,
        "replicationFactor": 1,
        "minReplicationFactor": 1,
        "writeConcern": 1,
        "isSmart": False,
        "isDisjoint": False,
        "isSatellite": False,
        **graph,
        "name": graph["_key"],
    }


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""
