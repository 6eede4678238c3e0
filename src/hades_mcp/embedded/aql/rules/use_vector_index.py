"""Rule `use-vector-index`: SORT by APPROX_NEAR_…() and LIMIT become a search in a vector index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import (
    Call,
    Expression,
    Logical,
    Node,
    VariableReference,
    rebuild,
    walk,
)
from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    EnumerateCollectionNode,
    FilterNode,
    LimitNode,
    SortNode,
    produced,
    used,
)
from hades_mcp.embedded.aql.rules.conditions import FiltersAfter, attribute_path, runs_once
from hades_mcp.embedded.aql.rules.lookups import candidate
from hades_mcp.embedded.aql.vector_plan import EnumerateNearVectorNode
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.plan import IndexLookup
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

NOT_APPLIED = 1554
METRICS = {
    "APPROX_NEAR_COSINE": ("cosine", True),
    "APPROX_NEAR_L2": ("l2", False),
    "APPROX_NEAR_INNER_PRODUCT": ("innerProduct", True),
}
"""The functions, with the metric an index must have and whether nearest is greatest."""


@dataclass(frozen=True, slots=True)
class _Search:
    loop: EnumerateCollectionNode
    call: Call
    vector: Expression
    index: str

    @property
    def given(self) -> tuple[Expression, ...]:
        """What must be known before the loop: the vector, and the options of the call."""
        return (self.vector, *self.call.arguments[2:])


def use_vector_index(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Replace the loop and the sort; where that is not possible the function itself refuses."""
    loops = [at for at, node in enumerate(nodes) if isinstance(node, EnumerateCollectionNode)]
    if not loops or not runs_once(nodes[: loops[0]]):
        return nodes
    first = loops[0]
    last = _sort_and_limit(nodes, first)
    if last is None:
        return nodes
    sort, limit = nodes[last], nodes[last + 1]
    assert isinstance(sort, SortNode)  # noqa: S101  found as such
    assert isinstance(limit, LimitNode)  # noqa: S101  found as such
    search = _search(nodes, first, sort, optimization)
    made = _made(nodes[first:])
    if search is None or any(not used(each).isdisjoint(made) for each in search.given):
        return nodes
    distance = optimization.variable()
    between = nodes[first + 1 : last]
    filters = [node.condition for node in between if isinstance(node, FilterNode)]
    near = EnumerateNearVectorNode(
        search.loop.variable,
        distance,
        search.loop.collection,
        search.index,
        search.vector,
        limit.count,
        limit.offset,
        _all_of(filters),
        search.given[1] if search.given[1:] else None,
        _among(nodes, first, optimization),
        at=search.loop.at,
    )

    def change(node: Node) -> Node:
        if node == search.call:
            return VariableReference(distance, at=node.at)
        return rebuild(node, change)

    rest = (*[node for node in between if not isinstance(node, FilterNode)], *nodes[last + 1 :])
    return (*nodes[:first], near, *[change(node) for node in rest])


def refuse_unused(nodes: Nodes, _: Optimization) -> Nodes:
    """Refuse what no vector index serves, as ArangoDB does: there is no approximation without one.

    Raises:
        ArangoError: 1554.
    """
    for node in nodes:
        for part in walk(node):
            if isinstance(part, Call) and part.name in METRICS:
                raise ArangoError(
                    NOT_APPLIED,
                    f"AQL: failed vector search: {part.name}() needs a vector index on the "
                    "attribute, SORT by it and LIMIT (while optimizing plan)",
                )
    return nodes


def _made(nodes: Nodes) -> set[object]:
    return {variable for node in nodes for variable in produced(node)}


def _all_of(conditions: list[Expression]) -> Expression | None:
    if len(conditions) < 2:  # noqa: PLR2004  nothing to join
        return conditions[0] if conditions else None
    return Logical("AND", tuple(conditions))


def _among(nodes: Nodes, first: int, optimization: Optimization) -> IndexLookup | None:
    """Return how a sorted index finds what the filters let through, and perhaps more.

    Else a filter that few documents pass would read all that are nearer than those.
    """
    loop = nodes[first]
    assert isinstance(loop, EnumerateCollectionNode)  # noqa: S101  found as one
    asked = FiltersAfter(nodes).of(first, loop.variable).comparisons
    uses = [candidate(index, asked) for index in optimization.schema.indexes(loop.collection)]
    sorted_ones = [use for use in uses if use is not None and use.lookup.kind == "persistent"]
    best = max(sorted_ones, key=lambda use: use.score, default=None)
    return None if best is None else best.lookup


def _sort_and_limit(nodes: Nodes, first: int) -> int | None:
    """Return where the SORT is if only calculations and filters on the document precede it."""
    calculated: set[object] = set()
    for at in range(first + 1, len(nodes) - 1):
        node = nodes[at]
        match node:
            case SortNode() if isinstance(limit := nodes[at + 1], LimitNode):
                return None if limit.full_count else at
            case CalculationNode():
                calculated.add(node.variable)
            case FilterNode() if used(node).isdisjoint(calculated):
                pass
            case _:
                return None
    return None


def _search(nodes: Nodes, first: int, sort: SortNode, optimization: Optimization) -> _Search | None:
    loop = nodes[first]
    assert isinstance(loop, EnumerateCollectionNode)  # noqa: S101  found as one
    call = _sorted_by(nodes, sort)
    if len(sort.keys) > 1 or call is None or call.name not in METRICS:
        return None
    metric, descending = METRICS[call.name]
    if sort.keys[0].descending is not descending:
        return None
    one, other = call.arguments[:2]
    for attribute, vector in ((one, other), (other, one)):
        path = attribute_path(attribute, loop.variable)
        for index in optimization.schema.indexes(loop.collection):
            if (
                index.type == "vector"
                and index.fields == (path,)
                and index.options.get("params", {}).get("metric") == metric
            ):
                return _Search(loop, call, vector, index.id)
    return None


def _sorted_by(nodes: Nodes, sort: SortNode) -> Call | None:
    value = sort.keys[0].value
    if isinstance(value, VariableReference):
        variable = value.variable
        for node in nodes:
            if isinstance(node, CalculationNode) and node.variable == variable:
                value = node.value
    return value if isinstance(value, Call) else None
