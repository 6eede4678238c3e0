"""Leaves vectors out of what is shown: nobody can read them, and they fill a model's context."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LONG = 64
"""A list of at least so many numbers, not all of them integers, is a vector."""

NAMES = frozenset({"embedding", "embeddings", "vector"})
"""Under these names a list of so many numbers is one, whatever they are."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Where in a value vectors were asked for.

    Args:
        named: Here: what stands here, or in lists that do, was named itself.
        entries: What was asked for within an object.
        items: What was asked for within each item of a list.
    """

    named: bool = False
    entries: dict[str, Asked] = field(default_factory=dict)
    items: Asked | None = None

    def __or__(self, other: Asked) -> Asked:
        """Return what either asks for."""
        if self == NOTHING:
            return other
        mine, theirs = self.entries, other.entries
        entries = {k: mine.get(k, NOTHING) | theirs.get(k, NOTHING) for k in {**mine, **theirs}}
        items = (self.items or NOTHING) | (other.items or NOTHING)
        return Asked(self.named or other.named, entries, None if items == NOTHING else items)

    def each(self) -> Asked:
        """Return what is asked for within each item of a list that stands here."""
        return (self.items or NOTHING) | (NAMED if self.named else NOTHING)


NOTHING = Asked()
NAMED = Asked(named=True)


def without_vectors(value: Any, asked: Asked = NOTHING) -> Any:
    """Return a value with every attribute that holds a vector dropped, at any depth.

    Args:
        value: What JSON can hold.
        asked: Where vectors are wanted all the same.
    """
    if isinstance(value, dict):
        entries = asked.entries
        return {
            key: without_vectors(inner, entries.get(key, NOTHING))
            for key, inner in value.items()
            if (key in entries and entries[key].named) or not is_vector(inner, named=key in NAMES)
        }
    if isinstance(value, list):
        if is_vector(value):
            return value if asked.named else f"<vector of {len(value)} numbers>"
        each = asked if asked is NOTHING else asked.each()
        return [without_vectors(inner, each) for inner in value]
    return value


def is_vector(value: Any, *, named: bool = False) -> bool:
    """Return whether a value is a vector.

    Args:
        value: What JSON can hold.
        named: Whether it stands under one of `NAMES`.
    """
    # JSON writes 0.0 as 0, so some of its numbers may have come as integers
    return (
        isinstance(value, list)
        and len(value) >= LONG
        and all(isinstance(number, float | int) and number is not True for number in value)
        and (named or any(isinstance(number, float) for number in value))
    )
