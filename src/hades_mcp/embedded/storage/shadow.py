"""A shadow: what an index should hold, built anew beside it, and how far the real one differs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.matrices import Matrices
from hades_mcp.embedded.storage.recent import Recent
from hades_mcp.embedded.storage.records import load
from hades_mcp.embedded.storage.session import Session
from hades_mcp.embedded.storage.statements import statements
from hades_mcp.embedded.storage.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.indexes import Index
    from hades_mcp.embedded.storage.records import Document

    Row = tuple[Any, ...]

_BATCH, _NO_INDEX = 5_000, 1212
_VERSIONS = "CREATE TABLE vector_versions(id INTEGER PRIMARY KEY, ver, floor, mapping)"


class Difference(NamedTuple):
    """How many entries an index lacks, and how many it has that no document accounts for."""

    missing: int
    surplus: int


def compare(session: Session, info: CollectionInfo, index: Index, path: Path) -> Difference:
    """Build an index anew in a database of its own and compare it with the real one.

    Args:
        session: Reads the documents and the real index, both as of one moment.
        info: The collection.
        index: One of its indexes; the built-in ones have nothing to compare.
        path: Named in errors.

    Raises:
        ArangoError: A document does not fit the index, or the real index has no table.
        ValueError: A document is no JSON object.
        sqlite3.Error: The file is damaged.
    """
    with closing(sqlite3.connect("", isolation_level=None)) as connection:  # a file that vanishes
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        connection.execute(_VERSIONS)
        shadow = Session(connection, path, writable=True, matrices=Matrices(), recent=Recent())
        # two documents that share a value of a unique index are a difference, not an error
        table = table_of(shadow, info, replace(index, unique=False))
        if table is None:
            return Difference(0, 0)
        table.create()
        cursor = session.execute(statements(info.number, edge=info.is_edge).rows)
        while rows := cursor.fetchmany(_BATCH):
            table.fill([(row, _document(body)) for row, body in rows])
        names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name != 'vector_versions'"
        differences = [
            _count(_rows(shadow, name), _rows(session, name))
            for (name,) in shadow.execute(names).fetchall()
        ]
    return Difference(*map(sum, zip(*differences, strict=True)))


def _document(body: bytes) -> Document:
    document = load(body)
    if isinstance(document, dict):
        return document
    raise ValueError("a document is no object")


def _rows(session: Session, name: str) -> Iterator[Row]:
    """Yield the rows of an index's table in a fixed order, leaving out when they were written."""
    columns = [column[1] for column in session.execute(f"PRAGMA table_info({name})")]
    if not columns:
        raise ArangoError(_NO_INDEX, f"its table {name} is missing")
    kept = ", ".join(column for column in columns if column != "ver")
    # a vector without bytes marks a removed document, for other processes
    where = " WHERE vec IS NOT NULL" if "vec" in columns else ""
    return session.execute(f"SELECT {kept} FROM {name}{where} ORDER BY {kept}")  # noqa: S608  names of ours


def _count(expected: Iterator[Row], real: Iterator[Row]) -> Difference:
    missing = surplus = 0
    want, have = next(expected, None), next(real, None)
    while want is not None or have is not None:
        if want == have:
            want, have = next(expected, None), next(real, None)
        elif have is None or (want is not None and _order(want) < _order(have)):
            missing, want = missing + 1, next(expected, None)
        else:
            surplus, have = surplus + 1, next(real, None)
    return Difference(missing, surplus)


def _order(row: Iterable[Any]) -> list[tuple[int, Any]]:
    """Return what sorts rows as SQLite does: null, numbers, text, blobs."""
    return [
        (0, 0)
        if value is None
        else (1, value)
        if isinstance(value, int | float)
        else (2, value.encode())
        if isinstance(value, str)
        else (3, value)
        for value in row
    ]
