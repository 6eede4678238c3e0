"""Rule `remove-unnecessary-filters`: filters that are always true go, one always false ends all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import Constant
from hades_mcp.embedded.aql.plan import FilterNode, NoResultsNode
from hades_mcp.embedded.values import truth

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def remove_unnecessary_filters(nodes: Nodes, _: Optimization) -> Nodes:
    """Look at the filters whose condition is a constant."""
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, FilterNode) and isinstance(node.condition, Constant):
            if not truth(node.condition.value):
                found.append(NoResultsNode(at=node.at))
        else:
            found.append(node)
    return tuple(found)
