"""Rule `handle-arangosearch-views`: scores and offsets become values of the loop over the view."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import (
    Call,
    Node,
    SubqueryExpression,
    VariableReference,
    rebuild,
)
from hades_mcp.embedded.aql.plan import EnumerateViewNode, Score, used

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.plan import Variable
    from hades_mcp.embedded.aql.rules.optimizer import Nodes, Optimization

SCORERS = frozenset({"BM25", "TFIDF"})
OFFSETS = "OFFSET_INFO"


def handle_arangosearch_views(nodes: Nodes, optimization: Optimization) -> Nodes:
    """Let each loop over a view compute the scores, and hand out the matches, that follow it."""
    found = list(nodes)
    for position, node in enumerate(nodes):
        if isinstance(node, EnumerateViewNode):
            uses = _Uses(node.variable, optimization, list(node.scores), node.matches)
            later = [uses.change(each) for each in found[position + 1 :]]
            view = replace(
                node,
                scores=tuple(uses.scores),
                matches=uses.matches,
                materialized=any(node.variable in used(each) for each in later),
            )
            found[position:] = [view, *later]
    return tuple(found)


class _Uses:
    """What later nodes ask of one document variable."""

    def __init__(
        self,
        variable: Variable,
        optimization: Optimization,
        scores: list[Score],
        matches: Variable | None,
    ) -> None:
        self._variable = variable
        self._optimization = optimization
        self.scores = scores
        self.matches = matches

    def change(self, node: Node) -> Node:
        """Replace the calls in a node, subqueries included."""
        match node:
            case Call(name=name, arguments=(VariableReference(variable=variable), *rest)) if (
                variable == self._variable
            ):
                if name in SCORERS:
                    return VariableReference(self._score(node), at=node.at)
                if name == OFFSETS:
                    paths = tuple(self.change(each) for each in rest)
                    return replace(node, arguments=(self._handle(), *paths))
            case SubqueryExpression(plan=plan) if plan is not None:
                nodes = tuple(self.change(each) for each in plan.nodes)
                return replace(node, plan=replace(plan, nodes=nodes))
        return rebuild(node, self.change)

    def _score(self, call: Call) -> Variable:
        for score in self.scores:
            if score.call == call:
                return score.variable
        score = Score(self._optimization.variable(), call)
        self.scores.append(score)
        return score.variable

    def _handle(self) -> VariableReference:
        if self.matches is None:
            self.matches = self._optimization.variable()
        return VariableReference(self.matches)
