"""Rule `use-indexes` for inverted indexes, which serve FILTER only where a query names them.

Source: ArangoDB manual, "Utilizing inverted indexes in queries". What the index answers is not
filtered again: the index compares tokens, not values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import Logical
from hades_mcp.embedded.aql.plan import (
    EnumerateCollectionNode,
    FilterNode,
    InvertedIndexNode,
    produced,
    used,
)
from hades_mcp.embedded.aql.rules.conditions import conjuncts, lets_filters_pass
from hades_mcp.embedded.aql.rules.use_indexes import hinted_names
from hades_mcp.embedded.aql.search.support import Support
from hades_mcp.embedded.storage.search.fields import analyzer_at, plan_of

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Expression, Node
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization
    from hades_mcp.embedded.storage.indexes import Index


def use_inverted_indexes(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Turn loops whose hint names an inverted index, and their filters, into searches."""
    found = list(nodes)
    for position, node in enumerate(found):
        if isinstance(node, EnumerateCollectionNode) and node.options:
            index = _hinted(node, optimization)
            taken = {} if index is None else _answered(found, position, node, index)
            if index is not None and taken:
                conditions = tuple(taken.values())
                found[position] = InvertedIndexNode(
                    node.variable,
                    node.collection,
                    index.id,
                    conditions[0] if len(conditions) == 1 else Logical("AND", conditions),
                    node.options,
                    at=node.at,
                )
                found = [each for at, each in enumerate(found) if at not in taken]
                return use_inverted_indexes(tuple(found), optimization)
    return tuple(found)


def _hinted(node: EnumerateCollectionNode, optimization: Optimization) -> Index | None:
    """Return the index the query names first, if it is an inverted one."""
    by_name = {index.name: index for index in optimization.schema.indexes(node.collection)}
    for name in hinted_names(node.options):
        index = by_name.get(name)
        if index is not None:
            return index if index.type == "inverted" else None
    return None


def _answered(
    nodes: list[Node], position: int, loop: EnumerateCollectionNode, index: Index
) -> dict[int, Expression]:
    """Return the filters that the index answers as a whole, by their places."""
    plan = plan_of(index)
    support = Support(
        loop.variable, lambda path: analyzer_at(plan, path, explicit=True) is not None
    )
    unknown = {made for node in nodes[position:] for made in produced(node)} - {loop.variable}
    found: dict[int, Expression] = {}
    for at, node in enumerate(nodes[position + 1 :], start=position + 1):
        if isinstance(node, FilterNode):
            condition = node.condition
            if (
                loop.variable in used(condition)
                and used(condition).isdisjoint(unknown)
                and all(map(support.answers, conjuncts(condition)))
            ):
                found[at] = condition
        elif not lets_filters_pass(node):
            break
    return found
