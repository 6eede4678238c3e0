"""The table behind a TTL index: the time each document counts from, in seconds since 1970.

Source: ArangoDB manual, "TTL Indexes": numbers are seconds, texts are ISO 8601 dates; whatever else
the attribute holds keeps the document out of the index, and so from expiring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.storage.sorted_table import Entries, SortedTable, descend
from hades_mcp.embedded.values import encode
from hades_mcp.embedded.values.dates import parse

if TYPE_CHECKING:
    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.indexes import Index
    from hades_mcp.embedded.storage.records import Document
    from hades_mcp.embedded.storage.session import Session


class TtlTable(SortedTable):
    """Times in order, each with its row."""

    def __init__(self, session: Session, info: CollectionInfo, index: Index) -> None:
        super().__init__(session, info, index)
        path = index.fields[0].split(".")

        def payload(document: Document) -> Entries:
            moment = _seconds(descend(document, path))
            return [] if moment is None else [encode(moment)]

        self.payload = payload
        self._expired = (
            f"SELECT c.key FROM {self._table} i"  # noqa: S608  names are numbers of ours
            f" CROSS JOIN {self._collection} c ON c.rid = i.rid WHERE i.k <= ? ORDER BY i.k LIMIT ?"
        )

    def until(self, moment: float, limit: int) -> list[str]:
        """Return the keys of the documents whose time is not after a moment, oldest first."""
        rows = self._session.execute(self._expired, (encode(moment), limit))
        return [key for (key,) in rows]


def _seconds(value: Any) -> float | None:
    if isinstance(value, str):
        moment = parse(value)
        value = None if moment is None else moment / 1000
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return None
    return float(value)
