"""Rule `use-indexes`: a loop over a collection becomes a lookup in the index that fits best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.plan import EnumerateCollectionNode, IndexCondition, IndexNode
from hades_mcp.embedded.aql.rules.conditions import FiltersAfter
from hades_mcp.embedded.aql.rules.lookups import Candidate, candidate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedded.aql.nodes import Expression, Node
    from hades_mcp.embedded.aql.plan import Options
    from hades_mcp.embedded.aql.rules.conditions import Comparison, Conditions
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization, Schema
    from hades_mcp.embedded.storage.indexes import Index


def use_indexes(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Look documents up through an index where the filters after a loop allow it.

    The filters stay; what the index checks already is noted for `remove-filter-covered-by-index`.
    """
    if not any(isinstance(node, EnumerateCollectionNode) for node in nodes):
        return nodes
    found = list(nodes)
    filters = FiltersAfter(nodes)
    for position, node in enumerate(nodes):
        if isinstance(node, EnumerateCollectionNode) and not node.options.get("disableIndex"):
            conditions = filters.of(position, node.variable)
            lookup = _lookup(node, conditions, optimization)
            if lookup is not None:
                found[position], covered = lookup
                optimization.covered[node.variable] = covered
    return tuple(found)


_Found = tuple[IndexNode, "tuple[Expression, ...]"]


def _lookup(
    node: EnumerateCollectionNode, conditions: Conditions, optimization: Optimization
) -> _Found | None:
    schema = optimization.schema
    indexes = schema.indexes(node.collection)
    choice = _Choice(node.collection, schema)
    hints = hinted_names(node.options)
    for hint in hints:
        hinted = [index for index in indexes if index.name == hint]
        chosen = choice.best(hinted, conditions.comparisons)
        if chosen is not None:
            return _index_node(node, [chosen]), chosen.covers
    if hints and node.options.get("forceIndexHint"):
        return None  # may still serve a SORT; refused in the end if it does not
    chosen = choice.best(indexes, conditions.comparisons)
    either = _alternatives(choice, indexes, conditions)
    if either is not None and (chosen is None or chosen.score < either[0]):
        return _index_node(node, either[1]), either[2]
    return None if chosen is None else (_index_node(node, [chosen]), chosen.covers)


def hinted_names(options: Options) -> list[str]:
    """Return the names of indexes a query would like to be used, best first."""
    hint = options.get("indexHint")
    if isinstance(hint, str):
        return [hint]
    return [name for name in hint if isinstance(name, str)] if isinstance(hint, list) else []


@dataclass(frozen=True, slots=True)
class _Choice:
    """Chooses between the indexes of a collection."""

    collection: str
    schema: Schema

    def best(self, indexes: Sequence[Index], comparisons: list[Comparison]) -> Candidate | None:
        """Return the best use of any index; where several serve, estimates decide."""
        uses = [(index, candidate(index, comparisons)) for index in indexes]
        usable = [(index, found) for index, found in uses if found is not None]
        unique = [found for _, found in usable if found.is_unique]
        if unique or len(usable) < 2:  # noqa: PLR2004  nothing to choose from
            found = [*unique, *(each for _, each in usable)]
            return max(found, key=lambda each: each.score, default=None)
        return min(usable, key=self._expected)[1]

    def _expected(self, use: tuple[Index, Candidate]) -> tuple[float, int]:
        index, found = use
        share = self.schema.selectivity(self.collection, index)
        return found.documents(share), -found.score


def _alternatives(
    choice: _Choice, indexes: Sequence[Index], conditions: Conditions
) -> tuple[int, list[Candidate], tuple[Expression, ...]] | None:
    """Return how to serve each branch of an OR by an index of its own, if all can be."""
    for condition, branches in conditions.alternatives:
        lookups = []
        complete = True
        for comparisons, parts in branches:
            found = choice.best(indexes, comparisons) if comparisons else None
            if found is None:
                break
            lookups.append(found)
            complete = complete and len(found.covers) == parts
        else:
            worst = min(found.score for found in lookups)
            return worst, lookups, (condition,) if complete else ()
    return None


def _index_node(node: EnumerateCollectionNode, found: list[Candidate]) -> IndexNode:
    first, *others = (each.lookup for each in found)
    return IndexNode(
        node.variable,
        node.collection,
        first.index,
        first.kind,
        first.fields,
        first.condition,
        options=node.options,
        also=tuple(others),
        at=node.at,
    )


def whole_index(node: EnumerateCollectionNode, index: Index, *, reverse: bool) -> Node:
    """Return the node that reads all of an index, in its order."""
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
