"""Rule `replace-any-eq-with-in`: `d.a ANY == x` becomes `x IN d.a`, which an index serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import (
    ArrayComparison,
    ArrayLiteral,
    Attribute,
    Binary,
    Expansion,
    Logical,
    Node,
    Parameter,
    rebuild,
)
from hades_mcp.embedded.aql.rules.conditions import with_conditions

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

_ARRAYS = ArrayLiteral | Attribute | Expansion | Parameter


def replace_any_eq_with_in(nodes: Nodes, _: Optimization) -> Nodes:
    """Rewrite comparisons with any element of an array in the conditions of filters."""
    return with_conditions(nodes, _rewritten)


def _rewritten(node: Node) -> Node:
    match node:
        case Logical():
            return rebuild(node, _rewritten)
        case ArrayComparison(quantifier="ANY", operator="==", left=array, right=value) if (
            isinstance(array, _ARRAYS)
        ):
            return Binary("IN", value, array, at=node.at)
        case _:
            return node
