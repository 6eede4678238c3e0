"""Rule `use-index-for-sort`: rows that come out of an index in the right order are not sorted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    EnumerateCollectionNode,
    FilterNode,
    IndexNode,
    SortNode,
)
from hades_mcp.embedded.aql.rules.conditions import attribute_path, runs_once
from hades_mcp.embedded.aql.rules.lookups import SORTED
from hades_mcp.embedded.aql.rules.substitution import substituted
from hades_mcp.embedded.aql.rules.use_indexes import hinted_names, whole_index

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Expression, Node
    from hades_mcp.embedded.aql.plan import Variable
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization


_Key: TypeAlias = tuple[str, bool]  # an attribute, and whether downwards


def use_index_for_sort(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Read the first loop of a query through an index in the order its SORT asks for.

    What the SORT would have computed stays as calculations, for another rule to remove.
    """
    for position, node in enumerate(nodes):
        if isinstance(node, EnumerateCollectionNode | IndexNode):
            if not runs_once(nodes[:position]):
                return nodes
            at = _sort_after(nodes, position)
            if at is None:
                return nodes
            sort = nodes[at]
            assert isinstance(sort, SortNode)  # noqa: S101  found as one
            ordered = _ordered(node, sort, nodes[position:at], optimization)
            if ordered is None:
                return nodes
            left = [
                CalculationNode(optimization.variable(), key.value, at=key.at) for key in sort.keys
            ]
            between = nodes[position + 1 : at]
            return (*nodes[:position], ordered, *between, *left, *nodes[at + 1 :])
    return nodes


def _sort_after(nodes: Nodes, position: int) -> int | None:
    for at in range(position + 1, len(nodes)):
        if isinstance(nodes[at], SortNode):
            return at
        if not isinstance(nodes[at], FilterNode | CalculationNode):
            return None
    return None


def _ordered(
    node: EnumerateCollectionNode | IndexNode,
    sort: SortNode,
    before: Nodes,
    optimization: Optimization,
) -> Node | None:
    keys = _keys(sort, node.variable, before)
    if keys is None:
        return None
    if isinstance(node, IndexNode):
        return _by_lookup(node, keys)
    reverse = keys[0][1]
    if node.options.get("disableIndex") or any(downwards != reverse for _, downwards in keys):
        return None
    hints = hinted_names(node.options)
    indexes = optimization.schema.indexes(node.collection)
    for index in sorted(indexes, key=lambda index: index.name not in hints):
        if (
            index.type in SORTED
            and not (index.sparse or index.expands)
            and index.fields[: len(keys)] == tuple(path for path, _ in keys)
        ):
            return whole_index(node, index, reverse=reverse)
    return None


def _by_lookup(node: IndexNode, keys: list[_Key]) -> IndexNode | None:
    """Return the lookup in the order asked for, where what it fixes to one value orders nothing."""
    if node.kind != "persistent" or node.also or any("[*]" in field for field in node.fields):
        return None
    equal = len(node.condition.equal)
    single = [node.fields[at] for at in range(equal) if at not in node.condition.many]
    wanted = [key for key in keys if key[0] not in single]
    given = [field for field in node.fields if field not in single]
    reverse = bool(wanted) and wanted[0][1]
    if wanted != [(field, reverse) for field in given[: len(wanted)]]:
        return None
    return replace(node, reverse=reverse)


def _keys(sort: SortNode, variable: Variable, before: Nodes) -> list[_Key] | None:
    """Return the attributes of the variable to sort by, and which way, if that is all."""
    values: dict[Variable, Expression] = {}
    for node in before:
        if isinstance(node, CalculationNode):
            values[node.variable] = substituted(node.value, values)
    found: dict[str, bool] = {}
    for key in sort.keys:
        path = attribute_path(substituted(key.value, values), variable)
        if path is None:
            return None
        found.setdefault(path, key.descending)
    return list(found.items())
