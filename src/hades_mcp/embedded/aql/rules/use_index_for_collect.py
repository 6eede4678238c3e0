"""Rule `use-index-for-collect`: different values are read from an index, each of them once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

from hades_mcp.embedded.aql.collect_plan import IndexCollectNode, IndexGroup
from hades_mcp.embedded.aql.nodes import VariableReference
from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    CollectNode,
    EnumerateCollectionNode,
    IndexNode,
    SortKey,
    SortNode,
)
from hades_mcp.embedded.aql.rules.conditions import attribute_path, runs_once
from hades_mcp.embedded.aql.rules.effects import is_without_effect
from hades_mcp.embedded.aql.rules.substitution import substituted
from hades_mcp.embedded.aql.rules.use_indexes import hinted_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.aql.nodes import Expression
    from hades_mcp.embedded.aql.plan import Variable
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization
    from hades_mcp.embedded.storage.indexes import Index

_Loop: TypeAlias = EnumerateCollectionNode | IndexNode


def use_index_for_collect(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Let the first loop and a COLLECT without AGGREGATE and INTO skip from group to group.

    The attributes grouped by are the leading ones of a persistent index, in any order, that is
    neither unique nor sparse, and few values differ: k groups of n documents cost k log n instead
    of n, so that k / n, the selectivity, is at most 1 / log n, as in ArangoDB. It also reads the
    arguments of AGGREGATE from an index; here an index holds no text as it is written.
    """
    for position, node in enumerate(nodes):
        if isinstance(node, _Loop):
            at = _collect_after(nodes, position)
            if at is None or not runs_once(nodes[:position]):
                return nodes
            found = _by_index(node, nodes[position + 1 : at + 1], optimization)
            return nodes if found is None else (*nodes[:position], *found, *nodes[at + 1 :])
    return nodes


def _collect_after(nodes: Nodes, position: int) -> int | None:
    for at in range(position + 1, len(nodes)):
        node = nodes[at]
        if isinstance(node, CollectNode):
            plain = node.groups and not node.aggregates and node.into is None
            return at if plain and not node.disable_index else None
        if not isinstance(node, CalculationNode) or not is_without_effect(node.value):
            return None
    return None


def _by_index(loop: _Loop, after: Nodes, optimization: Optimization) -> Nodes | None:
    *calculations, collect = after
    assert isinstance(collect, CollectNode)  # noqa: S101  found as one
    values: dict[Variable, Expression] = {}
    for node in calculations:
        assert isinstance(node, CalculationNode)  # noqa: S101  there is nothing else
        values[node.variable] = substituted(node.value, values)
    paths = [
        attribute_path(substituted(group.value, values), loop.variable) for group in collect.groups
    ]
    for index in _indexes(loop, optimization):
        if _serves(index, paths) and _differ_little(loop.collection, index, optimization):
            return _nodes(loop, index, [index.fields.index(str(path)) for path in paths], collect)
    return None


def _indexes(loop: _Loop, optimization: Optimization) -> Iterator[Index]:
    """Yield the indexes that may be read: those hinted at first, and an IndexNode's own alone."""
    options = loop.options
    if options.get("disableIndex"):
        return
    hints = hinted_names(options)
    indexes = optimization.schema.indexes(loop.collection)
    for index in sorted(indexes, key=lambda index: index.name not in hints):
        if isinstance(loop, IndexNode):
            whole = not (loop.condition.restricts or loop.reverse or loop.also)
            fits = whole and loop.index == index.id
        else:
            fits = index.name in hints or not (hints and options.get("forceIndexHint"))
        if fits:
            yield index


def _serves(index: Index, paths: list[str | None]) -> bool:
    return (
        index.type in ("persistent", "hash", "skiplist")
        and not (index.unique or index.sparse or index.expands)
        and len(set(paths)) == len(paths)
        and set(paths) == set(index.fields[: len(paths)])
    )


def _differ_little(collection: str, index: Index, optimization: Optimization) -> bool:
    share = optimization.schema.selectivity(collection, index)
    documents = optimization.schema.count(collection)
    return share is not None and documents > 0 and share * math.log(documents) <= 1


def _nodes(loop: _Loop, index: Index, fields: list[int], collect: CollectNode) -> Nodes:
    """Return the node, and a SORT where the groups are wanted in another order than the index's."""
    variables = [group.variable for group in collect.groups]
    in_order = fields == sorted(fields)
    if collect.method == "distinct":
        method = "distinct"
    else:
        method = "sorted" if collect.sorted and in_order else "hash"
    groups = tuple(IndexGroup(*pair) for pair in zip(fields, variables, strict=True))
    read = IndexCollectNode(
        loop.variable,
        loop.collection,
        index.id,
        index.fields,
        groups,
        method,  # type: ignore[arg-type]
        at=collect.at,
    )
    if in_order or not collect.sorted:
        return (read,)
    keys = tuple(SortKey(VariableReference(variable)) for variable in variables)
    return (read, SortNode(keys, at=collect.at))
