"""Rule `remove-collect-variables`: COLLECT keeps and computes only what is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import CollectNode, Variable, used
from hades_mcp.embedded.aql.rules.effects import is_steady

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def remove_collect_variables(nodes: Nodes, _: Optimization) -> Nodes:
    """Drop the members of groups and the aggregates that nothing after a COLLECT reads."""
    found: list[Node] = []
    needed: set[Variable] = set()
    for node in reversed(nodes):
        new = _lean(node, needed) if isinstance(node, CollectNode) else node
        found.append(new)
        needed |= used(new)
    return tuple(reversed(found))


def _lean(node: CollectNode, needed: set[Variable]) -> CollectNode:
    if node.method == "count":  # it does nothing else
        return node
    aggregates = tuple(
        call
        for call in node.aggregates
        if call.variable in needed or (call.argument is not None and not is_steady(call.argument))
    )
    if aggregates != node.aggregates:
        node = replace(node, aggregates=aggregates)
    unread = node.into is not None and node.into not in needed
    if unread and (node.into_value is None or is_steady(node.into_value)):
        node = replace(node, into=None, into_value=None, kept=())
    return node
