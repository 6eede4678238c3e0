"""What may follow an operand: `.name`, `[index]`, `[*]`, `[**]` and `[?]`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, Protocol

from hades_mcp.embedded.aql.nodes import (
    Attribute,
    Call,
    Element,
    Expansion,
    Expression,
    Index,
    Parameter,
    Question,
)
from hades_mcp.embedded.aql.tokens import AT_LEAST, IDENTIFIER, PARAMETER

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.parser.cursor import Cursor

RANGE_BINDING = 8  # below `..`, so that the bounds of a quantifier are read one by one


class ExpressionParser(Protocol):
    """The expression parser, handed in because it calls this module."""

    def __call__(self, cursor: Cursor, minimum: int = 0) -> Expression: ...


def postfix(cursor: Cursor, subject: Expression, parse: ExpressionParser) -> Expression:
    """Parse the accesses that follow an operand; those after `[*]` apply to each element."""
    while True:
        if cursor.kind == ".":
            subject = _attribute(cursor, subject)
        elif cursor.kind == "[":
            subject = _brackets(cursor, subject, parse)
        else:
            return subject


def _attribute(cursor: Cursor, subject: Expression) -> Expression:
    at = cursor.expect(".").at
    token = cursor.advance() if cursor.kind in {IDENTIFIER, PARAMETER} else cursor.unexpected()
    if token.kind == PARAMETER:
        name = Parameter(token.value, at=token.at)
        return _extend(subject, lambda inner: Index(inner, name, bound=True, at=at))
    return _extend(subject, lambda inner: Attribute(inner, token.value, at=at))


def _brackets(cursor: Cursor, subject: Expression, parse: ExpressionParser) -> Expression:
    at = cursor.expect("[").at
    if cursor.kind == "*":
        return _expansion(cursor, subject, parse, at)
    if cursor.kind == "?":
        cursor.advance()
        question = _question(cursor, parse, at)
        return _extend(subject, lambda inner: replace(question, subject=inner))
    index = parse(cursor)
    cursor.expect("]")
    return _extend(subject, lambda inner: Index(inner, index, at=at))


def _extend(subject: Expression, access: Callable[[Expression], Expression]) -> Expression:
    """Apply an access to an operand, or within an expansion to each of its elements."""
    if isinstance(subject, Expansion):
        suffix = subject.suffix or Element(at=subject.at)
        return replace(subject, suffix=_extend(suffix, access))
    return access(subject)


def _expansion(
    cursor: Cursor, subject: Expression, parse: ExpressionParser, at: int
) -> Expression:
    levels = 0
    while cursor.accept("*"):
        levels += 1
    condition = parse(cursor) if cursor.accept("FILTER") else None
    offset = count = None
    if cursor.accept("LIMIT"):
        count = parse(cursor)
        if cursor.accept(","):
            offset, count = count, parse(cursor)
    projection = parse(cursor) if cursor.accept("RETURN") else None
    cursor.expect("]")
    new = Expansion(subject, levels, condition, offset, count, projection, at=at)
    if not isinstance(subject, Expansion):
        return new
    if levels > 1:  # ArangoDB evaluates the expansion on the left first, then flattens
        return replace(new, subject=Call("PASSTHRU", (subject,), at=at))
    return _extend(subject, lambda inner: replace(new, subject=inner))


def _question(cursor: Cursor, parse: ExpressionParser, at: int) -> Question:
    quantifier, low, high = _quantifier(cursor, parse)
    condition = parse(cursor) if cursor.accept("FILTER") else None
    if condition is None and low is not None:
        cursor.unexpected("FILTER")
    cursor.expect("]")
    return Question(Element(at=at), quantifier, low, high, condition, at=at)


def _quantifier(
    cursor: Cursor, parse: ExpressionParser
) -> tuple[
    Literal["ALL", "ANY", "NONE", "AT LEAST", "RANGE"], Expression | None, Expression | None
]:
    match cursor.kind:
        case "ALL" | "NONE" | "ANY" as kind:
            cursor.advance()
            return kind, None, None  # type: ignore[return-value]  # mypy keeps `kind` a str
        case "FILTER" | "]":
            return "ANY", None, None
        case other:
            at_least = other == AT_LEAST
    if at_least:
        cursor.advance()
        cursor.expect("(")
        low = parse(cursor)
        cursor.expect(")")
        return "AT LEAST", low, None
    low = parse(cursor, RANGE_BINDING)
    high = parse(cursor, RANGE_BINDING) if cursor.accept("..") else None
    return "RANGE", low, high
