"""How functions read their arguments: AQL converts rather than refuses."""

from __future__ import annotations

from typing import Any

from hades_mcp.embedded.values import to_number

_LOWEST, _HIGHEST = -(2**63), 2**63 - 1


def integer(value: Any) -> int:
    """Return a value as an integer of 64 bits: made a number, then cut off towards zero."""
    return max(_LOWEST, min(_HIGHEST, int(to_number(value))))


def is_number(value: Any) -> bool:
    """Tell whether a value is an AQL number; booleans are not."""
    return type(value) is int or type(value) is float
