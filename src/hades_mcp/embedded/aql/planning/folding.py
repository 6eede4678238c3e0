"""Operators between constants: computed once, while the query is planned.

ArangoDB does so before any optimizer rule, and so what they warn of is warned of once per query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from hades_mcp.embedded.aql.evaluation import Compiler
from hades_mcp.embedded.aql.nodes import Binary, Constant, Expression, Unary

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context

_FOLDED = frozenset({"+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="})


def folded(node: Expression, context: Context) -> Expression:
    """Return the constant that an operator gives for constants; the node itself for any other.

    Args:
        node: The expression, its operands folded already.
        context: Takes the warnings.
    """
    match node:
        case Binary(operator=operator, left=Constant(), right=Constant()) if operator in _FOLDED:
            pass
        case Unary(operand=Constant()):
            pass
        case _:
            return node
    return Constant(_COMPILER.compile(node)([context]), at=node.at)


def _no_subquery(_plan: object) -> NoReturn:
    raise AssertionError  # no constant holds one


_COMPILER = Compiler(_no_subquery)
