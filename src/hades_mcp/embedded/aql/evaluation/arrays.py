"""Array expansion `[*]`, contraction `[**]` and the question mark operator `[?]`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from hades_mcp.embedded.values import to_number, truth

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context
    from hades_mcp.embedded.aql.nodes import Quantifier

_Evaluate: TypeAlias = Callable[[list[Any]], Any]


def _flat(context: Context, items: list[Any], depth: int) -> list[Any]:
    for _ in range(depth):
        if not any(type(item) is list for item in context.each(items)):
            break
        items = [
            inner
            for item in context.each(items)
            for inner in (context.each(item) if type(item) is list else (item,))
        ]
    return items


def expansion(
    subject: _Evaluate,
    place: int,
    *,
    levels: int,
    condition: _Evaluate | None,
    offset: _Evaluate | None,
    count: _Evaluate | None,
    projection: _Evaluate | None,
    suffix: _Evaluate | None,
) -> _Evaluate:
    """Compile an expansion.

    Args:
        subject: Gives the array; anything else expands to an empty one.
        place: Where in the row the element at hand goes.
        levels: Number of stars.
        condition: Elements for which it is false are left out.
        offset: How many of the others to skip.
        count: How many to take at most.
        projection: What to give for each element.
        suffix: What to give for each projected element.
    """
    steps = [step for step in (projection, suffix) if step is not None]

    def expand(row: list[Any]) -> list[Any]:
        items = subject(row)
        if type(items) is not list:
            return []
        items = _flat(row[0], items, levels - 1)
        if condition is not None:
            every = row[0].each(items)
            items = [item for item in every if truth(_with(row, place, item, condition))]
        if count is not None:
            items = _limited(items, 0 if offset is None else offset(row), count(row))
        for step in steps:
            items = [_with(row, place, item, step) for item in row[0].each(items)]
        return list(items)

    return expand


def _with(row: list[Any], place: int, item: Any, evaluate: _Evaluate) -> Any:
    row[place] = item
    return evaluate(row)


def _limited(items: list[Any], offset: Any, count: Any) -> list[Any]:
    first, most = int(to_number(offset)), int(to_number(count))
    return items[first : first + most] if first >= 0 and most >= 0 else []


def question(
    subject: _Evaluate,
    place: int,
    *,
    quantifier: Quantifier | str,
    low: _Evaluate | None,
    high: _Evaluate | None,
    condition: _Evaluate | None,
) -> _Evaluate:
    """Compile `[? …]`: whether as many elements satisfy the condition as asked.

    Args:
        subject: Gives the array; the answer is false for anything else.
        place: Where in the row the element at hand goes.
        quantifier: ALL, ANY, NONE, AT LEAST, or RANGE for a number or a range of numbers.
        low: The number for AT LEAST and RANGE.
        high: The end of the range.
        condition: None is true of every element.
    """

    def ask(row: list[Any]) -> bool:
        items = subject(row)
        if type(items) is not list:
            return False
        hits = len(items)
        if condition is not None:
            hits = sum(truth(_with(row, place, item, condition)) for item in row[0].each(items))
        match quantifier:
            case "ALL":
                return hits == len(items)
            case "NONE":
                return hits == 0
            case "AT LEAST" if low is not None:
                return hits >= to_number(low(row))
            case "RANGE" if low is not None:
                least = to_number(low(row))
                return least <= hits <= (least if high is None else to_number(high(row)))
            case _:
                return hits > 0

    return ask
