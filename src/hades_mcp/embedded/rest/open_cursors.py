"""Cursors: results that did not fit into one answer, kept until fetched or forgotten."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any, Protocol

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NOT_FOUND = 1600
_NO_SUCH_BATCH = 404
_SWEEP_SECONDS = 10.0


class Source(Protocol):
    """Where a cursor's rows come from."""

    @property
    def exhausted(self) -> bool:
        """Whether there is no further row."""

    def take(self, count: int) -> list[Any]:
        """Return the next rows."""

    def shared(self) -> dict[str, Any]:
        """Return what an answer tells beside its rows (count, extra, cached)."""

    def close(self) -> None:
        """Give up the rows that were not taken. Closing twice is harmless."""


class Kept:
    """Rows that are all there.

    Args:
        rows: All rows of the result.
        shared: What every answer repeats.
    """

    def __init__(self, rows: Sequence[Any], shared: dict[str, Any]) -> None:
        self._rows = rows
        self._shared = shared
        self._position = 0

    @property
    def exhausted(self) -> bool:
        """Whether there is no further row."""
        return self._position >= len(self._rows)

    def take(self, count: int) -> list[Any]:
        """Return the next rows."""
        start = self._position
        self._position = start + count
        return list(self._rows[start : start + count])

    def shared(self) -> dict[str, Any]:
        """Return what every answer repeats."""
        return self._shared

    def close(self) -> None:
        """Give up the rows."""
        self._rows = ()


@dataclass(slots=True)
class OpenCursor:
    """The rows of one query that are still to be fetched.

    Attributes:
        source: Gives the rows.
        batch_size: Rows per answer.
        seconds: How long it lives between two answers.
        retry: Whether the last batch may be fetched again.
    """

    realm: str
    source: Source
    batch_size: int
    seconds: float
    retry: bool
    id: str = ""
    batch: int = 1
    expires: float = 0.0
    last: dict[str, Any] | None = None
    lock: Lock = field(default_factory=Lock)

    def next_batch(self, number: int | None = None) -> dict[str, Any]:
        """Return the next answer, or the last one again if its number is given.

        Raises:
            ArangoError: 404 for a batch that is neither; what goes wrong in a streaming query.
        """
        if number is not None and number != self.batch:
            if self.retry and self.last is not None and number == self.batch - 1:
                return self.last
            raise ArangoError(_NO_SUCH_BATCH, "batch id not found")
        rows = self.source.take(self.batch_size)
        more = not self.source.exhausted
        answer: dict[str, Any] = {"result": rows, "hasMore": more}
        self.batch += 1
        if more:
            answer["id"] = self.id
            answer["nextBatchId"] = str(self.batch)
        answer.update(self.source.shared())
        self.last = answer if self.retry else None
        return answer

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing left to fetch."""
        return self.source.exhausted and not self.retry


class OpenCursors:
    """The open cursors of one server."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ids = count(1)
        self._lock = Lock()
        self._open: dict[str, OpenCursor] = {}
        self._timer: Timer | None = None
        self._closed = False

    def first_batch(self, cursor: OpenCursor) -> dict[str, Any]:
        """Return the first answer, and keep the cursor if there is more."""
        cursor.id = str(next(self._ids))
        try:
            answer = cursor.next_batch()
        except BaseException:
            cursor.source.close()
            raise
        if cursor.exhausted:
            cursor.source.close()
            return answer
        self.expire()
        cursor.expires = self._clock() + cursor.seconds
        with self._lock:
            self._open[cursor.id] = cursor
            if self._timer is None and not self._closed:
                self._arm()
        return answer

    def next_batch(self, realm: str, cursor_id: str, number: int | None = None) -> dict[str, Any]:
        """Return the next answer of a cursor; ArangoError 1600 if there is no such cursor."""
        self.expire()
        with self._lock:
            cursor = self._open.get(cursor_id)
        if cursor is None or cursor.realm != realm:
            raise ArangoError(_NOT_FOUND)
        with cursor.lock:
            expected = number is None or number in {cursor.batch, cursor.batch - 1}
            try:
                answer = cursor.next_batch(number)
            except BaseException:
                if expected:  # the query itself has failed
                    self._forget(cursor)
                raise
            cursor.expires = self._clock() + cursor.seconds
            if cursor.exhausted:
                self._forget(cursor)
        return answer

    def remove(self, realm: str, cursor_id: str) -> None:
        """Forget a cursor; ArangoError 1600 if there is no such cursor."""
        with self._lock:
            cursor = self._open.get(cursor_id)
        if cursor is None or cursor.realm != realm:
            raise ArangoError(_NOT_FOUND)
        with cursor.lock:
            self._forget(cursor)

    def close(self) -> None:
        """Forget all cursors."""
        with self._lock:
            self._closed = True
            cursors = list(self._open.values())
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            timer.join()
        for cursor in cursors:
            with cursor.lock:
                self._forget(cursor)

    def expire(self) -> None:
        """Forget the cursors nobody asked for a while."""
        now = self._clock()
        with self._lock:
            expired = [each for each in self._open.values() if each.expires < now]
        for cursor in expired:
            with cursor.lock:
                if cursor.expires < now:  # else it was asked just now
                    self._forget(cursor)

    def _forget(self, cursor: OpenCursor) -> None:
        with self._lock:
            self._open.pop(cursor.id, None)
        cursor.source.close()

    def _watch(self) -> None:
        """Look again later, as long as any is open: a streaming one holds up SQLite's log."""
        self.expire()
        with self._lock:
            self._timer = None
            if self._open and not self._closed:
                self._arm()

    def _arm(self) -> None:
        self._timer = Timer(_SWEEP_SECONDS, self._watch)
        self._timer.daemon = True
        self._timer.start()
