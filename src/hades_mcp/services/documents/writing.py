"""Writes one file's documents, chunks, vectors and edges: all in one transaction, or nothing."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from hades_mcp.services.documents.ledger import Entry, read_entry
from hades_mcp.services.documents.planning import Plan, changed, chunk_keys
from hades_mcp.services.journal import JOURNAL_WRITES, Journal, Recording
from hades_mcp.services.layout import (
    CHUNK_OF,
    CHUNKS,
    DOCUMENTS,
    EDGE_COLLECTIONS,
    INGESTED_EDGES,
    OUTBOX,
    PINS,
    RELATIONS,
    SOURCES,
)
from hades_mcp.services.pins import check_pin, claim
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import Overtaken, atomically
from hades_mcp.services.trust.formula import evidence_of
from hades_mcp.services.upkeep.outbox import touch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from arango.database import StandardDatabase, TransactionDatabase

    from hades_mcp.embedders.base import Embedder

WRITES = (DOCUMENTS, CHUNKS, SOURCES, OUTBOX, PINS, *EDGE_COLLECTIONS, *JOURNAL_WRITES)
BATCH = 500
"""Documents per request."""

_KEYS = "FOR d IN @@c FILTER d._key IN @keys RETURN d._key"

Outcome = Literal["added", "updated", "unchanged"]


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken out of the store.

    Args:
        documents: How many; false if there was nothing.
        undo: The journal's handle; "" if nothing was recorded.
    """

    documents: int
    undo: str = ""

    def __bool__(self) -> bool:
        return self.documents > 0


class Writer:
    """Brings the store to what a plan says; several processes may do so at once.

    Args:
        db: The database.
        embedder: Gives the chunks their vectors, before the transaction begins.
    """

    def __init__(self, db: StandardDatabase, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder
        self._journal = Journal(db)

    def store(
        self, plan: Plan, progress: Callable[[int], None], *, action: str = ""
    ) -> tuple[Outcome, str]:
        """Make the store hold this file as planned; unchanged texts keep their vectors.

        Args:
            plan: The file.
            progress: Called with the number of passages embedded so far.
            action: Name of the tool; if given, the write is recorded so that it can be undone.

        Returns:
            What was done, and the journal's handle; "" if nothing was recorded.

        Raises:
            ConfigError: The store's vectors are another model's.
        """
        check_pin(self._db, self._embedder)  # before the work of embedding
        embedded: dict[str, list[dict[str, Any]]] = {}
        while True:
            stored = self._there(read_entry(self._db, plan.entry.key))
            if stored is not None and stored.fingerprint == plan.entry.fingerprint:
                return "unchanged", ""
            self._embed(plan, stored, embedded, progress)
            work = partial(self._replace, plan, stored, embedded, action=action)
            try:
                handle = atomically(self._db, WRITES, work)
            except Overtaken:
                continue
            return ("added" if stored is None else "updated"), handle

    def _there(self, stored: Entry | None) -> Entry | None:
        """Return a ledger entry; what others took out of the store since is to be made anew."""
        if stored is None:
            return None
        chunks = {name: chunk_keys(name, part.chunks) for name, part in stored.parts.items()}
        passages = [key for keys in chunks.values() for key in keys]
        whole = {DOCUMENTS: list(stored.parts), CHUNKS: passages, CHUNK_OF: passages}
        expected = whole | stored.edges
        if _count(self._db, expected) == sum(map(len, expected.values())):
            return stored
        there = {
            name: set(rows(self._db, _KEYS, {"@c": name, "keys": expected[name]})) for name in whole
        }
        lost = {
            name: replace(part, text_hash="")
            for name, part in stored.parts.items()
            if name not in there[DOCUMENTS]
            or not (there[CHUNKS] & there[CHUNK_OF]).issuperset(chunks[name])
        }
        return replace(stored, parts=stored.parts | lost, fingerprint="")

    def remove(self, keys: Sequence[str], *, action: str = "") -> Removed:
        """Take a file out of the store, together with its other sources if it is a table.

        Args:
            keys: Of its ledger entries.
            action: Name of the tool; if given, the write is recorded so that it can be undone.
        """
        return atomically(self._db, WRITES, partial(self._remove, keys, action=action))

    def remove_part(self, key: str, document: str, *, action: str = "") -> Removed:
        """Take one document of a file out; the next ingest of the file brings it back."""
        return atomically(
            self._db, WRITES, partial(self._remove_part, key, document, action=action)
        )

    def _replace(
        self,
        plan: Plan,
        stored: Entry | None,
        embedded: dict[str, list[dict[str, Any]]],
        tx: TransactionDatabase,
        *,
        action: str,
    ) -> str:
        claim(tx, self._embedder)
        with self._recording(tx, action, plan.entry.path) as recording:
            if action:
                recording.before(
                    [*_ids(plan), *(_reach(tx, stored, stored.parts) if stored else ())]
                )
            _replace(plan, stored, embedded, tx)
        return recording.handle

    def _remove(self, keys: Sequence[str], tx: TransactionDatabase, *, action: str) -> Removed:
        entries = [entry for key in keys if (entry := read_entry(tx, key))]
        if not entries:
            return Removed(0)
        with self._recording(tx, action, entries[0].path) as recording:
            for stored in entries:
                if action:
                    recording.before(_reach(tx, stored, stored.parts))
                _remove(stored, tx)
        return Removed(sum(len(stored.parts) for stored in entries), recording.handle)

    def _remove_part(
        self, source: str, document: str, tx: TransactionDatabase, *, action: str
    ) -> Removed:
        stored = read_entry(tx, source)
        if stored is None or document not in stored.parts:
            return Removed(0)
        with self._recording(tx, action, stored.parts[document].name) as recording:
            if action:
                recording.before(_reach(tx, stored, [document]))
            _remove_part(stored, document, tx)
        return Removed(1, recording.handle)

    @contextmanager
    def _recording(self, tx: TransactionDatabase, action: str, note: str) -> Iterator[Recording]:
        if not action:
            yield Recording(tx)
            return
        with self._journal.recording(tx, action, note=note) as recording:
            yield recording

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
        for chunk, vector in zip(chunks, vectors, strict=True):
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


def _count(db: StandardDatabase, expected: dict[str, list[str]]) -> int:
    """Return how many of some documents, by collection, are there."""
    bind: dict[str, Any] = {}
    for number, (name, keys) in enumerate(expected.items()):
        bind |= {f"@c{number}": name, f"k{number}": keys}
    found = [
        f"LENGTH(FOR d IN @@c{number} FILTER d._key IN @k{number} RETURN 1)"
        for number in range(len(expected))
    ]
    (count,) = rows(db, f"RETURN {' + '.join(found)}", bind)
    return int(count)


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
    _insert(tx, CHUNKS, map(_with_numbers, chunks))
    touch(tx, [chunk["_key"] for chunk in chunks])
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
    _forget(tx, list(stored.parts), stored.key)
    _delete_chunks(tx, {key: part.chunks for key, part in stored.parts.items()})
    for name, keys in stored.edges.items():
        _delete(tx, name, keys)
    _delete(tx, SOURCES, [stored.key])


def _remove_part(stored: Entry, document: str, tx: TransactionDatabase) -> None:
    _forget(tx, [document], stored.key)
    _delete_chunks(tx, {document: stored.parts[document].chunks})
    edges = "FOR e IN @@c FILTER e._from == @id REMOVE e IN @@c"
    for name in INGESTED_EDGES:
        rows(tx, edges, {"@c": name, "id": f"{DOCUMENTS}/{document}"})
    parts = {key: part for key, part in stored.document()["parts"].items() if key != document}
    _insert(tx, SOURCES, [{**stored.document(), "parts": parts, "fingerprint": ""}])


def _ids(plan: Plan) -> Iterator[str]:
    """Yield what storing a file writes."""
    yield f"{SOURCES}/{plan.entry.key}"
    for key, part in plan.entry.parts.items():
        yield f"{DOCUMENTS}/{key}"
        for chunk in chunk_keys(key, part.chunks):
            yield from (f"{CHUNKS}/{chunk}", f"{CHUNK_OF}/{chunk}")
    for name, edges in plan.entry.edges.items():
        yield from (f"{name}/{key}" for key in edges)


def _reach(tx: TransactionDatabase, stored: Entry, documents: Iterable[str]) -> Iterator[str]:
    """Yield what taking documents out of the store changes: them, their passages and edges."""
    keys = list(documents)
    yield f"{SOURCES}/{stored.key}"
    for key in keys:
        yield f"{DOCUMENTS}/{key}"
        for chunk in chunk_keys(key, stored.parts[key].chunks):
            yield from (f"{CHUNKS}/{chunk}", f"{CHUNK_OF}/{chunk}")
    query = """
    FOR e IN @@c
      FILTER e._to IN @ids OR e._from IN @ids
      RETURN {id: e._id, source: e.source}
    """
    ids = [f"{DOCUMENTS}/{key}" for key in keys]
    for name in (*INGESTED_EDGES, RELATIONS):
        for edge in rows(tx, query, {"@c": name, "ids": ids}):
            yield edge["id"]
            if edge["source"]:
                yield f"{SOURCES}/{edge['source']}"
    if len(keys) == len(stored.parts):
        for name, edges in stored.edges.items():
            yield from (f"{name}/{key}" for key in edges)


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
    touch(tx, keys)
    _delete(tx, CHUNK_OF, keys)


def _chunk_edge(chunk: dict[str, Any]) -> dict[str, Any]:
    return {
        "_key": chunk["_key"],
        "_from": f"{CHUNKS}/{chunk['_key']}",
        "_to": f"{DOCUMENTS}/{chunk['document']}",
    }


def _insert(tx: TransactionDatabase, name: str, documents: Iterable[dict[str, Any]]) -> None:
    todo = iter(documents)
    while batch := list(islice(todo, BATCH)):
        tx.collection(name).insert_many(
            batch, overwrite_mode="replace", raise_on_document_error=True
        )


def _with_numbers(chunk: dict[str, Any]) -> dict[str, Any]:
    """Return a chunk as it is stored, its vector a list: made late, for it takes most room."""
    # six decimals lose nothing that int8 weights gave, and halve the JSON
    return chunk | {"embedding": chunk["embedding"].astype("float64").round(6).tolist()}


def _delete(tx: TransactionDatabase, name: str, keys: list[str]) -> None:
    for start in range(0, len(keys), BATCH):
        # one that is gone already is no error: its result is ignored
        tx.collection(name).delete_many([{"_key": key} for key in keys[start : start + BATCH]])
