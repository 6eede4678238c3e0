"""Variables replaced by what they stand for, subqueries included."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import (
    Node,
    SubqueryExpression,
    VariableReference,
    rebuild,
)
from hades_mcp.embedded.aql.plan import CollectNode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hades_mcp.embedded.aql.nodes import Expression
    from hades_mcp.embedded.aql.plan import Variable


def substituted(node: Node, values: Mapping[Variable, Expression]) -> Node:
    """Return an expression or a plan node that reads other expressions in place of variables.

    What a COLLECT keeps INTO its groups stays: there the name of a variable is an attribute.
    """
    if not values:
        return node

    def change(child: Node) -> Node:
        match child:
            case VariableReference(variable=variable):
                return values.get(variable, child)
            case SubqueryExpression(plan=plan) if plan is not None:
                nodes = tuple(substituted(inner, values) for inner in plan.nodes)
                unchanged = all(a is b for a, b in zip(nodes, plan.nodes, strict=True))
                return child if unchanged else replace(child, plan=replace(plan, nodes=nodes))
            case _:
                return rebuild(child, change)

    changed = change(node)
    if isinstance(node, CollectNode) and isinstance(changed, CollectNode):
        return changed if changed.kept == node.kept else replace(changed, kept=node.kept)
    return changed
