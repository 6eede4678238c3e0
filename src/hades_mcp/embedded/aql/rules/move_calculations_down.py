"""Rule `move-calculations-down`: a value is computed only for the rows that are left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    FilterNode,
    LimitNode,
    SortNode,
    SubqueryNode,
    used,
)
from hades_mcp.embedded.aql.rules.effects import is_without_effect, modifies
from hades_mcp.embedded.aql.rules.stretches import Stretches

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

_FEWER = FilterNode | LimitNode
_PASSED = _FEWER | CalculationNode | SortNode | SubqueryNode


def move_calculations_down(nodes: Nodes, _: Optimization) -> Nodes:
    """Move values and subqueries below the filters and limits that do not read them."""
    found = Stretches()  # last nodes first; each begins with a filter or a limit
    for node in reversed(nodes):
        if isinstance(node, CalculationNode | SubqueryNode) and is_without_effect(node.value):
            found.put(node, found.first([node.variable]), used(node))
            continue
        if isinstance(node, _FEWER):
            found.open()
        found.put(node, found.last, used(node))
        if not isinstance(node, _PASSED) or modifies(node):
            found.close()
    return tuple(reversed(found.nodes()))
