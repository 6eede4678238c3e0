"""Expiry: removes the documents that TTL indexes call expired, now and then, in small steps.

Source: ArangoDB manual, "TTL Indexes", and the defaults of its `--ttl.*` options. As there, an
expired document may be seen until it is removed.
"""

from __future__ import annotations

import logging
import sqlite3
import time
import weakref
from dataclasses import dataclass
from threading import Event, Lock, Thread, current_thread
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.storage.database import Database
    from hades_mcp.embedded.storage.transaction import Transaction

_BATCH = 1000
_BAD_PARAMETER = 10
_LEAST_FREQUENCY = 1000
_SWEPT = "swept"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ExpirySettings:
    """How often and how much.

    Attributes:
        frequency: Milliseconds between two sweeps of a database, whichever process does them.
        max_total: Documents removed at most in one sweep of all databases.
        max_collection: Documents removed at most from one collection in one sweep.
        active: Whether anything is removed at all.
    """

    frequency: int = 30_000
    max_total: int = 1_000_000
    max_collection: int = 100_000
    active: bool = True

    def describe(self) -> dict[str, Any]:
        """Return the settings in the names of ArangoDB's HTTP API."""
        return {
            "frequency": self.frequency,
            "maxTotalRemoves": self.max_total,
            "maxCollectionRemoves": self.max_collection,
            "onlyLoadedCollections": False,
            "active": self.active,
        }

    def changed(self, given: dict[str, Any]) -> ExpirySettings:
        """Return the settings with these attributes changed; 10 for what makes no sense."""
        active = given.get("active", self.active)
        if not isinstance(active, bool):
            raise ArangoError(_BAD_PARAMETER, "expecting boolean value for active")
        frequency = _number(given, "frequency", self.frequency)
        if frequency < _LEAST_FREQUENCY:
            raise ArangoError(_BAD_PARAMETER, "too low value for frequency")
        return ExpirySettings(
            frequency,
            _number(given, "maxTotalRemoves", self.max_total),
            _number(given, "maxCollectionRemoves", self.max_collection),
            active,
        )


def _number(given: dict[str, Any], name: str, default: int) -> int:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ArangoError(_BAD_PARAMETER, f"expecting numeric value for {name}")
    return int(value)


class Expiry:
    """Sweeps the databases of one engine that have TTL indexes; its thread starts with the first.

    Args:
        clock: Seconds since 1970.
        active: Whether to remove anything before somebody changes the settings.

    Attributes:
        paused: Whether nothing is removed for now, whatever the settings say.
    """

    def __init__(self, clock: Callable[[], float] = time.time, *, active: bool = True) -> None:
        self.settings = ExpirySettings(active=active)
        self.paused = False
        self.runs = self.removed = self.limit_reached = 0
        self._clock = clock
        self._lock = Lock()
        self._sweeping = Lock()
        self._stop = Event()
        self._thread: Thread | None = None
        self._watched: weakref.WeakSet[Database] = weakref.WeakSet()

    def statistics(self) -> dict[str, int]:
        """Return what was done so far, in the names of ArangoDB's HTTP API."""
        return {
            "runs": self.runs,
            "documentsRemoved": self.removed,
            "limitReached": self.limit_reached,
        }

    def configure(self, settings: ExpirySettings) -> None:
        """Go on with other settings."""
        self.settings = settings
        self._begin()

    def watch(self, database: Database) -> None:
        """Sweep a database from now on: it has a TTL index."""
        with self._lock:
            self._watched.add(database)
        self._begin()

    def sweep(self, *, due: bool = False) -> int:
        """Remove what has expired by now from all watched databases; return how many documents.

        Args:
            due: Leave out databases that were swept less than `frequency` ago, by any process.
        """
        if self.paused or not self.settings.active:
            return 0
        with self._lock:
            databases = list(self._watched)
        removed = 0
        with self._sweeping:
            for database in databases:
                try:
                    left = self.settings.max_total - removed
                    removed += self._sweep(database, left, due=due)
                except (ArangoError, sqlite3.Error, OSError) as error:
                    _LOG.debug("expired documents of %s stay for now: %s", database.name, error)
            self.runs += 1
            self.removed += removed
        return removed

    def close(self) -> None:
        """Stop the thread; a batch it has begun is finished first."""
        self._stop.set()
        thread = self._thread
        if thread is not None and thread is not current_thread():
            thread.join()

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None and self.settings.active and not self._stop.is_set():
                # it must not keep an engine alive that nobody closed
                self._thread = Thread(
                    target=_run, args=(weakref.ref(self), self._stop), name="ttl", daemon=True
                )
                self._thread.start()

    def _sweep(self, database: Database, most: int, *, due: bool) -> int:
        now = self._clock()
        with database.begin(write=True, patience=0) as transaction:
            swept = _swept(transaction)
            if due and (swept is None or now * 1000 < swept + self.settings.frequency):
                if swept is None:  # then the first sweep is one `frequency` away, as in ArangoDB
                    _note(transaction, now)
                return 0
            _note(transaction, now)
        with database.begin() as transaction:
            targets = [
                (info.name, float(index.options["expireAfter"]))
                for info in transaction.collections()
                for index in info.indexes
                if index.type == "ttl"
            ]
        removed = 0
        for name, seconds in targets:
            left = min(most - removed, self.settings.max_collection)
            removed += self._clear(database, name, now - seconds, left)
        return removed

    def _clear(self, database: Database, name: str, until: float, most: int) -> int:
        removed = 0
        while removed < most:
            batch = min(_BATCH, most - removed)
            with database.begin(write=True, patience=0) as transaction:
                found = transaction.collection(name).remove_expired(until, batch)
            removed += found
            if found < batch or self._stop.is_set():
                return removed
        self.limit_reached += 1
        return removed


def _swept(transaction: Transaction) -> int | None:
    """Return when the database was last swept, in milliseconds since 1970."""
    row = transaction.session.execute(
        "SELECT value FROM counters WHERE name = ?", (_SWEPT,)
    ).fetchone()
    return None if row is None else int(row[0])


def _note(transaction: Transaction, now: float) -> None:
    sql = "INSERT OR REPLACE INTO counters VALUES (?, ?)"
    transaction.session.execute(sql, (_SWEPT, int(now * 1000)))


def _run(reference: weakref.ref[Expiry], stop: Event) -> None:
    """Sweep what is due, again and again, for as long as the engine is there.

    It looks once at least: a process that never lives for long must not keep everything for ever.
    """
    while (expiry := reference()) is not None:
        expiry.sweep(due=True)
        seconds = expiry.settings.frequency / 1000
        del expiry
        if stop.wait(seconds):
            return
