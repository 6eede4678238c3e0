"""Runs the AQL that HADES itself writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from arango.cursor import Cursor
    from arango.database import Database

BATCH = 1000


def rows(db: Database, query: str, bind: dict[str, Any] | None = None) -> list[Any]:
    """Return all rows of a query; `db` may be a transaction.

    Raises:
        ArangoServerError: The store refused.
    """
    cursor = cast("Cursor", db.aql.execute(query, bind_vars=bind or {}, batch_size=BATCH))
    return list(cursor)
