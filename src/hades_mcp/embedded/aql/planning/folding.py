"""Operators and functions of constants: computed once, while the query is planned.

ArangoDB does so before any optimizer rule, and so what they warn of is warned of once per query.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from hades_mcp.embedded.aql.evaluation import Compiler
from hades_mcp.embedded.aql.functions import find
from hades_mcp.embedded.aql.nodes import Binary, Call, Constant, Expression, Unary

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context

_GROUPS = frozenset(
    {"bit", "date", "date_calculation", "date_format", "date_zones", "numeric", "string"}
)
_LARGE = frozenset({"RANGE", "REPEAT"})  # what they make is for the query's memory limit to judge
_FOLDED = frozenset({"+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">="})


def folded(node: Expression, context: Context) -> Expression:
    """Return the constant that an operator or a function gives for constants, else the node itself.

    Args:
        node: The expression, its operands folded already.
        context: Takes the warnings.
    """
    match node:
        case Binary(operator=operator, left=Constant(), right=Constant()) if operator in _FOLDED:
            pass
        case Unary(operand=Constant()):
            pass
        case Call(name=name, arguments=arguments) if _is_computable(name, arguments):
            pass
        case _:
            return node
    value = _COMPILER.compile(node)([context])
    # a plan is shared by all runs, and what it holds must not be changed by any
    return node if isinstance(value, list | dict) else Constant(value, at=node.at)


def _is_computable(name: str, arguments: tuple[Expression, ...]) -> bool:
    """Tell whether a function needs nothing but constants: no data, no user, no chance."""
    function = find(name)
    if function is None or not function.foldable or function.name in _LARGE:
        return False
    group = function.call.__module__.rpartition(".")[2]
    return group in _GROUPS and all(isinstance(argument, Constant) for argument in arguments)


def _no_subquery(_plan: object) -> NoReturn:
    raise AssertionError  # no constant holds one


_COMPILER = Compiler(_no_subquery)
