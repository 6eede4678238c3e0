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
from hades_mcp.embedded.aql.rules.stretches import Stretches

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
    found = Stretches()  # each begins with a loop
    for node in nodes:
        match node:
            case CalculationNode() | SubqueryNode() if is_without_effect(node.value):
                found.put(node, found.first(used(node)), produced(node))
            case ReturnNode(value=value) if is_steady(value) and not _is_read(value):
                stretch = found.first(used(node))
                if stretch < found.last:
                    variable = optimization.variable()
                    calculation = CalculationNode(variable, value, at=node.at)
                    found.put(calculation, stretch, [variable])
                    node = replace(node, value=VariableReference(variable, at=node.at))  # noqa: PLW2901
                _append(node, found)
            case _:
                _append(node, found)
    return tuple(found.nodes())


def _is_read(value: Node) -> bool:
    return isinstance(value, VariableReference)


def _append(node: Node, found: Stretches) -> None:
    if isinstance(node, _LOOPS):
        found.open()
    found.put(node, found.last, produced(node))
    if not isinstance(node, _PASSED) or modifies(node):
        found.close()
