"""Rule `replace-or-with-in`: `x == 1 OR x == 2` becomes `x IN [1, 2]`, which an index serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import (
    ArrayLiteral,
    Attribute,
    Binary,
    Constant,
    Expression,
    Logical,
    Node,
    Parameter,
    VariableReference,
    rebuild,
)
from hades_mcp.embedded.aql.rules.conditions import with_conditions

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def replace_or_with_in(nodes: Nodes, _: Optimization) -> Nodes:
    """Rewrite the conditions of filters."""
    return with_conditions(nodes, _rewritten)


def _rewritten(node: Node) -> Node:
    node = rebuild(node, _rewritten) if isinstance(node, Logical) else node
    if not isinstance(node, Logical) or node.operator != "OR":
        return node
    pairs = [_equality(operand) for operand in node.operands]
    found = [pair for pair in pairs if pair is not None]
    if len(found) < len(pairs) or any(pair[0] != found[0][0] for pair in found):
        return node
    values = ArrayLiteral(tuple(value for _, values in found for value in values), at=node.at)
    return Binary("IN", found[0][0], values, at=node.at)


def _equality(node: Expression) -> tuple[Expression, tuple[Expression, ...]] | None:
    """Take `attribute == constant` or `attribute IN [constants]` apart."""
    match node:
        case Binary(operator="==", left=left, right=right):
            for one, other in ((left, right), (right, left)):
                if isinstance(one, Attribute | VariableReference) and _is_fixed(other):
                    return one, (other,)
        case Binary(operator="IN", left=left, right=ArrayLiteral(items=items)):
            if isinstance(left, Attribute | VariableReference) and all(map(_is_fixed, items)):
                return left, items
    return None


def _is_fixed(node: Expression) -> bool:
    return isinstance(node, Constant | Parameter)
