"""What FOR and LET assign to: a name, or a pattern that takes an array or an object apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.clauses import ArrayPattern, NamePattern, ObjectPattern, Pattern
from hades_mcp.embedded.aql.tokens import IDENTIFIER, STRING

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.parser.cursor import Cursor


def pattern(cursor: Cursor) -> Pattern:
    """Parse a target of FOR or LET."""
    token = cursor.token
    if token.kind == "[":
        return _array(cursor)
    if token.kind == "{":
        return _object(cursor)
    if token.kind != IDENTIFIER:
        cursor.unexpected(IDENTIFIER, "{", "[")
    return NamePattern(cursor.advance().value, at=token.at)


def _array(cursor: Cursor) -> ArrayPattern:
    at = cursor.expect("[").at
    cursor.deeper()
    items: list[Pattern | None] = []
    while not cursor.accept("]"):
        if cursor.accept(","):
            items.append(None)
            continue
        items.append(pattern(cursor))
        if cursor.kind != "]":
            cursor.expect(",")
    cursor.higher()
    return ArrayPattern(tuple(items), at=at)


def _object(cursor: Cursor) -> ObjectPattern:
    at = cursor.expect("{").at
    cursor.deeper()
    names: list[str] = []
    items: list[Pattern] = []
    while not cursor.accept("}"):
        if cursor.accept(","):
            continue  # {a, , b} skips nothing, but may be written
        token = cursor.token
        if token.kind not in {IDENTIFIER, STRING}:
            cursor.unexpected()
        cursor.advance()
        names.append(token.value)
        if cursor.accept(":"):
            items.append(pattern(cursor))
        elif token.kind == STRING:
            cursor.unexpected(":")
        else:
            items.append(NamePattern(token.value, at=token.at))
        if cursor.kind != "}":
            cursor.expect(",")
    cursor.higher()
    return ObjectPattern(tuple(names), tuple(items), at=at)
