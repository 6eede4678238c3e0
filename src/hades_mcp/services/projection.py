"""Leaves vectors out of what is shown: nobody can read them, and they fill a model's context."""

from __future__ import annotations

from typing import Any

LONG = 64
"""A list of at least so many numbers, not all of them integers, is a vector."""

NAMES = frozenset({"embedding", "embeddings", "vector"})
"""Under these names a list of so many numbers is one, whatever they are."""


def without_vectors(value: Any) -> Any:
    """Return a value with every attribute that holds a vector dropped, at any depth."""
    if isinstance(value, dict):
        return {
            key: without_vectors(inner)
            for key, inner in value.items()
            if not _is_vector(inner, named=key in NAMES)
        }
    if isinstance(value, list):
        if _is_vector(value):
            return f"<vector of {len(value)} numbers>"
        return [without_vectors(inner) for inner in value]
    return value


def _is_vector(value: Any, *, named: bool = False) -> bool:
    # JSON writes 0.0 as 0, so some of its numbers may have come as integers
    return (
        isinstance(value, list)
        and len(value) >= LONG
        and all(isinstance(number, float | int) and number is not True for number in value)
        and (named or any(isinstance(number, float) for number in value))
    )
