"""`/_api/transaction`: begin, watch and end stream transactions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, plain, result
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from hades_mcp.embedded.rest.streams import Status

routes = Routes()

_BAD_PARAMETER = 10
_NOT_IMPLEMENTED = 9


@routes.add("POST", "/_api/transaction/begin")
def begin(request: Request) -> Response:
    """Begin a transaction over the declared collections; others may be read, unless forbidden."""
    body = request.object()
    declared = body.get("collections")
    if not isinstance(declared, dict):
        raise ArangoError(_BAD_PARAMETER, "missing or invalid 'collections' attribute")
    readable = _names(declared, "read")
    writable = _names(declared, "write") | _names(declared, "exclusive")
    with request.database.transaction() as transaction:
        for name in sorted(readable | writable):
            request.check_rights(name, write=name in writable)
            transaction.collection(name)  # 1203 if it is not there
    only = readable if body.get("allowImplicit") is False else None
    stream = request.state.streams.begin(request.database, writable, request.realm, only)
    return result({"id": stream.id, "status": stream.status}, 201)


@routes.add("GET", "/_api/transaction")
def running(request: Request) -> Response:
    """List the running transactions."""
    streams = request.state.streams.running(request.realm)
    return plain({"transactions": [{"id": each.id, "state": each.status} for each in streams]})


@routes.add("GET", "/_api/transaction/{id}")
def status(request: Request, stream_id: str) -> Response:
    """Tell whether a transaction runs, was committed or aborted."""
    known = request.state.streams.status(request.realm, stream_id)
    return result({"id": stream_id, "status": known})


@routes.add("PUT", "/_api/transaction/{id}")
def commit(request: Request, stream_id: str) -> Response:
    """Make the writes of a transaction lasting."""
    return _end(request, stream_id, "committed")


@routes.add("DELETE", "/_api/transaction/{id}")
def abort(request: Request, stream_id: str) -> Response:
    """Undo the writes of a transaction."""
    return _end(request, stream_id, "aborted")


@routes.add("POST", "/_api/transaction")
def javascript(_request: Request) -> Response:
    """Refuse transactions written in JavaScript."""
    raise ArangoError(_NOT_IMPLEMENTED, "not implemented: JavaScript transactions")


def _end(request: Request, stream_id: str, wanted: Status) -> Response:
    request.state.streams.end(request.realm, stream_id, wanted)
    return result({"id": stream_id, "status": wanted})


def _names(declared: dict[str, Any], kind: str) -> frozenset[str]:
    names = declared.get(kind, [])
    names = [names] if isinstance(names, str) else names
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ArangoError(_BAD_PARAMETER, f"'collections.{kind}' must be a name or a list of names")
    return frozenset(names)
