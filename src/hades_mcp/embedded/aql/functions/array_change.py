"""Array functions that return a changed array: add, remove, replace; arguments stay untouched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import integer, is_number
from hades_mcp.embedded.aql.functions.array import distinct
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values import equal, hash_key, to_number, truth
from hades_mcp.embedded.values.stopping import part_of

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context

RESOURCE_LIMIT = 32
LONGEST_ARRAY = 10_000_000  # elements REPLACE_NTH() pads to


def _holds(context: Context, values: list[Any], search: Any) -> bool:
    return any(equal(value, search) for value in context.each(values))


@aql_function("PUSH", low=2, high=3)
def push(context: Context, values: Any, value: Any, only_new: Any = None) -> Any:
    """Add a value at the end."""
    if values is None:
        return [value]
    if not isinstance(values, list):
        return context.refuse("PUSH")
    if truth(only_new) and _holds(context, values, value):
        return values
    changed = part_of(values)
    changed.append(value)
    return changed


@aql_function("UNSHIFT", low=2, high=3)
def unshift(context: Context, values: Any, value: Any, only_new: Any = None) -> Any:
    """Add a value at the start."""
    if values is None:
        return [value]
    if not isinstance(values, list):
        return context.refuse("UNSHIFT")
    if truth(only_new) and _holds(context, values, value):
        return values
    changed = part_of(values)
    changed.insert(0, value)
    return changed


@aql_function("POP", low=1)
def pop(context: Context, values: Any) -> Any:
    """Leave out the last element."""
    if values is None:
        return None
    return part_of(values, stop=-1) if isinstance(values, list) else context.refuse("POP")


@aql_function("SHIFT", low=1)
def shift(context: Context, values: Any) -> Any:
    """Leave out the first element."""
    if values is None:
        return None
    return part_of(values, 1) if isinstance(values, list) else context.refuse("SHIFT")


@aql_function("APPEND", low=2, high=3)
def append(context: Context, values: Any, more: Any, only_new: Any = None) -> Any:
    """Add the elements of another array, or one value, at the end."""
    if more is None or more == []:
        return values
    if values is None:
        return more if isinstance(more, list) else [more]
    if not isinstance(values, list):
        return context.refuse("APPEND")
    joined = part_of(values)
    joined += part_of(more) if isinstance(more, list) else [more]
    return distinct(context.each(joined)) if truth(only_new) else joined


@aql_function("REMOVE_VALUE", low=2, high=3)
def remove_value(context: Context, values: Any, value: Any, limit: Any = None) -> Any:
    """Leave out a value, at most so many times."""
    if values is None:
        return []
    if not isinstance(values, list):
        return context.refuse("REMOVE_VALUE")
    left = -1 if limit is None or limit is False else integer(limit)
    kept = []
    for item in context.each(values):
        if left != 0 and equal(item, value):
            left -= 1
        else:
            kept.append(item)
    return kept


@aql_function("REMOVE_VALUES", low=2)
def remove_values(context: Context, values: Any, unwanted: Any) -> Any:
    """Leave out all values of another array."""
    if unwanted is None:
        return values
    if values is None:
        return []
    if not isinstance(values, list) or not isinstance(unwanted, list):
        return context.refuse("REMOVE_VALUES")
    keys = set(map(hash_key, context.each(unwanted)))
    return [value for value in context.each(values) if hash_key(value) not in keys]


@aql_function("REMOVE_NTH", low=2)
def remove_nth(context: Context, values: Any, position: Any) -> Any:
    """Leave out the element at a position; negative ones count from the end."""
    if values is None:
        return []
    if not isinstance(values, list):
        return context.refuse("REMOVE_NTH")
    place = to_number(position)
    if place < 0:
        place += len(values)  # before the fraction is cut off: -2.2 of 6 is 3.8, so 3
    if not 0 <= place < len(values):
        return values
    place = int(place)
    kept = part_of(values)
    del kept[place]
    return kept


@aql_function("REPLACE_NTH", low=3, high=4)
def replace_nth(context: Context, values: Any, position: Any, value: Any, *padding: Any) -> Any:
    """Replace the element at a position; beyond the end the array grows by padding.

    Raises:
        ArangoError: 1542 without padding for the gap, 32 for a gap too long.
    """
    if not isinstance(values, list):
        return context.refuse("REPLACE_NTH")
    if position is None or not is_number(position):
        return context.fail("REPLACE_NTH")
    place = integer(position)
    if place < 0:
        place = max(0, len(values) + place)
    gap = place - len(values)
    if gap > 0 and not padding:
        return context.fail("REPLACE_NTH")
    if gap > LONGEST_ARRAY:
        raise ArangoError(RESOURCE_LIMIT, "resource limit exceeded: REPLACE_NTH() pads too far")
    changed = part_of(values)
    changed += padding * max(0, gap)
    changed[place : place + 1] = [value]
    return changed
