"""Array functions that read: elements, positions, sorting and flattening."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import integer
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.values import equal, hash_key, order_key, truth
from hades_mcp.embedded.values.sorting import in_order
from hades_mcp.embedded.values.stopping import part_of

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from hades_mcp.embedded.aql.context import Context

ARRAY_EXPECTED = 1563


def distinct(values: Iterable[Any]) -> list[Any]:
    """Return the values without repetitions, each where it came first."""
    seen: dict[Hashable, Any] = {}
    for value in values:
        seen.setdefault(hash_key(value), value)
    return list(seen.values())


@aql_function("FIRST", low=1)
def first(context: Context, values: Any) -> Any:
    """Return the first element."""
    if not isinstance(values, list):
        return context.refuse("FIRST", ARRAY_EXPECTED)
    return values[0] if values else None


@aql_function("LAST", low=1)
def last(context: Context, values: Any) -> Any:
    """Return the last element."""
    if not isinstance(values, list):
        return context.refuse("LAST", ARRAY_EXPECTED)
    return values[-1] if values else None


@aql_function("NTH", low=2)
def nth(context: Context, values: Any, position: Any) -> Any:
    """Return the element at a position counted from 0."""
    if not isinstance(values, list):
        return context.refuse("NTH", ARRAY_EXPECTED)
    place = integer(position)
    return values[place] if 0 <= place < len(values) else None


@aql_function("POSITION", "CONTAINS_ARRAY", low=2, high=3)
def position(context: Context, values: Any, search: Any, as_index: Any = None) -> Any:
    """Tell whether an array holds a value, or where."""
    if not isinstance(values, list):
        return context.refuse("POSITION", ARRAY_EXPECTED)
    found = enumerate(context.each(values))
    place = next((index for index, value in found if equal(value, search)), -1)
    return place if truth(as_index) else place >= 0


@aql_function("SLICE", low=2, high=3)
def array_slice(context: Context, values: Any, start: Any, count: Any = None) -> Any:
    """Return a part of an array; negative numbers count from its end."""
    if not isinstance(values, list):
        return context.refuse("SLICE")
    begin = integer(start)
    if begin < 0:
        begin = max(0, len(values) + begin)
    if count is None:
        return part_of(values, begin)
    wanted = integer(count)
    return part_of(values, begin, begin + wanted if wanted >= 0 else wanted)


@aql_function("FLATTEN", low=1, high=2)
def flatten(context: Context, values: Any, depth: Any = 1) -> Any:
    """Return an array with the arrays inside it dissolved, down to a depth."""
    if not isinstance(values, list):
        return context.refuse("FLATTEN", ARRAY_EXPECTED)
    levels = integer(depth)
    return list(_flat(context, values, max(1, levels)))


def _flat(context: Context, values: list[Any], depth: int) -> Iterator[Any]:
    for value in context.each(values):
        if isinstance(value, list) and depth > 0:
            yield from _flat(context, value, depth - 1)
        else:
            yield value


@aql_function("SORTED", low=1)
def sorted_array(context: Context, values: Any) -> Any:
    """Return an array in AQL's order."""
    if not isinstance(values, list):
        return context.refuse("SORTED", ARRAY_EXPECTED)
    return in_order(values, order_key, context.check)


@aql_function("SORTED_UNIQUE", low=1)
def sorted_unique(context: Context, values: Any) -> Any:
    """Return an array in AQL's order without repetitions."""
    if not isinstance(values, list):
        return context.refuse("SORTED_UNIQUE", ARRAY_EXPECTED)
    return in_order(distinct(context.each(values)), order_key, context.check)


@aql_function("UNIQUE", low=1)
def unique(context: Context, values: Any) -> Any:
    """Return an array without repetitions."""
    if not isinstance(values, list):
        return context.refuse("UNIQUE", ARRAY_EXPECTED)
    return distinct(context.each(values))


@aql_function("COUNT_DISTINCT", "COUNT_UNIQUE", low=1)
def count_distinct(context: Context, values: Any) -> Any:
    """Count the different elements of an array."""
    if not isinstance(values, list):
        return context.refuse("COUNT_DISTINCT", ARRAY_EXPECTED)
    return len(set(map(hash_key, context.each(values))))
