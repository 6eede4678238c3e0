"""The tables behind a link or an inverted index: postings, and the statistics of each field."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from hades_mcp.embedded.storage.search.fields import plan_of
from hades_mcp.embedded.storage.search.occurrences import Occurrence, unpack
from hades_mcp.embedded.storage.search.shapes import OTHERS, latitude_term
from hades_mcp.embedded.storage.search.terms import (
    EVERY,
    ORDINAL_BITS,
    Field,
    Payload,
    payload_of,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.indexes import Index
    from hades_mcp.embedded.storage.records import Document
    from hades_mcp.embedded.storage.search.arrays import Postings
    from hades_mcp.embedded.storage.session import Session


_BATCH = 4000  # documents
FEW = 16  # rows that are looked up one by one
_ROW, _FREQUENCY, _NORM = 33, 10, 20  # bits of what usual postings need
_LAST = b"\xff" * 5  # above what follows a latitude in a term


class Hit(NamedTuple):
    """A row that holds a term; the rest as in a posting."""

    row: int
    frequency: int
    norm: int


class SearchTable:
    """Postings of one collection. Rows of nested objects are document rows with an ordinal."""

    def __init__(self, session: Session, info: CollectionInfo, index: Index) -> None:
        self._session = session
        self._postings, self._fields = f"s{index.id}", f"sf{index.id}"
        self._documents = f"c{info.number}"
        self._name, self._number = info.name, info.number
        self.plan = plan_of(index)
        self._always = bool(index.options.get("keepAll")) or index.type == "inverted"
        postings = self._postings
        self._put = f"INSERT INTO {postings} VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608  a number of ours
        self._count = (
            f"INSERT INTO {self._fields} VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE"  # noqa: S608  same
            " SET documents = documents + excluded.documents, total = total + excluded.total"
        )

    def create(self) -> None:
        """Make the empty tables."""
        self._session.execute(
            f"CREATE TABLE {self._postings}(field INTEGER NOT NULL, term BLOB NOT NULL,"
            " row INTEGER NOT NULL, frequency INTEGER NOT NULL, norm INTEGER NOT NULL,"
            " places BLOB, PRIMARY KEY (field, term, row)) WITHOUT ROWID"
        )
        self._session.execute(
            f"CREATE TABLE {self._fields}(id INTEGER PRIMARY KEY, path TEXT NOT NULL,"
            " kind TEXT NOT NULL, stored INTEGER NOT NULL, documents INTEGER NOT NULL,"
            " total INTEGER NOT NULL)"
        )

    def drop(self) -> None:
        """Remove the tables."""
        self._session.execute(f"DROP TABLE {self._postings}")
        self._session.execute(f"DROP TABLE {self._fields}")

    def clear(self) -> None:
        """Remove all postings."""
        self._session.execute(f"DELETE FROM {self._postings}")  # noqa: S608  same
        self._session.execute(f"DELETE FROM {self._fields}")  # noqa: S608  same

    def payload(self, document: Document) -> Payload:
        """Return the postings of a document."""
        return payload_of(self.plan, document, always=self._always)

    def check(self, _: Payload, __: int) -> None:
        """Accept any document."""

    def add(self, row: int, payload: Payload) -> None:
        """Enter a document."""
        self.add_many([(row, payload)])

    def add_many(self, rows: Sequence[tuple[int, Payload]]) -> None:
        """Enter many documents."""
        entries = [
            (field, term, row << ORDINAL_BITS | ordinal if ordinal else row, count, norm, places)
            for row, payload in rows
            for field, term, ordinal, count, norm, places in payload.postings
        ]
        entries.sort()  # neighbours share pages
        self._session.executemany(self._put, entries)
        self._tally((payload for _, payload in rows), 1)

    def remove(self, row: int, payload: Payload) -> None:
        """Take a document out."""
        self._session.executemany(
            f"DELETE FROM {self._postings} WHERE field = ? AND term = ? AND row = ?",  # noqa: S608  same
            [
                (field, term, row << ORDINAL_BITS | ordinal if ordinal else row)
                for field, term, ordinal, *_ in payload.postings
            ],
        )
        self._tally([payload], -1)
        self._session.executemany(
            f"DELETE FROM {self._fields} WHERE id = ? AND documents = 0",  # noqa: S608  same
            [(field.key,) for field in payload.fields],
        )

    def fill(self, rows: Sequence[tuple[int, Document]]) -> None:
        """Enter documents that were there before the index, some at a time: postings are many."""
        for start in range(0, len(rows), _BATCH):
            batch = rows[start : start + _BATCH]
            self.add_many([(row, self.payload(document)) for row, document in batch])

    def _tally(self, payloads: Iterator[Payload] | list[Payload], sign: int) -> None:
        """Add what documents say to the statistics of their fields, or take it away."""
        counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
        names = {}
        for payload in payloads:
            for key, path, kind, stored, documents, total in payload.fields:
                names[key] = (path, kind, int(stored))
                count = counts[key]
                count[0] += documents
                count[1] += total
        self._session.executemany(
            self._count,
            [
                (key, *names[key], sign * documents, sign * total)
                for key, (documents, total) in counts.items()
            ],
        )

    # ---------------------------------------------------------------- reading

    def statistics(self, field: Field) -> tuple[int, int]:
        """Return how many rows have a field, and how many terms it has in them together."""
        found = self._session.execute(
            f"SELECT documents, total FROM {self._fields} WHERE id = ?",  # noqa: S608  same
            (field.key,),
        ).fetchone()
        return (found[0], found[1]) if found else (0, 0)

    def hits(self, field: Field, term: bytes) -> list[Hit]:
        """Return the rows that hold a term, in order."""
        return list(map(Hit._make, self._numbers(field, term)))

    def _numbers(
        self, field: Field, term: bytes, only: str = "", *wanted: str
    ) -> Iterable[tuple[int, int, int]]:
        """Return row, frequency and norm of each row that holds a term, in order."""
        return self._session.execute(
            f"SELECT row, frequency, norm FROM {self._postings}"  # noqa: S608  same
            f" WHERE field = ? AND term = ?{only}",
            (field.key, term, *wanted),
        )

    def arrays(self, field: Field, term: bytes) -> Postings:
        """Return the rows that hold a term, read or remembered."""
        reads = None if self._session.writable else self._session.reads(self._number)
        if reads is None:
            return self._read(field, term)
        recent, key = self._session.recent, (self._postings, field.key, term)
        version, found = recent.postings.find(key) or (-1, None)
        if found is not None and version == reads.version:
            return found
        if found is not None and version > reads.version:  # an old snapshot reads for itself
            return self._read(field, term)
        changed = recent.changes.between(self._number, version, reads.version)
        if found is None or changed is None:
            found = self._read(field, term)
        elif changed:
            from hades_mcp.embedded.storage.search.arrays import postings_of  # noqa: PLC0415

            wanted = orjson.dumps(list(changed)).decode()
            only = " AND row IN (SELECT value FROM json_each(?))"
            found = found.mended(changed, postings_of(self._numbers(field, term, only, wanted)))
        recent.postings.keep(key, reads.version, found)
        return found

    def _read(self, field: Field, term: bytes) -> Postings:
        """Read postings as one text, which takes half the time of reading them one by one."""
        # numpy stays asleep where nobody searches
        from hades_mcp.embedded.storage.search.arrays import postings_of, unpacked  # noqa: PLC0415

        row, frequency, norm, text = self._session.execute(
            "SELECT max(row), max(frequency), max(norm), group_concat("  # noqa: S608  same
            f"(row << {_FREQUENCY + _NORM}) | (frequency << {_NORM}) | norm, ' ')"
            f" FROM {self._postings} WHERE field = ? AND term = ?",
            (field.key, term),
        ).fetchone()
        if row is None or row >> _ROW or frequency >> _FREQUENCY or norm >> _NORM:
            return postings_of(self._numbers(field, term))
        return unpacked(text, _FREQUENCY, _NORM)

    def places(
        self, field: Field, term: bytes, among: Collection[int] | None = None
    ) -> dict[int, list[Occurrence]]:
        """Return where a term occurs in each of some rows; empty where positions are not kept."""
        few = among if among is not None and len(among) <= FEW else ()
        only = f" AND row IN ({','.join('?' * len(few))})" if few else ""
        rows = self._session.execute(
            f"SELECT row, frequency, places FROM {self._postings}"  # noqa: S608  same
            f" WHERE field = ? AND term = ?{only}",
            (field.key, term, *few),
        )
        return {
            row: unpack(places, count)
            for row, count, places in rows
            if places and count and (among is None or row in among)
        }

    def between(self, field: Field, low: bytes, high: bytes | None) -> set[int]:
        """Return the rows that hold a term from `low` on that is less than `high`."""
        where, parameters = _bounds(field, low, high)
        rows = self._session.execute(
            f"SELECT row FROM {self._postings} WHERE field = ? AND term >= ?{where}",  # noqa: S608  same
            parameters,
        )
        return {row for (row,) in rows}

    def terms(self, field: Field, low: bytes, high: bytes | None) -> list[bytes]:
        """Return the terms of a field from `low` on that are less than `high`, in order."""
        where, parameters = _bounds(field, low, high)
        rows = self._session.execute(
            f"SELECT DISTINCT term FROM {self._postings} WHERE field = ? AND term >= ?{where}",  # noqa: S608  same
            parameters,
        )
        return [term for (term,) in rows]

    def shapes(
        self, field: Field, band: tuple[float, float] | None = None
    ) -> Iterator[tuple[int, bytes]]:
        """Yield the shapes of a field with their rows; of points those between two latitudes."""
        ends: list[tuple[bytes, bytes | None]] = [(b"", None)]
        if band is not None:
            ends = [(latitude_term(band[0]), latitude_term(band[1]) + _LAST), (OTHERS, None)]
        for low, high in ends:
            where, parameters = _bounds(field, low, high)
            rows = self._session.execute(
                f"SELECT row, places FROM {self._postings} WHERE field = ? AND term >= ?{where}",  # noqa: S608  same
                parameters,
            )
            yield from rows.fetchall()

    def rows(self, field: Field) -> set[int]:
        """Return the rows that have a field."""
        rows = self._session.execute(
            f"SELECT row FROM {self._postings} WHERE field = ?",  # noqa: S608  same
            (field.key,),
        )
        return {row for (row,) in rows}

    def every(self) -> set[int]:
        """Return the rows of all documents that are searched."""
        return self.rows(EVERY)

    def around(self, field: Field) -> dict[int, int]:
        """Return for the row of each nested object the row of what holds it."""
        rows = self._session.execute(
            f"SELECT row, norm FROM {self._postings} WHERE field = ?",  # noqa: S608  same
            (field.key,),
        )
        return {
            row: (row >> ORDINAL_BITS) << ORDINAL_BITS | norm if norm else row >> ORDINAL_BITS
            for row, norm in rows
        }

    def stored_fields(self, path: str) -> list[Field]:
        """Return the fields at a path or below it whose presence is kept."""
        rows = self._session.execute(
            f"SELECT path, kind FROM {self._fields} WHERE stored = 1"  # noqa: S608  same
        )
        return [
            Field(found, kind)
            for found, kind in rows
            if found == path or found.startswith((path + ".", path + "[", path + "\0"))
        ]

    def documents(self, rows: Sequence[int]) -> dict[int, bytes]:
        """Return the bodies of documents by row; those that are gone are left out."""
        marks = ",".join("?" * len(rows))
        found = self._session.execute(
            f"SELECT rid, CAST(body AS BLOB) FROM {self._documents} WHERE rid IN ({marks})",  # noqa: S608  same
            rows,
        )
        return dict(found.fetchall())

    def identities(self, rows: Sequence[int]) -> dict[int, Document]:
        """Return the keys and ids of documents by row, as documents; those gone are left out."""
        marks = ",".join("?" * len(rows))
        found = self._session.execute(
            f"SELECT rid, key FROM {self._documents} WHERE rid IN ({marks})",  # noqa: S608  same
            rows,
        )
        return {row: {"_key": key, "_id": f"{self._name}/{key}"} for row, key in found}


def _bounds(field: Field, low: bytes, high: bytes | None) -> tuple[str, tuple[Any, ...]]:
    if high is None:
        return "", (field.key, low)
    return " AND term < ?", (field.key, low, high)
