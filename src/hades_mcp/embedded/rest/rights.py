"""What an account may do: the levels of databases and collections, and who may change what.

Source of the levels and their order: ArangoDB 3.12 manual, "Managing Users".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.tokens import unauthorized

if TYPE_CHECKING:
    from collections.abc import Sequence

Account = dict[str, Any]

ROOT = "root"
LEVELS = ("none", "ro", "rw")
SYSTEM = "_system"
USERS = "_users"
_FORBIDDEN, _READ_ONLY = 11, 1004
_SCHEMA = frozenset({"collection", "index", "view", "analyzer", "aqlfunction"})
_CHANGES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_GRAPH_CHANGES = {"POST": {2, 4}, "PUT": {5}, "DELETE": {3, 5}}
"""Lengths of the paths that change a graph; documents are written at longer ones."""


def database_level(account: Account, database: str) -> str:
    """Return what an account may do in a database: its own right, or that for `*`, or none."""
    if account["user"] == ROOT:
        return "rw"
    for name in (database, "*"):
        level = account["databases"].get(name, {}).get("permission")
        if level is not None:
            return str(level)
    return "none"


def collection_level(account: Account, database: str, collection: str) -> str:
    """Return what an account may do with a collection; nobody may see `_users`.

    For the other system collections there are no rights of their own.
    """
    if account["user"] == ROOT:
        return "rw"
    if collection == USERS:
        return "none"
    if collection.startswith("_"):
        return database_level(account, database)
    for name in (database, "*"):
        given = account["databases"].get(name, {}).get("collections", {})
        for each in (collection, "*"):
            if each in given:
                return str(given[each])
    return database_level(account, database)


def check_database(account: Account, database: str, method: str, parts: Sequence[str]) -> None:
    """Refuse what an account may not do in a database.

    Raises:
        ArangoError: 11, with status 401 where it may do nothing, 403 where it may only read.
    """
    level = database_level(account, database)
    if level == "none" and not (method == "GET" and _is_own(account, parts)):
        raise unauthorized()
    if level == "ro" and _changes_schema(method, parts):
        raise ArangoError(_FORBIDDEN, "forbidden", status=403)


def check_collection(account: Account, database: str, collection: str, *, write: bool) -> None:
    """Refuse what an account may not do with a collection.

    Raises:
        ArangoError: 11, with status 403; 1004 for a write where it may read.
    """
    level = collection_level(account, database, collection)
    if level == "none":
        message = f"insufficient rights to access collection '{collection}'"
        raise ArangoError(_FORBIDDEN, message, status=403)
    if write and level != "rw":
        raise ArangoError(_READ_ONLY, "read only", status=403)


def check_admin(account: Account | None, *, self_name: str | None = None) -> None:
    """Refuse all but those who may administrate the server: who may change `_system`.

    Args:
        account: Who asks; None for one that may do all.
        self_name: The account that may do this too, with itself.

    Raises:
        ArangoError: 11 with status 403.
    """
    if account is None or account["user"] == self_name or database_level(account, SYSTEM) == "rw":
        return
    raise ArangoError(_FORBIDDEN, "forbidden", status=403)


def _is_own(account: Account, parts: Sequence[str]) -> bool:
    """Tell whether a path is about the account itself."""
    return list(parts[:3]) == ["_api", "user", account["user"]]


def _changes_schema(method: str, parts: Sequence[str]) -> bool:
    """Tell whether a request makes, changes or drops collections, graphs and the like."""
    group = parts[1] if parts[0] == "_api" and len(parts) > 1 else ""
    if group == "gharial":  # documents are written below a graph's collections
        return len(parts) in _GRAPH_CHANGES.get(method, ())
    if group == "collection" and method == "PUT":
        return parts[-1] in {"properties", "rename"}
    return group in _SCHEMA and method in _CHANGES
