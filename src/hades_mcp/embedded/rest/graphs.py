"""`/_api/gharial`: make, describe, change and drop named graphs."""

from __future__ import annotations

from typing import Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest import graph_definitions as rules
from hades_mcp.embedded.rest.graph_sharding import Sharding
from hades_mcp.embedded.rest.message import Request, Response, ok
from hades_mcp.embedded.rest.router import Routes

routes = Routes()

_CONFLICT_OF_KEYS = 1210


@routes.add("GET", "/_api/gharial")
def graphs(request: Request) -> Response:
    """List the graphs."""
    with request.transaction(write=False) as transaction:
        return ok({"graphs": [rules.describe(each) for each in rules.graphs_of(transaction)]})


@routes.add("POST", "/_api/gharial")
def create(request: Request) -> Response:
    """Make a graph and the collections it lacks."""
    body = request.object()
    name = body.get("name")
    if not isinstance(name, str) or not name:
        raise ArangoError(rules.MISSING_NAME)
    sharding = Sharding.of(body)
    given = body.get("edgeDefinitions") or []
    if not isinstance(given, list):
        raise ArangoError(rules.MALFORMED_DEFINITION)
    definitions = [rules.check_definition(each) for each in given]
    if len({each["collection"] for each in definitions}) < len(definitions):
        raise ArangoError(rules.MULTI_USE)
    graph: rules.Graph = {"_key": name, "edgeDefinitions": definitions}
    graph.update(sharding.of_graph(definitions))
    used = rules.used_in_definitions(graph)
    graph["orphanCollections"] = rules.check_orphans(body.get("orphanCollections") or [], used)
    with request.transaction(write=True) as transaction:
        for definition in definitions:
            rules.check_against_others(transaction, definition, name)
        store = rules.graph_store(transaction)
        try:
            written = store.insert(graph)
        except ArangoError as error:
            if error.number == _CONFLICT_OF_KEYS:
                raise ArangoError(rules.DUPLICATE) from error
            raise
        orphans = graph["orphanCollections"]
        rules.ensure_collections(transaction, definitions, orphans, sharding.of_collection)
    return answer(request, written.new or graph)


@routes.add("GET", "/_api/gharial/{graph}")
def describe(request: Request, name: str) -> Response:
    """Describe a graph."""
    with request.transaction(write=False) as transaction:
        graph = rules.graph_named(transaction, name)
    return ok({"graph": rules.describe(graph)})


@routes.add("DELETE", "/_api/gharial/{graph}")
def drop(request: Request, name: str) -> Response:
    """Remove a graph and, if asked, the collections no other graph uses."""
    with request.transaction(write=True) as transaction:
        graph = rules.graph_named(transaction, name)
        rules.graph_store(transaction).remove(name)
        if request.flag("dropCollections"):
            used = [*rules.edge_collections(graph), *rules.vertex_collections(graph)]
            rules.drop_unless_used(transaction, used)
    return ok({"removed": True}, 202)


@routes.add("GET", "/_api/gharial/{graph}/vertex")
def vertex_collections(request: Request, name: str) -> Response:
    """List the vertex collections."""
    with request.transaction(write=False) as transaction:
        graph = rules.graph_named(transaction, name)
    return ok({"collections": rules.vertex_collections(graph)})


@routes.add("POST", "/_api/gharial/{graph}/vertex")
def add_vertex_collection(request: Request, name: str) -> Response:
    """Add a vertex collection that no edge definition uses."""
    collection = request.object().get("collection")
    if not isinstance(collection, str) or not collection:
        raise ArangoError(rules.MALFORMED_ORPHANS)
    with request.transaction(write=True) as transaction:
        graph = rules.graph_named(transaction, name)
        if collection in rules.used_in_definitions(graph):
            raise ArangoError(rules.USED_IN_DEFINITION)
        if collection in graph["orphanCollections"]:
            raise ArangoError(rules.USED_AS_ORPHAN)
        rules.ensure_collections(transaction, (), [collection])
        orphans = sorted({*graph["orphanCollections"], collection})
        graph = rules.save(transaction, {**graph, "orphanCollections": orphans})
    return answer(request, graph)


@routes.add("DELETE", "/_api/gharial/{graph}/vertex/{collection}")
def remove_vertex_collection(request: Request, name: str, collection: str) -> Response:
    """Take a vertex collection out of the graph; it must be an orphan."""
    with request.transaction(write=True) as transaction:
        graph = rules.graph_named(transaction, name)
        if collection not in graph["orphanCollections"]:
            used = collection in rules.used_in_definitions(graph)
            raise ArangoError(rules.NOT_AN_ORPHAN if used else rules.NO_VERTEX_COLLECTION)
        orphans = [each for each in graph["orphanCollections"] if each != collection]
        graph = rules.save(transaction, {**graph, "orphanCollections": orphans})
        if request.flag("dropCollection"):
            rules.drop_unless_used(transaction, [collection])
    return answer(request, graph)


@routes.add("GET", "/_api/gharial/{graph}/edge")
def edge_collections(request: Request, name: str) -> Response:
    """List the edge collections."""
    with request.transaction(write=False) as transaction:
        graph = rules.graph_named(transaction, name)
    return ok({"collections": sorted(rules.edge_collections(graph))})


@routes.add("POST", "/_api/gharial/{graph}/edge")
def add_edge_definition(request: Request, name: str) -> Response:
    """Add an edge definition."""
    definition = rules.check_definition(request.object())
    with request.transaction(write=True) as transaction:
        graph = rules.graph_named(transaction, name)
        if definition["collection"] in rules.edge_collections(graph):
            raise ArangoError(rules.MULTI_USE)
        rules.check_against_others(transaction, definition, name)
        rules.ensure_collections(transaction, [definition], ())
        definitions = [*graph["edgeDefinitions"], definition]
        graph = rules.save(transaction, _redefined(graph, definitions))
    return answer(request, graph)


@routes.add("PUT", "/_api/gharial/{graph}/edge/{collection}")
def replace_edge_definition(request: Request, name: str, collection: str) -> Response:
    """Change an edge definition, in every graph that has it."""
    definition = rules.check_definition({"collection": collection, **request.object()})
    if definition["collection"] != collection:
        raise ArangoError(rules.EDGE_COLLECTION_NOT_USED)
    with request.transaction(write=True) as transaction:
        graph = rules.graph_named(transaction, name)
        _require_edge_collection(graph, collection)
        rules.ensure_collections(transaction, [definition], ())
        before = rules.used_in_definitions(graph)
        for each in rules.graphs_of(transaction):
            if collection in rules.edge_collections(each):
                definitions = [
                    definition if old["collection"] == collection else old
                    for old in each["edgeDefinitions"]
                ]
                saved = rules.save(transaction, _redefined(each, definitions))
                graph = saved if each["_key"] == name else graph
        if request.flag("dropCollections"):
            gone = before - rules.used_in_definitions(graph)
            graph = _without_orphans(graph, gone)
            graph = rules.save(transaction, graph)
            rules.drop_unless_used(transaction, sorted(gone))
    return answer(request, graph)


@routes.add("DELETE", "/_api/gharial/{graph}/edge/{collection}")
def remove_edge_definition(request: Request, name: str, collection: str) -> Response:
    """Take an edge definition out of the graph; its vertex collections stay as orphans."""
    with request.transaction(write=True) as transaction:
        graph = rules.graph_named(transaction, name)
        _require_edge_collection(graph, collection)
        definitions = [
            each for each in graph["edgeDefinitions"] if each["collection"] != collection
        ]
        graph = rules.save(transaction, _redefined(graph, definitions))
        if request.flag("dropCollections"):
            rules.drop_unless_used(transaction, [collection])
    return answer(request, graph)


def answer(request: Request, graph: rules.Graph) -> Response:
    """Answer a change of a graph."""
    status = 201 if request.flag("waitForSync") else 202
    return ok({"graph": rules.describe(graph)}, status, {"Etag": graph["_rev"]})


def _redefined(graph: rules.Graph, definitions: list[dict[str, Any]]) -> rules.Graph:
    """Return the graph with other definitions; what none of them uses any more is an orphan."""
    changed = {**graph, "edgeDefinitions": definitions}
    used = rules.used_in_definitions(changed)
    changed["orphanCollections"] = sorted(set(rules.vertex_collections(graph)) - used)
    return changed


def _without_orphans(graph: rules.Graph, gone: set[str]) -> rules.Graph:
    orphans = [each for each in graph["orphanCollections"] if each not in gone]
    return {**graph, "orphanCollections": orphans}


def _require_edge_collection(graph: rules.Graph, collection: str) -> None:
    if collection not in rules.edge_collections(graph):
        raise ArangoError(rules.EDGE_COLLECTION_NOT_USED)
