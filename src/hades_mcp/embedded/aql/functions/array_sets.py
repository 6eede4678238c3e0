"""Array functions that combine several arrays: union, intersection, difference, interleaving."""

from __future__ import annotations

from collections import Counter
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.array import ARRAY_EXPECTED, distinct
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import hash_key
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hades_mcp.embedded.aql.context import Context

_ABSENT = object()
_PLACE = 8  # bytes of an element that another array holds too
ARGUMENT_TYPE = 1542


def _register(name: str, refusal: int, combine: Callable[..., list[Any]]) -> None:
    """Register a function of two arrays or more; `refusal` is its warning for anything else."""

    @aql_function(name, low=2, high=None)
    def call(context: Context, *arrays: Any) -> Any:
        if not all(isinstance(array, list) for array in arrays):
            return context.refuse(name, refusal)
        return combine(context, *arrays)


def _union(context: Context, *arrays: list[Any]) -> list[Any]:
    context.allow(_PLACE * sum(map(len, arrays)))
    return list(chain.from_iterable(map(paced, arrays)))


def _union_distinct(context: Context, *arrays: list[Any]) -> list[Any]:
    return distinct(chain.from_iterable(map(context.each, arrays)))


def _intersection(context: Context, first: list[Any], *others: list[Any]) -> list[Any]:
    shared = set(map(hash_key, context.each(others[0])))
    for other in others[1:]:  # one by one: `set.intersection` cannot be stopped
        shared = {key for key in map(hash_key, context.each(other)) if key in shared}
    return [value for value in _once(context, first) if hash_key(value) in shared]


def _minus(context: Context, first: list[Any], *others: list[Any]) -> list[Any]:
    gone = set(map(hash_key, chain.from_iterable(map(context.each, others))))
    return [value for value in _once(context, first) if hash_key(value) not in gone]


def _outersection(context: Context, *arrays: list[Any]) -> list[Any]:
    together = _union(context, *arrays)
    counts = Counter(map(hash_key, context.each(together)))
    return [value for value in context.each(together) if counts[hash_key(value)] == 1]


def _once(context: Context, values: list[Any]) -> Iterable[Any]:
    return context.each(distinct(context.each(values)))


def _interleave(context: Context, *arrays: list[Any]) -> list[Any]:
    rounds = zip_longest(*map(context.each, arrays), fillvalue=_ABSENT)
    return [value for value in chain.from_iterable(rounds) if value is not _ABSENT]


_register("UNION", ARGUMENT_TYPE, _union)
_register("UNION_DISTINCT", ARGUMENT_TYPE, _union_distinct)
_register("INTERSECTION", ARRAY_EXPECTED, _intersection)
_register("MINUS", ARGUMENT_TYPE, _minus)
_register("OUTERSECTION", ARRAY_EXPECTED, _outersection)
_register("INTERLEAVE", ARRAY_EXPECTED, _interleave)
