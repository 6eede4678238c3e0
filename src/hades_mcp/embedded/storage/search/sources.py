"""What a view searches: the postings of its links, or of the inverted indexes it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.embedded.storage.search.fields import LINK
from hades_mcp.embedded.storage.search.table import SearchTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.indexes import Index
    from hades_mcp.embedded.storage.transaction import Transaction
    from hades_mcp.embedded.storage.views import View


@dataclass(frozen=True, slots=True)
class Source:
    """A collection and the index through which it is searched."""

    collection: CollectionInfo
    index: Index

    def table(self, transaction: Transaction) -> SearchTable:
        """Return the postings as a transaction sees them."""
        return SearchTable(transaction.session, self.collection, self.index)


def sources_of(transaction: Transaction, view: View) -> list[Source]:
    """Return what a view searches, by the names of the collections."""
    return [
        Source(info, index) for info in transaction.collections() for index in _indexes(info, view)
    ]


def _indexes(info: CollectionInfo, view: View) -> Iterator[Index]:
    wanted = {member.index for member in view.members if member.collection == info.id}
    for index in info.indexes:
        if index.id in wanted or (index.type == LINK and index.options["view"] == view.id):
            yield index
