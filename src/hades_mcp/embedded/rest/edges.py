"""`/_api/edges/{collection}`: the edges of one vertex."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, ok
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from hades_mcp.embedded.traversal import Direction

routes = Routes()

_BAD_PARAMETER = 400
_TYPE_INVALID = 1218
_DIRECTIONS: dict[str, Direction] = {
    "any": "any",
    "both": "any",
    "in": "inbound",
    "out": "outbound",
}


@routes.add("GET", "/_api/edges/{collection}")
def edges(request: Request, name: str) -> Response:
    """List the edges that start or end at a vertex, or both."""
    vertex = request.params.get("vertex")
    if not vertex:
        raise ArangoError(_BAD_PARAMETER, "illegal document identifier")
    direction = _DIRECTIONS.get(request.params.get("direction", "any"))
    if direction is None:
        raise ArangoError(_BAD_PARAMETER, "<direction> must by any, in, or out")
    with request.collection(name, write=False) as collection:
        if not collection.is_edge:
            raise ArangoError(_TYPE_INVALID)
        found = list(collection.edges([vertex], direction))
    stats = {"scannedIndex": len(found), "filtered": 0, "httpRequests": 0}
    return ok({"edges": found, "stats": stats})
