"""Search expressions turned into filters: operators here, functions in their own modules.

Source: ArangoDB manual, SEARCH operation and ArangoSearch functions; which values and types match
as ArangoDB's filter factory has it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.evaluation.comparison import quantified
from hades_mcp.embedded.aql.nodes import (
    ArrayComparison,
    ArrayLiteral,
    Binary,
    Call,
    Expression,
    Logical,
    Question,
    Unary,
)
from hades_mcp.embedded.aql.search.filter_functions import FILTER_FUNCTIONS
from hades_mcp.embedded.aql.search.geo import distance_comparison
from hades_mcp.embedded.aql.search.scene import NOT_IMPLEMENTED, Scene, bad
from hades_mcp.embedded.aql.search.values import equality, half_range
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.search.filters import (
    And,
    Every,
    Filter,
    Not,
    Nothing,
    Objects,
    Or,
    Test,
)
from hades_mcp.embedded.storage.search.terms import NESTED
from hades_mcp.embedded.values import truth

if TYPE_CHECKING:
    from collections.abc import Callable

_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED = {
    "==": "!=", "!=": "==", "IN": "NOT IN", "NOT IN": "IN",
    "<": ">=", "<=": ">", ">": "<=", ">=": "<",
}  # fmt: skip
_NEVER_CONSTANT = frozenset({"ANALYZER", "BOOST", "EXISTS", "MIN_MATCH", "PHRASE"})
_MOST_OBJECTS = 2**31


def filter_of(node: Expression, scene: Scene) -> Filter:
    """Return the filter a search expression stands for.

    Args:
        node: The expression.
        scene: What it sees.

    Raises:
        ArangoError: 10 for arguments that make no sense, 9 for what an inverted index cannot do.
    """
    match node:
        case Logical(operator="AND", operands=operands):
            inner = scene.plain()
            return And(tuple(filter_of(each, inner) for each in operands), scene.boost)
        case Logical(operands=operands):
            inner = scene.plain()
            return Or(tuple(filter_of(each, inner) for each in operands), boost=scene.boost)
        case Unary(operator="NOT", operand=operand):
            return Not(filter_of(operand, scene.plain()))
        case Binary():
            return _binary(node, scene)
        case ArrayComparison():
            return _array_comparison(node, scene)
        case Question():
            return _question(node, scene)
        case Call(name=name) if name in FILTER_FUNCTIONS and (
            name in _NEVER_CONSTANT or scene.mentions(node)
        ):
            return FILTER_FUNCTIONS[name](node, scene, filter_of)
        case _:
            return anything(node, scene)


def anything(node: Expression, scene: Scene) -> Filter:
    """Return the filter for what no index can answer: true or false, or a look at each document."""
    if not scene.mentions(node):
        return Every() if truth(scene.value(node)) else Nothing()
    if not scene.searching:
        raise ArangoError(NOT_IMPLEMENTED, "ByExpression filter is supported for SEARCH only")
    if scene.base:
        raise bad("an expression on nested objects needs an index")
    return Test(scene.test(node))


def _binary(node: Binary, scene: Scene) -> Filter:
    operator = node.operator
    if operator in _MIRRORED:
        return _comparison(node, scene)
    if operator in ("IN", "NOT IN"):
        return _membership(node, scene)
    if operator in ("LIKE", "NOT LIKE"):
        if scene.path(node.left) is None:
            return anything(node, scene)
        call = Call("LIKE", (node.left, node.right), at=node.at)
        found = FILTER_FUNCTIONS["LIKE"](call, scene, filter_of)
        return Not(found) if operator == "NOT LIKE" else found
    if operator == "..":
        return Every()  # an array, and so true
    return anything(node, scene)


def _comparison(node: Binary, scene: Scene) -> Filter:
    sides = (
        (node.left, node.operator, node.right),
        (node.right, _MIRRORED[node.operator], node.left),
    )
    for attribute, operator, value in sides:
        if scene.mentions(value):
            continue
        path = scene.path(attribute)
        if path:
            return compared(path, operator, scene.value(value), scene)
        found = distance_comparison(attribute, operator, value, scene)
        if found is not None:
            return found
    return anything(node, scene)


def compared(path: str, operator: str, value: Any, scene: Scene) -> Filter:
    """Return the filter for `attribute operator value`."""
    if operator == "==":
        return equality(path, value, scene)
    if operator == "!=":
        return Not(equality(path, value, scene))
    return half_range(path, operator, value, scene)


def _membership(node: Binary, scene: Scene) -> Filter:
    found = _member(node, scene)
    if found is None:
        return anything(node, scene)
    return Not(found) if node.operator == "NOT IN" else found


def _member(node: Binary, scene: Scene) -> Filter | None:
    path = scene.path(node.left)
    if path and not scene.mentions(node.right):
        values = scene.value(node.right)
        if not isinstance(values, list):
            raise bad("wrong value node type")
        if isinstance(node.right, Binary) and node.right.operator == ".." and values:
            low = half_range(path, ">=", values[0], scene)
            return And((low, half_range(path, "<=", values[-1], scene)), scene.boost)
        return _one_of(path, values, scene)
    if isinstance(node.right, ArrayLiteral) and not scene.mentions(node.left):
        paths = [scene.path(item) for item in node.right.items]
        if paths and all(paths):
            value, inner = scene.value(node.left), scene.plain()
            return Or(
                tuple(equality(path, value, inner) for path in paths if path), boost=scene.boost
            )
    if not scene.searching and not scene.mentions(node.left):
        path = scene.path(node.right)  # 'x' IN doc.array[*]
        if path:
            return equality(path, scene.value(node.left), scene)
    return None


def _one_of(path: str, values: list[Any], scene: Scene) -> Filter:
    inner = scene.plain()
    return Or(tuple(equality(path, value, inner) for value in values), boost=scene.boost)


def _array_comparison(node: ArrayComparison, scene: Scene) -> Filter:
    """`array ALL IN attribute`: the attribute counts as one value, or as each of its terms."""
    path = scene.path(node.right)
    if not path or scene.mentions(node.left):
        return anything(node, scene)
    values = scene.value(node.left)
    if not isinstance(values, list):
        raise bad("wrong value node type for Array comparison operator")
    operator, quantifier = node.operator, node.quantifier
    if quantifier == "NONE":
        operator, quantifier = _NEGATED[operator], "ALL"
    if quantifier == "AT LEAST":
        least = scene.value(node.least) if node.least is not None else 0
        if not isinstance(least, int | float) or isinstance(least, bool):
            raise bad("AT LEAST expects a number")
        count = max(0, int(least))
    else:
        count = len(values) if quantifier == "ALL" else 1
    if not values:
        return Every() if quantified(iter, node.quantifier, _never, ([], [], count)) else Nothing()
    inner = scene.plain()
    if operator in ("NOT IN", "!="):
        found: list[Filter] = [Not(equality(path, value, inner)) for value in values]
    elif operator in ("IN", "=="):
        found = [equality(path, value, inner) for value in values]
    else:
        mirrored = _MIRRORED[operator]
        found = [half_range(path, mirrored, value, inner) for value in values]
    if quantifier == "ALL":
        return And(tuple(found), scene.boost)
    return Or(tuple(found), count, scene.boost)


def _never(_: Any, __: Any) -> bool:
    return False


def _question(node: Question, scene: Scene) -> Filter:
    """`array[? quantifier FILTER …]`: objects of a nested array."""
    path = scene.path(node.subject)
    if not path or node.filter is None or node.variable is None:
        return anything(node, scene)
    below = path + NESTED
    inner = replace(scene.plain(), variable=node.variable, base=below)
    wanted = filter_of(node.filter, inner)
    low, high = _counts(node, scene.value)
    return Objects(path, wanted, low, high)


def _counts(node: Question, value: Callable[[Expression], Any]) -> tuple[int, int | None]:
    """Return the fewest and the most objects a quantifier asks for; -1: all there are."""
    match node.quantifier:
        case "ANY":
            return 1, None
        case "NONE":
            return 0, 0
        case "ALL":
            return 1, -1
        case "AT LEAST":
            return _number(node.low, value), None
    low = _number(node.low, value)
    return low, low if node.high is None else _number(node.high, value)


def _number(node: Expression | None, value: Callable[[Expression], Any]) -> int:
    number = 0 if node is None else value(node)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise bad("the quantifier of a question mark operator must be a number")
    return min(int(number), _MOST_OBJECTS)
