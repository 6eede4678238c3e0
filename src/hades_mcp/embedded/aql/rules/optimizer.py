"""The optimizer: a loop over rules, each a function from plan nodes to plan nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from inspect import cleandoc
from typing import TYPE_CHECKING, Protocol, TypeAlias

from hades_mcp.embedded.aql.nodes import Node, SubqueryExpression, rebuild
from hades_mcp.embedded.aql.plan import Subplan, Variable
from hades_mcp.embedded.values.stopping import check

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Expression
    from hades_mcp.embedded.storage.indexes import Index

Nodes: TypeAlias = tuple[Node, ...]


class Schema(Protocol):
    """What the optimizer asks about collections."""

    def indexes(self, collection: str) -> Sequence[Index]:
        """Return the indexes of a collection."""

    def selectivity(self, collection: str, index: Index) -> float | None:
        """Return the share of an index's entries that differ, if there is an estimate."""

    def count(self, collection: str) -> int:
        """Return the number of documents of a collection."""


@dataclass(slots=True)
class Optimization:
    """One query being optimized.

    Attributes:
        schema: The indexes there are.
        width: Places a row needs; grows when a rule makes a variable.
        applied: Names of the rules that changed something.
        covered: Per loop the conditions of filters that its index guarantees.
    """

    schema: Schema
    width: int
    applied: list[str] = field(default_factory=list)
    covered: dict[Variable, tuple[Expression, ...]] = field(default_factory=dict)

    def variable(self) -> Variable:
        """Make a variable no name leads to."""
        self.width += 1
        return Variable(self.width - 1, str(self.width - 1), user=False)


Rule: TypeAlias = Callable[[Nodes, Optimization], Nodes]


@dataclass(frozen=True, slots=True)
class NamedRule:
    """A rule under ArangoDB's name for it; a required one cannot be switched off."""

    name: str
    apply: Rule
    required: bool = False

    @property
    def description(self) -> str:
        """What the rule does: the first lines of its documentation."""
        return cleandoc(self.apply.__doc__ or "").partition("\n\n")[0]


def optimize(plan: Subplan, rules: Sequence[NamedRule], optimization: Optimization) -> Subplan:
    """Apply rules in their order to a plan and to all subqueries in it."""
    nodes = tuple(_inside(node, rules, optimization) for node in plan.nodes)
    for rule in rules:
        check()()
        changed = rule.apply(nodes, optimization)
        if changed != nodes and rule.name not in optimization.applied:
            optimization.applied.append(rule.name)
        nodes = changed
    return replace(plan, nodes=nodes)


def _inside(node: Node, rules: Sequence[NamedRule], optimization: Optimization) -> Node:
    def change(child: Node) -> Node:
        if isinstance(child, SubqueryExpression) and child.plan is not None:
            return replace(child, plan=optimize(child.plan, rules, optimization))
        return rebuild(child, change)

    return rebuild(node, change)


def enabled(rules: Sequence[NamedRule], switches: Sequence[str]) -> list[NamedRule]:
    """Return the rules that are on, given switches such as `-all` and `+use-indexes`, in order."""
    on = {rule.name for rule in rules}
    for switch in switches:
        name = switch.lstrip("+-")
        named = {rule.name for rule in rules} if name == "all" else {name}
        on = on - named if switch.startswith("-") else on | named
    return [rule for rule in rules if rule.required or rule.name in on]
