"""The journal: what documents were before a write, kept so that the write can be undone."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal

from hades_mcp.errors import Conflict, NotFound, UnknownName
from hades_mcp.services.callers import caller
from hades_mcp.services.layout import CHUNKS, JOURNAL, JOURNAL_IMAGES, OUTBOX
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import atomically
from hades_mcp.services.upkeep.outbox import touch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from arango.database import Database, StandardDatabase, TransactionDatabase

JOURNAL_WRITES = (JOURNAL, JOURNAL_IMAGES, OUTBOX)
"""What a transaction must declare as written, beside its own collections, to be recorded."""

DAY = 86_400.0
KEPT = 7 * DAY
"""Seconds a write stays undoable."""

_BATCH = 500
_SHOWN_IDS = 10

_READ = "FOR d IN @@c FILTER d._key IN @keys RETURN d"
_REVISIONS = "FOR d IN @@c FILTER d._key IN @keys RETURN [d._key, d._rev]"
# the handle was the key until both were told apart
_ENTRY = """
FOR e IN @@c
  FILTER e.handle == @key OR (e._key == @key AND e.handle == null)
  RETURN e
"""
_LATEST = """
FOR e IN @@c
  FILTER e.undone == null AND e.of == null
  SORT e.at DESC
  LIMIT 1
  RETURN e
"""
_LIST = "FOR e IN @@c SORT e.at DESC LIMIT @limit RETURN e"
_IMAGES = "FOR i IN @@c FILTER i.entry == @key RETURN i"

Effect = Literal["inserted", "updated", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """One document before and after a write.

    Args:
        id: Its `_id`.
        before: The whole document as it was; None when the write made it.
        after: Its `_rev` after the write; None when the write removed it.
    """

    id: str
    before: dict[str, Any] | None
    after: str | None

    @property
    def effect(self) -> Effect:
        """What the write did to it."""
        if self.before is None:
            return "inserted"
        return "removed" if self.after is None else "updated"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A recorded write.

    Args:
        handle: What `hades undo` takes.
        action: What was done: a tool's name, or `undo`.
        at: When, unix seconds.
        principal: Who did it.
        counts: Collection → how many documents were inserted, updated, removed.
        note: The query, or the like, for people.
        of: The entry that this one undid.
        undone: The entry that undid this one.
    """

    handle: str
    action: str
    at: float
    principal: str
    counts: dict[str, dict[str, int]]
    note: str = ""
    of: str | None = None
    undone: str | None = None


@dataclass(slots=True)
class Recording:
    """A write while it is being made: tell it what will change before that changes.

    Attributes:
        handle: The handle by which to undo it; empty when nothing changed.
    """

    _db: Database
    _seen: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    handle: str = ""

    def before(self, ids: Iterable[str]) -> None:
        """Keep what some documents are now.

        Args:
            ids: `_id`s; those not there yet are what the write is about to make.
        """
        new = [each for each in dict.fromkeys(ids) if each not in self._seen]
        self._seen.update(dict.fromkeys(new))
        for collection, keys in _by_collection(new):
            found = rows(self._db, _READ, {"@c": collection, "keys": keys})
            self._seen.update({document["_id"]: document for document in found})

    def revision(self, identifier: str) -> str | None:
        """Return the `_rev` a document had when it was kept; None when it was not there."""
        document = self._seen[identifier]
        return document["_rev"] if document else None

    def changes(self) -> list[Change]:
        """Return what became of the documents; those that stayed as they were are left out."""
        now: dict[str, str] = {}
        for collection, keys in _by_collection(self._seen):
            found = rows(self._db, _REVISIONS, {"@c": collection, "keys": keys})
            now.update({f"{collection}/{key}": revision for key, revision in found})
        return [
            Change(each, before, now.get(each))
            for each, before in self._seen.items()
            if self.revision(each) != now.get(each)
        ]


class Journal:
    """Records writes with what was there before, and undoes them.

    Args:
        db: The database, with its layout made.
    """

    def __init__(self, db: StandardDatabase) -> None:
        self._db = db

    @contextmanager
    def recording(
        self, tx: TransactionDatabase, action: str, *, note: str = "", keep: float = KEPT
    ) -> Iterator[Recording]:
        """Record the writes made inside the `with`, in their own transaction.

        `tx` must have been begun with `JOURNAL_WRITES` among what it writes. Say
        `recording.before(ids)` of all that may change before it does.

        Args:
            tx: The transaction that writes.
            action: The name of the tool.
            note: What a person should read in the list.
            keep: Seconds the write stays undoable.
        """
        recording = Recording(tx)
        yield recording
        recording.handle = self.record(tx, action, recording.changes(), note=note, keep=keep)

    def record(
        self,
        tx: TransactionDatabase,
        action: str,
        changes: Sequence[Change],
        *,
        note: str = "",
        keep: float = KEPT,
        of: str | None = None,
    ) -> str:
        """Write down what changed; return the handle, or "" when nothing did.

        Args:
            tx: The transaction that made the changes.
            action: The name of the tool.
            changes: What changed.
            note: What a person should read in the list.
            keep: Seconds the write stays undoable.
            of: The entry that this write undoes.
        """
        if not changes:
            return ""
        handle, now = secrets.token_hex(4), time.time()
        entry = {
            "_key": secrets.token_urlsafe(12),  # the handle is told: see the images
            "handle": handle,
            "action": action,
            "at": now,
            "principal": str(caller()),
            "counts": counts(changes),
            "note": note,
            "of": of,
            "undone": None,
            "expires": int(now + keep),
        }
        images = [
            {
                # a writing query could read it, did it know its key
                "_key": secrets.token_urlsafe(12),
                "entry": handle,
                "id": change.id,
                "before": change.before,
                "after": change.after,
                "expires": entry["expires"],
            }
            for change in changes
        ]
        _insert(tx, JOURNAL, [entry])
        _insert(tx, JOURNAL_IMAGES, images)
        parts = (change.id.partition("/") for change in changes)
        touch(tx, [key for collection, _, key in parts if collection == CHUNKS])
        return handle

    @translated
    def list(self, limit: int = 20) -> list[JournalEntry]:
        """Return the recorded writes, the latest first."""
        found = rows(self._db, _LIST, {"@c": JOURNAL, "limit": limit})
        return [_entry(row) for row in found]

    @translated
    def undo(self, handle: str = "last", *, force: bool = False) -> JournalEntry:
        """Bring back what was there before a write, all of it or nothing; itself recorded.

        Args:
            handle: Of the write; `last` is the latest that is neither undone nor an undo.
            force: Also where documents were changed since: what they are now is recorded.

        Returns:
            The entry of the undo; undoing that brings the write back.

        Raises:
            UnknownName: There is no such entry (any more).
            NotFound: All that is recorded was undone already.
            Conflict: It was undone already, or documents were changed since and `force` is not set.
        """
        entry = self._find(handle)
        images = rows(self._db, _IMAGES, {"@c": JOURNAL_IMAGES, "key": entry.handle})
        names = sorted({image["id"].partition("/")[0] for image in images})
        work = partial(self._undo, entry.handle, images, force=force)
        made = atomically(self._db, [*names, *JOURNAL_WRITES], work)
        return self._find(made) if made else entry

    def _undo(
        self, handle: str, images: Sequence[dict[str, Any]], tx: TransactionDatabase, *, force: bool
    ) -> str:
        (entry,) = rows(tx, _ENTRY, {"@c": JOURNAL, "key": handle})
        if entry["undone"]:
            raise Conflict(
                f"{handle} was undone already.",
                hint=f"To do it again: hades undo {entry['undone']}",
            )
        recording = Recording(tx)
        recording.before(image["id"] for image in images)
        changed = [i["id"] for i in images if recording.revision(i["id"]) != i["after"]]
        if changed and not force:
            raise Conflict(
                f"Changed since {handle}: {_shown(changed)}.",
                hint=f"Overwrite these changes with: hades undo {handle} --force",
            )
        _restore(tx, images)
        undoing = self.record(tx, "undo", recording.changes(), note=entry["note"], of=handle)
        tx.collection(JOURNAL).update({"_key": entry["_key"], "undone": undoing or handle})
        return undoing

    def _find(self, handle: str) -> JournalEntry:
        if handle == "last":
            found = rows(self._db, _LATEST, {"@c": JOURNAL})
        else:
            found = rows(self._db, _ENTRY, {"@c": JOURNAL, "key": handle})
        if not found and handle == "last":
            raise NotFound(
                "There is no write left to undo.", hint="The list has what was: hades undo"
            )
        if not found:
            known = [entry.handle for entry in self.list()]
            raise UnknownName("recorded write", handle, known)
        return _entry(found[0])


def counts(changes: Iterable[Change]) -> dict[str, dict[str, int]]:
    """Return collection → effect → how many documents."""
    counted: dict[str, Counter[str]] = {}
    for change in changes:
        counted.setdefault(change.id.partition("/")[0], Counter())[change.effect] += 1
    return {name: dict(effects) for name, effects in counted.items()}


def _restore(tx: TransactionDatabase, images: Sequence[dict[str, Any]]) -> None:
    made = [image["id"] for image in images if image["before"] is None]
    for collection, keys in _by_collection(made):
        query = "FOR d IN @@c FILTER d._key IN @keys REMOVE d IN @@c"
        rows(tx, query, {"@c": collection, "keys": keys})
    before = [image["before"] for image in images if image["before"] is not None]
    for collection, group in groupby(sorted(before, key=_collection), _collection):
        _insert(tx, collection, [{k: v for k, v in d.items() if k not in _STORES} for d in group])


_STORES = frozenset({"_id", "_rev"})  # the store gives these


def _insert(tx: TransactionDatabase, name: str, documents: Sequence[dict[str, Any]]) -> None:
    for start in range(0, len(documents), _BATCH):
        tx.collection(name).insert_many(
            list(documents[start : start + _BATCH]),
            overwrite_mode="replace",
            raise_on_document_error=True,
        )


def _by_collection(ids: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    for collection, group in groupby(sorted(ids), lambda each: each.partition("/")[0]):
        yield collection, [each.partition("/")[2] for each in group]


def _collection(document: dict[str, Any]) -> str:
    return str(document["_id"]).partition("/")[0]


def _shown(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - _SHOWN_IDS} more" if len(ids) > _SHOWN_IDS else ""
    return ", ".join(ids[:_SHOWN_IDS]) + more


def _entry(row: dict[str, Any]) -> JournalEntry:
    return JournalEntry(
        handle=row.get("handle") or row["_key"],
        action=row["action"],
        at=row["at"],
        principal=row["principal"],
        counts=row["counts"],
        note=row["note"],
        of=row["of"],
        undone=row["undone"],
    )
