"""Numeric functions over arrays: sums, means, spread, extremes and percentiles."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import compare, number
from hades_mcp.embedded.values.sorting import ordered_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context

ARITHMETIC, ARRAY_EXPECTED = 1561, 1563
_WHOLE = 100
_NUMBERS = frozenset({int, float})


def _numbers(context: Context, values: list[Any]) -> list[float] | None:
    """Return an array as numbers without its nulls, or None if it holds anything else."""
    kept = [value for value in context.each(values) if value is not None]
    return kept if _NUMBERS.issuperset(map(type, context.each(kept))) else None


def _spread(context: Context, values: list[float], freedom: int) -> float | None:
    """Return the variance with so many degrees of freedom given up; null for too few values."""
    if len(values) <= freedom:
        return None
    mean = squares = 0.0
    for count, value in enumerate(context.each(values), start=1):
        delta = value - mean
        mean += delta / count
        squares += delta * (value - mean)
    return number(squares / (len(values) - freedom))


def _deviation(context: Context, values: list[float], freedom: int) -> float | None:
    """Return the standard deviation with so many degrees of freedom given up."""
    variance = _spread(context, values, freedom)
    return None if variance is None else math.sqrt(variance)


def _sum(context: Context, values: list[float]) -> float | None:
    return number(sum(context.each(values)))


def _mean(context: Context, values: list[float]) -> float | None:
    return number(sum(context.each(values)) / len(values)) if values else None


def _product(context: Context, values: list[float]) -> float | None:
    try:
        # as floats, since integers would grow without end
        return number(math.prod(map(float, context.each(values))))
    except OverflowError:  # an integer too large for a double
        return None


def _median(context: Context, values: list[float]) -> float | None:
    """Return the middle value, or the mean of the two in the middle."""
    ordered = ordered_by(values, values, context.check)
    if not ordered:
        return None
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return number((ordered[middle - 1] + ordered[middle]) / 2)


_REFUSALS = {"SUM": None, "PRODUCT": None, "AVERAGE": ARRAY_EXPECTED}
"""What functions warn of where an element is no number, if not 1561."""


def _register(
    names: tuple[str, ...], compute: Callable[[Context, list[float]], float | None]
) -> None:
    """Register a function of an array of numbers: nulls are skipped, other values refused."""
    refusal = _REFUSALS.get(names[0], ARITHMETIC)

    @aql_function(*names, low=1)
    def call(context: Context, values: Any) -> Any:
        if not isinstance(values, list):
            return context.refuse(names[0], ARRAY_EXPECTED)
        kept = _numbers(context, values)
        if kept is not None:
            return compute(context, kept)
        return None if refusal is None else context.refuse(names[0], refusal)


_FUNCTIONS: dict[tuple[str, ...], Callable[[Context, list[float]], float | None]] = {
    ("SUM",): _sum,
    ("PRODUCT",): _product,
    ("AVERAGE", "AVG"): _mean,
    ("MEDIAN",): _median,
    ("VARIANCE_POPULATION", "VARIANCE"): partial(_spread, freedom=0),
    ("VARIANCE_SAMPLE",): partial(_spread, freedom=1),
    ("STDDEV_POPULATION", "STDDEV"): partial(_deviation, freedom=0),
    ("STDDEV_SAMPLE",): partial(_deviation, freedom=1),
}

for _names, _compute in _FUNCTIONS.items():
    _register(_names, _compute)


@aql_function("MIN", low=1)
def minimum(context: Context, values: Any) -> Any:
    """Return the smallest element that is not null."""
    return _extreme(context, "MIN", values, -1)


@aql_function("MAX", low=1)
def maximum(context: Context, values: Any) -> Any:
    """Return the greatest element that is not null."""
    return _extreme(context, "MAX", values, 1)


def _extreme(context: Context, name: str, values: Any, sign: int) -> Any:
    if not isinstance(values, list):
        return context.refuse(name, ARRAY_EXPECTED)
    best = None
    for value in context.each(values):
        if value is not None and (best is None or compare(value, best) == sign):
            best = value
    return best


@aql_function("PERCENTILE", low=2, high=3)
def percentile(context: Context, values: Any, share: Any, method: Any = "rank") -> Any:
    """Return the value below which a share in percent lies, by rank or interpolated."""
    if not isinstance(values, list):
        return context.refuse("PERCENTILE", ARRAY_EXPECTED)
    if not is_number(share) or not 0 <= share <= _WHOLE:
        return context.refuse("PERCENTILE")
    if method not in ("rank", "interpolation"):
        return context.refuse("PERCENTILE")
    kept = _numbers(context, values)
    if kept is None:
        return context.refuse("PERCENTILE", ARITHMETIC)
    if not kept:
        return None
    ordered = ordered_by(kept, kept, context.check)
    if method == "rank":
        place = math.ceil(share / _WHOLE * len(ordered))
        return ordered[min(len(ordered), max(1, place)) - 1]
    return _interpolate(ordered, share / _WHOLE * (len(ordered) + 1))


def _interpolate(ordered: list[float], place: float) -> float:
    """Read between the values at ranks 1, 2 ... of an ordered list."""
    whole = math.floor(place)
    if whole < 1:
        return ordered[0]
    if whole >= len(ordered):
        return ordered[-1]
    low, high = ordered[whole - 1], ordered[whole]
    return low + (place - whole) * (high - low)
