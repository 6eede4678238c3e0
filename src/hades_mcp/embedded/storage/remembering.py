"""Columns that are remembered: read once that pays, and mended after writes.

A commit of this process tells which rows it wrote. Only those are read again, so that a scan right
after a write costs what one without a write does.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.embedded.storage.column_reading import extended, read_columns, read_values
from hades_mcp.embedded.storage.columns import Column, Columns, Path, sql_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hades_mcp.embedded.storage.session import Session

LARGEST = 2_000_000
"""Collections of more documents are always scanned."""


def known_columns(
    session: Session,
    number: int,
    paths: Sequence[Path],
    check: Callable[[], None],
    *,
    again: bool,
    note: bool = True,
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
        note: Whether it is a scan that asks, to be remembered; another may follow within the query.
    """
    reads = session.reads(number)
    if reads is None:
        return None
    reads.make_room()
    stale = reads.stale
    if stale is not None:  # two threads may both do this: they find the same
        before, version = stale
        changed = session.recent.changes.between(number, version, reads.version)
        if changed is None:
            reads.columns = Columns(asked=set(before.asked))
        else:
            reads.columns = mended(session, number, before, changed)
        reads.weigh_values(len(reads.columns.rows) * (1 + len(reads.columns.known)))
        reads.stale = None
    columns = reads.columns
    missing = [path for path in paths if path not in columns.known]
    if missing:
        pays = again or columns.asked.issuperset(missing)
        if note:
            columns.asked.update(missing)
        if not pays or session.counters(number).documents > LARGEST:
            return None
        reads.weigh_values(read_columns(session, number, columns, missing, check))
    return columns if columns.rows else None


def mended(session: Session, number: int, before: Columns, changed: set[int]) -> Columns:
    """Return the columns of an older version as they are now.

    What no write has touched is shared with the older ones.

    Args:
        session: A snapshot of now.
        number: The collection's number.
        before: The columns of then.
        changed: All rows that were written since then.
    """
    known = dict(before.known)
    named = {path: sql_path(path) or "" for path, column in known.items() if column is not None}
    names = [*named.values()]
    which = "rid IN (SELECT value FROM json_each(?))"
    wanted = orjson.dumps(sorted(changed)).decode()
    rows, values = read_values(session, number, names, which, (wanted,)) if names else ([], [])
    now = dict(sorted(zip(rows, range(len(rows)), strict=True)))
    shape = _shape(before.rows, changed, now)
    if shape is None or not names:
        return Columns(asked=set(before.asked))
    for path, found in zip(named, values, strict=True):
        column = known[path]
        if column is not None:
            known[path] = _mended(column, shape, found)
    return Columns(shape.rows, known, set(before.asked))


@dataclass(frozen=True, slots=True)
class _Shape:
    """How rows of now stand to rows of then.

    Attributes:
        rows: Those of now.
        stays: For each of then whether it is still there; None if all are.
        changed: Places of then, and where the value of now is found.
        new: Where the values of new rows are found.
    """

    rows: list[int]
    stays: list[bool] | None
    changed: list[tuple[int, int]]
    new: list[int]


def _shape(then: list[int], changed: set[int], now: dict[int, int]) -> _Shape | None:
    """Compare rows of then and now; None where a row came between older ones."""
    gone: list[int] = []
    kept: list[tuple[int, int]] = []
    fresh = dict(now)
    for row in changed:
        place = bisect_left(then, row)
        if place < len(then) and then[place] == row:
            at = fresh.pop(row, None)
            if at is None:
                gone.append(place)
            else:
                kept.append((place, at))
    rows, stays = then, None
    if gone:
        stays = [True] * len(then)
        for place in gone:
            stays[place] = False
        rows = list(compress(then, stays))
    if fresh:
        if rows and min(fresh) < rows[-1]:
            return None
        rows = [*rows, *fresh]
    return _Shape(rows, stays, kept, [*fresh.values()])


def _mended(column: Column, shape: _Shape, found: Sequence[Any]) -> Column | None:
    """Return a column of then with the values of now; None if they are not to be kept."""
    if extended([], found, {}) is None:
        return None
    changed = [
        (place, found[at])
        for place, at in shape.changed
        if repr(found[at]) != repr(column.values[place])  # 1, 1.0 and true are equal in Python
    ]
    if not changed and not shape.new and shape.stays is None:
        return column
    values = column.values.copy()
    for place, value in changed:
        values[place] = value
    if shape.stays is not None:
        values = list(compress(values, shape.stays))
    values += [found[at] for at in shape.new]
    return Column(values, column.kinds | set(map(type, found)))
