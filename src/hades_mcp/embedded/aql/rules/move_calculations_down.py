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

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

_FEWER = FilterNode | LimitNode


def move_calculations_down(nodes: Nodes, _: Optimization) -> Nodes:
    """Move values and subqueries below the filters and limits that do not read them."""
    found = list(nodes)
    for position in range(len(found) - 1, -1, -1):
        node = found[position]
        if isinstance(node, CalculationNode | SubqueryNode) and is_without_effect(node.value):
            last = _last_fewer(found, position)
            if last is not None:
                found.insert(last + 1, node)
                del found[position]
    return tuple(found)


def _last_fewer(nodes: list[Node], position: int) -> int | None:
    """Return where the last filter or limit stands that the value at a position may pass."""
    node = nodes[position]
    assert isinstance(node, CalculationNode | SubqueryNode)  # noqa: S101  found as one
    last = None
    for at in range(position + 1, len(nodes)):
        other = nodes[at]
        if not isinstance(other, _FEWER | CalculationNode | SortNode | SubqueryNode):
            break
        if node.variable in used(other) or modifies(other):
            break
        if isinstance(other, _FEWER):
            last = at
    return last
