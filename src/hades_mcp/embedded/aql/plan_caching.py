"""Which queries ArangoDB's plan cache takes; the option `usePlanCache` is refused for others.

Source: ArangoDB manual, "The execution plan cache for AQL queries", cache eligibility.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.clauses import EdgeSource, Limit, PathSearch, Traversal, Upsert
from hades_mcp.embedded.aql.nodes import Index, Node, Parameter, walk
from hades_mcp.embedded.aql.parser import parse
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_ELIGIBLE = 1584


def check_plan_cacheable(text: str, options: Mapping[str, Any]) -> None:
    """Refuse a query whose plan depends on more than its text and the collections it names.

    Args:
        text: The query.
        options: The options it is sent with.

    Raises:
        ArangoError: 1584; 1501 if it cannot be parsed.
    """
    optimizer = options.get("optimizer")
    switched = isinstance(optimizer, dict) and bool(optimizer.get("rules"))
    if options.get("allPlans") or switched or any(map(_shapes, walk(parse(text)))):
        raise ArangoError(NOT_ELIGIBLE, "query is not eligible for plan caching")


def _shapes(node: Node) -> bool:
    """Tell whether a part of a query makes its plan depend on values."""
    match node:
        case Upsert():
            return True
        case Index(bound=bound):
            return bound
        case EdgeSource(collection=collection):
            return isinstance(collection, Parameter)
        case Limit(offset=offset, count=count):
            return _has_parameter(offset) or _has_parameter(count)
        case Traversal(steps=steps, graph=graph) | PathSearch(steps=steps, graph=graph):
            return _has_parameter(steps) or _has_parameter(graph)
        case _:
            return False


def _has_parameter(node: Node | None) -> bool:
    return node is not None and any(isinstance(part, Parameter) for part in walk(node))
