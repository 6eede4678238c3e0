"""Comparison and equality of AQL values: null < bool < number < string < array < object."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.collation import compare_text, sort_key
from hades_mcp.embedded.values.sorting import ordered_by
from hades_mcp.embedded.values.stopping import PIECE, check, paced

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable

RANK: dict[type, int] = {
    type(None): 0,
    bool: 1,
    int: 2,
    float: 2,
    str: 3,
    list: 4,
    dict: 5,
}
_TEXT, _ARRAY = 3, 4


def compare(left: Any, right: Any) -> int:
    """Return -1, 0 or 1 in AQL's order of values.

    Types come first. Arrays compare element by element, a missing element counting as null; objects
    compare attribute by attribute in the order of the names they have together, missing as null.

    Source: ArangoDB manual, "Type and value order".
    """
    rank, other = RANK[type(left)], RANK[type(right)]
    if rank != other:
        return -1 if rank < other else 1
    if rank < _TEXT:
        return 0 if rank == 0 else (left > right) - (left < right)
    if rank == _TEXT:
        return compare_text(left, right)
    if rank == _ARRAY:
        return _compare_arrays(left, right)
    return _compare_objects(left, right)


def _compare_arrays(left: list[Any], right: list[Any]) -> int:
    for mine, yours in _pairs(left, right):
        result = compare(mine, yours)
        if result:
            return result
    return 0


def _pairs(left: list[Any], right: list[Any]) -> Iterable[tuple[Any, Any]]:
    """Return elements side by side, null where one array is shorter."""
    if len(left) >= len(right):
        return zip_longest(paced(left), right)
    return zip_longest(left, paced(right))


def attribute_rank(name: str) -> tuple[bytes, str]:
    """Rank an attribute name: collation first, then code points, for names ICU holds equal."""
    return (sort_key(name), "" if name.isascii() else name)


def names_in_order(names: Collection[str]) -> list[str]:
    """Return attribute names in the order in which objects are compared and encoded."""
    if len(names) <= PIECE:
        return sorted(names, key=attribute_rank)
    found = list(names)
    return ordered_by(found, [attribute_rank(name) for name in paced(found)], check())


def _compare_objects(left: dict[str, Any], right: dict[str, Any]) -> int:
    few = len(left) + len(right) <= PIECE
    names = left.keys() | right.keys() if few else {*paced(left), *paced(right)}
    for name in paced(names_in_order(names)):
        result = compare(left.get(name), right.get(name))
        if result:
            return result
    return 0


def less(left: Any, right: Any) -> bool:
    """Tell whether `left` sorts before `right`."""
    return compare(left, right) < 0


def equal(left: Any, right: Any) -> bool:
    """Tell whether two values are equal as AQL's `==` sees them.

    Text is equal when its code points are (ArangoDB compares it bytewise for == and !=), which is
    narrower than `compare() == 0` for composed and decomposed accents.
    """
    kind, other = type(left), type(right)
    if kind is other and kind is not list and kind is not dict:
        return bool(left == right)
    rank = RANK[kind]
    if rank != RANK[other]:
        return False
    if rank < _ARRAY:
        return bool(left == right)
    if left is right:
        return True
    if rank == _ARRAY:
        if len(left) == len(right):
            return all(map(equal, paced(left), right))
        return all(equal(mine, yours) for mine, yours in _pairs(left, right))
    if left.keys() == right.keys():
        return all(equal(item, right[name]) for name, item in paced(left.items()))
    return all(equal(item, right.get(name)) for name, item in paced(left.items())) and all(
        item is None or name in left for name, item in paced(right.items())
    )


def hash_key(value: Any) -> Hashable:
    """Return a hashable stand-in: two stand-ins are equal exactly when the values are `equal`."""
    kind = type(value)
    if kind is str or kind is int or kind is float or value is None:
        return value  # type: ignore[no-any-return]
    if kind is bool:
        return (value,)  # apart from 0 and 1
    if kind is list:
        keys = [hash_key(item) for item in paced(value)]
        while keys and keys[-1] is None:
            keys.pop()
        return ("[", *keys)
    items = paced(value.items())
    return frozenset((name, hash_key(item)) for name, item in items if item is not None)
