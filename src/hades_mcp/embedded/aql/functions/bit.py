"""Bit functions on unsigned integers of 32 bits."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context

WIDTH = 32
_LAST = 2**WIDTH - 1


def bits(value: Any, highest: int = _LAST) -> int | None:
    """Return a number cut off to an integer between 0 and `highest`, or None if it is none."""
    if not is_number(value) or not 0 <= value < highest + 1:
        return None
    return int(value)


def _register_combination(name: str, combine: Callable[[int, int], int]) -> None:
    @aql_function(name, low=1, high=2)
    def call(context: Context, *arguments: Any) -> Any:
        single = len(arguments) == 1
        if single and not isinstance(arguments[0], list):
            return context.refuse(name)
        result: int | None = None
        for value in paced(arguments[0] if single else arguments):
            if value is None and single:
                continue
            operand = bits(value)
            if operand is None:
                return context.refuse(name)
            result = operand if result is None else combine(result, operand)
        return result


_register_combination("BIT_AND", operator.and_)
_register_combination("BIT_OR", operator.or_)
_register_combination("BIT_XOR", operator.xor)


@aql_function("BIT_CONSTRUCT", low=1)
def bit_construct(context: Context, positions: Any) -> Any:
    """Return the number with bits set at these positions."""
    if not isinstance(positions, list):
        return context.refuse("BIT_CONSTRUCT")
    result = 0
    for position in paced(positions):
        place = bits(position, WIDTH - 1)
        if place is None:
            return context.refuse("BIT_CONSTRUCT")
        result |= 1 << place
    return result


@aql_function("BIT_DECONSTRUCT", low=1)
def bit_deconstruct(context: Context, value: Any) -> Any:
    """Return the positions of a number's set bits."""
    pattern = bits(value)
    if pattern is None:
        return context.refuse("BIT_DECONSTRUCT")
    return [place for place in range(WIDTH) if pattern >> place & 1]


@aql_function("BIT_FROM_STRING", low=1)
def bit_from_string(context: Context, text: Any) -> Any:
    """Read a number from its binary digits."""
    if not isinstance(text, str) or len(text) > WIDTH or set(text) - {"0", "1"}:
        return context.refuse("BIT_FROM_STRING")
    return int(text or "0", 2)


@aql_function("BIT_TO_STRING", low=2)
def bit_to_string(context: Context, value: Any, width: Any) -> Any:
    """Write a number in so many binary digits."""
    pattern, count = bits(value), bits(width, WIDTH)
    if pattern is None or count is None:
        return context.refuse("BIT_TO_STRING")
    return f"{pattern:0{WIDTH}b}"[WIDTH - count :]


@aql_function("BIT_NEGATE", low=2)
def bit_negate(context: Context, value: Any, width: Any) -> Any:
    """Turn the lowest bits of a number round."""
    pattern, count = bits(value), bits(width, WIDTH)
    if pattern is None or count is None:
        return context.refuse("BIT_NEGATE")
    return ~pattern & (1 << count) - 1


@aql_function("BIT_SHIFT_LEFT", low=3)
def bit_shift_left(context: Context, value: Any, shift: Any, width: Any) -> Any:
    """Shift a number's bits to the left and keep the lowest ones."""
    return _shifted(context, "BIT_SHIFT_LEFT", operator.lshift, (value, shift, width))


@aql_function("BIT_SHIFT_RIGHT", low=3)
def bit_shift_right(context: Context, value: Any, shift: Any, width: Any) -> Any:
    """Shift a number's bits to the right and keep the lowest ones."""
    return _shifted(context, "BIT_SHIFT_RIGHT", operator.rshift, (value, shift, width))


def _shifted(
    context: Context,
    name: str,
    move: Callable[[int, int], int],
    arguments: tuple[Any, Any, Any],
) -> Any:
    pattern = bits(arguments[0])
    shift, count = bits(arguments[1], WIDTH), bits(arguments[2], WIDTH)
    if pattern is None or shift is None or count is None:
        return context.refuse(name)
    return move(pattern, shift) & (1 << count) - 1


@aql_function("BIT_POPCOUNT", low=1)
def bit_popcount(context: Context, value: Any) -> Any:
    """Count a number's set bits."""
    pattern = bits(value)
    return context.refuse("BIT_POPCOUNT") if pattern is None else pattern.bit_count()


@aql_function("BIT_TEST", low=2)
def bit_test(context: Context, value: Any, position: Any) -> Any:
    """Tell whether the bit at a position is set."""
    pattern, place = bits(value), bits(position, WIDTH - 1)
    if pattern is None or place is None:
        return context.refuse("BIT_TEST")
    return bool(pattern >> place & 1)
