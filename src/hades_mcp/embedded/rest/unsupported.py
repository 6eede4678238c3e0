"""What ArangoDB answers and this engine does not: refused with a number, never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, plain
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from collections.abc import Sequence

routes = Routes()

_NOT_IMPLEMENTED, _ONLY_IN_CLUSTERS = 9, 1471
_NO_JAVASCRIPT = "nothing here runs JavaScript"
_NO_CLUSTER = "there is no cluster"
_NO_LOG = "the process that serves the database keeps its own log and figures"
_NO_REPLICATION = "there is no log of writes that another server could follow"
_PARTLY = "other paths and methods below it than those above"

REFUSED = {
    "/_admin/auth": "accounts are read again by themselves",
    "/_admin/backup": "`hades db backup` makes backups",
    "/_admin/cluster": _NO_CLUSTER,
    "/_admin/debug": "nothing is made to fail on purpose",
    "/_admin/deployment": _NO_CLUSTER,
    "/_admin/echo": _NO_JAVASCRIPT,
    "/_admin/execute": _NO_JAVASCRIPT,
    "/_admin/license": "there is nothing to set",
    "/_admin/log": _NO_LOG,
    "/_admin/metrics": _PARTLY,
    "/_admin/options": _PARTLY,
    "/_admin/options-description": _PARTLY,
    "/_admin/routing": _NO_JAVASCRIPT,
    "/_admin/server": _PARTLY,
    "/_admin/shutdown": "whoever started the process ends it",
    "/_admin/statistics": _PARTLY,
    "/_admin/statistics-description": _PARTLY,
    "/_admin/support-info": _NO_LOG,
    "/_admin/test": _NO_JAVASCRIPT,
    "/_admin/usage-metrics": _NO_LOG,
    "/_admin/wal": _NO_REPLICATION,
    "/_admin/work-monitor": _NO_LOG,
    "/_api/analyzer": _PARTLY,
    "/_api/aqlfunction": _PARTLY,
    "/_api/cluster": _NO_CLUSTER,
    "/_api/collection": _PARTLY,
    "/_api/cursor": _PARTLY,
    "/_api/database": _PARTLY,
    "/_api/dump": _NO_REPLICATION,
    "/_api/explain": _PARTLY,
    "/_api/foxx": _NO_JAVASCRIPT,
    "/_api/gharial": _PARTLY,
    "/_api/index": _PARTLY,
    "/_api/job": _PARTLY,
    "/_api/query": _PARTLY,
    "/_api/query-cache": _PARTLY,
    "/_api/query-plan-cache": _PARTLY,
    "/_api/replication": _NO_REPLICATION,
    "/_api/simple": "queries in AQL do all of it",
    "/_api/tasks": _NO_JAVASCRIPT,
    "/_api/token": _PARTLY,
    "/_api/ttl": _PARTLY,
    "/_api/user": _PARTLY,
    "/_api/view": _PARTLY,
    "/_api/wal": _NO_REPLICATION,
}
"""Beginnings of paths that ArangoDB 3.12 answers and this engine does not, or not all; and why.

What 3.12 removed (`/_api/batch`, `/_api/traversal`, Pregel) is an unknown path here as there.
"""

_ELSEWHERE = frozenset(tuple(path.strip("/").split("/")) for path in REFUSED)


def refuse_if_elsewhere(parts: Sequence[str]) -> None:
    """Raise ArangoError 9 for a path that a server has and this engine lacks."""
    if tuple(parts[:2]) in _ELSEWHERE:
        raise ArangoError(_NOT_IMPLEMENTED, f"not implemented: /{'/'.join(parts)}")


@routes.add("GET", "/_api/tasks")
def tasks(_request: Request) -> Response:
    """List the tasks: there are none."""
    return plain([])


@routes.add("GET", "/_api/collection/{name}/shards")
def shards(_request: Request, _name: str) -> Response:
    """Refuse: only a cluster has shards."""
    raise ArangoError(_ONLY_IN_CLUSTERS, status=501)


@routes.add("PUT", "/_api/collection/{name}/responsibleShard")
def responsible_shard(_request: Request, _name: str) -> Response:
    """Refuse: only a cluster has shards."""
    raise ArangoError(_ONLY_IN_CLUSTERS, status=501)
