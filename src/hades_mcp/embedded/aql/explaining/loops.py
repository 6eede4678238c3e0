"""Loops over collections, indexes and graphs as ArangoDB's explain shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from hades_mcp.embedded.aql.collect_plan import IndexCollectNode
from hades_mcp.embedded.aql.geo_plan import GeoIndexNode
from hades_mcp.embedded.aql.nodes import Attribute, Binary, Constant, VariableReference
from hades_mcp.embedded.storage.indexes import EDGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hades_mcp.embedded.aql import plan
    from hades_mcp.embedded.aql.nodes import Expression

_DIRECTIONS = {"any": 0, "inbound": 1, "outbound": 2}
_MAX_PROJECTIONS = 5


class Notes(Protocol):
    """What is asked of the explainer."""

    def note(self, variable: plan.Variable, **known: Any) -> dict[str, Any]:
        """Return a variable as shown, and remember it."""

    def expression(self, value: Expression) -> dict[str, Any]:
        """Return an expression as shown."""

    def index(self, collection: str, index: str, /) -> dict[str, Any]:
        """Return an index as the HTTP API shows it."""


def collection_json(node: plan.EnumerateCollectionNode, notes: Notes) -> dict[str, Any]:
    """Return what is particular to a loop over a collection."""
    return {
        "collection": node.collection,
        "indexHint": _hint(node.options),
        "random": False,
        **_documents(node, notes),
    }


def index_json(
    node: plan.IndexNode | GeoIndexNode | IndexCollectNode, notes: Notes
) -> dict[str, Any]:
    """Return what is particular to a loop over an index."""
    if isinstance(node, GeoIndexNode):
        return _geo(node, notes)
    if isinstance(node, IndexCollectNode):
        return _groups(node, notes)
    lookups: list[plan.IndexNode | plan.IndexLookup] = [node, *node.also]
    return {
        "collection": node.collection,
        "indexes": [notes.index(node.collection, each.index) for each in lookups],
        "condition": _condition([_conjunction(node.variable, each) for each in lookups], notes),
        "ascending": not node.reverse,
        "sorted": not node.also and node.kind != "mdi",
        "reverse": node.reverse,
        "strategy": "document",
        "allCoveredByOneIndex": False,
        "indexCoversProjections": False,
        "isLateMaterialized": False,
        "limit": 0,
        "lookahead": node.options.get("lookahead", 1),
        **_documents(node, notes),
    }


def _groups(node: IndexCollectNode, notes: Notes) -> dict[str, Any]:
    return {
        "collection": node.collection,
        "index": notes.index(node.collection, node.index),
        "oldIndexVariable": notes.note(node.document, document=True),
        "groups": [
            {
                "outVariable": notes.note(group.variable),
                "indexField": group.field,
                "attribute": node.fields[group.field].split("."),
            }
            for group in node.groups
        ],
        "aggregations": [],
        "collectOptions": {"method": node.method},
    }


def _geo(node: GeoIndexNode, notes: Notes) -> dict[str, Any]:
    asked = [] if node.condition is None else [node.condition]
    inner = [notes.expression(each) for each in asked]
    whole = {"type": "n-ary and", "typeID": 62} | ({"subNodes": inner} if inner else {})
    return {
        "collection": node.collection,
        "indexes": [notes.index(node.collection, node.index)],
        "condition": {"type": "n-ary or", "typeID": 63, "subNodes": [whole]},
        "outVariable": notes.note(node.variable, document=True),
        "projections": [],
        "ascending": True,
        "sorted": node.order is not None,
        "reverse": False,
        "limit": 0,
        "producesResult": True,
    }


def _documents(node: plan.EnumerateCollectionNode | plan.IndexNode, notes: Notes) -> dict[str, Any]:
    projections = [
        {"path": list(each.path), "variable": notes.note(each.variable)}
        for each in node.projections
    ]
    return {
        "outVariable": notes.note(node.variable, document=not projections),
        "projections": projections,
        "filterProjections": [],
        "maxProjections": node.options.get("maxProjections", _MAX_PROJECTIONS),
        "producesResult": getattr(node, "produces", True),
        "count": False,
        "readOwnWrites": False,
        "useCache": node.options.get("useCache", True),
        "satellite": False,
        "isSatellite": False,
        "isSatelliteOf": None,
    }


def _hint(options: plan.Options) -> dict[str, Any]:
    hint = options.get("indexHint")
    if options.get("disableIndex"):
        return {"type": "disabled", "forced": False, "lookahead": 1}
    named = {} if hint is None else {"hint": [hint] if isinstance(hint, str) else hint}
    return {
        "type": "simple" if named else "none",
        "forced": bool(options.get("forceIndexHint")),
        "lookahead": 1,
        **named,
    }


def _condition(alternatives: list[list[Binary]], notes: Notes) -> dict[str, Any]:
    if not any(alternatives):
        return {}
    return {
        "type": "n-ary or",
        "typeID": 63,
        "subNodes": [
            {"type": "n-ary and", "typeID": 62, "subNodes": [notes.expression(one) for one in each]}
            for each in alternatives
        ],
    }


def _conjunction(
    variable: plan.Variable, lookup: plan.IndexNode | plan.IndexLookup
) -> list[Binary]:
    condition = lookup.condition
    found = []
    for at, value in enumerate(condition.equal):
        operator = "IN" if at in condition.many else "=="
        found.append(_comparison(variable, lookup.fields[at], operator, value))
    ranged = lookup.fields[len(condition.equal) :]
    spans: tuple[plan.Span | plan.IndexCondition, ...] = condition.box or (condition,)
    for path, span in zip(ranged, spans, strict=False):
        attribute = _attribute(variable, path)
        if span.low is not None:
            operator = ">=" if span.low_inclusive else ">"
            found.append(Binary(operator, attribute, span.low))
        if span.high is not None:
            operator = "<=" if span.high_inclusive else "<"
            found.append(Binary(operator, attribute, span.high))
    return found


def _comparison(variable: plan.Variable, path: str, operator: str, value: Expression) -> Binary:
    if "[*]" in path:
        return Binary("IN", value, _attribute(variable, path.replace("[*]", "")))
    return Binary(operator, _attribute(variable, path), value)


def _attribute(variable: plan.Variable, path: str) -> Expression:
    found: Expression = VariableReference(variable)
    for name in path.split("."):
        found = Attribute(found, name)
    return found


def graph_json(
    node: plan.TraversalNode | plan.ShortestPathNode | plan.EnumeratePathsNode, notes: Notes
) -> dict[str, Any]:
    """Return what is particular to a walk through a graph."""
    edges = node.edges
    named = edges.graph.value if isinstance(edges.graph, Constant) else None
    shown: dict[str, Any] = {
        "graph": named or [name for name, _ in edges.collections],
        "edgeCollections": [name for name, _ in edges.collections],
        "directions": [_DIRECTIONS[direction] for _, direction in edges.collections],
        "defaultDirection": _DIRECTIONS[edges.direction],
        "options": {**node.options, **_depths(getattr(node, "steps", None))},
    }
    for name, attribute in (
        ("vertexOutVariable", "vertex"),
        ("edgeOutVariable", "edge"),
        ("pathOutVariable", "path"),
    ):
        variable = getattr(node, attribute, None)
        if variable is not None and (name != "vertexOutVariable" or _gives_vertex(node)):
            shown[name] = notes.note(variable)
    kind = getattr(node, "kind", None)
    shown |= _path_conditions(getattr(node, "checks", ()), notes)
    base = [notes.index(name, EDGE.id) for name, _ in edges.collections]
    shown["indexes"] = {"base": base, "levels": {}}
    return shown if kind is None else shown | {"shortestPathType": kind}


def _path_conditions(checks: Sequence[plan.PathCheck], notes: Notes) -> dict[str, Any]:
    """Return the conditions that are checked on the way, by what they are about."""
    shown: dict[str, Any] = {}
    for check in checks:
        condition = notes.expression(check.condition)
        if check.depth is None:
            shown.setdefault(f"global{check.part.title()}Conditions", []).append(condition)
        else:
            by_depth = shown.setdefault(f"{check.part}Conditions", {})
            by_depth.setdefault(str(check.depth), []).append(condition)
    return shown


def _depths(steps: Expression | None) -> dict[str, Any]:
    match steps:
        case None:
            return {"minDepth": 1, "maxDepth": 1}
        case Constant(value=int(depth)):
            return {"minDepth": depth, "maxDepth": depth}
        case Binary(left=Constant(value=least), right=Constant(value=most)):
            return {"minDepth": least, "maxDepth": most}
        case _:
            return {}


def _gives_vertex(node: Any) -> bool:
    return bool(getattr(node, "fetch_vertex", True))
