"""Long array literals as one constant: what is walked over dozens of times must not be long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.nodes import ArrayLiteral, Constant, ObjectLiteral, Unary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedded.aql.nodes import Expression

LONG = 200


class _Variable(Exception):
    """Something in a literal is no constant."""


def array(items: Sequence[Expression], at: int) -> Expression:
    """Return the node of an array literal: a constant if it is long and holds only constants."""
    if len(items) > LONG:
        try:
            return Constant([_value(item) for item in items], at=at)
        except _Variable:
            pass
    return ArrayLiteral(tuple(items), at=at)


def _value(node: Expression) -> Any:
    match node:
        case Constant(value=value):
            return value
        case ArrayLiteral(items=items):
            return [_value(item) for item in items]
        case ObjectLiteral(entries=entries) if all(type(entry.key) is str for entry in entries):
            return {entry.key: _value(entry.value) for entry in entries}
        case Unary(operator="-", operand=Constant(value=int() | float() as number)) if number:
            return -number
    raise _Variable
