"""Rule `optimize-traversals`: conditions on a path are checked during the walk and cut it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from hades_mcp.embedded.aql.nodes import (
    ArrayComparison,
    ArrayLiteral,
    Attribute,
    Binary,
    Constant,
    Expansion,
    Expression,
    Index,
    Node,
    VariableReference,
    rebuild,
    walk,
)
from hades_mcp.embedded.aql.plan import PathCheck, TraversalNode
from hades_mcp.embedded.aql.rules.conditions import FiltersAfter
from hades_mcp.embedded.aql.rules.substitution import substituted

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.plan import Variable
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

_PARTS: dict[str, Literal["vertex", "edge"]] = {"vertices": "vertex", "edges": "edge"}


def optimize_traversals(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Let traversals check what the filters after them ask of `p.vertices` and `p.edges`.

    The filters stay; those that find nothing left to drop are noted for another rule.
    """
    if not any(isinstance(node, TraversalNode) for node in nodes):
        return nodes
    found = list(nodes)
    filters = FiltersAfter(nodes)
    for position, node in enumerate(nodes):
        # with uniqueVertices: global a cut would let another path be the first at a vertex
        if (
            isinstance(node, TraversalNode)
            and node.path is not None
            and node.options.get("uniqueVertices") != "global"
        ):
            checks = _checks(node, position, filters, optimization)
            if checks:
                found[position] = replace(node, checks=tuple(check for check, _ in checks))
                covered = [source for _, source in checks if source is not None]
                optimization.covered[node.vertex] = tuple(covered)
    return tuple(found)


_Check = tuple[PathCheck, "Expression | None"]


def _checks(
    node: TraversalNode, position: int, filters: FiltersAfter, optimization: Optimization
) -> list[_Check]:
    assert node.path is not None  # noqa: S101  the caller has looked
    found = []
    for condition in filters.about(position, node.path):
        check = _check(node.path, condition, optimization)
        if check is not None and filters.is_known(check.condition, position):
            covers = _always_reached(node, check)
            found.append((check, condition if covers else None))
    return found


def _check(path: Variable, condition: Expression, optimization: Optimization) -> PathCheck | None:
    """Return the condition as one on a single vertex or edge, if that is what it is."""
    variable = optimization.variable()
    each = _of_each(condition, path, variable)
    if each is not None:
        return PathCheck(*each, variable=variable, at=condition.at)
    places = {place for part in walk(condition) if (place := _place(part, path))}
    if len(places) != 1:
        return None
    ((kind, depth),) = places

    def change(part: Node) -> Node:
        if _place(part, path):
            return VariableReference(variable, at=part.at)
        return rebuild(part, change)

    return PathCheck(kind, depth, change(condition), variable, at=condition.at)


def _place(node: Node, path: Variable | None) -> tuple[Literal["vertex", "edge"], int] | None:
    """Read `p.vertices[2]`."""
    match node:
        case Index(
            subject=Attribute(subject=VariableReference(variable=variable), name=name),
            index=Constant(value=int(depth)),
        ) if variable == path and name in _PARTS and depth >= 0 and not isinstance(depth, bool):
            return _PARTS[name], depth
        case _:
            return None


def _of_each(
    condition: Expression, path: Variable, variable: Variable
) -> tuple[Literal["vertex", "edge"], None, Expression] | None:
    """Read `p.edges[*].x ALL == 1`, which one edge after the other satisfies or not."""
    match condition:
        case ArrayComparison(
            quantifier="ALL" | "NONE",
            left=Expansion(
                subject=Attribute(subject=VariableReference(variable=found), name=name),
                levels=1,
                filter=None,
                count=None,
                projection=None,
                suffix=suffix,
                variable=element,
            ),
        ) if found == path and name in _PARTS and element is not None:
            one: Expression = VariableReference(variable, at=condition.at)
            if suffix is not None:
                one = substituted(suffix, {element: one})
            return _PARTS[name], None, replace(condition, left=ArrayLiteral((one,)))
        case _:
            return None


def _always_reached(node: TraversalNode, check: PathCheck) -> bool:
    """Tell whether no path is so short that the filter would find nothing where it looks."""
    match node.steps:
        case None:
            least = 1
        case Constant(value=int(depth)) | Binary(operator="..", left=Constant(value=int(depth))):
            least = depth
        case _:
            least = 0
    if check.depth is None:  # no edge at all satisfies ALL, unless it is asked for IN no array
        operator = getattr(check.condition, "operator", None)
        return check.part == "vertex" or least > 0 or operator not in {"IN", "NOT IN"}
    return check.depth < least or (check.part == "vertex" and check.depth == least)
