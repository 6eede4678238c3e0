"""Writes one file's documents, chunks, vectors and edges: all in one transaction, or nothing."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from hades_mcp.services.layout import (
    CHUNK_OF,
    CHUNKS,
    DOCUMENTS,
    EDGE_COLLECTIONS,
    INGESTED_EDGES,
    RELATIONS,
    SOURCES,
)
from hades_mcp.services.ledger import Entry, read_entry
from hades_mcp.services.planning import Plan, changed, chunk_keys
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import Overtaken, atomically
from hades_mcp.services.trust import evidence_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from arango.database import StandardDatabase, TransactionDatabase

    from hades_mcp.embedders.base import Embedder

WRITES = (DOCUMENTS, CHUNKS, SOURCES, *EDGE_COLLECTIONS)
BATCH = 500
"""Documents per request."""

Outcome = Literal["added", "updated", "unchanged"]


class Writer:
    """Brings the store to what a plan says; several processes may do so at once.

    Args:
        db: The database.
        embedder: Gives the chunks their vectors, before the transaction begins.
    """

    def __init__(self, db: StandardDatabase, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder

    def store(self, plan: Plan, progress: Callable[[int], None]) -> Outcome:
        """Make the store hold this file as planned; unchanged texts keep their vectors.

        Args:
            plan: The file.
            progress: Called with the number of passages embedded so far.
        """
        embedded: dict[str, list[dict[str, Any]]] = {}
        while True:
            stored = read_entry(self._db, plan.entry.key)
            if stored is not None and stored.fingerprint == plan.entry.fingerprint:
                return "unchanged"
            self._embed(plan, stored, embedded, progress)
            try:
                atomically(self._db, WRITES, partial(_replace, plan, stored, embedded))
            except Overtaken:
                continue
            return "added" if stored is None else "updated"

    def remove(self, key: str) -> bool:
        """Take a file out of the store; return whether it was there."""
        while True:
            stored = read_entry(self._db, key)
            if stored is None:
                return False
            try:
                atomically(self._db, WRITES, partial(_remove, stored))
            except Overtaken:
                continue
            return True

    def remove_part(self, key: str, document: str) -> None:
        """Take one document of a file out; the next ingest of the file brings it back."""
        atomically(self._db, WRITES, partial(_remove_part, key, document))

    def _embed(
        self,
        plan: Plan,
        stored: Entry | None,
        embedded: dict[str, list[dict[str, Any]]],
        progress: Callable[[int], None],
    ) -> None:
        """Add the chunks of changed documents to `embedded`, unless they are there already."""
        todo = [d for d in changed(plan, stored) if d["_key"] not in embedded]
        chunks = [chunk for document in todo for chunk in self._chunks(plan, document)]
        titles = {document["_key"]: document["title"] for document in todo}
        texts = [f"{titles[chunk['document']]}\n{chunk['text']}" for chunk in chunks]
        vectors = self._embedder.embed(texts, progress=lambda done, _total: progress(done))
        embedded.update({document["_key"]: [] for document in todo})
        # six decimals lose nothing that int8 weights gave, and halve the JSON
        for chunk, vector in zip(chunks, vectors.astype("float64").round(6).tolist(), strict=True):
            chunk["embedding"] = vector
            embedded[chunk["document"]].append(chunk)

    def _chunks(self, plan: Plan, document: dict[str, Any]) -> list[dict[str, Any]]:
        key = document["_key"]
        texts = plan.passages[key]
        return [
            {
                "_key": chunk_key,
                "document": key,
                "position": position,
                "text": text,
                "model": self._embedder.model_id,
            }
            for position, (chunk_key, text) in enumerate(
                zip(chunk_keys(key, len(texts)), texts, strict=True)
            )
        ]


def _replace(
    plan: Plan,
    stored: Entry | None,
    embedded: dict[str, list[dict[str, Any]]],
    tx: TransactionDatabase,
) -> None:
    _check(tx, plan.entry.key, stored)
    new = plan.entry.parts
    old = stored.parts if stored else {}
    _forget(tx, [key for key in old if key not in new], plan.entry.key)
    renewed = [key for key in old if key not in new or key in embedded]
    _delete_chunks(tx, {key: old[key].chunks for key in renewed})
    _insert(tx, DOCUMENTS, _with_evidence(tx, plan, stored))
    chunks = [chunk for key in new for chunk in embedded.get(key, ())]
    _insert(tx, CHUNKS, chunks)
    _insert(tx, CHUNK_OF, map(_chunk_edge, chunks))
    for name in INGESTED_EDGES:
        edges = plan.edges.get(name, [])
        kept = {edge["_key"] for edge in edges}
        before = stored.edges.get(name, []) if stored else []
        _delete(tx, name, [key for key in before if key not in kept])
        _insert(tx, name, edges)
    _insert(tx, SOURCES, [plan.entry.document()])


def _with_evidence(
    tx: TransactionDatabase, plan: Plan, stored: Entry | None
) -> list[dict[str, Any]]:
    """Keep what is known for and against documents that stay; a new text is as young as now."""
    query = "FOR d IN @@c FILTER d._key IN @keys RETURN [d._key, d.evidence]"
    keys = list(plan.entry.parts)
    known = dict(rows(tx, query, {"@c": DOCUMENTS, "keys": keys})) if stored else {}
    fresh = {document["_key"] for document in changed(plan, stored)}
    now = evidence_of(plan.origin, time.time())
    return [
        document | {"evidence": now | _kept(known.get(key), renewed=key in fresh)}
        for document in plan.documents
        for key in (document["_key"],)
    ]


def _kept(evidence: object, *, renewed: bool) -> dict[str, Any]:
    kept = evidence if isinstance(evidence, dict) else {}
    return {name: value for name, value in kept.items() if name != "at" or not renewed}


def _remove(stored: Entry, tx: TransactionDatabase) -> None:
    _check(tx, stored.key, stored)
    _forget(tx, list(stored.parts), stored.key)
    _delete_chunks(tx, {key: part.chunks for key, part in stored.parts.items()})
    for name, keys in stored.edges.items():
        _delete(tx, name, keys)
    _delete(tx, SOURCES, [stored.key])


def _remove_part(source: str, document: str, tx: TransactionDatabase) -> None:
    stored = read_entry(tx, source)
    if stored is None or document not in stored.parts:
        return
    _forget(tx, [document], source)
    _delete_chunks(tx, {document: stored.parts[document].chunks})
    edges = "FOR e IN @@c FILTER e._from == @id REMOVE e IN @@c"
    for name in INGESTED_EDGES:
        rows(tx, edges, {"@c": name, "id": f"{DOCUMENTS}/{document}"})
    parts = {key: part for key, part in stored.document()["parts"].items() if key != document}
    _insert(tx, SOURCES, [{**stored.document(), "parts": parts, "fingerprint": ""}])


def _check(tx: TransactionDatabase, key: str, expected: Entry | None) -> None:
    now = read_entry(tx, key)
    if (now.rev if now else None) != (expected.rev if expected else None):
        raise Overtaken


def _forget(tx: TransactionDatabase, documents: list[str], source: str) -> None:
    """Delete documents and every edge that other files or people have drawn to them."""
    if not documents:
        return
    _delete(tx, DOCUMENTS, documents)
    ids = [f"{DOCUMENTS}/{key}" for key in documents]
    pointing: set[str] = set()
    for name in INGESTED_EDGES:
        query = "FOR e IN @@c FILTER e._to IN @ids REMOVE e IN @@c RETURN OLD.source"
        pointing.update(rows(tx, query, {"@c": name, "ids": ids}))
    for end in ("_from", "_to"):
        query = f"FOR e IN @@c FILTER e.{end} IN @ids REMOVE e IN @@c"
        rows(tx, query, {"@c": RELATIONS, "ids": ids})
    # the files that lost an edge must be looked at again when they are ingested next
    query = 'FOR s IN @@c FILTER s._key IN @keys UPDATE s WITH {fingerprint: ""} IN @@c'
    rows(tx, query, {"@c": SOURCES, "keys": sorted(pointing - {source})})


def _delete_chunks(tx: TransactionDatabase, counts: dict[str, int]) -> None:
    keys = [chunk for key, count in counts.items() for chunk in chunk_keys(key, count)]
    _delete(tx, CHUNKS, keys)
    _delete(tx, CHUNK_OF, keys)


def _chunk_edge(chunk: dict[str, Any]) -> dict[str, Any]:
    return {
        "_key": chunk["_key"],
        "_from": f"{CHUNKS}/{chunk['_key']}",
        "_to": f"{DOCUMENTS}/{chunk['document']}",
    }


def _insert(tx: TransactionDatabase, name: str, documents: Iterable[dict[str, Any]]) -> None:
    todo = list(documents)
    for start in range(0, len(todo), BATCH):
        tx.collection(name).insert_many(
            todo[start : start + BATCH], overwrite_mode="replace", raise_on_document_error=True
        )


def _delete(tx: TransactionDatabase, name: str, keys: list[str]) -> None:
    for start in range(0, len(keys), BATCH):
        # one that is gone already is no error: its result is ignored
        tx.collection(name).delete_many([{"_key": key} for key in keys[start : start + BATCH]])
