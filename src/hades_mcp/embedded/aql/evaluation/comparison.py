"""The comparison operators, alone and over all elements of an array."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.values import compare, equal, hash_key, to_number, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hades_mcp.embedded.aql.context import Context
    from hades_mcp.embedded.aql.nodes import Quantifier

WORTH_HASHING = 8


def contained(value: Any, items: Any) -> bool:
    """`value IN items`; nothing is in what is no array."""
    return type(items) is list and any(equal(value, item) for item in items)


def not_contained(value: Any, items: Any) -> bool:
    """`value NOT IN items`; false too for what is no array."""
    return type(items) is list and not any(equal(value, item) for item in items)


def _less(left: Any, right: Any) -> bool:
    return compare(left, right) < 0


def _less_or_equal(left: Any, right: Any) -> bool:
    return compare(left, right) <= 0


def _greater(left: Any, right: Any) -> bool:
    return compare(left, right) > 0


def _greater_or_equal(left: Any, right: Any) -> bool:
    return compare(left, right) >= 0


def _different(left: Any, right: Any) -> bool:
    return not equal(left, right)


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": equal,
    "!=": _different,
    "<": _less,
    "<=": _less_or_equal,
    ">": _greater,
    ">=": _greater_or_equal,
    "IN": contained,
    "NOT IN": not_contained,
}


class Membership:
    """Tests membership in arrays; one seen twice, such as a constant, is hashed."""

    __slots__ = ("_known", "_seen")

    def __init__(self) -> None:
        self._seen: Any = None
        self._known: tuple[Any, frozenset[Any]] = (None, frozenset())

    def __call__(self, context: Context, value: Any, items: list[Any]) -> bool:
        """Tell whether a value is an element of an array."""
        array, keys = self._known
        if array is not items:
            if self._seen is not items or len(items) < WORTH_HASHING:
                self._seen = items
                return any(equal(value, item) for item in context.each(items))
            keys = frozenset(map(hash_key, context.each(items)))
            self._known = (items, keys)
        return hash_key(value) in keys


def quantified(
    each: Callable[[list[Any]], Iterable[Any]],
    quantifier: Quantifier,
    test: Callable[[Any, Any], bool],
    operands: tuple[Any, Any, Any],
) -> bool:
    """`left ALL == right`: compare each element of the array on the left with the right.

    Args:
        each: Gives the elements of an array; stops where the query is to stop.
        quantifier: ALL, ANY, NONE or AT LEAST.
        test: The comparison.
        operands: Left, right, and the number for AT LEAST.
    """
    left, right, least = operands
    if type(left) is not list:
        return False
    if test in {contained, not_contained} and type(right) is not list:
        return False
    hits = (test(item, right) for item in each(left))
    match quantifier:
        case "ALL":
            return all(hits)
        case "ANY":
            return any(hits)
        case "NONE":
            return not any(hits)
        case "AT LEAST":
            return sum(hits) >= to_number(least)


def attribute(value: Any, name: str) -> Any:
    """`value.name`; null where there is no such attribute."""
    return value.get(name) if type(value) is dict else None


def element(value: Any, index: Any) -> Any:
    """`value[index]`: of an array by position, from its end if negative; of an object by name."""
    if type(value) is list:
        if type(index) is str:
            index = _position(index)
        if type(index) not in {int, float}:
            return None
        position = int(index)
        return value[position] if -len(value) <= position < len(value) else None
    if type(value) is dict:
        if type(index) is str:
            return value.get(index)
        if type_name(index) == "number":
            return value.get(str(int(index)))
    return None


def _position(text: str) -> int | None:
    """Read a position written as text, as ArangoDB accepts it."""
    try:
        return int(text)
    except ValueError:
        return None


def along(value: Any, path: Any) -> Any:
    """`value.@path`: an attribute, or an array of attributes one inside the other."""
    if type(path) is list:
        for name in path:
            value = attribute(value, name)
        return value
    return element(value, path)
