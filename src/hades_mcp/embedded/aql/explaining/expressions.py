"""Expressions in the JSON ArangoDB's explain shows them in.

Source: explain results of ArangoDB 3.12.10; node names of AstNode.cpp in ArangoDB 3.2.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.nodes import (
    ArrayComparison,
    ArrayLiteral,
    Attribute,
    Binary,
    Call,
    Constant,
    Expression,
    Index,
    Logical,
    ObjectEntry,
    ObjectLiteral,
    Parameter,
    SubqueryExpression,
    Ternary,
    Unary,
    VariableReference,
    children,
)

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.plan import Variable

_BINARY = {
    "==": "compare ==",
    "!=": "compare !=",
    "<": "compare <",
    "<=": "compare <=",
    ">": "compare >",
    ">=": "compare >=",
    "IN": "compare in",
    "NOT IN": "compare not in",
    "+": "plus",
    "-": "minus",
    "*": "times",
    "/": "division",
    "%": "modulus",
    "..": "range",
}
_MATCHERS = {"LIKE": "LIKE", "NOT LIKE": "NOT_LIKE", "=~": "REGEX_TEST", "!~": "NOT_REGEX_TEST"}
_UNARY = {"NOT": "unary not", "-": "unary minus", "+": "unary plus"}


def variable_json(variable: Variable) -> dict[str, Any]:
    """Return a variable as explain shows it."""
    return {"id": variable.id, "name": variable.name, "isFullDocumentFromCollection": False}


def expression_json(node: Expression) -> dict[str, Any]:
    """Return an expression as explain shows it."""
    shown = _head(node)
    inner = [expression_json(child) for child in _inner(node)]
    return shown | {"subNodes": inner} if inner else shown


def _inner(node: Expression) -> list[Expression]:
    if isinstance(node, ObjectEntry) and isinstance(node.key, str):
        return [node.value]
    return list(children(node))


def _head(node: Expression) -> dict[str, Any]:
    match node:
        case Constant(value=value):
            return {"type": "value", "value": value}
        case Parameter(name=name):
            return {"type": "parameter", "name": name}
        case VariableReference(variable=variable):
            return {"type": "reference", "name": variable.name, "id": variable.id}
        case Attribute(name=name):
            return {"type": "attribute access", "name": name}
        case Call(name=name):
            return {"type": "function call", "name": name}
        case Binary(operator=operator) if operator in _MATCHERS:
            return {"type": "function call", "name": _MATCHERS[operator]}
        case ObjectEntry(key=str(key)):
            return {"type": "object element", "name": key}
        case _:
            return {"type": _kind(node)}


def _kind(node: Expression) -> str:
    match node:
        case Binary(operator=operator):
            return _BINARY[operator]
        case Logical(operator=operator):
            return f"logical {operator.lower()}"
        case Unary(operator=operator):
            return _UNARY[operator]
        case ArrayComparison(operator=operator, quantifier=quantifier):
            return f"array {_BINARY[operator]} ({quantifier.lower()})"
        case _:
            return _KINDS.get(type(node), "array filter")


_KINDS: dict[type[Expression], str] = {
    ArrayLiteral: "array",
    ObjectLiteral: "object",
    ObjectEntry: "calculated object element",
    Index: "indexed access",
    Ternary: "ternary",
    SubqueryExpression: "subquery",
}
