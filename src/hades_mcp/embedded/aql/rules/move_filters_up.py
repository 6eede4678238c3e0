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

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

_PASSED = CalculationNode | EnumerateCollectionNode | EnumerateListNode | SortNode | TraversalNode


def move_filters_up(nodes: Nodes, _: Optimization) -> Nodes:
    """Split filters at their ANDs and move each part before loops it does not depend on."""
    found: list[Node] = []
    for node in nodes:
        if not isinstance(node, FilterNode) or not is_steady(node.condition):
            found.append(node)
            continue
        parts = list(conjuncts(node.condition))
        stays = [part for part in parts if not _move(FilterNode(part, at=node.at), found)]
        if len(stays) == len(parts):
            found.append(node)
        else:
            found += [FilterNode(part, at=node.at) for part in stays]
    return tuple(found)


def _move(node: FilterNode, before: list[Node]) -> bool:
    """Insert a filter where it belongs among the nodes before it, if that is further up."""
    needed = used(node)
    position = passed = len(before)
    while position and _lets_pass(before[position - 1]):
        if not needed.isdisjoint(produced(before[position - 1])):
            break
        position -= 1
        if not isinstance(before[position], FilterNode):
            passed = position
    if passed == len(before):
        return False
    before.insert(passed, node)
    return True


def _lets_pass(node: Node) -> bool:
    if isinstance(node, FilterNode):
        return True
    return isinstance(node, _PASSED) and is_steady(node)
