"""Rule `remove-unnecessary-calculations`: values that nothing reads are not computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import Node, SubqueryExpression, walk
from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    SubqueryNode,
    Variable,
    used,
)
from hades_mcp.embedded.aql.rules.conditions import is_steady

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.plan import Subplan
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def remove_unnecessary_calculations(nodes: Nodes, _: Optimization) -> Nodes:
    """Drop LETs whose variable is not read, unless something else may come of them."""
    found: list[Node] = []
    needed: set[Variable] = set()
    for node in reversed(nodes):
        if _is_unread(node, needed):
            continue
        needed |= used(node)
        found.append(node)
    return tuple(reversed(found))


def _is_unread(node: Node, needed: set[Variable]) -> bool:
    if not isinstance(node, CalculationNode | SubqueryNode) or node.variable in needed:
        return False
    return _is_without_effect(node.value)


def _is_without_effect(node: Node) -> bool:
    if not isinstance(node, SubqueryExpression):
        return is_steady(node)
    return node.plan is not None and _only_reads(node.plan)


def _only_reads(plan: Subplan) -> bool:
    if plan.modifies:
        return False
    for node in plan.nodes:
        for part in walk(node):
            if isinstance(part, SubqueryExpression):
                if part.plan is None or not _only_reads(part.plan):
                    return False
            elif part is not node and not is_steady(part):
                return False
    return True
