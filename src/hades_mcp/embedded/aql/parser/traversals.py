"""The graph forms of FOR: traversal, SHORTEST_PATH and its kin."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from hades_mcp.embedded.aql.clauses import (
    Direction,
    EdgeSource,
    NamePattern,
    PathKind,
    PathSearch,
    Pattern,
    Traversal,
)
from hades_mcp.embedded.aql.nodes import Constant, Expression, Name, Node, Parameter
from hades_mcp.embedded.aql.parser.expressions import expression, object_literal
from hades_mcp.embedded.aql.tokens import IDENTIFIER, PARAMETER, SOURCE_PARAMETER, STRING

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.parser.cursor import Cursor

_DIRECTIONS = frozenset({"OUTBOUND", "INBOUND", "ANY"})
_PATHS = frozenset({"SHORTEST_PATH", "ALL_SHORTEST_PATHS", "K_SHORTEST_PATHS", "K_PATHS"})
_MOST_NAMES = {"SHORTEST_PATH": 2}


def is_graph_start(cursor: Cursor) -> bool:
    """Tell whether a direction is at hand, as after IN in a traversal."""
    return cursor.kind in _DIRECTIONS


def for_graph(
    cursor: Cursor, targets: list[Pattern], steps: Expression | None, at: int
) -> Traversal | PathSearch:
    """Parse a traversal or a path search from its direction on.

    Args:
        cursor: At the direction.
        targets: What stands between FOR and IN.
        steps: The depths, if given.
        at: Where FOR stands.
    """
    names = tuple(_name(cursor, target) for target in targets)
    direction = _direction(cursor)
    if cursor.kind in _PATHS:
        return _path_search(cursor, names, direction, steps, at)
    if len(names) > 3:  # noqa: PLR2004  vertex, edge, path
        cursor.fail(targets[3].at, "syntax error, too many variables for a traversal")
    start = expression(cursor)
    graph, edges = _subject(cursor)
    prune, prune_name = _prune(cursor)
    options = object_literal(cursor) if cursor.accept_word("OPTIONS") else None
    return Traversal(
        names, direction, start, steps, graph, edges, prune, prune_name, options, at=at
    )


def _path_search(
    cursor: Cursor,
    names: tuple[str, ...],
    direction: Direction,
    steps: Expression | None,
    at: int,
) -> PathSearch:
    kind = cast("PathKind", cursor.advance().kind)
    if len(names) > _MOST_NAMES.get(kind, 1):
        cursor.fail(at, f"syntax error, too many variables for {kind}")
    if steps is not None and kind != "K_PATHS":
        cursor.fail(steps.at, f"syntax error, unexpected range of depths for {kind}")
    start = expression(cursor)
    if not cursor.accept_word("TO"):
        cursor.unexpected()
    target = expression(cursor)
    graph, edges = _subject(cursor)
    options = object_literal(cursor) if cursor.accept_word("OPTIONS") else None
    return PathSearch(kind, names, direction, start, target, steps, graph, edges, options, at=at)


def _name(cursor: Cursor, target: Pattern) -> str:
    if not isinstance(target, NamePattern):
        cursor.fail(target.at, "syntax error, unexpected pattern as a variable of a graph query")
    return target.name


def _direction(cursor: Cursor) -> Direction:
    return cast("Direction", cursor.advance().kind.lower())


def _subject(cursor: Cursor) -> tuple[Expression | None, tuple[EdgeSource, ...]]:
    if cursor.accept("GRAPH"):
        token = cursor.token
        if token.kind not in {IDENTIFIER, STRING, PARAMETER}:
            cursor.unexpected()
        cursor.advance()
        if token.kind == PARAMETER:
            return Parameter(token.value, at=token.at), ()
        return Constant(token.value, at=token.at), ()
    edges = [_edge_source(cursor)]
    while cursor.accept(","):
        edges.append(_edge_source(cursor))
    return None, tuple(edges)


def _edge_source(cursor: Cursor) -> EdgeSource:
    direction = _direction(cursor) if cursor.kind in _DIRECTIONS else None
    token = cursor.token
    if token.kind not in {IDENTIFIER, STRING, SOURCE_PARAMETER}:
        cursor.unexpected()
    cursor.advance()
    collection: Node
    if token.kind == SOURCE_PARAMETER:
        collection = Parameter(token.value, collection=True, at=token.at)
    else:
        collection = Name(token.value, at=token.at)
    return EdgeSource(collection, direction, at=token.at)


def _prune(cursor: Cursor) -> tuple[Expression | None, str | None]:
    if not cursor.accept_word("PRUNE"):
        return None, None
    name = None
    if cursor.kind == IDENTIFIER and cursor.ahead().kind == "=":
        name = cursor.advance().value
        cursor.advance()
    return expression(cursor), name
