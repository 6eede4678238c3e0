"""The indexes of a collection seen through a transaction: found, made, dropped, rebuilt, told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.collation import collation_id
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.analyzer_catalog import stored_analyzer
from hades_mcp.embedded.storage.catalog import stored_index
from hades_mcp.embedded.storage.indexes import COLLATED_TYPES, Index, define
from hades_mcp.embedded.storage.records import load
from hades_mcp.embedded.storage.search.fields import LINK
from hades_mcp.embedded.storage.selectivity import selectivity
from hades_mcp.embedded.storage.statements import statements
from hades_mcp.embedded.storage.tables import IndexTable, table_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.session import Session

_BAD, _FORBIDDEN, _DUPLICATE, _NOT_FOUND = 10, 11, 1005, 1212
_FILL = 50_000


class Indexed:
    """A collection as its indexes see it.

    Attributes:
        info: Its entry in the catalog; follows changes made in this transaction.
    """

    def __init__(self, session: Session, info: CollectionInfo, reload: Callable[[], None]) -> None:
        self._session = session
        self._reload = reload
        self.bind(info)

    def bind(self, info: CollectionInfo) -> None:
        """Go on with a newer entry of the catalog."""
        self.info = info
        self._sql = statements(info.number, edge=info.is_edge)

    def indexes(self) -> list[Index]:
        """Return the indexes, the primary one first; what views keep is not among them."""
        return [index for index in self.info.indexes if index.type != LINK]

    def selectivity(self, index: Index) -> float | None:
        """Return the share of an index's entries that differ, estimated; None if there is none."""
        return selectivity(self._session, self.info, index, self._session.path)

    def index(self, id_or_name: str) -> Index:
        """Return an index by its id or name; 1212 if there is none."""
        for index in self.info.indexes:
            if id_or_name in (index.id, index.name):
                return index
        raise ArangoError(_NOT_FOUND)

    def ensure_index(
        self, definition: dict[str, Any], *, database: str = "_system"
    ) -> tuple[Index, bool]:
        """Return the index of this definition and whether it had to be made.

        Args:
            definition: The attributes the HTTP API takes.
            database: The name of this database: it may stand before the names of Analyzers.

        Raises:
            ArangoError: 10 for a bad definition, 9 for a type that is not built, 1005 if its name
                is taken by another, 1210 if the documents violate its uniqueness, 17 if a document
                holds no fitting vector.
        """
        self._session.require_writable()
        find = partial(stored_analyzer, self._session, database)
        wanted = define(definition, self._session.tick(), find)
        for index in self.info.indexes:
            if index.same_as(wanted):
                return index, False
            if index.name == wanted.name:
                raise ArangoError(_DUPLICATE, f"duplicate identifier: index {index.name} exists")
            if index.type == wanted.type == "ttl":
                raise ArangoError(_BAD, "there can only be one ttl index per collection")
        self.build_index(wanted)
        return wanted, True

    def build_index(self, index: Index) -> None:
        """Make an index as it is defined, over the documents that are there."""
        self._session.require_writable()
        with self._session.savepoint():
            self._build(index)
        self._reload()

    def drop_index(self, id_or_name: str) -> None:
        """Remove an index; 1212 if there is none, 11 for the primary and the edge index."""
        self._session.require_writable()
        index = self.index(id_or_name)
        if index.type in ("primary", "edge"):
            raise ArangoError(_FORBIDDEN)
        if table := table_of(self._session, self.info, index):
            table.drop()
        self._session.execute("DELETE FROM indexes WHERE id = ?", (int(index.id),))
        self._reload()

    def rebuild_sorted_indexes(self) -> None:
        """Encode the entries of all sorted indexes anew: their order is another library's."""
        for index in self.info.indexes:
            if index.type in COLLATED_TYPES:
                self.rebuild_index(index)

    def rebuild_index(self, index: Index) -> None:
        """Enter all documents anew into an index that keeps a table of its own."""
        if table := table_of(self._session, self.info, index):
            table.clear()
            self._fill(table)

    def _build(self, index: Index) -> None:
        if table := table_of(self._session, self.info, index):
            table.create()
            self._fill(table)
        self._session.execute(
            "INSERT INTO indexes VALUES (?, ?, ?, ?)",
            (int(index.id), self.info.number, stored_index(index), collation_id()),
        )

    def _fill(self, table: IndexTable) -> None:
        cursor = self._session.execute(self._sql.rows)
        while rows := cursor.fetchmany(_FILL):
            table.fill([(row, load(body)) for row, body in rows])
