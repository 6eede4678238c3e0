"""Columns: single attributes of all documents of a collection, side by side, while nobody writes.

A column holds plain values only: null, booleans, numbers and short texts. It is read once by
SQLite, which finds an attribute in a body faster than Python reads the body, and answers scans and
comparisons from then on without a look at the documents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain, compress
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from hades_mcp.embedded.values import hash_key

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from hades_mcp.embedded.storage.session import Session

Path: TypeAlias = tuple[str, ...]
"""The names that lead to an attribute."""

Comparison: TypeAlias = tuple[Path, str, Any]
"""An attribute, an operator and a value; of the operators ==, <, <=, >, >= and IN."""

_BATCH = 5000
_LONG = 100  # characters; longer texts are not worth the room
_PLAIN = frozenset({type(None), bool, int, float, str})
_NUMBERS = frozenset({int, float})
_NUMBERS_AND_NULL = _NUMBERS | {type(None)}
_NAME = re.compile(r"[A-Za-z0-9_]+", re.ASCII)
LARGEST = 2_000_000
"""Collections of more documents are always scanned."""


@dataclass(slots=True)
class Column:
    """One attribute of all documents, in the order of their rows.

    Attributes:
        kinds: The Python types that occur.
        places: Where each value is, by what stands for it in hashes; made when first asked for.
    """

    values: list[Any]
    kinds: frozenset[type]
    places: dict[Hashable, list[int]] | None = None


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


def known_columns(
    session: Session,
    number: int,
    paths: Sequence[Path],
    check: Callable[[], None],
    *,
    again: bool,
) -> Columns | None:
    """Return the columns of a collection that are known in a snapshot; None if there are none.

    Reading one costs more than a scan, so that is done for the second scan that asks for it and
    meets no write in between.

    Args:
        session: The snapshot.
        number: The collection's number.
        paths: The attributes of interest.
        check: Called now and then; raises when the query was killed.
        again: Whether the query at hand has scanned the collection before.
    """
    reads = session.reads(number)
    if reads is None:
        return None
    reads.make_room()
    columns = reads.columns
    missing = [path for path in paths if path not in columns.known]
    if missing:
        before = again or columns.asked.issuperset(missing)
        columns.asked.update(missing)
        if not before or session.counters(number).documents > LARGEST:
            return None
        reads.weigh_values(_read_columns(session, number, columns, missing, check))
    return columns if columns.rows else None


def _read_columns(
    session: Session,
    number: int,
    columns: Columns,
    paths: Iterable[Path],
    check: Callable[[], None],
) -> int:
    """Read attributes that are not known yet; return how many values are held for it."""
    missing = [path for path in paths if path not in columns.known]
    named = {path: name for path in missing if (name := sql_path(path)) is not None}
    columns.known.update((path, None) for path in missing if path not in named)
    if not named:
        return 0
    rows: list[int] = []
    read: list[list[Any] | None] = [[] for _ in named]
    shared: dict[str, str] = {}
    for numbers, batch in _batches(session, number, [*named.values()]):
        check()
        rows += numbers
        read = [_extended(*each, shared) for each in zip(read, batch, strict=True)]
    columns.rows = rows
    for path, values in zip(named, read, strict=True):
        kinds = frozenset(map(type, values or ()))
        columns.known[path] = None if values is None else Column(values, kinds)
    return len(rows) * (1 + sum(values is not None for values in read))


def _extended(
    values: list[Any] | None, more: Sequence[Any], shared: dict[str, str]
) -> list[Any] | None:
    """Return the values with more of them, or None once they are not to be kept."""
    kinds = set(map(type, more))
    if values is None or not kinds <= _PLAIN:
        return None
    if str in kinds:
        texts = [value for value in more if type(value) is str]
        if sum(map(len, texts)) > _LONG * len(more):
            return None
        if len(texts) == len(more):
            more = [shared.setdefault(text, text) for text in texts]
    values.extend(more)
    return values


def _batches(
    session: Session, number: int, names: list[str]
) -> Iterator[tuple[list[int], Sequence[Sequence[Any]]]]:
    # with two paths or more SQLite gives an array as JSON text: no number or boolean is converted
    paths = names if len(names) > 1 else names * 2
    marks = ", ".join("?" for _ in paths)
    sql = (
        f"SELECT group_concat(rid), group_concat(json_extract(body, {marks})) FROM c{number}"  # noqa: S608  a number of ours
        " WHERE rid > ? AND rid <= ?"
    )
    last = session.execute(f"SELECT max(rid) FROM c{number}").fetchone()[0] or 0  # noqa: S608  same
    for start in range(0, last, _BATCH):
        rows, texts = session.execute(sql, (*paths, start, start + _BATCH)).fetchone()
        if rows is not None:
            table = orjson.loads(f"[{texts}]")
            yield orjson.loads(f"[{rows}]"), list(zip(*table, strict=True))[: len(names)]


# ------------------------------------------------------------------------------------- comparing


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
    if operator == "==" and type(value) in _PLAIN:
        return _equal(column, [value], among)
    if operator == "IN" and type(value) is list and all(type(each) in _PLAIN for each in value):
        return _equal(column, value, among)
    test = _TESTS.get((operator, type(None) in column.kinds))
    if test is None or type(value) not in _NUMBERS or not column.kinds <= _NUMBERS_AND_NULL:
        return None  # text has an order of its own, other types another rank
    if among is None:
        return list(compress(range(len(column.values)), test(column.values, value)))
    chosen = [column.values[place] for place in among]
    return list(compress(among, test(chosen, value)))


def _equal(column: Column, values: list[Any], among: list[int] | None) -> list[int]:
    if column.places is None:
        places: dict[Hashable, list[int]] = {}
        keys = map(hash_key, column.values) if bool in column.kinds else column.values
        for position, key in enumerate(keys):
            places.setdefault(key, []).append(position)
        column.places = places
    wanted = dict.fromkeys(map(hash_key, values))
    found = [column.places.get(key, []) for key in wanted]
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
