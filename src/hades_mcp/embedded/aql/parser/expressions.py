"""Expressions: a Pratt parser over the precedences of ArangoDB's grammar.y."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from hades_mcp.embedded.aql.nodes import (
    ArrayComparison,
    Binary,
    Call,
    Constant,
    Expression,
    Logical,
    Name,
    Node,
    ObjectEntry,
    ObjectLiteral,
    Parameter,
    Quantifier,
    SubqueryExpression,
    Ternary,
    Unary,
)
from hades_mcp.embedded.aql.parser.literals import array
from hades_mcp.embedded.aql.parser.references import postfix
from hades_mcp.embedded.aql.tokens import (
    AT_LEAST,
    END,
    IDENTIFIER,
    PARAMETER,
    SOURCE_PARAMETER,
    STRING,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.parser.cursor import Cursor

TERNARY, OR, AND, QUANTIFIER, EQUALITY, IN, RELATION, RANGE, SUM, PRODUCT, UNARY = range(1, 12)

BINDING: dict[str, int] = {
    "?": TERNARY,
    "OR": OR,
    "AND": AND,
    "ALL": QUANTIFIER,
    "ANY": QUANTIFIER,
    "NONE": QUANTIFIER,
    AT_LEAST: QUANTIFIER,
    "==": EQUALITY,
    "!=": EQUALITY,
    "LIKE": EQUALITY,
    "=~": EQUALITY,
    "!~": EQUALITY,
    "IN": IN,
    "<": RELATION,
    "<=": RELATION,
    ">": RELATION,
    ">=": RELATION,
    "..": RANGE,
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
    "%": PRODUCT,
}
NEGATED = {
    "IN": ("NOT IN", IN),
    "LIKE": ("NOT LIKE", EQUALITY),
    "=~": ("!~", EQUALITY),
    "!~": ("=~", EQUALITY),
}
"""What NOT before an operator makes of it, and how tightly that binds what follows."""

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "IN"})
OPERATION_STARTS = frozenset(
    {
        *("FOR", "LET", "FILTER", "RETURN", "SORT", "LIMIT", "COLLECT", "WINDOW"),
        *("INSERT", "UPDATE", "REPLACE", "REMOVE", "UPSERT"),
    }
)
AFTER_TARGET = OPERATION_STARTS | {END, ")", ",", IDENTIFIER}
_CONSTANTS: dict[str, bool | None] = {"NULL": None, "TRUE": True, "FALSE": False}


def expression(cursor: Cursor, minimum: int = 0, *, without_in: bool = False) -> Expression:
    """Parse an expression.

    Args:
        cursor: Where it starts.
        minimum: Only operators that bind more tightly are taken.
        without_in: Leave a bare IN alone, as in `REMOVE expression IN collection`.
    """
    cursor.deeper()
    left = _operand(cursor)
    while True:
        binding = _binding(cursor)
        if binding <= minimum or (without_in and _at_target(cursor)):
            break
        left = _infix(cursor, left, without_in=without_in)
    cursor.higher()
    return left


def _at_target(cursor: Cursor) -> bool:
    """Tell whether the IN at hand is not an operator but leads to the collection to modify."""
    if cursor.kind != "IN" or cursor.ahead().kind not in {IDENTIFIER, STRING, SOURCE_PARAMETER}:
        return False
    return cursor.ahead(2).kind in AFTER_TARGET


def _binding(cursor: Cursor) -> int:
    kind = cursor.kind
    if kind == "NOT":
        return IN if cursor.ahead().kind in NEGATED else 0
    binding = BINDING.get(kind, 0)
    if binding == QUANTIFIER and kind != AT_LEAST and not _compares(cursor):
        return 0  # the direction of a traversal
    return binding


def _compares(cursor: Cursor) -> bool:
    following = cursor.ahead().kind
    return following in COMPARISONS or (following == "NOT" and cursor.ahead(2).kind == "IN")


def _infix(cursor: Cursor, left: Expression, *, without_in: bool) -> Expression:
    token = cursor.advance()
    match token.kind:
        case "?":
            return _ternary(cursor, left, without_in=without_in)
        case "OR" | "AND":
            return _logical(cursor, token.kind, left, without_in=without_in)
        case "ALL" | "ANY" | "NONE" | "at least modifier":
            return _array_comparison(cursor, token.kind, left, without_in=without_in)
        case "NOT":
            operator, binding = NEGATED[cursor.advance().kind]
        case operator:
            binding = BINDING[operator]
    right = expression(cursor, binding, without_in=without_in)
    return Binary(operator, left, right, at=token.at)


def _ternary(cursor: Cursor, condition: Expression, *, without_in: bool) -> Expression:
    if cursor.accept(":"):
        otherwise = expression(cursor, TERNARY - 1, without_in=without_in)
        return Ternary(condition, None, otherwise, at=condition.at)
    yes = expression(cursor)
    cursor.then(":")
    otherwise = expression(cursor, TERNARY - 1, without_in=without_in)
    return Ternary(condition, yes, otherwise, at=condition.at)


def _logical(cursor: Cursor, kind: str, left: Expression, *, without_in: bool) -> Expression:
    operator = cast("Literal['AND', 'OR']", kind)
    operands = [left, expression(cursor, BINDING[kind], without_in=without_in)]
    while cursor.accept(kind):
        operands.append(expression(cursor, BINDING[kind], without_in=without_in))
    return Logical(operator, tuple(operands), at=left.at)


def _array_comparison(
    cursor: Cursor, kind: str, left: Expression, *, without_in: bool
) -> Expression:
    quantifier = cast("Quantifier", "AT LEAST" if kind == AT_LEAST else kind)
    least = None
    if kind == AT_LEAST:
        cursor.expect("(")
        least = expression(cursor)
        cursor.then(")")
    if cursor.accept("NOT"):
        cursor.expect("IN")
        operator = "NOT IN"
    elif cursor.kind in COMPARISONS:
        operator = cursor.advance().kind
    else:
        cursor.unexpected()
    binding = IN if operator == "NOT IN" else BINDING[operator]
    right = expression(cursor, binding, without_in=without_in)
    return ArrayComparison(quantifier, operator, left, right, least, at=left.at)


def _operand(cursor: Cursor) -> Expression:
    token = cursor.token
    match token.kind:
        case "+" | "-" | "NOT":
            cursor.advance()
            return Unary(token.kind, expression(cursor, UNARY), at=token.at)
        case "integer number" | "number":
            cursor.advance()
            cursor.out_of_range += token.value is None
            return Constant(token.value, at=token.at)
        case "quoted string":
            cursor.advance()
            return Constant(token.value, at=token.at)
        case "NULL" | "TRUE" | "FALSE":
            cursor.advance()
            return Constant(_CONSTANTS[token.kind], at=token.at)
        case _:
            return postfix(cursor, _primary(cursor), expression)


def _primary(cursor: Cursor) -> Expression:
    token = cursor.token
    parse = _PRIMARIES.get(token.kind)
    if parse is None:
        cursor.unexpected()
    return parse(cursor)


def _parameter(cursor: Cursor) -> Expression:
    token = cursor.advance()
    return Parameter(token.value, collection=token.kind == SOURCE_PARAMETER, at=token.at)


def _like_call(cursor: Cursor) -> Expression:
    return _call(cursor, "LIKE", cursor.advance().at)


def _parentheses(cursor: Cursor) -> Expression:
    cursor.expect("(")
    inner = expression_or_query(cursor)
    if isinstance(inner, SubqueryExpression):
        cursor.expect(")")
    else:
        cursor.then(")")
    return inner


def _name_or_call(cursor: Cursor) -> Expression:
    token = cursor.advance()
    name = token.value
    while cursor.accept("::"):
        name += "::" + cursor.expect_name().value
    if cursor.kind == "(" or "::" in name:
        return _call(cursor, name, token.at)
    return Name(name, at=token.at)


def _call(cursor: Cursor, name: str, at: int) -> Expression:
    cursor.expect("(")
    arguments = []
    while not cursor.accept(")"):
        arguments.append(expression_or_query(cursor))
        if cursor.kind == ")":
            continue
        if not cursor.accept(","):
            cursor.unexpected(")")
        if cursor.kind == ")":
            cursor.unexpected()
    return Call(name.upper(), tuple(arguments), at=at)


def expression_or_query(cursor: Cursor) -> Expression:
    """Parse what may stand in parentheses or as an argument: an expression or a subquery."""
    if cursor.kind not in OPERATION_STARTS:
        return expression(cursor)
    at = cursor.token.at
    cursor.deeper()
    body: tuple[Node, ...] = cursor.body(cursor)
    cursor.higher()
    return SubqueryExpression(body, at=at)


def _array(cursor: Cursor) -> Expression:
    at = cursor.expect("[").at
    return array([expression(cursor) for _ in cursor.separated("]")], at)


def options(cursor: Cursor) -> ObjectLiteral | None:
    """Parse `OPTIONS {…}` if it follows; nothing else can there."""
    if cursor.kind != IDENTIFIER:
        return None
    word = cursor.advance().value
    literal = object_literal(cursor)
    if word.upper() != "OPTIONS":
        cursor.unexpected_word(word, "'OPTIONS'", behind=True)
    return literal


def object_literal(cursor: Cursor) -> ObjectLiteral:
    """Parse an object literal."""
    at = cursor.expect("{").at
    # lists, as a generator would take C stack at each level of nesting
    return ObjectLiteral(tuple([_entry(cursor) for _ in cursor.separated("}")]), at=at)


def _entry(cursor: Cursor) -> ObjectEntry:
    token = cursor.token
    key: str | Expression
    match token.kind:
        case "identifier":
            cursor.advance()
            key = str(token.value)
            if cursor.kind in {",", "}"}:
                name = Name(str(token.value), at=token.at)
                return ObjectEntry(key, name, shorthand=True, at=token.at)
        case "quoted string":
            key = cursor.advance().value
        case "bind parameter":
            key = Parameter(cursor.advance().value, at=token.at)
        case "[":
            cursor.advance()
            key = expression(cursor)
            cursor.then("]")
        case _:
            cursor.unexpected()
    cursor.expect(":")
    return ObjectEntry(key, expression(cursor), at=token.at)


_PRIMARIES: dict[str, Callable[[Cursor], Expression]] = {
    IDENTIFIER: _name_or_call,
    PARAMETER: _parameter,
    SOURCE_PARAMETER: _parameter,
    "LIKE": _like_call,
    "(": _parentheses,
    "[": _array,
    "{": object_literal,
}
