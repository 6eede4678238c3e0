"""What may follow an operand: `.name`, `[index]`, `[*]`, `[**]` and `[?]`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from hades_mcp.embedded.aql.nodes import (
    Attribute,
    Call,
    Element,
    Expansion,
    Expression,
    Index,
    Parameter,
    Quantifier,
    Question,
)
from hades_mcp.embedded.aql.tokens import AT_LEAST, IDENTIFIER, PARAMETER

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.parser.cursor import Cursor

Access: TypeAlias = Callable[[Expression], Expression]
"""Applies `.name` and the like to an operand."""

QUANTIFIERS = frozenset({"ALL", "ANY", "NONE", AT_LEAST})
RANGE_BINDING = 8  # below `..`, so that the bounds of a quantifier are read one by one


class ExpressionParser(Protocol):
    """The expression parser, handed in because it calls this module."""

    def __call__(self, cursor: Cursor, minimum: int = 0) -> Expression:
        """Parse an expression of operators that bind more tightly than `minimum`."""


@dataclass(frozen=True, slots=True)
class Expanding:
    """`[*]` and `[**]`, ready to be applied to an array."""

    expansion: Expansion

    def __call__(self, subject: Expression) -> Expression:
        """Expand a subject."""
        return replace(self.expansion, subject=subject)

    def after(self, expanded: Expansion) -> Expression:
        """Expand what follows another expansion, the way ArangoDB's grammar.y does.

        `[*]` expands what the expansion gives for each of its elements; before `[**]` the whole
        expansion is evaluated, then flattened.
        """
        if self.expansion.levels > 1:
            return self(Call("PASSTHRU", (expanded,), at=expanded.at))
        return replace(expanded, suffix=self(expanded.suffix or Element(at=expanded.at)))


def postfix(cursor: Cursor, subject: Expression, parse: ExpressionParser) -> Expression:
    """Parse the accesses that follow an operand; those after `[*]` apply to each element.

    Parentheses end an expansion: `(a[*].b)[0]` is the first of all, `a[*].b[0]` the first of each.
    """
    start = subject
    while True:
        if cursor.kind == ".":
            access = _attribute(cursor)
        elif cursor.kind == "[":
            access = _brackets(cursor, parse)
        else:
            return subject
        subject = access(subject) if subject is start else _extend(subject, access)


def _attribute(cursor: Cursor) -> Access:
    at = cursor.expect(".").at
    token = cursor.advance() if cursor.kind in {IDENTIFIER, PARAMETER} else cursor.unexpected()
    if token.kind == PARAMETER:
        name = Parameter(token.value, at=token.at)
        return lambda subject: Index(subject, name, bound=True, at=at)
    return lambda subject: Attribute(subject, token.value, at=at)


def _brackets(cursor: Cursor, parse: ExpressionParser) -> Access:
    at = cursor.expect("[").at
    if cursor.kind == "*":
        return _expansion(cursor, parse, at)
    if cursor.kind == "?":
        return _questioning(cursor, parse, at)
    index = parse(cursor)
    cursor.then("]")
    return lambda subject: Index(subject, index, at=at)


def _extend(subject: Expression, access: Access) -> Expression:
    """Apply an access to an operand, or within an expansion to each of its elements."""
    if isinstance(subject, Expansion):
        if isinstance(access, Expanding):
            return access.after(subject)
        suffix = subject.suffix or Element(at=subject.at)
        return replace(subject, suffix=_extend(suffix, access))
    return access(subject)


def _expansion(cursor: Cursor, parse: ExpressionParser, at: int) -> Access:
    levels = 0
    while cursor.accept("*"):
        levels += 1
    if cursor.kind in QUANTIFIERS:
        message = "unexpected quantifier value found for array expansion operation."
        cursor.fail(cursor.token.at, message)
    condition = parse(cursor) if cursor.accept("FILTER") else None
    offset = count = None
    if cursor.accept("LIMIT"):
        count = parse(cursor)
        if cursor.accept(","):
            offset, count = count, parse(cursor)
    projection = parse(cursor) if cursor.accept("RETURN") else None
    cursor.expect("]")
    empty = Element(at=at)
    new = Expansion(empty, levels, condition, offset, count, projection, at=at)
    return Expanding(new)


def _questioning(cursor: Cursor, parse: ExpressionParser, at: int) -> Access:
    levels = 0
    while cursor.accept("?"):
        levels += 1
    question = _question(cursor, parse, at)
    if levels == 1:
        return lambda subject: replace(question, subject=subject)
    flat = Expansion(Element(at=at), levels, at=at)
    return lambda subject: replace(question, subject=replace(flat, subject=subject))


def _question(cursor: Cursor, parse: ExpressionParser, at: int) -> Question:
    condition = None
    quantifier: tuple[Quantifier | Literal["RANGE"], Expression | None, Expression | None]
    quantifier = "ANY", None, None
    if cursor.kind != "]":
        if cursor.kind != "FILTER":
            quantifier = _quantifier(cursor, parse)
        cursor.expect("FILTER")
        condition = parse(cursor)
    cursor.expect("]")
    return Question(Element(at=at), *quantifier, condition, at=at)


def _quantifier(
    cursor: Cursor, parse: ExpressionParser
) -> tuple[Quantifier | Literal["RANGE"], Expression | None, Expression | None]:
    match cursor.kind:
        case "ALL" | "NONE" | "ANY" as kind:
            cursor.advance()
            return kind, None, None
    if cursor.accept(AT_LEAST):
        cursor.expect("(")
        low = parse(cursor)
        cursor.then(")")
        return "AT LEAST", low, None
    low = parse(cursor, RANGE_BINDING)
    high = parse(cursor, RANGE_BINDING) if cursor.accept("..") else None
    return "RANGE", low, high
