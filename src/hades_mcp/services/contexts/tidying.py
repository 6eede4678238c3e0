"""Tidying: contexts that grew long are compacted by themselves, in the background.

An addition waits for nothing but a look into an index. One thread makes the summaries, of one
context after another; where the model fails, the additions go on, the log says so, and it is tried
again with the first addition after ten minutes.
"""

from __future__ import annotations

import time
from contextvars import Context, copy_context
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from hades_mcp.errors import HadesError, Unavailable
from hades_mcp.logging import get_logger
from hades_mcp.services.contexts.compaction import COMPACT_ACTION, LEAST
from hades_mcp.services.contexts.records import MOST_ENTRIES
from hades_mcp.services.contexts.storing import WRITES, count, forget
from hades_mcp.services.journal import DAY, JOURNAL_WRITES, Journal
from hades_mcp.services.layout import CONTEXT_ENTRIES
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import atomically

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arango.database import StandardDatabase, TransactionDatabase

    from hades_mcp.services.contexts.compaction import Summarise
    from hades_mcp.services.contexts.service import ContextService

RETRY = 600.0
"""Seconds after a failure until the model is asked again."""

NEARLY_FULL = MOST_ENTRIES * 9 // 10
"""Entries from which on originals make room: a summary stands for them."""

ROOM = 1000
"""Originals that make room at once, the oldest."""

CLOSING = 2.0
"""Seconds to wait for a write under way when the store is closed."""

_WARM = """
FOR e IN @@entries
  FILTER e.context == @name AND e.tier == "warm"
  COLLECT WITH COUNT INTO n
  RETURN n
"""
_ORIGINALS = """
FOR e IN @@entries
  FILTER e.context == @name AND e.tier == "cold" AND e.compacted != null
  SORT e._key
  LIMIT @most
  RETURN e._id
"""


class Tidier:
    """Compacts what grew long.

    Args:
        db: The database.
        contexts: Compacts.
        summarise: The model's, told the texts.
        after: Warm entries of a context that are worth compacting; 0 compacts nothing.
        retry: Seconds to wait after a failure.
    """

    def __init__(
        self,
        db: StandardDatabase,
        contexts: ContextService,
        summarise: Summarise,
        *,
        after: int,
        retry: float = RETRY,
    ) -> None:
        self._db = db
        self._contexts = contexts
        self._summarise = summarise
        self._after = after and max(after, LEAST)
        self._retry = retry
        self._journal = Journal(db)
        self._log = get_logger("services")
        self._lock = Lock()
        self._thread: Thread | None = None
        self._grown: dict[str, Context] = {}
        self._left: dict[str, int] = {}
        self._not_before = 0.0
        self._closing = Event()

    def added(self, name: str) -> None:
        """Begin to compact a context, if it has grown enough and nobody is at it.

        Args:
            name: The context that was just added to, or was too full for it.
        """
        if not self._after or self._closing.is_set() or time.monotonic() < self._not_before:
            return
        warm = self._warm(name)
        with self._lock:
            if warm - self._left.get(name, 0) < self._after or name in self._grown:
                return
            # on behalf of the caller, whose context it may be alone
            self._grown[name] = copy_context()
            if self._thread is None:
                thread = Thread(target=self._work, name="hades-contexts", daemon=True)
                thread.start()
                self._thread = thread

    def wait(self, seconds: float | None = None) -> None:
        """Return when nothing is being compacted, or after some seconds."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(seconds)

    def close(self) -> None:
        """Begin nothing more, and wait two seconds for a write; a model is not waited for."""
        self._closing.set()
        self.wait(CLOSING)

    def _work(self) -> None:
        while (grown := self._next()) is not None:
            name, context = grown
            try:
                context.run(self._compact, name)
            except Exception as error:  # noqa: BLE001  a thread has nobody to raise to
                self._failed(name, error)
            else:
                with self._lock:
                    del self._grown[name]

    def _next(self) -> tuple[str, Context] | None:
        """Return what is to be compacted; None ends the thread, and another may begin."""
        with self._lock:
            grown = next(iter(self._grown.items()), None)
            if grown is None or self._closing.is_set():
                self._thread = None
                return None
            return grown

    def _compact(self, name: str) -> None:
        done = self._contexts.compact(name, self._asked)
        self._left[name] = self._warm(name)  # what is no more to be compacted
        if done.summaries:
            self._log.info(
                "context compacted",
                context=name,
                summaries=done.summaries,
                entries=done.entries,
                undo=done.undo,
            )
        if count(self._db, name, time.time()) > NEARLY_FULL:
            self._make_room(name)

    def _make_room(self, name: str) -> None:
        bind = {"@entries": CONTEXT_ENTRIES, "name": name, "most": ROOM}

        def work(tx: TransactionDatabase) -> str:
            ids = rows(tx, _ORIGINALS, bind)
            with self._journal.recording(tx, COMPACT_ACTION, note=name, keep=DAY) as recording:
                forget(tx, recording, ids)
            return recording.handle

        handle = atomically(self._db, [*WRITES, *JOURNAL_WRITES], work)
        self._log.info("originals of summaries removed", context=name, undo=handle)

    def _asked(self, texts: Sequence[str]) -> str:
        if self._closing.is_set():
            raise Unavailable("The store is being closed.", hint="It is compacted another time.")
        said = self._summarise(texts)
        if self._closing.is_set():
            raise Unavailable("The store is being closed.", hint="It is compacted another time.")
        return said

    def _failed(self, name: str, error: Exception) -> None:
        self._not_before = time.monotonic() + self._retry
        with self._lock:
            self._grown.clear()  # each would fail, after as long a wait
        if self._closing.is_set():
            return  # the store may be closed already
        bug = None if isinstance(error, HadesError) else error
        self._log.warning("context not compacted", context=name, reason=str(error), exc_info=bug)

    def _warm(self, name: str) -> int:
        return sum(rows(self._db, _WARM, {"@entries": CONTEXT_ENTRIES, "name": name}))
