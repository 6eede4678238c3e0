"""Rule `move-calculations-up`: what a loop does not change is computed once, before it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import VariableReference
from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    EnumerateCollectionNode,
    EnumerateListNode,
    EnumeratePathsNode,
    FilterNode,
    IndexNode,
    LimitNode,
    ReturnNode,
    ShortestPathNode,
    SortNode,
    SubqueryNode,
    TraversalNode,
    produced,
    used,
)
from hades_mcp.embedded.aql.rules.effects import is_steady, is_without_effect, modifies

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

_LOOPS = (
    EnumerateCollectionNode
    | EnumerateListNode
    | EnumeratePathsNode
    | IndexNode
    | ShortestPathNode
    | TraversalNode
)
_PASSED = _LOOPS | CalculationNode | FilterNode | LimitNode | SortNode | SubqueryNode


def move_calculations_up(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Move values and subqueries before the loops they do not depend on."""
    found: list[Node] = []
    for node in nodes:
        match node:
            case CalculationNode() | SubqueryNode() if is_without_effect(node.value):
                place = _place(node, found)
                found.insert(len(found) if place is None else place, node)
            case ReturnNode(value=value) if is_steady(value) and not _is_read(value):
                place = _place(node, found)
                if place is not None:
                    variable = optimization.variable()
                    found.insert(place, CalculationNode(variable, value, at=node.at))
                    node = replace(node, value=VariableReference(variable, at=node.at))  # noqa: PLW2901
                found.append(node)
            case _:
                found.append(node)
    return tuple(found)


def _is_read(value: Node) -> bool:
    return isinstance(value, VariableReference)


def _place(node: Node, before: list[Node]) -> int | None:
    """Return where a node belongs among those before it, if a loop is passed on the way."""
    needed = used(node)
    place = None
    for position in range(len(before) - 1, -1, -1):
        other = before[position]
        if not isinstance(other, _PASSED) or not needed.isdisjoint(produced(other)):
            break
        if modifies(other):
            break
        if isinstance(other, _LOOPS):
            place = position
    return place
