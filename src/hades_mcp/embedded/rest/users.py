"""`/_api/user`: there is one user, root, who may do all; see `authentication` for the reason."""

from __future__ import annotations

from typing import Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, ok, result
from hades_mcp.embedded.rest.router import Routes

routes = Routes()

_NOT_FOUND = 1703
_NOT_IMPLEMENTED = 9
_ROOT: dict[str, Any] = {"user": "root", "active": True, "extra": {}}


@routes.add("GET", "/_api/user")
def users(_request: Request) -> Response:
    """List the users."""
    return result([_ROOT])


@routes.add("GET", "/_api/user/{user}")
def user(_request: Request, name: str) -> Response:
    """Describe a user."""
    _require_root(name)
    return ok(_ROOT)


@routes.add("GET", "/_api/user/{user}/database")
def databases(request: Request, name: str) -> Response:
    """List the databases a user may write to."""
    _require_root(name)
    names = request.state.engine.databases()
    if not request.flag("full"):
        return result(dict.fromkeys(names, "rw"))
    return result({each: {"permission": "rw", "collections": {"*": "rw"}} for each in names})


@routes.add("GET", "/_api/user/{user}/database/{database}")
def database(request: Request, name: str, database_name: str) -> Response:
    """Tell what a user may do in a database."""
    _require_root(name)
    return result(request.state.engine.database(database_name) and "rw")


@routes.add("GET", "/_api/user/{user}/database/{database}/{collection}")
def collection(request: Request, name: str, database_name: str, collection_name: str) -> Response:
    """Tell what a user may do in a collection."""
    _require_root(name)
    with request.state.engine.database(database_name).transaction() as transaction:
        transaction.collection(collection_name)
    return result("rw")


@routes.add("POST", "/_api/user")
def create(_request: Request) -> Response:
    """Refuse: users would promise a protection that files do not have."""
    raise ArangoError(_NOT_IMPLEMENTED, "not implemented: users of an embedded database")


@routes.add("PUT PATCH DELETE", "/_api/user/{user}")
def change(request: Request, _name: str) -> Response:
    """Refuse, for the same reason."""
    return create(request)


@routes.add("PUT DELETE", "/_api/user/{user}/database/{database}")
def change_database(request: Request, _name: str, _database: str) -> Response:
    """Refuse, for the same reason."""
    return create(request)


@routes.add("PUT DELETE", "/_api/user/{user}/database/{database}/{collection}")
def change_collection(request: Request, _name: str, _database: str, _collection: str) -> Response:
    """Refuse, for the same reason."""
    return create(request)


def _require_root(name: str) -> None:
    if name != _ROOT["user"]:
        raise ArangoError(_NOT_FOUND)
