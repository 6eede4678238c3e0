"""Running a query: in a transaction of its own, or inside one the caller holds."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from hades_mcp.embedded.aql.clauses import Modification, Query
from hades_mcp.embedded.aql.context import KILLED
from hades_mcp.embedded.aql.depth import SHALLOW, room_for
from hades_mcp.embedded.aql.executor import Execution
from hades_mcp.embedded.aql.executor.profile import Profile
from hades_mcp.embedded.aql.memory import default_limit
from hades_mcp.embedded.aql.nodes import walk
from hades_mcp.embedded.aql.parser import LONG, parse
from hades_mcp.embedded.aql.parser.cursor import TOO_MUCH_NESTING
from hades_mcp.embedded.aql.prepared import PreparedQuery, known, prepare
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.database import Database
from hades_mcp.embedded.values.stopping import check, stopping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from hades_mcp.embedded.aql.context import QueryWarning
    from hades_mcp.embedded.storage.transaction import Transaction

BIND_PARAMETERS_INVALID = 1550

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class QueryOptions:
    """How a query is to run.

    Attributes:
        max_runtime: Seconds until it is stopped; None for no limit.
        memory_limit: Bytes the values it holds may take, roughly; 0 for no limit. By default a
            quarter of this machine's memory.
        full_count: Count the rows the last LIMIT cuts off (`stats.fullCount`).
        fail_on_warning: Raise the first warning as an error.
        max_warnings: How many warnings are kept.
        rules: Optimizer rules to switch, such as `-all` or `+use-indexes`.
        seed: Makes RAND() repeatable, for tests.
        database: The name CURRENT_DATABASE() gives where the query runs in a transaction.
        user: The name CURRENT_USER() gives.
        profile: Count and time what each node of the plan gives.
        watch: Told of the run before it is planned; setting its `killed` event stops it.
    """

    max_runtime: float | None = None
    memory_limit: int = field(default_factory=default_limit)
    full_count: bool = False
    fail_on_warning: bool = False
    max_warnings: int = 10
    rules: tuple[str, ...] = ()
    seed: int | None = None
    database: str = "_system"
    user: str | None = None
    profile: bool = False
    watch: Callable[[Execution], None] | None = None


_USUAL = QueryOptions()


@dataclass(frozen=True, slots=True)
class Result:
    """What a query gave.

    Attributes:
        rows: Its results.
        warnings: What it warned of.
        stats: What it cost, in the names of ArangoDB's HTTP API.
        prepared: How it was run.
        phases: Seconds each phase took, in ArangoDB's words.
        profile: What each node of the plan gave, if asked for.
    """

    rows: list[Any]
    warnings: list[QueryWarning] = field(default_factory=list)
    stats: dict[str, Any] = field(default_factory=dict)
    prepared: PreparedQuery | None = None
    phases: dict[str, float] = field(default_factory=dict)
    profile: Profile | None = None


def modifies(query: str | Query | PreparedQuery) -> bool:
    """Tell whether a query writes, subqueries included; does not look at any collection.

    Raises:
        ArangoError: 1501 if it cannot be parsed.
    """
    match query:
        case PreparedQuery():
            return query.modifies
        case Query():
            return _modifies(query.text)
        case _:
            return _modifies(query)


@lru_cache(maxsize=512)
def _modifies(text: str) -> bool:
    return any(isinstance(node, Modification) for node in walk(parse(text)))


def execute(
    target: Database | Transaction | None,
    text: str,
    bind_vars: Mapping[str, Any] | None = None,
    *,
    options: QueryOptions | None = None,
) -> Result:
    """Run a query to its end.

    Args:
        target: A database: the query gets a transaction of its own, which writes if the query
            does. A transaction: the query leaves no trace in it if it fails. None: no collections.
        text: The query.
        bind_vars: Values of its parameters.
        options: Limits and switches.

    Raises:
        ArangoError: With ArangoDB's number for whatever goes wrong.
    """
    settings = options or _USUAL
    execution = started(bind_vars, settings)
    if isinstance(target, Database):
        with target.transaction(write=writes(text, execution)) as transaction:
            return _execute(transaction, text, execution, settings, target.name)
    guard: AbstractContextManager[None] = nullcontext()
    if target is not None and writes(text, execution):
        guard = target.savepoint()
    with guard:
        return _execute(target, text, execution, settings, settings.database)


def started(bind_vars: Mapping[str, Any] | None, options: QueryOptions) -> Execution:
    """Start the clock of a query that is to be planned and run."""
    return Execution(
        None,
        _checked(bind_vars),
        user=options.user,
        max_runtime=options.max_runtime,
        max_warnings=options.max_warnings,
        fail_on_warning=options.fail_on_warning,
        seed=options.seed,
        memory_limit=options.memory_limit,
        profile=Profile() if options.profile else None,
    )


def writes(text: str, execution: Execution) -> bool:
    """Do as `modifies`, for what is being run: reading a long text can be stopped.

    Raises:
        ArangoError: 1501 if it cannot be parsed, 1500 if it is stopped.
    """
    if len(text) <= LONG:
        return modifies(text)
    outer = check()

    def either() -> None:
        outer()
        execution.check()

    with _planning(either):
        return modifies(text)


class _planning(stopping):  # noqa: N801  as stopping is
    """Have planning inside stopped by what a function raises."""

    __slots__ = ()

    def __exit__(self, *raised: object) -> None:
        super().__exit__(*raised)
        error = raised[1]
        if isinstance(error, ArangoError) and error.number == KILLED:
            message = f"AQL: {error.message} (while optimizing plan)"
            raise ArangoError(KILLED, message, status=error.status) from error


def _execute(
    transaction: Transaction | None,
    text: str,
    execution: Execution,
    options: QueryOptions,
    database: str,
) -> Result:
    run = begin(transaction, text, execution, options, database)
    return run.result(ask(run, lambda: execution.gather(run.rows)))


@dataclass(slots=True)
class Run:
    """A query that has been planned and is about to run.

    Attributes:
        execution: What it carries while it runs.
        rows: Its results, made when they are asked for.
        phases: Seconds each phase took so far, in ArangoDB's words.
        begun: When running begins, by the performance counter.
    """

    prepared: PreparedQuery
    execution: Execution
    rows: Iterator[Any]
    phases: dict[str, float]
    begun: float

    def result(self, rows: list[Any]) -> Result:
        """Return what it gave, now that it is over."""
        execution = self.execution
        execution.finish()
        self.phases["executing"] = time.perf_counter() - self.begun
        stats = execution.stats.as_dict()
        return Result(
            rows, execution.warnings, stats, self.prepared, self.phases, execution.profile
        )


def begin(
    transaction: Transaction | None,
    text: str,
    execution: Execution,
    options: QueryOptions,
    database: str,
) -> Run:
    """Plan a query that was started; its rows are to be asked for by `ask` only.

    Raises:
        ArangoError: For a query that cannot run, and 1500 for one that is stopped.
    """
    begun = time.perf_counter()
    execution.transaction, execution.database = transaction, database
    if options.watch is not None:
        options.watch(execution)
    checked = time.perf_counter()
    values, rules, full_count = execution.bind_vars, options.rules, options.full_count
    prepared = known(text, values, transaction, rules=rules, full_count=full_count)
    if prepared is None:
        with _planning(execution.check):
            prepared = prepare(
                text, values, transaction=transaction, rules=rules, full_count=full_count
            )
    execution.written = prepared.written
    planned = time.perf_counter()
    phases = {
        "initializing": checked - begun,
        "parsing": planned - checked,  # planning and optimizing with it
    }
    return Run(prepared, execution, _rows(prepared, execution), phases, planned)


def _checked(bind_vars: Mapping[str, Any] | None) -> dict[str, Any]:
    values = dict(bind_vars or {})
    for name in values:
        if not (isinstance(name, str) and name):
            raise ArangoError(BIND_PARAMETERS_INVALID, "invalid structure of bind parameters")
    return values


def _rows(prepared: PreparedQuery, execution: Execution) -> Iterator[Any]:
    if not prepared.warnings:
        return prepared.compiled.run(execution)
    return _warned(prepared, execution)


def _warned(prepared: PreparedQuery, execution: Execution) -> Iterator[Any]:
    for warning in prepared.warnings:
        execution.warn(warning.number, warning.message)
    yield from prepared.compiled.run(execution)


def ask(run: Run, take: Callable[[], T]) -> T:
    """Ask for rows of a query: what goes wrong is worded as ArangoDB does.

    Args:
        run: The query.
        take: Takes as many of its rows as are wanted.

    Raises:
        ArangoError: Whatever stops the query.
    """
    transaction, stop = run.execution.transaction, run.execution.check
    try:
        with stopping(stop) if transaction is None else transaction.session.watched(stop):
            if run.prepared.depth <= SHALLOW:
                return take()
            with room_for(run.prepared.depth):
                return take()
    except RecursionError:
        raise ArangoError(
            TOO_MUCH_NESTING, "AQL: too much nesting or too many objects (while executing)"
        ) from None
    except ArangoError as error:
        if error.message.startswith("AQL: "):
            raise
        message = f"AQL: {error.message} (while executing)"
        raise ArangoError(error.number, message, status=error.status) from error
