"""`/_api/gharial/{graph}/vertex` and `/edge`: documents written under the rules of a graph."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest import graph_definitions as rules
from hades_mcp.embedded.rest.documents import (
    answer_read,
    check_object,
    checked,
    if_match,
    waits,
)
from hades_mcp.embedded.rest.message import Request, Response, ok
from hades_mcp.embedded.rest.router import Routes
from hades_mcp.embedded.rest.write_options import WriteOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.storage import Collection, Transaction, Written

routes = Routes()

_NO_DOCUMENT = 1202
_INVALID_EDGE = 1233
_NOT_PART_OF_GRAPH = 1947


@routes.add("GET", "/_api/gharial/{graph}/{kind}/{collection}/{key}")
def read(request: Request, graph: str, kind: str, name: str, key: str) -> Response:
    """Read a vertex or an edge."""
    with _collection(request, graph, kind, name, write=False) as (_, collection):
        document = collection.get(key)
    if document is None:
        raise ArangoError(_NO_DOCUMENT)
    return answer_read(request, document, {kind: document, "error": False, "code": 200})


@routes.add("POST", "/_api/gharial/{graph}/{kind}/{collection}")
def insert(request: Request, graph: str, kind: str, name: str) -> Response:
    """Insert a vertex, or an edge between vertices that are there."""
    body, options = check_object(request.json()), WriteOptions.of(request)
    with _collection(request, graph, kind, name, write=True) as (transaction, collection):
        if kind == "edge":
            for end in ("_from", "_to"):
                _check_end(transaction, graph, body.get(end), end)
        return _answer(kind, collection, collection.insert(body), options)


@routes.add("PATCH", "/_api/gharial/{graph}/{kind}/{collection}/{key}")
def update(request: Request, graph: str, kind: str, name: str, key: str) -> Response:
    """Change some attributes of a vertex or an edge."""
    body, options = check_object(request.json()), WriteOptions.of(request)
    expected = if_match(request) or request.params.get("rev")
    with _collection(request, graph, kind, name, write=True) as (transaction, collection):
        _check_given_ends(transaction, graph, kind, body)
        return checked(
            lambda: collection.update(
                key,
                body,
                keep_null=options.keep_null,
                merge_objects=options.merge_objects,
                expect_rev=expected,
            ),
            lambda written: _answer(kind, collection, written, options),
            lambda: collection.get(key),
            expected,
        )


@routes.add("PUT", "/_api/gharial/{graph}/{kind}/{collection}/{key}")
def replace(request: Request, graph: str, kind: str, name: str, key: str) -> Response:
    """Replace the attributes of a vertex or an edge."""
    body, options = check_object(request.json()), WriteOptions.of(request)
    expected = if_match(request) or request.params.get("rev")
    with _collection(request, graph, kind, name, write=True) as (transaction, collection):
        if kind == "edge" and not ("_from" in body and "_to" in body):
            raise ArangoError(_INVALID_EDGE)
        _check_given_ends(transaction, graph, kind, body)
        return checked(
            lambda: collection.replace(key, body, expect_rev=expected),
            lambda written: _answer(kind, collection, written, options),
            lambda: collection.get(key),
            expected,
        )


@routes.add("DELETE", "/_api/gharial/{graph}/{kind}/{collection}/{key}")
def remove(request: Request, graph: str, kind: str, name: str, key: str) -> Response:
    """Remove an edge, or a vertex with all edges that touch it in any graph."""
    options = WriteOptions.of(request)
    expected = if_match(request) or request.params.get("rev")

    with _collection(request, graph, kind, name, write=True) as (transaction, collection):

        def answer(written: Written) -> Response:
            if kind == "vertex":
                _remove_edges_of(transaction, graph, f"{name}/{key}", name)
            body: dict[str, Any] = {"removed": True}
            if options.return_old:
                body["old"] = written.old
            return ok(body, 200 if waits(collection, options) else 202)

        return checked(
            lambda: collection.remove(key, expect_rev=expected),
            answer,
            lambda: collection.get(key),
            expected,
        )


@contextmanager
def _collection(
    request: Request, graph: str, kind: str, name: str, *, write: bool
) -> Iterator[tuple[Transaction, Collection]]:
    """Give a collection of a graph.

    Raises:
        ArangoError: 404 for a kind that is neither vertex nor edge, 1924 if there is no such
            graph, 1926 or 1939 if the collection is not part of it.
    """
    if kind not in {"vertex", "edge"}:
        raise ArangoError(404, f"unknown path '{request.path}'")
    request.check_rights(name, write=write)
    if request.stream_id is not None:
        request.state.streams.check(request.realm, request.stream_id, name, write=write)
    with request.transaction(write=write) as transaction:
        definition = rules.graph_named(transaction, graph)
        if kind == "vertex" and name not in rules.vertex_collections(definition):
            raise ArangoError(rules.NO_VERTEX_COLLECTION)
        if kind == "edge" and name not in rules.edge_collections(definition):
            raise ArangoError(rules.NO_EDGE_COLLECTION)
        yield transaction, transaction.collection(name)


def _check_given_ends(
    transaction: Transaction, graph: str, kind: str, body: dict[str, Any]
) -> None:
    for end in ("_from", "_to"):
        if kind == "edge" and end in body:
            _check_end(transaction, graph, body[end], end)


def _check_end(transaction: Transaction, graph: str, vertex: Any, end: str) -> None:
    """Refuse an edge that starts or ends where the graph has no vertex."""
    if not isinstance(vertex, str):
        raise ArangoError(_INVALID_EDGE)
    name, slash, key = vertex.partition("/")
    if not (name and slash and key):
        raise ArangoError(_INVALID_EDGE)
    definition = rules.graph_named(transaction, graph)
    if name not in rules.vertex_collections(definition):
        raise ArangoError(
            _NOT_PART_OF_GRAPH, f"referenced {end} collection {name} is not part of the graph"
        )
    if transaction.collection(name).get(key) is None:
        raise ArangoError(_NO_DOCUMENT)


def _remove_edges_of(transaction: Transaction, graph: str, vertex: str, name: str) -> None:
    edge_collections: set[str] = set()
    for each in rules.graphs_of(transaction):
        if each["_key"] == graph or name in rules.vertex_collections(each):
            edge_collections.update(rules.edge_collections(each))
    for edge_collection in sorted(edge_collections):
        collection = transaction.collection(edge_collection)
        for edge in list(collection.edges([vertex], "any")):
            collection.remove(edge["_key"])


def _answer(kind: str, collection: Collection, written: Written, options: WriteOptions) -> Response:
    described = options.describe(written)
    body: dict[str, Any] = {
        name: described.pop(name) for name in ("old", "new") if name in described
    }
    body[kind] = described
    status = 201 if waits(collection, options) else 202
    return ok(body, status, {"Etag": described["_rev"]})
