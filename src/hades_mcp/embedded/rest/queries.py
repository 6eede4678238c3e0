"""`/_api/query` and its kin: check a query, watch and kill those that run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql import parse
from hades_mcp.embedded.aql.clauses import (
    Assignment,
    Collect,
    NamePattern,
    ObjectPattern,
    PathSearch,
    Traversal,
)
from hades_mcp.embedded.aql.explaining.syntax import syntax_json
from hades_mcp.embedded.aql.nodes import Name, Node, Parameter, walk
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, ok, plain
from hades_mcp.embedded.rest.query_text import QueryText
from hades_mcp.embedded.rest.router import Routes
from hades_mcp.embedded.rest.running_queries import SLOW_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

routes = Routes()

_NOT_IMPLEMENTED = 9
_PSEUDO_VARIABLES = frozenset({"OLD", "NEW", "CURRENT"})
_TRACKING = {
    "enabled": True,
    "trackSlowQueries": True,
    "trackBindVars": True,
    "maxSlowQueries": 64,
    "slowQueryThreshold": SLOW_SECONDS,
    "slowStreamingQueryThreshold": SLOW_SECONDS,
    "maxQueryStringLength": 4096,
}


@routes.add("POST", "/_api/query")
def check(request: Request) -> Response:
    """Parse a query and tell the collections and parameters it names, and its syntax tree."""
    query = parse(QueryText.of(request.object()).text)
    nodes = list(walk(query))
    declared = {name for node in nodes for name in _declared(node)} | _PSEUDO_VARIABLES
    named = {node.name for node in nodes if isinstance(node, Name)}
    parameters = {node.name for node in nodes if isinstance(node, Parameter)}
    return ok(
        {
            "parsed": True,
            "collections": sorted(named - declared),
            "bindVars": sorted(parameters),
            "ast": syntax_json(query),
            "warnings": [],
        }
    )


@routes.add("GET", "/_api/query/current")
def current(request: Request) -> Response:
    """List the queries that run."""
    return plain(request.state.queries.current(request.database_name))


@routes.add("GET", "/_api/query/slow")
def slow(request: Request) -> Response:
    """List the queries that took long."""
    return plain(request.state.queries.slow(request.database_name))


@routes.add("DELETE", "/_api/query/slow")
def forget_slow(request: Request) -> Response:
    """Empty the list of slow queries."""
    request.state.queries.forget_slow(request.database_name)
    return ok({})


@routes.add("DELETE", "/_api/query/{id}")
def kill(request: Request, query_id: str) -> Response:
    """Stop a running query."""
    request.state.queries.kill(request.database_name, query_id)
    return ok({})


@routes.add("GET", "/_api/query/properties")
def properties(_request: Request) -> Response:
    """Tell how queries are watched."""
    return ok(_TRACKING)


@routes.add("PUT", "/_api/query/properties")
def change_properties(_request: Request) -> Response:
    """Refuse: how queries are watched is fixed."""
    raise ArangoError(_NOT_IMPLEMENTED, "not implemented: changing query tracking")


def _declared(node: Node) -> Iterator[str]:
    """Yield the variables that a part of a query introduces."""
    match node:
        case NamePattern(name=name) | Assignment(name=name):
            yield name
        case ObjectPattern(names=names):
            yield from names
        case Traversal(names=names, prune_name=prune):
            yield from names
            yield from (prune,) if prune else ()
        case PathSearch(names=names):
            yield from names
        case Collect(into=into, count=count):
            yield from (name for name in (into, count) if name)
        case _:
            return
