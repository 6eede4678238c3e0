"""The weight of an edge as ArangoDB reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from hades_mcp.embedded.traversal.reader import Edge, GraphReader

NEGATIVE_WEIGHT = 1948


class Weigher:
    """Weighs edges by an attribute.

    Args:
        reader: Reads the edges.
        attribute: Name of the attribute; None: every edge weighs 1.
        default: Weight of an edge whose attribute is missing or no number.
    """

    def __init__(self, reader: GraphReader, attribute: str | None, default: float = 1) -> None:
        self._reader = reader
        self._attribute = attribute
        self._default = default
        self._known: dict[Edge, float] = {}
        reader.reads_edges |= attribute is not None

    def __call__(self, edge: Edge) -> float:
        """Return the weight of an edge; ArangoError 1948 if it is negative."""
        if self._attribute is None:
            return 1
        known = self._known.get(edge)
        if known is None:
            known = self._known[edge] = self._weigh(edge, self._attribute)
        return known

    def _weigh(self, edge: Edge, attribute: str) -> float:
        value = self._reader.edge(edge).get(attribute)
        if isinstance(value, bool) or not isinstance(value, int | float):
            value = self._default
        if value < 0:
            raise ArangoError(NEGATIVE_WEIGHT)
        return value
