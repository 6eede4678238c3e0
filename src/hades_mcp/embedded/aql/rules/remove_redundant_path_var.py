"""Rule `remove-redundant-path-var`: traversals give out only what is read of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import TraversalNode, Variable, used

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def remove_redundant_path_var(nodes: Nodes, _: Optimization) -> Nodes:
    """Drop the outputs of traversals that neither PRUNE nor anything after them reads."""
    found: list[Node] = []
    needed: set[Variable] = set()
    for node in reversed(nodes):
        found.append(_lean(node, needed) if isinstance(node, TraversalNode) else node)
        needed |= used(node)
    return tuple(reversed(found))


def _lean(node: TraversalNode, needed: set[Variable]) -> TraversalNode:
    read = needed | used(node.prune) if node.prune is not None else needed
    if node.vertex in read and node.edge in (read | {None}) and node.path in (read | {None}):
        return node
    return replace(
        node,
        fetch_vertex=node.vertex in read,
        edge=node.edge if node.edge in read else None,
        path=node.path if node.path in read else None,
    )
