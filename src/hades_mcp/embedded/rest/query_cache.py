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

from hades_mcp.embedded.aql.prepared import StoredSchema
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, ok, plain
from hades_mcp.embedded.rest.result_cache import ResultCache
from hades_mcp.embedded.rest.router import Routes
from hades_mcp.embedded.values import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hades_mcp.embedded.aql import PreparedQuery

routes = Routes()

_PLANS_KEPT = 128


@dataclass(frozen=True, slots=True)
class CachedPlan:
    """One entry of the plan cache: as it is listed, and the collections as they were."""

    shown: dict[str, Any]
    versions: Mapping[str, object]


@dataclass(slots=True)
class QueryCaches:
    """The results kept, and the plans that are listed, by database and text."""

    results: ResultCache = field(default_factory=ResultCache)
    plans: OrderedDict[tuple[str, ...], CachedPlan] = field(default_factory=OrderedDict)
    ids: count[int] = field(default_factory=lambda: count(1))

    def note_plan(
        self,
        database: str,
        prepared: PreparedQuery,
        full_count: object,
        bind_vars: Mapping[str, Any] | None = None,
    ) -> str | None:
        """List the plan of a query that asked for it to be cached, or count one more use.

        Returns:
            The key of the plan if it was there already: `planCacheKey` of the answer.
        """
        if prepared.warnings:
            return None  # not worth keeping, as ArangoDB sees it
        named = {name: value for name, value in (bind_vars or {}).items() if name[:1] == "@"}
        key = (database, prepared.text, str(full_count is True), json_text(named))
        entry = self.plans.get(key)
        if entry is not None and entry.versions == prepared.versions:
            entry.shown["hits"] += 1
            return str(entry.shown["hash"])
        self.plans.pop(key, None)
        if len(self.plans) >= _PLANS_KEPT:
            self.plans.popitem(last=False)
        shown = {
            "hash": str(next(self.ids)),
            "query": prepared.text,
            "queryHash": crc32(prepared.text.encode()),
            "bindVars": named,
            "fullCount": full_count is True,
            "dataSources": sorted(prepared.versions),
            "created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "hits": 0,
            "memoryUsage": 64 * len(prepared.text),
        }
        self.plans[key] = CachedPlan(shown, prepared.versions)
        return None


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
    """List the cached plans of queries that asked for it; forget those whose collections changed.

    An account sees the plans of the collections it may read.
    """
    caches, found = request.state.caches, []
    with request.transaction(write=False) as transaction:
        schema = StoredSchema(transaction)
        for key, entry in list(caches.plans.items()):
            if key[0] != request.database_name:
                continue
            if any(schema.version(name) != known for name, known in entry.versions.items()):
                del caches.plans[key]
            elif all(_may_read(request, name) for name in entry.versions):
                found.append(entry.shown)
    return plain(found)


def _may_read(request: Request, name: str) -> bool:
    try:
        request.check_rights(name, write=False)
    except ArangoError:
        return False
    return True


@routes.add("DELETE", "/_api/query-plan-cache")
def clear_plans(request: Request) -> Response:
    """Empty that list."""
    kept = request.state.caches.plans
    for key in [key for key in kept if key[0] == request.database_name]:
        del kept[key]
    return ok({})
