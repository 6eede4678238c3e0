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
from hades_mcp.embedded.aql.parser.expressions import expression, object_literal, options
from hades_mcp.embedded.aql.tokens import (
    IDENTIFIER,
    PARAMETER,
    SOURCE_PARAMETER,
    STRING,
    describe,
)

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.parser.cursor import Cursor

_DIRECTIONS = frozenset({"OUTBOUND", "INBOUND", "ANY"})
_PATHS = frozenset({"SHORTEST_PATH", "ALL_SHORTEST_PATHS", "K_SHORTEST_PATHS", "K_PATHS"})
_TOO_MANY_NAMES = "Traversals only have one, two or three return variables"


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
    direction = _direction(cursor)
    if cursor.kind in _PATHS:
        return _path_search(cursor, targets, direction, steps, at)
    start = expression(cursor)
    graph, edges = _subject(cursor)
    names = _names(cursor, targets, "Traversal")
    if len(names) > 3:  # noqa: PLR2004  vertex, edge, path
        cursor.fail(cursor.token.at, _TOO_MANY_NAMES)
    prune, prune_name = _prune(cursor)
    return Traversal(
        names,
        direction,
        start,
        steps,
        graph,
        edges,
        prune,
        prune_name,
        object_literal(cursor) if cursor.accept_word("OPTIONS") else None,
        at=at,
    )


def _path_search(
    cursor: Cursor,
    targets: list[Pattern],
    direction: Direction,
    steps: Expression | None,
    at: int,
) -> PathSearch:
    kind = cast("PathKind", cursor.advance().kind)
    if steps is not None and kind != "K_PATHS":
        message = f"syntax error, unexpected {describe(kind)}"
        cursor.fail(cursor.behind.at, message)
    start = expression(cursor)
    word = cursor.then(IDENTIFIER).value
    target = expression(cursor)
    graph, edges = _subject(cursor)
    given = options(cursor)
    if word.upper() != "TO":
        cursor.unexpected_word(word, "'TO'")
    names = _names(cursor, targets, kind)
    if len(names) > (2 if kind == "SHORTEST_PATH" else 1):
        most = "must have one or two" if kind == "SHORTEST_PATH" else "only has one"
        plural = "variables" if kind == "SHORTEST_PATH" else "variable"
        cursor.fail(cursor.token.at, f"{kind} {most} return {plural}")
    return PathSearch(kind, names, direction, start, target, steps, graph, edges, given, at=at)


def _names(cursor: Cursor, targets: list[Pattern], kind: str) -> tuple[str, ...]:
    names = tuple(target.name for target in targets if isinstance(target, NamePattern))
    if len(names) < len(targets):
        message = f"{kind} does not support array/object destructuring"
        cursor.fail(cursor.token.at, message)
    return names


def _direction(cursor: Cursor) -> Direction:
    return cast("Direction", cursor.advance().kind.lower())


def _subject(cursor: Cursor) -> tuple[Expression | None, tuple[EdgeSource, ...]]:
    if cursor.accept("GRAPH"):
        token = cursor.token
        if token.kind not in {IDENTIFIER, STRING, PARAMETER, SOURCE_PARAMETER}:
            cursor.unexpected()
        cursor.advance()
        if token.kind in {PARAMETER, SOURCE_PARAMETER}:
            source = token.kind == SOURCE_PARAMETER
            return Parameter(token.value, collection=source, at=token.at), ()
        return Constant(token.value, at=token.at), ()
    edges = [_edge_source(cursor)]
    while cursor.accept(","):
        edges.append(_edge_source(cursor))
    return None, tuple(edges)


def _edge_source(cursor: Cursor) -> EdgeSource:
    direction = _direction(cursor) if cursor.kind in _DIRECTIONS else None
    token = cursor.token
    if token.kind not in {IDENTIFIER, PARAMETER, SOURCE_PARAMETER}:
        cursor.unexpected()
    cursor.advance()
    collection: Node
    if token.kind != IDENTIFIER:
        collection = Parameter(token.value, collection=True, at=token.at)
    else:
        collection = Name(token.value, at=token.at)
    return EdgeSource(collection, direction, at=token.at)


def _prune(cursor: Cursor) -> tuple[Expression | None, str | None]:
    if cursor.kind != IDENTIFIER or cursor.at_word("OPTIONS"):
        return None, None
    word, name = cursor.advance().value, None
    if cursor.kind == IDENTIFIER and cursor.ahead().kind == "=":
        name = cursor.advance().value
        cursor.advance()
    condition = expression(cursor)
    if word.upper() != "PRUNE":
        cursor.unexpected_word(word, "'PRUNE' or 'OPTIONS'")
    return condition, name
