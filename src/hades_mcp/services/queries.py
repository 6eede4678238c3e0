"""Guarded AQL: reads proved from the plan, writes apart, both bounded; errors that teach."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

from arango.exceptions import ArangoServerError

from hades_mcp.errors import LimitReached, QueryError
from hades_mcp.services.advice import advise, advise_empty
from hades_mcp.services.projection import without_vectors
from hades_mcp.services.refusals import LOCKED, UNUSABLE, message, refusal, translated

if TYPE_CHECKING:
    from arango.cursor import Cursor
    from arango.database import StandardDatabase

MODIFICATION_NODES = frozenset(
    {
        "InsertNode",
        "UpdateNode",
        "ReplaceNode",
        "RemoveNode",
        "UpsertNode",
        "MultipleRemoteModificationNode",
    }
)
"""ArangoDB's names in a plan for what changes data."""

REMOTE_NODE = "SingleRemoteOperationNode"
"""What a cluster makes of a statement on one document; its `mode` says which, a read or not."""

MEMORY = 256 * 2**20
"""Bytes one query may hold, unless told otherwise."""

_KILLED = 1500
_OUT_OF_MEMORY = 32


@dataclass(frozen=True, slots=True)
class QueryResult:
    """What a query answered.

    Args:
        rows: The rows, without vectors.
        truncated: There were more rows than the limit.
        warnings: ArangoDB's warnings, as sentences.
        hint: What to look at when the answer is empty though the query is valid.
        written: Documents written.
    """

    rows: list[Any]
    truncated: bool = False
    warnings: list[str] = field(default_factory=list)
    hint: str = ""
    written: int = 0


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """How a query would run.

    Args:
        nodes: Types of the execution nodes, in order.
        collections: Collection → how it is used: read, write or exclusive.
        rules: Optimizer rules that were applied.
        estimated_cost: In ArangoDB's units.
        modifies: Whether running it would change data.
    """

    nodes: list[str]
    collections: dict[str, str]
    rules: list[str]
    estimated_cost: float
    modifies: bool


class QueryService:
    """Runs the AQL that others write.

    Args:
        db: The database.
        max_rows: Most rows one query may return.
        max_runtime: Most seconds one query may take.
        max_memory: Most bytes one query may hold.
    """

    def __init__(
        self,
        db: StandardDatabase,
        *,
        max_rows: int,
        max_runtime: float,
        max_memory: int = MEMORY,
    ) -> None:
        self._db = db
        self._max_memory = max_memory
        self._max_rows = max_rows
        self._max_runtime = max_runtime

    @translated
    def read(self, query: str, bind_vars: dict[str, Any] | None = None) -> QueryResult:
        """Run a query that provably changes nothing.

        Args:
            query: AQL.
            bind_vars: Values of `@name` parameters; collections go by `"@name"` for `@@name`.

        Raises:
            QueryError: It does not parse or run, or it would change data.
            LimitReached: It took too long or too much memory.
        """
        if self.explain(query, bind_vars).modifies:
            raise QueryError(
                "This query changes data, and reads may not.",
                hint="If a change is meant: the tool aql_write, or `hades aql --write`.",
            )
        return self._run(query, bind_vars or {})

    @translated
    def write(self, query: str, bind_vars: dict[str, Any] | None = None) -> QueryResult:
        """Run any query, whole or not at all.

        Args:
            query: AQL; add `RETURN NEW` or `RETURN OLD` to see what changed.
            bind_vars: Values of `@name` parameters; collections go by `"@name"` for `@@name`.

        Raises:
            QueryError: It does not parse or run.
            LimitReached: It took too long or too much memory; nothing was changed.
        """
        return self._run(query, bind_vars or {})

    @translated
    def explain(self, query: str, bind_vars: dict[str, Any] | None = None) -> QueryPlan:
        """Return the plan of a query without running it.

        Raises:
            QueryError: It does not parse, or names what is not there.
        """
        try:
            plan = cast("dict[str, Any]", self._db.aql.explain(query, bind_vars=bind_vars or {}))
        except ArangoServerError as error:
            raise self._explained(error, query, bind_vars or {}) from error
        nodes = plan["nodes"]
        return QueryPlan(
            nodes=[node["type"] for node in nodes],
            collections={c["name"]: c["type"] for c in plan.get("collections", [])},
            rules=plan.get("rules", []),
            estimated_cost=plan.get("estimatedCost", 0.0),
            modifies=bool(plan.get("isModificationQuery")) or any(map(_modifies, nodes)),
        )

    def _run(self, query: str, bind: dict[str, Any]) -> QueryResult:
        try:
            limits: dict[str, Any] = {
                "batch_size": self._max_rows + 1,
                "max_runtime": self._max_runtime,
                "memory_limit": self._max_memory,
            }
            cursor = cast("Cursor", self._db.aql.execute(query, bind_vars=bind, **limits))
            found = list(islice(cursor, self._max_rows + 1))
            cursor.close(ignore_missing=True)
        except ArangoServerError as error:
            raise self._explained(error, query, bind) from error
        statistics = cursor.statistics() or {}
        rows = found[: self._max_rows]
        empty = all(row is None or row in ([], {}) for row in rows)
        return QueryResult(
            rows=[without_vectors(row) for row in rows],
            truncated=len(found) > self._max_rows,
            warnings=[str(w.get("message", w)) for w in cursor.warnings() or []],
            hint=advise_empty(self._db, query, bind) if empty else "",
            written=int(statistics.get("modified", 0)),
        )

    def _explained(self, error: ArangoServerError, query: str, bind: dict[str, Any]) -> Exception:
        if error.error_code == _KILLED:
            return LimitReached(
                f"The query ran longer than {self._max_runtime:g} s and was stopped.",
                hint="FILTER earlier, lower the traversal depth, or add a LIMIT.",
            )
        if error.error_code == _OUT_OF_MEMORY:
            return LimitReached(
                f"The query needs too much memory: {message(error)}.", hint="Add a LIMIT."
            )
        number = int(error.error_code or 0)
        if number in LOCKED | UNUSABLE:
            return refusal(error)
        hint = advise(self._db, number, message(error), query, bind)
        return QueryError(f"{message(error)}.", number=number, hint=hint)


def _modifies(node: dict[str, Any]) -> bool:
    if node["type"] == REMOTE_NODE:
        return bool(node.get("mode") != "IndexNode")
    if node["type"] == "SubqueryNode":  # older plans nest what newer ones flatten
        return any(map(_modifies, node.get("subquery", {}).get("nodes", [])))
    return node["type"] in MODIFICATION_NODES
