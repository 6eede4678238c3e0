"""The compiler: one closure per expression node, called with a row, giving a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from hades_mcp.embedded.aql.evaluation.arithmetic import ARITHMETIC, negate, settle, span_array
from hades_mcp.embedded.aql.evaluation.arrays import expansion, question
from hades_mcp.embedded.aql.evaluation.comparison import (
    COMPARISONS,
    Membership,
    along,
    element,
    quantified,
)
from hades_mcp.embedded.aql.functions import resolve as find_function
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
    ObjectLiteral,
    Parameter,
    Question,
    SubqueryExpression,
    Ternary,
    Unary,
    VariableReference,
)
from hades_mcp.embedded.values import equal, to_number, to_text, truth
from hades_mcp.embedded.values.stopping import step

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.plan import Subplan

Row: TypeAlias = list[Any]
"""The running query at place 0, then the value of each variable at the place its id names."""

Evaluate: TypeAlias = Callable[[Row], Any]
"""A compiled expression."""

_MATCHERS = {"LIKE": ("LIKE", False), "NOT LIKE": ("LIKE", True), "=~": ("REGEX_TEST", False)}
_MATCHERS["!~"] = ("REGEX_TEST", True)


class Compiler:
    """Compiles expressions.

    Args:
        subquery: Compiles the plan of a subquery to what runs it for a row and gives its results.
    """

    def __init__(self, subquery: Callable[[Subplan], Callable[[Row], list[Any]]]) -> None:
        self._subquery = subquery

    def optional(self, node: Expression | None) -> Evaluate | None:
        """Compile an expression that may be left out."""
        return None if node is None else self.compile(node)

    def compile(self, node: Expression) -> Evaluate:
        """Compile an expression whose names are resolved."""
        step()
        return _COMPILERS[type(node)](self, node)

    def subquery(self, node: SubqueryExpression) -> Evaluate:
        """Compile a subquery: its value is the array of its results."""
        assert node.plan is not None  # noqa: S101  the planner has set it
        return self._subquery(node.plan)


def _constant(_: Compiler, node: Constant) -> Evaluate:
    value = node.value
    return lambda _row: value


def _variable(_: Compiler, node: VariableReference) -> Evaluate:
    place = node.variable.id
    return lambda row: row[place]


def _parameter(_: Compiler, node: Parameter) -> Evaluate:
    name = node.name
    return lambda row: row[0].bind_vars[name]


def _array(compiler: Compiler, node: ArrayLiteral) -> Evaluate:
    items = [compiler.compile(item) for item in node.items]
    if all(isinstance(item, Constant) for item in node.items):
        values = [item(()) for item in items]  # type: ignore[arg-type]  # constants read no row
        return lambda _row: values
    return lambda row: [item(row) for item in items]


def _object(compiler: Compiler, node: ObjectLiteral) -> Evaluate:
    entries = [
        (
            _key(compiler, entry.key),
            compiler.compile(entry.value),
        )
        for entry in node.entries
    ]
    if all(isinstance(entry.key, str) for entry in node.entries):
        named = [
            (entry.key, value) for entry, (_, value) in zip(node.entries, entries, strict=True)
        ]
        return lambda row: {name: value(row) for name, value in named}
    return lambda row: {to_text(key(row)): value(row) for key, value in entries}


def _key(compiler: Compiler, key: str | Expression) -> Evaluate:
    return compiler.compile(Constant(key) if isinstance(key, str) else key)


def _attribute(compiler: Compiler, node: Attribute) -> Evaluate:
    name = node.name
    if isinstance(node.subject, VariableReference):
        place = node.subject.variable.id

        def of_variable(row: Row) -> Any:
            value = row[place]
            return value.get(name) if type(value) is dict else None

        return of_variable
    subject = compiler.compile(node.subject)

    def attribute(row: Row) -> Any:
        value = subject(row)
        return value.get(name) if type(value) is dict else None

    return attribute


def _index(compiler: Compiler, node: Index) -> Evaluate:
    subject, index = compiler.compile(node.subject), compiler.compile(node.index)
    access = along if node.bound else element
    return lambda row: access(subject(row), index(row))


def _call(compiler: Compiler, node: Call) -> Evaluate:
    call = find_function(node.name).call
    arguments = [compiler.compile(argument) for argument in node.arguments]
    if len(arguments) == 1:
        only = arguments[0]
        return lambda row: call(row[0], only(row))
    return lambda row: call(row[0], *[argument(row) for argument in arguments])


def _unary(compiler: Compiler, node: Unary) -> Evaluate:
    operand = compiler.compile(node.operand)
    match node.operator:
        case "NOT":
            return lambda row: not truth(operand(row))
        case "-":
            return lambda row: negate(operand(row))
        case "+":
            return lambda row: settle(to_number(operand(row)))


def _binary(compiler: Compiler, node: Binary) -> Evaluate:
    left, right = compiler.compile(node.left), compiler.compile(node.right)
    operator = node.operator
    if operator in ARITHMETIC:
        compute = ARITHMETIC[operator]
        return lambda row: compute(row[0], left(row), right(row))
    match operator:
        case "==":
            return _equality(left, node.right, right)
        case "IN" | "NOT IN":
            return _membership(left, right, negated=operator == "NOT IN")
        case "..":
            return lambda row: span_array(left(row), right(row))
        case "LIKE" | "NOT LIKE" | "=~" | "!~":
            return _matching(operator, left, right)
    test = COMPARISONS[operator]
    return lambda row: test(left(row), right(row))


def _equality(left: Evaluate, operand: Expression, right: Evaluate) -> Evaluate:
    constant = operand.value if isinstance(operand, Constant) else []
    if constant is None:
        return lambda row: left(row) is None
    if type(constant) is str:
        return lambda row: left(row) == constant  # nothing else equals a text in Python either

    def equality(row: Row) -> bool:
        one, two = left(row), right(row)
        kind = type(one)
        if kind is type(two) and kind is not list and kind is not dict:
            return bool(one == two)
        return equal(one, two)

    return equality


def _membership(left: Evaluate, right: Evaluate, *, negated: bool) -> Evaluate:
    contains = Membership()

    def member(row: Row) -> bool:
        items = right(row)
        return type(items) is list and contains(row[0], left(row), items) is not negated

    return member


def _matching(operator: str, left: Evaluate, right: Evaluate) -> Evaluate:
    name, negated = _MATCHERS[operator]
    call = find_function(name).call
    if negated:
        return lambda row: not truth(call(row[0], left(row), right(row)))
    return lambda row: call(row[0], left(row), right(row))


def _logical(compiler: Compiler, node: Logical) -> Evaluate:
    *first, last = [compiler.compile(operand) for operand in node.operands]
    stop = node.operator == "OR"  # an OR ends at the first true operand, an AND at a false one

    def logical(row: Row) -> Any:
        for operand in first:
            value = operand(row)
            if truth(value) is stop:
                return value
        return last(row)

    return logical


def _array_comparison(compiler: Compiler, node: ArrayComparison) -> Evaluate:
    left, right = compiler.compile(node.left), compiler.compile(node.right)
    least = compiler.compile(node.least or Constant(0))
    quantifier, test = node.quantifier, COMPARISONS[node.operator]
    return lambda row: quantified(
        row[0].each, quantifier, test, (left(row), right(row), least(row))
    )


def _ternary(compiler: Compiler, node: Ternary) -> Evaluate:
    condition, no = compiler.compile(node.condition), compiler.compile(node.no)
    yes = compiler.optional(node.yes)

    def ternary(row: Row) -> Any:
        value = condition(row)
        if not truth(value):
            return no(row)
        return value if yes is None else yes(row)

    return ternary


def _expansion(compiler: Compiler, node: Expansion) -> Evaluate:
    assert node.variable is not None  # noqa: S101  the planner has set it
    return expansion(
        compiler.compile(node.subject),
        node.variable.id,
        levels=node.levels,
        condition=compiler.optional(node.filter),
        offset=compiler.optional(node.offset),
        count=compiler.optional(node.count),
        projection=compiler.optional(node.projection),
        suffix=compiler.optional(node.suffix),
    )


def _question(compiler: Compiler, node: Question) -> Evaluate:
    assert node.variable is not None  # noqa: S101  the planner has set it
    return question(
        compiler.compile(node.subject),
        node.variable.id,
        quantifier=node.quantifier,
        low=compiler.optional(node.low),
        high=compiler.optional(node.high),
        condition=compiler.optional(node.filter),
    )


_COMPILERS: dict[type[Expression], Callable[[Compiler, Any], Evaluate]] = {
    ArrayComparison: _array_comparison,
    ArrayLiteral: _array,
    Attribute: _attribute,
    Binary: _binary,
    Call: _call,
    Constant: _constant,
    Expansion: _expansion,
    Index: _index,
    Logical: _logical,
    ObjectLiteral: _object,
    Parameter: _parameter,
    Question: _question,
    SubqueryExpression: Compiler.subquery,
    Ternary: _ternary,
    Unary: _unary,
    VariableReference: _variable,
}
