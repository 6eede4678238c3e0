"""Rule `optimize-projections`: loops give out attributes where nothing reads whole documents."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import VariableReference
from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    EnumerateCollectionNode,
    IndexNode,
    LimitNode,
    Projection,
    ReturnNode,
    SortNode,
    used,
)
from hades_mcp.embedded.aql.rules.conditions import attribute_names

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import Variable
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

_MOST = 5  # as in ArangoDB, unless the option maxProjections says otherwise


def optimize_projections(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Let the last loop set the variables that only read its document's attributes."""
    for position in range(len(nodes) - 1, -1, -1):
        node = nodes[position]
        if isinstance(node, EnumerateCollectionNode | IndexNode):
            changed = _projected(node, nodes[position + 1 :], optimization)
            return nodes if changed is None else (*nodes[:position], *changed)
        if not isinstance(node, CalculationNode | LimitNode | ReturnNode | SortNode):
            return nodes  # a filter in between would drop rows whose attributes were read in vain
    return nodes


def _projected(
    node: EnumerateCollectionNode | IndexNode, after: Nodes, optimization: Optimization
) -> Nodes | None:
    document = node.variable
    projections: list[Projection] = []
    rest: list[Node] = []
    for each in after:
        new = each
        names = _attribute_read(each, document)
        if names is not None and isinstance(each, CalculationNode):
            projections.append(Projection(names, each.variable, at=each.at))
            continue
        if names is not None and isinstance(each, ReturnNode):
            variable = optimization.variable()
            projections.append(Projection(names, variable, at=each.at))
            new = replace(each, value=VariableReference(variable, at=each.at))
        if document in used(new):
            return None
        rest.append(new)
    most = node.options.get("maxProjections", _MOST)
    if not projections or node.projections or len(projections) > most:
        return None
    return (replace(node, projections=tuple(projections)), *rest)


def _attribute_read(node: Node, document: Variable) -> tuple[str, ...] | None:
    if isinstance(node, CalculationNode | ReturnNode):
        return attribute_names(node.value, document)
    return None
