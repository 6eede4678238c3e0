"""`/_api/database`: list, make and drop databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, result
from hades_mcp.embedded.rest.rights import ROOT, SYSTEM, check_admin, database_level
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from hades_mcp.embedded.rest.accounts import Accounts

routes = Routes()

_USE_SYSTEM_DATABASE = 1230
_BAD_PARAMETER = 400
_FORBIDDEN, _INTERNAL, _NO_DATABASE = 11, 4, 1228


@routes.add("GET", "/_api/database")
def names(request: Request) -> Response:
    """List all databases."""
    _require_system(request)
    return result(request.state.engine.databases())


@routes.add("GET", "/_api/database/user")
def accessible(request: Request) -> Response:
    """List the databases the user may enter."""
    names = request.state.engine.databases()
    if request.account is not None:
        names = [name for name in names if database_level(request.account, name) != "none"]
    return result(names)


@routes.add("GET", "/_api/database/current")
def current(request: Request) -> Response:
    """Describe the database of the path."""
    database = request.database
    return result(
        {
            "name": database.name,
            "id": "1" if database.name == SYSTEM else database.path.stem.rpartition("-")[2],
            "path": str(database.path),
            "isSystem": database.name == SYSTEM,
        }
    )


@routes.add("POST", "/_api/database")
def create(request: Request) -> Response:
    """Make a database and the users in the body, who may do all in it."""
    _require_system(request)
    check_admin(request.account)
    request.state.check_writable(_FORBIDDEN)
    body = request.object()
    if not isinstance(body.get("name"), str):
        raise ArangoError(_BAD_PARAMETER, "expecting name of the database")
    users = body.get("users") or []
    if not isinstance(users, list) or not all(map(_is_user, users)):
        raise ArangoError(_BAD_PARAMETER, "expecting users with their names as 'users'")
    request.state.engine.create_database(body["name"])
    for each in users:
        _admit(request.state.accounts, body["name"], each)
    return result(value=True, status=201)


@routes.add("DELETE", "/_api/database/{name}")
def drop(request: Request, name: str) -> Response:
    """Remove a database with all it holds."""
    _require_system(request)
    check_admin(request.account)
    request.state.check_writable(_FORBIDDEN)
    request.state.streams.abort_all(name)
    try:
        request.state.engine.drop_database(name)
    except ArangoError as error:
        if error.number == _INTERNAL:  # closed by another drop of it, just now
            raise ArangoError(_NO_DATABASE) from error
        raise
    request.state.caches.results.clear(name)
    return result(value=True)


def _is_user(given: Any) -> bool:
    """Tell whether the body of a new database describes a user that way."""
    if not isinstance(given, dict) or not isinstance(given.get("passwd"), str | None):
        return False
    name, extra = given.get("username") or given.get("user"), given.get("extra")
    return isinstance(name, str) and name != "" and isinstance(extra, dict | None)


def _admit(accounts: Accounts, database: str, body: dict[str, Any]) -> None:
    name = body.get("username") or body["user"]
    if name == ROOT:
        return
    if name not in accounts.all():
        accounts.create(name, body)
    accounts.grant(name, database, None, "rw")


def _require_system(request: Request) -> None:
    if request.database_name != SYSTEM:
        raise ArangoError(_USE_SYSTEM_DATABASE)
