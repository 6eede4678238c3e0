"""The expressions of AQL as frozen dataclasses; each knows where in the query it starts."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from hades_mcp.embedded.values.stopping import step, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hades_mcp.embedded.aql.plan import Subplan, Variable

Quantifier: TypeAlias = Literal["ALL", "ANY", "NONE", "AT LEAST"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything in the syntax tree; `at` is its offset in the query text."""

    at: int = field(default=0, compare=False)


Expression: TypeAlias = Node
_Given = TypeVar("_Given", bound=Node)


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """A constant."""

    value: Any


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A name not yet resolved: a variable, or else a collection."""

    name: str


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    """`@name`; with `collection` it is `@@name`, and the name starts with @."""

    name: str
    collection: bool = False


@dataclass(frozen=True, slots=True)
class VariableReference(Node):
    """A name resolved to a variable."""

    variable: Variable


@dataclass(frozen=True, slots=True)
class CollectionReference(Node):
    """A name resolved to a collection."""

    name: str


@dataclass(frozen=True, slots=True)
class Element(Node):
    """The element an expansion `[*]` is at, where the text does not say CURRENT."""


@dataclass(frozen=True, slots=True)
class ArrayLiteral(Node):
    """`[a, b]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ObjectEntry(Node):
    """One attribute of an object literal; `key` is text, or an expression for `[key]: value`."""

    key: str | Expression
    value: Expression
    shorthand: bool = False


@dataclass(frozen=True, slots=True)
class ObjectLiteral(Node):
    """`{a: 1, [b]: 2, c}`."""

    entries: tuple[ObjectEntry, ...]


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """`subject.name`."""

    subject: Expression
    name: str


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`subject[index]`; with `bound` it was written `subject.@name`."""

    subject: Expression
    index: Expression
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Expansion(Node):
    """`subject[* FILTER … LIMIT … RETURN …]`, then `suffix` applied to each element."""

    subject: Expression
    levels: int
    filter: Expression | None = None
    offset: Expression | None = None
    count: Expression | None = None
    projection: Expression | None = None
    suffix: Expression | None = None
    variable: Variable | None = None


@dataclass(frozen=True, slots=True)
class Question(Node):
    """`subject[? quantifier FILTER …]`: how many elements satisfy the filter."""

    subject: Expression
    quantifier: Quantifier | Literal["RANGE"]
    low: Expression | None = None
    high: Expression | None = None
    filter: Expression | None = None
    variable: Variable | None = None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function call; names of user functions hold `::`."""

    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`+x`, `-x`, `NOT x`."""

    operator: Literal["+", "-", "NOT"]
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Arithmetic, comparison and `..`; see BINDING in the parser for the operators."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Logical(Node):
    """A chain of AND or of OR: one node however long, so that chains nest no deeper."""

    operator: Literal["AND", "OR"]
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ArrayComparison(Node):
    """`left ALL == right`."""

    quantifier: Quantifier
    operator: str
    left: Expression
    right: Expression
    least: Expression | None = None


@dataclass(frozen=True, slots=True)
class Ternary(Node):
    """`condition ? yes : no`; without `yes` it is `condition ?: no`."""

    condition: Expression
    yes: Expression | None
    no: Expression


@dataclass(frozen=True, slots=True)
class SubqueryExpression(Node):
    """A query in parentheses: `body` as parsed, `plan` once it is planned."""

    body: tuple[Node, ...] = ()
    plan: Subplan | None = None


_CHILD_FIELDS: dict[type[Node], tuple[str, ...]] = {}


def _child_fields(kind: type[Node]) -> tuple[str, ...]:
    names = _CHILD_FIELDS.get(kind)
    if names is None:
        names = tuple(f.name for f in fields(kind) if f.name not in {"at", "variable", "plan"})
        _CHILD_FIELDS[kind] = names
    return names


def children(node: Node) -> list[Node]:
    """Return the nodes directly below one, in the order of the text."""
    found: list[Node] = []
    for name in _child_fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, Node):
            found.append(value)
        elif type(value) is tuple:
            _gather(value, found)
    return found


def _gather(values: tuple[Any, ...], found: list[Node]) -> None:
    for value in values:
        if isinstance(value, Node):
            found.append(value)
        elif type(value) is tuple:
            _gather(value, found)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, parents first; plans of subqueries are not entered."""
    pending = [node]
    while pending:
        step()
        current = pending.pop()
        yield current
        pending.extend(reversed(children(current)))


def depth_of(nodes: Iterable[Node]) -> int:
    """Return how many levels there are from these nodes down to the lowest below them."""
    deepest, level = 0, list(nodes)
    while level:
        deepest += 1
        level = [child for node in watched(level) for child in children(node)]
    return deepest


def rebuild(node: _Given, change: Callable[[Node], Node]) -> _Given:
    """Return the node with `change` applied to each node directly below; itself if none changed."""
    step()
    changed: dict[str, Any] = {}
    for name in _child_fields(type(node)):
        old = getattr(node, name)
        new = _changed(old, change)
        if new is not old:
            changed[name] = new
    return replace(node, **changed) if changed else node


def _changed(value: Any, change: Callable[[Node], Node]) -> Any:
    if isinstance(value, Node):
        return change(value)
    if isinstance(value, tuple) and any(isinstance(item, Node | tuple) for item in value):
        # a list, as a generator would take C stack at each level of nesting
        items = tuple([_changed(item, change) for item in value])
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value
