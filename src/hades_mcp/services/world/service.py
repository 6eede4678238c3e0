"""A whole world as one JSON file: collections, edges, graphs and texts, in and out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

from hades_mcp.errors import ConfigError, Conflict, NotFound
from hades_mcp.services.documents.ledger import key_of
from hades_mcp.services.layout import DOCUMENTS, RELATIONS, SOURCES, TEXTS
from hades_mcp.services.refusals import translated
from hades_mcp.services.statements import rows
from hades_mcp.services.transactions import atomically
from hades_mcp.services.world.bench import BATCH, Workbench
from hades_mcp.services.world.files import OURS, evidence_in, path_of, plan_of
from hades_mcp.services.world.indexes import exported_indexes, same_index
from hades_mcp.services.world.reading import world_pieces
from hades_mcp.services.world.writing import WorldReport, write_world
from hades_mcp.traces.liveness import alive, owner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from arango.database import StandardDatabase, TransactionDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.services.documents.service import DocumentService
    from hades_mcp.services.world.bench import Contents

    Progress = Callable[[int, int, str], None]

_KEEP = """
LET parts = DOCUMENT(CONCAT(@sources, "/", @key)).parts
INSERT MERGE(@kept, {_key: @key, parts}) INTO @@c OPTIONS {overwriteMode: "replace"}
"""

_STORED = "FOR d IN @@c FILTER d._key IN @keys RETURN d._key"
_KNOWN = """
FOR known IN @evidence
  UPDATE known IN @@c OPTIONS {mergeObjects: false, ignoreErrors: true}
"""
_FINGERPRINT = "UPDATE @key WITH {fingerprint: @fingerprint} IN @@c"

_PREFIX = "import-"

MOST_NAMED = 5
"""Names told when something is in the way."""


@dataclass(frozen=True, slots=True)
class _There:
    """What the database holds.

    Args:
        types: Collection → "document" or "edge".
        graphs: Graph → its definitions.
    """

    types: dict[str, str]
    graphs: dict[str, list[dict[str, Any]]]


class WorldService:
    """Imports and exports a whole world: what HADES keeps of its own work excepted.

    Args:
        db: The database, with its layout made.
        documents: Takes in the texts.
        embedder: Asked whether it is there before anything is written.
        folder: Where the temporary file of an import goes: it grows as large as the world.
    """

    def __init__(
        self, db: StandardDatabase, documents: DocumentService, embedder: Embedder, folder: Path
    ) -> None:
        self._db = db
        self._documents = documents
        self._embedder = embedder
        self._folder = folder

    @translated
    def load(
        self,
        path: Path,
        *,
        replace: bool = False,
        loose_ends: bool = False,
        progress: Progress | None = None,
    ) -> WorldReport:
        """Import a world's file.

        The whole file is read and checked before anything is written. All documents and edges are
        then written in one transaction; collections and graphs made for them are taken away again
        if it fails. Texts follow, each whole or not at all: a text needs vectors, and is found by
        search from then on. Importing the same file again with `replace` gives the same world.

        Args:
            path: The file; see `world_pieces` for its shape.
            replace: Throw away what the collections, graphs and texts of these names hold now.
            loose_ends: Edges may lead to documents that are nowhere.
            progress: Called with (documents and texts written, in all, the collection at hand).

        Raises:
            NotFound: There is no such file.
            InvalidArgument: It is no world; nothing was written.
            Conflict: Something of these names is stored already; nothing was written.
            Unavailable: The store or the embedder is not there.
            ConfigError: There is no room for the temporary file.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        _sweep(self._folder)
        mark = owner().replace(":", ".")
        with (
            TemporaryDirectory(dir=self._folder, prefix=f"{_PREFIX}{mark}-") as folder,
            Workbench(Path(folder)) as bench,
        ):
            try:
                with path.open("rb") as file:
                    bench.take(world_pieces(file))
            except OSError as error:
                hint = "Check the path."
                raise NotFound(f"{path} cannot be read: {error.strerror}.", hint=hint) from error
            there = self._there()
            bench.settle(there.types, self._stored, loose_ends=loose_ends)
            if not replace:
                self._refuse_what_is_there(bench, there)
            if bench.contents.texts:
                self._embedder.embed(["ready?"])
            return self._write(bench, there, progress or _silent)

    @translated
    def dump(self, path: Path, *, force: bool = False) -> WorldReport:
        """Export the database as of one moment; the file appears when it is whole.

        Left out are what HADES keeps of its own work, indexes of other kinds than `KINDS`, views,
        and `_rev`.

        Args:
            path: The file.
            force: Overwrite one that is there.

        Raises:
            Conflict: There is such a file.
            NotFound: Its folder is not there.
            ConfigError: It cannot be written.
        """
        if path.exists() and not force:
            raise Conflict(f"There is a file {path} already.", hint="--force overwrites it.")
        if not path.parent.is_dir():
            raise NotFound(f"There is no folder {path.parent}.", hint="Make it first.")
        there = self._there()
        unfinished = path.with_name(f".{path.name}.{token_hex(4)}")
        try:
            with unfinished.open("xb") as file:
                report = write_world(self._db, there.types, there.graphs, file)
            unfinished.replace(path)
        except OSError as error:
            raise ConfigError(
                f"{path} cannot be written: {error.strerror}.",
                hint="Check the disk and the permissions.",
            ) from error
        finally:
            unfinished.unlink(missing_ok=True)
        return report

    def _there(self) -> _There:
        collections = cast("list[dict[str, Any]]", self._db.collections())
        graphs = cast("list[dict[str, Any]]", self._db.graphs())
        return _There(
            {one["name"]: one["type"] for one in collections if not one["system"]},
            {graph["name"]: graph["edge_definitions"] for graph in graphs},
        )

    def _refuse_what_is_there(self, bench: Workbench, there: _There) -> None:
        mine = bench.contents
        full = [
            f"collection {name!r}"
            for name in (*mine.collections, *_own_edges(mine))
            if name in there.types and self._db.collection(name).count()
        ]
        full += [
            f"graph {name!r}"
            for name, definitions in mine.graphs.items()
            if name in there.graphs and not _alike(there.graphs[name], definitions)
        ]
        keys = {key_of(path): path for path in bench.paths()}
        full += [keys[key] for key in self._stored(SOURCES, list(keys))]
        for batch in bench.batches(RELATIONS):
            drawn = [edge["_key"] for edge in batch if "_key" in edge]
            full += [f"{RELATIONS}/{key}" for key in self._stored(RELATIONS, drawn)]
        if full:
            more = f" and {len(full) - MOST_NAMED} more" if len(full) > MOST_NAMED else ""
            raise Conflict(
                f"Stored already: {', '.join(full[:MOST_NAMED])}{more}.",
                hint="Nothing was written. --replace throws away what these hold now.",
            )

    def _stored(self, collection: str, keys: list[str]) -> list[str]:
        """Return those of some keys that are stored."""
        return [
            key
            for start in range(0, len(keys), BATCH)
            for key in rows(
                self._db, _STORED, {"@c": collection, "keys": keys[start : start + BATCH]}
            )
        ]

    def _write(self, bench: Workbench, there: _There, progress: Progress) -> WorldReport:
        mine = bench.contents
        total = sum(mine.collections.values()) + sum(mine.edges.values()) + mine.texts
        with ExitStack() as undo:
            self._make(mine, there, undo)
            names = [*mine.collections, *_own_edges(mine)]
            if names:
                fill = partial(_fill, bench, names, partial(_told, progress, total))
                atomically(self._db, names, fill, exclusive=True)
            undo.pop_all()
        related = mine.edges.get(RELATIONS, 0)
        done = total - mine.texts - related
        for text in bench.texts():
            progress(done, total, text.get("title") or text["id"])
            self._add(text)
            done += 1
        if related:  # last: storing a text anew forgets the edges to what it no longer has
            atomically(self._db, [RELATIONS], partial(_relate, bench), exclusive=True)
        progress(total, total, "")
        return WorldReport(
            collections=len(mine.collections),
            edge_collections=len([*_own_edges(mine)]),
            documents=sum(mine.collections.values()),
            edges=sum(mine.edges.values()) - related,
            graphs=len(mine.graphs),
            texts=mine.texts,
            relations=related,
            indexes=sum(map(len, mine.indexes.values())),
        )

    def _make(self, mine: Contents, there: _There, undo: ExitStack) -> None:
        """Make what is not there and holds the documents; `undo` takes it away again."""
        for name in (*mine.collections, *mine.edges):
            if name not in there.types:
                self._db.create_collection(name, edge=name in mine.edges)
                undo.callback(self._db.delete_collection, name)
        for name, indexes in mine.indexes.items():
            self._index(name, indexes, undo)
        for name, definitions in mine.graphs.items():
            before = there.graphs.get(name)
            if before is not None and _alike(before, definitions):
                continue
            if before is not None:
                self._db.delete_graph(name)
                kept = [_definition(one) for one in before]
                undo.callback(self._db.create_graph, name, edge_definitions=kept)
            self._db.create_graph(name, edge_definitions=definitions)
            undo.callback(self._db.delete_graph, name)

    def _index(self, name: str, wanted: list[dict[str, Any]], undo: ExitStack) -> None:
        collection = self._db.collection(name)
        there = exported_indexes(cast("list[dict[str, Any]]", collection.indexes()))
        for index in wanted:
            if not any(same_index(index, one) for one in there):
                made = cast("dict[str, Any]", collection.add_index(index))
                undo.callback(collection.delete_index, made["id"], ignore_missing=True)

    def _add(self, text: dict[str, Any]) -> None:
        key, plan = key_of(path_of(text)), plan_of(text)
        if plan is None:
            title = text.get("title", "")
            self._documents.add_text(text["text"], title, text["id"])
            # sections of a text are documents of their own: only here it is kept as it came
            kept = {"id": text["id"], "title": title, "text": text["text"]}
            rows(self._db, _KEEP, {"sources": SOURCES, "@c": TEXTS, "key": key, "kept": kept})
        else:
            self._documents.store(plan)
            told = text[OURS]["fingerprint"]
            rows(self._db, _FINGERPRINT, {"@c": SOURCES, "key": key, "fingerprint": told})
        rows(self._db, _KNOWN, {"@c": DOCUMENTS, "evidence": evidence_in(text)})


def _sweep(folder: Path) -> None:
    """Remove what imports left that were killed: each is as large as its world."""
    for left in folder.glob(f"{_PREFIX}*.*-*"):
        mark = left.name.removeprefix(_PREFIX).partition("-")[0]
        if not alive(mark.replace(".", ":")):
            rmtree(left, ignore_errors=True)


def _own_edges(mine: Contents) -> Iterator[str]:
    """Yield the edge collections that are the world's own; relations are between texts."""
    return (name for name in mine.edges if name != RELATIONS)


def _relate(bench: Workbench, tx: TransactionDatabase) -> None:
    for batch in bench.batches(RELATIONS):
        tx.collection(RELATIONS).insert_many(
            batch, overwrite_mode="replace", raise_on_document_error=True
        )


def _fill(
    bench: Workbench, names: list[str], told: Callable[[int, str], None], tx: TransactionDatabase
) -> None:
    done = 0
    for name in names:
        collection = tx.collection(name)
        collection.truncate()
        for batch in bench.batches(name):
            told(done, name)
            collection.insert_many(batch, raise_on_document_error=True)
            done += len(batch)


def _told(progress: Progress, total: int, done: int, name: str) -> None:
    progress(done, total, name)


def _alike(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
    return _shape(one) == _shape(other)


def _shape(definitions: list[dict[str, Any]]) -> set[tuple[str, frozenset[str], frozenset[str]]]:
    return {
        (
            one["edge_collection"],
            frozenset(one["from_vertex_collections"]),
            frozenset(one["to_vertex_collections"]),
        )
        for one in definitions
    }


def _definition(stored: dict[str, Any]) -> dict[str, Any]:
    keys = ("edge_collection", "from_vertex_collections", "to_vertex_collections")
    return {key: stored[key] for key in keys}


def _silent(_done: int, _total: int, _what: str) -> None:
    """Tell nobody."""
