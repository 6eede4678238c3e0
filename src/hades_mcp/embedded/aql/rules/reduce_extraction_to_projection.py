"""Rule `reduce-extraction-to-projection`: documents that nothing reads are counted, not fetched."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import IndexNode, Variable, used

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def reduce_extraction_to_projection(nodes: Nodes, _: Optimization) -> Nodes:
    """Let an IndexNode produce no document where nothing after it reads one."""
    found: list[Node] = []
    needed: set[Variable] = set()
    for node in reversed(nodes):
        new = node
        if isinstance(node, IndexNode) and node.variable not in needed:
            new = replace(node, produces=False)
        found.append(new)
        needed |= used(node)
    return tuple(reversed(found))
