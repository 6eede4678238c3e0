"""Conversions between the types of AQL values, as operators and functions apply them."""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

from hades_mcp.embedded.values.text import json_text

_LOWEST, _HIGHEST = -(2**63), 2**64 - 1
_TYPE_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "bool",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
_NUMBER = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?\s*", re.ASCII)


def type_name(value: Any) -> str:
    """Return the name TYPENAME() gives: null, bool, number, string, array or object."""
    return _TYPE_NAMES[type(value)]


def number(value: float) -> float | None:
    """Make a Python number an AQL number: NaN and infinity are null, integers have 64 bits."""
    if isinstance(value, int):
        if _LOWEST <= value <= _HIGHEST:
            return value
        try:
            return float(value)
        except OverflowError:
            return None
    return value if isfinite(value) else None


def truth(value: Any) -> bool:
    """Tell whether a value counts as true: all but null, false, 0 and the empty string."""
    kind = type(value)
    return True if kind is list or kind is dict else bool(value)


to_bool = truth


def to_number(value: Any) -> float:
    """Convert as TO_NUMBER() does: what has no numeric meaning is 0."""
    while True:
        kind = type(value)
        if kind is int or kind is float:
            return value  # type: ignore[no-any-return]
        if kind is bool:
            return int(value)
        if kind is str:
            return _read_number(value)
        if kind is list and len(value) == 1:
            value = value[0]
            continue
        return 0


def _read_number(text: str) -> float:
    if not _NUMBER.fullmatch(text):
        return 0
    try:
        result = number(int(text))
    except ValueError:
        result = number(float(text))
    return 0 if result is None else result


def to_text(value: Any) -> str:
    """Convert as TO_STRING() does: null is empty, arrays and objects are JSON."""
    if type(value) is str:
        return value
    return "" if value is None else json_text(value)


def to_array(value: Any) -> list[Any]:
    """Convert as TO_ARRAY() does: null is empty, an object gives its values, others wrap."""
    kind = type(value)
    if kind is list:
        return value  # type: ignore[no-any-return]
    if kind is dict:
        return list(value.values())
    return [] if value is None else [value]
