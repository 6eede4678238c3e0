"""Rule `remove-data-modification-out-variables`: OLD and NEW are kept only where they are read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import ModificationNode, UpsertNode, Variable, used

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def remove_data_modification_out_variables(nodes: Nodes, _: Optimization) -> Nodes:
    """Drop the outputs of modifications that nothing after them reads."""
    found: list[Node] = []
    needed: set[Variable] = set()
    for node in reversed(nodes):
        new = node
        if isinstance(node, ModificationNode):
            old = node.old if node.old in needed or _reads_its_own(node) else None
            new = replace(node, old=old, new=node.new if node.new in needed else None)
        needed |= used(node)
        found.append(new)
    return tuple(reversed(found))


def _reads_its_own(node: ModificationNode) -> bool:
    """Tell whether an UPSERT reads OLD in its own update."""
    return isinstance(node, UpsertNode) and node.old in used(node.patch)
