"""Vector functions, evaluated exactly; with a vector index the plan asks that instead."""

from __future__ import annotations

import math
from operator import mul, sub
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import number
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context

    Measure = Callable[[list[float], list[float]], float | None]


ARITHMETIC = 1561


def inner_product(left: list[float], right: list[float]) -> float:
    """Return the dot product of two vectors."""
    return float(sum(map(mul, paced(left), paced(right))))


def cosine_similarity(left: list[float], right: list[float]) -> float | None:
    """Return the cosine of the angle between two vectors; null beside a zero vector."""
    lengths = math.sqrt(inner_product(left, left)) * math.sqrt(inner_product(right, right))
    return inner_product(left, right) / lengths if lengths else None


def l1_distance(left: list[float], right: list[float]) -> float:
    """Return the sum of the differences."""
    return float(sum(map(abs, map(sub, paced(left), paced(right)))))


def l2_distance(left: list[float], right: list[float]) -> float:
    """Return the straight distance."""
    return float(math.dist(left, right))


def _is_vector(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(is_number, paced(value)))


def _measured(
    context: Context, name: str, measure: Measure, pair: tuple[list[float], list[float]]
) -> Any:
    left, right = pair
    if len(left) != len(right):
        return context.refuse(name)
    value = measure(left, right)
    return context.refuse(name, ARITHMETIC) if value is None else number(value)


def _register(name: str, measure: Measure) -> None:
    """Register a measure of two vectors, or of the rows of one matrix and a vector."""

    @aql_function(name, low=2)
    def call(context: Context, left: Any, right: Any) -> Any:
        if _is_vector(left) and _is_vector(right):
            return _measured(context, name, measure, (left, right))
        if _is_vector(left):
            left, right = right, left
        if not _is_vector(right) or not isinstance(left, list) or not left:
            return context.refuse(name)
        if not all(_is_vector(row) and len(row) == len(right) for row in paced(left)):
            return context.refuse(name)
        return [_measured(context, name, measure, (row, right)) for row in paced(left)]


def _register_near(name: str, measure: Measure) -> None:
    """Register a search function; `nProbe` is for the index: here nothing is searched."""

    @aql_function(name, low=2, high=3)
    def call(context: Context, left: Any, right: Any, options: Any = None) -> Any:
        fitting = _is_vector(left) and _is_vector(right)
        if not fitting or not (options is None or isinstance(options, dict)):
            return context.refuse(name)
        return _measured(context, name, measure, (left, right))


_register("COSINE_SIMILARITY", cosine_similarity)
_register("L1_DISTANCE", l1_distance)
_register("L2_DISTANCE", l2_distance)
_register_near("APPROX_NEAR_COSINE", cosine_similarity)
_register_near("APPROX_NEAR_L2", l2_distance)
_register_near("APPROX_NEAR_INNER_PRODUCT", inner_product)
