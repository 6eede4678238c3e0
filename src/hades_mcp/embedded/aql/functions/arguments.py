"""How functions read their arguments: AQL converts rather than refuses."""

from __future__ import annotations

from typing import Any

from hades_mcp.embedded.values import to_number


def integer(value: Any) -> int:
    """Return a value as an integer: converted to a number, then cut off towards zero."""
    return int(to_number(value))


def is_number(value: Any) -> bool:
    """Tell whether a value is an AQL number; booleans are not."""
    return type(value) is int or type(value) is float


def numbers(values: Any) -> list[float] | None:
    """Return an array as numbers without its nulls, or None if it holds anything else."""
    kept = [value for value in values if value is not None]
    return kept if all(type(value) is int or type(value) is float for value in kept) else None
