"""Rule `geo-index-optimizer`: distances and areas are looked up in a geo index."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.geo_plan import GeoIndexNode
from hades_mcp.embedded.aql.nodes import ArrayLiteral, Binary, Call, Expression, Logical
from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    EnumerateCollectionNode,
    FilterNode,
    SortNode,
    produced,
    used,
)
from hades_mcp.embedded.aql.rules.conditions import (
    MIRRORED,
    attribute_path,
    conjuncts,
    lets_filters_pass,
    runs_once,
)
from hades_mcp.embedded.aql.rules.effects import is_steady
from hades_mcp.embedded.aql.rules.substitution import substituted

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Node
    from hades_mcp.embedded.aql.plan import Variable
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization
    from hades_mcp.embedded.storage.indexes import Index

_FLAGS = 2  # of GEO_IN_RANGE(); an ellipsoid after them is not the index's sphere


@dataclass(frozen=True, slots=True)
class _Use:
    """What a condition or a sort key asks of a place: the index, and near or inside what."""

    index: str
    fields: tuple[str, ...]
    place: Expression
    target: Expression
    radius: Expression | None = None
    inside: bool = False


@dataclass(frozen=True, slots=True)
class _Loop:
    """The loop at hand: its variable, the geo indexes, what it makes, and LETs after it."""

    variable: Variable
    indexes: tuple[Index, ...]
    unknown: set[Variable]
    values: dict[Variable, Expression]


def geo_index_optimizer(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Let loops read through a geo index where filters or a SORT ask for places."""
    found = nodes
    for position, node in enumerate(nodes):
        if isinstance(node, EnumerateCollectionNode) and not node.options.get("disableIndex"):
            indexes = optimization.schema.indexes(node.collection)
            geo = tuple(index for index in indexes if index.type == "geo")
            if geo:
                found = _served(node, geo, found, position)
    return found


def _served(
    node: EnumerateCollectionNode, indexes: tuple[Index, ...], nodes: Nodes, position: int
) -> Nodes:
    unknown = {made for each in nodes[position:] for made in produced(each)}
    loop = _Loop(node.variable, indexes, unknown, {})
    found = list(nodes)
    lookup: GeoIndexNode | None = None
    for at in range(position + 1, len(nodes)):
        each = nodes[at]
        match each:
            case CalculationNode(variable=variable, value=value):
                loop.values[variable] = substituted(value, loop.values)
            case FilterNode():
                lookup, found[at] = _filtered(node, lookup, each, loop)
            case SortNode() if runs_once(nodes[:position]) and _keeps_order(nodes, position, at):
                lookup, sorts = _ordered(node, lookup, each, loop)
                if not sorts:
                    found[at] = _DROPPED
            case _ if not lets_filters_pass(each):
                break
    if lookup is None:
        return nodes
    found[position] = lookup
    return tuple(each for each in found if each is not _DROPPED)


_DROPPED = FilterNode(Binary("==", ArrayLiteral(()), ArrayLiteral(())))


def _keeps_order(nodes: Nodes, position: int, at: int) -> bool:
    between = nodes[position + 1 : at]
    return all(isinstance(each, FilterNode | CalculationNode) for each in between)


def _filtered(
    node: EnumerateCollectionNode, lookup: GeoIndexNode | None, condition: FilterNode, loop: _Loop
) -> tuple[GeoIndexNode | None, Node]:
    """Take what a geo index serves out of a filter: one condition per loop."""
    parts = list(conjuncts(condition.condition))
    if lookup is None:
        for at, part in enumerate(parts):
            asked = substituted(part, loop.values)
            use = _use_of(asked, loop)
            if use is None:
                continue
            lookup = _lookup(node, use, condition=asked)
            left = tuple(parts[:at] + parts[at + 1 :])
            if not left:
                return lookup, _DROPPED
            rest = left[0] if len(left) == 1 else Logical("AND", left, at=condition.at)
            return lookup, FilterNode(rest, at=condition.at)
    return lookup, condition


def _ordered(
    node: EnumerateCollectionNode, lookup: GeoIndexNode | None, sort: SortNode, loop: _Loop
) -> tuple[GeoIndexNode | None, bool]:
    """Return the lookup in the order of a SORT by distance, and whether the SORT must stay."""
    key = sort.keys[0]
    value = substituted(key.value, loop.values)
    use = _distance(value, loop)
    if len(sort.keys) > 1 or key.descending or use is None:
        return lookup, True
    if lookup is None:
        return _lookup(node, use, order=value), False
    same = lookup.index == use.index and lookup.target == use.target and not lookup.inside
    return (replace(lookup, order=value), False) if same else (lookup, True)


def _lookup(
    node: EnumerateCollectionNode,
    use: _Use,
    *,
    condition: Expression | None = None,
    order: Expression | None = None,
) -> GeoIndexNode:
    return GeoIndexNode(
        node.variable,
        node.collection,
        use.index,
        use.fields,
        use.place,
        use.target,
        use.radius,
        use.inside,
        condition,
        order,
        at=node.at,
    )


def _use_of(condition: Expression, loop: _Loop) -> _Use | None:
    match condition:
        case Binary(operator=operator, left=left, right=right) if operator in MIRRORED:
            for one, other, way in ((left, right, operator), (right, left, MIRRORED[operator])):
                use = _distance(one, loop)
                if use is not None and way in {"<", "<=", "=="} and _known(other, loop):
                    return replace(use, radius=other)
        case Call(name="GEO_IN_RANGE", arguments=(one, other, _, high, *rest)):
            use = _near(one, other, loop)
            plain = len(rest) <= _FLAGS and _known(condition, loop, but=loop.variable)
            return replace(use, radius=high) if use is not None and plain else None
        case Call(name="GEO_CONTAINS" | "GEO_INTERSECTS" as name, arguments=(one, other)):
            use = _near(one, other, loop, either=name == "GEO_INTERSECTS")
            return None if use is None else replace(use, inside=True)
    return None


def _distance(value: Expression, loop: _Loop) -> _Use | None:
    match value:
        case Call(name="GEO_DISTANCE", arguments=(one, other)):
            return _near(one, other, loop)
        case Call(name="DISTANCE", arguments=(a, b, c, d)):
            return _near(ArrayLiteral((b, a)), ArrayLiteral((d, c)), loop)
        case _:
            return None


def _near(one: Expression, other: Expression, loop: _Loop, *, either: bool = True) -> _Use | None:
    """Read a pair of a place that is indexed and one known before; in GEO_CONTAINS it is last."""
    pairs = ((one, other), (other, one)) if either else ((other, one),)
    for indexed, target in pairs:
        if not _known(target, loop):
            continue
        for index in loop.indexes:
            if _is_indexed(indexed, index, loop.variable):
                return _Use(index.id, index.fields, indexed, target)
    return None


def _is_indexed(value: Expression, index: Index, variable: Variable) -> bool:
    match value:
        case ArrayLiteral(items=(longitude, latitude)):
            paths = (attribute_path(latitude, variable), attribute_path(longitude, variable))
            return paths == index.fields
        case _:
            path = attribute_path(value, variable)
            return bool(index.options.get("geoJson")) and index.fields == (path,)


def _known(value: Expression, loop: _Loop, *, but: Variable | None = None) -> bool:
    return (used(value) - {but}).isdisjoint(loop.unknown) and is_steady(value)
