"""Expressions in the JSON ArangoDB's explain shows them in.

Source: explain results of ArangoDB 3.12.10; node names and numbers of AstNode in ArangoDB 3.2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.nodes import (
    ArrayComparison,
    ArrayLiteral,
    Attribute,
    Binary,
    Call,
    Constant,
    Expansion,
    Expression,
    Index,
    Logical,
    Node,
    ObjectEntry,
    ObjectLiteral,
    Parameter,
    Question,
    SubqueryExpression,
    Ternary,
    Unary,
    VariableReference,
    children,
)

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.plan import Variable

_COMPARISONS = {
    "==": ("compare ==", 25),
    "!=": ("compare !=", 26),
    "<": ("compare <", 27),
    "<=": ("compare <=", 28),
    ">": ("compare >", 29),
    ">=": ("compare >=", 30),
    "IN": ("compare in", 31),
    "NOT IN": ("compare not in", 32),
}
_ARITHMETIC = {
    "+": ("plus", 20),
    "-": ("minus", 21),
    "*": ("times", 22),
    "/": ("division", 23),
    "%": ("modulus", 24),
    "..": ("range", 49),
}
_ARRAY_COMPARISON = 40  # what the number of `array compare ==` is above that of `compare ==`
_MATCHERS = {"LIKE": "LIKE", "NOT LIKE": "NOT_LIKE", "=~": "REGEX_TEST", "!~": "NOT_REGEX_TEST"}
_UNARY = {"+": ("unary plus", 15), "-": ("unary minus", 16), "NOT": ("unary not", 17)}
_LOGICAL = {"AND": ("logical and", 18), "OR": ("logical or", 19)}
_KINDS: dict[type[Expression], tuple[str, int]] = {
    ArrayLiteral: ("array", 41),
    ObjectLiteral: ("object", 42),
    ObjectEntry: ("calculated object element", 53),
    Index: ("indexed access", 37),
    Ternary: ("ternary", 33),
    SubqueryExpression: ("subquery", 34),
    Expansion: ("expansion", 38),
    Question: ("array filter", 81),
}
_VALUE_TYPES: dict[type, int] = {type(None): 0, bool: 1, int: 2, float: 3, str: 4}
NOT_CONSTANT = object()


@dataclass(frozen=True, slots=True)
class Shown(Node):
    """A part of an expression that is shown already."""

    json: dict[str, Any]


def variable_json(variable: Variable, *, document: bool = False) -> dict[str, Any]:
    """Return a variable as explain shows it."""
    return {
        "id": variable.id,
        "name": variable.name,
        "isFullDocumentFromCollection": document,
    }


def expression_json(node: Expression, *, numbered: bool = True) -> dict[str, Any]:
    """Return an expression as explain shows it.

    Args:
        node: The expression.
        numbered: Whether to give the numbers of types too, and constant arrays and objects whole;
            `POST /_api/query` does neither.
    """
    if isinstance(node, Shown):
        return node.json
    shown = _head(node, whole=numbered)
    if not numbered:
        for name in ("typeID", "vTypeID", "excludesNull"):
            shown.pop(name, None)
    inner = [expression_json(child, numbered=numbered) for child in _inner(node)]
    return shown | {"subNodes": inner} if inner and "raw" not in shown else shown


def constant_of(node: Expression) -> Any:
    """Return the value of an expression without variables and operators, else `NOT_CONSTANT`."""
    match node:
        case Constant(value=value):
            return value
        case ArrayLiteral(items=items):
            values = [constant_of(item) for item in items]
            return NOT_CONSTANT if any(value is NOT_CONSTANT for value in values) else values
        case ObjectLiteral(entries=entries):
            found = {}
            for entry in entries:
                value = constant_of(entry.value)
                if not isinstance(entry.key, str) or value is NOT_CONSTANT:
                    return NOT_CONSTANT
                found[entry.key] = value
            return found
        case _:
            return NOT_CONSTANT


def _inner(node: Expression) -> list[Expression]:
    if isinstance(node, ObjectEntry) and isinstance(node.key, str):
        return [node.value]
    if isinstance(node, Ternary) and node.yes is None:
        return [node.condition, node.condition, node.no]
    return list(children(node))


def _head(node: Expression, *, whole: bool) -> dict[str, Any]:
    match node:
        case Constant(value=value):
            return _value(value)
        case ArrayLiteral() | ObjectLiteral() if (
            whole and (value := constant_of(node)) is not NOT_CONSTANT
        ):
            return _value(value)
        case Parameter(name=name):
            return {"type": "parameter", "typeID": 46, "name": name}
        case VariableReference(variable=variable):
            return {
                "type": "reference",
                "typeID": 45,
                "name": variable.name,
                "id": variable.id,
                "subqueryReference": False,
            }
        case Attribute(name=name):
            return {"type": "attribute access", "typeID": 35, "name": name}
        case _:
            return _operator(node)


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, list):
        return {"type": "array", "typeID": 41, "raw": value}
    if isinstance(value, dict):
        return {"type": "object", "typeID": 42, "raw": value}
    return {"type": "value", "typeID": 40, "value": value, "vTypeID": _VALUE_TYPES[type(value)]}


def _operator(node: Expression) -> dict[str, Any]:
    match node:
        case Call(name=name):
            return {"type": "function call", "typeID": 47, "name": name}
        case Binary(operator=operator) if operator in _MATCHERS:
            return {"type": "function call", "typeID": 47, "name": _MATCHERS[operator]}
        case Binary(operator=operator) if operator in _COMPARISONS:
            kind, number = _COMPARISONS[operator]
            return {"type": kind, "typeID": number, "excludesNull": False}
        case ObjectEntry(key=str(key)):
            return {"type": "object element", "typeID": 43, "name": key}
        case ArrayComparison(operator=operator, quantifier=quantifier):
            kind, number = _COMPARISONS[operator]
            return {
                "type": f"array {kind}",
                "typeID": number + _ARRAY_COMPARISON,
                "quantifier": quantifier.lower(),
            }
        case _:
            kind, number = _kind(node)
            return {"type": kind, "typeID": number}


def _kind(node: Expression) -> tuple[str, int]:
    match node:
        case Binary(operator=operator):
            return _ARITHMETIC[operator]
        case Logical(operator=operator):
            return _LOGICAL[operator]
        case Unary(operator=operator):
            return _UNARY[operator]
        case _:
            return _KINDS[type(node)]
