"""What ArangoDB answers and this engine does not: refused with a number, never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, plain
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from collections.abc import Sequence

routes = Routes()

_NOT_IMPLEMENTED = 9

_ADMIN = """
    auth backup cluster compact debug deployment echo execute license log metrics options
    options-description routing server shutdown statistics statistics-description support-info
    test usage-metrics work-monitor
"""

_API = """
    analyzer aqlfunction batch cluster collection control_pregel cursor database dump explain export
    foxx gharial index job pregel query query-cache query-plan-cache replication simple tasks token
    traversal ttl user view wal
"""

ELSEWHERE = frozenset(
    [*(("_admin", name) for name in _ADMIN.split()), *(("_api", name) for name in _API.split())]
)
"""First two parts of paths that ArangoDB 3.12 answers and this engine does not, or not all."""


def refuse_if_elsewhere(parts: Sequence[str]) -> None:
    """Raise ArangoError 9 for a path that a server has and this engine lacks."""
    if tuple(parts[:2]) in ELSEWHERE:
        raise ArangoError(_NOT_IMPLEMENTED, f"not implemented: /{'/'.join(parts)}")


@routes.add("GET", "/_api/tasks")
def tasks(_request: Request) -> Response:
    """List the tasks: there are none."""
    return plain([])
