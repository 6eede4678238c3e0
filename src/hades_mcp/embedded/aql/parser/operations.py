"""The operations of a query, one after another, up to its RETURN or its data modification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql import clauses
from hades_mcp.embedded.aql.nodes import Expression, Name, Node, ObjectLiteral, Parameter
from hades_mcp.embedded.aql.parser.collecting import collect, window
from hades_mcp.embedded.aql.parser.cursor import too_much_nesting
from hades_mcp.embedded.aql.parser.expressions import UNARY, expression, object_literal
from hades_mcp.embedded.aql.parser.modifications import insert, remove, update, upsert
from hades_mcp.embedded.aql.parser.patterns import pattern
from hades_mcp.embedded.aql.parser.traversals import for_graph, is_graph_start
from hades_mcp.embedded.aql.tokens import (
    DOUBLE,
    IDENTIFIER,
    INTEGER,
    PARAMETER,
    SOURCE_PARAMETER,
    STRING,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.parser.cursor import Cursor

MAXIMUM_OPERATIONS = 4_000  # ArangoDB's `ExecutionPlan::maxPlanNodes`, about


def body(cursor: Cursor) -> tuple[Node, ...]:
    """Parse operations until the query, or the subquery, is complete.

    It ends with RETURN, or with a data modification after which no operation follows.
    """
    found: list[Node] = []
    while True:
        parse = _OPERATIONS.get(cursor.kind)
        if parse is None:
            if found and isinstance(found[-1], clauses.Modification):
                return tuple(found)
            cursor.unexpected()
        for operation in parse(cursor):
            found.append(operation)
            cursor.operations += 1
            if cursor.operations > MAXIMUM_OPERATIONS:
                raise too_much_nesting()
            if isinstance(operation, clauses.Return):
                return tuple(found)


def with_collections(cursor: Cursor) -> tuple[Expression, ...]:
    """Parse `WITH a, b` if the query starts with it."""
    if not cursor.accept("WITH"):
        return ()
    found = [_collection(cursor)]
    while cursor.accept(",") or cursor.kind in {IDENTIFIER, PARAMETER, SOURCE_PARAMETER}:
        found.append(_collection(cursor))
    return tuple(found)


def _collection(cursor: Cursor) -> Expression:
    token = cursor.token
    if token.kind == IDENTIFIER:
        return Name(cursor.advance().value, at=token.at)
    if token.kind not in {PARAMETER, SOURCE_PARAMETER}:
        cursor.unexpected()
    return Parameter(cursor.advance().value, collection=True, at=token.at)


def _for(cursor: Cursor) -> tuple[Node, ...]:
    at = cursor.expect("FOR").at
    targets = [pattern(cursor)]
    while cursor.accept(","):
        targets.append(pattern(cursor))
    cursor.expect("IN")
    if is_graph_start(cursor):
        return (for_graph(cursor, targets, None, at),)
    source = expression(cursor)
    if is_graph_start(cursor):
        return (for_graph(cursor, targets, source, at),)
    if len(targets) > 1:
        only = "Collections and views FOR loops only allow a single return variable"
        cursor.fail(cursor.token.at, only)
    search = _search(cursor, targets[0]) if cursor.at_word("SEARCH") else None
    if cursor.kind == IDENTIFIER and not cursor.at_word("OPTIONS"):
        word = cursor.advance().value
        expression(cursor)  # what ArangoDB reads before it looks at the word
        cursor.unexpected_word(word, "'SEARCH' or 'OPTIONS'" if search is None else "'OPTIONS'")
    return (clauses.For(targets[0], source, search, _options(cursor), at=at),)


def _search(cursor: Cursor, target: clauses.Pattern) -> Expression:
    cursor.advance()
    condition = expression(cursor)
    if not isinstance(target, clauses.NamePattern):
        cursor.fail(cursor.token.at, "SEARCH condition is incompatible with destructuring")
    return condition


def _options(cursor: Cursor) -> ObjectLiteral | None:
    return object_literal(cursor) if cursor.accept_word("OPTIONS") else None


def _let(cursor: Cursor) -> tuple[Node, ...]:
    cursor.expect("LET")
    found = [_assignment(cursor)]
    while cursor.accept(","):
        found.append(_assignment(cursor))
    return tuple(found)


def _assignment(cursor: Cursor) -> clauses.Let:
    at = cursor.token.at
    target = pattern(cursor)
    cursor.expect("=")
    return clauses.Let(target, expression(cursor), at=at)


def _filter(cursor: Cursor) -> tuple[Node, ...]:
    at = cursor.expect("FILTER").at
    return (clauses.Filter(expression(cursor), at=at),)


def _sort(cursor: Cursor) -> tuple[Node, ...]:
    at = cursor.expect("SORT").at
    items = [_sort_item(cursor)]
    while cursor.accept(","):
        items.append(_sort_item(cursor))
    return (clauses.Sort(tuple(items), at=at),)


def _sort_item(cursor: Cursor) -> clauses.SortItem:
    at = cursor.token.at
    value = expression(cursor)
    if cursor.kind in _DIRECTIONS:
        return clauses.SortItem(value, direction=expression(cursor, UNARY), at=at)
    if cursor.accept("DESC"):
        return clauses.SortItem(value, descending=True, at=at)
    cursor.accept("ASC")
    return clauses.SortItem(value, at=at)


def _limit(cursor: Cursor) -> tuple[Node, ...]:
    at = cursor.expect("LIMIT").at
    count = expression(cursor)
    if not cursor.accept(","):
        return (clauses.Limit(None, count, at=at),)
    return (clauses.Limit(count, expression(cursor), at=at),)


def _return(cursor: Cursor) -> tuple[Node, ...]:
    at = cursor.expect("RETURN").at
    distinct = cursor.accept("DISTINCT") is not None
    return (clauses.Return(expression(cursor), distinct, at=at),)


_DIRECTIONS = frozenset(
    {PARAMETER, SOURCE_PARAMETER, STRING, INTEGER, DOUBLE, "NULL", "TRUE", "FALSE"}
)
_OPERATIONS: dict[str, Callable[[Cursor], tuple[Node, ...]]] = {
    "FOR": _for,
    "LET": _let,
    "FILTER": _filter,
    "SORT": _sort,
    "LIMIT": _limit,
    "RETURN": _return,
    "COLLECT": collect,
    "WINDOW": window,
    "INSERT": insert,
    "UPDATE": update,
    "REPLACE": update,
    "REMOVE": remove,
    "UPSERT": upsert,
}
