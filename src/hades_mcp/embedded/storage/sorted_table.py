"""The table behind a persistent index: encoded values in AQL order, each with its row."""

from __future__ import annotations

import sqlite3
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.records import load
from hades_mcp.embedded.values import encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.indexes import Bound, Index
    from hades_mcp.embedded.storage.records import Document
    from hades_mcp.embedded.storage.session import Session

_UNIQUE = 1210
Entries = list[bytes]


class SortedTable:
    """Entries of one persistent index; a document without any entry has an empty payload."""

    def __init__(self, session: Session, info: CollectionInfo, index: Index) -> None:
        self._session = session
        self._index = index
        self._collection = f"c{info.number}"
        self._table = f"i{index.id}"
        self._add = f"INSERT INTO {self._table}(k, rid) VALUES (?, ?)"  # noqa: S608  names are numbers of ours
        self._remove = f"DELETE FROM {self._table} WHERE k = ? AND rid = ?"  # noqa: S608  same
        self._owner = f"SELECT rid FROM {self._table} WHERE k = ?"  # noqa: S608  same

    @cached_property
    def payload(self) -> Callable[[Document], Entries]:
        """What lists a document's entries; reading needs it not."""
        return _extractor(self._index)

    def create(self) -> None:
        """Make the empty table."""
        key = "k" if self._index.unique else "k, rid"
        self._session.execute(
            f"CREATE TABLE {self._table}"
            f"(k BLOB NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY ({key})) WITHOUT ROWID"
        )

    def drop(self) -> None:
        """Remove the table."""
        self._session.execute(f"DROP TABLE {self._table}")

    def clear(self) -> None:
        """Remove all entries."""
        self._session.execute(f"DELETE FROM {self._table}")  # noqa: S608  same

    def check(self, payload: Entries, row: int) -> None:
        """Raise 1210 if another document holds one of these entries of a unique index."""
        if not self._index.unique:
            return
        for entry in payload:
            owner = self._session.execute(self._owner, (entry,)).fetchone()
            if owner is not None and owner[0] != row:
                raise self._conflict(owner[0])

    def add(self, row: int, payload: Entries) -> None:
        """Enter a document."""
        for entry in payload:
            self._session.execute(self._add, (entry, row))

    def remove(self, row: int, payload: Entries) -> None:
        """Take a document out."""
        for entry in payload:
            self._session.execute(self._remove, (entry, row))

    def add_many(self, rows: Sequence[tuple[int, Entries]]) -> None:
        """Enter many documents; sqlite3.IntegrityError if a unique index would be violated."""
        entries = [(entry, row) for row, payload in rows for entry in payload]
        entries.sort()  # neighbours share pages
        self._session.executemany(self._add, entries)

    def fill(self, rows: Sequence[tuple[int, Document]]) -> None:
        """Enter documents that were there before the index; 1210 if two of them conflict."""
        payloads = [(row, self.payload(document)) for row, document in rows]
        try:
            with self._session.savepoint():
                self.add_many(payloads)
        except sqlite3.IntegrityError:
            for row, payload in payloads:  # once more, slowly, to name the culprit
                self.check(payload, row)
                self.add(row, payload)

    def lookup(self, low: Bound | None, high: Bound | None, *, reverse: bool) -> Iterator[bytes]:
        """Yield the bodies of the documents in a range, in the order of the index."""
        condition, parameters = _between(low, high)
        direction = "DESC" if reverse else "ASC"
        rows = self._session.stream(
            f"SELECT i.rid, CAST(c.body AS BLOB) FROM {self._table} i"  # noqa: S608  same
            f" CROSS JOIN {self._collection} c ON c.rid = i.rid"
            f" WHERE {condition} ORDER BY i.k {direction}, i.rid {direction}",
            parameters,
        )
        return _distinct(rows) if self._index.expands else (body for _, body in rows)

    def first_of_each(self, fields: int) -> Iterator[Document]:
        """Yield the first document of each different beginning, skipping all that share it."""
        readers = [reader(path) for path in self._index.fields[:fields]]
        query = (
            f"SELECT CAST(c.body AS BLOB) FROM {self._table} i"  # noqa: S608  same
            f" CROSS JOIN {self._collection} c ON c.rid = i.rid"
            " WHERE i.k >= ? ORDER BY i.k LIMIT 1"
        )
        low: bytes | None = b""
        while low is not None:
            row = self._session.execute(query, (low,)).fetchone()
            if row is None:
                return
            document = load(row[0])
            yield document
            low = _after(b"".join(encode(read(document)[0]) for read in readers))

    def count(self, low: Bound | None, high: Bound | None) -> int:
        """Return the number of documents in a range."""
        condition, parameters = _between(low, high)
        which = "DISTINCT i.rid" if self._index.expands else "*"
        found = self._session.execute(
            f"SELECT count({which}) FROM {self._table} i WHERE {condition}",  # noqa: S608  same
            parameters,
        )
        return int(found.fetchone()[0])

    def rows(self, low: Bound | None, high: Bound | None) -> list[int]:
        """Return the rows of the documents in a range, as often as they have an entry there."""
        condition, parameters = _between(low, high)
        found = self._session.execute(
            f"SELECT i.rid FROM {self._table} i WHERE {condition}",  # noqa: S608  same
            parameters,
        )
        return [row for (row,) in found.fetchall()]

    def _conflict(self, row: int) -> ArangoError:
        found = self._session.execute(
            f"SELECT key FROM {self._collection} WHERE rid = ?",  # noqa: S608  same
            (row,),
        ).fetchone()
        index = self._index
        return ArangoError(
            _UNIQUE,
            f"unique constraint violated - in index {index.name} of type {index.type} over"
            f" '{', '.join(index.fields)}'; conflicting key: {found[0]}",
        )


def _distinct(rows: Iterator[tuple[int, bytes]]) -> Iterator[bytes]:
    seen: set[int] = set()
    for row, body in rows:
        if row not in seen:
            seen.add(row)
            yield body


def _between(low: Bound | None, high: Bound | None) -> tuple[str, tuple[bytes, ...]]:
    first = _start(low)
    end = None if high is None else _end(high)
    return ("i.k >= ?", (first,)) if end is None else ("i.k >= ? AND i.k < ?", (first, end))


def _start(low: Bound | None) -> bytes:
    if low is None:
        return b""
    prefix = b"".join(map(encode, low.values))
    return prefix if low.inclusive else _after(prefix) or b"\xff" * 16


def _end(high: Bound) -> bytes | None:
    prefix = b"".join(map(encode, high.values))
    return _after(prefix) if high.inclusive else prefix


def _after(prefix: bytes) -> bytes | None:
    """Return the smallest key above all that begin with the prefix; None if there is none."""
    head = prefix.rstrip(b"\xff")
    return head[:-1] + bytes((head[-1] + 1,)) if head else None


def _extractor(index: Index) -> Callable[[Document], Entries]:
    """Return the function that lists a document's entries."""
    readers = [reader(path) for path in index.fields]
    sparse = index.sparse
    if len(readers) == 1 and not index.expands:
        read = readers[0]

        def single(document: Document) -> Entries:
            value = read(document)[0]
            return [] if sparse and value is None else [encode(value)]

        return single

    def several(document: Document) -> Entries:
        columns = [_encoded(read(document), sparse=sparse) for read in readers]
        # ArangoDB's `deduplicate`: equal members of one array make one entry
        return list(dict.fromkeys(map(b"".join, product(*columns))))

    return several


def _encoded(values: list[Any], *, sparse: bool) -> list[bytes]:
    return [encode(value) for value in values if not (sparse and value is None)]


def reader(path: str) -> Callable[[Document], list[Any]]:
    """Return the function that reads an attribute path: one value, or the members under `[*]`.

    Only real members are entered: `x IN doc.tags[*]` is then exactly an equality lookup.
    """
    before, expand, after = path.partition("[*]")
    inner = after.removeprefix(".").split(".") if after else []
    outer = before.split(".")
    if len(outer) == 1 and not expand:
        name = outer[0]
        return lambda document: [document.get(name)]
    if not expand:
        return lambda document: [descend(document, outer)]

    def members(document: Document) -> list[Any]:
        array = descend(document, outer)
        return [descend(item, inner) for item in array] if isinstance(array, list) else []

    return members


def descend(value: Any, names: Sequence[str]) -> Any:
    """Follow attribute names; null where one is missing."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value
