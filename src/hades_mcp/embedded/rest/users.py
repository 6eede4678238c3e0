"""`/_api/user`: accounts and their rights; see `accounts` for what they hold anyone to."""

from __future__ import annotations

from typing import Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.accounts import (
    LEVELS,
    ROOT,
    Account,
    collection_level,
    database_level,
)
from hades_mcp.embedded.rest.message import Request, Response, ok, result
from hades_mcp.embedded.rest.router import Routes

routes = Routes()

_BAD_PARAMETER = 400
_ACCEPTED = 202


@routes.add("GET", "/_api/user")
def users(request: Request) -> Response:
    """List the users."""
    known = request.state.accounts.all()
    found = [] if ROOT in known else [request.state.accounts.get(ROOT)]
    return result([_told(each) for each in (*found, *known.values())])


@routes.add("GET", "/_api/user/{user}")
def user(request: Request, name: str) -> Response:
    """Describe a user."""
    return ok(_told(request.state.accounts.get(name)))


@routes.add("POST", "/_api/user")
def create(request: Request) -> Response:
    """Make a user."""
    body = request.object()
    name = body.get("user")
    if not isinstance(name, str):
        raise ArangoError(_BAD_PARAMETER, "expecting the name of the user")
    return ok(_told(request.state.accounts.create(name, body)), 201)


@routes.add("PUT PATCH", "/_api/user/{user}")
def change(request: Request, name: str) -> Response:
    """Replace a user but for the rights (PUT), or change some attributes (PATCH)."""
    body = request.object()
    replace = request.method == "PUT"
    return ok(_told(request.state.accounts.change(name, body, replace=replace)))


@routes.add("DELETE", "/_api/user/{user}")
def remove(request: Request, name: str) -> Response:
    """Forget a user."""
    request.state.accounts.remove(name)
    return ok({}, _ACCEPTED)


@routes.add("GET", "/_api/user/{user}/database")
def databases(request: Request, name: str) -> Response:
    """List the databases a user may enter; `full` tells of collections too."""
    account = request.state.accounts.get(name)
    names = request.state.engine.databases()
    if not request.flag("full"):
        levels = {each: database_level(account, each) for each in names}
        return result({each: level for each, level in levels.items() if level != "none"})
    return result({each: _full(account, each) for each in (*names, "*")})


@routes.add("GET", "/_api/user/{user}/database/{database}")
def database(request: Request, name: str, database_name: str) -> Response:
    """Tell what a user may do in a database."""
    account = request.state.accounts.get(name)
    request.state.engine.database(database_name)
    return result(database_level(account, database_name))


@routes.add("GET", "/_api/user/{user}/database/{database}/{collection}")
def collection(request: Request, name: str, database_name: str, collection_name: str) -> Response:
    """Tell what a user may do in a collection, whether there is one or not."""
    account = request.state.accounts.get(name)
    request.state.engine.database(database_name)
    return result(collection_level(account, database_name, collection_name))


@routes.add("PUT", "/_api/user/{user}/database/{database}")
def grant_database(request: Request, name: str, database_name: str) -> Response:
    """Set what a user may do in a database; `*` for all without a right of their own."""
    level = _level(request)
    request.state.accounts.grant(name, database_name, None, level)
    return ok({database_name: level})


@routes.add("PUT", "/_api/user/{user}/database/{database}/{collection}")
def grant_collection(
    request: Request, name: str, database_name: str, collection_name: str
) -> Response:
    """Set what a user may do in a collection."""
    level = _level(request)
    request.state.accounts.grant(name, database_name, collection_name, level)
    return ok({f"{database_name}/{collection_name}": level})


@routes.add("DELETE", "/_api/user/{user}/database/{database}")
def clear_database(request: Request, name: str, database_name: str) -> Response:
    """Take back a right in a database."""
    request.state.accounts.grant(name, database_name, None, None)
    return ok({}, _ACCEPTED)


@routes.add("DELETE", "/_api/user/{user}/database/{database}/{collection}")
def clear_collection(
    request: Request, name: str, database_name: str, collection_name: str
) -> Response:
    """Take back a right in a collection."""
    account = request.state.accounts.get(name)
    given = account["databases"].get(database_name, {}).get("collections", {})
    if collection_name in given:
        request.state.accounts.grant(name, database_name, collection_name, None)
    return ok({}, _ACCEPTED)


def _told(account: Account) -> dict[str, Any]:
    return {name: account[name] for name in ("user", "active", "extra")}


def _level(request: Request) -> str:
    level = request.object().get("grant")
    if level not in LEVELS:
        raise ArangoError(_BAD_PARAMETER, "expecting a grant of 'none', 'ro' or 'rw'")
    return str(level)


def _full(account: Account, name: str) -> dict[str, Any]:
    given = account["databases"].get(name, {})
    collections = {"*": "rw" if account["user"] == ROOT else "undefined"}
    if account["user"] == ROOT:
        return {"permission": "rw", "collections": collections}
    permission = given.get("permission") or ("none" if name == "*" else "undefined")
    return {
        "permission": permission,
        "collections": {**collections, **given.get("collections", {})},
    }
