"""Writes a world's file: one document a line, streamed from one moment of the database."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast

import orjson

from hades_mcp.services.layout import (
    DOCUMENTS,
    EDGE_COLLECTIONS,
    GRAPH,
    INGESTED_EDGES,
    RELATIONS,
    SOURCES,
    TEXTS,
    VERTEX_COLLECTIONS,
)
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import atomically
from hades_mcp.services.world.files import exported
from hades_mcp.services.world.indexes import exported_indexes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from arango.cursor import Cursor
    from arango.database import StandardDatabase, TransactionDatabase

BATCH = 1000
TEXTS_AT_ONCE = 20
"""Texts are as long as files."""

KEEP_ALIVE = 5.0
"""Seconds after which the lock is used, so that the store does not take it for forgotten."""

_OF_TEXTS = (DOCUMENTS, SOURCES, TEXTS, RELATIONS, *INGESTED_EDGES)
_ANY = "FOR d IN @@c LIMIT 1 RETURN 1"
_DOCUMENTS = "FOR d IN @@c RETURN UNSET(d, '_id', '_rev')"
# A text that was changed since its import is one no longer.
_TEXTS = """
FOR s IN @@sources
  LET kept = DOCUMENT(CONCAT(@texts, "/", s._key))
  LET parts = (
    FOR key IN ATTRIBUTES(s.parts)
      LET part = DOCUMENT(CONCAT(@documents, "/", key))
      FILTER part != null
      SORT key != s.root, part.line, key
      RETURN UNSET(part, "_id", "_rev")
  )
  FILTER LENGTH(parts) > 0
  LET edges = (
    FOR name IN ATTRIBUTES(s.edges)
      FOR key IN s.edges[name]
        LET edge = DOCUMENT(CONCAT(name, "/", key))
        FILTER edge != null
        RETURN [name, edge._from, edge._to]
  )
  RETURN {entry: s, kept: kept.parts == s.parts ? kept : null, parts, edges}
"""


@dataclass(frozen=True, slots=True)
class WorldReport:
    """What an import or an export went through.

    Args:
        collections: Collections of documents.
        edge_collections: Collections of edges.
        documents: Documents in the former.
        edges: Edges in the latter.
        graphs: Named graphs.
        texts: Texts that search finds.
        relations: Edges that people and models drew between documents.
        indexes: Indexes of collections.
    """

    collections: int = 0
    edge_collections: int = 0
    documents: int = 0
    edges: int = 0
    graphs: int = 0
    texts: int = 0
    relations: int = 0
    indexes: int = 0

    def in_words(self) -> str:
        """Return it as a line for people."""
        more = ((self.relations, "relations"), (self.indexes, "indexes"))
        return (
            f"{self.documents} documents in {self.collections} collections, {self.edges} edges in "
            f"{self.edge_collections}, {self.graphs} graphs, {self.texts} texts"
            + "".join(f", {count} {name}" for count, name in more if count)
        )


def write_world(
    db: StandardDatabase,
    types: Mapping[str, str],
    graphs: Mapping[str, list[dict[str, Any]]],
    file: IO[bytes],
) -> WorldReport:
    """Write the database to a file, as of one moment: others may read meanwhile, and wait to write.

    A query in a stream transaction answers at once and whole, which takes the memory of a whole
    collection. So the transaction only keeps writers out, and streaming queries beside it read.

    Args:
        db: The database.
        types: Its collections: name → "document" or "edge".
        graphs: Its graphs: name → definitions.
        file: Where to write, binary.
    """
    own = {*VERTEX_COLLECTIONS, *EDGE_COLLECTIONS}
    mine = {name: kind for name, kind in sorted(types.items()) if name not in own}
    plain = [name for name, kind in mine.items() if kind != "edge"]
    edges = [name for name, kind in mine.items() if kind == "edge"]
    shown = {name: found for name, found in sorted(graphs.items()) if name != GRAPH}
    indexed = {name: found for name in mine if (found := _indexes(db, name))}

    def write(transaction: TransactionDatabase) -> WorldReport:
        file.seek(0)  # it is begun again if the lock could not be had
        file.truncate()
        held = _Held(db, transaction)
        file.write(b'{"collections":{')
        documents = _write_collections(held, plain, file)
        file.write(b'},\n"edgeCollections":{')
        edge_count = _write_collections(held, edges, file)
        related = 0
        if rows(transaction, _ANY, {"@c": RELATIONS}):
            file.write(_opening(len(edges), RELATIONS) + b":")
            related = _write_list(held.rows(_DOCUMENTS, {"@c": RELATIONS}), file)
        file.write(b'},\n"graphs":{')
        for index, (name, definitions) in enumerate(shown.items()):
            file.write(_opening(index, name) + b":" + orjson.dumps([*map(_short, definitions)]))
        if indexed:
            file.write(b'},\n"indexes":{')
            for index, (name, found) in enumerate(indexed.items()):
                file.write(_opening(index, name) + b":" + orjson.dumps(found))
        file.write(b'},\n"documents":')
        bind = {"@sources": SOURCES, "documents": DOCUMENTS, "texts": TEXTS}
        texts = _write_list(map(exported, held.rows(_TEXTS, bind, TEXTS_AT_ONCE)), file)
        file.write(b"}\n")
        counts = (len(plain), len(edges), documents, edge_count, len(shown), texts, related)
        return WorldReport(*counts, sum(map(len, indexed.values())))

    return atomically(db, [*mine, *_OF_TEXTS], write, exclusive=True)


class _Held:
    """Reads a database while a transaction keeps writers out, and keeps that from expiring."""

    def __init__(self, db: StandardDatabase, transaction: TransactionDatabase) -> None:
        self._db = db
        self._transaction = transaction
        self._asked = time.monotonic()

    def rows(self, query: str, bind: dict[str, Any], batch: int = BATCH) -> Iterator[Any]:
        cursor = self._db.aql.execute(query, bind_vars=bind, stream=True, batch_size=batch)
        for row in cast("Cursor", cursor):
            if time.monotonic() - self._asked > KEEP_ALIVE:
                rows(self._transaction, "RETURN 1")  # refused if it has expired all the same
                self._asked = time.monotonic()
            yield row


def _write_collections(held: _Held, names: Iterable[str], file: IO[bytes]) -> int:
    count = 0
    for index, name in enumerate(names):
        file.write(_opening(index, name) + b":")
        count += _write_list(held.rows(_DOCUMENTS, {"@c": name}), file)
    return count


def _opening(index: int, name: str) -> bytes:
    return (b",\n" if index else b"\n") + orjson.dumps(name)


def _write_list(values: Iterable[Any], file: IO[bytes]) -> int:
    count = 0
    for value in values:
        file.write(b",\n" if count else b"[\n")
        file.write(orjson.dumps(value))
        count += 1
    file.write(b"\n]" if count else b"[]")
    return count


def _indexes(db: StandardDatabase, name: str) -> list[dict[str, Any]]:
    return exported_indexes(cast("list[dict[str, Any]]", db.collection(name).indexes()))


def _short(definition: dict[str, Any]) -> dict[str, Any]:
    return {
        "edge_collection": definition["edge_collection"],
        "from": definition["from_vertex_collections"],
        "to": definition["to_vertex_collections"],
    }
