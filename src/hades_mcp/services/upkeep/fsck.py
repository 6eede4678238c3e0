"""Checks that what is stored hangs together, over both stores, and mends what does not."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from hades_mcp.errors import Unavailable
from hades_mcp.services.layout import (
    CHUNK_OF,
    CHUNKS,
    DOCUMENTS,
    EDGE_COLLECTIONS,
    EXPIRING,
    OUTBOX,
    SOURCES,
)
from hades_mcp.services.pins import check_pin, read_pin
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import atomically
from hades_mcp.services.upkeep.outbox import Mirror, registration, touch, waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from arango.database import StandardDatabase, TransactionDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.vectors.base import VectorIndex

STUCK = 60.0
"""Seconds after which a note in the outbox is too old: its writer is long gone."""

LATE = 3600.0
"""Seconds after its time at which something that expires should be gone."""

BATCH = 500
SHOWN = 5
"""Ids that a finding names."""

_LONE_CHUNKS = """
FOR c IN @@chunks
  FILTER DOCUMENT(CONCAT(@documents, "/", c.document)) == null
  RETURN c._key
"""
_WITHOUT_VECTOR = """
FOR c IN @@chunks
  FILTER NOT IS_LIST(c.embedding) OR LENGTH(c.embedding) != @dimension
  RETURN c._key
"""
_TEXTS = """
FOR c IN @@chunks
  FILTER c._key IN @keys
  LET d = DOCUMENT(CONCAT(@documents, "/", c.document))
  RETURN {key: c._key, text: CONCAT(d.title, "\\n", c.text)}
"""
_LOOSE_EDGES = """
FOR e IN @@edges
  FILTER DOCUMENT(e._from) == null OR DOCUMENT(e._to) == null
  RETURN e._key
"""
_UNLINKED = """
FOR c IN @@chunks
  FILTER DOCUMENT(CONCAT(@chunk_of, "/", c._key)) == null
  FILTER DOCUMENT(CONCAT(@documents, "/", c.document)) != null
  RETURN {_key: c._key, _from: c._id, _to: CONCAT(@documents, "/", c.document)}
"""
_INCOMPLETE = """
FOR s IN @@sources
  FILTER s.fingerprint != ""
  FILTER LENGTH(FOR key IN ATTRIBUTES(s.parts)
    FILTER DOCUMENT(CONCAT(@documents, "/", key)) == null LIMIT 1 RETURN 1) > 0
  RETURN s._key
"""
_EXPIRED = "FOR d IN @@c FILTER d.expires > 0 AND d.expires < @since RETURN d._key"
_MARKS = """
FOR c IN @@chunks
  FILTER LENGTH(c.embedding) > 0
  RETURN [c._key, MD5(TO_STRING(c.embedding))]
"""
MILVUS = "Milvus"
_DIFFERENCES = {
    "vector-without-chunk": "vectors belong to no chunk",
    "chunk-not-in-milvus": "chunks have no vector there",
    "vector-outdated": "vectors are not what their chunks say",
}
_REMOVE = "FOR d IN @@c FILTER d._key IN @keys REMOVE d IN @@c"


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of thing that is wrong.

    Args:
        check: Its name, for programs.
        text: What is wrong, for people.
        collection: Where.
        count: How many.
        examples: The first few `_id`s.
        mended: It is right now.
    """

    check: str
    text: str
    collection: str
    count: int
    examples: tuple[str, ...] = ()
    mended: bool = False


class FsckService:
    """Finds orphans in the database, and between the database and the vector store.

    Args:
        db: The database, with its layout made.
        embedder: Makes vectors that are missing, when mending.
        vectors: What searches them.
    """

    def __init__(self, db: StandardDatabase, embedder: Embedder, vectors: VectorIndex) -> None:
        self._db = db
        self._embedder = embedder
        self._vectors = vectors

    @translated
    def check(self, *, mend: bool = False) -> list[Finding]:
        """Return what is wrong, or was until it was mended; nothing when all is well.

        Others may go on reading and writing. What is mended loses nothing that could be found: an
        orphan nobody reaches is removed, what can be made again is made again, and a file of which
        parts are missing is looked at anew by the next ingest.

        Args:
            mend: Mend what is found.

        Raises:
            Unavailable: The database, or what mending needs, is not there.
            ConfigError: Vectors are missing, and the embedder is not the one that made the others.
        """
        checks: list[Callable[[], list[Finding]]] = [
            partial(self._lone_chunks, mend=mend),
            partial(self._loose_edges, mend=mend),
            partial(self._unlinked_chunks, mend=mend),
            partial(self._incomplete_files, mend=mend),
            partial(self._chunks_without_vector, mend=mend),
            partial(self._leftovers, mend=mend),
        ]
        findings = [finding for check in checks for finding in check()]
        # last, because the others write chunks
        return findings + self._copies(mend=mend)

    def _lone_chunks(self, *, mend: bool) -> list[Finding]:
        keys = rows(self._db, _LONE_CHUNKS, {"@chunks": CHUNKS, "documents": DOCUMENTS})
        return self._orphans(
            "chunk-without-document", "belong to no document", CHUNKS, keys, mend=mend
        )

    def _loose_edges(self, *, mend: bool) -> list[Finding]:
        return [
            finding
            for name in EDGE_COLLECTIONS
            for finding in self._orphans(
                "edge-without-end",
                "begin or end at what is not there",
                name,
                rows(self._db, _LOOSE_EDGES, {"@edges": name}),
                mend=mend,
            )
        ]

    def _unlinked_chunks(self, *, mend: bool) -> list[Finding]:
        bind = {"@chunks": CHUNKS, "documents": DOCUMENTS, "chunk_of": CHUNK_OF}
        edges = rows(self._db, _UNLINKED, bind)
        keys = [edge["_key"] for edge in edges]
        if mend and edges:
            atomically(self._db, [CHUNK_OF], partial(_insert, CHUNK_OF, edges))
        return _finding(
            "chunk-without-edge", "are not tied to their document", CHUNKS, keys, mend=mend
        )

    def _incomplete_files(self, *, mend: bool) -> list[Finding]:
        keys = rows(self._db, _INCOMPLETE, {"@sources": SOURCES, "documents": DOCUMENTS})
        if mend and keys:
            query = 'FOR s IN @@c FILTER s._key IN @keys UPDATE s WITH {fingerprint: ""} IN @@c'
            work = partial(_run, query, {"@c": SOURCES, "keys": keys})
            atomically(self._db, [SOURCES], work)
        text = "miss documents: ingest them again"
        return _finding("file-without-documents", text, SOURCES, keys, mend=mend)

    def _chunks_without_vector(self, *, mend: bool) -> list[Finding]:
        pin = read_pin(self._db, CHUNKS)
        # without a pin there is no vector at all, and each chunk is found
        bind = {"@chunks": CHUNKS, "dimension": pin.dimension if pin else -1}
        keys = rows(self._db, _WITHOUT_VECTOR, bind)
        if mend and keys:
            check_pin(self._db, self._embedder)
            for start in range(0, len(keys), BATCH):
                self._embed(keys[start : start + BATCH])
        text = "have no vector, or one of another length: only their words find them"
        return _finding("chunk-without-vector", text, CHUNKS, keys, mend=mend)

    def _leftovers(self, *, mend: bool) -> list[Finding]:
        return [
            finding
            for name in EXPIRING
            for finding in self._orphans(
                "expired",
                "should have expired an hour ago or more",
                name,
                rows(self._db, _EXPIRED, {"@c": name, "since": time.time() - LATE}),
                mend=mend,
            )
        ]

    def _copies(self, *, mend: bool) -> list[Finding]:
        """Compare the database with the vector store beside it, if there is one."""
        if not isinstance(self._vectors, Mirror):
            return self._unread_notes()
        if not self._vectors.settle():
            text = f"notes wait for it. {self._vectors.trouble}"
            return [Finding("milvus-away", text, MILVUS, waiting(self._db))]
        try:
            return self._compared(self._vectors, mend=mend)
        except Unavailable as error:
            return [Finding("milvus-away", str(error), MILVUS, 0)]

    def _compared(self, mirror: Mirror, *, mend: bool) -> list[Finding]:
        if registration(self._db) is None:
            return []  # nothing has been ingested yet
        wrong = self._differences(mirror)
        if any(wrong.values()):
            # what others write meanwhile is no difference once they have told Milvus
            mirror.settle()
            still = self._differences(mirror)
            wrong = {check: keys & still[check] for check, keys in wrong.items()}
        findings = []
        for check, keys in wrong.items():
            if mend and keys:
                mirror.refresh(sorted(keys))
            findings += _finding(check, _DIFFERENCES[check], MILVUS, sorted(keys), mend=mend)
        return findings

    def _differences(self, mirror: Mirror) -> dict[str, set[str]]:
        stored = dict(rows(self._db, _MARKS, {"@chunks": CHUNKS}))
        copies = mirror.marks()
        both = stored.keys() & copies.keys()
        return {
            "vector-without-chunk": copies.keys() - stored.keys(),
            "chunk-not-in-milvus": stored.keys() - copies.keys(),
            "vector-outdated": {key for key in both if stored[key] != copies[key]},
        }

    def _unread_notes(self) -> list[Finding]:
        notes = waiting(self._db, older_than=STUCK)
        if not notes:
            return []
        text = "notes wait for a Milvus that HADES_VECTORS does not name here"
        return [Finding("outbox-unread", text, OUTBOX, notes)]

    def _orphans(
        self, check: str, text: str, collection: str, keys: Sequence[str], *, mend: bool
    ) -> list[Finding]:
        """Return the finding; what is found is reached by nobody, and mended by removing it."""
        if mend:
            for start in range(0, len(keys), BATCH):
                some = list(keys[start : start + BATCH])
                atomically(self._db, [collection, OUTBOX], partial(_remove, collection, some))
        return _finding(check, text, collection, keys, mend=mend)

    def _embed(self, keys: list[str]) -> None:
        found = rows(self._db, _TEXTS, {"@chunks": CHUNKS, "documents": DOCUMENTS, "keys": keys})
        vectors = self._embedder.embed([row["text"] for row in found])
        updates = [
            {"_key": row["key"], "embedding": vector, "model": self._embedder.model_id}
            for row, vector in zip(found, vectors.astype("float64").round(6).tolist(), strict=True)
        ]
        atomically(self._db, [CHUNKS, OUTBOX], partial(_update_chunks, updates))


def _finding(
    check: str, text: str, collection: str, keys: Sequence[str], *, mend: bool
) -> list[Finding]:
    examples = tuple(f"{collection}/{key}" for key in keys[:SHOWN])
    return [Finding(check, text, collection, len(keys), examples, mended=mend)] if keys else []


def _remove(collection: str, keys: list[str], tx: TransactionDatabase) -> None:
    rows(tx, _REMOVE, {"@c": collection, "keys": keys})
    if collection == CHUNKS:
        touch(tx, keys)


def _insert(collection: str, documents: list[dict[str, Any]], tx: TransactionDatabase) -> None:
    for start in range(0, len(documents), BATCH):
        tx.collection(collection).insert_many(
            documents[start : start + BATCH], overwrite_mode="ignore"
        )


def _run(query: str, bind: dict[str, Any], tx: TransactionDatabase) -> None:
    rows(tx, query, bind)


def _update_chunks(updates: list[dict[str, Any]], tx: TransactionDatabase) -> None:
    tx.collection(CHUNKS).update_many(updates)
    touch(tx, [update["_key"] for update in updates])
