"""The engine: a folder of databases, or a set of them that vanishes with the process."""

from __future__ import annotations

import re
import sqlite3
import time
import weakref
from contextlib import ExitStack, closing, contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Self

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.database import Database
from hades_mcp.embedded.storage.disk import Scratch
from hades_mcp.embedded.storage.expiry import Expiry
from hades_mcp.embedded.storage.migrations import APPLICATION_ID
from hades_mcp.embedded.storage.names import check_database_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

    from hades_mcp.embedded.storage.transaction import Transaction

SYSTEM = "_system"
_NOT_FOUND, _DUPLICATE, _FORBIDDEN, _NOT_WRITABLE = 1228, 1207, 11, 1224
_LOCK_SECONDS = 30.0
_SLUG = 40


class Engine:
    """Opens databases; several engines, in several processes, may share one folder.

    `_system` keeps the list of databases, so making and dropping one is a transaction.

    Args:
        folder: Where the files are; made if missing. None keeps everything in a temporary folder
            that goes with the engine, or with the next one if its process is killed: the same
            code, locks and snapshots as on disk, without flushing. (SQLite's shared cache has no
            snapshots, and one locked connection would let an open stream transaction block every
            other request.)
        lock_timeout: Seconds a writer waits for another one before error 18.
        expire: Whether documents that TTL indexes call expired are removed.
        clock: Tells what has expired: seconds since 1970.

    Raises:
        ArangoError: 1224 if the folder cannot be used, 1100 if `_system` is not one of our files.
    """

    def __init__(
        self,
        folder: Path | None,
        *,
        lock_timeout: float = _LOCK_SECONDS,
        expire: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.expiry = Expiry(clock, active=expire)
        self._lock_timeout = lock_timeout
        self._durable = folder is not None
        self._vanish: Callable[[], object] | None = None
        if folder is None:
            scratch = Scratch(None, "hades-memory-")
            self._vanish = weakref.finalize(self, scratch.close)
        self.folder = scratch.path if folder is None else _make(folder)
        self._lock = Lock()
        self._databases: dict[str, Database] = {}
        try:
            self._system = self._open(SYSTEM, "_system.sqlite")
            self._system.begin().abort()  # find out now whether the file can be used
        except BaseException:
            self.close()
            raise

    def databases(self) -> list[str]:
        """Return the names of all databases, `_system` first."""
        with self._system.begin() as transaction:
            rows = transaction.session.execute("SELECT name FROM databases ORDER BY name")
            return [SYSTEM, *(name for (name,) in rows)]

    def create_database(self, name: str) -> Database:
        """Make a database; 1229 for an illegal name, 1207 if the name is taken."""
        check_database_name(name)
        with self._system.begin(write=True) as transaction:
            execute, number = transaction.session.execute, transaction.session.tick()
            made = execute("INSERT OR IGNORE INTO databases VALUES (?, ?)", (name, number))
            if name == SYSTEM or made.rowcount == 0:
                raise ArangoError(_DUPLICATE)
        return self.database(name)

    def drop_database(self, name: str) -> None:
        """Remove a database and its files; 1228 if there is none, 11 for `_system`."""
        if name == SYSTEM:
            raise ArangoError(_FORBIDDEN)
        database = self.database(name)
        with self._system.begin(write=True) as transaction:
            rows = transaction.session.execute("DELETE FROM databases WHERE name = ?", (name,))
            if rows.rowcount == 0:
                raise ArangoError(_NOT_FOUND)
        database.mark_dropped()
        database.close()
        with self._lock:
            self._databases.pop(name, None)
        database.remove_files()
        self.remove_abandoned()

    def database(self, name: str) -> Database:
        """Return a database by its name; 1228 if there is none."""
        database = self._databases.get(name)
        if database is not None and not database.dropped:
            return database
        number = self._number(name)
        if number is None:
            raise ArangoError(_NOT_FOUND)
        return self._open(name, f"{_slug(name)}-{number}.sqlite")

    @contextmanager
    def snapshot(self) -> Iterator[dict[str, Transaction]]:
        """Give one read transaction per database, all as of the same moment.

        For that moment every writer's lock is held: nothing is written, and no database is made or
        dropped, between the first snapshot and the last.

        Raises:
            ArangoError: 18 if some writer does not finish in time.
        """
        with ExitStack() as snapshots:
            with ExitStack() as locks:
                databases = {SYSTEM: self._system}
                locks.enter_context(self._system.begin(write=True))
                for name in self.databases()[1:]:
                    databases[name] = self.database(name)
                    locks.enter_context(databases[name].begin(write=True))
                transactions = {
                    name: snapshots.enter_context(database.begin())
                    for name, database in databases.items()
                }
            yield transactions

    def close(self) -> None:
        """Close all files; transactions still open are rolled back. Closing twice is harmless."""
        with self._lock:
            databases = list(self._databases.values())
            self._databases.clear()
        self.expiry.close()
        for database in databases:
            database.close()
        if self._vanish is not None:
            self._vanish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _number(self, name: str) -> int | None:
        with self._system.begin() as transaction:
            row = transaction.session.execute(
                "SELECT id FROM databases WHERE name = ?", (name,)
            ).fetchone()
        return None if row is None else int(row[0])

    def remove_abandoned(self) -> None:
        """Remove the files of databases whose dropping was cut short: a process was killed."""
        with self._system.begin(write=True) as transaction:  # nobody makes one meanwhile
            rows = transaction.session.execute("SELECT id FROM databases").fetchall()
            known = {int(number) for (number,) in rows}
            for path in self.folder.glob("*-*.sqlite"):
                number = path.stem.rpartition("-")[2]
                if number.isdecimal() and int(number) not in known and _is_ours(path):
                    Database(path.stem, path, lock_timeout=0, durable=False).remove_files()

    def _open(self, name: str, file: str) -> Database:
        with self._lock:
            database = self._databases.get(name)
            if database is None or database.dropped:
                if database is not None:
                    database.close()  # another process dropped it; its files are gone
                database = self._databases[name] = Database(
                    name,
                    self.folder / file,
                    lock_timeout=self._lock_timeout,
                    durable=self._durable,
                    expiry=self.expiry,
                    system=None if name == SYSTEM else self._system,
                )
            return database


def _make(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArangoError(
            _NOT_WRITABLE,
            f"{folder} cannot be used as a data folder ({error.strerror}): check that it is a"
            " folder you may write to, or choose another one",
        ) from error
    return folder


def _is_ours(path: Path) -> bool:
    """Tell whether a file is a database of HADES; its mark may be in its log still."""
    try:
        with closing(sqlite3.connect(path)) as connection:
            mark = connection.execute("PRAGMA application_id").fetchone()[0]
    except sqlite3.Error:
        return False
    return bool(mark == APPLICATION_ID)


def _slug(name: str) -> str:
    """Return the part of a file's name that tells people which database it is."""
    return re.sub(r"[^a-z0-9_-]+", "_", name.lower())[:_SLUG]
