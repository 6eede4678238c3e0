"""`/_api/aqlfunction`: functions users register. Kept and listed; queries cannot call them.

Their code is JavaScript, which nothing here can run: a query that names one is refused with 1582.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.javascript import is_function
from hades_mcp.embedded.rest.message import Request, Response, ok
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from hades_mcp.embedded.storage import Collection

routes = Routes()

_FUNCTIONS = "_aqlfunctions"
_SHOWN = {"name", "code", "isDeterministic"}
_NAME_INVALID, _CODE_INVALID, _NOT_FOUND = 1580, 1581, 1582
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_]*(?:::[a-zA-Z0-9_]+)+")


@routes.add("GET", "/_api/aqlfunction")
def names(request: Request) -> Response:
    """List the registered functions."""
    return in_namespace(request, request.params.get("namespace", ""))


@routes.add("GET", "/_api/aqlfunction/{namespace}")
def in_namespace(request: Request, namespace: str) -> Response:
    """List the registered functions of a namespace."""
    with request.transaction(write=False) as transaction:
        kept = _within(transaction.collection(_FUNCTIONS), namespace)
    return ok({"result": [{name: each[name] for name in sorted(_SHOWN)} for each in kept]})


@routes.add("POST", "/_api/aqlfunction")
def register(request: Request) -> Response:
    """Keep a function under its name, or change it."""
    body = request.object()
    name, code = body.get("name"), body.get("code")
    if not isinstance(name, str) or "::" not in name:
        raise ArangoError(_NAME_INVALID)
    if not isinstance(code, str) or not is_function(code):
        raise ArangoError(_CODE_INVALID)
    if not _NAME.fullmatch(name):
        raise ArangoError(_NAME_INVALID)
    document = {
        "_key": name.upper(),
        "name": name,
        "code": code,
        "isDeterministic": body.get("isDeterministic") is True,
    }
    with request.transaction(write=True) as transaction:
        collection = transaction.collection(_FUNCTIONS)
        new = collection.get(name.upper()) is None
        collection.insert(document, overwrite_mode="replace")
    return ok({"isNewlyCreated": new}, 201 if new else 200)


@routes.add("DELETE", "/_api/aqlfunction/{name}")
def unregister(request: Request, name: str) -> Response:
    """Forget a function, or with `group` all of a namespace."""
    group = request.flag("group")
    with request.transaction(write=True) as transaction:
        collection = transaction.collection(_FUNCTIONS)
        if not group and collection.get(name.upper()) is None:
            raise ArangoError(_NOT_FOUND)
        doomed = _within(collection, name) if group else [{"_key": name.upper()}]
        for each in doomed:
            collection.remove(each["_key"])
    return ok({"deletedCount": len(doomed)})


def _within(collection: Collection, namespace: str) -> list[dict[str, Any]]:
    prefix = f"{namespace.upper().rstrip(':')}::" if namespace else ""
    kept = (each for each in collection.scan() if each["_key"].startswith(prefix))
    return [each for each in kept if each.keys() >= _SHOWN]  # others wrote documents there too
