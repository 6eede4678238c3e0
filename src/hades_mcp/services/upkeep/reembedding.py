"""Makes all vectors anew with another model: in batches, resumable, and moved at once.

The new vectors are laid aside in `reembedded`, where a killed run finds them again; searches and
writes go on with the old ones. When each text has its new vector, one transaction moves them all
and pins the collections to the new model: nobody ever sees two spaces side by side.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, cast

from hades_mcp.services.layout import (
    CHUNKS,
    CONTEXT_ENTRIES,
    JOURNAL_IMAGES,
    OUTBOX,
    PINS,
    REEMBEDDED,
)
from hades_mcp.services.pins import pin_of, read_pin, write_pin
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import Overtaken, atomically
from hades_mcp.services.upkeep.outbox import touch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arango.database import Database, StandardDatabase, TransactionDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.services.pins import Pin
    from hades_mcp.vectors.base import VectorIndex

    Progress = Callable[[int, int, str], None]

BATCH = 250
"""Texts embedded and laid aside at once: what a kill loses at most."""

PINNED = (CHUNKS, CONTEXT_ENTRIES)
"""Collections whose documents have vectors, each of one model."""


@dataclass(frozen=True, slots=True)
class _Vectors:
    """Where vectors are, in AQL about a document `d`.

    Args:
        text: What a vector stands for: as whoever wrote it embedded it.
        change: What moves the new vector `r.embedding` to its place.
        among: Which documents have one.
    """

    text: str
    change: str = "{embedding: r.embedding, model: @model}"
    among: str = "true"


_TITLE = 'DOCUMENT(CONCAT("documents/", d.document)).title'
# an undo must not bring vectors of the old model back; the title may be gone with the passage
_OLD_TITLE = """NOT_NULL(
  DOCUMENT(CONCAT("documents/", d.before.document)).title,
  FIRST(
    FOR i IN journal_images
      FILTER i.entry == d.entry AND i.id == CONCAT("documents/", d.before.document)
      RETURN i.before.title
  )
)"""
_VECTORS = {
    CHUNKS: _Vectors(f'CONCAT({_TITLE}, "\\n", d.text)'),
    CONTEXT_ENTRIES: _Vectors("d.content"),
    JOURNAL_IMAGES: _Vectors(
        f'NOT_NULL(d.before.content, CONCAT({_OLD_TITLE}, "\\n", d.before.text))',
        "{before: MERGE(d.before, {embedding: r.embedding, model: @model})}",
        "d.before.embedding != null",
    ),
}
_FOLLOWING = """
FOR d IN @@c
  FILTER d._key > @after AND {among}
  SORT d._key
  LIMIT @most
  RETURN {{key: d._key, text: {text}}}
"""
_LAID_ASIDE = """
FOR key IN @keys
  LET r = DOCUMENT(CONCAT("reembedded/", @prefix, key))
  FILTER r != null AND r.target == @target
  RETURN [key, r.hash]
"""
_MOVE = """
FOR d IN @@c
  FILTER d._key IN @keys
  LET r = DOCUMENT(CONCAT("reembedded/", @prefix, d._key))
  UPDATE d WITH {change} IN @@c OPTIONS {{mergeObjects: false}}
"""
_OTHERS = "FOR r IN @@c FILTER r.target != @target REMOVE r IN @@c"


@dataclass(frozen=True, slots=True)
class Reembedded:
    """What was done.

    Args:
        model: The model from now on.
        before: The model before; "" if there was none or it was the same.
        vectors: How many vectors each collection has.
        resumed: How many of them an earlier run that was cut off had made.
    """

    model: str
    before: str = ""
    vectors: dict[str, int] = field(default_factory=dict)
    resumed: int = 0


class ReembedService:
    """Moves a store to another embedder.

    Args:
        db: The database, with its layout made.
        embedder: The new one.
        vectors: Told when all have moved.
    """

    def __init__(self, db: StandardDatabase, embedder: Embedder, vectors: VectorIndex) -> None:
        self._db = db
        self._embedder = embedder
        self._vectors = vectors

    @translated
    def run(self, *, progress: Progress | None = None, force: bool = False) -> Reembedded:
        """Make the vectors of all passages and context entries anew, unless they are of this model.

        A run that is killed leaves the store as it was; the next one goes on where it stopped.

        Args:
            progress: Called with (texts done, texts in all, collection).
            force: Also if the vectors are of this model already.

        Raises:
            Unavailable: The embedder or the store is not there; what was made is kept.
        """
        target = pin_of(self._embedder)
        before = read_pin(self._db, CHUNKS)
        same = [
            pin is None or (pin.fits(target) and not force)
            for pin in (read_pin(self._db, name) for name in PINNED)
        ]
        if all(same):
            return Reembedded(str(target))
        rows(self._db, _OTHERS, {"@c": REEMBEDDED, "target": str(target)})
        resumed = cast("int", self._db.collection(REEMBEDDED).count())
        self._move(target, progress or _silent)
        moved = {name: cast("int", self._db.collection(name).count()) for name in PINNED}
        old = "" if before is None or before.fits(target) else str(before)
        return Reembedded(str(target), old, moved, resumed)

    def _move(self, target: Pin, progress: Progress) -> None:
        while True:
            self._lay_aside(str(target), progress)
            # trained on the old vectors, and of their dimension; exact search does meanwhile
            self._drop_index()
            try:
                writes = [*_VECTORS, PINS, REEMBEDDED, OUTBOX]
                atomically(self._db, writes, lambda tx: self._switch(target, tx), exclusive=True)
            except Overtaken:
                continue  # texts were written meanwhile: only theirs are missing
            break
        self._vectors.ensure(CHUNKS, target.dimension)
        self._vectors.settle()

    def _lay_aside(self, target: str, progress: Progress) -> None:
        total = sum(cast("int", self._db.collection(name).count()) for name in PINNED)
        done = 0
        for name, batch in _texts(self._db):
            self._make(name, _missing(self._db, name, batch, target), target)
            done += len(batch)
            progress(min(done, total), total, name)  # what can be undone is not counted ahead

    def _make(self, name: str, texts: dict[str, str], target: str) -> None:
        if not texts:
            return
        vectors = self._embedder.embed(list(texts.values())).astype("float64").round(6).tolist()
        made = [
            {
                "_key": f"{name}:{key}",
                "target": target,
                "hash": _hash(text),
                "embedding": vector,
            }
            for (key, text), vector in zip(texts.items(), vectors, strict=True)
        ]
        self._db.collection(REEMBEDDED).insert_many(
            made, overwrite_mode="replace", raise_on_document_error=True
        )

    def _switch(self, target: Pin, tx: TransactionDatabase) -> None:
        for name, batch in _texts(tx):
            if _missing(tx, name, batch, str(target)):
                raise Overtaken
            bind = {"@c": name, "prefix": f"{name}:", "keys": list(batch), "model": target.model}
            rows(tx, _MOVE.format(change=_VECTORS[name].change), bind)
            if name == CHUNKS:
                touch(tx, batch)
        for name in PINNED:
            write_pin(tx, target, name)
        rows(tx, "FOR r IN @@c REMOVE r IN @@c", {"@c": REEMBEDDED})

    def _drop_index(self) -> None:
        for collection in map(self._db.collection, PINNED):
            for index in cast("list[dict[str, Any]]", collection.indexes()):
                if index["type"] == "vector":
                    collection.delete_index(index["id"])


def _texts(db: Database) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield collection, and key → text of some of its documents, until all have been there."""
    for name, vectors in _VECTORS.items():
        after = ""
        query = _FOLLOWING.format(text=vectors.text, among=vectors.among)
        while found := rows(db, query, {"@c": name, "after": after, "most": BATCH}):
            after = found[-1]["key"]
            yield name, {row["key"]: str(row["text"] or "") for row in found}


def _missing(db: Database, name: str, batch: dict[str, str], target: str) -> dict[str, str]:
    bind = {"keys": list(batch), "prefix": f"{name}:", "target": target}
    there = dict(rows(db, _LAID_ASIDE, bind))
    return {key: text for key, text in batch.items() if there.get(key) != _hash(text)}


def _hash(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()


def _silent(_done: int, _total: int, _what: str) -> None:
    """Tell nobody."""
