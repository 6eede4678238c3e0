"""Rule `remove-filter-covered-by-traversal`: what the walk checked is not checked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import TraversalNode
from hades_mcp.embedded.aql.rules.remove_filter_covered_by_index import without_covered

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def remove_filter_covered_by_traversal(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Take the conditions a TraversalNode guarantees out of the filters after it."""
    loops = [node.vertex for node in nodes if isinstance(node, TraversalNode)]
    return without_covered(nodes, loops, optimization)
