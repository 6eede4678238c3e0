"""Rule `sort-limit`: a SORT that a LIMIT follows keeps no more rows than that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import LimitNode, SortNode

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def sort_limit(nodes: Nodes, _: Optimization) -> Nodes:
    """Tell each SortNode of the LimitNode after it, unless that one counts all rows."""
    found = list(nodes)
    for position, (node, following) in enumerate(zip(nodes, nodes[1:], strict=False)):
        if isinstance(node, SortNode) and isinstance(following, LimitNode):
            if not following.full_count:
                found[position] = replace(
                    node, limit=following.count, limit_offset=following.offset
                )
    return tuple(found)
