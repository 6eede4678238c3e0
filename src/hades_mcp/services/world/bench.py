"""The workbench of an import: the whole file checked, and laid out on disk, before it is written.

Duplicate keys and edges that lead nowhere are found by a temporary SQLite file, so that memory does
not grow with the world; and what was checked is exactly what is written afterwards.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import orjson

from hades_mcp.errors import ConfigError, InvalidArgument
from hades_mcp.services.documents.readers.registry import MOST_BYTES
from hades_mcp.services.graphs.relating import relation_key
from hades_mcp.services.layout import (
    DOCUMENTS,
    EDGE_COLLECTIONS,
    GRAPH,
    RELATIONS,
    VERTEX_COLLECTIONS,
)
from hades_mcp.services.world.files import OURS, fault_in, keys_of, path_of
from hades_mcp.services.world.indexes import fault_in_index

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

    from hades_mcp.services.world.reading import Piece

MOST_FAULTS = 10
"""Faults told at once."""

SHOWN = 60
"""Characters that are told of what a fault is about."""

BATCH = 1000
BATCH_BYTES = 4 * 2**20
"""Documents, and bytes of them, written at once."""

_KEY = re.compile(r"[A-Za-z0-9_\-:.@()+,=;$!*'%]{1,254}")
# the driver writes names into addresses as they are: DELETE /_api/collection/a?b deletes a
_NAME = re.compile(r"[^\W\d_][^\x00-\x1f/:?#%\x7f]{0,255}")
_OWN = frozenset(VERTEX_COLLECTIONS + EDGE_COLLECTIONS)
_GRAPH_KEYS = {"edge_collection", "from", "to"}
_TEXT_KEYS = {"id", "title", "text", OURS}
_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE documents (collection TEXT, key TEXT, place INTEGER, json BLOB);
CREATE TABLE ends (edges TEXT, place INTEGER, collection TEXT, key TEXT);
CREATE TABLE texts (id TEXT, path TEXT, json BLOB);
CREATE TABLE parts (key TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_TWICE = """
SELECT collection, key FROM documents WHERE key IS NOT NULL
GROUP BY collection, key HAVING COUNT(*) > 1 LIMIT 10
"""
_LOOSE = """
SELECT edges, place, collection, key FROM ends e
WHERE collection IN (SELECT value FROM json_each(?)) AND NOT EXISTS
  (SELECT 1 FROM documents d WHERE d.collection = e.collection AND d.key = e.key)
LIMIT 10
"""
_TO_STORED = """
SELECT edges, place, key FROM ends e
WHERE collection = :name
  AND NOT (:name = :texts AND EXISTS (SELECT 1 FROM parts p WHERE p.key = e.key))
"""


@dataclass(slots=True)
class Contents:
    """What a world's file has, by name.

    Args:
        collections: Collection → how many documents.
        edges: Edge collection → how many edges.
        graphs: Graph → its definitions, as ArangoDB wants them.
        indexes: Collection → its indexes, as ArangoDB wants them.
        texts: How many texts.
    """

    collections: dict[str, int] = field(default_factory=dict)
    edges: dict[str, int] = field(default_factory=dict)
    graphs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    indexes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    texts: int = 0


class Workbench:
    """Takes the pieces of a file, then says what is wrong with them, or gives them back.

    Args:
        folder: Where its temporary file goes; it must be empty.
    """

    def __init__(self, folder: Path) -> None:
        self.contents = Contents()
        self._folder = folder
        self._faults: list[str] = []
        self._db = sqlite3.connect(folder / "world.sqlite", isolation_level=None)
        self._db.executescript(_TABLES)
        self._db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._db.close()
        if isinstance(error, sqlite3.Error):
            raise ConfigError(
                f"The file cannot be laid out in {self._folder.parent}: {error}.",
                hint="Is there room on that disk?",
            ) from error

    def take(self, pieces: Iterable[Piece]) -> None:
        """Look at every piece on its own and keep it.

        Raises:
            InvalidArgument: There are so many faults already that no more are looked for.
        """
        for piece in pieces:
            match piece.section:
                case "collections" | "edgeCollections":
                    self._take_document(piece)
                case "graphs":
                    self._take_graph(piece)
                case "indexes":
                    self._take_index(piece)
                case "documents":
                    self._take_text(piece)
            if len(self._faults) >= MOST_FAULTS:
                self.refuse_faults()

    def settle(
        self,
        there: Mapping[str, str],
        stored: Callable[[str, list[str]], Collection[str]],
        *,
        loose_ends: bool,
    ) -> None:
        """Look at the whole: that names, keys and ends fit together and to the database.

        Args:
            there: The database's collections: name → "document" or "edge".
            stored: Returns those of some keys that a collection of the database has.
            loose_ends: Edges may lead to documents that are nowhere.

        Raises:
            InvalidArgument: Something is wrong; all faults found are told.
        """
        self._db.execute("CREATE INDEX by_key ON documents (collection, key)")
        mine = self.contents
        for name in mine.collections.keys() & mine.edges.keys():
            self._fault(name, "is both a collection and an edge collection")
        for names, kind in ((mine.collections, "document"), (mine.edges, "edge")):
            for name in names:
                if there.get(name, kind) != kind:
                    self._fault(name, f"is stored as a collection of type {there[name]}")
        self._settle_keys()
        self._settle_graphs(there)
        self._settle_indexes(there)
        if not loose_ends:
            self._settle_ends(there, stored)
        self.refuse_faults()

    def refuse_faults(self) -> None:
        """Raise InvalidArgument if there is a fault."""
        if not self._faults:
            return
        count = len(self._faults)
        told = "; ".join(self._faults[:MOST_FAULTS])
        many = "1 fault" if count == 1 else f"{count}{'+' if count >= MOST_FAULTS else ''} faults"
        raise InvalidArgument(
            f"The file has {many}: {told}.", hint="Nothing was written: correct it, import again."
        )

    def batches(self, collection: str) -> Iterator[list[dict[str, Any]]]:
        """Yield a collection's documents in the file's order, some at a time."""
        query = "SELECT json FROM documents WHERE collection = ? ORDER BY rowid"
        batch: list[dict[str, Any]] = []
        size = 0
        with closing(self._db.cursor()) as cursor:
            for (text,) in cursor.execute(query, (collection,)):
                batch.append(orjson.loads(text))
                size += len(text)
                if len(batch) == BATCH or size > BATCH_BYTES:
                    yield batch
                    batch, size = [], 0
        if batch:
            yield batch

    def texts(self) -> Iterator[dict[str, Any]]:
        """Yield the texts in the file's order, as they are in the file."""
        with closing(self._db.cursor()) as cursor:
            for (text,) in cursor.execute("SELECT json FROM texts ORDER BY rowid"):
                yield orjson.loads(text)

    def _fault(self, place: str, what: str) -> None:
        self._faults.append(f"{place} {what}")

    def _take_document(self, piece: Piece) -> None:
        edge = piece.section == "edgeCollections"
        known = self.contents.edges if edge else self.contents.collections
        if piece.position < 0:
            self._take_name(piece, known)
            return
        known[piece.name] += 1
        document = piece.value
        fault = _fault_of(piece.name, document, edge=edge)
        if fault:
            self._fault(piece.place, fault)
            return
        identity = document.pop("_id", None)
        document.pop("_rev", None)
        if identity is not None:
            document.setdefault("_key", identity.partition("/")[2])
        if edge and piece.name == RELATIONS:  # so that the same file again draws them once
            ends, kind = (document["_from"], document["_to"]), str(document.get("type", ""))
            document.setdefault("_key", relation_key(ends, kind))
        packed = self._packed(piece)
        row = (piece.name, document.get("_key"), piece.position, packed)
        self._db.execute("INSERT INTO documents VALUES (?, ?, ?, ?)", row)
        for end in ("_from", "_to") if edge else ():
            to, _, key = document[end].partition("/")
            self._db.execute(
                "INSERT INTO ends VALUES (?, ?, ?, ?)", (piece.name, piece.position, to, key)
            )

    def _packed(self, piece: Piece) -> bytes:
        try:
            return orjson.dumps(piece.value)
        except orjson.JSONEncodeError:  # JSON has no limit, orjson one of 254
            self._fault(piece.place, "is nested too deep")
            return b""

    def _take_name(self, piece: Piece, known: dict[str, Any]) -> None:
        if piece.name in known:
            self._fault(piece.place, "is there twice")
        elif piece.name in _OWN - ({RELATIONS} if piece.section == "edgeCollections" else set()):
            self._fault(piece.place, "has a name that HADES keeps for itself")
        elif not _NAME.fullmatch(piece.name):
            self._fault(piece.place, "has a name that no collection may have")
        known.setdefault(piece.name, 0)

    def _take_graph(self, piece: Piece) -> None:
        graphs = self.contents.graphs
        if piece.position < 0:
            if piece.name in graphs:
                self._fault(piece.place, "is there twice")
            elif piece.name == GRAPH:
                self._fault(piece.place, "has a name that HADES keeps for itself")
            elif not _NAME.fullmatch(piece.name):
                self._fault(piece.place, "has a name that no graph may have")
            graphs[piece.name] = []
            return
        made = piece.value
        if not isinstance(made, dict) or made.keys() != _GRAPH_KEYS:
            self._fault(piece.place, f"is not an object of {', '.join(sorted(_GRAPH_KEYS))}")
        elif not isinstance(made["edge_collection"], str) or not all(
            isinstance(made[end], list) and made[end] and all(isinstance(n, str) for n in made[end])
            for end in ("from", "to")
        ):
            self._fault(piece.place, "names one edge_collection, and lists of names in from and to")
        else:
            graphs[piece.name].append(
                {
                    "edge_collection": made["edge_collection"],
                    "from_vertex_collections": made["from"],
                    "to_vertex_collections": made["to"],
                }
            )

    def _take_index(self, piece: Piece) -> None:
        known = self.contents.indexes.setdefault(piece.name, [])
        if piece.position < 0:
            return
        fault = fault_in_index(piece.value)
        if fault:
            self._fault(piece.place, fault)
        else:
            known.append(piece.value)

    def _take_text(self, piece: Piece) -> None:
        if piece.position < 0:
            return
        text = piece.value
        if not isinstance(text, dict) or not _TEXT_KEYS.issuperset(text):
            self._fault(piece.place, "is not an object of id, title, text")
        elif not all(isinstance(value, str) for name, value in text.items() if name != OURS):
            self._fault(piece.place, "has an id, a title or a text that is no string")
        elif not text.get("id", "").strip() or not ("text" in text and _says(text)):
            self._fault(piece.place, "has no id, or no text")
        elif len(text["text"]) > MOST_BYTES:
            self._fault(piece.place, f"is longer than {MOST_BYTES:,} characters")
        elif OURS in text and (fault := fault_in(text)):
            self._fault(piece.place, fault)
        else:
            row = (text["id"], path_of(text), self._packed(piece))
            self._db.execute("INSERT INTO texts VALUES (?, ?, ?)", row)
            keys = [(key,) for key in keys_of(text)]
            self._db.executemany("INSERT OR IGNORE INTO parts VALUES (?)", keys)
        self.contents.texts += 1

    def paths(self) -> list[str]:
        """Return what the texts are known by in the store."""
        return [path for (path,) in self._db.execute("SELECT path FROM texts")]

    def _settle_keys(self) -> None:
        for collection, key in self._db.execute(_TWICE):
            self._fault(collection, f"has the _key {key!r} twice")
        query = "SELECT MIN(id), MAX(id) FROM texts GROUP BY path HAVING COUNT(*) > 1 LIMIT 10"
        for first, second in self._db.execute(query):
            alike = f"{first!r}" if first == second else f"{first!r} and {second!r}, too alike"
            self._fault("documents", f"has an id twice: {alike}")

    def _settle_graphs(self, there: Mapping[str, str]) -> None:
        mine = self.contents
        edges = mine.edges.keys() | {name for name, kind in there.items() if kind == "edge"}
        vertices = mine.collections.keys() | mine.edges.keys() | there.keys()
        for graph, definitions in mine.graphs.items():
            for one in definitions:
                if one["edge_collection"] not in edges:
                    where = f"graphs.{graph}"
                    self._fault(where, f"has no edge collection {one['edge_collection']!r}")
                for name in (*one["from_vertex_collections"], *one["to_vertex_collections"]):
                    if name not in vertices:
                        self._fault(f"graphs.{graph}", f"has no collection {name!r}")

    def _settle_indexes(self, there: Mapping[str, str]) -> None:
        known = {*self.contents.collections, *self.contents.edges, *there} - _OWN
        for name in self.contents.indexes.keys() - known:
            self._fault(f"indexes.{name}", "is of no collection")

    def _settle_ends(
        self, there: Mapping[str, str], stored: Callable[[str, list[str]], Collection[str]]
    ) -> None:
        mine = self.contents.collections.keys() | self.contents.edges.keys()
        for (name,) in self._db.execute("SELECT DISTINCT collection FROM ends").fetchall():
            if name not in mine and name not in there:
                self._fault("edgeCollections", f"leads to {name!r}, which is no collection")
            elif name not in mine:
                self._settle_ends_stored(name, partial(stored, name))
        listed = orjson.dumps(sorted(mine)).decode()
        for edges, place, collection, key in self._db.execute(_LOOSE, (listed,)):
            self._loose(edges, place, f"{collection}/{key}")

    def _settle_ends_stored(
        self, name: str, stored: Callable[[list[str]], Collection[str]]
    ) -> None:
        """Look at edges to what is stored already, or will be a text of this file."""
        bind = {"name": name, "texts": DOCUMENTS}
        with closing(self._db.execute(_TO_STORED, bind)) as cursor:
            while len(self._faults) < MOST_FAULTS and (rows := cursor.fetchmany(BATCH)):
                there = stored([key for _, _, key in rows])
                for edges, place, key in rows:
                    if key not in there and len(self._faults) < MOST_FAULTS:
                        self._loose(edges, place, f"{name}/{key}")

    def _loose(self, edges: str, place: int, identifier: str) -> None:
        where = f"edgeCollections.{edges}[{place}]"
        self._fault(where, f"leads to {identifier}, which is not there")


def _fault_of(collection: str, document: Any, *, edge: bool) -> str:
    if not isinstance(document, dict):
        return "is no object"
    key = document.get("_key")
    if "_key" in document and not (isinstance(key, str) and _KEY.fullmatch(key)):
        return f"has a _key that none may have: {_told(key)}"
    identity = document.get("_id")
    if "_id" in document and not _identifies(identity, collection, key):
        return f"has an _id that does not fit: {_told(identity)}"
    for end in ("_from", "_to") if edge else ():
        target = document.get(end)
        if not isinstance(target, str) or not _is_id(target):
            return f"has a {end} that is no collection/key: {_told(target)}"
    return ""


def _told(value: Any) -> str:
    told = repr(value)
    return told if len(told) <= SHOWN else f"{told[:SHOWN]}…"


def _says(text: dict[str, Any]) -> bool:
    """Return whether there are words in it; a file read before may be an empty one."""
    ours = text.get(OURS)
    return bool(text["text"].strip()) or (isinstance(ours, dict) and "parts" in ours)


def _identifies(identity: Any, collection: str, key: Any) -> bool:
    if not isinstance(identity, str) or not _is_id(identity):
        return False
    mine, _, own = identity.partition("/")
    return mine == collection and key in {None, own}


def _is_id(text: str) -> bool:
    collection, _, key = text.partition("/")
    return bool(collection and _KEY.fullmatch(key))
