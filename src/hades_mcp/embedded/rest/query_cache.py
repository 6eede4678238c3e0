"""`/_api/query-cache` and `/_api/query-plan-cache`: what a server keeps of queries.

Results are kept if the settings say so (see `result_cache`). Plans are always kept (see
`aql.prepared`); those of queries that asked for it are listed.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any
from zlib import crc32

from hades_mcp.embedded.rest.message import Request, Response, ok, plain
from hades_mcp.embedded.rest.result_cache import ResultCache
from hades_mcp.embedded.rest.router import Routes

if TYPE_CHECKING:
    from hades_mcp.embedded.aql import PreparedQuery

routes = Routes()

_PLANS_KEPT = 128


@dataclass(slots=True)
class QueryCaches:
    """The results kept, and the plans that are listed, by database and text."""

    results: ResultCache = field(default_factory=ResultCache)
    plans: OrderedDict[tuple[str, str], dict[str, Any]] = field(default_factory=OrderedDict)
    ids: count[int] = field(default_factory=lambda: count(1))

    def note_plan(self, database: str, prepared: PreparedQuery, full_count: object) -> None:
        """List the plan of a query that asked for it to be cached, or count one more use."""
        key = (database, prepared.text)
        entry = self.plans.get(key)
        if entry is not None:
            entry["hits"] += 1
            return
        if len(self.plans) >= _PLANS_KEPT:
            self.plans.popitem(last=False)
        self.plans[key] = {
            "hash": str(next(self.ids)),
            "query": prepared.text,
            "queryHash": crc32(prepared.text.encode()),
            "bindVars": {},
            "fullCount": full_count is True,
            "dataSources": sorted(prepared.read | prepared.written),
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "hits": 0,
            "memoryUsage": 64 * len(prepared.text),
        }


@routes.add("GET", "/_api/query-cache/properties")
def properties(request: Request) -> Response:
    """Tell the settings of the results cache."""
    return plain(asdict(request.state.caches.results.settings))


@routes.add("PUT", "/_api/query-cache/properties")
def change_properties(request: Request) -> Response:
    """Change the settings of the results cache, for all databases."""
    settings = request.state.caches.results.change_settings(request.object())
    return plain(asdict(settings))


@routes.add("GET", "/_api/query-cache/entries")
def entries(request: Request) -> Response:
    """List the cached results."""
    return plain(request.state.caches.results.entries(request.database_name))


@routes.add("DELETE", "/_api/query-cache")
def clear(request: Request) -> Response:
    """Forget the cached results."""
    request.state.caches.results.clear(request.database_name)
    return ok({})


@routes.add("GET", "/_api/query-plan-cache")
def plans(request: Request) -> Response:
    """List the cached plans of queries that asked for it."""
    kept = request.state.caches.plans
    return plain([entry for (name, _), entry in kept.items() if name == request.database_name])


@routes.add("DELETE", "/_api/query-plan-cache")
def clear_plans(request: Request) -> Response:
    """Empty that list."""
    kept = request.state.caches.plans
    for key in [key for key in kept if key[0] == request.database_name]:
        del kept[key]
    return ok({})
