"""Cursors: results that did not fit into one answer, kept until fetched or forgotten."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_NOT_FOUND = 1600
_NO_SUCH_BATCH = 404


@dataclass(slots=True)
class OpenCursor:
    """The rows of one query that are still to be fetched.

    Attributes:
        rows: All rows of the result.
        batch_size: Rows per answer.
        seconds: How long it lives between two answers.
        shared: What every answer repeats (count, extra, cached).
        retry: Whether the last batch may be fetched again.
    """

    database: str
    rows: Sequence[Any]
    batch_size: int
    seconds: float
    shared: dict[str, Any]
    retry: bool
    id: str = ""
    position: int = 0
    batch: int = 1
    expires: float = 0.0
    last: dict[str, Any] | None = None
    lock: Lock = field(default_factory=Lock)

    def next_batch(self, number: int | None = None) -> dict[str, Any]:
        """Return the next answer, or the last one again if its number is given.

        Raises:
            ArangoError: 404 for a batch that is neither.
        """
        if number is not None and number != self.batch:
            if self.retry and self.last is not None and number == self.batch - 1:
                return self.last
            raise ArangoError(_NO_SUCH_BATCH, "batch id not found")
        end = self.position + self.batch_size
        more = end < len(self.rows)
        answer: dict[str, Any] = {"result": self.rows[self.position : end], "hasMore": more}
        self.position = end
        self.batch += 1
        if more:
            answer["id"] = self.id
            answer["nextBatchId"] = str(self.batch)
        answer.update(self.shared)
        self.last = answer if self.retry else None
        return answer

    @property
    def exhausted(self) -> bool:
        """Whether there is nothing left to fetch."""
        return self.position >= len(self.rows) and not self.retry


class OpenCursors:
    """The open cursors of one server."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._ids = count(1)
        self._lock = Lock()
        self._open: dict[str, OpenCursor] = {}

    def first_batch(self, cursor: OpenCursor) -> dict[str, Any]:
        """Return the first answer, and keep the cursor if there is more."""
        cursor.id = str(next(self._ids))
        answer = cursor.next_batch()
        if not cursor.exhausted:
            self._sweep()
            cursor.expires = self._clock() + cursor.seconds
            with self._lock:
                self._open[cursor.id] = cursor
        return answer

    def next_batch(
        self, database: str, cursor_id: str, number: int | None = None
    ) -> dict[str, Any]:
        """Return the next answer of a cursor; ArangoError 1600 if there is no such cursor."""
        self._sweep()
        with self._lock:
            cursor = self._open.get(cursor_id)
        if cursor is None or cursor.database != database:
            raise ArangoError(_NOT_FOUND)
        with cursor.lock:
            answer = cursor.next_batch(number)
            cursor.expires = self._clock() + cursor.seconds
        if cursor.exhausted:
            with self._lock:
                self._open.pop(cursor_id, None)
        return answer

    def remove(self, database: str, cursor_id: str) -> None:
        """Forget a cursor; ArangoError 1600 if there is no such cursor."""
        with self._lock:
            cursor = self._open.get(cursor_id)
            if cursor is None or cursor.database != database:
                raise ArangoError(_NOT_FOUND)
            del self._open[cursor_id]

    def close(self) -> None:
        """Forget all cursors."""
        with self._lock:
            self._open.clear()

    def _sweep(self) -> None:
        now = self._clock()
        with self._lock:
            for cursor_id in [key for key, each in self._open.items() if each.expires < now]:
                del self._open[cursor_id]
