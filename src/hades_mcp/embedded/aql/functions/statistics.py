"""Numeric functions over arrays: sums, means, spread, extremes and percentiles."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import is_number, numbers
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import compare, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context

ARITHMETIC, ARRAY_EXPECTED = 1561, 1563
_WHOLE = 100


def spread(values: list[float], freedom: int) -> float | None:
    """Return the variance with so many degrees of freedom given up; null for too few values."""
    if len(values) <= freedom:
        return None
    mean = squares = 0.0
    for count, value in enumerate(values, start=1):
        delta = value - mean
        mean += delta / count
        squares += delta * (value - mean)
    return number(squares / (len(values) - freedom))


def deviation(values: list[float], freedom: int) -> float | None:
    """Return the standard deviation with so many degrees of freedom given up."""
    variance = spread(values, freedom)
    return None if variance is None else math.sqrt(variance)


def _mean(values: list[float]) -> float | None:
    return number(sum(values) / len(values)) if values else None


def _product(values: list[float]) -> float | None:
    try:
        return number(math.prod(map(float, values)))  # integers would grow without end
    except OverflowError:  # an integer too large for a double
        return None


def median(values: list[float]) -> float | None:
    """Return the middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    if not ordered:
        return None
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return number((ordered[middle - 1] + ordered[middle]) / 2)


_REFUSALS = {"SUM": None, "PRODUCT": None, "AVERAGE": ARRAY_EXPECTED}
"""What functions warn of where an element is no number, if not 1561."""


def _register(names: tuple[str, ...], compute: Callable[[list[float]], float | None]) -> None:
    """Register a function of an array of numbers: nulls are skipped, other values refused."""
    refusal = _REFUSALS.get(names[0], ARITHMETIC)

    @aql_function(*names, low=1)
    def call(context: Context, values: Any) -> Any:
        if not isinstance(values, list):
            return context.refuse(names[0], ARRAY_EXPECTED)
        kept = numbers(values)
        if kept is not None:
            return compute(kept)
        return None if refusal is None else context.refuse(names[0], refusal)


for _names, _compute in {
    ("SUM",): lambda values: number(sum(values)),
    ("PRODUCT",): _product,
    ("AVERAGE", "AVG"): _mean,
    ("MEDIAN",): median,
    ("VARIANCE_POPULATION", "VARIANCE"): lambda values: spread(values, 0),
    ("VARIANCE_SAMPLE",): lambda values: spread(values, 1),
    ("STDDEV_POPULATION", "STDDEV"): lambda values: deviation(values, 0),
    ("STDDEV_SAMPLE",): lambda values: deviation(values, 1),
}.items():
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
    for value in values:
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
    kept = numbers(values)
    if kept is None:
        return context.refuse("PERCENTILE", ARITHMETIC)
    if not kept:
        return None
    ordered = sorted(kept)
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
