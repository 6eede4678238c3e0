"""The queries that run now: listed, killed, and remembered if they were slow."""

from __future__ import annotations

import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from threading import Event, Lock, get_ident
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NOT_FOUND = 1591
SLOW_SECONDS = 10.0
_SLOW_KEPT = 64


@dataclass(slots=True)
class RunningQuery:
    """One query that runs.

    Attributes:
        killed: Set to make the query stop with ArangoError 1500.
    """

    id: str
    database: str
    text: str
    bind_vars: Mapping[str, Any]
    started: float
    clock: float
    killed: Event = field(default_factory=Event)
    thread: int = field(default_factory=get_ident)

    def describe(self, state: str) -> dict[str, Any]:
        """Return the query as the HTTP API lists it."""
        return {
            "id": self.id,
            "database": self.database,
            "user": "root",
            "query": self.text,
            "bindVars": self.bind_vars,
            "started": datetime.fromtimestamp(self.started, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "runTime": time.monotonic() - self.clock,
            "state": state,
            "stream": False,
        }


class RunningQueries:
    """The queries of one server."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._lock = Lock()
        self._running: dict[str, RunningQuery] = {}
        self._doomed: set[int] = set()
        self._slow: deque[tuple[str, dict[str, Any]]] = deque(maxlen=_SLOW_KEPT)

    @contextmanager
    def run(self, database: str, text: str, bind_vars: Mapping[str, Any]) -> Iterator[RunningQuery]:
        """List a query while it runs."""
        query = RunningQuery(
            str(next(self._ids)),
            database,
            text,
            bind_vars,
            time.time(),
            time.monotonic(),
        )
        with self._lock:
            self._running[query.id] = query
            if query.thread in self._doomed:
                query.killed.set()
        try:
            yield query
        finally:
            with self._lock:
                del self._running[query.id]
                if time.monotonic() - query.clock >= SLOW_SECONDS:
                    self._slow.append((database, query.describe("finished")))

    def current(self, database: str) -> list[dict[str, Any]]:
        """List what runs in a database."""
        with self._lock:
            running = [each for each in self._running.values() if each.database == database]
        return [each.describe("executing") for each in running]

    def slow(self, database: str) -> list[dict[str, Any]]:
        """List what ran long in a database."""
        with self._lock:
            return [each for name, each in self._slow if name == database]

    def forget_slow(self, database: str) -> None:
        """Empty the list of slow queries of a database."""
        with self._lock:
            kept = [each for each in self._slow if each[0] != database]
            self._slow.clear()
            self._slow.extend(kept)

    def kill(self, database: str, query_id: str) -> None:
        """Make a query stop soon; ArangoError 1591 if it does not run."""
        with self._lock:
            query = self._running.get(query_id)
        if query is None or query.database != database:
            raise ArangoError(_NOT_FOUND)
        query.killed.set()

    def kill_thread(self, thread: int) -> None:
        """Make the queries stop that a thread runs, or begins to run before it is spared."""
        with self._lock:
            self._doomed.add(thread)
            running = [each for each in self._running.values() if each.thread == thread]
        for query in running:
            query.killed.set()

    def spare_thread(self, thread: int) -> None:
        """Let a thread run queries again."""
        with self._lock:
            self._doomed.discard(thread)
