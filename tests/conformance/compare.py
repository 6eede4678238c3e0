"""Whether two answers are the same, as the data's README defines it."""

from __future__ import annotations

import json
import math
import re
from typing import Any

SYSTEM = frozenset({"_id", "_key", "_rev", "_oldRev", "tzdb"})
INCOMPARABLE = ("stats", "scanned", "filtered", "cached", "extra", "executiontime", "warnings")
_UNORDERED = re.compile(r"\b(?:MINUS|INTERSECTION|UNION_DISTINCT|OUTERSECTION)\b")
_GENERATED = re.compile(r"(?:\w+/|idx_)?\d{3,}|_[\w-]{9,10}")


def same(left: Any, right: Any) -> bool:
    """Tell whether two values are equal, numbers to nine digits."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right or math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    return type(left) is type(right) and bool(left == right)


def same_rows(left: Any, right: Any) -> bool:
    """Tell whether two results hold the same rows in any order."""
    if same(left, right):
        return True
    if not isinstance(left, list) or not isinstance(right, list) or len(left) != len(right):
        return False
    rest = list(right)
    for row in left:
        place = next((at for at, other in enumerate(rest) if same(row, other)), None)
        if place is None:
            return False
        del rest[place]
    return True


def ordered(query: str, left: Any, right: Any) -> tuple[Any, Any]:
    """Return two answers, lists in them sorted if the manual calls their order random."""
    if _UNORDERED.search(query) is None:
        return left, right
    return _sorted(left), _sorted(right)


def _sorted(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def without_system(value: Any) -> Any:
    """Return a value without `_key`, `_id` and `_rev`, at any depth."""
    if isinstance(value, list):
        return [without_system(item) for item in value]
    if isinstance(value, dict):
        return {name: without_system(v) for name, v in value.items() if name not in SYSTEM}
    return value


def as_row(value: Any) -> Any:
    """Return a value as the helper of ArangoDB's tests does: without `_` attributes."""
    if isinstance(value, list):
        return [as_row(item) for item in value]
    if isinstance(value, dict):
        return {name: as_row(v) for name, v in value.items() if not name.startswith("_")}
    return value


def masked(value: Any) -> Any:
    """Return a value with ids and revisions that a server makes up replaced by `#`."""
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, dict):
        return {
            "#" if _GENERATED.fullmatch(str(name)) else name: masked(v) for name, v in value.items()
        }
    if isinstance(value, str) and _GENERATED.fullmatch(value):
        return "#"
    return value


def at(rows: Any, path: list[Any] | None) -> Any:
    """Follow a path of indexes, attributes, `length` and `@sort` into a result."""
    value = rows
    for part in path or []:
        if part == "length" and not isinstance(value, dict):
            value = None if value is None else len(value)
        elif part == "@sort":
            value = sorted(value, key=lambda item: json.dumps(item, sort_keys=True))
        elif isinstance(value, list):
            inside = str(part).isdigit() and int(part) < len(value)
            value = value[int(part)] if inside else None
        elif isinstance(value, dict):
            value = value.get(str(part))
        else:
            value = None
    return value


def comparable(path: list[Any] | None) -> bool:
    """Tell whether what a path leads to is the same on every server."""
    return not any(
        any(word in str(part).lower() for word in INCOMPARABLE)
        or (str(part).startswith("@") and part != "@sort")
        for part in path or []
    )


def truthy(value: Any) -> bool:
    """Tell whether JavaScript takes a value for true."""
    return isinstance(value, list | dict) or bool(value)


def shown(value: Any, most: int = 160) -> str:
    """Return a value as short JSON."""
    return json.dumps(value, ensure_ascii=False, default=str)[:most]
