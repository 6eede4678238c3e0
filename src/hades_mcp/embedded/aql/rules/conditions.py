"""What the rules ask of conditions: conjuncts, attribute paths, what may be evaluated earlier."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.geo_plan import GeoIndexNode
from hades_mcp.embedded.aql.nodes import (
    Attribute,
    Binary,
    Constant,
    Expansion,
    Expression,
    Index,
    Logical,
    Node,
    VariableReference,
)
from hades_mcp.embedded.aql.plan import (
    CalculationNode,
    EnumerateCollectionNode,
    EnumerateListNode,
    EnumerateViewNode,
    FilterNode,
    IndexNode,
    InvertedIndexNode,
    SingletonNode,
    SortNode,
    SubqueryNode,
    TraversalNode,
    Variable,
    produced,
    used,
)
from hades_mcp.embedded.aql.rules.effects import is_steady, modifies
from hades_mcp.embedded.aql.rules.substitution import substituted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MIRRORED = {"==": "==", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def conjuncts(condition: Expression) -> Iterator[Expression]:
    """Yield the conditions that must all hold for a condition to hold."""
    if isinstance(condition, Logical) and condition.operator == "AND":
        for operand in condition.operands:
            yield from conjuncts(operand)
    else:
        yield condition


def attribute_path(node: Expression, variable: Variable) -> str | None:
    """Return `a.b` for an expression that reads this attribute of a variable."""
    names = attribute_names(node, variable)
    # a name that holds a dot or a bracket is no path of an index
    if names is None or any("." in name or "[" in name for name in names):
        return None
    return ".".join(names)


def attribute_names(node: Expression, variable: Variable) -> tuple[str, ...] | None:
    """Return the names, from the outside in, for an expression that reads an attribute."""
    names: list[str] = []
    while True:
        match node:
            case Attribute(subject=subject, name=name):
                names.append(name)
                node = subject
            case Index(subject=subject, index=Constant(value=str(name)), bound=False):
                names.append(name)
                node = subject
            case VariableReference(variable=found) if found == variable and names:
                return tuple(reversed(names))
            case _:
                return None


def with_conditions(
    nodes: Sequence[Node], rewritten: Callable[[Expression], Expression]
) -> tuple[Node, ...]:
    """Return nodes with the conditions of their filters rewritten."""
    return tuple(
        replace(node, condition=rewritten(node.condition)) if isinstance(node, FilterNode) else node
        for node in nodes
    )


def runs_once(nodes: Sequence[Node]) -> bool:
    """Tell whether nodes give exactly one row."""
    return all(isinstance(node, SingletonNode | CalculationNode | SubqueryNode) for node in nodes)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A condition on an attribute of a document: `path operator value`.

    Attributes:
        path: The attribute.
        operator: ==, <, <=, >, >= or IN.
        value: What it is compared with; known before the document is read.
        source: The condition as the filter has it.
    """

    path: str
    operator: str
    value: Expression
    source: Expression


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the filters after a loop ask of its documents.

    Attributes:
        comparisons: Conditions that must all hold.
        alternatives: Conditions of the shape `A OR B` that must hold: the filter's condition, and
            the comparisons of each branch with the number of conditions the branch consists of.
    """

    comparisons: list[Comparison]
    alternatives: list[tuple[Expression, list[tuple[list[Comparison], int]]]]


class FiltersAfter:
    """The conditions that the filters after each loop of a plan ask for, found in one pass.

    A loop may check them as far as nothing between it and the filter cuts, groups or changes rows,
    and as far as they compare with what is known before the loop.

    Args:
        nodes: All nodes of a query or subquery.
    """

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._made: dict[Variable, int] = {}
        self._barriers: list[int] = []
        self._about: dict[Variable, list[tuple[int, Expression]]] = {}
        self._documents: dict[Variable, Variable] = {}
        self._paths: dict[Variable, dict[Variable, Expression]] = {}
        for position, node in enumerate(nodes):
            self._made.update((variable, position) for variable in produced(node))
            if isinstance(node, FilterNode):
                for condition in conjuncts(node.condition):
                    for variable in {self._documents.get(each, each) for each in used(condition)}:
                        self._about.setdefault(variable, []).append((position, condition))
            elif isinstance(node, CalculationNode):
                self._note_path(node)
            elif not lets_filters_pass(node):
                self._barriers.append(position)

    def _note_path(self, node: CalculationNode) -> None:
        """Note `LET x = d.a`: what is asked of x is asked of d."""
        found = node.value
        while isinstance(found, Attribute | Index):
            found = found.subject
        if isinstance(found, VariableReference):
            document = self._documents.get(found.variable, found.variable)
            paths = self._paths.setdefault(document, {})
            value = substituted(node.value, paths)
            if attribute_path(value, document) is not None:
                self._documents[node.variable] = document
                paths[node.variable] = value

    def about(self, position: int, variable: Variable) -> Iterator[Expression]:
        """Yield what is asked of a variable that the loop at a position sets."""
        barrier = bisect_right(self._barriers, position)
        end = self._barriers[barrier] if barrier < len(self._barriers) else None
        for at, condition in self._about.get(variable, ()):
            if at > position and (end is None or at < end):
                yield condition

    def is_known(self, value: Expression, position: int) -> bool:
        """Tell whether a value is there, and the same, before the loop at a position begins."""
        made = self._made
        return all(made.get(each, -1) < position for each in used(value)) and is_steady(value)

    def of(self, position: int, variable: Variable) -> Conditions:
        """Return the conditions that the loop over a variable at a position may check by itself."""
        reader = _Reader(self, position, variable, self._paths.get(variable, {}))
        found = Conditions([], [])
        for condition in self.about(position, variable):
            comparison = reader.comparison(condition)
            if comparison is not None:
                found.comparisons.append(comparison)
            elif isinstance(condition, Logical) and condition.operator == "OR":
                branches = [reader.branch(operand) for operand in condition.operands]
                found.alternatives.append((condition, branches))
        return found


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads conditions as comparisons of a document's attributes with what is known before."""

    filters: FiltersAfter
    position: int
    variable: Variable
    paths: dict[Variable, Expression]

    def comparison(self, condition: Expression) -> Comparison | None:
        """Read a condition as `attribute operator value`."""
        for path, operator, value in _readings(substituted(condition, self.paths), self.variable):
            if self.filters.is_known(value, self.position):
                return Comparison(path, operator, value, condition)
        return None

    def branch(self, condition: Expression) -> tuple[list[Comparison], int]:
        """Read one branch of an OR."""
        parts = list(conjuncts(condition))
        read = [self.comparison(part) for part in parts]
        return [comparison for comparison in read if comparison is not None], len(parts)


def lets_filters_pass(node: Node) -> bool:
    """Tell whether a condition that holds after a node may as well be checked before it."""
    if isinstance(node, SubqueryNode):
        return not modifies(node)
    return isinstance(
        node,
        EnumerateCollectionNode
        | EnumerateListNode
        | EnumerateViewNode
        | IndexNode
        | GeoIndexNode
        | InvertedIndexNode
        | TraversalNode
        | SortNode,
    )


def _members_path(node: Expression, variable: Variable) -> str | None:
    """Return `a[*].b` for the members of an array attribute; `a` alone in `x IN d.a` means them."""
    match node:
        case Expansion(
            subject=subject,
            levels=1,
            filter=None,
            count=None,
            projection=None,
            suffix=suffix,
            variable=Variable() as element,
        ):
            path = attribute_path(subject, variable)
            inner = None if suffix is None else attribute_path(suffix, element)
            if path is None or (suffix is not None and inner is None):
                return None
            return f"{path}[*]" if inner is None else f"{path}[*].{inner}"
    path = attribute_path(node, variable)
    return None if path is None else f"{path}[*]"


def _readings(condition: Node, variable: Variable) -> Iterator[tuple[str, str, Expression]]:
    if not isinstance(condition, Binary):
        return
    operator, left, right = condition.operator, condition.left, condition.right
    if operator == "IN":
        path = _members_path(right, variable)
        if path is not None:
            yield path, "==", left
    if operator == "IN" or operator in MIRRORED:
        path = attribute_path(left, variable)
        if path is not None:
            yield path, operator, right
    if operator in MIRRORED:
        path = attribute_path(right, variable)
        if path is not None:
            yield path, MIRRORED[operator], left
    if operator == "!=":
        yield from _something(left, right, variable)
        yield from _something(right, left, variable)


def _something(
    side: Node, other: Expression, variable: Variable
) -> Iterator[tuple[str, str, Expression]]:
    """Read `attribute != null` as `attribute > null`: nothing sorts before null."""
    path = attribute_path(side, variable)
    if path is not None and isinstance(other, Constant) and other.value is None:
        yield path, ">", other
