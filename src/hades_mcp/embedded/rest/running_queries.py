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
from hades_mcp.embedded.rest.rights import ROOT
from hades_mcp.embedded.rest.settings import change_settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hades_mcp.embedded.aql.executor import Execution

_NOT_FOUND = 1591
_REMEMBERED = 256
_LONG_TEXT, _LONG_VALUE = 4096, 256


@dataclass(slots=True)
class Tracking:
    """How the queries of a database are watched, in the words of the HTTP API."""

    enabled: bool = True
    trackSlowQueries: bool = True  # noqa: N815  the names of the HTTP API
    trackBindVars: bool = True  # noqa: N815
    maxSlowQueries: int = 64  # noqa: N815
    slowQueryThreshold: float = 10.0  # noqa: N815
    slowStreamingQueryThreshold: float = 10.0  # noqa: N815
    maxQueryStringLength: int = 4096  # noqa: N815


@dataclass(slots=True)
class RunningQuery:
    """One query that runs.

    Attributes:
        stream: Whether the client asked to fetch its rows one by one.
        killed: Set to make the query stop with ArangoError 1500.
    """

    id: str
    database: str
    text: str
    bind_vars: Mapping[str, Any]
    started: float
    clock: float
    stream: bool
    user: str
    killed: Event = field(default_factory=Event)
    thread: int = field(default_factory=get_ident)
    _execution: Execution | None = None

    def watch(self, execution: Execution) -> None:
        """Take part in the run of the query: stop it when it is killed, know what it takes."""
        execution.killed = self.killed
        self._execution = execution

    def describe(self, state: str, tracking: Tracking) -> dict[str, Any]:
        """Return the query as the HTTP API lists it."""
        text = self.text
        if len(text) > tracking.maxQueryStringLength:
            text = f"{text[: tracking.maxQueryStringLength]}..."
        listed = {
            "id": self.id,
            "database": self.database,
            "user": self.user,
            "query": text,
            "bindVars": self.bind_vars,
            "started": _stamp(self.started),
            "runTime": time.monotonic() - self.clock,
            "state": state,
            "stream": self.stream,
            "peakMemoryUsage": self._execution.stats.peakMemoryUsage if self._execution else 0,
        }
        if not tracking.trackBindVars:
            del listed["bindVars"]
        return listed


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _brief(bind_vars: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters to be remembered: not those that may take much memory."""
    return {
        name: value
        if isinstance(value, int | float | None)
        or (isinstance(value, str) and len(value) <= _LONG_VALUE)
        else "..."
        for name, value in bind_vars.items()
    }


class RunningQueries:
    """The queries of one server."""

    def __init__(self) -> None:
        self._ids = count(1)
        self._lock = Lock()
        self._running: dict[str, RunningQuery] = {}
        self._doomed: set[int] = set()
        self._history: deque[tuple[float, str, str, dict[str, Any]]] = deque(maxlen=_REMEMBERED)
        self._tracking: dict[str, Tracking] = {}
        self._slow: dict[str, deque[dict[str, Any]]] = {}

    def tracking(self, database: str) -> Tracking:
        """Return how the queries of a database are watched."""
        return self._tracking.setdefault(database, Tracking())

    def track(self, database: str, changes: dict[str, Any]) -> Tracking:
        """Change how the queries of a database are watched; ArangoError 400 for bad values."""
        tracking = self.tracking(database)
        change_settings(tracking, changes)
        with self._lock:
            slow = self._slow.get(database, ())
            self._slow[database] = deque(slow, maxlen=tracking.maxSlowQueries)
        return tracking

    @contextmanager
    def run(
        self,
        database: str,
        text: str,
        bind_vars: Mapping[str, Any],
        *,
        stream: bool = False,
        user: str = ROOT,
    ) -> Iterator[RunningQuery]:
        """List a query while it runs."""
        query = self.begin(database, text, bind_vars, stream=stream, user=user)
        try:
            yield query
        finally:
            self.end(query)

    def begin(
        self,
        database: str,
        text: str,
        bind_vars: Mapping[str, Any],
        *,
        stream: bool = False,
        user: str = ROOT,
    ) -> RunningQuery:
        """List a query as running, until its end is told."""
        begun, clock = time.time(), time.monotonic()
        number = str(next(self._ids))
        query = RunningQuery(number, database, text, bind_vars, begun, clock, stream, user)
        self._history.append((begun, database, text[:_LONG_TEXT], _brief(bind_vars)))
        with self._lock:
            self._running[query.id] = query
            if query.thread in self._doomed:
                query.killed.set()
        return query

    def end(self, query: RunningQuery) -> None:
        """List a query no more; remember it if it was slow."""
        with self._lock:
            del self._running[query.id]
        self._remember(query)

    def current(self, database: str | None) -> list[dict[str, Any]]:
        """List what runs in a database, or in all (None)."""
        with self._lock:
            running = list(self._running.values())
        return [
            each.describe("executing", self.tracking(each.database))
            for each in running
            if database in {None, each.database} and self.tracking(each.database).enabled
        ]

    def slow(self, database: str | None) -> list[dict[str, Any]]:
        """List what ran long in a database, or in all (None)."""
        with self._lock:
            return [
                each
                for name, slow in self._slow.items()
                for each in slow
                if database in {None, name}
            ]

    def forget_slow(self, database: str | None) -> None:
        """Empty the list of slow queries of a database, or of all (None)."""
        with self._lock:
            for name, slow in self._slow.items():
                if database in {None, name}:
                    slow.clear()

    def history(self) -> list[dict[str, Any]]:
        """List the queries that were begun last, whatever became of them, the newest first."""
        names = ("timeStamp", "database", "query", "bindVars")
        return [
            dict(zip(names, (_stamp(started), *rest), strict=True))
            for started, *rest in reversed(list(self._history))
        ]

    def _remember(self, query: RunningQuery) -> None:
        tracking = self.tracking(query.database)
        if not (tracking.enabled and tracking.trackSlowQueries):
            return
        most = tracking.slowQueryThreshold
        if query.stream:
            most = tracking.slowStreamingQueryThreshold
        if time.monotonic() - query.clock < most:
            return
        told = query.describe("finished", tracking)
        with self._lock:
            kept = self._slow.setdefault(query.database, deque(maxlen=tracking.maxSlowQueries))
            kept.append(told)

    def kill(self, database: str, query_id: str, user: str | None = None) -> None:
        """Make a query stop soon; ArangoError 1591 if it does not run, or is another user's."""
        with self._lock:
            query = self._running.get(query_id)
        if query is None or query.database != database or user not in {None, query.user}:
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
