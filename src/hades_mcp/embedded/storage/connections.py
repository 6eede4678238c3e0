"""Connections: how a database file is opened, shared by threads, and what its errors mean."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from contextlib import suppress
from threading import Lock, RLock
from typing import TYPE_CHECKING

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.migrations import migrate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_IDLE = 8
_RETRY_SECONDS = 0.005
_TRIES = 20
_LOCK_TIMEOUT, _NOT_OURS, _NOT_WRITABLE, _INTERNAL, _TOO_LARGE = 18, 1100, 1224, 4, 1216
_ENDED = "no transaction is active"
_SYSTEM_ERROR, _NO_MEMORY, _DISK_FULL, _GONE = 2, 3, 1104, 1228


class ConnectionPool:
    """Open connections to one file; each is used by one transaction at a time.

    Args:
        path: The database file; made if it is not there.
        lock_timeout: Seconds to wait for another process that writes.
        durable: False for a database that need not outlive this process.
    """

    def __init__(self, path: Path, *, lock_timeout: float, durable: bool) -> None:
        self.path = path
        self._lock_timeout = lock_timeout
        self._durable = durable
        self._lock = RLock()  # a transaction nobody ended may be collected while it is held
        self._opening = Lock()  # taken before the other: who closes waits for who opens
        self._idle: list[sqlite3.Connection] = []
        self._open: set[sqlite3.Connection] = set()
        self._closed = False

    def take(self) -> sqlite3.Connection:
        """Return a connection nobody else uses.

        Raises:
            ArangoError: 4 if the pool has been closed, or as `translate` says.
        """
        with self._lock:
            if self._idle and not self._closed:
                return self._idle.pop()
        with self._opening:
            # else one could make the file of a dropped database anew, which nobody would remove
            if self._closed:
                raise ArangoError(_INTERNAL, f"{self.path} has been closed")
            connection = self._connect()
            with self._lock:
                self._open.add(connection)
        return connection

    def put(self, connection: sqlite3.Connection) -> None:
        """Give back a connection that has no transaction open."""
        with self._lock:
            if not self._closed and len(self._idle) < _IDLE and not connection.in_transaction:
                self._idle.append(connection)
                return
            self._open.discard(connection)
            connection.close()  # within the lock: closing the pool must not meet it half closed

    def close(self) -> None:
        """Close what is idle; roll back what is in use, which takes no writes from then on.

        A connection in use is closed by whoever gives it back: to close it under a thread that is
        inside SQLite ends the process.
        """
        with self._opening, self._lock:
            self._closed = True
            for connection in self._idle:
                self._open.discard(connection)
                connection.close()
            self._idle.clear()
            for connection in list(self._open):
                connection.interrupt()
                with suppress(sqlite3.Error, SystemError):
                    roll_back(connection)
                    _insist(connection, "PRAGMA query_only = ON")

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                self.path,
                timeout=self._lock_timeout,
                isolation_level=None,
                check_same_thread=False,  # the pool hands a connection to one user at a time
                cached_statements=512,
            )
        except sqlite3.Error as error:
            raise translate(error, self.path) from error
        try:
            self._prepare(connection)
        except sqlite3.Error as error:
            connection.close()
            raise translate(error, self.path) from error
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        migrate(connection, self.path, self._use_wal)
        # NORMAL: a killed process loses nothing; a power cut may lose the last commits, never more
        connection.execute(f"PRAGMA synchronous = {'NORMAL' if self._durable else 'OFF'}")
        connection.execute("PRAGMA cache_size = -16000")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA secure_delete = OFF")

    def _use_wal(self, connection: sqlite3.Connection) -> None:
        """Switch to a write-ahead log; SQLite does not wait for others here, so we do."""
        deadline = time.monotonic() + self._lock_timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_RETRY_SECONDS)
            else:
                return


def roll_back(connection: sqlite3.Connection) -> None:
    """Undo the open transaction, unless another thread has done so, perhaps a moment ago."""
    _insist(connection, "ROLLBACK", lambda: connection.in_transaction)


def _insist(
    connection: sqlite3.Connection, sql: str, needed: Callable[[], bool] = lambda: True
) -> None:
    """Run a statement at the moment when the pool is closed: its user and who closes it meet.

    What one of them does is then interrupted, comes too late, or fails without an exception
    (SystemError), since the other's call has taken the number of SQLite's error.
    """
    for left in reversed(range(_TRIES)):
        if not needed():
            return
        try:
            connection.execute(sql)
        except (sqlite3.OperationalError, SystemError):
            if not left and needed():
                raise
            time.sleep(_RETRY_SECONDS)  # what the other has begun ends soon
        else:
            return


def translate(error: sqlite3.Error | SystemError, path: Path) -> Exception:
    """Turn an error of SQLite into one that names the file and what to do."""
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        text = f"lock timeout: {path} is being written by another process or transaction; try again"
        return ArangoError(_LOCK_TIMEOUT, text)
    if name.startswith(("SQLITE_NOTADB", "SQLITE_CORRUPT")):
        text = f"{path} is damaged or no database: restore it from a backup or move it away"
        return ArangoError(_NOT_OURS, text)
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        text = f"{path} cannot be opened for writing: check the folder's owner and permissions"
        return ArangoError(_NOT_WRITABLE, text)
    # By the pool's closing alone; a SystemError where that took the number of SQLite's error.
    ended = isinstance(error, SystemError) or _ENDED in str(error)
    if ended or name.startswith(("SQLITE_INTERRUPT", "SQLITE_ABORT")):
        return ArangoError(_GONE, f"database not found: {path} was dropped or closed meanwhile")
    if name.startswith("SQLITE_TOOBIG"):
        return ArangoError(_TOO_LARGE)
    if name.startswith("SQLITE_FULL"):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    if name.startswith("SQLITE_IOERR"):
        return OSError(errno.EIO, f"{os.strerror(errno.EIO)} ({name})", str(path))
    return ArangoError(_INTERNAL, f"internal error: {path}: {error}", status=500)


def refusal(error: Exception, path: Path) -> ArangoError:
    """Return what to answer a client for an error of SQLite, of the system or of memory."""
    if isinstance(error, sqlite3.Error | SystemError):
        error = translate(error, path)
    match error:
        case ArangoError():
            return error
        case OSError() if error.errno == errno.ENOSPC:
            return ArangoError(_DISK_FULL, f"filesystem full: {path}", status=500)
        case MemoryError():
            return ArangoError(_NO_MEMORY, "out of memory", status=500)
        case _:
            return ArangoError(_SYSTEM_ERROR, f"system error: {error}", status=500)
