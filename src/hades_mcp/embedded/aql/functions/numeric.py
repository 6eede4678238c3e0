"""Numeric functions: rounding, powers, trigonometry, ranges and decay."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import integer, is_number
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values import number, to_number
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context

RESOURCE_LIMIT = 32
OUT_OF_RANGE = 1504
LONGEST_RANGE = 10_000_000  # elements; ArangoDB refuses larger ranges too
_PLACE = 8  # bytes of an element at least


def _register(name: str, compute: Callable[[float], float]) -> None:
    """Register a function of one number; where it has no finite value the result is null."""

    @aql_function(name, low=1)
    def call(_context: Context, value: Any) -> float | None:
        try:
            return number(compute(to_number(value)))
        except (ValueError, OverflowError):
            return None


_FUNCTIONS: dict[str, Callable[[float], float]] = {
    "ABS": abs,
    "ACOS": math.acos,
    "ASIN": math.asin,
    "ATAN": math.atan,
    "CEIL": math.ceil,
    "COS": math.cos,
    "DEGREES": math.degrees,
    "EXP": math.exp,
    "EXP2": lambda value: 2.0**value,
    "FLOOR": math.floor,
    "LOG": math.log,
    "LOG2": math.log2,
    "LOG10": math.log10,
    "RADIANS": math.radians,
    "ROUND": lambda value: math.floor(value + 0.5),
    "SIN": math.sin,
    "SQRT": math.sqrt,
    "TAN": math.tan,
}
for _name, _compute in _FUNCTIONS.items():
    _register(_name, _compute)


@aql_function("ATAN2", low=2)
def atan2(_context: Context, y: Any, x: Any) -> float:
    """Return the angle of the point (x, y)."""
    return math.atan2(to_number(y), to_number(x))


@aql_function("POW", low=2)
def power(_context: Context, base: Any, exponent: Any) -> float | None:
    """Raise a number to a power; null where the result is no finite number."""
    try:
        return number(math.pow(to_number(base), to_number(exponent)))
    except (ValueError, OverflowError):
        return None


@aql_function("PI", low=0)
def pi(_context: Context) -> float:
    """Return pi."""
    return math.pi


@aql_function("RAND", "RANDOM", low=0, deterministic=False)
def rand(context: Context) -> float:
    """Return a random number between 0 and 1."""
    return context.random.random()


@aql_function("RANGE", low=2, high=3)
def value_range(context: Context, start: Any, stop: Any, step: Any = None) -> Any:
    """Return the numbers from start to stop; whole ones unless a step is given.

    Raises:
        ArangoError: 32, for more elements than the engine keeps in memory.
    """
    if step is None:
        first, last = integer(start), integer(stop)
        _check_size(abs(last - first) + 1)
        found = range(first, last + 1) if first <= last else range(first, last - 1, -1)
        context.allow(_PLACE * len(found))
        return list(paced(found))
    low, high, width = to_number(start), to_number(stop), to_number(step)
    if width == 0 or (low < high and width < 0) or (low > high and width > 0):
        return context.refuse("RANGE")
    count = (high - low) / width + 1
    _check_size(count)
    values = []
    for _ in paced(range(math.ceil(count))):  # a step may be too small to change a large number
        if (low > high) if width > 0 else (low < high):
            break
        values.append(low)
        low += width
    return values


def _check_size(count: float) -> None:
    if count > LONGEST_RANGE:
        raise ArangoError(RESOURCE_LIMIT, f"range exceeds {LONGEST_RANGE} elements")


def _register_decay(name: str, score: Callable[[float, float, float], float]) -> None:
    """Register a function of distance from an origin, of one value or of each in an array."""

    @aql_function(name, low=5)
    def call(context: Context, value: Any, *parameters: Any) -> Any:
        origin, scale, offset, decay = parameters
        many = value if isinstance(value, list) else [value]
        if not all(map(is_number, parameters)) or not all(map(is_number, paced(many))):
            return context.refuse(name)
        if scale <= 0 or offset < 0 or not 0 < decay < 1:
            return context.refuse(name, OUT_OF_RANGE)
        distances = (max(0.0, abs(item - origin) - offset) for item in paced(many))
        scores = [number(score(distance, scale, decay)) for distance in distances]
        return scores if isinstance(value, list) else scores[0]


def _gauss(distance: float, scale: float, decay: float) -> float:
    ratio = distance / scale
    return math.exp(ratio * ratio * math.log(decay))


def _exponential(distance: float, scale: float, decay: float) -> float:
    return math.exp(math.log(decay) / scale * distance)


def _linear(distance: float, scale: float, decay: float) -> float:
    reach = scale / (1 - decay)
    return max(0.0, (reach - distance) / reach)


_register_decay("DECAY_GAUSS", _gauss)
_register_decay("DECAY_EXP", _exponential)
_register_decay("DECAY_LINEAR", _linear)
