"""The execution node of a search in a vector index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import Expression, Node

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.plan import IndexLookup, Variable


@dataclass(frozen=True, slots=True)
class EnumerateNearVectorNode(Node):
    """The documents nearest to a vector, nearest first, and how near each is.

    Attributes:
        variable: Takes the document.
        distance: Takes how near it is, by the metric of the index.
        filter: What the documents satisfy.
        among: Looks up in another index which documents the filter may let through.
        effort: An object whose `nProbe` says into how many lists of vectors to look at least.
    """

    variable: Variable
    distance: Variable
    collection: str
    index: str
    vector: Expression
    count: Expression
    offset: Expression | None
    filter: Expression | None = None
    effort: Expression | None = None
    among: IndexLookup | None = None
