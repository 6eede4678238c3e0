"""Rule `sort-limit`: a SORT that a LIMIT follows keeps no more rows than that."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import LimitNode, SortNode

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def sort_limit(nodes: Nodes, _: Optimization) -> Nodes:
    """Tell each SortNode of the LimitNode after it, unless that one counts all rows."""
    found = list(nodes)
    for position, (node, following) in enumerate(pairwise(nodes)):
        match node, following:
            case SortNode(), LimitNode(offset=offset, count=count, full_count=False):
                found[position] = replace(node, limit=count, limit_offset=offset)
    return tuple(found)
