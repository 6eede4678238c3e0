"""Rule `remove-unnecessary-calculations`: values that nothing reads are not computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    SubqueryNode,
    Variable,
    used,
)
from hades_mcp.embedded.aql.rules.effects import is_without_effect

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
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
    return is_without_effect(node.value)
