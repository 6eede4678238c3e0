"""Work that can wait a moment: done in order, all that has gathered at once."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hades_mcp.logging import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Work = Callable[[], None]

LINGER_SECONDS = 0.1
LONGEST = 1000

_log = get_logger("traces")


@contextmanager
def unfailing(part: str) -> Iterator[None]:
    """Log an error of the recording itself, and go on."""
    try:
        yield
    except Exception:  # noqa: BLE001  recording must never break the call it records
        _log.exception("not_recorded", part=part)


class Backlog:
    """Pieces of work that wait to be done.

    A thread does them a tenth of a second after the first came; whoever needs them done calls
    `flush`. When too many wait, whoever brings the next does them all first.

    Args:
        together: Does pieces of work in one transaction; what it raises undid them all.
    """

    def __init__(self, together: Callable[[tuple[Work, ...]], None]) -> None:
        self._together = together
        self._waiting: deque[Work] = deque()
        self._turn = threading.RLock()
        self._flushing = False
        self._came = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()  # not the turn, which is held while a batch is written

    def put(self, work: Work) -> None:
        """Leave a piece of work, which must not raise.

        Raises:
            Exception: Too much waited, and doing it failed: this piece is not taken.
        """
        if len(self._waiting) >= LONGEST:
            self.flush()
        self._waiting.append(work)
        if self._closed.is_set():
            self.flush()
        elif not self._came.is_set():
            self._wake()

    def flush(self) -> None:
        """Do all that waits, in the order it came.

        Raises:
            Exception: It could not be done; it still waits.
        """
        if not self._waiting:
            return
        with self._turn:
            if self._flushing:  # a piece of work that reads what those before it wrote
                return
            self._flushing = True
            try:
                work = tuple(self._waiting)
                self._together(work)
                for _ in work:  # only now: what was undone is done by the next
                    self._waiting.popleft()
            finally:
                self._flushing = False

    def close(self) -> None:
        """Do what waits, and end the thread; closing twice does no harm.

        Raises:
            Exception: It could not be done.
        """
        self._closed.set()
        self._came.set()
        if self._thread is not None:
            self._thread.join()
        self.flush()

    def _wake(self) -> None:
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    thread = threading.Thread(target=self._run, name="traces", daemon=True)
                    thread.start()
                    self._thread = thread
        self._came.set()

    def _run(self) -> None:
        while not self._closed.is_set():
            self._came.wait()
            self._closed.wait(LINGER_SECONDS)
            self._came.clear()  # first, so that what comes meanwhile wakes this again
            with unfailing("batch"):
                self.flush()
