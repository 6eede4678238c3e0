"""Execution nodes in the JSON ArangoDB's explain shows them in, with estimates of their rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql import plan
from hades_mcp.embedded.aql.collect_plan import IndexCollectNode
from hades_mcp.embedded.aql.explaining.expressions import (
    NOT_CONSTANT,
    constant_of,
    expression_json,
    variable_json,
)
from hades_mcp.embedded.aql.explaining.loops import (
    collection_json,
    graph_json,
    index_json,
)
from hades_mcp.embedded.aql.explaining.searches import search_json
from hades_mcp.embedded.aql.geo_plan import GeoIndexNode
from hades_mcp.embedded.aql.nodes import (
    Attribute,
    Binary,
    Constant,
    Expression,
    Index,
    Node,
    Parameter,
    SubqueryExpression,
    VariableReference,
    rebuild,
)
from hades_mcp.embedded.aql.vector_plan import EnumerateNearVectorNode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hades_mcp.embedded.aql.executor.profile import Profile

LIST_LENGTH, TRAVERSAL_PATHS, SELECTIVITY = 100, 100, 0.1  # guesses, as ArangoDB has its own
MOST_ROWS = 1e300  # JSON knows no infinity
_UNASKED = {"waitForSync": False, "ignoreErrors": False, "keepNull": True, "mergeObjects": True}


@dataclass(slots=True)
class Explainer:
    """Shows one plan.

    Attributes:
        count: Returns the number of documents of a collection.
        index: Returns an index of a collection as the HTTP API shows it.
        width: Places of a row; variables made here are numbered from there.
        bind_vars: Values of the parameters, shown in their place.
        variables: All variables met, as shown.
        shown: The nodes shown, each with its id, the node that counts its rows, and the one before
            it; None for a value that is computed by the node after it.
    """

    count: Callable[[str], int]
    index: Callable[[str, str], dict[str, Any]]
    width: int
    bind_vars: Mapping[str, Any]
    variables: dict[int, dict[str, Any]] = field(default_factory=dict)
    next_id: int = 1
    shown: list[tuple[int, Node, Node | None]] = field(default_factory=list)

    def profiled(self, profile: Profile) -> list[dict[str, float]]:
        """Return what each node gave and took; a RETURN gives what the node before it gave."""
        return [
            {"id": number, **profile.of(counted, before)} for number, counted, before in self.shown
        ]

    def listing(self, subplan: plan.Subplan) -> list[dict[str, Any]]:
        """Return the nodes of a plan, first to last."""
        listing = _Listing(self)
        listing.run(subplan)
        return listing.nodes

    def variable(self) -> plan.Variable:
        """Make a variable for the value of an expression ArangoDB would compute on its own."""
        self.width += 1
        return plan.Variable(self.width - 1, str(self.width - 1), user=False)

    def bound(self, value: Node) -> Node:
        """Return an expression with the values of its parameters, as far as they are known."""
        if isinstance(value, Parameter) and value.name in self.bind_vars:
            return Constant(self.bind_vars[value.name], at=value.at)
        return rebuild(value, self.bound)

    def expression(self, value: Expression) -> dict[str, Any]:
        """Return an expression as shown."""
        return expression_json(self.bound(value))

    def note(self, variable: plan.Variable, **known: Any) -> dict[str, Any]:
        """Return a variable as shown, and remember it."""
        document = bool(known.pop("document", False))
        shown = variable_json(variable, document=document)
        self.variables[variable.id] = {**shown, **known}
        return shown

    def reference(self, variable: plan.Variable) -> dict[str, Any]:
        """Return a variable that a node reads."""
        shown = self.variables.get(variable.id) or self.note(variable)
        return {name: value for name, value in shown.items() if name != "constantValue"}


_SHOWN_AS: dict[type[Node], str] = {
    GeoIndexNode: "IndexNode",
    plan.InvertedIndexNode: "IndexNode",
    plan.SubqueryNode: "SubqueryEndNode",
}


class _Listing:
    """The nodes of one plan, each depending on the one before; subqueries are spliced in."""

    def __init__(self, explainer: Explainer) -> None:
        self._explainer = explainer
        self.nodes: list[dict[str, Any]] = []
        self._rows = 1.0
        self._cost = 0.0

    def run(self, subplan: plan.Subplan) -> None:
        """Add the nodes of a plan."""
        before = None
        for node in subplan.nodes:
            self._node(node, before)
            before = node

    def _node(self, node: Node, before: Node | None) -> None:
        shown = self._shown(node, before)
        self._rows = min(self._estimate(node), MOST_ROWS)
        counted = before if isinstance(node, plan.ReturnNode) and before is not None else node
        kind = _SHOWN_AS.get(type(node), type(node).__name__)
        self._add(kind, shown, counted, None if counted is before else before)

    def _add(self, kind: str, shown: dict[str, Any], counted: Node, before: Node | None) -> None:
        self._cost += self._rows
        explainer = self._explainer
        self.nodes.append(
            {
                "type": kind,
                "dependencies": [self.nodes[-1]["id"]] if self.nodes else [],
                "id": explainer.next_id,
                "estimatedCost": self._cost,
                "estimatedNrItems": round(self._rows),
                **shown,
            }
        )
        explainer.shown.append((explainer.next_id, counted, before))
        explainer.next_id += 1

    def _value(self, value: Expression, before: Node | None) -> dict[str, Any]:
        """Return the variable that holds a value, after a node that computes it if need be."""
        if isinstance(value, VariableReference):
            return self._explainer.reference(value.variable)
        variable = self._explainer.variable()
        shown = self._calculation(variable, value)
        assert before is not None  # noqa: S101  a SingletonNode computes nothing
        self._add("CalculationNode", shown, before, before)
        return variable_json(variable)

    def _calculation(self, variable: plan.Variable, value: Expression) -> dict[str, Any]:
        value = self._explainer.bound(value)
        constant = constant_of(value)
        known = {} if constant is NOT_CONSTANT else {"constantValue": constant}
        kind = "attribute" if isinstance(value, Attribute | Index) else "simple"
        return {
            "outVariable": self._explainer.note(variable, **known),
            "expression": expression_json(value),
            "expressionType": "json" if known else kind,
            "canThrow": False,
        }

    def _estimate(self, node: Node) -> float:
        match node:
            case plan.LimitNode(count=Constant(value=int(most))):
                return min(self._rows, most)
            case plan.CollectNode(groups=()):
                return 1.0
            case plan.NoResultsNode():
                return 0.0
            case _:
                return self._rows * self._factor(node)

    def _factor(self, node: Node) -> float:
        match node:
            case plan.EnumerateCollectionNode(collection=name):
                return self._explainer.count(name)
            case plan.IndexNode():
                return self._found(node)
            case IndexCollectNode(collection=name, index=index):
                share = self._explainer.index(name, index).get("selectivityEstimate")
                return self._explainer.count(name) * float(share or SELECTIVITY)
            case plan.EnumerateListNode(source=source):
                return _length(source)
            case plan.InvertedIndexNode(collection=name) | GeoIndexNode(collection=name):
                return self._explainer.count(name) * SELECTIVITY
            case plan.TraversalNode() | plan.EnumeratePathsNode() | plan.ShortestPathNode():
                return TRAVERSAL_PATHS
            case _:
                return 1.0

    def _found(self, node: plan.IndexNode) -> float:
        """Guess how many documents a lookup finds: as many as share a value, if that is known."""
        documents, condition = self._explainer.count(node.collection), node.condition
        if not condition.restricts and not node.also:
            return documents
        share = self._explainer.index(node.collection, node.index).get("selectivityEstimate")
        whole = len(condition.equal) == len(node.fields) and not condition.many and not node.also
        if share is None or not whole:
            return documents * SELECTIVITY
        return float(min(documents, 1 / share))

    def _shown(self, node: Node, before: Node | None) -> dict[str, Any]:
        match node:
            case plan.SingletonNode():
                return {"bindParameterVariables": {}}
            case plan.FilterNode(condition=value):
                return {"inVariable": self._value(value, before)}
            case plan.ReturnNode(value=value):
                return {"inVariable": self._value(value, before), "count": True}
            case plan.CalculationNode(variable=variable, value=value):
                return self._calculation(variable, value)
            case plan.SubqueryNode(variable=variable, value=value):
                return self._subquery(variable, value)
            case plan.LimitNode():
                return _limit(node)
            case plan.ModificationNode():
                return self._modification(node, before)
            case _:
                return self._ordering(node, before)

    def _ordering(self, node: Node, before: Node | None) -> dict[str, Any]:
        match node:
            case plan.SortNode():
                return self._sort(node, before)
            case plan.CollectNode():
                return self._collect(node, before)
            case plan.WindowNode(range=value, bounds=bounds):
                ranged = {} if value is None else {"rangeVariable": self._value(value, before)}
                calls = [self._aggregate(call, before) for call in node.aggregates]
                return {"aggregates": calls, "bounds": _constant(bounds), **ranged}
            case _:
                return self._loop(node, before)

    def _loop(self, node: Node, before: Node | None) -> dict[str, Any]:
        explainer = self._explainer
        match node:
            case plan.EnumerateCollectionNode():
                return collection_json(node, explainer)
            case plan.IndexNode() | GeoIndexNode() | IndexCollectNode():
                return index_json(node, explainer)
            case plan.EnumerateViewNode() | plan.InvertedIndexNode():
                return search_json(node, explainer)
            case plan.EnumerateListNode(variable=variable, source=source):
                read = self._value(source, before)
                return {"inVariable": read, "outVariable": explainer.note(variable)}
            case EnumerateNearVectorNode():
                return {
                    "collection": node.collection,
                    "inVariable": self._value(node.vector, before),
                    "documentOutVariable": explainer.note(node.variable, document=True),
                    "distanceOutVariable": explainer.note(node.distance),
                    "index": explainer.index(node.collection, node.index),
                    "limit": _constant(node.count),
                }
            case plan.TraversalNode():
                return graph_json(node, explainer) | self._vertex("", node.start, before)
            case (
                plan.ShortestPathNode(start=start, target=target)
                | plan.EnumeratePathsNode(start=start, target=target)
            ):
                ends = self._vertex("start", start, before) | self._vertex("target", target, before)
                return graph_json(node, explainer) | ends
            case _:
                return {}

    def _vertex(self, which: str, value: Expression, before: Node | None) -> dict[str, Any]:
        """Return an end of a path: ArangoDB shows a constant and a variable differently."""
        if isinstance(value, Constant):
            return {f"{which}VertexId" if which else "vertexId": value.value}
        name = f"{which}InVariable" if which else "inVariable"
        return {name: self._value(value, before)}

    def _subquery(self, variable: plan.Variable, value: SubqueryExpression) -> dict[str, Any]:
        """Splice the nodes of a subquery in: ArangoDB shows it between a start and an end node."""
        assert value.plan is not None  # noqa: S101  the planner has set it
        rows = self._rows
        shown = self._explainer.note(variable)
        first, *inner = value.plan.nodes
        self._add("SubqueryStartNode", {"subqueryOutVariable": shown}, first, None)
        before = first
        found = None
        for node in inner:
            if isinstance(node, plan.ReturnNode):
                found = self._value(node.value, before)
            else:
                self._node(node, before)
                before = node
        self._rows = rows
        returned = {} if found is None else {"inVariable": found}
        return {"outVariable": shown, "isConst": not plan.used(value), **returned}

    def _sort(self, node: plan.SortNode, before: Node | None) -> dict[str, Any]:
        elements = [
            {"inVariable": self._value(key.value, before), "ascending": not key.descending}
            for key in node.keys
        ]
        limit = _constant(node.limit) or 0
        offset = _constant(node.limit_offset) or 0
        return {
            "elements": elements,
            "stable": True,
            "limit": limit + offset,
            "strategy": "constrained-heap" if node.limit is not None else "standard",
            "numberOfTopGroupedElements": 0,
        }

    def _collect(self, node: plan.CollectNode, before: Node | None) -> dict[str, Any]:
        note = self._explainer.note
        groups = [
            {"inVariable": self._value(group.value, before), "outVariable": note(group.variable)}
            for group in node.groups
        ]
        shown: dict[str, Any] = {
            "groups": groups,
            "aggregates": [self._aggregate(call, before) for call in node.aggregates],
            "collectOptions": {"method": node.method},
            "isDistinctCommand": node.method == "distinct",
            "specialized": True,
        }
        if node.into is not None:
            shown["outVariable"] = note(node.into)
            if node.into_value is not None:
                shown["expressionVariable"] = self._value(node.into_value, before)
            kept = [self._explainer.reference(each.variable) for each in node.kept]
            shown["keepVariables"] = [{"variable": variable} for variable in kept]
        return shown

    def _aggregate(self, call: plan.AggregateCall, before: Node | None) -> dict[str, Any]:
        read = {} if call.argument is None else {"inVariable": self._value(call.argument, before)}
        return {"outVariable": self._explainer.note(call.variable), "type": call.function, **read}

    def _modification(self, node: plan.ModificationNode, before: Node | None) -> dict[str, Any]:
        shown = self._written(node, before)
        shown |= {
            "collection": node.collection,
            "modificationFlags": _UNASKED | node.options,
            "countStats": True,
            "producesResults": node.old is not None or node.new is not None,
        }
        for name, variable in (("outVariableOld", node.old), ("outVariableNew", node.new)):
            if variable is not None:
                shown[name] = self._explainer.note(variable)
        return shown

    def _written(self, node: plan.ModificationNode, before: Node | None) -> dict[str, Any]:
        match node:
            case plan.UpsertNode(search=search, document=document, patch=patch, old=old):
                found = old or self._explainer.variable()
                end = self._subquery(found, search)
                assert before is not None  # noqa: S101  a SingletonNode at least
                self._add("SubqueryEndNode", end, before, before)
                return {
                    "inDocVariable": end["outVariable"],
                    "insertVariable": self._value(document, before),
                    "updateVariable": self._value(patch, before),
                    "isReplace": node.replace,
                }
            case plan.InsertNode(document=value) | plan.RemoveNode(key=value):
                return {"inVariable": self._value(value, before)}
            case plan.UpdateNode(key=key, patch=patch) | plan.ReplaceNode(key=key, patch=patch):
                read = {"inDocVariable": self._value(patch, before)}
                return read if key is None else read | {"inKeyVariable": self._value(key, before)}
            case _:
                raise AssertionError(node)


def _length(source: Expression) -> float:
    """Guess how many elements an array has."""
    match source:
        case Binary(operator="..", left=Constant(value=int(a)), right=Constant(value=int(b))):
            return abs(b - a) + 1
        case _:
            found = constant_of(source)
            return len(found) if isinstance(found, list) else LIST_LENGTH


def _constant(value: Expression | None) -> Any:
    return value.value if isinstance(value, Constant) else None


def _limit(node: plan.LimitNode) -> dict[str, Any]:
    offset = 0 if node.offset is None else _constant(node.offset)
    return {"offset": offset, "limit": _constant(node.count), "fullCount": node.full_count}
