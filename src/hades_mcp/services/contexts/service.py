"""The service that keeps contexts."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from hades_mcp.errors import InvalidArgument, LimitReached, Unavailable, UnknownName
from hades_mcp.logging import get_logger
from hades_mcp.services.layout import CONTEXT_ENTRIES
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows

if TYPE_CHECKING:
    from arango.database import StandardDatabase

    from hades_mcp.embedders.base import Embedder

Role = Literal["user", "assistant", "system", "tool", "note"]

MOST_CHARACTERS = 20_000
"""Of one entry."""

MOST_ENTRIES = 10_000
"""Of one context."""

MOST_READ = 100
"""Entries read back at once."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@-]{0,127}")
_SHOWN = """
RETURN {
  id: e._id, role: e.role, content: e.content, source: e.source, time: e.time, score: score
}
"""
_RECENT = f"""
FOR e IN @@entries
  FILTER e.context == @name
  SORT e._key DESC
  LIMIT @limit
  LET score = null
  {_SHOWN}
"""
_NEAR = f"""
FOR e IN @@entries
  FILTER e.context == @name AND e.embedding != null
  LET score = COSINE_SIMILARITY(e.embedding, @vector)
  SORT score DESC
  LIMIT @limit
  {_SHOWN}
"""
_LIST = """
FOR e IN @@entries
  COLLECT name = e.context
  AGGREGATE entries = COUNT(1), characters = SUM(LENGTH(e.content)), updated = MAX(e.time)
  RETURN {name, entries, characters, updated}
"""


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """One thing remembered.

    Args:
        id: Its `_id`.
        role: Who said it.
        content: What was said.
        source: Where it comes from; empty when not told.
        time: When, ISO 8601, UTC.
        score: Nearness to the query it was asked by, else None.
    """

    id: str
    role: str
    content: str
    source: str
    time: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class ContextInfo:
    """A context, from outside.

    Args:
        name: Its name.
        entries: How many it has.
        characters: How long they are together.
        updated: Time of the latest.
    """

    name: str
    entries: int
    characters: int
    updated: str


class ContextService:
    """Keeps contexts apart, in order and within bounds.

    Args:
        db: The database, with its layout made.
        embedder: Makes entries findable by meaning.
    """

    def __init__(self, db: StandardDatabase, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    @translated
    def add(self, name: str, content: str, *, role: str = "user", source: str = "") -> ContextEntry:
        """Remember something; the context is made by its first entry.

        Without an embedder the entry is stored all the same, to be found by recency only.

        Args:
            name: The context: letters, digits and `_.:@-`, at most 128.
            content: What to remember.
            role: user, assistant, system, tool or note.
            source: Where it comes from.

        Raises:
            InvalidArgument: A name or content that can't be stored.
            UnknownName: There is no such role.
            LimitReached: The entry is too long or the context full.
        """
        _check_entry(name, content, role)
        if self._count(name) >= MOST_ENTRIES:
            raise LimitReached(
                f"The context {name!r} has {MOST_ENTRIES:,} entries.", hint="Clear it first."
            )
        now = time.time_ns()
        entry: dict[str, Any] = {
            # sorts by time; the tail keeps two processes apart
            "_key": f"{now:020d}-{secrets.token_hex(3)}",
            "context": name,
            "role": role,
            "content": content,
            "source": source,
            "time": datetime.fromtimestamp(now / 1e9, UTC).isoformat(timespec="milliseconds"),
        } | self._embedding(content)
        self._db.collection(CONTEXT_ENTRIES).insert(entry)
        return ContextEntry(
            f"{CONTEXT_ENTRIES}/{entry['_key']}", role, content, source, entry["time"]
        )

    @translated
    def get(self, name: str, *, limit: int = 20, query: str | None = None) -> list[ContextEntry]:
        """Return the latest entries in the order they were made, or the nearest to a query.

        Args:
            name: The context.
            limit: How many at most, 1 to 100.
            query: Read by meaning instead of recency: the best first, each with its score.

        Raises:
            UnknownName: There is no such context; the nearest name is suggested.
            InvalidArgument: The limit is out of range.
            Unavailable: There is a query and no embedder.
        """
        if not 1 <= limit <= MOST_READ:
            raise InvalidArgument(f"limit is {limit}.", hint=f"Use 1 to {MOST_READ}.")
        bind: dict[str, Any] = {"@entries": CONTEXT_ENTRIES, "name": name, "limit": limit}
        if query is not None and query.strip():
            bind["vector"] = self._embedder.embed([query])[0].tolist()
            found = rows(self._db, _NEAR, bind)
        else:
            found = rows(self._db, _RECENT, bind)[::-1]
        if not found and not self._count(name):
            raise self._unknown(name)
        return [ContextEntry(**row) for row in found]

    @translated
    def clear(self, name: str) -> int:
        """Forget a context; return how many entries it had.

        Raises:
            UnknownName: There is no such context; the nearest name is suggested.
        """
        query = "FOR e IN @@c FILTER e.context == @name REMOVE e IN @@c RETURN 1"
        removed = len(rows(self._db, query, {"@c": CONTEXT_ENTRIES, "name": name}))
        if not removed:
            raise self._unknown(name)
        return removed

    @translated
    def list(self) -> list[ContextInfo]:
        """Return all contexts, the one used last first."""
        found = rows(self._db, _LIST, {"@entries": CONTEXT_ENTRIES})
        contexts = [ContextInfo(**row) for row in found]
        return sorted(contexts, key=lambda context: context.updated, reverse=True)

    def _embedding(self, content: str) -> dict[str, Any]:
        try:
            vector = self._embedder.embed([content])[0]
        except Unavailable as error:
            get_logger("services").warning("entry stored without a vector", reason=str(error))
            return {}
        return {
            "embedding": vector.astype("float64").round(6).tolist(),
            "model": self._embedder.model_id,
        }

    def _count(self, name: str) -> int:
        query = "FOR e IN @@c FILTER e.context == @name COLLECT WITH COUNT INTO n RETURN n"
        return sum(rows(self._db, query, {"@c": CONTEXT_ENTRIES, "name": name}))

    def _unknown(self, name: str) -> UnknownName:
        query = "FOR e IN @@c RETURN DISTINCT e.context"
        return UnknownName("context", name, rows(self._db, query, {"@c": CONTEXT_ENTRIES}))


def _check_entry(name: str, content: str, role: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            f"{name!r} cannot name a context.",
            hint="Use letters, digits and _.:@-, at most 128, beginning with a letter or digit.",
        )
    if role not in get_args(Role):
        raise UnknownName("role", role, get_args(Role))
    if not content.strip():
        raise InvalidArgument("The content is empty.", hint="Say what to remember.")
    if len(content) > MOST_CHARACTERS:
        raise LimitReached(
            f"The content has {len(content):,} characters, at most {MOST_CHARACTERS:,} fit.",
            hint="Ingest it as a document, or add the essence.",
        )
