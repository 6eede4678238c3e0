"""The execution node of a COLLECT that reads only the groups' first entries in an index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from hades_mcp.embedded.aql.nodes import Node

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.plan import Variable


@dataclass(frozen=True, slots=True)
class IndexGroup(Node):
    """A field of the index, by its place in it, given out as a variable."""

    field: int
    variable: Variable


@dataclass(frozen=True, slots=True)
class IndexCollectNode(Node):
    """The different values of the leading fields of a persistent index, in its order.

    Attributes:
        document: The variable of the loop this stands for.
        collection: What it was a loop over.
        index: The id of the index.
        fields: The attribute paths of the index.
        groups: Each of its leading fields, in the order of the COLLECT.
        method: What the COLLECT would have been.
    """

    document: Variable
    collection: str
    index: str
    fields: tuple[str, ...]
    groups: tuple[IndexGroup, ...]
    method: Literal["sorted", "hash", "distinct"]
