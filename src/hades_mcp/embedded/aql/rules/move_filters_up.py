"""Rule `move-filters-up`: conditions are checked as soon as what they need is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    EnumerateCollectionNode,
    EnumerateListNode,
    FilterNode,
    SortNode,
    TraversalNode,
    produced,
    used,
)
from hades_mcp.embedded.aql.rules.conditions import conjuncts
from hades_mcp.embedded.aql.rules.effects import is_steady
from hades_mcp.embedded.aql.rules.stretches import Stretches

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

_PASSED = CalculationNode | EnumerateCollectionNode | EnumerateListNode | SortNode | TraversalNode


def move_filters_up(nodes: Nodes, _: Optimization) -> Nodes:
    """Split filters at their ANDs and move each part before loops it does not depend on."""
    found = Stretches()  # each begins with what is no filter
    for node in nodes:
        if not isinstance(node, FilterNode):
            found.open()
            found.put(node, found.last, produced(node))
            if not isinstance(node, _PASSED) or not is_steady(node):
                found.close()
        elif is_steady(node.condition):
            _move(node, found)
        else:
            found.put(node, found.last, ())
    return tuple(found.nodes())


def _move(node: FilterNode, found: Stretches) -> None:
    """Put each part of a filter where it belongs; the filter stays whole if no part moves."""
    parts = [FilterNode(part, at=node.at) for part in conjuncts(node.condition)]
    places = [found.first(used(part)) for part in parts]
    if min(places) == found.last:
        parts, places = [node], [found.last]
    for part, place in zip(parts, places, strict=True):
        found.put(part, place, ())
