"""A collection seen through a transaction: reading here, writing handed to its writer."""

from __future__ import annotations

import random as randomness
from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.adjacency import find_hops, find_keys
from hades_mcp.embedded.storage.box_table import BoxTable, Span
from hades_mcp.embedded.storage.fulltext import find_rows
from hades_mcp.embedded.storage.geo_table import GeoTable
from hades_mcp.embedded.storage.indexed import Indexed
from hades_mcp.embedded.storage.indexes import (
    BOX_TYPES,
    SORTED_TYPES,
    Bound,
    Index,
)
from hades_mcp.embedded.storage.records import Document, Written, load
from hades_mcp.embedded.storage.remembering import known_columns
from hades_mcp.embedded.storage.sieve import share, sift
from hades_mcp.embedded.storage.sorted_table import SortedTable
from hades_mcp.embedded.storage.ttl_table import TtlTable
from hades_mcp.embedded.storage.vector_table import VectorTable
from hades_mcp.embedded.storage.words_table import WordsTable
from hades_mcp.embedded.storage.writer import OverwriteMode, Writer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Collection as Sized

    from hades_mcp.embedded.storage.adjacency import Direction
    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.columns import Columns, Path
    from hades_mcp.embedded.storage.recent import Hop

_NO_INDEX, _WRONG_TYPE = 1209, 1218
_PROBES = 16


class Collection(Indexed):
    """One collection inside one transaction."""

    def bind(self, info: CollectionInfo) -> None:
        """Go on with a newer entry of the catalog."""
        super().bind(info)
        self._writer: Writer | None = None

    @property
    def name(self) -> str:
        """The collection's name."""
        return self.info.name

    @property
    def id(self) -> str:
        """The collection's id: a number as text."""
        return self.info.id

    @property
    def number(self) -> int:
        """The collection's id as it is."""
        return self.info.number

    @property
    def is_edge(self) -> bool:
        """Whether its documents are edges."""
        return self.info.is_edge

    # ---------------------------------------------------------------- reading

    def count(self) -> int:
        """Return the number of documents; costs one lookup, whatever the number."""
        return self._session.counters(self.info.number).documents

    def last_key(self) -> int:
        """Return the largest number used as a key so far (keyOptions.lastValue)."""
        return self._session.counters(self.info.number).last_key

    def size(self) -> int:
        """Return the bytes the documents take as JSON."""
        return self._session.counters(self.info.number).bytes

    def revision(self) -> str:
        """Return the revision of the last write, removals included; "0" before the first."""
        return self._session.counters(self.info.number).revision

    def get(self, key: str) -> Document | None:
        """Return a document by its key, or None."""
        found = self._session.execute(self._sql.get, (key,)).fetchone()
        return _document(found[0]) if found else None

    def get_many(self, keys: Iterable[str]) -> dict[str, Document]:
        """Return the documents that exist among these keys, by key."""
        wanted = orjson.dumps(list(keys)).decode()
        rows = self._session.execute(self._sql.get_many, (wanted,))
        return {key: load(body) for key, body in rows}

    def scan(self) -> Iterator[Document]:
        """Yield all documents in the order they were inserted."""
        return (load(body) for (body,) in self._session.stream(self._sql.scan))

    def random(self) -> Document | None:
        """Return any document, each with the same chance; None if there is none."""
        last = self._session.execute(self._sql.last_row).fetchone()[0]
        if last is None:
            return None
        for _ in range(_PROBES):
            row = randomness.randint(1, last)  # noqa: S311  no secret
            found = self._session.execute(self._sql.by_row, (row,)).fetchone()
            if found:
                return _document(found[0])
        skip = randomness.randrange(self.count())  # noqa: S311  no secret
        found = self._session.execute(f"{self._sql.scan} LIMIT 1 OFFSET {skip}").fetchone()
        return _document(found[0])

    def edges(self, vertex_ids: Sized[str], direction: str) -> Iterator[Document]:
        """Yield the edges at any of these vertices, each edge once.

        Args:
            vertex_ids: A whole frontier: one call per depth, not one per vertex.
            direction: outbound (they are `_from`), inbound (they are `_to`) or any.

        Raises:
            ArangoError: 1218 if this is no edge collection.
        """
        if not self.info.is_edge:
            raise ArangoError(_WRONG_TYPE, f"collection type invalid: {self.name} has no edges")
        sql = self._sql
        if direction != "any" and len(vertex_ids) == 1:
            single = sql.outbound_one if direction == "outbound" else sql.inbound_one
            rows = self._session.execute(single, tuple(vertex_ids)).fetchall()
            return (load(body) for (body,) in rows)
        frontier = orjson.dumps(list(vertex_ids)).decode()
        first = sql.inbound if direction == "inbound" else sql.outbound
        rows = self._session.execute(first, (frontier,)).fetchall()
        if direction == "any":
            rows += self._session.execute(sql.inbound_only, (frontier, frontier)).fetchall()
        return (load(body) for (body,) in rows)

    def hops(self, vertex_ids: Sized[str], direction: Direction) -> Mapping[str, Sequence[Hop]]:
        """Return where the edges at vertices lead, by vertex, oldest first; others may be there.

        Args:
            vertex_ids: A whole frontier.
            direction: outbound (they are `_from`) or inbound (they are `_to`).

        Raises:
            ArangoError: 1218 if this is no edge collection.
        """
        if not self.info.is_edge:
            raise ArangoError(_WRONG_TYPE, f"collection type invalid: {self.name} has no edges")
        return find_hops(self._session, self.info.number, vertex_ids, direction)

    def columns(
        self, paths: Sequence[Path], check: Callable[[], None], *, again: bool, note: bool = True
    ) -> Columns | None:
        """Return the columns known in this snapshot, if any; see `known_columns`."""
        return known_columns(self._session, self.info.number, paths, check, again=again, note=note)

    def share(self, conditions: tuple[str, list[Any]]) -> float:
        """Return which share of the first documents passes a sieve."""
        return share(self._session, self.info.number, conditions)

    def sift(
        self, conditions: tuple[str, list[Any]], check: Callable[[], None]
    ) -> Iterator[Document]:
        """Yield the documents that pass a sieve, in the order they were inserted."""
        return sift(self._session, self.info.number, conditions, check)

    def in_rows(self, rows: Sized[int]) -> Iterator[tuple[int, Document]]:
        """Yield the documents that are stored in these rows, each with its row."""
        wanted = orjson.dumps(list(rows)).decode()
        found = self._session.execute(self._sql.by_rows, (wanted,)).fetchall()
        return ((row, load(body)) for row, body in found)

    def keys_of(self, ids: Sequence[str]) -> Mapping[str, str | None]:
        """Return the key for each `_id`, None without such a document; others may be there."""
        return find_keys(self._session, self.info, ids)

    def lookup(
        self, index: Index, low: Bound | None, high: Bound | None, *, reverse: bool = False
    ) -> Iterator[Document]:
        """Yield the documents in a range of a persistent index, in the order of the index.

        Args:
            index: A persistent index of this collection (or hash, skiplist, ttl).
            low: Where to begin; None for the start. May hold a prefix of the index's values.
            high: Where to end; None for the end. Equality is the same inclusive bound twice.
            reverse: From the end to the beginning.

        Raises:
            ArangoError: 1209 if the index keeps no order.
        """
        if index.type not in SORTED_TYPES:
            raise ArangoError(_NO_INDEX)
        table = SortedTable(self._session, self.info, index)
        return map(load, table.lookup(low, high, reverse=reverse))

    def first_of_each(self, index: Index, fields: int) -> Iterator[Document]:
        """Yield one document per different values of an index's leading fields, in its order.

        Args:
            index: A persistent index of this collection that is not sparse and expands no array.
            fields: How many of its fields; values that share a code in the index count as one.
        """
        return SortedTable(self._session, self.info, index).first_of_each(fields)

    def count_between(self, index: Index, low: Bound | None, high: Bound | None) -> int:
        """Return how many documents are in a range of a persistent index, reading none of them."""
        return SortedTable(self._session, self.info, index).count(low, high)

    def rows_between(self, index: Index, low: Bound | None, high: Bound | None) -> list[int]:
        """Return the rows of the documents in a range of a persistent index, reading none."""
        return SortedTable(self._session, self.info, index).rows(low, high)

    def within_box(
        self, index: Index, prefix: Sequence[Any], spans: Sequence[Span]
    ) -> Iterator[Document]:
        """Yield the documents whose point in a multi-dimensional index is in a box.

        Args:
            index: An index of type mdi, mdi-prefixed or zkd.
            prefix: A value for each of its prefix fields.
            spans: The least and the greatest value of each of its fields.

        Raises:
            ArangoError: 1209 for an index of another type.
        """
        if index.type not in BOX_TYPES:
            raise ArangoError(_NO_INDEX)
        return map(load, BoxTable(self._session, self.info, index).within(prefix, spans))

    def nearest(
        self,
        index: Index,
        vector: Sequence[float],
        k: int,
        probes: int = 0,
        *,
        identities: bool = False,
    ) -> list[tuple[Document, float]]:
        """Return the `k` documents nearest to a vector with their scores, best first.

        Of vectors in lists, at least `probes` are looked into; 0 for as many as the index says. The
        score is the cosine similarity, the inner product or the l2 distance, as the index's
        metric says. With `identities` the documents have their `_key` and `_id` only: to read a
        vector as JSON costs more than to find it. 1209 if the index is no vector index, 17 for a
        vector of another dimension.
        """
        if index.type != "vector":
            raise ArangoError(_NO_INDEX)
        found = VectorTable(self._session, self.info, index).nearest(vector, k, probes)
        return self._identities(found) if identities else self._rows(found)

    def by_nearness(
        self,
        index: Index,
        vector: Sequence[float],
        first: int,
        probes: int = 0,
        among: Sequence[int] | None = None,
    ) -> Iterator[tuple[Document, float]]:
        """Yield all documents of a vector index, nearest first, for whoever takes only some.

        `first` are searched at once, then four times as many whenever more are taken. With `among`
        only the documents in these rows.
        """
        table, wanted = VectorTable(self._session, self.info, index), first
        given: set[int] = set()  # where lists are looked up, more may also find some nearer ones
        while True:
            found = table.nearest(vector, wanted, probes, among)
            yield from self._rows([hit for hit in found if hit[0] not in given])
            if len(found) < wanted:
                return
            given.update(row for row, _ in found)
            wanted *= 4

    def near(
        self, index: Index, place: tuple[float, float], *, limit: int
    ) -> list[tuple[Document, float]]:
        """Return the documents nearest to a latitude and longitude, each with its metres."""
        return self._rows(self._geo(index).nearest(*place, limit))

    def within(
        self, index: Index, place: tuple[float, float], *, radius: float
    ) -> list[tuple[Document, float]]:
        """Return the documents not farther than `radius` metres, nearest first."""
        return self._rows(self._geo(index).within(*place, radius))

    def outward(self, index: Index, place: tuple[float, float]) -> Iterator[tuple[Document, float]]:
        """Yield all documents with a place and their metres, nearest first, as they are taken."""
        for row in self._geo(index).outward(*place):
            yield from self._rows((row,))

    def without_place(self, index: Index) -> Iterator[Document]:
        """Yield the documents a geo index has no place of, such as those with a polygon."""
        table = self._geo(index)
        if table.count() < self.count():
            for _, body in table.elsewhere(f"c{self.info.number}"):
                yield load(body)

    def in_rectangle(
        self, index: Index, *, south: float, north: float, west: float, east: float
    ) -> list[Document]:
        """Return the documents between two parallels and two meridians."""
        rows = self._geo(index).in_rectangle(south, north, west, east)
        return [document for document, _ in self._rows((row, 0.0) for row in rows)]

    def matching(self, index: Index, query: str, limit: int) -> list[Document]:
        """Return the documents a fulltext query finds; 1209 if the index is no fulltext index."""
        if index.type != "fulltext":
            raise ArangoError(_NO_INDEX)
        rows = find_rows(WordsTable(self._session, self.info, index), query)
        limited = rows[:limit] if limit > 0 else rows
        return [document for document, _ in self._rows((row, 0.0) for row in limited)]

    def _geo(self, index: Index) -> GeoTable:
        if index.type != "geo":
            raise ArangoError(_NO_INDEX)
        return GeoTable(self._session, self.info, index)

    def _rows(self, found: Iterable[tuple[int, float]]) -> list[tuple[Document, float]]:
        read, sql = self._session.execute, self._sql.by_row
        return [(load(read(sql, (row,)).fetchone()[0]), score) for row, score in found]

    def _identities(self, found: Sequence[tuple[int, float]]) -> list[tuple[Document, float]]:
        wanted = orjson.dumps([row for row, _ in found]).decode()
        keys = dict(self._session.execute(self._sql.keys, (wanted,)).fetchall())
        return [
            ({"_key": keys[row], "_id": f"{self.name}/{keys[row]}"}, score) for row, score in found
        ]

    # ---------------------------------------------------------------- writing

    def insert(
        self,
        document: Document,
        *,
        overwrite_mode: OverwriteMode = "conflict",
        keep_null: bool = True,
        merge_objects: bool = True,
        rev: str | None = None,
    ) -> Written:
        """Insert a document.

        Args:
            document: `_key` is taken if given, else made; `_id` and `_rev` are always made.
            overwrite_mode: What to do if the key is taken.
            keep_null: For mode update: False removes attributes set to null.
            merge_objects: For mode update: merge sub-objects instead of replacing them.
            rev: The revision to give a new document (for restoring a dump).

        Raises:
            ArangoError: 1210 if the key or a unique index's value is taken, 1221 or 1222 for a key
                that may not be, 1227 for no object, 1233 for an edge without ends, 10 or 17 for a
                vector that does not fit its index.
        """
        return self._write().insert(
            document,
            overwrite_mode=overwrite_mode,
            keep_null=keep_null,
            merge_objects=merge_objects,
            revision=rev,
        )

    def insert_many(self, documents: Iterable[Document]) -> list[Written | ArangoError]:
        """Insert many documents fast; each answer is what `insert` would return or raise."""
        return self._write().insert_many(documents)

    def update(
        self,
        key: str,
        patch: Document,
        *,
        keep_null: bool = True,
        merge_objects: bool = True,
        expect_rev: str | None = None,
    ) -> Written:
        """Change attributes of a document; 1202 if there is none, 1200 if its revision differs."""
        return self._write().update(
            key, patch, keep_null=keep_null, merge_objects=merge_objects, expect_rev=expect_rev
        )

    def replace(self, key: str, document: Document, *, expect_rev: str | None = None) -> Written:
        """Replace a document; 1202 if there is none, 1200 if its revision differs."""
        return self._write().replace(key, document, expect_rev=expect_rev)

    def remove(self, key: str, *, expect_rev: str | None = None) -> Written:
        """Remove a document; 1202 if there is none, 1200 if its revision differs."""
        return self._write().remove(key, expect_rev=expect_rev)

    def remove_expired(self, until: float, most: int) -> int:
        """Remove documents whose time by the TTL index is not after a moment; return how many.

        Args:
            until: Seconds since 1970, the index's `expireAfter` taken off.
            most: How many to remove at most, the oldest first.
        """
        for index in self.info.indexes:
            if index.type == "ttl":
                keys = TtlTable(self._session, self.info, index).until(until, most)
                for key in keys:
                    self.remove(key)
                return len(keys)
        return 0

    def truncate(self) -> None:
        """Remove all documents."""
        self._write().truncate()

    def _write(self) -> Writer:
        if self._writer is None:
            self._session.require_writable()
            self._writer = Writer(self._session, self.info)
        return self._writer


def _document(body: bytes) -> Document:
    document: Document = load(body)
    return document
