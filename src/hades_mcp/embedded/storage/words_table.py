"""The table behind a fulltext index: each word of the indexed attribute, with its documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.analyzers import lower, words
from hades_mcp.embedded.storage.sorted_table import descend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedded.storage.catalog import CollectionInfo
    from hades_mcp.embedded.storage.indexes import Index
    from hades_mcp.embedded.storage.records import Document
    from hades_mcp.embedded.storage.session import Session

LONGEST = 40  # letters of a word that count, as in ArangoDB
_LAST = "\U0010ffff"


class WordsTable:
    """Words of one attribute; a document's payload is its set of words."""

    def __init__(self, session: Session, _: CollectionInfo, index: Index) -> None:
        self._session = session
        self._table = f"w{index.id}"
        self._path = index.fields[0].split(".")
        self._shortest: int = index.options["minLength"]
        self._put = f"INSERT INTO {self._table} VALUES (?, ?)"  # noqa: S608  a number of ours

    def create(self) -> None:
        """Make the empty table."""
        self._session.execute(
            f"CREATE TABLE {self._table}(word TEXT NOT NULL, rid INTEGER NOT NULL,"
            " PRIMARY KEY (word, rid)) WITHOUT ROWID"
        )

    def drop(self) -> None:
        """Remove the table."""
        self._session.execute(f"DROP TABLE {self._table}")

    def clear(self) -> None:
        """Remove all words."""
        self._session.execute(f"DELETE FROM {self._table}")  # noqa: S608  same

    def payload(self, document: Document) -> frozenset[str]:
        """Return the words of a text, or of the texts in an array or an object, in lower case."""
        value = descend(document, self._path)
        return frozenset(
            word[:LONGEST]
            for text in _texts(value)
            for word in words(lower(text))
            if len(word) >= self._shortest
        )

    def check(self, _: frozenset[str], __: int) -> None:
        """Accept any words: documents may share them."""

    def add(self, row: int, payload: frozenset[str]) -> None:
        """Enter a document."""
        self.add_many([(row, payload)])

    def remove(self, row: int, payload: frozenset[str]) -> None:
        """Take a document out."""
        self._session.executemany(
            f"DELETE FROM {self._table} WHERE word = ? AND rid = ?",  # noqa: S608  same
            [(word, row) for word in payload],
        )

    def add_many(self, rows: Sequence[tuple[int, frozenset[str]]]) -> None:
        """Enter many documents."""
        self._session.executemany(
            self._put, sorted((word, row) for row, payload in rows for word in payload)
        )

    def fill(self, rows: Sequence[tuple[int, Document]]) -> None:
        """Enter documents that were there before the index."""
        self.add_many([(row, self.payload(document)) for row, document in rows])

    def rows_with(self, word: str, *, prefix: bool) -> set[int]:
        """Return the rows whose text holds a word, or a word that begins so."""
        last = word + _LAST if prefix else word
        found = self._session.execute(
            f"SELECT rid FROM {self._table} WHERE word BETWEEN ? AND ?",  # noqa: S608  same
            (word, last),
        )
        return {row for (row,) in found}


def _texts(value: Any) -> list[str]:
    """Return the texts ArangoDB indexes in a value: itself, or those one level inside."""
    if isinstance(value, dict):
        value = list(value.values())
    members = value if isinstance(value, list) else [value]
    return [member for member in members if isinstance(member, str)]
