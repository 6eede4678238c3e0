"""COLLECT and WINDOW with their AGGREGATE, INTO, KEEP and WITH COUNT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.clauses import Assignment, Collect, NamePattern, Window
from hades_mcp.embedded.aql.nodes import Expression, Name, Node, walk
from hades_mcp.embedded.aql.parser.expressions import expression, object_literal
from hades_mcp.embedded.aql.tokens import IDENTIFIER

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.parser.cursor import Cursor


def collect(cursor: Cursor) -> tuple[Node, ...]:
    """Parse COLLECT in all its forms."""
    at = cursor.expect("COLLECT").at
    groups = _assignments(cursor) if _at_assignment(cursor) else ()
    aggregates: tuple[Assignment, ...] = ()
    count = into = None
    into_value: Expression | None = None
    keep: tuple[NamePattern, ...] | None = None
    if cursor.kind == "WITH":
        count = _with_count(cursor)
    else:
        if cursor.accept("AGGREGATE"):
            aggregates = _assignments(cursor)
        if cursor.accept("INTO"):
            into, into_value = _into(cursor, groups + aggregates)
            if into_value is None and cursor.accept_word("KEEP"):
                keep = _keep(cursor)
        if not groups and not aggregates and into is None:
            cursor.unexpected()
    options = object_literal(cursor) if cursor.accept_word("OPTIONS") else None
    return (Collect(groups, aggregates, into, into_value, keep, count, options, at=at),)


def _at_assignment(cursor: Cursor) -> bool:
    return cursor.kind == IDENTIFIER and cursor.ahead().kind == "="


def _assignments(cursor: Cursor) -> tuple[Assignment, ...]:
    found = [_assignment(cursor)]
    while cursor.accept(","):
        found.append(_assignment(cursor))
    return tuple(found)


def _assignment(cursor: Cursor) -> Assignment:
    token = cursor.expect_name()
    cursor.expect("=")
    return Assignment(token.value, expression(cursor), at=token.at)


def _with_count(cursor: Cursor) -> str:
    cursor.expect("WITH")
    if not cursor.accept_word("COUNT"):
        cursor.unexpected()
    cursor.expect("INTO")
    name: str = cursor.expect_name().value
    return name


def _into(cursor: Cursor, before: tuple[Assignment, ...]) -> tuple[str, Expression | None]:
    name: str = cursor.expect_name().value
    if not cursor.accept("="):
        return name, None
    value = expression(cursor)
    assigned = {item.name for item in before}
    for node in walk(value):
        if isinstance(node, Name) and node.name in assigned:
            cursor.fail(node.at, f"use of COLLECT variable '{node.name}' in its own INTO")
    return name, value


def _keep(cursor: Cursor) -> tuple[NamePattern, ...]:
    found: list[NamePattern] = []
    while True:
        token = cursor.expect_name()
        found.append(NamePattern(token.value, at=token.at))
        if not cursor.accept(","):
            return tuple(found)


def window(cursor: Cursor) -> tuple[Node, ...]:
    """Parse WINDOW over rows, `{preceding, following}`, or over values, `value WITH {…}`."""
    at = cursor.expect("WINDOW").at
    value = None
    if cursor.kind == "{" and not _is_value(cursor):
        bounds = object_literal(cursor)
    else:
        value = expression(cursor)
        cursor.expect("WITH")
        bounds = object_literal(cursor)
    cursor.expect("AGGREGATE")
    return (Window(value, bounds, _assignments(cursor), at=at),)


def _is_value(cursor: Cursor) -> bool:
    """Tell whether the object literal at hand is the value before WITH, not the bounds."""
    depth, distance = 0, 0
    while True:
        kind = cursor.ahead(distance).kind
        depth += {"{": 1, "}": -1}.get(kind, 0)
        distance += 1
        if depth == 0 or kind == "end of query string":
            return cursor.ahead(distance).kind != "AGGREGATE"
