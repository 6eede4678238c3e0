"""The operations of AQL (FOR, FILTER, COLLECT, INSERT …) as frozen dataclasses, as parsed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hades_mcp.embedded.aql.nodes import Expression, Node, ObjectLiteral

Direction: TypeAlias = Literal["outbound", "inbound", "any"]
PathKind: TypeAlias = Literal["SHORTEST_PATH", "ALL_SHORTEST_PATHS", "K_SHORTEST_PATHS", "K_PATHS"]


@dataclass(frozen=True, slots=True)
class NamePattern(Node):
    """A variable to assign to."""

    name: str


@dataclass(frozen=True, slots=True)
class ArrayPattern(Node):
    """`[a, , {b}]`: assigns elements by position, None skips one."""

    items: tuple[Pattern | None, ...]


@dataclass(frozen=True, slots=True)
class ObjectPattern(Node):
    """`{a, b: c}`: assigns attributes by name."""

    names: tuple[str, ...]
    items: tuple[Pattern, ...]


Pattern: TypeAlias = NamePattern | ArrayPattern | ObjectPattern


@dataclass(frozen=True, slots=True)
class For(Node):
    """`FOR target IN source SEARCH search OPTIONS options`."""

    target: Pattern
    source: Expression
    search: Expression | None = None
    options: ObjectLiteral | None = None


@dataclass(frozen=True, slots=True)
class EdgeSource(Node):
    """One edge collection of a graph query, with the direction if it has one of its own."""

    collection: Expression
    direction: Direction | None = None


@dataclass(frozen=True, slots=True)
class Traversal(Node):
    """`FOR v, e, p IN low..high OUTBOUND start GRAPH graph | edges PRUNE … OPTIONS …`."""

    names: tuple[str, ...]
    direction: Direction
    start: Expression
    steps: Expression | None = None
    graph: Expression | None = None
    edges: tuple[EdgeSource, ...] = ()
    prune: Expression | None = None
    prune_name: str | None = None
    options: ObjectLiteral | None = None


@dataclass(frozen=True, slots=True)
class PathSearch(Node):
    """`FOR p IN low..high OUTBOUND K_PATHS start TO target GRAPH graph | edges OPTIONS …`."""

    kind: PathKind
    names: tuple[str, ...]
    direction: Direction
    start: Expression
    target: Expression
    steps: Expression | None = None
    graph: Expression | None = None
    edges: tuple[EdgeSource, ...] = ()
    options: ObjectLiteral | None = None


@dataclass(frozen=True, slots=True)
class Let(Node):
    """`LET target = value`."""

    target: Pattern
    value: Expression


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`FILTER condition`."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class SortItem(Node):
    """One criterion of SORT; `direction` is an expression where it is a parameter or a string."""

    value: Expression
    descending: bool = False
    direction: Expression | None = None


@dataclass(frozen=True, slots=True)
class Sort(Node):
    """`SORT a, b DESC`."""

    items: tuple[SortItem, ...]


@dataclass(frozen=True, slots=True)
class Limit(Node):
    """`LIMIT offset, count`."""

    offset: Expression | None
    count: Expression


@dataclass(frozen=True, slots=True)
class Return(Node):
    """`RETURN DISTINCT value`."""

    value: Expression
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Assignment(Node):
    """`name = value` in COLLECT, AGGREGATE and WINDOW."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Collect(Node):
    """`COLLECT groups AGGREGATE aggregates INTO into = value KEEP keep | WITH COUNT INTO count`."""

    groups: tuple[Assignment, ...] = ()
    aggregates: tuple[Assignment, ...] = ()
    into: str | None = None
    into_value: Expression | None = None
    keep: tuple[NamePattern, ...] | None = None
    count: str | None = None
    options: ObjectLiteral | None = None


@dataclass(frozen=True, slots=True)
class Window(Node):
    """`WINDOW value WITH bounds AGGREGATE …`; without `value` the bounds count rows."""

    value: Expression | None
    bounds: ObjectLiteral
    aggregates: tuple[Assignment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Modification(Node):
    """What all data modifications share: the collection and the options."""

    collection: Expression
    options: ObjectLiteral | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Insert(Modification):
    """`INSERT document INTO collection`."""

    document: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(Modification):
    """`UPDATE key WITH patch IN collection`, or REPLACE; without a key the patch holds it."""

    key: Expression | None
    patch: Expression
    replace: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove(Modification):
    """`REMOVE key IN collection`."""

    key: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Upsert(Modification):
    """`UPSERT search | FILTER filter INSERT document UPDATE patch IN collection`, or REPLACE."""

    search: Expression | None
    filter: Expression | None
    document: Expression
    patch: Expression
    replace: bool = False


Clause: TypeAlias = (
    For
    | Traversal
    | PathSearch
    | Let
    | Filter
    | Sort
    | Limit
    | Return
    | Collect
    | Window
    | Insert
    | Update
    | Remove
    | Upsert
)


@dataclass(frozen=True, slots=True)
class Query(Node):
    """A whole query.

    Attributes:
        text: As it was written.
        clauses: Its operations.
        collections: What stands after WITH.
        depth: How deep it nests, and how many operations it has: rows pass through all of them.
        out_of_range: How many of its numbers are no doubles: each is null, and warned of.
    """

    text: str
    clauses: tuple[Node, ...]
    collections: tuple[Expression, ...] = field(default=())
    depth: int = 0
    out_of_range: int = 0
