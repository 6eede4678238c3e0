"""The port every vector index fits: which stored documents are nearest to a vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.types import DocumentId


@dataclass(frozen=True, slots=True)
class Hit:
    """A document found by its vector.

    Args:
        id: Its `_id`.
        score: Cosine similarity to the query, from -1 to 1; higher is nearer.
    """

    id: DocumentId
    score: float


class VectorIndex(Protocol):
    """Whatever finds neighbours among the vectors of a collection."""

    def search(self, collection: str, vector: Sequence[float], k: int) -> list[Hit]:
        """Return at most `k` hits, the nearest first.

        Args:
            collection: Collection that holds the vectors.
            vector: The query, of unit length and of the collection's dimension.
            k: How many, at least 1.

        Raises:
            UnknownName: There is no such collection.
        """

    def ensure(self, collection: str, dimension: int) -> bool:
        """Make the index if it is missing and worth having; return whether there is one."""

    def settle(self) -> bool:
        """Bring the index in step with what is committed; return whether it is.

        Raises nothing: what an index that is away has missed is made up for when it is back.
        """
