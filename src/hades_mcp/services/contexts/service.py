"""The service that keeps contexts: apart, in order, within bounds, and never lost by mistake."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from arango.exceptions import ArangoServerError

from hades_mcp.errors import InvalidArgument, NotFound, UnknownName
from hades_mcp.services.callers import caller
from hades_mcp.services.contexts.compaction import (
    COMPACT_ACTION,
    Compacted,
    batches,
    replaced,
    summary_of,
)
from hades_mcp.services.contexts.nearness import Nearness
from hades_mcp.services.contexts.reading import (
    CANDIDATES,
    LIVE,
    Row,
    cost_of,
    entry_of,
    fused,
    iso,
    latest,
    packed,
    reconciled,
    said_on,
)
from hades_mcp.services.contexts.records import (
    ContextEntry,
    ContextInfo,
    ContextSummary,
    Recall,
    check_entry,
    check_name,
    check_ttl,
)
from hades_mcp.services.contexts.storing import (
    WRITES,
    count,
    entry_document,
    expire,
    forget,
    insert,
    overdue,
    vectors_of,
)
from hades_mcp.services.contexts.tiers import settle, tally
from hades_mcp.services.contexts.transfer import exported, parsed, renamed
from hades_mcp.services.journal import DAY, JOURNAL_WRITES, Journal
from hades_mcp.services.layout import CONTEXT_ENTRIES, CONTEXTS
from hades_mcp.services.owners import may_use, may_use_entry, of_others
from hades_mcp.services.refusals import LOCKED, translated
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from arango.database import StandardDatabase, TransactionDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.services.contexts.compaction import Summarise
    from hades_mcp.traces.metrics import Metrics

By = Literal["recency", "meaning", "both"]

MOST_READ = CANDIDATES
"""Entries read back at once."""

BY_MEANING = 10
"""Entries a query is answered with when not told otherwise; the rest would be ever farther off."""

CLEAR_ACTION = "context_clear"
EXPIRE_ACTION = "context_ttl"
IMPORT_ACTION = "context_import"

_USED_LATELY = 60.0
"""Seconds in which using an entry again is the same use: reading then writes nothing."""

_LIST = f"""
FOR e IN @@entries
  FILTER {LIVE}
  COLLECT name = e.context, tier = e.tier || "hot"
  AGGREGATE entries = COUNT(1), characters = SUM(LENGTH(e.content)), updated = MAX(e.time)
  RETURN {{name, tier, entries, characters, updated}}
"""
# what indexes answer alone, whatever there is in the entries
OVERVIEW = """
LET expired = MERGE(
  FOR e IN @@entries
    FILTER e.expires > 0 AND e.expires <= @now
    COLLECT name = e.context WITH COUNT INTO n
    RETURN {[name]: n}
)
FOR c IN @@contexts
  FILTER c.owner == null OR c.owner == @user
  LET stored = FIRST(
    FOR e IN @@entries FILTER e.context == c._key COLLECT WITH COUNT INTO n RETURN n
  )
  LET entries = stored - (expired[c._key] || 0)
  FILTER entries > 0
  SORT c.updated DESC
  RETURN {name: c._key, entries, updated: c.updated}
"""


@dataclass(frozen=True, slots=True)
class Cleared:
    """What was forgotten.

    Args:
        removed: How many entries.
        undo: The handle that brings them back, for a day; empty when there were none.
    """

    removed: int
    undo: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What was imported.

    Args:
        name: Of the context.
        added: Entries stored.
        known: Entries that were there already.
        undo: The handle that takes it back; empty when nothing was stored.
    """

    name: str
    added: int
    known: int
    undo: str = ""


class ContextService:
    """Keeps contexts apart, in order and within bounds.

    Args:
        db: The database, with its layout made.
        embedder: Makes entries findable by meaning.
        metrics: Where changes of tier are counted.
    """

    def __init__(
        self, db: StandardDatabase, embedder: Embedder, metrics: Metrics | None = None
    ) -> None:
        self._db = db
        self._embedder = embedder
        self._metrics = metrics
        self._journal = Journal(db)
        self._nearness = Nearness(db, embedder)

    @translated
    def add(
        self,
        name: str,
        content: str,
        *,
        role: str = "user",
        source: str = "",
        tags: Sequence[str] = (),
        ttl: float | None = None,
        new: bool = False,
    ) -> ContextEntry:
        """Remember something; the context is made by its first entry.

        Without an embedder the entry is stored all the same, to be found by recency only.

        Args:
            name: The context: letters, digits and `_.:@-`, at most 128.
            content: What to remember.
            role: user, assistant, system, tool or note.
            source: Where it comes from.
            tags: Words to find it by; `fact:NAME` says which fact it states.
            ttl: Seconds until it is forgotten; by default as the context has it.
            new: The name was minted for this: then there is no such context yet.

        Raises:
            InvalidArgument: A name, content, tag or time to live that can't be stored.
            UnknownName: There is no such role, or the name is a handle that was not minted for the
                caller.
            LimitReached: The entry is too long or the context full.
        """
        check_name(name)
        if not new:
            self._check_owner(name)
        check_entry(content, role, tags, ttl)
        entry = entry_document(name, content, role=role, source=source, tags=tags, ttl=ttl)
        entry |= vectors_of(self._embedder, [content])[0]
        now = entry["used"]

        def work(tx: TransactionDatabase) -> dict[str, int]:
            return insert(tx, name, [entry], now, self._embedder)

        self._moved(atomically(self._db, WRITES, work))
        return entry_of(entry | {"_id": f"{CONTEXT_ENTRIES}/{entry['_key']}"}, now)

    @translated
    def get(
        self,
        name: str,
        *,
        query: str | None = None,
        by: By | None = None,
        limit: int | None = None,
        tokens: int | None = None,
    ) -> Recall:
        """Return the latest entries in the order they were made, or the best for a query.

        A statement that a newer one contradicts is not shown for itself, but under the newer one.

        Args:
            name: The context.
            query: What to look for.
            by: `recency` reads what is hot, `meaning` all there is, `both` joins the two rankings;
                with a query both, else recency.
            limit: How many at most, 1 to 100; by default all that is hot, or the 10 best.
            tokens: Budget of the whole answer, about; entries beyond it are counted as omitted.

        Raises:
            UnknownName: There is no such context; the nearest name is suggested.
            InvalidArgument: The limit or the budget is out of range, or a query is missing.
            Unavailable: There is a query and no embedder.
        """
        if limit is not None and not 1 <= limit <= MOST_READ:
            raise InvalidArgument(f"limit is {limit}.", hint=f"Use 1 to {MOST_READ}.")
        if tokens is not None and tokens < 1:
            raise InvalidArgument(f"tokens is {tokens}.", hint="Use 100 or more.")
        asked = query.strip() if query else ""
        way: By = by or ("both" if asked else "recency")
        if way != "recency" and not asked:
            raise InvalidArgument(f"Reading by {way} needs a query.", hint="Say what you look for.")
        self._check_owner(name)
        now = time.time()
        if way == "meaning":
            found, total = self._nearness.find(name, asked, now), count(self._db, name, now)
        else:
            found, total = latest(self._db, name, now, MOST_READ)
            if way == "both":
                found = fused(self._nearness.find(name, asked, now), found, now)
        if not total:
            raise self._unknown(name)
        most = limit or (MOST_READ if way == "recency" else BY_MEANING)
        entries = reconciled(found, said_on(self._db, name, now, found), now, most)
        if tokens is not None:
            entries = packed(entries, tokens, cost_of)
        if way == "recency":
            entries.reverse()
        else:
            self._use(name, now, entries, found)
        shown = {entry.id for entry in entries} | {
            older.id for entry in entries for older in entry.contradicts
        }
        return Recall(entries, max(0, total - len(shown)))

    @translated
    def clear(self, name: str) -> Cleared:
        """Forget a context, or a single entry by its id; undoable for a day.

        What is known of the context itself stays: its owner, its time to live. So it can be undone,
        too, when something was added under the same name since.

        Raises:
            UnknownName: There is no such context; the nearest name is suggested.
            NotFound: There is no such entry.
        """
        collection, slash, key = name.partition("/")
        if slash and collection == CONTEXT_ENTRIES:
            which = "e._key == @name"
        else:
            which, key = "e.context == @name", name
        query = f"FOR e IN @@entries FILTER {which} AND {LIVE} RETURN e._id"
        bind = {"@entries": CONTEXT_ENTRIES, "name": key, "now": time.time()}
        hidden = not (may_use_entry(self._db, key) if key != name else may_use(self._db, name))

        def work(tx: TransactionDatabase) -> Cleared:
            ids = rows(tx, query, bind)
            with self._journal.recording(tx, CLEAR_ACTION, note=name, keep=DAY) as recording:
                forget(tx, recording, ids)
            return Cleared(len(ids), recording.handle)

        cleared = None if hidden else atomically(self._db, [*WRITES, *JOURNAL_WRITES], work)
        if cleared is not None and cleared.removed:
            return cleared
        if slash:
            raise NotFound(f"There is no entry {name!r}.", hint="context_get shows the ids.")
        raise self._unknown(name)

    @translated
    def overview(self) -> list[ContextSummary]:
        """Return the contexts that `list` does, without reading their entries."""
        names = {"@entries": CONTEXT_ENTRIES, "@contexts": CONTEXTS}
        bind = names | {"now": time.time(), "user": caller().user}
        return [
            ContextSummary(row["name"], row["entries"], iso(row["updated"]))
            for row in rows(self._db, OVERVIEW, bind)
        ]

    @translated
    def list(self) -> list[ContextInfo]:
        """Return all contexts but those of others, the one used last first."""
        found = rows(self._db, _LIST, {"@entries": CONTEXT_ENTRIES, "now": time.time()})
        kept = {
            one["_key"]: one for one in rows(self._db, "FOR c IN @@c RETURN c", {"@c": CONTEXTS})
        }
        by_name: dict[str, list[Row]] = {}
        for row in found:
            by_name.setdefault(row["name"], []).append(row)
        for name in of_others(self._db):
            by_name.pop(name, None)
        contexts = [_info(name, tiers, kept.get(name, {})) for name, tiers in by_name.items()]
        return sorted(contexts, key=lambda context: context.updated, reverse=True)

    def show(self, name: str) -> ContextInfo:
        """Return one context.

        Raises:
            UnknownName: There is no such context; the nearest name is suggested.
        """
        for context in self.list():
            if context.name == name:
                return context
        raise self._unknown(name)

    @translated
    def expire(self, name: str, ttl: float | None) -> Cleared:
        """Give the entries of a context a time to live, those there and those to come.

        An entry that was added with a shorter one keeps it. What is older already is forgotten at
        once, undoable for a day.

        Args:
            name: The context.
            ttl: Seconds after it was added; None lets new entries live for ever again.

        Raises:
            UnknownName: There is no such context; the nearest name is suggested.
            InvalidArgument: A time that can't be.
        """
        check_ttl(ttl)
        self._check_owner(name)
        now = time.time()
        if not count(self._db, name, now):
            raise self._unknown(name)

        def work(tx: TransactionDatabase) -> Cleared:
            old = [] if ttl is None else overdue(tx, name, ttl, now)
            with self._journal.recording(tx, EXPIRE_ACTION, note=name, keep=DAY) as recording:
                forget(tx, recording, old)
            expire(tx, name, ttl, now)
            return Cleared(len(old), recording.handle)

        return atomically(self._db, [*WRITES, *JOURNAL_WRITES], work)

    @translated
    def compact(self, name: str, summarise: Summarise) -> Compacted:
        """Let summaries stand for what is no longer hot; the originals stay, cold. Undoable.

        Args:
            name: The context.
            summarise: Returns the gist of some texts; asked once for each summary.

        Raises:
            UnknownName: There is no such context; the nearest name is suggested.
            Conflict: Somebody changed the entries meanwhile; nothing was done.
        """
        self._check_owner(name)
        now = time.time()
        if not count(self._db, name, now):
            raise self._unknown(name)
        made = [summary_of(name, batch, summarise) for batch in batches(self._db, name)]
        if not made:
            return Compacted()
        for entry, vector in zip(
            made, vectors_of(self._embedder, [one["content"] for one in made]), strict=True
        ):
            entry.update(vector)
        keys = [key for entry in made for key in (entry["_key"], *entry["summarises"])]

        def work(tx: TransactionDatabase) -> tuple[str, Counter[str]]:
            with self._journal.recording(tx, COMPACT_ACTION, note=name) as recording:
                recording.before(f"{CONTEXT_ENTRIES}/{key}" for key in keys)
                moved = Counter(f"{tier}>cold" for one in made for tier in replaced(tx, one))
                settled = insert(tx, name, made, now, self._embedder)
                counted = Counter({way: n for way, n in moved.items() if way != "cold>cold"})
                tally(tx, name, counted)
            return recording.handle, counted + Counter(settled)

        handle, ways = atomically(self._db, [*WRITES, *JOURNAL_WRITES], work)
        self._moved(ways)
        return Compacted(len(made), sum(len(one["summarises"]) for one in made), handle)

    def export(self, name: str) -> Iterator[str]:
        """Yield a context as lines of JSON, without vectors.

        Raises:
            UnknownName: There is no such context; the nearest name is suggested.
        """
        self._check_owner(name)
        now = time.time()
        if not count(self._db, name, now):
            raise self._unknown(name)
        yield from exported(self._db, name, now)

    @translated
    def import_(self, lines: Iterable[str], *, name: str | None = None) -> Imported:
        """Store an exported context; entries that are there already are left as they are.

        All lines are checked before anything is written, and all is written at once. Undoable. The
        time to live in the file is that of a context that is new; one that is there keeps its own.

        Args:
            lines: As `export` yields them.
            name: Another name for it.

        Raises:
            InvalidArgument: A line is not what it should be.
            LimitReached: The context would be too full.
        """
        now = time.time()
        name, ttl, entries = parsed(lines, name, now)
        if name in of_others(self._db):
            raise self._unknown(name)
        entries = renamed(self._db, name, entries)
        known = len(entries)
        entries = [entry for entry in entries if not entry.pop("known")]
        vectors = vectors_of(self._embedder, [entry["content"] for entry in entries])
        entries = [entry | vector for entry, vector in zip(entries, vectors, strict=True)]

        def work(tx: TransactionDatabase) -> str:
            with self._journal.recording(tx, IMPORT_ACTION, note=name) as recording:
                recording.before(f"{CONTEXT_ENTRIES}/{entry['_key']}" for entry in entries)
                if ttl is not None and not tx.collection(CONTEXTS).has(name):
                    expire(tx, name, ttl, now)
                insert(tx, name, entries, now, self._embedder)
            return recording.handle

        handle = atomically(self._db, [*WRITES, *JOURNAL_WRITES], work) if entries else ""
        return Imported(name, len(entries), known - len(entries), handle)

    def _use(
        self, name: str, now: float, entries: Sequence[ContextEntry], found: Sequence[Row]
    ) -> None:
        stored = {row["id"]: row for row in found}
        rows_used = [stored[entry.id] for entry in entries if entry.id in stored]
        stale = [
            row["key"]
            for row in rows_used
            if (row["used"] or 0) < now - _USED_LATELY
            or not (row["tier"] == "hot" or row["compacted"])
        ]
        if not stale:
            return
        try:
            self._moved(settle(self._db, name, now, used=stale))
        except ArangoServerError as error:
            # somebody else writes just now: that this was used is not worth waiting for
            if error.error_code not in LOCKED:
                raise

    def _moved(self, ways: Mapping[str, int]) -> None:
        if self._metrics is not None:
            for way, number in ways.items():
                self._metrics.transitions.add(number, {"way": way})

    def _unknown(self, name: str) -> UnknownName:
        query = f"FOR e IN @@c FILTER {LIVE} RETURN DISTINCT e.context"
        known = set(rows(self._db, query, {"@c": CONTEXT_ENTRIES, "now": time.time()}))
        return UnknownName("context", name, known - of_others(self._db))

    def _check_owner(self, name: str) -> None:
        if not may_use(self._db, name):
            raise self._unknown(name)


def _info(name: str, tiers: Sequence[Row], context: Row) -> ContextInfo:
    return ContextInfo(
        name=name,
        entries=sum(row["entries"] for row in tiers),
        characters=sum(row["characters"] for row in tiers),
        updated=max(row["updated"] for row in tiers),
        tiers={row["tier"]: row["entries"] for row in tiers},
        transitions=context.get("transitions") or {},
        ttl=context.get("ttl"),
    )
