"""A transaction: one snapshot of a database, and the collections seen through it."""

from __future__ import annotations

import sqlite3
import warnings
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.catalog import (
    Catalog,
    CollectionInfo,
    load_catalog,
    stored_properties,
)
from hades_mcp.embedded.storage.collection import Collection
from hades_mcp.embedded.storage.computed import check_computed
from hades_mcp.embedded.storage.connections import roll_back, translate
from hades_mcp.embedded.storage.disk import flush
from hades_mcp.embedded.storage.keys import key_options as complete_key_options
from hades_mcp.embedded.storage.names import check_collection_name
from hades_mcp.embedded.storage.schema import check_schema
from hades_mcp.embedded.storage.statements import create_statements, rename_statement
from hades_mcp.embedded.storage.tables import table_of
from hades_mcp.embedded.storage.views import is_view
from hades_mcp.embedded.storage.web import Web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from hades_mcp.embedded.storage.session import Session

_NOT_FOUND, _DUPLICATE, _FORBIDDEN, _ABORTED = 1203, 1207, 11, 1654
_HOLD_IDS = frozenset({"arangosearch", "inverted"})  # `_id` among what is searched


class Transaction:
    """Reads one snapshot; a write transaction is also the only writer until it ends.

    As a context manager it commits when the block ends well and rolls back when it raises. Ending
    twice is harmless. Not for use by two threads at the same time.
    """

    def __init__(
        self,
        session: Session,
        connection: sqlite3.Connection,
        catalog: Catalog,
        path: Path,
        release: Callable[[sqlite3.Connection], None],
    ) -> None:
        self.session = session
        self._connection = connection
        self._catalog = catalog
        self.path = path
        self._release = release
        self._open = True
        self._bound: dict[str, Collection] = {}
        self._webs: list[Web] = []
        self.guard: Callable[[str], None] | None = None
        """Called with the name of each collection that is asked for; may raise to refuse it."""

    @property
    def writable(self) -> bool:
        """Whether this is a write transaction."""
        return self.session.writable

    @property
    def is_open(self) -> bool:
        """Whether it has neither been committed nor aborted."""
        return self._open

    def collections(self) -> list[CollectionInfo]:
        """Return all collections, system ones too, by name."""
        return list(self._catalog.collections.values())

    def collection(self, name: str) -> Collection:
        """Return a collection by its name; 1203 if there is none, or what the guard raises."""
        if self.guard is not None:
            self.guard(name)
        collection = self._bound.get(name)
        if collection is None:
            info = self._catalog.collections.get(name)
            if info is None:
                raise _not_found(name)
            collection = self._bound[name] = Collection(self.session, info, self._reload)
        return collection

    def has_collection(self, name: str) -> bool:
        """Tell whether there is a collection of this name."""
        return name in self._catalog.collections

    def info(self, name: str) -> CollectionInfo | None:
        """Return the catalog's entry of a collection, if there is one; or raise as the guard does.

        Cheaper than `collection` where neither documents nor indexes are touched.
        """
        found = self._catalog.collections.get(name)
        if found is not None and self.guard is not None:
            self.guard(name)
        return found

    def web(self, edges: Sequence[tuple[str, str]]) -> Web:
        """Return what this process knows of where edges lead, as of this snapshot.

        Args:
            edges: Edge collections with the direction each is followed in.

        Raises:
            ArangoError: 1203 for a collection that does not exist.
        """
        strands: list[tuple[int, str]] = []
        versions: list[int] = []
        for name, direction in edges:
            number = self._known(name).number
            reads = self.session.reads(number)
            if reads is None:  # this transaction has written edges
                return Web()
            strands.append((number, direction))
            versions.append(reads.version)
        web = self.session.recent.webs.take(tuple(strands), tuple(versions))
        self._webs.append(web)
        return web

    def mark(self, name: str) -> object:
        """Return what stands for a collection's state, another for each; 1203 if there is none."""
        reads = self.session.reads(self._known(name).number)
        return object() if reads is None else reads.mark

    def _known(self, name: str) -> CollectionInfo:
        info = self.info(name)
        if info is None:
            raise _not_found(name)
        return info

    def create_collection(
        self,
        name: str,
        *,
        edge: bool = False,
        key_options: dict[str, Any] | None = None,
        schema: dict[str, Any] | None = None,
        properties: dict[str, Any] | None = None,
    ) -> Collection:
        """Make a collection.

        Args:
            name: Names that start with an underscore are for system collections.
            edge: Whether its documents are edges and need `_from` and `_to`.
            key_options: type, allowUserKeys, increment, offset.
            schema: rule, level and message that documents must obey.
            properties: Whatever else the HTTP API was given; `computedValues` are checked.

        Raises:
            ArangoError: 1207 if the name is taken, 1208 for an illegal one, 1232 for key options,
                1621 for a schema and 10 for computed values that make no sense.
        """
        self.session.require_writable()
        check_collection_name(name, system=True)
        if name in self._catalog.collections or is_view(self, name):
            raise ArangoError(_DUPLICATE)
        text = stored_properties(
            complete_key_options(key_options), check_schema(schema), _checked(properties or {})
        )
        number = self.session.tick()
        execute = self.session.execute
        execute("INSERT INTO collections VALUES (?, ?, ?, ?)", (number, name, edge, text))
        execute("INSERT INTO tallies(collection, documents, last_key) VALUES (?, 0, 0)", (number,))
        for statement in create_statements(number, edge=edge):
            execute(statement)
        self._reload()
        return self.collection(name)

    def drop_collection(self, name: str) -> None:
        """Remove a collection with its documents and indexes; 1203 if there is none."""
        info = self.collection(name).info
        self.session.require_writable()
        if info.is_system and info.name in {"_graphs", "_users", "_analyzers", "_aqlfunctions"}:
            raise ArangoError(_FORBIDDEN)
        execute = self.session.execute
        for index in info.indexes:
            if table := table_of(self.session, info, index):
                table.drop()
        execute(f"DROP TABLE c{info.number}")
        execute("DELETE FROM indexes WHERE collection = ?", (info.number,))
        execute("DELETE FROM tallies WHERE collection = ?", (info.number,))
        execute("DELETE FROM collections WHERE id = ?", (info.number,))
        self.session.forget(info.number)
        self._reload()

    def rename_collection(self, name: str, new_name: str) -> Collection:
        """Rename a collection; its documents get a new `_id`, edges to them keep the old one."""
        info = self.collection(name).info
        self.session.require_writable()
        check_collection_name(new_name, system=info.is_system)
        if info.is_system:
            raise ArangoError(_FORBIDDEN)
        if new_name in self._catalog.collections or is_view(self, new_name):
            raise ArangoError(_DUPLICATE)
        execute = self.session.execute
        execute("UPDATE collections SET name = ? WHERE id = ?", (new_name, info.number))
        execute(*rename_statement(info.number, name, new_name))
        self.session.recount_bytes(info.number)
        self._reload()
        renamed = self.collection(new_name)
        for index in renamed.info.indexes:
            if index.type in _HOLD_IDS:
                renamed.rebuild_index(index)
        return renamed

    def change_properties(self, name: str, **changes: Any) -> Collection:
        """Replace `schema`, or merge into the other properties of a collection."""
        info = self.collection(name).info
        self.session.require_writable()
        schema = check_schema(changes.pop("schema", info.schema))
        properties = {**info.properties, **_checked(changes)}
        info = replace(info, schema=schema, properties=properties)
        text = stored_properties(info.key_options, info.schema, info.properties)
        self.session.execute(
            "UPDATE collections SET properties = ? WHERE id = ?", (text, info.number)
        )
        self._reload()
        return self.collection(name)

    def rebuild_sorted_indexes(self, collation: str) -> None:
        """Bring every sorted index to the order of this collation library."""
        for info in self.collections():
            self.collection(info.name).rebuild_sorted_indexes()
        self.session.execute("UPDATE indexes SET collation = ?", (collation,))
        self._reload()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what happens inside if it raises; the transaction itself goes on.

        A query that fails halfway inside a stream transaction leaves nothing behind this way.
        """
        catalog = self._catalog
        try:
            with self.session.savepoint():
                yield
        except BaseException:
            if self._catalog is not catalog:
                self._use(catalog)
            raise

    def copy_to(self, path: Path) -> None:
        """Write what this read transaction sees to a new file, while others go on writing.

        Raises:
            OSError: The file cannot be written, or the disk is full.
        """
        try:
            with closing(sqlite3.connect(path)) as copy:
                self._connection.backup(copy)
        except sqlite3.Error as error:
            raise translate(error, path) from error

    def commit(self) -> None:
        """Make the writes lasting and visible; afterwards the transaction is over.

        Raises:
            ArangoError: 1654 if an earlier write failed for want of space or the like.
        """
        if not self._open:
            return
        if self.session.failed:
            self.abort()
            raise ArangoError(_ABORTED)
        try:
            if self.session.writable:
                self.session.flush()
            self.session.end()
            self._connection.execute("COMMIT")
            self.session.publish()
        except (sqlite3.Error, SystemError) as error:
            self.abort()
            raise translate(error, self.path) from error
        try:
            if self.session.sync:
                # SQLite locks other files than its log: closing this one gives up no lock
                flush(self.path.with_name(self.path.name + "-wal"))
        finally:
            self._finish()

    def abort(self) -> None:
        """Undo all writes; afterwards the transaction is over."""
        if not self._open:
            return
        self.session.end()
        try:
            roll_back(self._connection)
        except sqlite3.ProgrammingError:
            pass  # the engine was closed meanwhile, which rolled back too
        finally:
            self._finish()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.commit()
            return
        self.abort()
        if isinstance(error, sqlite3.Error | SystemError):
            raise translate(error, self.path) from error

    def __del__(self) -> None:
        if getattr(self, "_open", False):
            self.abort()  # else no other thread could ever write again
            message = f"a transaction on {self.path} was neither committed nor aborted"
            warnings.warn(message, ResourceWarning, source=self, stacklevel=1)

    def _finish(self) -> None:
        self._open = False
        self._bound.clear()
        for web in self._webs:
            self.session.recent.webs.give_back(web)
        self._webs.clear()
        self._release(self._connection)

    def _reload(self) -> None:
        """Announce a change of the catalog to other connections and read it back."""
        self.session.execute("UPDATE counters SET value = value + 1 WHERE name = 'catalog'")
        self._use(load_catalog(self._connection, self._catalog.version + 1))

    def _use(self, catalog: Catalog) -> None:
        self._catalog = catalog
        known = {info.id: info for info in catalog.collections.values()}
        bound = list(self._bound.values())
        self._bound.clear()
        for collection in bound:
            if info := known.get(collection.id):
                collection.bind(info)
                self._bound[info.name] = collection


def _not_found(name: str) -> ArangoError:
    return ArangoError(_NOT_FOUND, f"collection or view not found: {name}")


def _checked(properties: dict[str, Any]) -> dict[str, Any]:
    if "computedValues" not in properties:
        return properties
    return {**properties, "computedValues": check_computed(properties["computedValues"])}
