"""Which conditions an inverted index can answer for FILTER: all of a condition, or none of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.nodes import (
    ArrayComparison,
    Attribute,
    Binary,
    Call,
    Constant,
    Expression,
    Logical,
    Question,
    Unary,
)
from hades_mcp.embedded.aql.plan import Variable, used
from hades_mcp.embedded.aql.search.filter_functions import FILTER_FUNCTIONS
from hades_mcp.embedded.aql.search.scene import path_of
from hades_mcp.embedded.storage.search.terms import NESTED

if TYPE_CHECKING:
    from collections.abc import Callable

_ONLY_SEARCH = frozenset({"ANALYZER", "BOOST"})
_EITHER_SIDE = frozenset({"GEO_CONTAINS", "GEO_INTERSECTS", "GEO_IN_RANGE", "GEO_DISTANCE"})
_COMPARED = frozenset({"==", "!=", "<", "<=", ">", ">="})


class Support:
    """What an inverted index can answer about one variable.

    Args:
        variable: The document, or the object of a nested array.
        indexed: Tells whether an attribute path is a field of the index.
        base: The nested array the variable is from.
    """

    def __init__(self, variable: Variable, indexed: Callable[[str], bool], base: str = "") -> None:
        self._variable = variable
        self._indexed = indexed
        self._base = base

    def answers(self, node: Expression) -> bool:
        """Tell whether the index can answer a condition, and all of it."""
        if self._variable not in used(node):
            return True
        match node:
            case Logical(operands=operands):
                return all(map(self.answers, operands))
            case Unary(operator="NOT", operand=operand):
                return self.answers(operand)
            case Binary():
                return self._binary(node)
            case ArrayComparison(left=left, right=right):
                return self._is_field(right) and self._is_known(left)
            case Question():
                return self._question(node)
            case Call():
                return self._call(node)
            case _:
                return False

    def _binary(self, node: Binary) -> bool:
        left, right = node.left, node.right
        if node.operator in _COMPARED:
            pairs = ((left, right), (right, left))
            return any(
                self._is_known(value) and (self._is_field(field) or self._is_distance(field))
                for field, value in pairs
            )
        if node.operator in ("IN", "NOT IN"):
            return (self._is_field(left) and self._is_known(right)) or (
                self._is_known(left) and not isinstance(right, Attribute) and self._is_field(right)
            )
        if node.operator in ("LIKE", "NOT LIKE"):
            return self._is_field(left) and self._is_known(right)
        return False

    def _is_distance(self, node: Expression) -> bool:
        return isinstance(node, Call) and node.name == "GEO_DISTANCE" and self._on_either(node)

    def _call(self, node: Call) -> bool:
        if node.name not in FILTER_FUNCTIONS or node.name in _ONLY_SEARCH:
            return False
        if node.name == "MIN_MATCH":
            *conditions, least = node.arguments
            return self._is_known(least) and all(map(self.answers, conditions))
        if node.name in _EITHER_SIDE:
            return self._on_either(node)
        field, *others = node.arguments
        return self._is_field(field) and all(map(self._is_known, others))

    def _on_either(self, node: Call) -> bool:
        first, second, *others = node.arguments
        pairs = ((first, second), (second, first))
        return all(map(self._is_known, others)) and any(
            self._is_field(field) and self._is_known(value) for field, value in pairs
        )

    def _question(self, node: Question) -> bool:
        path = self._path(node.subject)
        if not path or node.filter is None or node.variable is None:
            return False
        bounds = [bound for bound in (node.low, node.high) if bound is not None]
        inner = Support(node.variable, self._indexed, path + NESTED)
        return all(map(self._is_known, bounds)) and inner.answers(node.filter)

    def _is_known(self, node: Expression) -> bool:
        return self._variable not in used(node)

    def _is_field(self, node: Expression) -> bool:
        path = self._path(node)
        return bool(path) and self._indexed(str(path))

    def _path(self, node: Expression) -> str | None:
        found = path_of(node, self._variable, _constant, expansions=True)
        return self._base + found if found else None


def _constant(node: Expression) -> Any:
    return node.value if isinstance(node, Constant) else None
