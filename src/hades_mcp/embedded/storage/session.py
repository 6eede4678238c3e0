"""A session: one connection inside one transaction, with the counters it will store at commit."""

from __future__ import annotations

import sqlite3
import weakref
from contextlib import contextmanager, suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.changes import MOST
from hades_mcp.embedded.storage.connections import translate
from hades_mcp.embedded.values.stopping import stopping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from hades_mcp.embedded.storage.database import Database
    from hades_mcp.embedded.storage.matrices import Matrices
    from hades_mcp.embedded.storage.recent import Reads, Recent

_READ_ONLY, _ABORTED = 1004, 1654
_FEW = 32

_BATCH = 5000
_VERSION = "SELECT version FROM tallies WHERE collection = ?"
_STEPS = 100_000  # of SQLite's machine between two looks: a few milliseconds


class Stored(NamedTuple):
    """The counters of one collection as they are committed.

    Attributes:
        last_key: The largest number used as a key, by the generator or by a user.
        bytes: What the documents take as JSON.
        revision: Of the last write; "0" before the first.
    """

    documents: int = 0
    last_key: int = 0
    bytes: int = 0
    revision: str = "0"


class Tally:
    """The counters of one collection; no other process can change them while this one writes.

    Attributes:
        rows: What was inserted, changed or removed; None for much.
        moved: Keys of what was inserted or removed; instead of the key of an edge, the `_id`s of
            its ends, also if they were changed; None for much.
    """

    __slots__ = (
        "_session",
        "bytes",
        "dirty",
        "documents",
        "last_key",
        "moved",
        "next_row",
        "revision",
        "rows",
    )

    def __init__(self, session: Session, stored: Stored, next_row: int) -> None:
        self._session = session
        self.documents, self.last_key, self.bytes, self.revision = stored
        self.next_row = next_row
        self.rows: set[int] | None = set()
        self.moved: set[str] | None = set()
        self.dirty = False

    def tick(self) -> int:
        """Advance the database's tick and return it."""
        return self._session.tick()

    def touch(self, rows: Iterable[int] | None, moved: Iterable[str] = ()) -> None:
        """Note that rows were written, or any number of them (None)."""
        self.dirty = True
        if rows is None:
            self.rows = None
        elif self.rows is not None:
            self.rows.update(rows)
            if len(self.rows) > MOST:
                self.rows = None
        if self.rows is None:
            self.moved = None
        elif self.moved is not None:
            self.moved.update(moved)


class Session:
    """What collections need of their transaction.

    Attributes:
        execute: The connection's own method while the transaction is open; 1654 afterwards.
        writable: Whether this is a write transaction; it then holds the writer's lock.
        matrices: The vector matrices the threads of this process share.
        check: Called now and then by what takes long; raises to stop it.
        sync: Whether the commit is to reach the disk itself before it returns (`waitForSync`).
        recent: What these threads have read of collections nobody has written to since.
        system: The system database, unless this is it: its Analyzers may be used here too.
        path: The database's file; named in errors.
        failed: Whether SQLite gave up in the middle of a write; all that is left is to abort.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        *,
        writable: bool,
        matrices: Matrices,
        recent: Recent,
        commits: int = 0,
    ) -> None:
        self._connection = connection
        self.path = path
        self.failed = False
        self.system: Database | None = None
        self.sync = False
        self.check: Callable[[], None] = _go_on
        self.execute = connection.execute
        self.executemany = connection.executemany
        self.writable = writable
        self.matrices = matrices
        self.recent = recent
        self._tallies: dict[int, Tally] = {}
        self._reads = recent.after(commits)
        self._committed: list[tuple[int, int, Tally]] = []
        self._tick: int | None = None
        self._touched_vectors: dict[int, int] = {}
        self._cursors: weakref.WeakSet[sqlite3.Cursor] | None = None
        self._depth = 0

    def stream(self, sql: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Run a SELECT and yield its rows.

        Reading is lazy in a read transaction. In a write transaction the rows are fetched first:
        a loop that writes what it reads must neither meet its own new rows nor miss old ones.
        """
        cursor = self.execute(sql, parameters)
        if self.writable:
            return iter(self._fetched(cursor))
        first = cursor.fetchmany(_FEW)
        if len(first) < _FEW:  # that was all: nothing stays open
            return iter(first)
        if self._cursors is None:
            self._cursors = weakref.WeakSet()
        self._cursors.add(cursor)
        return chain(first, cursor)

    def _fetched(self, cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
        rows = cursor.fetchmany(_BATCH)
        if len(rows) == _BATCH:
            while batch := cursor.fetchmany(_BATCH):
                self.check()
                rows += batch
        return rows

    def watched(self, check: Callable[[], None]) -> Watched:
        """Have long work stopped by what `check` raises, also inside one statement of SQLite."""
        return Watched(self, self._connection, check)

    def require_writable(self) -> None:
        """Raise 1004 in a read transaction."""
        if not self.writable:
            raise ArangoError(_READ_ONLY, "read only: this transaction was begun without write")

    def tick(self) -> int:
        """Return the next number of the database: unique across processes, growing."""
        if self._tick is None:
            row = self.execute("SELECT value FROM counters WHERE name = 'tick'").fetchone()
            self._tick = int(row[0])
        self._tick += 1
        return self._tick

    def tally(self, number: int) -> Tally:
        """Return the counters of a collection for writing."""
        tally = self._tallies.get(number)
        if tally is None:
            self.require_writable()
            last_row = self.execute(f"SELECT max(rid) FROM c{number}").fetchone()[0]  # noqa: S608  a number of ours
            tally = Tally(self, self._stored(number), (last_row or 0) + 1)
            self._tallies[number] = tally
        return tally

    def counters(self, number: int) -> Stored | Tally:
        """Return the counters of a collection, this transaction's writes included."""
        return self._tallies.get(number) or self._stored(number)

    def reads(self, number: int) -> Reads | None:
        """Return what is known of a collection in this snapshot; None once this has written it."""
        if number in self._tallies:
            return None
        found = self._reads.get(number)
        if found is None:
            row = self.execute(_VERSION, (number,)).fetchone()
            if row is not None:
                found = self._reads[number] = self.recent.of(number, row[0])
        return found

    def recount_bytes(self, number: int) -> None:
        """Weigh the documents of a collection again, whose bodies were changed in bulk."""
        tally = self.tally(number)
        found = self.execute(f"SELECT total(length(CAST(body AS BLOB))) FROM c{number}")  # noqa: S608  a number of ours
        tally.bytes = int(found.fetchone()[0])
        tally.touch(None)

    def forget(self, number: int) -> None:
        """Drop the counters of a collection that is gone."""
        self._tallies.pop(number, None)

    def vector_version(self, number: int) -> tuple[int, int]:
        """Return the committed version of a vector index and the oldest one to catch up from."""
        row = self.execute(
            "SELECT ver, floor FROM vector_versions WHERE id = ?", (number,)
        ).fetchone()
        return int(row[0]), int(row[1])

    def vector_mapping(self, number: int) -> str | None:
        """Return the name of the file that holds an index's vectors as of some commit, if any."""
        row = self.execute("SELECT mapping FROM vector_versions WHERE id = ?", (number,)).fetchone()
        return None if row is None else row[0]

    def touch_vectors(self, number: int) -> int:
        """Return the version under which this transaction writes vectors of an index."""
        version = self._touched_vectors.get(number)
        if version is None:
            version = self._touched_vectors[number] = self.vector_version(number)[0] + 1
        return version

    def touched_vectors(self, number: int) -> bool:
        """Tell whether this transaction has written vectors of an index."""
        return number in self._touched_vectors

    def forget_vectors(self, number: int) -> None:
        """Drop what is known of a vector index that is gone."""
        self._touched_vectors.pop(number, None)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what happens inside if it raises; the transaction goes on either way."""
        name = f"s{self._depth}"
        before = {number: (each.documents, each.bytes) for number, each in self._tallies.items()}
        self.execute(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:  # SQLite itself ends it when the disk is full
                self._connection.execute(f"ROLLBACK TO {name}")
                for number, tally in self._tallies.items():
                    stored = self._stored(number)
                    counted = before.get(number, (stored.documents, stored.bytes))
                    tally.documents, tally.bytes = counted
            raise
        finally:
            self._depth -= 1
            if self._connection.in_transaction:
                self._connection.execute(f"RELEASE {name}")

    def fail(self, error: sqlite3.Error) -> Exception:
        """Refuse all further use, since a write may be half done; return what to raise."""
        self.failed = True
        self.end()
        return translate(error, self.path)

    def flush(self) -> None:
        """Store the counters; called right before the commit."""
        if self._tick is not None:
            self.execute("UPDATE counters SET value = ? WHERE name = 'tick'", (self._tick,))
        if any(tally.dirty for tally in self._tallies.values()):
            self.execute("UPDATE counters SET value = value + 1 WHERE name = 'commits'")
        for number, tally in self._tallies.items():
            if tally.dirty:
                self.execute(
                    "UPDATE tallies SET documents = ?, last_key = ?, bytes = ?, revision = ?,"
                    " version = version + 1 WHERE collection = ?",
                    (tally.documents, tally.last_key, tally.bytes, tally.revision, number),
                )
                found = self.execute(_VERSION, (number,)).fetchone()
                if found is not None:  # else the collection is gone
                    self._committed.append((number, found[0], tally))
        for number, version in self._touched_vectors.items():
            self.execute("UPDATE vector_versions SET ver = ? WHERE id = ?", (version, number))

    def publish(self) -> None:
        """Tell the other threads what was written; called right after the commit."""
        for number, version, tally in self._committed:
            self.recent.changes.note(number, version, tally.rows)
            self.recent.moves.note(number, version, tally.moved)

    def end(self) -> None:
        """Close what is still being read and refuse any further use."""
        for cursor in list(self._cursors or ()):
            cursor.close()  # an unfinished SELECT would keep its old snapshot in the pool
        self.execute = self.executemany = _refuse

    def _stored(self, number: int) -> Stored:
        row = self.execute(
            "SELECT documents, last_key, bytes, revision FROM tallies WHERE collection = ?",
            (number,),
        ).fetchone()
        return Stored(*row) if row else Stored()


class Watched(stopping):
    """A `with` block in which reading and work on values are stopped."""

    __slots__ = ("_before", "_connection", "_session")

    def __init__(
        self, session: Session, connection: sqlite3.Connection, check: Callable[[], None]
    ) -> None:
        super().__init__(check)
        self._session = session
        self._connection = connection
        self._before = session.check

    def __enter__(self) -> None:
        super().__enter__()
        self._session.check = check = self._check
        if not self._session.writable:  # an interrupted write would end the whole transaction
            self._connection.set_progress_handler(lambda: _stops(check), _STEPS)

    def __exit__(self, *raised: object) -> None:
        super().__exit__(*raised)
        self._session.check = self._before
        if not self._session.writable:
            with suppress(sqlite3.ProgrammingError):  # the engine was closed meanwhile
                self._connection.set_progress_handler(None, 0)
        if isinstance(raised[1], sqlite3.OperationalError):
            self._check()  # it was this that interrupted


def _go_on() -> None:
    """Stop nothing."""


def _stops(check: Callable[[], None]) -> bool:
    try:
        check()
    except ArangoError:
        return True
    return False


def _refuse(*_: object) -> sqlite3.Cursor:
    raise ArangoError(_ABORTED, "transaction aborted: it has ended or failed")
