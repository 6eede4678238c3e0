"""A query out of a request's body, and the way to the AQL engine."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql import PreparedQuery, QueryOptions, Result, execute, modifies, prepare
from hades_mcp.embedded.aql.context import Context
from hades_mcp.embedded.aql.memory import default_limit
from hades_mcp.embedded.aql.parser import LONG
from hades_mcp.embedded.aql.plan_caching import check_plan_cacheable
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.rest.rights import ROOT
from hades_mcp.embedded.storage import Database
from hades_mcp.embedded.values.stopping import stopping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

    from hades_mcp.embedded.aql.executor import Execution
    from hades_mcp.embedded.rest.message import Request
    from hades_mcp.embedded.rest.running_queries import RunningQuery
    from hades_mcp.embedded.storage import Transaction

_BAD_PARAMETER = 400
_QUERY_EMPTY = 1502
_BIND_VARS_INVALID = 1550
_WARNINGS_KEPT = 10
_UNLIMITED: AbstractContextManager[None] = nullcontext()
WITH_PLAN = 2
"""The `profile` option that asks for the plan and what each node of it did."""


@dataclass(frozen=True, slots=True)
class QueryText:
    """What a client asks to run or to explain.

    Attributes:
        text: The query.
        bind_vars: Values of its parameters.
        options: The body's `options`.
        memory_limit: The body's `memoryLimit`, bytes; None and 0, which drivers send
            unasked, for the usual one, as on a server that lets nobody override its own.
    """

    text: str
    bind_vars: dict[str, Any]
    options: dict[str, Any]
    memory_limit: int | None

    @classmethod
    def of(cls, body: dict[str, Any]) -> QueryText:
        """Read the body of a request.

        Raises:
            ArangoError: 1502 if there is no query, 1550 for bind parameters that are no object,
                400 for options that are none.
        """
        text, bind_vars, options = body.get("query"), body.get("bindVars"), body.get("options")
        if not isinstance(text, str) or not text.strip():
            raise ArangoError(_QUERY_EMPTY)
        if bind_vars is not None and not isinstance(bind_vars, dict):
            raise ArangoError(_BIND_VARS_INVALID, "expecting object for <bindVars>")
        if options is not None and not isinstance(options, dict):
            raise ArangoError(_BAD_PARAMETER, "expecting object for <options>")
        limit = body.get("memoryLimit")
        return cls(text, bind_vars or {}, options or {}, limit if isinstance(limit, int) else None)

    @property
    def rules(self) -> tuple[str, ...]:
        """The optimizer rules to switch, such as `-all`."""
        optimizer = self.options.get("optimizer")
        rules = optimizer.get("rules") if isinstance(optimizer, dict) else None
        return tuple(str(rule) for rule in rules) if isinstance(rules, list) else ()

    @property
    def max_runtime(self) -> float | None:
        """Seconds the query may take; None for any time."""
        given = self.options.get("maxRuntime")
        return float(given) if isinstance(given, int | float) and given > 0 else None

    def limits(self, killed: Event | None = None) -> AbstractContextManager[None]:
        """Have what looks at a long query inside stopped in time, even before it runs."""
        if len(self.text) <= LONG:
            return _UNLIMITED
        context = Context(max_runtime=self.max_runtime)
        if killed is not None:
            context.killed = killed
        return stopping(context.check)


def run(request: Request, query: QueryText, within: Transaction | None = None) -> Result:
    """Run a query to its end, listed among the running queries meanwhile.

    Args:
        request: Who asks; names the stream transaction, if any.
        query: What is asked.
        within: A transaction to run it in, its rights checked; by default the request's own.

    Raises:
        ArangoError: Whatever the query raises; 1652 when it writes to a collection that its
            stream transaction did not declare.
    """
    running = request.state.queries
    entry = running.begin(
        request.database_name,
        query.text,
        query.bind_vars,
        stream=query.options.get("stream") is True,
        user=request.user or ROOT,
    )
    try:
        with query.limits(entry.killed):
            return _run(request, query, watching(request, entry), within)
    finally:
        running.end(entry)


def _run(
    request: Request,
    query: QueryText,
    watch: Callable[[Execution], None],
    within: Transaction | None,
) -> Result:
    if modifies(query.text):
        request.state.check_writable()
    options = run_options(query, request, watch)
    if within is not None:
        try:
            return execute(within, query.text, query.bind_vars, options=options)
        finally:
            within.guard = None
    if request.stream_id is None:
        check_rights(request, query, request.database)
        return execute(request.database, query.text, query.bind_vars, options=options)
    with _stream(request, query) as target:
        check_rights(request, query, target)
        return execute(target, query.text, query.bind_vars, options=options)


def watching(request: Request, entry: RunningQuery) -> Callable[[Execution], None]:
    """Return what is told of a run before it starts.

    Edges and `DOCUMENT()` lead to collections that a query does not name: for an account, each
    collection that is read is asked for its rights.
    """

    def watch(execution: Execution) -> None:
        entry.watch(execution)
        if request.account is not None and execution.transaction is not None:
            execution.transaction.guard = guard

    def guard(name: str) -> None:
        request.check_rights(name, write=False)
        if request.stream_id is not None and name != "_graphs":
            request.state.streams.check(request.realm, request.stream_id, name, write=False)

    return watch


def check_rights(request: Request, query: QueryText, target: Database | Transaction) -> None:
    """Refuse collections that the account behind the request may not read or write."""
    if request.account is None:
        return
    if isinstance(target, Database):
        with target.transaction() as transaction:
            prepared = prepare(query.text, query.bind_vars, transaction=transaction)
    else:
        prepared = prepare(query.text, query.bind_vars, transaction=target)
    for name in sorted(prepared.read | prepared.written):
        request.check_rights(name, write=name in prepared.written)


def prepare_for(query: QueryText, transaction: Transaction) -> PreparedQuery:
    """Prepare a query as running it does."""
    return prepare(
        query.text,
        query.bind_vars,
        transaction=transaction,
        rules=query.rules,
        full_count=query.options.get("fullCount") is True,
    )


@contextmanager
def _stream(request: Request, query: QueryText) -> Iterator[Transaction]:
    """Give the stream transaction that the request belongs to."""
    assert request.stream_id is not None  # noqa: S101  the caller has looked
    with request.state.streams.use(request.realm, request.stream_id) as stream:
        prepared = prepare(query.text, query.bind_vars, transaction=stream.transaction)
        for name in sorted(prepared.read | prepared.written):
            stream.check(name, write=name in prepared.written)
        yield stream.transaction


def run_options(
    query: QueryText, request: Request, watch: Callable[[Execution], None]
) -> QueryOptions:
    """Return how a query is to run.

    Args:
        query: What is asked.
        request: Who asks.
        watch: Told of the run before it starts.

    Raises:
        ArangoError: 1584 if its plan is to be cached and cannot be.
    """
    given = query.options
    if given.get("usePlanCache") is True:
        check_plan_cacheable(query.text, given)
    warnings = given.get("maxWarningCount")
    return QueryOptions(
        max_runtime=query.max_runtime,
        memory_limit=query.memory_limit or default_limit(),
        full_count=given.get("fullCount") is True,
        fail_on_warning=given.get("failOnWarning") is True,
        max_warnings=warnings if isinstance(warnings, int) else _WARNINGS_KEPT,
        rules=query.rules,
        database=request.database_name,
        user=request.user,
        profile=given.get("profile") == WITH_PLAN,
        watch=watch,
    )
