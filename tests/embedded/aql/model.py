"""A brute-force model of AQL: pieces of queries that know their text and what they mean.

It shares nothing with the engine: values are compared, ordered and grouped by code of its own.
Texts are ASCII letters of one case, so that no collation is needed, and numbers small integers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Env: TypeAlias = dict[str, Any]
"""The variables in scope, and `$docs`: the documents of the collection."""


@dataclass(frozen=True)
class Expr:
    """An expression: its text, and its value where some variables are set."""

    text: str
    value: Callable[[Env], Any]


@dataclass(frozen=True)
class Clause:
    """An operation: its text, and the rows it makes of rows."""

    text: str
    rows: Callable[[list[Env]], list[Env]]


def rank(value: Any) -> int:
    """Return the place of a value's type in the order of types."""
    if value is None:
        return 0
    return {bool: 1, int: 2, float: 2, str: 3, list: 4, dict: 5}[type(value)]


def compare(one: Any, two: Any) -> int:
    """Compare two values; what is missing in an array or object is null."""
    if rank(one) != rank(two):
        return -1 if rank(one) < rank(two) else 1
    if isinstance(one, list):
        pairs = [
            (one[i] if i < len(one) else None, two[i] if i < len(two) else None)
            for i in range(max(len(one), len(two)))
        ]
        return next((c for a, b in pairs if (c := compare(a, b))), 0)
    if isinstance(one, dict):
        names = sorted({*one, *two})
        return next((c for name in names if (c := compare(one.get(name), two.get(name)))), 0)
    if one is None or one == two:
        return 0
    return -1 if one < two else 1


key = cmp_to_key(compare)


def truth(value: Any) -> bool:
    """Tell whether a value counts as true."""
    return isinstance(value, list | dict) or bool(value)


def number(value: Any) -> float:
    """Return the number arithmetic takes a value for."""
    match value:
        case bool() | int() | float():
            return value + 0
        case [only]:
            return number(only)
        case str() if value.strip("-").isdigit():
            return int(value)
    return 0


def attribute(subject: Expr, name: str) -> Expr:
    """Access an attribute."""

    def value(env: Env) -> Any:
        of = subject.value(env)
        return of.get(name) if isinstance(of, dict) else None

    return Expr(f"{subject.text}.{name}", value)


def literal(value: Any) -> Expr:
    """Write a value as JSON."""
    return Expr(json.dumps(value), lambda _: value)


def variable(name: str) -> Expr:
    """Name a variable."""
    return Expr(name, lambda env: env[name])


_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "==": lambda a, b: compare(a, b) == 0,
    "!=": lambda a, b: compare(a, b) != 0,
    "<": lambda a, b: compare(a, b) < 0,
    "<=": lambda a, b: compare(a, b) <= 0,
    ">": lambda a, b: compare(a, b) > 0,
    ">=": lambda a, b: compare(a, b) >= 0,
    "IN": lambda a, b: isinstance(b, list) and any(compare(a, item) == 0 for item in b),
    "NOT IN": lambda a, b: isinstance(b, list) and all(compare(a, item) for item in b),
    "ANY ==": lambda a, b: isinstance(a, list) and any(compare(item, b) == 0 for item in a),
    "ALL >=": lambda a, b: isinstance(a, list) and all(compare(item, b) >= 0 for item in a),
    "NONE <": lambda a, b: isinstance(a, list) and all(compare(item, b) >= 0 for item in a),
    "+": lambda a, b: number(a) + number(b),
    "-": lambda a, b: number(a) - number(b),
    "*": lambda a, b: number(a) * number(b),
}
OPERATORS = tuple(_OPERATORS)


def binary(left: Expr, operator: str, right: Expr) -> Expr:
    """Combine two operands."""
    apply = _OPERATORS[operator]
    text = f"({left.text} {operator} {right.text})"
    return Expr(text, lambda env: apply(left.value(env), right.value(env)))


def logical(left: Expr, operator: str, right: Expr) -> Expr:
    """AND and OR give one of their operands."""

    def value(env: Env) -> Any:
        first = left.value(env)
        return right.value(env) if truth(first) is (operator == "AND") else first

    return Expr(f"({left.text} {operator} {right.text})", value)


def negation(operand: Expr) -> Expr:
    """NOT."""
    return Expr(f"(NOT {operand.text})", lambda env: not truth(operand.value(env)))


def ternary(condition: Expr, yes: Expr, no: Expr) -> Expr:
    """Choose."""
    text = f"({condition.text} ? {yes.text} : {no.text})"
    return Expr(text, lambda e: (yes if truth(condition.value(e)) else no).value(e))


def array(items: Sequence[Expr]) -> Expr:
    """Make an array."""
    text = f"[{', '.join(item.text for item in items)}]"
    return Expr(text, lambda env: [item.value(env) for item in items])


def inline(subject: Expr, condition: Expr, projection: Expr) -> Expr:
    """`subject[* FILTER … RETURN …]`; both may use CURRENT."""

    def value(env: Env) -> list[Any]:
        of = subject.value(env)
        inner = [{**env, "CURRENT": item} for item in of] if isinstance(of, list) else []
        return [projection.value(e) for e in inner if truth(condition.value(e))]

    text = f"({subject.text}[* FILTER {condition.text} RETURN {projection.text}])"
    return Expr(text, value)


def subquery(clauses: Sequence[Clause], result: Expr) -> Expr:
    """Wrap a subquery; its rows in an order of their own are one value whatever their order."""

    def value(env: Env) -> list[Any]:
        rows = [env]
        for clause in clauses:
            rows = clause.rows(rows)
        return sorted((result.value(row) for row in rows), key=key)

    body = " ".join(clause.text for clause in clauses)
    return Expr(f"SORTED(({body} RETURN {result.text}))", value)


def loop(name: str, source: Expr | None) -> Clause:
    """FOR over an array, or over the collection `docs`."""

    def rows(before: list[Env]) -> list[Env]:
        return [
            {**row, name: item}
            for row in before
            for item in (row["$docs"] if source is None else source.value(row))
        ]

    return Clause(f"FOR {name} IN {'docs' if source is None else source.text}", rows)


def let(name: str, value: Expr) -> Clause:
    """LET."""
    return Clause(
        f"LET {name} = {value.text}",
        lambda rows: [{**row, name: value.value(row)} for row in rows],
    )


def condition(test: Expr) -> Clause:
    """FILTER."""
    return Clause(
        f"FILTER {test.text}", lambda rows: [row for row in rows if truth(test.value(row))]
    )


def _key_of(by: Expr) -> Callable[[Env], Any]:
    return lambda row: key(by.value(row))


def sort(keys: Sequence[tuple[Expr, bool]], limit: tuple[int, int] | None) -> Clause:
    """SORT by some keys, descending where so marked; perhaps with a LIMIT."""

    def rows(before: list[Env]) -> list[Env]:
        found = before
        for by, down in reversed(keys):
            found = sorted(found, key=_key_of(by), reverse=down)
        return found if limit is None else found[limit[0] : limit[0] + limit[1]]

    text = "SORT " + ", ".join(f"{by.text} {'DESC' if down else 'ASC'}" for by, down in keys)
    return Clause(text + ("" if limit is None else f" LIMIT {limit[0]}, {limit[1]}"), rows)


def _numbers(values: list[Any]) -> list[Any]:
    return [value for value in values if rank(value) == 2]


def _least(values: list[Any]) -> Any:
    return min((value for value in values if value is not None), key=key, default=None)


AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {
    "COUNT": len,
    "MIN": _least,
    "MAX": lambda values: max(values, key=key, default=None),
    "COUNT_DISTINCT": lambda values: len(distinct(values)),
    "SORTED_UNIQUE": lambda values: sorted(distinct(values), key=key),
}


def distinct(values: list[Any]) -> list[Any]:
    """Return the values that differ from those before them."""
    found: list[Any] = []
    for value in values:
        if all(compare(value, other) for other in found):
            found.append(value)
    return found


def collect(group: Expr, function: str, argument: Expr) -> Clause:
    """`COLLECT g = group AGGREGATE a = FUNCTION(argument)`."""

    def rows(before: list[Env]) -> list[Env]:
        groups = distinct([group.value(row) for row in before])
        made = []
        for one in groups:
            members = [row for row in before if compare(group.value(row), one) == 0]
            value = AGGREGATES[function]([argument.value(row) for row in members])
            made.append({"$docs": members[0]["$docs"], "g": one, "a": value})
        return made

    text = f"COLLECT g = {group.text} AGGREGATE a = {function}({argument.text})"
    return Clause(text, rows)


def collect_into(group: Expr, member: Expr) -> Clause:
    """`COLLECT g = group INTO a = member`, the members in an order of their own."""
    inner = collect(group, "COUNT", member)

    def _of(rows: list[Env], one: Any) -> list[Env]:
        return [row for row in rows if compare(group.value(row), one) == 0]

    def rows(before: list[Env]) -> list[Env]:
        return [
            {**row, "a": sorted(map(member.value, _of(before, row["g"])), key=key)}
            for row in inner.rows(before)
        ]

    return Clause(f"COLLECT g = {group.text} INTO i = {member.text} LET a = SORTED(i)", rows)
