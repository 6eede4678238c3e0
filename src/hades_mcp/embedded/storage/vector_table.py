"""The table behind a vector index: packed float32 beside the rows, with the commit that wrote them.

A removed vector stays as a row without bytes, so that other processes can bring their matrix up to
date by reading what changed since the commit they know.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.sorted_table import descend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.indexes import Index
    from hades_mcp.embedded.storage.records import Document
    from hades_mcp.embedded.storage.session import Session

_TYPE_ERROR, _BAD_PARAMETER = 17, 10
_LARGEST = 3.4028234663852886e38
_NUMBERS = frozenset({int, float})


class VectorTable:
    """Vectors of one index; a document the index does not cover has None as payload."""

    def __init__(self, session: Session, _: CollectionInfo, index: Index) -> None:
        self._session = session
        self._index = index
        self._number = int(index.id)
        self._table = f"v{index.id}"
        self._path = index.fields[0].split(".")
        self._dimension: int = index.options["params"]["dimension"]
        self._put = f"INSERT OR REPLACE INTO {self._table} VALUES (?, ?, ?)"  # noqa: S608  a number of ours

    def create(self) -> None:
        """Make the empty table."""
        execute = self._session.execute
        execute(
            f"CREATE TABLE {self._table}(rid INTEGER PRIMARY KEY, ver INTEGER NOT NULL, vec BLOB)"
        )
        execute(f"CREATE INDEX {self._table}_ver ON {self._table}(ver)")
        execute("INSERT INTO vector_versions VALUES (?, 0, 0, NULL)", (self._number,))

    def drop(self) -> None:
        """Remove the table."""
        self._session.execute(f"DROP TABLE {self._table}")
        self._session.execute("DELETE FROM vector_versions WHERE id = ?", (self._number,))
        self._session.forget_vectors(self._number)

    def clear(self) -> None:
        """Remove all vectors; matrices older than this commit must be read anew."""
        version = self._session.touch_vectors(self._number)
        self._session.execute(f"DELETE FROM {self._table}")  # noqa: S608  names are numbers of ours
        self._session.execute(
            "UPDATE vector_versions SET floor = ? WHERE id = ?", (version, self._number)
        )

    def payload(self, document: Document) -> bytes | None:
        """Return a document's vector packed as float32.

        Raises:
            ArangoError: 17 for a value that is no vector of this dimension, 10 for none at all in
                an index that is not sparse: the numbers and texts of ArangoDB 3.12.
        """
        value = descend(document, self._path)
        key = document["_key"]
        if value is None:
            if self._index.sparse:
                return None
            raise ArangoError(_BAD_PARAMETER, f"vector field not present in document {key}")
        if not isinstance(value, list):
            raise ArangoError(
                _TYPE_ERROR, f"array expected for vector attribute for document {key}"
            )
        if len(value) != self._dimension:
            raise ArangoError(
                _TYPE_ERROR,
                f"provided vector is not of matching dimension for document {key},"
                f" index dimension: {self._dimension}, document dimension: {len(value)}",
            )
        if not _is_numeric(value):
            raise ArangoError(
                _TYPE_ERROR,
                f"vector contains data not representable as double for document {key}",
            )
        return array("f", value).tobytes()

    def check(self, _: bytes | None, __: int) -> None:
        """Accept any payload: a vector conflicts with no other."""

    def add(self, row: int, payload: bytes | None) -> None:
        """Enter a document."""
        if payload is not None:
            self._session.execute(self._put, (row, self._version(), payload))

    def remove(self, row: int, payload: bytes | None) -> None:
        """Take a document out, leaving a mark for other processes."""
        if payload is not None:
            self._session.execute(self._put, (row, self._version(), None))

    def add_many(self, rows: Sequence[tuple[int, bytes | None]]) -> None:
        """Enter many documents."""
        version = self._version()
        self._session.executemany(
            self._put, [(row, version, payload) for row, payload in rows if payload is not None]
        )

    def fill(self, rows: Sequence[tuple[int, Document]]) -> None:
        """Enter documents that were there before the index."""
        self.add_many([(row, self.payload(document)) for row, document in rows])

    def nearest(
        self,
        query: Sequence[float],
        count: int,
        probes: int = 0,
        among: Sequence[int] | None = None,
    ) -> list[tuple[int, float]]:
        """Return the rows of the best `count` documents with their scores, best first.

        Args:
            query: The vector.
            count: How many.
            probes: Into how many lists to look at least; 0 for as many as the index says.
            among: The rows to choose from; by default all.
        """
        if len(query) != self._dimension:
            raise ArangoError(
                _TYPE_ERROR,
                f"provided vector is not of matching dimension, index dimension:"
                f" {self._dimension}, query dimension: {len(query)}",
            )
        params = self._index.options["params"]
        probes = probes or params.get("defaultNProbe", 1)
        return self._session.matrices.search(
            self._session,
            self._number,
            params["metric"],
            query,
            (count, probes, among),
            self._dimension,
        )

    def _version(self) -> int:
        return self._session.touch_vectors(self._number)


def _is_numeric(value: list[Any]) -> bool:
    return (
        _NUMBERS.issuperset(map(type, value)) and max(value) <= _LARGEST and min(value) >= -_LARGEST
    )
