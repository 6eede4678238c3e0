"""Nearness: which entries of one context mean most nearly what a query does.

A vector index answers, told by a filter which context is asked; the embedded engine then compares
with the entries of that context alone. The index has one list of vectors, so that a server compares
with each: with more, it would look into a few lists only, where other contexts' entries may leave
no room. Where there is no index, or a server before 3.12.6 allows no filter with it, the similarity
is computed entry by entry.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from arango.exceptions import ArangoServerError

from hades_mcp.services.contexts.reading import CANDIDATES, LIVE, ROW, worth_of
from hades_mcp.services.contexts.tiers import COLD_COUNTS
from hades_mcp.services.layout import CONTEXT_ENTRIES
from hades_mcp.services.pins import check_pin
from hades_mcp.services.statements import rows
from hades_mcp.vectors.arango import ArangoVectorIndex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arango.database import StandardDatabase

    from hades_mcp.embedders.base import Embedder
    from hades_mcp.services.contexts.reading import Row

_ONE_LIST = 1
_AGAIN = 60.0  # seconds until an index that could not be made is tried again
_NOT_APPLIED = 1554

_TIERS: tuple[tuple[Sequence[str | None], float], ...] = (
    (("hot", "warm", None), 1.0),  # None: entries of an older HADES
    (("cold",), COLD_COUNTS),
)
"""Tiers that are searched together, and what their nearness is multiplied by."""

# the function must be one and the same expression for the optimizer to use the index
_NEAR = f"""
FOR e IN @@entries
  FILTER e.context == @name AND e.tier IN @tiers AND e.model == @model AND {LIVE}
  LET score = APPROX_NEAR_COSINE(e.embedding, @vector)
  SORT score DESC
  LIMIT @limit
  {ROW}
"""
_EXACT = _NEAR.replace("  LET", "  FILTER e.embedding != null\n  LET").replace(
    "APPROX_NEAR_COSINE", "COSINE_SIMILARITY"
)


class Nearness:
    """Finds what is near to a query.

    Args:
        db: The database, with its layout made.
        embedder: Makes the query's vector; entries of another embedder can't be compared with it.
    """

    def __init__(self, db: StandardDatabase, embedder: Embedder) -> None:
        self._db = db
        self._embedder = embedder
        self._vectors = ArangoVectorIndex(db)
        self._filters = True
        self._next_try = 0.0

    def find(self, name: str, query: str, now: float) -> list[Row]:
        """Return the entries of a context nearest to a query, trust weighed in, best first.

        Args:
            name: The context.
            query: What is looked for.
            now: The time, in Unix seconds.

        Raises:
            Unavailable: There is no embedder.
            ConfigError: The entries' vectors are another embedder's.
        """
        check_pin(self._db, self._embedder, CONTEXT_ENTRIES)
        bind = {
            "@entries": CONTEXT_ENTRIES,
            "name": name,
            "now": now,
            "vector": self._embedder.embed([query])[0].tolist(),
            "model": self._embedder.model_id,
            "limit": CANDIDATES,
        }
        found = [
            row | {"score": row["score"] * counts}
            for tiers, counts in _TIERS
            for row in self._nearest(bind | {"tiers": tiers})
        ]
        return sorted(found, key=lambda row: -worth_of(row, now))[:CANDIDATES]

    def _nearest(self, bind: dict[str, object]) -> list[Row]:
        if self._filters and self._indexed():
            try:
                return _scored(rows(self._db, _NEAR, bind))
            except ArangoServerError as error:
                if error.error_code != _NOT_APPLIED:
                    raise
                # gone, because somebody makes the vectors anew; or never used beside a filter
                self._vectors.forget(CONTEXT_ENTRIES)
                self._filters = not self._vectors.has_index(CONTEXT_ENTRIES)
        return _scored(rows(self._db, _EXACT, bind))

    def _indexed(self) -> bool:
        if self._vectors.has_index(CONTEXT_ENTRIES):
            return True
        if time.monotonic() < self._next_try:
            return False
        self._next_try = time.monotonic() + _AGAIN
        return self._vectors.ensure(CONTEXT_ENTRIES, self._embedder.dimension, _ONE_LIST)


def _scored(found: list[Row]) -> list[Row]:
    return [row for row in found if row["score"] is not None]
