"""Syntax tree to plan: names resolved, parameters checked, one execution node after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql import clauses
from hades_mcp.embedded.aql.planning.collecting import plan_collect, plan_window
from hades_mcp.embedded.aql.planning.expressions import target_name
from hades_mcp.embedded.aql.planning.graphs import plan_path_search, plan_traversal
from hades_mcp.embedded.aql.planning.modifications import (
    plan_insert,
    plan_remove,
    plan_update,
    plan_upsert,
)
from hades_mcp.embedded.aql.planning.operations import (
    plan_filter,
    plan_for,
    plan_let,
    plan_limit,
    plan_return,
    plan_sort,
)
from hades_mcp.embedded.aql.planning.planner import Catalog, Planner
from hades_mcp.embedded.aql.scope import Parameters, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hades_mcp.embedded.aql.context import QueryWarning
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import Subplan

OUT_OF_RANGE, TOO_MANY_COLLECTIONS = 1504, 1522
MAXIMUM_COLLECTIONS = 2_048  # as ArangoDB has by default

_OPERATIONS: dict[type[Node], Callable[[Planner, Any], None]] = {
    clauses.For: plan_for,
    clauses.Traversal: plan_traversal,
    clauses.PathSearch: plan_path_search,
    clauses.Let: plan_let,
    clauses.Filter: plan_filter,
    clauses.Sort: plan_sort,
    clauses.Limit: plan_limit,
    clauses.Return: plan_return,
    clauses.Collect: plan_collect,
    clauses.Window: plan_window,
    clauses.Insert: plan_insert,
    clauses.Update: plan_update,
    clauses.Remove: plan_remove,
    clauses.Upsert: plan_upsert,
}


@dataclass(frozen=True, slots=True)
class PlannedQuery:
    """A query as planned, before any optimizer rule.

    Attributes:
        plan: Its nodes.
        width: Places a row needs.
        read: Collections it reads by name.
        written: Collections it modifies.
        views: Views it searches.
        structural: Parameters whose values shaped the plan.
        warnings: What planning it warned of.
    """

    plan: Subplan
    width: int
    read: frozenset[str]
    written: frozenset[str]
    views: frozenset[str]
    structural: frozenset[str]
    warnings: tuple[QueryWarning, ...]


def plan_query(
    query: clauses.Query, bind_vars: Mapping[str, Any], catalog: Catalog
) -> PlannedQuery:
    """Plan a parsed query.

    Args:
        query: The query.
        bind_vars: Values of its parameters.
        catalog: The collections there are.

    Raises:
        ArangoError: For whatever in the query means nothing: unknown collections (1203) and
            functions (1540), parameters (1551, 1552), variables named twice (1511), and so on.
    """
    parameters = Parameters(bind_vars)
    planner = Planner(query.text, parameters, catalog, _OPERATIONS)
    for _ in range(query.out_of_range):
        planner.context.warn(OUT_OF_RANGE, "number out of range")
    for collection in query.collections:
        planner.read(target_name(planner, collection))
    plan = planner.body(query.clauses)
    parameters.check_all_used()
    if len({*planner.access.read, *planner.access.written}) > MAXIMUM_COLLECTIONS:
        raise refuse(TOO_MANY_COLLECTIONS, "too many collections/shards")
    return PlannedQuery(
        plan,
        planner.scopes.width,
        frozenset(planner.access.read),
        frozenset(planner.access.written),
        frozenset(planner.views),
        frozenset(parameters.structural),
        tuple(planner.context.warnings),
    )
