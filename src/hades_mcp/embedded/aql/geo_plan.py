"""The execution node of a lookup in a geo index; ArangoDB's explain calls it IndexNode too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import Expression, Node

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.plan import Variable


@dataclass(frozen=True, slots=True)
class GeoIndexNode(Node):
    """Documents found through a geo index: those with a place that satisfy the condition.

    Attributes:
        place: The indexed place of a document.
        target: The place to be near, or the area to be inside.
        radius: Metres that are near.
        inside: Whether the target is an area.
        condition: What the documents satisfy.
        order: The distance they are ordered by, nearest first.
    """

    variable: Variable
    collection: str
    index: str
    fields: tuple[str, ...]
    place: Expression
    target: Expression
    radius: Expression | None = None
    inside: bool = False
    condition: Expression | None = None
    order: Expression | None = None
