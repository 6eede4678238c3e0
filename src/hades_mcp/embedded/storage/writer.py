"""Writing documents: keys, revisions, rows and every index in step, one at a time or many."""

from __future__ import annotations

import sqlite3
from functools import wraps
from itertools import chain, islice
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Literal,
    ParamSpec,
    TypedDict,
    TypeVar,
    assert_never,
)

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.computed import computing
from hades_mcp.embedded.storage.keys import generator, take_key
from hades_mcp.embedded.storage.records import (
    Document,
    Operation,
    Written,
    check_document,
    check_ends,
    compose,
    compose_edge,
    dump,
    load,
    merge,
    user_attributes,
)
from hades_mcp.embedded.storage.revisions import CLOCK
from hades_mcp.embedded.storage.schema import validator
from hades_mcp.embedded.storage.statements import statements
from hades_mcp.embedded.storage.tables import table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.session import Session

    Change = Callable[[Document, Document, str], tuple[Document, Operation]]

OverwriteMode = Literal["conflict", "ignore", "replace", "update"]

_CONFLICT, _NOT_FOUND, _UNIQUE = 1200, 1202, 1210
_BATCH = 2000


P = ParamSpec("P")
T = TypeVar("T")


def _whole(method: Callable[Concatenate[Writer, P], T]) -> Callable[Concatenate[Writer, P], T]:
    """End the transaction if SQLite fails inside a write: row and indexes may disagree."""

    @wraps(method)
    def guarded(self: Writer, /, *arguments: P.args, **options: P.kwargs) -> T:
        try:
            return method(self, *arguments, **options)
        except sqlite3.Error as error:
            raise self.session.fail(error) from error

    return guarded


class _Merging(TypedDict):
    keep_null: bool
    merge_objects: bool


class Writer:
    """Writes to one collection inside one write transaction."""

    def __init__(self, session: Session, info: CollectionInfo) -> None:
        self.session = session
        session.sync = session.sync or info.properties.get("waitForSync") is True
        self._tally = session.tally(info.number)
        self._sql = statements(info.number, edge=info.is_edge)
        self._edge = info.is_edge
        self._compose = compose_edge if info.is_edge else compose
        self._prefix = info.name + "/"
        self._options = info.key_options
        self._generate = generator(info.key_options)
        self._validate = validator(info.schema)
        definitions = info.properties.get("computedValues")
        self._on_insert = computing(definitions, "insert")
        self._on_update = computing(definitions, "update")
        self._on_replace = computing(definitions, "replace")
        found = (table_of(session, info, index) for index in info.indexes)
        self._tables = tuple(table for table in found if table is not None)

    @_whole
    def insert(
        self,
        document: Document,
        *,
        overwrite_mode: OverwriteMode,
        keep_null: bool,
        merge_objects: bool,
        revision: str | None,
    ) -> Written:
        """Insert a document, or do what the mode says if its key is taken."""
        check_document(document)
        if "_key" in document:
            key = take_key(self._options, self._tally, document["_key"])
            found = self.session.execute(self._sql.find, (key,)).fetchone()
            if found is not None:
                if overwrite_mode == "ignore":
                    old = load(found[1])
                    return Written(old, old, "ignore")
                options = _Merging(keep_null=keep_null, merge_objects=merge_objects)
                change = self._overwrite(overwrite_mode, key, options)
                return self._change(found, change, document, None)
        else:
            key = self._generate(self._options, self._tally)
        record = self._compose(self._prefix + key, key, revision or CLOCK.next(), document)
        if self._on_insert and revision is None:  # what is restored from a dump has its values
            record = self._on_insert(record, document)
        if self._validate:
            self._validate(None, record)
        self._enter(key, record)
        return Written(None, record, "insert")

    @_whole
    def update(
        self,
        key: str,
        patch: Document,
        *,
        keep_null: bool,
        merge_objects: bool,
        expect_rev: str | None,
    ) -> Written:
        """Merge a patch into a document; one without attributes writes nothing."""
        check_document(patch)
        found = self._find(key)
        if patch.keys() <= {"_key"} and not self._on_update:
            old: Document = load(found[1])
            _check_revision(old, expect_rev)
            return Written(old, old, "update")
        change = self._updating(_Merging(keep_null=keep_null, merge_objects=merge_objects))
        return self._change(found, change, patch, expect_rev)

    @_whole
    def replace(self, key: str, document: Document, *, expect_rev: str | None) -> Written:
        """Put another document in a document's place."""
        check_document(document)
        return self._change(self._find(key), self._replacing, document, expect_rev)

    @_whole
    def remove(self, key: str, *, expect_rev: str | None) -> Written:
        """Remove a document."""
        row, body = self._find(key)
        old: Document = load(body)
        _check_revision(old, expect_rev)
        for table in self._tables:
            table.remove(row, table.payload(old))
        self.session.execute(self._sql.remove, (row,))
        lost = _ends(old) if self._edge else (old["_key"],)
        self._count(-1, -len(body), CLOCK.next(old["_rev"]), (row,), lost)
        return Written(old, None, "remove")

    @_whole
    def truncate(self) -> None:
        """Remove all documents at once."""
        for table in self._tables:
            table.clear()
        self.session.execute(self._sql.clear)
        self._count(-self._tally.documents, -self._tally.bytes, CLOCK.next(), None)

    @_whole
    def insert_many(self, documents: Iterable[Document]) -> list[Written | ArangoError]:
        """Insert many documents; each answer is what one insert would have returned or raised."""
        results: list[Written | ArangoError] = []
        remaining = iter(documents)
        while batch := list(islice(remaining, _BATCH)):
            results += self._insert_batch(batch)
        return results

    def _insert_batch(self, batch: list[Document]) -> list[Written | ArangoError]:
        """Insert hoping that nothing conflicts; if something does, once more one by one."""
        prepared = self._prepare(batch)
        rows = [row for row, *_ in prepared if row is not None]
        try:
            with self.session.savepoint():
                self.session.executemany(self._sql.insert, rows)
                for position, table in enumerate(self._tables):
                    payloads = ((row[0], each[position]) for row, each, _ in prepared if row)
                    table.add_many(list(payloads))
        except sqlite3.IntegrityError:
            return [self._attempt(document) for document in batch]
        if rows:
            newest = next(each.new for *_, each in reversed(prepared) if type(each) is Written)
            size = sum(_size(row[2]) for row in rows)
            new = chain.from_iterable(row[3:] or (row[1],) for row in rows)
            self._count(len(rows), size, (newest or {})["_rev"], [row[0] for row in rows], new)
        return [result for *_, result in prepared]

    def _prepare(
        self, batch: list[Document]
    ) -> list[tuple[tuple[Any, ...] | None, list[Any], Written | ArangoError]]:
        """Return per document its row, what each index keeps of it, and the answer."""
        tally, options, prefix, edge = self._tally, self._options, self._prefix, self._edge
        payloads: list[Any] = []
        prepared: list[tuple[tuple[Any, ...] | None, list[Any], Written | ArangoError]] = []
        for document, revision in zip(batch, CLOCK.take(len(batch)), strict=True):
            try:
                check_document(document)
                if "_key" in document:
                    key = take_key(options, tally, document["_key"])
                else:
                    key = self._generate(options, tally)
                record = self._compose(prefix + key, key, revision, document)
                if self._on_insert:
                    record = self._on_insert(record, document)
                if self._validate:
                    self._validate(None, record)
                payloads = [table.payload(record) for table in self._tables]
                row: tuple[Any, ...] = (tally.next_row, key, dump(record))
            except ArangoError as error:
                prepared.append((None, [], error))
                continue
            tally.next_row += 1
            if edge:
                row += (record["_from"], record["_to"])
            prepared.append((row, payloads, Written(None, record, "insert")))
        return prepared

    def _attempt(self, document: Document) -> Written | ArangoError:
        try:
            return self.insert(
                document,
                overwrite_mode="conflict",
                keep_null=True,
                merge_objects=True,
                revision=None,
            )
        except ArangoError as error:
            return error

    def _find(self, key: str) -> tuple[int, bytes]:
        found: tuple[int, bytes] | None = self.session.execute(self._sql.find, (key,)).fetchone()
        if found is None:
            raise ArangoError(_NOT_FOUND)
        return found

    def _overwrite(self, mode: OverwriteMode, key: str, options: _Merging) -> Change:
        match mode:
            case "update":
                return self._updating(options)
            case "replace":
                return self._replacing
            case "conflict" | "ignore":
                raise _taken(key)
            case _:
                assert_never(mode)

    def _updating(self, options: _Merging) -> Change:
        def change(old: Document, patch: Document, revision: str) -> tuple[Document, Operation]:
            wanted = user_attributes(patch, edge=self._edge)
            record = merge(old, wanted, **options)
            record["_rev"] = revision
            if self._edge:
                check_ends(record)
            if self._on_update:
                record = self._on_update(record, patch)
            return record, "update"

        return change

    def _replacing(
        self, old: Document, document: Document, revision: str
    ) -> tuple[Document, Operation]:
        record = self._compose(old["_id"], old["_key"], revision, document)
        if self._on_replace:
            record = self._on_replace(record, document)
        return record, "replace"

    def _change(
        self,
        found: tuple[int, bytes],
        change: Change,
        given: Document,
        expect_rev: str | None,
    ) -> Written:
        row, body = found
        old: Document = load(body)
        _check_revision(old, expect_rev)
        record, operation = change(old, given, CLOCK.next(old["_rev"]))
        if self._validate:
            self._validate(old, record)
        text = dump(record)
        moves = [(table, table.payload(old), table.payload(record)) for table in self._tables]
        moves = [move for move in moves if move[1] != move[2]]
        for table, _, after in moves:
            table.check(after, row)
        for table, before, after in moves:
            table.remove(row, before)
            table.add(row, after)
        ends, before = (_ends(record), _ends(old)) if self._edge else ((), ())
        self.session.execute(self._sql.update, (text, *ends, row))
        moved = () if ends == before else (*before, *ends)
        self._count(0, _size(text) - len(body), record["_rev"], (row,), moved)
        return Written(old, record, operation)

    def _enter(self, key: str, record: Document) -> None:
        tally = self._tally
        row, text = tally.next_row, dump(record)
        payloads = [table.payload(record) for table in self._tables]
        for table, payload in zip(self._tables, payloads, strict=True):
            table.check(payload, row)
        ends = _ends(record) if self._edge else ()
        try:
            self.session.execute(self._sql.insert, (row, key, text, *ends))
        except sqlite3.IntegrityError as error:
            raise _taken(key) from error  # a generated key some user chose before
        for table, payload in zip(self._tables, payloads, strict=True):
            table.add(row, payload)
        tally.next_row += 1
        self._count(1, _size(text), record["_rev"], (row,), ends or (key,))

    def _count(
        self,
        documents: int,
        size: int,
        revision: str,
        rows: Iterable[int] | None,
        moved: Iterable[str] = (),
    ) -> None:
        tally = self._tally
        tally.documents += documents
        tally.bytes += size
        tally.revision = revision
        tally.touch(rows, moved)


def _size(text: str) -> int:
    """Return the bytes of a text as it is stored."""
    return len(text) if text.isascii() else len(text.encode())


def _ends(edge: Document) -> tuple[str, str]:
    return edge["_from"], edge["_to"]


def _taken(key: str) -> ArangoError:
    return ArangoError(
        _UNIQUE,
        "unique constraint violated - in index primary of type primary over '_key';"
        f" conflicting key: {key}",
    )


def _check_revision(document: Document, expected: str | None) -> None:
    if expected is not None and document["_rev"] != expected:
        raise ArangoError(_CONFLICT, "conflict, _rev values do not match", status=412)
