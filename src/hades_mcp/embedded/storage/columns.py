"""Columns: single attributes of all documents of a collection, side by side, while nobody writes.

A column holds plain values only: null, booleans, numbers and short texts. It is read once by
SQLite, which finds an attribute in a body faster than Python reads the body, and answers scans and
comparisons from then on without a look at the documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain, compress
from typing import TYPE_CHECKING, Any, TypeAlias

from hades_mcp.embedded.values import hash_key, order_key
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

Path: TypeAlias = tuple[str, ...]
"""The names that lead to an attribute."""

Comparison: TypeAlias = tuple[Path, str, Any]
"""An attribute, an operator and a value; of the operators ==, <, <=, >, >= and IN."""

PLAIN = frozenset({type(None), bool, int, float, str})
_PIECE = 10_000
_KEYS_KEPT = 250_000
_NUMBERS = frozenset({int, float})
_NUMBERS_AND_NULL = _NUMBERS | {type(None)}
_NAME = re.compile(r"[A-Za-z0-9_]+", re.ASCII)


@dataclass(slots=True)
class Column:
    """One attribute of all documents, in the order of their rows.

    Attributes:
        kinds: The Python types that occur.
        places: Where each value is, by what stands for it in hashes; made when first asked for.
        keys: What Python orders as AQL does the values; made when first asked for.
    """

    values: list[Any]
    kinds: frozenset[type]
    places: dict[Hashable, list[int]] | None = None
    keys: list[bytes] | None = None


@dataclass(slots=True)
class Columns:
    """What is known of a collection's attributes.

    Attributes:
        rows: The row of each document.
        known: Columns by path; None for an attribute that is not always a plain value.
        asked: Paths that scans have asked for.
    """

    rows: list[int] = field(default_factory=list)
    known: dict[Path, Column | None] = field(default_factory=dict)
    asked: set[Path] = field(default_factory=set)


def sql_path(path: Path) -> str | None:
    """Return an attribute as SQLite names it; None for one whose name it might misread."""
    if all(_NAME.fullmatch(name) for name in path):
        return "$" + "".join(f'."{name}"' for name in path)
    return None


def matching(columns: Columns, comparisons: Iterable[Comparison]) -> tuple[list[int] | None, bool]:
    """Return the positions of documents that may satisfy comparisons, and whether all surely do.

    The positions are None where no comparison can be used.
    """
    positions: list[int] | None = None
    exact = True
    for path, operator, value in comparisons:
        column = columns.known.get(path)
        found = None if column is None else _apply(column, operator, value, positions)
        if found is None:
            exact = False
        else:
            positions = found
    return positions, exact


def _apply(column: Column, operator: str, value: Any, among: list[int] | None) -> list[int] | None:
    """Return the positions, among those given, whose values compare; None if that is unknown."""
    if operator == "==" and type(value) in PLAIN:
        return _equal(column, [value], among)
    if operator == "IN" and type(value) is list and all(type(each) in PLAIN for each in value):
        return _equal(column, value, among)
    test = _TESTS.get((operator, type(None) in column.kinds))
    if test is None or type(value) not in _NUMBERS or not column.kinds <= _NUMBERS_AND_NULL:
        return None  # text has an order of its own, other types another rank
    if among is None:
        return list(compress(range(len(column.values)), test(column.values, value)))
    chosen = [column.values[place] for place in among]
    return list(compress(among, test(chosen, value)))


def all_numbers(column: Column) -> bool:
    """Tell whether a column holds numbers only."""
    return column.kinds <= _NUMBERS


def hash_keys(column: Column) -> list[Any]:
    """Return what stands for the values in hashes."""
    if bool not in column.kinds:  # all others stand for themselves
        return column.values
    return list(map(hash_key, paced(column.values)))


def places_of(column: Column) -> dict[Hashable, list[int]]:
    """Return where each value is, by what stands for it in hashes."""
    if column.places is None:
        places: dict[Hashable, list[int]] = {}
        for position, key in enumerate(paced(hash_keys(column))):
            places.setdefault(key, []).append(position)
        column.places = places
    return column.places


def sort_keys(column: Column, check: Callable[[], None]) -> list[Any]:
    """Return what Python orders as AQL does the values.

    Args:
        column: The values.
        check: Called now and then; raises when the query was killed.
    """
    if all_numbers(column):
        return column.values
    if column.keys is None:
        keys: list[bytes] = []
        known: dict[Hashable, bytes] = {}
        for start in range(0, len(column.values), _PIECE):
            check()
            for value in column.values[start : start + _PIECE]:
                standing = hash_key(value)
                key = known.get(standing)
                if key is None:
                    key = known[standing] = order_key(value)
                keys.append(key)
        if len(keys) > _KEYS_KEPT:  # they take more room than the values
            return keys
        column.keys = keys
    return column.keys


def _equal(column: Column, values: list[Any], among: list[int] | None) -> list[int]:
    places = places_of(column)
    wanted = dict.fromkeys(map(hash_key, values))
    found = [places.get(key, []) for key in wanted]
    positions = found[0] if len(found) == 1 else sorted(chain.from_iterable(found))
    if among is None:
        return positions
    within = set(positions)
    return [place for place in among if place in within]


_Test: TypeAlias = Callable[[list[Any], float], list[bool]]
# null sorts before all numbers
_TESTS: dict[tuple[str, bool], _Test] = {
    ("<", False): lambda values, bound: [value < bound for value in values],
    ("<=", False): lambda values, bound: [value <= bound for value in values],
    (">", False): lambda values, bound: [value > bound for value in values],
    (">=", False): lambda values, bound: [value >= bound for value in values],
    ("<", True): lambda values, bound: [value is None or value < bound for value in values],
    ("<=", True): lambda values, bound: [value is None or value <= bound for value in values],
    (">", True): lambda values, bound: [value is not None and value > bound for value in values],
    (">=", True): lambda values, bound: [value is not None and value >= bound for value in values],
}
