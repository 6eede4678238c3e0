"""A database: one file, its connections, and the transactions on it."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from hades_mcp.embedded.collation import collation_id
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.catalog import Catalog, load_catalog
from hades_mcp.embedded.storage.connections import ConnectionPool, roll_back, translate
from hades_mcp.embedded.storage.mappings import Mappings
from hades_mcp.embedded.storage.matrices import Matrices
from hades_mcp.embedded.storage.recent import Recent
from hades_mcp.embedded.storage.session import Session
from hades_mcp.embedded.storage.transaction import Transaction

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from hades_mcp.embedded.storage.expiry import Expiry

_LOCK_TIMEOUT, _GONE = 18, 1228
_DROPPED = -1
_COUNTERS = """SELECT catalog.value, commits.value FROM counters AS catalog, counters AS commits
    WHERE catalog.name = 'catalog' AND commits.name = 'commits'"""


class Database:
    """One database; safe to use from several threads, each with transactions of its own.

    Args:
        name: As users know it.
        path: Its file.
        lock_timeout: Seconds a writer waits for another one.
        durable: False if the file need not outlive the process.
        expiry: Told when there is a TTL index.
        system: The system database, unless this is it.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        lock_timeout: float,
        durable: bool,
        expiry: Expiry | None = None,
        system: Database | None = None,
    ) -> None:
        self.name = name
        self.path = path
        self.dropped = False
        self._lock_timeout = lock_timeout
        self._pool = ConnectionPool(path, lock_timeout=lock_timeout, durable=durable)
        self._writer = Lock()  # threads queue here: SQLite would have them poll
        self._catalog = Catalog(0, {})
        self._expiry = expiry
        self._system = system
        self._recent = Recent()
        self._matrices = Matrices(Mappings(path, self._record_mapping) if durable else None)

    def transaction(self, *, write: bool = False) -> AbstractContextManager[Transaction]:
        """Begin a transaction for a `with` block: commit at its end, roll back if it raises."""
        return self.begin(write=write)

    def begin(self, *, write: bool = False, patience: float | None = None) -> Transaction:
        """Begin a transaction the caller commits or aborts.

        Args:
            write: Whether it may write; it then waits until it is the only one that does.
            patience: Seconds to wait for other writers; None for the time the engine was given.

        Raises:
            ArangoError: 18 if another writer does not finish in time, 1228 if the database was
                dropped, 1100 or 1224 if its file cannot be used.
        """
        transaction = self._begin(write=write, patience=patience)
        if not self._is_stale():
            return transaction
        transaction.abort()
        with self._begin(write=True) as upkeep:
            if self._is_stale():  # another thread or process may have been faster
                upkeep.rebuild_sorted_indexes(collation_id())
        return self._begin(write=write, patience=patience)

    def mark_dropped(self) -> None:
        """Tell every process that has the file open that the database is gone."""
        with self.begin(write=True) as transaction:
            sql = "UPDATE counters SET value = ? WHERE name = 'catalog'"
            transaction.session.execute(sql, (_DROPPED,))
        self.dropped = True

    def close(self) -> None:
        """Close all connections; open transactions are rolled back."""
        self._pool.close()

    def remove_files(self) -> None:
        """Remove the files of a database that was dropped and closed."""
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        self._matrices.keep(set())

    def _record_mapping(
        self, index: int, version: int, name: str, *, previous: str | None, wait: bool
    ) -> bool:
        """Tell all processes which file holds an index's vectors as of a commit."""
        patience = self._lock_timeout if wait else 0
        if not self._writer.acquire(timeout=patience):
            return False
        try:
            connection = self._pool.take()
        except ArangoError:  # the database has been closed
            self._writer.release()
            return False
        try:
            connection.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
            found = connection.execute(
                "UPDATE vector_versions SET mapping = ?"
                " WHERE id = ? AND floor <= ? AND mapping IS ?",
                (name, index, version, previous),
            )
        except sqlite3.Error:
            return False
        finally:
            with suppress(sqlite3.Error):  # closed meanwhile
                connection.execute(f"PRAGMA busy_timeout = {int(self._lock_timeout * 1000)}")
            self._release_writer(connection)
        return found.rowcount == 1

    def _is_stale(self) -> bool:
        """Tell whether sorted indexes were built by another version of the collation library."""
        collations = self._catalog.collations
        return bool(collations) and collations != {collation_id()}

    def _begin(self, *, write: bool, patience: float | None = None) -> Transaction:
        seconds = self._lock_timeout if patience is None else patience
        if write and not self._writer.acquire(timeout=seconds):
            raise ArangoError(
                _LOCK_TIMEOUT, f"lock timeout: another transaction is writing to {self.name}"
            )
        try:
            connection = self._pool.take()
        except BaseException as error:
            if write:
                self._writer.release()
            if self.dropped:
                raise self._gone() from error
            raise
        try:
            if patience is not None:
                connection.execute(f"PRAGMA busy_timeout = {int(patience * 1000)}")
            return self._start(connection, write=write)
        except (sqlite3.Error, SystemError) as error:
            self._give_back(connection, write=write)
            raise translate(error, self.path) from error
        except BaseException:
            self._give_back(connection, write=write)
            raise
        finally:
            if patience is not None:
                connection.execute(f"PRAGMA busy_timeout = {int(self._lock_timeout * 1000)}")

    def _start(self, connection: sqlite3.Connection, *, write: bool) -> Transaction:
        connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        # this first read also fixes the snapshot of a read transaction
        counters = connection.execute(_COUNTERS).fetchone()
        version, commits = counters or (_DROPPED, 0)  # closed, and the file removed, between both
        if version == _DROPPED:
            self.dropped = True
            raise self._gone()
        catalog = self._catalog
        if catalog.version != version:
            self._catalog = catalog = load_catalog(connection, version)
            self._matrices.keep(catalog.vector_indexes())
            self._recent.keep({info.number for info in catalog.collections.values()})
            if self._expiry is not None and catalog.expires:
                self._expiry.watch(self)
        session = Session(
            connection,
            self.path,
            writable=write,
            matrices=self._matrices,
            recent=self._recent,
            commits=commits,
        )
        session.system = self._system
        release = self._release_writer if write else self._pool.put
        return Transaction(session, connection, catalog, self.path, release)

    def _gone(self) -> ArangoError:
        return ArangoError(_GONE, f"database not found: {self.name} has been dropped")

    def _give_back(self, connection: sqlite3.Connection, *, write: bool) -> None:
        roll_back(connection)
        if write:
            self._release_writer(connection)
        else:
            self._pool.put(connection)

    def _release_writer(self, connection: sqlite3.Connection) -> None:
        try:
            self._pool.put(connection)
        finally:
            self._writer.release()
