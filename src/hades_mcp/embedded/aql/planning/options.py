"""OPTIONS objects: constants known before the query runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.nodes import (
    ArrayLiteral,
    Constant,
    ObjectLiteral,
    Parameter,
    Unary,
)
from hades_mcp.embedded.aql.scope import refuse

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Expression
    from hades_mcp.embedded.aql.plan import Options
    from hades_mcp.embedded.aql.planning.planner import Planner

COMPILE_TIME_OPTIONS = 1575


def read_options(planner: Planner, node: ObjectLiteral | None) -> Options:
    """Return the value of an OPTIONS object.

    Raises:
        ArangoError: 1575 if it holds anything but constants and parameters.
    """
    return {} if node is None else constant(planner, node)


def constant(planner: Planner, node: Expression) -> Any:
    """Return the value of an expression that must be known beforehand.

    Raises:
        ArangoError: 1575 if it is not.
    """
    match node:
        case Constant(value=value):
            return value
        case Parameter(name=name, collection=False):
            return planner.parameters.value(name)
        case ArrayLiteral(items=items):
            return [constant(planner, item) for item in items]
        case ObjectLiteral(entries=entries):
            return {
                entry.key: constant(planner, entry.value)
                for entry in entries
                if isinstance(entry.key, str) or _refuse()
            }
        case Unary(operator="-", operand=operand):
            value = constant(planner, operand)
            return -value if isinstance(value, int | float) else _refuse()
        case _:
            return _refuse()


def _refuse() -> Any:
    raise refuse(COMPILE_TIME_OPTIONS, "query options must be readable at query compile time")
