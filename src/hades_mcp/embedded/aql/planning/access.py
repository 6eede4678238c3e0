"""Which collections a query reads and writes, and the order ArangoDB allows for that."""

from __future__ import annotations

from hades_mcp.embedded.aql.scope import refuse

ACCESS_AFTER_MODIFICATION, TOO_MANY_COLLECTIONS = 1579, 1522
MOST_COLLECTIONS = 2048  # of a query; see "Known limitations for AQL queries" in ArangoDB's manual


class Access:
    """What has been read and written so far, in the order of the query.

    Attributes:
        read: Collections read, each with the depth of subqueries where it was first seen.
        written: Collections modified.
    """

    def __init__(self) -> None:
        self.read: dict[str, int] = {}
        self.written: set[str] = set()
        self._writes_in_scope = False

    def note_read(self, collection: str, level: int) -> None:
        """Note that a collection is read.

        Raises:
            ArangoError: 1579 if the query has modified it before, 1522 for one too many.
        """
        if collection in self.written:
            raise _refused(f"collection '{collection}'")
        self.read.setdefault(collection, level)
        self._check_number()

    def note_write(self, collection: str, level: int) -> None:
        """Note that a collection is modified.

        Raises:
            ArangoError: 1579 if it was modified before, or is being read by a query around this;
                1522 for one too many.
        """
        if collection in self.written or self.read.get(collection, level) < level:
            raise _refused(f"collection '{collection}'")
        self.written.add(collection)
        self._writes_in_scope = True
        self._check_number()

    def _check_number(self) -> None:
        if len(self.read.keys() | self.written) > MOST_COLLECTIONS:
            raise refuse(TOO_MANY_COLLECTIONS, "too many collections/shards")

    def note_dynamic_read(self, what: str) -> None:
        """Note something that may read any collection: a traversal, DOCUMENT() and the like.

        Raises:
            ArangoError: 1579 after any modification.
        """
        if self._writes_in_scope:
            raise _refused(what)

    def enter(self) -> bool:
        """Begin a subquery; give what this returns to `leave`."""
        return self._writes_in_scope

    def leave(self, before: bool) -> None:  # noqa: FBT001  what enter() returned
        """End a subquery: what it wrote does not forbid dynamic reads around it."""
        self._writes_in_scope = before


def _refused(what: str) -> Exception:
    return refuse(ACCESS_AFTER_MODIFICATION, f"access after data-modification by {what}")
