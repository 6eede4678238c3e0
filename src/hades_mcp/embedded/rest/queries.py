"""`/_api/query` and its kin: check a query, watch and kill those that run."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

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
from hades_mcp.embedded.rest.rights import SYSTEM, check_admin, database_level
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from collections.abc import Iterator

routes = Routes()

_FORBIDDEN = 11
_PSEUDO_VARIABLES = frozenset({"OLD", "NEW", "CURRENT"})


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
    """List the queries that run; with `all`, in all databases."""
    return plain(_own(request, request.state.queries.current(_database(request))))


@routes.add("GET", "/_api/query/slow")
def slow(request: Request) -> Response:
    """List the queries that took long; with `all`, in all databases."""
    return plain(_own(request, request.state.queries.slow(_database(request))))


@routes.add("DELETE", "/_api/query/slow")
def forget_slow(request: Request) -> Response:
    """Empty the list of slow queries; with `all`, of all databases."""
    request.state.queries.forget_slow(_database(request))
    return ok({})


@routes.add("DELETE", "/_api/query/{id}")
def kill(request: Request, query_id: str) -> Response:
    """Stop a running query."""
    request.state.queries.kill(request.database_name, query_id, _only(request))
    return ok({})


@routes.add("GET", "/_api/query/properties")
def properties(request: Request) -> Response:
    """Tell how the queries of a database are watched."""
    return ok(asdict(request.state.queries.tracking(request.database_name)))


@routes.add("PUT", "/_api/query/properties")
def change_properties(request: Request) -> Response:
    """Change how the queries of a database are watched, until the server ends."""
    changes = request.object()
    return ok(asdict(request.state.queries.track(request.database_name, changes)))


def _own(request: Request, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the queries that who asks may see."""
    user = _only(request)
    return [each for each in listed if user in {None, each["user"]}]


def _only(request: Request) -> str | None:
    """Return whose queries alone a request may see and stop; None for all: administrators'."""
    if request.account is None or database_level(request.account, SYSTEM) == "rw":
        return None
    return request.user


def _database(request: Request) -> str | None:
    """Return the database of the path, or None for all; ArangoError 11 for who may not ask."""
    if not request.flag("all"):
        return request.database_name
    if request.database_name != SYSTEM:
        raise ArangoError(_FORBIDDEN, status=403)
    check_admin(request.account)
    return None


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
