"""`/_api/cursor`: run an AQL query and fetch its rows batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql import modifies
from hades_mcp.embedded.aql.explaining import plan_json
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.message import Request, Response, ok
from hades_mcp.embedded.rest.open_cursors import Kept, OpenCursor
from hades_mcp.embedded.rest.query_text import QueryText, check_rights, prepare_for, run
from hades_mcp.embedded.rest.result_cache import is_cacheable, key_of, seen_by, walks_edges
from hades_mcp.embedded.rest.router import Routes
from hades_mcp.embedded.rest.streaming_queries import Streaming

if TYPE_CHECKING:
    from hades_mcp.embedded.aql import Result
    from hades_mcp.embedded.rest.open_cursors import Source

routes = Routes()

_BAD_PARAMETER = 400
_BATCH_SIZE = 1000
_SECONDS = 30.0
_STATS = {
    "cacheHits": 0,
    "cacheMisses": 0,
    "cursorsCreated": 0,
    "cursorsRearmed": 0,
    "searchParallelism": 1,
    "seeks": 0,
}


@routes.add("POST", "/_api/cursor")
def create(request: Request) -> Response:
    """Run a query and answer with its first rows.

    With `stream` it runs as far as its rows are fetched, unless it writes or belongs to a stream
    transaction; else the rows are all there when it answers.
    """
    body = request.object()
    query = QueryText.of(body)
    batch_size, seconds = _batch_size(body), _seconds(body)
    streaming = query.options.get("stream") is True and request.stream_id is None
    source: Source
    with query.limits():
        if streaming and not modifies(query.text):
            source = Streaming(request, query, _extra)
        else:
            rows, shared = _result(request, query, body)
            if body.get("count") and not streaming:
                shared["count"] = len(rows)
            source = Kept(rows, shared)
    retry = bool(query.options.get("allowRetry"))
    cursor = OpenCursor(request.realm, source, batch_size, seconds, retry)
    return ok(request.state.cursors.first_batch(cursor), 201)


@routes.add("PUT POST", "/_api/cursor/{id}")
def next_batch(request: Request, cursor_id: str) -> Response:
    """Answer with the next rows."""
    return ok(request.state.cursors.next_batch(request.realm, cursor_id))


@routes.add("PUT DELETE", "/_api/cursor")
def unnamed(request: Request) -> Response:
    """Refuse: it must be said which cursor."""
    raise ArangoError(_BAD_PARAMETER, f"expecting {request.method} /_api/cursor/<cursor-id>")


@routes.add("POST", "/_api/cursor/{id}/{batch}")
def retry_batch(request: Request, cursor_id: str, batch: str) -> Response:
    """Answer with the next rows, or with the last ones again if the answer got lost."""
    if not batch.isdigit():
        raise ArangoError(_BAD_PARAMETER, "batch id must be a number")
    return ok(request.state.cursors.next_batch(request.realm, cursor_id, int(batch)))


@routes.add("DELETE", "/_api/cursor/{id}")
def remove(request: Request, cursor_id: str) -> Response:
    """Forget a cursor and the rows it still has."""
    request.state.cursors.remove(request.realm, cursor_id)
    return ok({"id": cursor_id}, 202)


def _result(
    request: Request, query: QueryText, body: dict[str, Any]
) -> tuple[list[Any], dict[str, Any]]:
    """Return the rows of a query and what every batch tells, from the results kept if it may be."""
    results = request.state.caches.results
    if request.stream_id or not results.wanted(query, body) or not _is_shared(request, query):
        answer = run(request, query)
        shared = _cached_plan(request, answer, query)
        return answer.rows, {"cached": False, **shared, "extra": _extra(request, answer, query)}
    database, key = request.database_name, key_of(query, body)
    with request.transaction(write=False) as transaction:
        check_rights(request, query, transaction)
        prepared = prepare_for(query, transaction)
        kept = results.find(database, key, prepared, transaction)
        if kept is not None:
            return kept.rows, {"cached": True, "extra": kept.extra}
        answer = run(request, query, transaction)
        seen = seen_by(transaction, prepared)
    extra = _extra(request, answer, query)
    results.keep(database, key, query, answer, extra, seen)
    return answer.rows, {"cached": False, **_cached_plan(request, answer, query), "extra": extra}


def _is_shared(request: Request, query: QueryText) -> bool:
    """Tell whether the result is the same for all who may read the collections of a query."""
    if request.account is not None and walks_edges(query.text):
        return False
    return is_cacheable(query.text)


def _cached_plan(request: Request, answer: Result, query: QueryText) -> dict[str, str]:
    """List the plan if the query asks for that; tell its key if it was there already."""
    if query.options.get("usePlanCache") is not True or answer.prepared is None:
        return {}
    key = request.state.caches.note_plan(
        request.database_name,
        answer.prepared,
        query.options.get("fullCount"),
        query.bind_vars,
    )
    return {} if key is None else {"planCacheKey": key}


def _extra(request: Request, answer: Result, query: QueryText) -> dict[str, Any]:
    warnings = [{"code": each.number, "message": each.message} for each in answer.warnings]
    extra: dict[str, Any] = {"warnings": warnings, "stats": {**_STATS, **answer.stats}}
    if query.options.get("profile"):
        extra["profile"] = answer.phases
    if answer.profile is not None and answer.prepared is not None:
        with request.transaction(write=False) as transaction:
            plan = plan_json(
                answer.prepared, transaction, answer.profile, bind_vars=query.bind_vars
            )
        extra["stats"]["nodes"] = plan.pop("profiled")
        extra["plan"] = plan
    return extra


def _batch_size(body: dict[str, Any]) -> int:
    size = body.get("batchSize", _BATCH_SIZE)
    if size is None:
        return _BATCH_SIZE
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ArangoError(_BAD_PARAMETER, "expecting non-zero value for 'batchSize'")
    return size


def _seconds(body: dict[str, Any]) -> float:
    ttl = body.get("ttl")
    if isinstance(ttl, bool) or not isinstance(ttl, int | float) or ttl <= 0:
        return _SECONDS
    return float(ttl)
