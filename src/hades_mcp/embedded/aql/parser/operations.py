"""The operations of a query, one after another, up to its RETURN or its data modification."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql import clauses
from hades_mcp.embedded.aql.nodes import Expression, Name, Node, ObjectLiteral, Parameter
from hades_mcp.embedded.aql.parser.collecting import collect, window
from hades_mcp.embedded.aql.parser.expressions import expression, object_literal
from hades_mcp.embedded.aql.parser.modifications import insert, remove, update, upsert
from hades_mcp.embedded.aql.parser.patterns import pattern
from hades_mcp.embedded.aql.parser.traversals import for_graph, is_graph_start
from hades_mcp.embedded.aql.tokens import IDENTIFIER, PARAMETER, SOURCE_PARAMETER, STRING

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.parser.cursor import Cursor


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
            if isinstance(operation, clauses.Return):
                return tuple(found)


def with_collections(cursor: Cursor) -> tuple[Expression, ...]:
    """Parse `WITH a, b` if the query starts with it."""
    if not cursor.accept("WITH"):
        return ()
    found = [_collection(cursor)]
    while cursor.accept(",") or cursor.kind in {IDENTIFIER, SOURCE_PARAMETER}:
        found.append(_collection(cursor))
    return tuple(found)


def _collection(cursor: Cursor) -> Expression:
    token = cursor.token
    if token.kind == IDENTIFIER:
        return Name(cursor.advance().value, at=token.at)
    return Parameter(cursor.expect(SOURCE_PARAMETER).value, collection=True, at=token.at)


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
        cursor.unexpected()
    search = expression(cursor) if cursor.accept_word("SEARCH") else None
    return (clauses.For(targets[0], source, search, _options(cursor), at=at),)


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
    if cursor.kind in {PARAMETER, STRING}:
        return clauses.SortItem(value, direction=expression(cursor), at=at)
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
