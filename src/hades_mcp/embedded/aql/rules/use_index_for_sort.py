"""Rule `use-index-for-sort`: no sorting where an index gives the documents in order already."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    EnumerateCollectionNode,
    FilterNode,
    IndexCondition,
    IndexNode,
    SortNode,
)
from hades_mcp.embedded.aql.rules.conditions import attribute_path, runs_once
from hades_mcp.embedded.aql.rules.use_indexes import SORTED

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import Variable
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


def use_index_for_sort(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Read the first loop of a query through an index in the order its SORT asks for."""
    for position, node in enumerate(nodes):
        if isinstance(node, EnumerateCollectionNode | IndexNode):
            if not runs_once(nodes[:position]):
                return nodes
            at = _sort_after(nodes, position)
            if at is None:
                return nodes
            ordered = _ordered(node, nodes[at], optimization)
            if ordered is None:
                return nodes
            return (*nodes[:position], ordered, *nodes[position + 1 : at], *nodes[at + 1 :])
    return nodes


def _sort_after(nodes: Nodes, position: int) -> int | None:
    for at in range(position + 1, len(nodes)):
        if isinstance(nodes[at], SortNode):
            return at
        if not isinstance(nodes[at], FilterNode | CalculationNode):
            return None
    return None


def _ordered(
    node: EnumerateCollectionNode | IndexNode, sort: Node, optimization: Optimization
) -> IndexNode | None:
    assert isinstance(sort, SortNode)  # noqa: S101  found as one
    paths = _paths(sort, node.variable)
    if paths is None:
        return None
    reverse = sort.keys[0].descending
    if isinstance(node, IndexNode):
        if node.kind != "persistent":
            return None
        fixed = len(node.condition.equal) - node.condition.many
        wanted = [path for path in paths if path not in node.fields[:fixed]]
        rest = node.fields[fixed : fixed + len(wanted)]
        return replace(node, reverse=reverse) if tuple(wanted) == rest else None
    if node.options.get("disableIndex"):
        return None
    for index in optimization.schema.indexes(node.collection):
        if (
            index.type in SORTED
            and not (index.sparse or index.expands)
            and index.fields[: len(paths)] == tuple(paths)
        ):
            return IndexNode(
                node.variable,
                node.collection,
                index.id,
                "persistent",
                index.fields,
                IndexCondition(),
                reverse,
                node.options,
                at=node.at,
            )
    return None


def _paths(sort: SortNode, variable: Variable) -> list[str] | None:
    """Return the attributes of the variable to sort by, if that is all and in one direction."""
    if len({key.descending for key in sort.keys}) > 1:
        return None
    paths = [attribute_path(key.value, variable) for key in sort.keys]
    found = [path for path in paths if path is not None]
    return found if len(found) == len(paths) else None
