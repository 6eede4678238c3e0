"""Rule `inline-subqueries`: `FOR x IN (FOR y IN c RETURN y.z)` loops over `c` itself."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import VariableReference
from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    CollectNode,
    EnumerateCollectionNode,
    EnumerateListNode,
    FilterNode,
    LimitNode,
    ReturnNode,
    SingletonNode,
    SortNode,
    SubqueryNode,
    TraversalNode,
    used,
)
from hades_mcp.embedded.aql.rules.conditions import runs_once

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

_ROW_BY_ROW = (
    CalculationNode
    | EnumerateCollectionNode
    | EnumerateListNode
    | FilterNode
    | SubqueryNode
    | TraversalNode
)
_ALL_ROWS = CollectNode | LimitNode | SortNode


def inline_subqueries(nodes: Nodes, _: Optimization) -> Nodes:
    """Pull subqueries that a loop only enumerates into the plan around them.

    One that sorts, cuts or groups its rows does so for each row around it: it is pulled out only
    where there is just one.
    """
    readers = Counter(variable for node in nodes for variable in used(node))
    found: list[Node] = []
    pending = list(reversed(nodes))
    while pending:
        loop = pending.pop()
        node = found[-1] if found else None
        inner = None
        if (
            isinstance(node, SubqueryNode)
            and isinstance(loop, EnumerateListNode)
            and readers[node.variable] == 1  # this loop
        ):
            inner = _inner(node, loop, once=runs_once(found[:-1]))
        if node is None or inner is None:
            found.append(loop)
            continue
        found.pop()
        pending += reversed(inner)  # its first loop may enumerate a subquery before it
        readers.subtract(used(node))
        readers.update(variable for each in inner for variable in used(each))
    return tuple(found)


def _inner(node: SubqueryNode, loop: EnumerateListNode, *, once: bool) -> list[Node] | None:
    plan = node.value.plan
    is_read = isinstance(loop.source, VariableReference) and loop.source.variable == node.variable
    if plan is None or plan.modifies or not is_read:
        return None
    first, *middle, last = plan.nodes
    allowed = _ROW_BY_ROW | _ALL_ROWS if once else _ROW_BY_ROW
    if not isinstance(first, SingletonNode) or not isinstance(last, ReturnNode):
        return None
    if not all(isinstance(each, allowed) and _keeps_rows(each) for each in middle):
        return None
    return [*middle, CalculationNode(loop.variable, last.value, at=loop.at)]


def _keeps_rows(node: Node) -> bool:
    """Tell whether rows after a node know what was known before: not where all make one group."""
    return not isinstance(node, CollectNode) or bool(node.groups)
