"""The outbox: what the vector store beside the database has still to be told, kept in the database.

A transaction that writes chunks notes their keys in `outbox`, together with the chunks or not at
all (the transactional outbox, microservices.io/patterns/data/transactional-outbox.html). A note
says which chunks to look at, not what to do: `Mirror.settle` reads each as it is now, brings its
copy to that, and takes the note away. So notes may be worked off twice, by two processes, or after
a crash at any point, and the last word is always the database's.

Nothing is noted before a copy has been registered: the document `outbox/mirror` names it.
"""

from __future__ import annotations

import secrets
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import HadesError, Unavailable
from hades_mcp.logging import get_logger
from hades_mcp.services.layout import CHUNKS, OUTBOX
from hades_mcp.services.pins import Pin, read_pin
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import atomically
from hades_mcp.vectors.base import Hit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from arango.database import Database, StandardDatabase, TransactionDatabase

    from hades_mcp.vectors.milvus import MilvusStore, StoredVector

MIRROR = "mirror"
"""Key of the registration."""

GRACE = 5.0
"""Seconds a note is its writer's own to work off; an older one is anybody's."""

KEYS = 500
"""Chunks in one note, and in one request."""

NOTES = 50
"""Notes worked off at once."""

MANY = 500
"""Chunks copied after which the copy is sealed: each time makes a file."""

_TOUCH = """
FOR m IN @@outbox
  FILTER m._key == @mirror
  INSERT {_key: @key, keys: @keys, at: @at} INTO @@outbox
"""
_NOTES = """
FOR n IN @@outbox
  FILTER n._key != @mirror AND n.at <= @until
  SORT n._key
  LIMIT @most
  RETURN {key: n._key, keys: n.keys}
"""
_CURRENT = """
FOR c IN @@chunks
  FILTER c._key IN @keys AND LENGTH(c.embedding) == @dimension
  RETURN {key: c._key, mark: MD5(TO_STRING(c.embedding)), vector: c.embedding}
"""
_MARKS = """
FOR c IN @@chunks
  FILTER c._key IN @keys AND LENGTH(c.embedding) == @dimension
  RETURN [c._key, MD5(TO_STRING(c.embedding))]
"""
_FOLLOWING = "FOR c IN @@chunks FILTER c._key > @after SORT c._key LIMIT @most RETURN c._key"


def touch(tx: Database, keys: Iterable[str]) -> None:
    """Note, in the transaction that writes them, that these chunks are new, changed or gone.

    Args:
        tx: The transaction; `outbox` is among the collections it writes.
        keys: `_key`s of chunks.
    """
    todo = list(keys)
    for start in range(0, len(todo), KEYS):
        bind = {
            "@outbox": OUTBOX,
            "mirror": MIRROR,
            "key": f"{time.time_ns():020d}-{secrets.token_hex(4)}",
            "keys": todo[start : start + KEYS],
            "at": time.time(),
        }
        rows(tx, _TOUCH, bind)


def registration(db: Database) -> dict[str, Any] | None:
    """Return what is known of the copy: where it is, its name, dimension and model; or None."""
    query = "FOR m IN @@c FILTER m._key == @key RETURN m"
    found = rows(db, query, {"@c": OUTBOX, "key": MIRROR})
    return found[0] if found else None


def waiting(db: Database, *, older_than: float = 0.0) -> int:
    """Return how many notes wait, counting those at least so many seconds old."""
    query = "FOR n IN @@c FILTER n._key != @m AND n.at <= @until COLLECT WITH COUNT INTO s RETURN s"
    bind = {"@c": OUTBOX, "m": MIRROR, "until": time.time() - older_than}
    return sum(rows(db, query, bind))


class Mirror:
    """The vectors of the chunks, searched in Milvus; the database keeps the originals.

    Fits the port `VectorIndex`. Several processes may share a Milvus server. When Milvus is not
    there, writes go on and what it misses is noted; searches say so.

    Args:
        db: The database, with its layout made.
        store: The Milvus.
        model: Id of the model whose vectors these are, as long as none are stored.
        dimension: Their length, as long as none are stored.
    """

    def __init__(
        self, db: StandardDatabase, store: MilvusStore, *, model: str, dimension: int
    ) -> None:
        self._db = db
        self.store = store
        self._space = Pin(model, dimension)
        self._settling = threading.Lock()
        self._seen = False  # the copy is known to be there
        self._unsealed = 0
        self.trouble = ""
        """Why the last `settle` could not be done, for people; "" if it was."""

    def search(self, collection: str, vector: Sequence[float], k: int) -> list[Hit]:
        """See `VectorIndex.search`; raises Unavailable while Milvus is not there."""
        if collection != CHUNKS:
            raise ValueError(collection)
        try:
            # what a process that died, or a Milvus that was away, has left undone
            self._catch_up(older_than=GRACE, wait=False)
            found = self.store.search(self._registered()["name"], vector, k)
        except Unavailable:
            self._seen = False
            raise
        return [Hit(f"{collection}/{key}", score) for key, score in found]

    def ensure(self, collection: str, dimension: int) -> bool:
        """See `VectorIndex.ensure`: there is one from the first vector on."""
        del collection, dimension
        return True

    def settle(self) -> bool:
        """See `VectorIndex.settle`; what cannot be done now stays noted."""
        self._seen = False  # look whether the copy is still there: once per write costs nothing
        try:
            self._catch_up(wait=True)
        except HadesError as error:
            self.trouble = str(error)
            get_logger("services").warning(
                "the vectors of what was written reach Milvus later", reason=self.trouble
            )
            return False
        self.trouble = ""
        return True

    def resume(self) -> None:
        """Work off what earlier processes left, if there is anything; connects only then."""
        begun = self._current()
        if begun is None:
            undone = bool(rows(self._db, "FOR c IN @@c LIMIT 1 RETURN 1", {"@c": CHUNKS}))
        else:
            undone = begun["after"] is not None or waiting(self._db) > 0
        if undone:
            self.settle()

    def refresh(self, keys: Sequence[str]) -> None:
        """Bring the copies of these chunks to what the database says now.

        Raises:
            Unavailable: Milvus is not there.
        """
        found = self._registered()
        name, dimension = found["name"], found["dimension"]
        todo = list(keys)
        self._unsealed += len(todo)
        while todo:
            bind = {"@chunks": CHUNKS, "keys": todo, "dimension": dimension}
            current = rows(self._db, _CURRENT, bind)
            there = {row["key"]: row["mark"] for row in current}
            self.store.upsert(name, map(_stored, current))
            self.store.delete(name, [key for key in todo if key not in there])
            # Another process may have changed a chunk and its copy while we wrote: whoever writes a
            # copy looks again afterwards, so the last one to write has seen the last change.
            after = dict(rows(self._db, _MARKS, bind))
            todo = [key for key in todo if after.get(key) != there.get(key)]

    def marks(self) -> dict[str, str]:
        """Return key and mark of every copy."""
        return dict(self.store.marks(self._registered()["name"]))

    def close(self) -> None:
        """Let go of Milvus."""
        self.store.close()

    def _catch_up(self, *, wait: bool, older_than: float = 0.0) -> None:
        if not self._settling.acquire(blocking=wait):
            return  # another thread is at it
        try:
            self._fill()
            while notes := self._notes(older_than):
                keys = dict.fromkeys(key for note in notes for key in note["keys"])
                for some in _parts(list(keys)):
                    self.refresh(some)
                done = [note["key"] for note in notes]
                atomically(self._db, [OUTBOX], partial(_strike, done))
            if self._unsealed >= MANY:
                self.store.seal(self._registered()["name"])
                self._unsealed = 0
        finally:
            self._settling.release()

    def _notes(self, older_than: float) -> list[dict[str, Any]]:
        until = time.time() - older_than
        bind = {"@outbox": OUTBOX, "mirror": MIRROR, "until": until, "most": NOTES}
        return rows(self._db, _NOTES, bind)

    def _registered(self) -> dict[str, Any]:
        found = self._current()
        if found is None:
            raise Unavailable("The vectors are not in Milvus yet.", hint="Run: hades fsck --mend")
        return found

    def _current(self) -> dict[str, Any] | None:
        """Return the registration if it is of this Milvus, and of the vectors that are stored."""
        found, wanted = registration(self._db), self._wanted()
        same = found is not None and all(found[name] == wanted[name] for name in wanted)
        return found if same else None

    def _wanted(self) -> dict[str, Any]:
        # not simply the embedder's: while `hades reembed` runs, those of the old model are stored
        space = read_pin(self._db, CHUNKS) or self._space
        return {"target": self.store.target, "model": space.model, "dimension": space.dimension}

    def _fill(self) -> None:
        """Make the copy and copy every chunk, going on where an earlier attempt was cut off."""
        found = self._current()
        if found is not None and found["after"] is None and self._seen:
            return
        if found is None or not self.store.has(found["name"]):
            found = self._register(found)
        after = found["after"]
        while after is not None:
            bind = {"@chunks": CHUNKS, "after": after, "most": KEYS}
            keys = rows(self._db, _FOLLOWING, bind)
            if keys:
                self.refresh(keys)
            after = keys[-1] if keys else None
            atomically(self._db, [OUTBOX], partial(_filled, after))
        self._seen = True

    def _register(self, lost: dict[str, Any] | None) -> dict[str, Any]:
        """Make an empty copy and have it noted for, unless another process was first."""
        # a new name each time: what an older registration may have left there is never searched
        new: dict[str, Any] = {
            **self._wanted(),
            "_key": MIRROR,
            "name": f"hades_{secrets.token_hex(6)}",
            "after": "",
        }
        self.store.create(new["name"], new["dimension"])
        # Exclusive, so that whoever wrote chunks before is committed now, and will be copied;
        # whoever writes later leaves notes.
        enter = partial(_enter, new, lost["name"] if lost else "")
        current, before = atomically(self._db, [OUTBOX], enter, exclusive=True)
        unused = new if current["name"] != new["name"] else before
        if unused is not None and unused["target"] == self.store.target:
            self.store.drop(unused["name"])
        return current


def _enter(
    new: dict[str, Any], lost: str, tx: TransactionDatabase
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Return the registration that holds from now on, and the one that held before."""
    before = registration(tx)
    pins = ("target", "model", "dimension")
    if before and before["name"] != lost and all(before[pin] == new[pin] for pin in pins):
        return before, before
    rows(tx, "FOR n IN @@c REMOVE n IN @@c", {"@c": OUTBOX})
    tx.collection(OUTBOX).insert(new)
    return new, before


def _filled(after: str | None, tx: TransactionDatabase) -> None:
    tx.collection(OUTBOX).update({"_key": MIRROR, "after": after}, keep_none=True)


def _strike(keys: list[str], tx: TransactionDatabase) -> None:
    query = "FOR n IN @@c FILTER n._key IN @keys REMOVE n IN @@c"
    rows(tx, query, {"@c": OUTBOX, "keys": keys})


def _stored(row: dict[str, Any]) -> StoredVector:
    from hades_mcp.vectors.milvus import StoredVector  # noqa: PLC0415  only when there is a Milvus

    return StoredVector(row["key"], row["mark"], row["vector"])


def _parts(keys: list[str]) -> Iterator[list[str]]:
    return (keys[start : start + KEYS] for start in range(0, len(keys), KEYS))
