"""The plan of a query: ArangoDB's execution nodes, first to last, as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from hades_mcp.embedded.aql.nodes import (
    Call,
    Expansion,
    Expression,
    Node,
    Question,
    SubqueryExpression,
    VariableReference,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.aql.clauses import Direction, PathKind

Options: TypeAlias = dict[str, Any]
"""The constants of an OPTIONS object."""
IndexKind: TypeAlias = Literal["primary", "edge", "persistent", "mdi"]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a query.

    Attributes:
        id: Unique in the query; also the place of its value in a row.
        name: As written, or a number for one the planner made.
        user: Whether the query names it.
    """

    id: int
    name: str
    user: bool = True


@dataclass(frozen=True, slots=True)
class Subplan:
    """The plan of a whole query or of a subquery."""

    nodes: tuple[Node, ...]
    modifies: bool = False


@dataclass(frozen=True, slots=True)
class SingletonNode(Node):
    """One row to start with."""


@dataclass(frozen=True, slots=True)
class NoResultsNode(Node):
    """No row at all, where the optimizer knows that a condition is never true."""


@dataclass(frozen=True, slots=True)
class EnumerateCollectionNode(Node):
    """Each document of a collection, in no defined order; `projections` as in an IndexNode."""

    variable: Variable
    collection: str
    options: Options = field(default_factory=dict)
    projections: tuple[Projection, ...] = ()


@dataclass(frozen=True, slots=True)
class Score(Node):
    """A score that a loop over a view computes: a call of BM25() or TFIDF()."""

    variable: Variable
    call: Call


@dataclass(frozen=True, slots=True)
class EnumerateViewNode(Node):
    """Each document of a view that a search expression finds, with its scores.

    Attributes:
        condition: The search expression; it reads `variable` itself.
        matches: Takes what OFFSET_INFO() needs to know of a match.
        materialized: False where the documents are not read, for nothing reads the variable.
        order: Scores to sort by; only the first `limit` after `limit_offset` are found then.
    """

    variable: Variable
    view: str
    condition: Expression | None
    options: Options = field(default_factory=dict)
    scores: tuple[Score, ...] = ()
    matches: Variable | None = None
    materialized: bool = True
    order: tuple[SortKey, ...] = ()
    limit: Expression | None = None
    limit_offset: Expression | None = None


@dataclass(frozen=True, slots=True)
class InvertedIndexNode(Node):
    """Documents of a collection that an inverted index finds: all that satisfy the condition."""

    variable: Variable
    collection: str
    index: str
    condition: Expression
    options: Options = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnumerateListNode(Node):
    """Each element of an array."""

    variable: Variable
    source: Expression


@dataclass(frozen=True, slots=True)
class Span(Node):
    """The bounds of one dimension of a box, as a query has them; None for no bound."""

    low: Expression | None = None
    low_inclusive: bool = True
    high: Expression | None = None
    high_inclusive: bool = True


@dataclass(frozen=True, slots=True)
class IndexCondition(Node):
    """What is looked up: values the leading fields equal, then a range of the next field.

    Attributes:
        equal: One expression per leading field.
        many: Which of `equal` are arrays, each of whose elements is looked up.
        low: Lower bound of the field after those.
        low_inclusive: Whether the bound itself qualifies.
        high: Upper bound.
        high_inclusive: Whether the bound itself qualifies.
        box: Bounds of each of the fields after `equal`, in a multi-dimensional index.
    """

    equal: tuple[Expression, ...] = ()
    many: tuple[int, ...] = ()
    low: Expression | None = None
    low_inclusive: bool = True
    high: Expression | None = None
    high_inclusive: bool = True
    box: tuple[Span, ...] = ()

    @property
    def restricts(self) -> bool:
        """Whether anything is asked for: else all of the index is read."""
        return bool(self.equal or self.box) or self.low is not None or self.high is not None


@dataclass(frozen=True, slots=True)
class IndexLookup(Node):
    """A further lookup of an IndexNode, in the same or in another index of the collection."""

    index: str
    kind: IndexKind
    fields: tuple[str, ...]
    condition: IndexCondition


@dataclass(frozen=True, slots=True)
class Projection(Node):
    """An attribute of a document, `path` from the outside in, given out as a variable."""

    path: tuple[str, ...]
    variable: Variable


@dataclass(frozen=True, slots=True)
class IndexNode(Node):
    """Documents found through an index, in its order: exactly those that satisfy the condition.

    Attributes:
        also: Further lookups, one per alternative of an OR; each document comes once.
        projections: What is given out instead of the document, unless there are none.
        produces: False where nothing reads the document: then there is none in its variable.
    """

    variable: Variable
    collection: str
    index: str
    kind: IndexKind
    fields: tuple[str, ...]
    condition: IndexCondition
    reverse: bool = False
    options: Options = field(default_factory=dict)
    also: tuple[IndexLookup, ...] = ()
    projections: tuple[Projection, ...] = ()
    produces: bool = True


@dataclass(frozen=True, slots=True)
class FilterNode(Node):
    """Only the rows whose condition is true."""

    condition: Expression


@dataclass(frozen=True, slots=True)
class CalculationNode(Node):
    """A value computed for each row."""

    variable: Variable
    value: Expression


@dataclass(frozen=True, slots=True)
class SubqueryNode(Node):
    """The array of results of a query run for each row."""

    variable: Variable
    value: SubqueryExpression


@dataclass(frozen=True, slots=True)
class SortKey(Node):
    """One criterion of a SortNode."""

    value: Expression
    descending: bool = False


@dataclass(frozen=True, slots=True)
class SortNode(Node):
    """All rows in order; with `limit` only the first so many are kept."""

    keys: tuple[SortKey, ...]
    limit: Expression | None = None
    limit_offset: Expression | None = None


@dataclass(frozen=True, slots=True)
class LimitNode(Node):
    """Some rows; with `full_count` the others are counted."""

    offset: Expression | None
    count: Expression
    full_count: bool = False


@dataclass(frozen=True, slots=True)
class AggregateCall(Node):
    """`variable = FUNCTION(argument)`; without an argument rows are counted."""

    variable: Variable
    function: str
    argument: Expression | None


@dataclass(frozen=True, slots=True)
class Grouping(Node):
    """`variable = value` of a COLLECT."""

    variable: Variable
    value: Expression


@dataclass(frozen=True, slots=True)
class CollectNode(Node):
    """Rows grouped by equal values.

    Attributes:
        groups: What to group by.
        aggregates: What to compute over the rows of a group.
        into: Takes the array of the rows of a group.
        into_value: What to keep of a row; None: an object of the `kept` variables.
        kept: Attribute names and variables of that object.
        method: `hash`, `distinct` for RETURN DISTINCT (no order), `count` for a plain count.
        sorted: Whether groups come in the order of their values.
        disable_index: Whether the groups may not be read from an index.
    """

    groups: tuple[Grouping, ...] = ()
    aggregates: tuple[AggregateCall, ...] = ()
    into: Variable | None = None
    into_value: Expression | None = None
    kept: tuple[VariableReference, ...] = ()
    method: Literal["hash", "distinct", "count"] = "hash"
    sorted: bool = True
    disable_index: bool = False


@dataclass(frozen=True, slots=True)
class WindowNode(Node):
    """Aggregates over a window that slides over the rows, or over the values of `range`."""

    range: Expression | None
    bounds: Expression
    aggregates: tuple[AggregateCall, ...]


@dataclass(frozen=True, slots=True)
class Edges(Node):
    """What a graph query follows: collections with directions, or all of a named graph.

    Attributes:
        graph: The name of the graph.
        collections: Edge collections and the direction each is followed in.
        direction: The direction of the edges of the graph.
    """

    graph: Expression | None
    collections: tuple[tuple[str, Direction], ...]
    direction: Direction


@dataclass(frozen=True, slots=True)
class PathCheck(Node):
    """A condition on a vertex or an edge of a path, the one at a depth or each of them.

    Attributes:
        variable: Takes the vertex or the edge while the condition is computed.
    """

    part: Literal["vertex", "edge"]
    depth: int | None
    condition: Expression
    variable: Variable


@dataclass(frozen=True, slots=True)
class TraversalNode(Node):
    """Every path from a start vertex: its last vertex, last edge, and the path itself.

    Attributes:
        fetch_vertex: False where the vertex is not read, for nothing reads its variable.
        checks: Conditions all paths satisfy; the walk does not go on where one is broken.
    """

    vertex: Variable
    edge: Variable | None
    path: Variable | None
    start: Expression
    steps: Expression | None
    edges: Edges
    prune: Expression | None
    prune_variable: Variable | None
    options: Options
    fetch_vertex: bool = True
    checks: tuple[PathCheck, ...] = ()


@dataclass(frozen=True, slots=True)
class ShortestPathNode(Node):
    """The vertices and edges of one shortest path."""

    vertex: Variable
    edge: Variable | None
    start: Expression
    target: Expression
    edges: Edges
    options: Options


@dataclass(frozen=True, slots=True)
class EnumeratePathsNode(Node):
    """Several paths between two vertices, one per row."""

    kind: PathKind
    path: Variable
    start: Expression
    target: Expression
    steps: Expression | None
    edges: Edges
    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class ModificationNode(Node):
    """What the nodes that write have in common."""

    collection: str
    options: Options
    old: Variable | None = None
    new: Variable | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertNode(ModificationNode):
    """Stores a document per row."""

    document: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateNode(ModificationNode):
    """Changes a document per row."""

    key: Expression | None
    patch: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceNode(ModificationNode):
    """Replaces a document per row."""

    key: Expression | None
    patch: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveNode(ModificationNode):
    """Removes a document per row."""

    key: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertNode(ModificationNode):
    """Changes the document the search finds, or stores one."""

    search: SubqueryExpression
    document: Expression
    patch: Expression
    replace: bool


@dataclass(frozen=True, slots=True)
class ReturnNode(Node):
    """The result of each row."""

    value: Expression


_SET = (
    *("variable", "distance", "into", "vertex", "edge", "path", "prune_variable"),
    *("old", "new", "matches"),
)
_SET_BY_PARTS = ["groups", "aggregates", "projections", "scores", "checks"]
_SETTING: dict[type[Node], tuple[list[str], list[str]]] = {}


def _setting(kind: type[Node]) -> tuple[list[str], list[str]]:
    """Return the fields of a kind of node that name variables it sets, and those of its parts."""
    if kind not in _SETTING:
        names = {each.name for each in fields(kind)}
        _SETTING[kind] = [n for n in _SET if n in names], [n for n in _SET_BY_PARTS if n in names]
    return _SETTING[kind]


def produced(node: Node) -> Iterator[Variable]:
    """Yield the variables a plan node sets."""
    own, parts = _setting(type(node))
    for name in own:
        value = getattr(node, name)
        if isinstance(value, Variable):
            yield value
    for name in parts:
        for item in getattr(node, name):
            yield item.variable


def used(node: Node) -> frozenset[Variable]:
    """Return the variables whose values an expression or a plan node reads."""
    found: set[Variable] = set()
    inner: set[Variable] = set()
    for part in walk(node):
        if isinstance(part, VariableReference):
            found.add(part.variable)
        elif isinstance(part, Expansion | Question) and part.variable is not None:
            inner.add(part.variable)
        elif isinstance(part, SubqueryExpression) and part.plan is not None:
            found |= used_in_plan(part.plan)
    found -= inner
    if not isinstance(node, VariableReference):
        found.difference_update(produced(node))  # PRUNE, UPSERT and searches read what they set
    return frozenset(found)


def used_in_plan(plan: Subplan) -> frozenset[Variable]:
    """Return the variables a subquery reads from outside itself."""
    found: set[Variable] = set()
    own: set[Variable] = set()
    for node in plan.nodes:
        found |= used(node)
        own.update(produced(node))
    return frozenset(found - own)
