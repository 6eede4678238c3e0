"""Rule `use-indexes`: a loop over a collection becomes a lookup in the index that fits best."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from hades_mcp.embedded.aql.nodes import Constant, Node
from hades_mcp.embedded.aql.plan import EnumerateCollectionNode, IndexCondition, IndexNode
from hades_mcp.embedded.aql.rules.conditions import Comparison, comparisons
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedded.aql.plan import Options
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization
    from hades_mcp.embedded.storage.indexes import Index

FORCED_HINT_UNUSABLE = 1577
SORTED = frozenset({"persistent", "hash", "skiplist"})


def use_indexes(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Look documents up through an index where the filters after a loop allow it.

    The filters stay: they also check what the index does not cover.
    """
    found = list(nodes)
    for position, node in enumerate(nodes):
        if isinstance(node, EnumerateCollectionNode):
            lookup = _lookup(node, comparisons(found, position, node.variable), optimization)
            if lookup is not None:
                found[position] = lookup
    return tuple(found)


def _lookup(
    node: EnumerateCollectionNode, conditions: list[Comparison], optimization: Optimization
) -> Node | None:
    if node.options.get("disableIndex"):
        return None
    candidates = [
        candidate
        for index in optimization.schema.indexes(node.collection)
        if (candidate := _use(node, index, conditions)) is not None
    ]
    hinted = _hinted(candidates, node.options, optimization.schema.indexes(node.collection))
    if hinted is not None:
        return hinted
    best = max(candidates, key=lambda candidate: candidate[0], default=None)
    return None if best is None else best[1]


_Candidate = tuple[int, IndexNode]


def _hinted(
    candidates: list[_Candidate], options: Options, indexes: Sequence[Index]
) -> IndexNode | None:
    hint = options.get("indexHint")
    if hint is None:
        return None
    names = {index.id: index.name for index in indexes}
    for name in [hint] if isinstance(hint, str) else hint:
        for _, node in candidates:
            if names[node.index] == name:
                return node
    if options.get("forceIndexHint"):
        raise ArangoError(
            FORCED_HINT_UNUSABLE, f"AQL: could not use index hint to serve query; {hint}"
        )
    return None


def _use(
    node: EnumerateCollectionNode, index: Index, conditions: list[Comparison]
) -> _Candidate | None:
    """Return how an index would serve, and how well: unique and long matches come first."""
    match index.type:
        case "primary":
            return _point(node, index, conditions, "primary", ("_key", "_id"), 1000)
        case "edge":
            return _point(node, index, conditions, "edge", ("_from", "_to"), 5)
        case kind if kind in SORTED and (len(index.fields) == 1 or not index.expands):
            return _sorted(node, index, conditions)
        case _:
            return None


def _point(
    node: EnumerateCollectionNode,
    index: Index,
    conditions: list[Comparison],
    kind: Literal["primary", "edge"],
    fields: tuple[str, ...],
    score: int,
) -> _Candidate | None:
    for operator in ("==", "IN"):
        for condition in conditions:
            if condition.operator == operator and condition.path in fields:
                lookup = IndexCondition((condition.value,), many=operator == "IN")
                return score + (operator == "=="), _index_node(
                    node, index, kind, (condition.path,), lookup
                )
    return None


def _index_node(
    node: EnumerateCollectionNode,
    index: Index,
    kind: Literal["primary", "edge", "persistent"],
    fields: tuple[str, ...],
    condition: IndexCondition,
) -> IndexNode:
    return IndexNode(
        node.variable,
        node.collection,
        index.id,
        kind,
        fields,
        condition,
        options=node.options,
        at=node.at,
    )


def _sorted(
    node: EnumerateCollectionNode, index: Index, conditions: list[Comparison]
) -> _Candidate | None:
    equal, many = _equalities(index.fields, conditions)
    ranged = None if many or len(equal) == len(index.fields) else index.fields[len(equal)]
    low = _first(conditions, ranged, (">", ">="))
    high = _first(conditions, ranged, ("<", "<="))
    if not equal and low is None and high is None:
        return None
    if index.sparse and not _excludes_null(index, equal, low):
        return None
    condition = IndexCondition(
        tuple(item.value for item in equal),
        many,
        None if low is None else low.value,
        low is None or low.operator == ">=",
        None if high is None else high.value,
        high is None or high.operator == "<=",
    )
    score = 10 * len(equal) + 2 * (low is not None) + 2 * (high is not None) - many
    if index.unique and len(equal) == len(index.fields):
        score += 500
    return score, _index_node(node, index, "persistent", index.fields, condition)


def _equalities(
    fields: tuple[str, ...], conditions: list[Comparison]
) -> tuple[list[Comparison], bool]:
    """Return the conditions that fix the leading fields, the last one possibly to many values."""
    equal: list[Comparison] = []
    for path in fields:
        found = _first(conditions, path, ("==",))
        if found is None:
            found = _first(conditions, path, ("IN",))
            return (equal, False) if found is None else ([*equal, found], True)
        equal.append(found)
    return equal, False


def _first(
    conditions: list[Comparison], path: str | None, operators: tuple[str, ...]
) -> Comparison | None:
    for condition in conditions:
        if condition.path == path and condition.operator in operators:
            return condition
    return None


def _excludes_null(index: Index, equal: list[Comparison], low: Comparison | None) -> bool:
    """Tell whether no document a sparse index leaves out could match: those hold a null."""
    excluded = sum(item.operator == "==" and _is_something(item) for item in equal)
    excluded += low is not None and (low.operator == ">" or _is_something(low))
    return excluded == len(index.fields)


def _is_something(comparison: Comparison) -> bool:
    return isinstance(comparison.value, Constant) and comparison.value.value is not None
