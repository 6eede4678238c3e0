"""Stream transactions: begun by one request, used by others, ended by a last one."""

from __future__ import annotations

import sqlite3
import time
from _thread import start_new_thread
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Lock, RLock
from typing import TYPE_CHECKING, Literal, TypeAlias

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.connections import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.storage import Database, Transaction

Status: TypeAlias = Literal["running", "committed", "aborted"]

IDLE_SECONDS = 60.0
"""ArangoDB's `--transaction.streaming-idle-timeout`: a forgotten writer must not block all."""

_LOOK_SECONDS = IDLE_SECONDS / 4
_REMEMBERED = 1000
_UNREGISTERED = 1652
_DISALLOWED = 1653
_NOT_FOUND = 1655


@dataclass(slots=True)
class Stream:
    """One stream transaction.

    A writer begins at its first use: it then holds the lock of the whole database, where
    ArangoDB would only lock what is touched.

    Attributes:
        readable: Collections it may only read; None for all.
        realm: Who may use it: a request's `realm`.
    """

    id: str
    source: Database
    writable: frozenset[str]
    readable: frozenset[str] | None
    realm: str
    used: float
    status: Status = "running"
    lock: RLock = field(default_factory=RLock)
    begun: Transaction | None = None

    def check(self, collection: str, *, write: bool) -> None:
        """Refuse a collection that was not declared (ArangoError 1652)."""
        if collection in self.writable:
            return
        if write or (self.readable is not None and collection not in self.readable):
            kind = "write" if write else "read"
            text = f"unregistered collection used in transaction: {collection} [{kind}]"
            raise ArangoError(_UNREGISTERED, text)

    @property
    def transaction(self) -> Transaction:
        """The storage's transaction; ArangoError 18 if another writer does not finish in time."""
        if self.begun is None:
            self.begun = self.source.begin(write=bool(self.writable))
            if self.readable is not None:
                self.begun.guard = self._guard
        return self.begun

    def _guard(self, collection: str) -> None:
        """Refuse what a query names only while it runs: edges and `DOCUMENT()` lead there."""
        if collection != "_graphs":  # named graphs are looked up there
            self.check(collection, write=False)


class Streams:
    """The stream transactions of one server, the ended ones included for a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ids = count(1)
        self._lock = Lock()
        self._running: dict[str, Stream] = {}
        self._ended: OrderedDict[tuple[str, str], Status] = OrderedDict()
        self._watched_until = 0.0  # on the machine's clock: later than a thread that lives would be
        self._closed = Event()

    def begin(
        self,
        database: Database,
        writable: frozenset[str],
        realm: str,
        readable: frozenset[str] | None = None,
    ) -> Stream:
        """Begin a transaction that may write to the named collections, and read others."""
        self.expire()
        stream = Stream(str(next(self._ids)), database, writable, readable, realm, self._clock())
        if not writable:
            _ = stream.transaction  # what it reads is fixed now, and nobody waits for it
        with self._lock:
            self._running[stream.id] = stream
            if self._watched_until < time.monotonic() and not self._closed.is_set():
                self._start_watching()
        return stream

    def running(self, realm: str) -> list[Stream]:
        """Return the running transactions of a realm."""
        self.expire()
        with self._lock:
            return [each for each in self._running.values() if each.realm == realm]

    def status(self, realm: str, stream_id: str) -> Status:
        """Return the status of a transaction; ArangoError 1655 if it is unknown."""
        with self._lock:
            stream = self._running.get(stream_id)
            if stream is not None and stream.realm == realm:
                return stream.status
            ended = self._ended.get((realm, stream_id))
        if ended is None:
            raise ArangoError(_NOT_FOUND, f"transaction '{stream_id}' not found")
        return ended

    @contextmanager
    def use(self, realm: str, stream_id: str) -> Iterator[Stream]:
        """Give a running transaction, to one thread at a time.

        Raises:
            ArangoError: 1655 if it is unknown or ended.
        """
        with self._lock:
            stream = self._running.get(stream_id)
        if stream is None or stream.realm != realm:
            raise ArangoError(_NOT_FOUND, f"transaction '{stream_id}' not found")
        with stream.lock:
            if stream.status != "running":
                raise ArangoError(_NOT_FOUND, f"transaction '{stream_id}' not found")
            stream.used = self._clock()
            try:
                yield stream
            except (sqlite3.Error, SystemError) as error:
                raise refusal(error, stream.source.path) from error
            finally:
                stream.used = self._clock()

    def check(self, realm: str, stream_id: str, collection: str, *, write: bool) -> None:
        """Refuse a collection the transaction did not declare (ArangoError 1652)."""
        with self.use(realm, stream_id) as stream:
            stream.check(collection, write=write)

    def end(self, realm: str, stream_id: str, status: Status) -> None:
        """Commit or abort; doing the same again is fine.

        Raises:
            ArangoError: 1655 for an unknown transaction, 1653 for one that ended otherwise.
        """
        known = self.status(realm, stream_id)
        if known != "running":
            if known != status:
                raise ArangoError(_DISALLOWED, f"transaction was already {known}")
            return
        with self.use(realm, stream_id) as stream:
            self._finish(stream, status)

    def _finish(self, stream: Stream, status: Status) -> None:
        try:
            if stream.begun is not None and status == "committed":
                stream.begun.commit()
            elif stream.begun is not None:
                stream.begun.abort()
        except BaseException:
            status = "aborted"
            if stream.begun is not None:
                stream.begun.abort()
            raise
        finally:
            stream.status = status
            with self._lock:
                self._running.pop(stream.id, None)
                self._ended[stream.realm, stream.id] = status
                while len(self._ended) > _REMEMBERED:
                    self._ended.popitem(last=False)

    def expire(self) -> None:
        """Abort the transactions nobody used for a while."""
        oldest = self._clock() - IDLE_SECONDS
        with self._lock:
            idle = [each for each in self._running.values() if each.used < oldest]
        for stream in idle:
            with stream.lock:
                if stream.used < oldest:  # else it was in use just now
                    self._abort(stream)

    def abort_all(self, database: str) -> None:
        """Abort what runs in a database that is to be dropped."""
        with self._lock:
            streams = [each for each in self._running.values() if each.source.name == database]
        for stream in streams:
            with stream.lock:
                self._abort(stream)

    def close(self) -> None:
        """Abort everything that is running."""
        self._closed.set()
        with self._lock:
            running = list(self._running.values())
        for stream in running:
            with stream.lock:
                self._abort(stream)

    def _abort(self, stream: Stream) -> None:
        if stream.status == "running":
            self._finish(stream, "aborted")

    def _start_watching(self) -> None:
        """Look for forgotten ones from time to time; where there is no thread, each call looks.

        Not by `threading.Thread`: its `start` waits for the thread to say that it runs, and for
        ever for one that finds no memory to begin with.
        """
        self._watched_until = time.monotonic() + 2 * _LOOK_SECONDS
        try:
            start_new_thread(self._watch, ())
        except (RuntimeError, MemoryError):
            self._watched_until = 0.0

    def _watch(self) -> None:
        while not self._closed.wait(_LOOK_SECONDS) and self._look():
            pass

    def _look(self) -> bool:
        """Abort what is forgotten, as other processes wait for its lock; tell if anything runs."""
        self.expire()
        with self._lock:
            more = bool(self._running)
            self._watched_until = time.monotonic() + 2 * _LOOK_SECONDS if more else 0.0
        return more
