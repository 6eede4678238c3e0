"""COLLECT and WINDOW with their AGGREGATE, INTO, KEEP and WITH COUNT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.clauses import Assignment, Collect, NamePattern, Window
from hades_mcp.embedded.aql.nodes import Expression, Name, Node, walk
from hades_mcp.embedded.aql.parser.expressions import expression, object_literal, options
from hades_mcp.embedded.aql.tokens import END, IDENTIFIER

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
        if not groups and not aggregates:
            cursor.unexpected()
        if cursor.accept("INTO"):
            into, into_value = _into(cursor, groups + aggregates)
        if not aggregates and cursor.kind == IDENTIFIER and cursor.ahead().kind != "{":
            keep = _keep(cursor, into)
    return (Collect(groups, aggregates, into, into_value, keep, count, options(cursor), at=at),)


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
    word = cursor.expect_name().value
    cursor.expect("INTO")
    name: str = cursor.expect_name().value
    if word.upper() != "COUNT":
        cursor.unexpected_word(word, "'COUNT'", behind=True)
    return name


def _into(cursor: Cursor, before: tuple[Assignment, ...]) -> tuple[str, Expression | None]:
    name: str = cursor.expect_name().value
    if not cursor.accept("="):
        return name, None
    value = expression(cursor)
    assigned = {item.name for item in before}
    for node in walk(value):
        if isinstance(node, Name) and node.name in assigned:
            message = f"use of COLLECT variable '{node.name}' inside same COLLECT's expression"
            cursor.fail(cursor.token.at, message)
    return name, value


def _keep(cursor: Cursor, into: str | None) -> tuple[NamePattern, ...]:
    word = cursor.advance().value
    if word.upper() != "KEEP":
        cursor.unexpected_word(word, "'KEEP'", behind=True)
    if into is None:
        cursor.fail(cursor.token.at, "use of 'KEEP' without 'INTO'")
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
        cursor.then("WITH")
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
        if depth == 0 or kind == END:
            return cursor.ahead(distance).kind != "AGGREGATE"
