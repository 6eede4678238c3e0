"""Rule `remove-filter-covered-by-index`: what an index checked is not checked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import Logical
from hades_mcp.embedded.aql.plan import FilterNode, IndexNode
from hades_mcp.embedded.aql.rules.conditions import conjuncts

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import Variable
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def remove_filter_covered_by_index(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Take the conditions an IndexNode guarantees out of the filters after it."""
    loops = [node.variable for node in nodes if isinstance(node, IndexNode)]
    return without_covered(nodes, loops, optimization)


def without_covered(nodes: Nodes, loops: list[Variable], optimization: Optimization) -> Nodes:
    """Return the nodes without the conditions that the loops over these variables guarantee."""
    covered = [each for variable in loops for each in optimization.covered.get(variable, ())]
    if not covered:
        return nodes
    found: list[Node] = []
    for node in nodes:
        if not isinstance(node, FilterNode):
            found.append(node)
            continue
        parts = list(conjuncts(node.condition))
        left = tuple(part for part in parts if not any(part is each for each in covered))
        if len(left) == len(parts):
            found.append(node)
        elif left:
            condition = left[0] if len(left) == 1 else Logical("AND", left, at=node.at)
            found.append(FilterNode(condition, at=node.at))
    return tuple(found)
