"""`/_api/ttl`: how often expired documents are removed, and how many have been.

Not in ArangoDB's manual; arangosh's `internal.ttlProperties()` and `ttlStatistics()` ask it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, result
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from hades_mcp.embedded.storage.expiry import Expiry

routes = Routes()

_SYSTEM_ONLY = 1230


@routes.add("GET", "/_api/ttl/properties")
def properties(request: Request) -> Response:
    """Tell how expired documents are removed."""
    return result(_expiry(request).settings.describe())


@routes.add("PUT", "/_api/ttl/properties")
def change_properties(request: Request) -> Response:
    """Change how expired documents are removed, in this process and until it ends."""
    expiry = _expiry(request)
    expiry.configure(expiry.settings.changed(request.object()))
    return result(expiry.settings.describe())


@routes.add("GET", "/_api/ttl/statistics")
def statistics(request: Request) -> Response:
    """Tell how many expired documents this process has removed."""
    return result(_expiry(request).statistics())


def _expiry(request: Request) -> Expiry:
    if request.database_name != "_system":
        raise ArangoError(_SYSTEM_ONLY)
    return request.state.engine.expiry
