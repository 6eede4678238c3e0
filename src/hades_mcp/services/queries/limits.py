"""What queries of others may touch and how much they may take."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

from hades_mcp.errors import LimitReached, QueryError, did_you_mean
from hades_mcp.services.layout import PRIVATE
from hades_mcp.services.queries.plans import cheaper

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hades_mcp.services.queries.plans import QueryPlan

HIDDEN = (*sorted(PRIVATE), "_*")
"""What agents have no business with: HADES's bookkeeping and the store's own collections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLimits:
    """Bounds of one query.

    Args:
        max_rows: Rows it may return.
        max_bytes: Bytes of JSON its rows may have together.
        max_runtime: Seconds it may take.
        max_memory: Bytes it may hold.
        max_cost: What its plan may cost, in ArangoDB's units.
        max_changes: Documents it may write.
        allowed: Patterns of the collections it may use.
        denied: Patterns of those it may not, though allowed.
    """

    max_rows: int = 1000
    max_bytes: int = 4 * 2**20
    max_runtime: float = 30.0
    max_memory: int = 256 * 2**20
    max_cost: float = 1e9
    max_changes: int = 1000
    allowed: tuple[str, ...] = ("*",)
    denied: tuple[str, ...] = HIDDEN

    def permits(self, collection: str) -> bool:
        """Tell whether queries may use a collection."""
        return _fits(collection, self.allowed) and not _fits(collection, self.denied)

    def check(self, plan: QueryPlan, known: Iterable[str]) -> None:
        """Refuse a plan that uses what it may not, or costs too much.

        Args:
            plan: The query's plan.
            known: All collections that may be used, to name the nearest.

        Raises:
            QueryError: A collection is not allowed, or a function in JavaScript is called.
            LimitReached: It costs too much; the hint says what would lower it.
        """
        for name in sorted(plan.collections):
            if not self.permits(name):
                raise forbidden(name, known)
        if plan.user_functions:
            raise QueryError(
                "The query calls a function in JavaScript, which may do anything.",
                hint="Use AQL's own functions.",
            )
        if plan.estimated_cost > self.max_cost:
            raise LimitReached(
                f"The query would cost about {plan.estimated_cost:,.0f}, "
                f"at most {self.max_cost:,.0f} is allowed.",
                hint=cheaper(plan),
            )


def forbidden(collection: str, known: Iterable[str]) -> QueryError:
    """Return the refusal of a collection that queries may not use."""
    return QueryError(
        f"Queries may not use the collection {collection!r}.",
        hint=did_you_mean(collection, sorted(known)),
    )


@lru_cache(maxsize=4096)  # every query asks of every collection
def _fits(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
