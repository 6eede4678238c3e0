"""`/_api/user`: accounts and their rights; see `accounts` for what they hold anyone to."""

from __future__ import annotations

from typing import Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, ok, result
from hades_mcp.embedded.rest.rights import (
    LEVELS,
    ROOT,
    Account,
    check_admin,
    collection_level,
    database_level,
)
from hades_mcp.embedded.rest.router import Routes

routes = Routes()

_BAD_PARAMETER = 400
_ACCEPTED = 202
_ATTRIBUTES = {"passwd": str, "active": bool, "extra": dict}


@routes.add("GET", "/_api/user")
def users(request: Request) -> Response:
    """List the users."""
    check_admin(request.account)
    known = request.state.accounts.all()
    found = [] if ROOT in known else [request.state.accounts.get(ROOT)]
    return result([_told(each) for each in (*found, *known.values())])


@routes.add("GET", "/_api/user/{user}")
def user(request: Request, name: str) -> Response:
    """Describe a user."""
    check_admin(request.account, self_name=name)
    return ok(_told(request.state.accounts.get(name)))


@routes.add("POST", "/_api/user")
def create(request: Request) -> Response:
    """Make a user."""
    check_admin(request.account)
    body = _checked(request)
    name = body.get("user")
    if not isinstance(name, str):
        raise ArangoError(_BAD_PARAMETER, "expecting the name of the user")
    return ok(_told(request.state.accounts.create(name, body)), 201)


@routes.add("PUT PATCH", "/_api/user/{user}")
def change(request: Request, name: str) -> Response:
    """Replace a user but for the rights (PUT), or change some attributes (PATCH)."""
    check_admin(request.account, self_name=name)
    body = _checked(request)
    replace = request.method == "PUT"
    return ok(_told(request.state.accounts.change(name, body, replace=replace)))


@routes.add("DELETE", "/_api/user/{user}")
def remove(request: Request, name: str) -> Response:
    """Forget a user."""
    check_admin(request.account)
    request.state.accounts.remove(name)
    return ok({}, _ACCEPTED)


@routes.add("GET", "/_api/user/{user}/database")
def databases(request: Request, name: str) -> Response:
    """List the databases a user may enter; `full` tells of collections too."""
    check_admin(request.account, self_name=name)
    account = request.state.accounts.get(name)
    names = request.state.engine.databases()
    if not request.flag("full"):
        levels = {each: database_level(account, each) for each in names}
        return result({each: level for each, level in levels.items() if level != "none"})
    return result({each: _full(account, each) for each in (*names, "*")})


@routes.add("GET", "/_api/user/{user}/database/{database}")
def database(request: Request, name: str, database_name: str) -> Response:
    """Tell what a user may do in a database."""
    check_admin(request.account, self_name=name)
    account = request.state.accounts.get(name)
    request.state.engine.database(database_name)
    return result(database_level(account, database_name))


@routes.add("GET", "/_api/user/{user}/database/{database}/{collection}")
def collection(request: Request, name: str, database_name: str, collection_name: str) -> Response:
    """Tell what a user may do in a collection, whether there is one or not."""
    check_admin(request.account, self_name=name)
    account = request.state.accounts.get(name)
    request.state.engine.database(database_name)
    return result(collection_level(account, database_name, collection_name))


@routes.add("PUT", "/_api/user/{user}/database/{database}")
def grant_database(request: Request, name: str, database_name: str) -> Response:
    """Set what a user may do in a database; `*` for all without a right of their own."""
    check_admin(request.account)
    level = _level(request)
    request.state.accounts.grant(name, database_name, None, level)
    return ok({database_name: level})


@routes.add("PUT", "/_api/user/{user}/database/{database}/{collection}")
def grant_collection(
    request: Request, name: str, database_name: str, collection_name: str
) -> Response:
    """Set what a user may do in a collection."""
    check_admin(request.account)
    level = _level(request)
    request.state.accounts.grant(name, database_name, collection_name, level)
    return ok({f"{database_name}/{collection_name}": level})


@routes.add("DELETE", "/_api/user/{user}/database/{database}")
def clear_database(request: Request, name: str, database_name: str) -> Response:
    """Take back a right in a database."""
    check_admin(request.account)
    request.state.accounts.grant(name, database_name, None, None)
    return ok({}, _ACCEPTED)


@routes.add("DELETE", "/_api/user/{user}/database/{database}/{collection}")
def clear_collection(
    request: Request, name: str, database_name: str, collection_name: str
) -> Response:
    """Take back a right in a collection."""
    check_admin(request.account)
    account = request.state.accounts.get(name)
    given = account["databases"].get(database_name, {}).get("collections", {})
    if collection_name in given:
        request.state.accounts.grant(name, database_name, collection_name, None)
    return ok({}, _ACCEPTED)


def _told(account: Account) -> dict[str, Any]:
    return {name: account[name] for name in ("user", "active", "extra")}


def _checked(request: Request) -> dict[str, Any]:
    """Return the body, its attributes of the types an account has (400)."""
    body = request.object()
    for name, kind in _ATTRIBUTES.items():
        if not isinstance(body.get(name), kind | None):
            raise ArangoError(_BAD_PARAMETER, f"expecting a {kind.__name__} as '{name}'")
    return body


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
