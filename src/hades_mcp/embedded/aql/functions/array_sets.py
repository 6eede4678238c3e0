"""Array functions that combine several arrays: union, intersection, difference, interleaving."""

from __future__ import annotations

from collections import Counter
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.array import ARRAY_EXPECTED, distinct
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import hash_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.context import Context

_ABSENT = object()
ARGUMENT_TYPE = 1542


def _register(name: str, refusal: int, combine: Callable[..., list[Any]]) -> None:
    """Register a function of two arrays or more; `refusal` is its warning for anything else."""

    @aql_function(name, low=2, high=None)
    def call(context: Context, *arrays: Any) -> Any:
        if not all(isinstance(array, list) for array in arrays):
            return context.refuse(name, refusal)
        return combine(*arrays)


def _union(*arrays: list[Any]) -> list[Any]:
    return list(chain(*arrays))


def _union_distinct(*arrays: list[Any]) -> list[Any]:
    return distinct(chain(*arrays))


def _intersection(first: list[Any], *others: list[Any]) -> list[Any]:
    shared = set.intersection(*(set(map(hash_key, other)) for other in others))
    return [value for value in distinct(first) if hash_key(value) in shared]


def _minus(first: list[Any], *others: list[Any]) -> list[Any]:
    gone = set(map(hash_key, chain(*others)))
    return [value for value in distinct(first) if hash_key(value) not in gone]


def _outersection(*arrays: list[Any]) -> list[Any]:
    together = _union(*arrays)
    counts = Counter(map(hash_key, together))
    return [value for value in together if counts[hash_key(value)] == 1]


def _interleave(*arrays: list[Any]) -> list[Any]:
    rounds = zip_longest(*arrays, fillvalue=_ABSENT)
    return [value for value in chain(*rounds) if value is not _ABSENT]


_register("UNION", ARGUMENT_TYPE, _union)
_register("UNION_DISTINCT", ARGUMENT_TYPE, _union_distinct)
_register("INTERSECTION", ARRAY_EXPECTED, _intersection)
_register("MINUS", ARGUMENT_TYPE, _minus)
_register("OUTERSECTION", ARRAY_EXPECTED, _outersection)
_register("INTERLEAVE", ARRAY_EXPECTED, _interleave)
