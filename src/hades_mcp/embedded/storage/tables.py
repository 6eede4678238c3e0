"""Which table an index keeps beside its collection, if any."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from hades_mcp.embedded.storage.box_table import BoxTable
from hades_mcp.embedded.storage.geo_table import GeoTable
from hades_mcp.embedded.storage.indexes import BOX_TYPES, SORTED_TYPES
from hades_mcp.embedded.storage.search.fields import LINK
from hades_mcp.embedded.storage.search.table import SearchTable
from hades_mcp.embedded.storage.sorted_table import SortedTable
from hades_mcp.embedded.storage.ttl_table import TtlTable
from hades_mcp.embedded.storage.vector_table import VectorTable
from hades_mcp.embedded.storage.words_table import WordsTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.indexes import Index
    from hades_mcp.embedded.storage.records import Document
    from hades_mcp.embedded.storage.session import Session


class IndexTable(Protocol):
    """What writing needs of an index: a document's payload is computed once, then used."""

    def create(self) -> None:
        """Make the empty table."""

    def drop(self) -> None:
        """Remove the table."""

    def clear(self) -> None:
        """Remove all entries."""

    def payload(self, document: Document) -> Any:
        """Return what the index keeps of a document; raises if it refuses the document."""

    def check(self, payload: Any, row: int) -> None:
        """Raise 1210 if the payload conflicts with another row's."""

    def add(self, row: int, payload: Any) -> None:
        """Enter a document."""

    def remove(self, row: int, payload: Any) -> None:
        """Take a document out."""

    def add_many(self, rows: Sequence[tuple[int, Any]]) -> None:
        """Enter many new documents; sqlite3.IntegrityError on a conflict."""

    def fill(self, rows: Sequence[tuple[int, Document]]) -> None:
        """Enter documents that were there before the index; 1210 on a conflict."""


def table_of(session: Session, info: CollectionInfo, index: Index) -> IndexTable | None:
    """Return the table of an index; None for those that live in the collection's own table."""
    build = _TABLES.get(index.type)
    if build is None and index.type in SORTED_TYPES:
        build = SortedTable
    return build(session, info, index) if build else None


_TABLES: dict[str, Callable[[Session, CollectionInfo, Index], IndexTable]] = {
    "ttl": TtlTable,
    "vector": VectorTable,
    "geo": GeoTable,
    "fulltext": WordsTable,
    **dict.fromkeys(BOX_TYPES, BoxTable),
    "inverted": SearchTable,
    LINK: SearchTable,
}
