"""Stating: whether a text says what a query found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_VALUES = 50
"""Values of a result that a text is asked for; no statement holds more."""

_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\w])")


def states(text: str, found: Iterable[Any]) -> bool | None:
    """Return whether a text holds every value of some rows; None where that says nothing.

    Numbers are compared as numbers, as exactly as the text writes them (`3.1` states 3.14); texts
    by their letters, whatever their case. Truth values and null are left out. A result of one value
    is stated or contradicted; of several, some may rightly go unsaid. Nothing found, or more than
    fifty values, says nothing.
    """
    values = list(_values(found))
    if not 0 < len(values) <= MOST_VALUES:
        return None
    numbers = [match[0].replace(",", "") for match in _NUMBER.finditer(text)]
    folded = text.casefold()
    if all(_is_said(value, folded, numbers) for value in values):
        return True
    return False if len(values) == 1 else None


def _values(found: Any) -> Iterator[str | float]:
    match found:
        case None | bool():
            return
        case str() | int() | float():
            yield found
        case dict():
            for value in found.values():
                yield from _values(value)
        case _:
            for value in found:
                yield from _values(value)


def _is_said(value: str | float, text: str, numbers: Iterable[str]) -> bool:
    if isinstance(value, str):
        return re.search(rf"(?<!\w){re.escape(value.casefold().strip())}(?!\w)", text) is not None
    return any(float(number) == round(value, _digits(number)) for number in numbers)


def _digits(number: str) -> int:
    return len(number.partition(".")[2])
