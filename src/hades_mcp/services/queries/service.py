"""Guarded AQL: reads proved from the plan, writes recorded, both bounded; errors that teach."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import orjson
from arango.exceptions import ArangoServerError

from hades_mcp.errors import HadesError, LimitReached, QueryError, did_you_mean
from hades_mcp.services.journal import JOURNAL_WRITES, Journal
from hades_mcp.services.layout import CHUNKS, OUTBOX
from hades_mcp.services.projection import Asked, without_vectors
from hades_mcp.services.queries.advice import TRY, Failure, advise, advise_empty
from hades_mcp.services.queries.asking import asked_for
from hades_mcp.services.queries.changes import changes, revisions
from hades_mcp.services.queries.limits import QueryLimits, forbidden
from hades_mcp.services.queries.plans import QueryPlan, plan_of
from hades_mcp.services.queries.reaching import UNKNOWN, reached
from hades_mcp.services.queries.watching import Watch, watched
from hades_mcp.services.refusals import LOCKED, UNUSABLE, message, refusal, translated
from hades_mcp.services.transactions import Overtaken, atomically, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from arango.cursor import Cursor
    from arango.database import Database, StandardDatabase, TransactionDatabase

    from hades_mcp.services.journal import Change, Effect

_BATCH = 200
_KEYS_SHOWN = 20
_NO_GRAPH = 1924


@dataclass(frozen=True, slots=True)
class Changed:
    """What a write did to one collection.

    Args:
        inserted: Documents made.
        updated: Documents changed.
        removed: Documents deleted.
        keys: `_key`s of the first twenty of them.
    """

    inserted: int = 0
    updated: int = 0
    removed: int = 0
    keys: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query answered.

    Args:
        rows: The rows, without vectors but those whose attribute the query names.
        truncated: There were more rows than the limit.
        warnings: ArangoDB's warnings, as sentences.
        hint: What to look at when the answer is empty or cut short though the query is valid.
        written: Documents written.
        changed: Collection → what was changed there.
        undo: Handle by which `hades undo` takes the changes back.
    """

    rows: list[Any]
    truncated: bool = False
    warnings: list[str] = field(default_factory=list)
    hint: str = ""
    written: int = 0
    changed: dict[str, Changed] = field(default_factory=dict)
    undo: str = ""


class QueryService:
    """Runs the AQL that others write.

    Args:
        db: The database, with its layout made.
        limits: What queries may touch and take.
    """

    def __init__(self, db: StandardDatabase, limits: QueryLimits | None = None) -> None:
        self._db = db
        self._limits = limits or QueryLimits()
        self._journal = Journal(db)

    @translated
    def read(self, query: str, bind_vars: dict[str, Any] | None = None) -> QueryResult:
        """Run a query that provably changes nothing, in a transaction that could not.

        Args:
            query: AQL.
            bind_vars: Values of `@name` parameters; collections go by `"@name"` for `@@name`.

        Raises:
            QueryError: It does not parse or run, would change data, or uses a hidden collection.
            LimitReached: It took too long or too much memory, or would cost too much.
        """
        bind = bind_vars or {}
        readable = self._readable()
        plan = self._plan(query, bind)
        if plan.modifies:
            raise _changes_data()
        self._limits.check(plan, readable)
        return self._read(query, bind, readable)

    @translated
    def write(self, query: str, bind_vars: dict[str, Any] | None = None) -> QueryResult:
        """Run any query, whole or not at all; what it changed is recorded so that it can be undone.

        Args:
            query: AQL; add `RETURN NEW` or `RETURN OLD` to see what changed.
            bind_vars: Values of `@name` parameters; collections go by `"@name"` for `@@name`.

        Raises:
            QueryError: It does not parse or run, or uses a hidden collection.
            LimitReached: It took too long, too much memory, or changed too many documents: then
                nothing was changed.
        """
        bind = bind_vars or {}
        readable = self._readable()
        plan = self._plan(query, bind)
        self._limits.check(plan, readable)
        if not plan.modifies:
            return self._read(query, bind, readable)
        for name in sorted(reached(query, bind)):
            if not self._limits.permits(name) or name == UNKNOWN:
                raise forbidden(name, readable)

        writes = {*plan.written, *JOURNAL_WRITES}
        if CHUNKS not in plan.written:
            writes.remove(OUTBOX)  # nothing to note there; what is not declared can't be read
        telling = watched(query) if len(plan.written) == 1 else None

        def work(tx: TransactionDatabase) -> QueryResult:
            if telling is not None:
                watch = Watch(telling)
                result = self._run(tx, query, bind, watch)
                made = watch.changes()
            else:
                before = revisions(tx, plan.written)
                result = self._run(tx, query, bind)
                made = changes(self._db, before, revisions(tx, plan.written))
            handle = self._journal.record(tx, "aql_write", made, note=query)
            return _with_changes(result, made, handle)

        while True:
            try:
                return atomically(self._db, sorted(writes), work, read=readable)
            except Overtaken:
                continue

    @translated
    def explain(self, query: str, bind_vars: dict[str, Any] | None = None) -> QueryPlan:
        """Return the plan of a query without running it.

        Raises:
            QueryError: It does not parse, or names what is not there or not to be used.
        """
        plan = self._plan(query, bind_vars or {})
        for name in plan.collections:
            if not self._limits.permits(name):
                raise forbidden(name, self._readable())
        return plan

    def _plan(self, query: str, bind: dict[str, Any]) -> QueryPlan:
        try:
            return plan_of(cast("dict[str, Any]", self._db.aql.explain(query, bind_vars=bind)))
        except ArangoServerError as error:
            raise self._explained(error, query, bind) from error

    def _readable(self) -> list[str]:
        found = cast("list[dict[str, Any]]", self._db.collections())
        return sorted(c["name"] for c in found if self._limits.permits(c["name"]))

    def _read(self, query: str, bind: dict[str, Any], readable: list[str]) -> QueryResult:
        with snapshot(self._db, readable) as tx:
            return self._run(tx, query, bind)

    def _run(
        self, tx: Database, query: str, bind: dict[str, Any], watch: Watch | None = None
    ) -> QueryResult:
        limits = self._limits
        bounds: dict[str, Any] = {
            "batch_size": min(_BATCH, limits.max_rows + 1),
            "max_runtime": limits.max_runtime,
            "memory_limit": limits.max_memory,
        }
        try:
            cursor = cast(
                "Cursor",
                tx.aql.execute(watch.query.text if watch else query, bind_vars=bind, **bounds),
            )
            written = int((cursor.statistics() or {}).get("modified", 0))
            if written > limits.max_changes:
                raise _too_many(written, limits.max_changes)
            answer = iter(cursor) if watch is None else watch.rows(cursor)
            rows, truncated = _fetch(answer, limits, asked_for(query, bind))
            if watch is not None:
                deque(answer, maxlen=0)  # what changed is told to the last row
            cursor.close(ignore_missing=True)
        except ArangoServerError as error:
            raise self._explained(error, query, bind) from error
        hint = ""
        if truncated:
            hint = f"Only the first {len(rows):,} rows were kept: narrow it with FILTER or LIMIT."
        elif not written and all(row is None or row in ([], {}) for row in rows):
            hint = advise_empty(self._db, query, bind, self._readable())
        return QueryResult(
            rows=rows,
            truncated=truncated,
            warnings=[str(w.get("message", w)) for w in cursor.warnings() or []],
            hint=hint,
            written=written,
        )

    def _explained(
        self, error: ArangoServerError, query: str, bind: dict[str, Any]
    ) -> HadesError | ArangoServerError:
        number = int(error.error_code or 0)
        match number:
            case busy if busy in LOCKED:
                return error  # whoever runs the transaction tries again
            case broken if broken in UNUSABLE:
                return refusal(error)
            case 1500:
                return LimitReached(
                    f"The query ran longer than {self._limits.max_runtime:g} s and was stopped.",
                    hint="FILTER earlier, lower the traversal depth, or add a LIMIT.",
                )
            case 32:
                return LimitReached(
                    f"The query needs too much memory: {message(error)}.", hint="Add a LIMIT."
                )
            case 1652 if "[write]" in message(error):
                return _changes_data()
            case 1652:
                name = message(error).partition("transaction: ")[2].partition(" ")[0]
                return forbidden(name, self._readable())
        if number == _NO_GRAPH:
            graphs = [graph["name"] for graph in cast("list[Any]", self._db.graphs())]
            return QueryError(f"{message(error)}.", number=number, hint=_graph_hint(error, graphs))
        told = advise(Failure(message(error), query, bind, self._readable()), number)
        if told.example and not self._plans(**told.example):
            told.example = {}  # what is shown as right must be
            told.hint = told.hint.removesuffix(TRY)
        return told

    def _plans(self, query: str, bind_vars: dict[str, Any] | None = None) -> bool:
        try:
            self._db.aql.explain(query, bind_vars=bind_vars)
        except ArangoServerError:
            return False
        return True


def _fetch(answer: Iterator[Any], limits: QueryLimits, asked: Asked) -> tuple[list[Any], bool]:
    """Return the rows within the limits, with no vector unasked, and whether there were more."""
    rows: list[Any] = []
    left = limits.max_bytes
    for found in answer:
        row = without_vectors(found, asked)
        left -= _size(row)
        if len(rows) == limits.max_rows or (left < 0 and rows):
            return rows, True
        if left < 0:
            raise LimitReached(
                f"One row alone has more than {limits.max_bytes:,} bytes.",
                hint="Return only the attributes you need.",
            )
        rows.append(row)
    return rows, False


def _size(row: Any) -> int:
    try:
        return len(orjson.dumps(row))
    except orjson.JSONEncodeError as error:  # it goes 254 levels deep
        raise LimitReached(
            "A row is nested too deep to be shown.", hint="Return only the attributes you need."
        ) from error


def _with_changes(result: QueryResult, made: list[Change], handle: str) -> QueryResult:
    by_collection: dict[str, list[Change]] = {}
    for change in made:
        by_collection.setdefault(change.id.partition("/")[0], []).append(change)
    changed = {name: _changed(those) for name, those in by_collection.items()}
    return QueryResult(
        rows=result.rows,
        truncated=result.truncated,
        warnings=result.warnings,
        hint=result.hint,
        written=result.written,
        changed=changed,
        undo=handle,
    )


def _changed(made: list[Change]) -> Changed:
    counts: Counter[Effect] = Counter(change.effect for change in made)
    keys = [change.id.partition("/")[2] for change in made[:_KEYS_SHOWN]]
    return Changed(counts["inserted"], counts["updated"], counts["removed"], keys)


def _graph_hint(error: ArangoServerError, graphs: list[str]) -> str:
    return did_you_mean(message(error).partition("'")[2].partition("'")[0], graphs)


def _changes_data() -> QueryError:
    return QueryError(
        "This query changes data, and reads may not.",
        hint="If a change is meant: the tool aql_write, or `hades aql --write`.",
    )


def _too_many(written: int, most: int) -> LimitReached:
    return LimitReached(
        f"The query would write {written:,} documents, at most {most:,} are allowed; "
        "nothing was changed.",
        hint="FILTER for fewer, or write them in parts with LIMIT.",
    )
