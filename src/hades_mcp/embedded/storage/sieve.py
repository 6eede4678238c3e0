"""The sieve: conditions SQLite checks on the JSON of a document, so that fewer have to be read.

What it lets through is checked again by AQL's own rules. It must never hold back a document that
satisfies them, so each condition is written as wide as SQLite's view of JSON needs: booleans are 1
and 0 there, arrays and objects are text, and a double may be read one digit off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from hades_mcp.embedded.storage.columns import Comparison, sql_path
from hades_mcp.embedded.storage.records import Document, load
from hades_mcp.embedded.storage.statements import statements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from hades_mcp.embedded.storage.session import Session

_FIRST_SPAN, _LARGEST_SPAN = 256, 50_000
_SLACK = 1e-9
_LARGE = 2.0**53
_ESCAPED = frozenset('"\\')


def sieve(comparisons: Iterable[Comparison]) -> tuple[str, list[Any]] | None:
    """Return the SQL of the conditions it can check, and their parameters; None if there are none.

    Args:
        comparisons: What a document must satisfy.
    """
    conditions: list[str] = []
    parameters: list[Any] = []
    for path, operator, value in comparisons:
        name = sql_path(path)
        if name is None:
            continue
        written = _written(path[-1], value) if operator == "==" else None
        found = _condition(operator, value)
        if written is not None:
            conditions.append("instr(body, ?) > 0")
            parameters.append(written)
        elif found is not None:
            conditions.append(found[0])
            parameters += [name, *found[1]]
    return (" AND ".join(conditions), parameters) if conditions else None


def sift(
    session: Session,
    number: int,
    conditions: tuple[str, list[Any]],
    check: Callable[[], None],
) -> Iterator[Document]:
    """Yield the documents that pass a sieve, in the order they were inserted.

    Args:
        session: A snapshot.
        number: The collection's number.
        conditions: What the sieve is made of.
        check: Called now and then; raises when the query was killed.
    """
    sql = statements(number, edge=False)
    text = f"{sql.span} AND ({conditions[0]}) ORDER BY rid"
    last = session.execute(sql.last_row).fetchone()[0] or 0
    found = (session.execute(text, (*span, *conditions[1])).fetchall() for span in _spans(last))
    # a loop must not meet what it writes
    for rows in list(found) if session.writable else found:
        check()
        for (body,) in rows:
            yield load(body)


def share(session: Session, number: int, conditions: tuple[str, list[Any]]) -> float:
    """Return which share of the first documents passes a sieve; 0 if there are none."""
    sql = (
        f"SELECT total({conditions[0]}), count(*) FROM"  # noqa: S608  a number of ours
        f" (SELECT body FROM c{number} ORDER BY rid LIMIT {_FIRST_SPAN})"
    )
    passing, all_of_them = session.execute(sql, conditions[1]).fetchone()
    return float(passing) / all_of_them if all_of_them else 0.0


def _spans(last: int) -> Iterator[tuple[int, int]]:
    """Cut the rows up to the last into spans: small ones first, so that LIMIT 1 stays cheap."""
    start, size = 0, _FIRST_SPAN
    while start < last:
        yield start, start + size
        start, size = start + size, min(4 * size, _LARGEST_SPAN)


def _written(name: str, value: Any) -> str | None:
    """Return what stands in each body in which an attribute has a value; None if that may differ.

    Bodies are what orjson wrote. To look for a text costs a third of finding an attribute.
    """
    written: float | str
    match value:
        case bool():
            return None
        case int() | float() if 0 < abs(value) < _LARGE:
            written = int(value) if value == int(value) else value  # 2 is written 2 or 2.0
        case str():
            written = value
        case _:
            return None
    try:
        return orjson.dumps({name: written}).decode()[1:-1]
    except TypeError:  # half of a surrogate pair, which no document holds
        return None


def _condition(operator: str, value: Any) -> tuple[str, list[Any]] | None:
    """Return the condition on one attribute; its path is the first parameter."""
    match operator, value:
        case "==" | "IN", list() | dict():
            return _among(value) if operator == "IN" and isinstance(value, list) else None
        case "==", _:
            return _equal(value)
        case ">" | ">=", int() | float() if _is_number(value):
            return "json_extract(body, ?) >= ?", [_low(value)]
        case "<" | "<=", int() | float() if _is_number(value):
            if value >= 1:  # null and the booleans, 0 and 1 here, sort below all numbers
                return "ifnull(json_extract(body, ?), 0) <= ?", [_high(value)]
    return None


def _is_number(value: Any) -> bool:
    return type(value) is float or (type(value) is int and abs(value) < _LARGE)


def _low(value: float) -> float:
    return value - abs(value) * _SLACK


def _high(value: float) -> float:
    return value + abs(value) * _SLACK


def _equal(value: Any) -> tuple[str, list[Any]] | None:
    if value is None:
        return "json_extract(body, ?) IS NULL", []
    if value is True or value is False:
        return "json_extract(body, ?) = ?", [int(value)]
    if _is_number(value):
        if type(value) is int:
            return "json_extract(body, ?) = ?", [value]
        return "json_extract(body, ?) BETWEEN ? AND ?", [_low(value), _high(value)]
    return None


def _among(values: list[Any]) -> tuple[str, list[Any]] | None:
    if all((type(each) is int and _is_number(each)) or _is_simple(each) for each in values):
        text = "json_extract(body, ?) IN (SELECT value FROM json_each(?))"
        return text, [orjson.dumps(values).decode()]
    return None


def _is_simple(value: Any) -> bool:
    """Tell whether JSON writes a text as it is."""
    return type(value) is str and value.isprintable() and _ESCAPED.isdisjoint(value)
