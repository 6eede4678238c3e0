"""The table behind a multi-dimensional index: points along a Z-order curve, after their prefix.

A key is the encoded prefix, then the bits of all dimensions in turn, so that a cell (a box whose
sides are halves of halves of the range of doubles) is one range of keys. A search halves the
cells that the box cuts as long as that can save more rows than it costs; the rows of what remains
are compared in SQL.

Source: Orenstein and Merrett, "A class of data structures for associative searching" (1984).
"""

from __future__ import annotations

from collections import deque
from functools import cache
from struct import pack, unpack
from typing import TYPE_CHECKING, Any, NamedTuple

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.sorted_table import Entries, SortedTable, descend
from hades_mcp.embedded.values import encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.indexes import Index
    from hades_mcp.embedded.storage.records import Document
    from hades_mcp.embedded.storage.session import Session

_NO_NUMBER = 1561
_BITS, _SIGN, _ALL = 64, 1 << 63, (1 << 64) - 1
_FEW = 64  # rows that are faster read than told apart
_MOST_CELLS = 512

Span = tuple[float, float]
"""The least and the greatest value of one dimension, both included."""


class _Cell(NamedTuple):
    """Where on the curve, how many bits are settled, and the bounds these give each dimension."""

    start: int
    settled: int
    low: tuple[int, ...]
    high: tuple[int, ...]


class BoxTable(SortedTable):
    """Points of one index of type mdi, mdi-prefixed or zkd, each with its row."""

    def __init__(self, session: Session, info: CollectionInfo, index: Index) -> None:
        super().__init__(session, info, index)
        self._prefix = [path.split(".") for path in index.options.get("prefixFields", ())]
        self._paths = [path.split(".") for path in index.fields]
        self._width = len(index.fields)
        self.payload = self._payload
        inside = "".join(f" AND i.x{at} BETWEEN ? AND ?" for at in range(self._width))
        columns = "".join(f", x{at}" for at in range(self._width))
        marks = ", ?" * self._width
        self._add = f"INSERT INTO {self._table}(k, rid{columns}) VALUES (?, ?{marks})"  # noqa: S608  names are numbers of ours
        self._found = (
            f"SELECT CAST(c.body AS BLOB) FROM {self._table} i"  # noqa: S608  same
            f" CROSS JOIN {self._collection} c ON c.rid = i.rid"
            f" WHERE i.k BETWEEN ? AND ?{inside} ORDER BY i.k, i.rid"
        )
        self._crowded = f"SELECT 1 FROM {self._table} WHERE k BETWEEN ? AND ? LIMIT 1 OFFSET {_FEW}"  # noqa: S608  same

    def create(self) -> None:
        """Make the empty table."""
        key = "k" if self._index.unique else "k, rid"
        columns = "".join(f", x{at} REAL NOT NULL" for at in range(self._width))
        self._session.execute(
            f"CREATE TABLE {self._table}(k BLOB NOT NULL, rid INTEGER NOT NULL{columns},"
            f" PRIMARY KEY ({key})) WITHOUT ROWID"
        )

    def add(self, row: int, payload: Entries) -> None:
        """Enter a document."""
        for key in payload:
            self._session.execute(self._add, (key, row, *self._point(key)))

    def add_many(self, rows: Sequence[tuple[int, Entries]]) -> None:
        """Enter many documents; sqlite3.IntegrityError if a unique index would be violated."""
        entries = [(key, row, *self._point(key)) for row, payload in rows for key in payload]
        entries.sort()  # neighbours share pages
        self._session.executemany(self._add, entries)

    def within(self, prefix: Sequence[Any], spans: Sequence[Span]) -> Iterator[bytes]:
        """Yield the bodies of the documents whose point is in a box.

        Args:
            prefix: A value for each of the index's prefix fields.
            spans: One per dimension.
        """
        if any(low > high for low, high in spans):
            return
        head = b"".join(map(encode, prefix))
        edges = [edge for span in spans for edge in span]
        rows = (
            body
            for first, last in self._ranges(head, spans)
            for (body,) in self._session.stream(self._found, (first, last, *edges))
        )
        # in a write transaction all at once: a loop that writes must not meet its own new rows
        yield from list(rows) if self._session.writable else rows

    def _payload(self, document: Document) -> Entries:
        """Return the key of a document; none for one that a sparse index leaves out."""
        prefix = [descend(document, path) for path in self._prefix]
        point = [descend(document, path) for path in self._paths]
        if self._index.sparse and (None in prefix or None in point):
            return []
        for value in point:
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise ArangoError(_NO_NUMBER, f"invalid arithmetic value in {self._index.type}")
        return [b"".join(map(encode, prefix)) + _key(point)]

    def _point(self, key: bytes) -> list[float]:
        """Return the coordinates a key was made of."""
        bits, width = int.from_bytes(key[-8 * self._width :], "big"), self._width
        text = f"{bits:0{_BITS * width}b}"
        return [_double(int(text[at::width], 2)) for at in range(width)]

    def _ranges(self, head: bytes, spans: Sequence[Span]) -> Iterator[tuple[bytes, bytes]]:
        """Yield ranges of keys, in order, that together hold all points of a box."""
        low = tuple(_sortable(least) for least, _ in spans)
        high = tuple(_sortable(greatest) for _, greatest in spans)
        total = _BITS * self._width
        waiting = deque([_Cell(0, 0, (0,) * self._width, (_ALL,) * self._width)])
        found: list[tuple[int, int]] = []
        probes = 0
        while waiting:
            cell = waiting.popleft()
            if _apart(cell, low, high):
                continue
            last = cell.start + (1 << total - cell.settled) - 1
            if probes < _MOST_CELLS and cell.settled < total and not _within(cell, low, high):
                outside = any(a < b for a, b in zip(low, cell.low, strict=True)) or any(
                    a > b for a, b in zip(high, cell.high, strict=True)
                )
                probes += outside  # where the box is deeper inside, halving costs no probe
                if (
                    not outside
                    or self._session.execute(
                        self._crowded, (_at(head, cell.start, total), _at(head, last, total))
                    ).fetchone()
                ):
                    waiting.extend(_halves(cell, self._width, total))
                    continue
            found.append((cell.start, last))
        found.sort()
        for first, last in _joined(found):
            yield _at(head, first, total), _at(head, last, total)


def _joined(ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield ranges that touch as one."""
    first = last = -1
    for start, end in ranges:
        if start == last + 1 and last >= 0:
            last = end
            continue
        if last >= 0:
            yield first, last
        first, last = start, end
    if last >= 0:
        yield first, last


def _apart(cell: _Cell, low: tuple[int, ...], high: tuple[int, ...]) -> bool:
    pairs = zip(cell.low, cell.high, low, high, strict=True)
    return any(above < least or below > most for below, above, least, most in pairs)


def _within(cell: _Cell, low: tuple[int, ...], high: tuple[int, ...]) -> bool:
    pairs = zip(cell.low, cell.high, low, high, strict=True)
    return all(below >= least and above <= most for below, above, least, most in pairs)


def _halves(cell: _Cell, width: int, total: int) -> tuple[_Cell, _Cell]:
    """Settle one more bit, that of the dimension whose turn it is."""
    start, settled, low, high = cell
    at, bit = settled % width, 1 << (_BITS - 1 - settled // width)
    middle = low[at] | bit
    below = _Cell(start, settled + 1, low, (*high[:at], middle - 1, *high[at + 1 :]))
    upper = start | 1 << (total - 1 - settled)
    return below, _Cell(upper, settled + 1, (*low[:at], middle, *low[at + 1 :]), high)


def _at(head: bytes, place: int, total: int) -> bytes:
    return head + place.to_bytes(total // 8, "big")


def _key(point: Sequence[float]) -> bytes:
    width = len(point)
    spread, bits = _spread(width), 0
    for at, value in enumerate(point):
        number, moved = _sortable(value), 0
        for byte in number.to_bytes(8, "big"):
            moved = moved << 8 * width | spread[byte]
        bits |= moved << (width - 1 - at)
    return bits.to_bytes(8 * width, "big")


@cache
def _spread(width: int) -> tuple[int, ...]:
    """Return each byte with `width - 1` zeros between its bits."""
    return tuple(sum((byte >> bit & 1) << bit * width for bit in range(8)) for byte in range(256))


def _sortable(value: float) -> int:
    """Return the bits of a double so that they sort as doubles do."""
    (bits,) = unpack(">Q", pack(">d", value + 0.0))  # there is one zero
    return int(bits ^ (_ALL if bits >> 63 else _SIGN))


def _double(bits: int) -> float:
    turned = bits ^ (_SIGN if bits >> 63 else _ALL)
    value: float = unpack(">d", pack(">Q", turned))[0]
    return value
