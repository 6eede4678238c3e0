"""Execution nodes in the JSON ArangoDB's explain shows them in, with estimates of their rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql import plan
from hades_mcp.embedded.aql.explaining.expressions import expression_json, variable_json
from hades_mcp.embedded.aql.nodes import (
    Constant,
    Expression,
    Node,
    SubqueryExpression,
    VariableReference,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.executor.profile import Profile

LIST_LENGTH, TRAVERSAL_PATHS, SELECTIVITY = 100, 100, 0.1  # guesses, as ArangoDB has its own


@dataclass(slots=True)
class Explainer:
    """Shows one plan.

    Attributes:
        count: Returns the number of documents of a collection.
        index: Returns an index of a collection as the HTTP API shows it.
        width: Places of a row; variables made here are numbered from there.
        variables: All variables met.
        shown: The nodes shown, each with its id and the node before it.
    """

    count: Callable[[str], int]
    index: Callable[[str, str], dict[str, Any]]
    width: int
    variables: dict[int, plan.Variable] = field(default_factory=dict)
    next_id: int = 1
    shown: list[tuple[int, Node, Node | None]] = field(default_factory=list)

    def profiled(self, profile: Profile) -> list[dict[str, float]]:
        """Return what each node gave and took; a RETURN gives what the node before it gave."""
        found: list[dict[str, float]] = []
        for number, node, before in self.shown:
            counted = before if isinstance(node, plan.ReturnNode) and before is not None else node
            found.append(
                {"id": number, **profile.of(counted, None if counted is before else before)}
            )
        return found

    def listing(self, subplan: plan.Subplan) -> list[dict[str, Any]]:
        """Return the nodes of a plan, first to last."""
        return _Listing(self).run(subplan)

    def variable(self) -> plan.Variable:
        """Make a variable for the value of an expression ArangoDB would compute on its own."""
        self.width += 1
        return plan.Variable(self.width - 1, str(self.width - 1), user=False)


class _Listing:
    """The nodes of one plan or subquery, each depending on the one before."""

    def __init__(self, explainer: Explainer) -> None:
        self._explainer = explainer
        self._nodes: list[dict[str, Any]] = []
        self._rows = 1.0
        self._cost = 0.0

    def run(self, subplan: plan.Subplan) -> list[dict[str, Any]]:
        before = None
        for node in subplan.nodes:
            for variable in plan.produced(node):
                self._explainer.variables[variable.id] = variable
            shown = self._shown(node)
            self._rows = self._estimate(node)
            self._add(type(node).__name__, shown)
            self._explainer.shown.append((self._nodes[-1]["id"], node, before))
            before = node
        return self._nodes

    def _add(self, kind: str, shown: dict[str, Any]) -> None:
        self._cost += self._rows
        explainer = self._explainer
        depends = [self._nodes[-1]["id"]] if self._nodes else []
        self._nodes.append(
            {
                "type": kind,
                "dependencies": depends,
                "id": explainer.next_id,
                "estimatedCost": self._cost,
                "estimatedNrItems": round(self._rows),
                **shown,
            }
        )
        explainer.next_id += 1

    def _value(self, value: Expression) -> dict[str, Any]:
        """Return the variable that holds a value, after a node that computes it if need be."""
        if isinstance(value, VariableReference):
            return variable_json(value.variable)
        variable = self._explainer.variable()
        self._explainer.variables[variable.id] = variable
        shown = _calculation(variable, value)
        self._add("CalculationNode", shown)
        return variable_json(variable)

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
            case plan.IndexNode(collection=name, condition=condition):
                restricted = condition.equal or condition.low or condition.high
                share = SELECTIVITY if restricted else 1.0
                return max(1.0, self._explainer.count(name) * share)
            case plan.EnumerateListNode():
                return LIST_LENGTH
            case plan.TraversalNode() | plan.EnumeratePathsNode() | plan.ShortestPathNode():
                return TRAVERSAL_PATHS
            case _:
                return 1.0

    def _shown(self, node: Node) -> dict[str, Any]:
        match node:
            case plan.FilterNode(condition=value) | plan.ReturnNode(value=value):
                return {"inVariable": self._value(value)}
            case plan.CalculationNode(variable=variable, value=value):
                return _calculation(variable, value)
            case plan.SubqueryNode(variable=variable, value=value):
                return {"outVariable": variable_json(variable), **self._subquery(value)}
            case plan.LimitNode():
                return _limit(node)
            case plan.ModificationNode():
                return self._modification(node)
            case _:
                return self._ordering(node)

    def _ordering(self, node: Node) -> dict[str, Any]:
        match node:
            case plan.SortNode():
                return self._sort(node)
            case plan.CollectNode():
                return self._collect(node)
            case plan.WindowNode(aggregates=aggregates):
                return {"aggregates": [self._aggregate(call) for call in aggregates]}
            case _:
                return self._loop(node)

    def _subquery(self, value: SubqueryExpression) -> dict[str, Any]:
        assert value.plan is not None  # noqa: S101  the planner has set it
        return {
            "subquery": {"nodes": self._explainer.listing(value.plan)},
            "isConst": not plan.used(value),
        }

    def _loop(self, node: Node) -> dict[str, Any]:
        match node:
            case plan.EnumerateCollectionNode(variable=variable, collection=name):
                return {"collection": name, "outVariable": variable_json(variable)}
            case plan.EnumerateListNode(variable=variable, source=source):
                return {"inVariable": self._value(source), "outVariable": variable_json(variable)}
            case plan.IndexNode():
                return self._index(node)
            case plan.EnumerateNearVectorNode():
                return {
                    "collection": node.collection,
                    "oldDocumentVariable": variable_json(node.variable),
                    "distanceOutVariable": variable_json(node.distance),
                    "index": self._explainer.index(node.collection, node.index),
                    "limit": _constant(node.count),
                }
            case plan.TraversalNode() | plan.ShortestPathNode() | plan.EnumeratePathsNode():
                return _graph(node)
            case _:
                return {}

    def _index(self, node: plan.IndexNode) -> dict[str, Any]:
        condition = node.condition
        return {
            "collection": node.collection,
            "outVariable": variable_json(node.variable),
            "indexes": [self._explainer.index(node.collection, node.index)],
            "condition": {
                "fields": list(node.fields),
                "equal": [expression_json(value) for value in condition.equal],
                "low": None if condition.low is None else expression_json(condition.low),
                "high": None if condition.high is None else expression_json(condition.high),
            },
            "ascending": not node.reverse,
            "reverse": node.reverse,
        }

    def _sort(self, node: plan.SortNode) -> dict[str, Any]:
        elements = [
            {"inVariable": self._value(key.value), "ascending": not key.descending}
            for key in node.keys
        ]
        heap = node.limit is not None
        return {
            "elements": elements,
            "stable": True,
            "limit": _constant(node.limit) if node.limit is not None else 0,
            "strategy": "constrained-heap" if heap else "standard",
        }

    def _collect(self, node: plan.CollectNode) -> dict[str, Any]:
        groups = [
            {"outVariable": variable_json(group.variable), "inVariable": self._value(group.value)}
            for group in node.groups
        ]
        into = {} if node.into is None else {"outVariable": variable_json(node.into)}
        return {
            "groups": groups,
            "aggregates": [self._aggregate(call) for call in node.aggregates],
            "collectOptions": {"method": node.method},
            "isDistinctCommand": node.method == "distinct",
            **into,
        }

    def _aggregate(self, call: plan.AggregateCall) -> dict[str, Any]:
        argument = {} if call.argument is None else {"inVariable": self._value(call.argument)}
        return {
            "outVariable": variable_json(call.variable),
            "type": call.function,
            **argument,
        }

    def _modification(self, node: plan.ModificationNode) -> dict[str, Any]:
        shown: dict[str, Any] = {"collection": node.collection, "modificationFlags": node.options}
        for name, variable in (("outVariableOld", node.old), ("outVariableNew", node.new)):
            if variable is not None:
                shown[name] = variable_json(variable)
        match node:
            case plan.UpsertNode(search=search):
                shown |= self._subquery(search)
            case plan.InsertNode(document=value) | plan.RemoveNode(key=value):
                shown["inVariable"] = self._value(value)
            case plan.UpdateNode(key=key, patch=patch) | plan.ReplaceNode(key=key, patch=patch):
                shown["inDocVariable"] = self._value(patch)
                if key is not None:
                    shown["inKeyVariable"] = self._value(key)
            case _:
                pass
        return shown


def _calculation(variable: plan.Variable, value: Expression) -> dict[str, Any]:
    return {
        "outVariable": variable_json(variable),
        "expression": expression_json(value),
        "expressionType": "json" if isinstance(value, Constant) else "simple",
    }


def _constant(value: Expression | None) -> Any:
    return value.value if isinstance(value, Constant) else None


def _limit(node: plan.LimitNode) -> dict[str, Any]:
    offset = 0 if node.offset is None else _constant(node.offset)
    return {"offset": offset, "limit": _constant(node.count), "fullCount": node.full_count}


def _graph(
    node: plan.TraversalNode | plan.ShortestPathNode | plan.EnumeratePathsNode,
) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "graph": _constant(node.edges.graph) if node.edges.graph is not None else None,
        "edgeCollections": [name for name, _ in node.edges.collections],
        "directions": [direction for _, direction in node.edges.collections],
        "defaultDirection": node.edges.direction,
        "options": node.options,
    }
    for name, value in (
        ("vertexOutVariable", getattr(node, "vertex", None)),
        ("edgeOutVariable", getattr(node, "edge", None)),
        ("pathOutVariable", getattr(node, "path", None)),
    ):
        if value is not None:
            shown[name] = variable_json(value)
    return shown
