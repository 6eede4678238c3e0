"""Vectors as an ordinary attribute of their documents, searched by AQL.

The same calls serve the embedded engine and an ArangoDB server from 3.12.4 on (started with
`--vector-index`, in early 3.12 releases `--experimental-vector-index`). Against a real server this
driver has not been run here: there was none; the calls follow the manual, "Vector search
functions in AQL" and "Vector indexes".
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING, Any, cast

from arango.exceptions import ArangoServerError, IndexCreateError, IndexListError
from arango.request import Request

from hades_mcp.logging import get_logger
from hades_mcp.vectors.base import Hit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from arango.cursor import Cursor
    from arango.database import StandardDatabase
    from arango.response import Response

ATTRIBUTE = "embedding"
"""The attribute that holds the vector, a list of floats."""

INDEX = "embedding_cosine"
_NO_VECTOR_INDEX = 1554
ENOUGH = 256
"""Below this many vectors a server's index (trained lists of neighbours) only loses hits."""

# the function must be one and the same expression for the optimizer to use the index
_NEAR = """
FOR c IN @@collection
  LET score = {function}(c.embedding, @vector)
  SORT score DESC
  LIMIT @k
  RETURN {{id: c._id, score}}
"""
_APPROXIMATE = _NEAR.format(function="APPROX_NEAR_COSINE")
_EXACT = _NEAR.replace("  LET", "  FILTER c.embedding != null\n  LET").format(
    function="COSINE_SIMILARITY"
)


class ArangoVectorIndex:
    """Nearest neighbours through python-arango.

    Args:
        db: The database that holds the collections.
    """

    def __init__(self, db: StandardDatabase) -> None:
        self._db = db
        self._indexed: set[str] = set()

    def search(self, collection: str, vector: Sequence[float], k: int) -> list[Hit]:
        """See `VectorIndex.search`; exact as long as the collection has no vector index."""
        bind: dict[str, Any] = {"@collection": collection, "vector": list(vector), "k": k}
        if self.has_index(collection):
            try:
                return self._hits(_APPROXIMATE, bind)
            except ArangoServerError as error:
                if error.error_code != _NO_VECTOR_INDEX:
                    raise
                self.forget(collection)  # somebody makes the vectors anew
        return self._hits(_EXACT, bind)

    def _hits(self, query: str, bind: dict[str, Any]) -> list[Hit]:
        cursor = cast("Cursor", self._db.aql.execute(query, bind_vars=bind, batch_size=bind["k"]))
        return [Hit(row["id"], row["score"]) for row in cursor if row["score"] is not None]

    def ensure(self, collection: str, dimension: int, lists: int | None = None) -> bool:
        """See `VectorIndex.ensure`: a cosine index, once there are documents to train it on.

        With `lists` of 1, a server compares with each vector, so that filters lose no hits, and one
        vector is enough to begin.
        """
        self.forget(collection)
        if self.has_index(collection):
            return True
        count = cast("int", self._db.collection(collection).count())
        if count < (lists or ENOUGH):
            return False
        try:
            made = self._db.collection(collection).add_index(
                {
                    "type": "vector",
                    "name": INDEX,
                    "fields": [ATTRIBUTE],
                    # fewer lists than vectors is a server's rule; sqrt(n) lists is Faiss' advice
                    "params": {
                        "metric": "cosine",
                        "dimension": dimension,
                        "nLists": lists or isqrt(count),
                    },
                    "inBackground": False,
                    "sparse": True,  # else a chunk without a vector could not be written
                }
            )
        except IndexCreateError as error:
            # what is stored stays stored, and is searched exactly
            get_logger("vectors").warning(
                "no vector index: is the server started with --vector-index?", reason=str(error)
            )
            return False
        if _usable(cast("dict[str, Any]", made)):
            self._indexed.add(collection)
        return collection in self._indexed

    def settle(self) -> bool:
        """See `VectorIndex.settle`: the vectors are in the documents, always in step."""
        return True

    def forget(self, collection: str) -> None:
        """Look anew, next time, whether a collection has an index."""
        self._indexed.discard(collection)

    def has_index(self, collection: str) -> bool:
        """Return whether a collection has an index that can be searched."""
        if collection not in self._indexed:
            indexes = self._indexes(collection)
            if any(ATTRIBUTE in index["fields"] and _usable(index) for index in indexes):
                self._indexed.add(collection)
        return collection in self._indexed

    def _indexes(self, collection: str) -> list[dict[str, Any]]:
        request = Request(method="get", endpoint="/_api/index", params={"collection": collection})

        def answer(response: Response) -> list[dict[str, Any]]:
            if not response.is_success:
                raise IndexListError(response, request)
            return cast("list[dict[str, Any]]", response.body["indexes"])

        # `collection.indexes()` leaves out what it does not know, trainingState too
        found = self._db._execute(request, answer)  # noqa: SLF001  there is no other way past it
        return cast("list[dict[str, Any]]", found)


def _usable(index: dict[str, Any]) -> bool:
    # a server from 3.12.9 on says so while it trains an index, or could not; until it is ready
    # there are no hits from it. What does not say it is ready.
    return index["type"] == "vector" and index.get("trainingState") in {None, "ready"}
