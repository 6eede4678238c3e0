"""The arithmetic operators: operands become numbers, results that are no number become null."""

from __future__ import annotations

from math import fmod, isfinite
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values import to_number
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context

DIVISION_BY_ZERO, OUT_OF_RANGE = 1562, 1504
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
_EXACT = 2.0**53  # a double this large or larger stays one: it need not be the integer it shows
LONGEST_RANGE = 10_000_000


def settle(value: float) -> float | None:
    """Make a Python number an AQL number: integers of 64 bits, doubles shown as short as can be."""
    if type(value) is int:
        return value if _LOWEST <= value <= _HIGHEST else _settle_large(value)
    if not isfinite(value):
        return None
    return int(value) if value.is_integer() and -_EXACT < value < _EXACT else value


def _settle_large(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def _operands(left: Any, right: Any) -> tuple[float, float]:
    if type(left) is int and type(right) is int:
        return left, right
    return to_number(left), to_number(right)


def add(_: Context, left: Any, right: Any) -> Any:
    """`left + right`."""
    one, two = _operands(left, right)
    return settle(one + two)


def subtract(_: Context, left: Any, right: Any) -> Any:
    """`left - right`."""
    one, two = _operands(left, right)
    return settle(one - two)


def multiply(_: Context, left: Any, right: Any) -> Any:
    """`left * right`."""
    one, two = _operands(left, right)
    return settle(one * two)


def divide(context: Context, left: Any, right: Any) -> Any:
    """`left / right`; null and warning 1562 by zero."""
    one, two = _operands(left, right)
    if two == 0:
        context.warn(DIVISION_BY_ZERO)
        return None
    try:
        return settle(one / two)
    except OverflowError:
        return None


def modulo(context: Context, left: Any, right: Any) -> Any:
    """`left % right`, with the sign of `left`; null and warning 1562 by zero."""
    one, two = _operands(left, right)
    if two == 0:
        context.warn(DIVISION_BY_ZERO)
        return None
    if type(one) is int and type(two) is int:
        rest = abs(one) % abs(two)
        return rest if one >= 0 else -rest
    return settle(fmod(one, two))


def negate(value: Any) -> Any:
    """`-value`."""
    return settle(-to_number(value))


def span(left: Any, right: Any) -> range:
    """`left..right`, both ends included, upwards or downwards."""
    low, high = int(to_number(left)), int(to_number(right))
    return range(low, high + 1) if low <= high else range(low, high - 1, -1)


def span_array(left: Any, right: Any) -> list[int]:
    """`left..right` as an array.

    Raises:
        ArangoError: 1504 if it is too long to be one.
    """
    found = span(left, right)
    if abs(found.stop - found.start) > LONGEST_RANGE:
        raise ArangoError(OUT_OF_RANGE, "AQL: range is too big (while executing)")
    return list(paced(found))


ARITHMETIC: dict[str, Callable[[Context, Any, Any], Any]] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": modulo,
}
