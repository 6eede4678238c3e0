"""Steps that read, compute, filter, order and cut rows."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.evaluation.arithmetic import span
from hades_mcp.embedded.aql.executor.step import NO_LIMIT, amount, execution_of
from hades_mcp.embedded.aql.nodes import Binary
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values import truth, type_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.plan import (
        CalculationNode,
        EnumerateListNode,
        FilterNode,
        LimitNode,
        NoResultsNode,
        SingletonNode,
        SubqueryNode,
    )

ARRAY_EXPECTED = 1563


def singleton(_: Compiler, __: SingletonNode) -> Step:
    """Let the one row through."""
    return lambda _base, rows: rows


def no_results(_: Compiler, __: NoResultsNode) -> Step:
    """Let nothing through."""
    return lambda _base, _rows: iter(())


def enumerate_list(compiler: Compiler, node: EnumerateListNode) -> Step:
    """Make a row of each element of an array."""
    place = node.variable.id
    source = _items(compiler, node)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        check = execution_of(base).check
        for row in rows:
            for item in source(row):
                check()
                new = row.copy()
                new[place] = item
                yield new

    return step


def _items(compiler: Compiler, node: EnumerateListNode) -> Evaluate:
    source = node.source
    if isinstance(source, Binary) and source.operator == "..":
        left, right = compiler.compile(source.left), compiler.compile(source.right)
        return lambda row: span(left(row), right(row))  # need not fit into memory
    evaluate = compiler.compile(source)

    def items(row: Row) -> list[Any]:
        found: list[Any] = evaluate(row)
        if type(found) is not list:
            raise ArangoError(
                ARRAY_EXPECTED,
                "AQL: collection or array expected as operand to FOR loop; you provided a value of "
                f"type '{type_name(found)}' (while executing)",
            )
        return found

    return items


def filter_rows(compiler: Compiler, node: FilterNode, *, done: bool = False) -> Step:
    """Let rows through whose condition is true.

    Args:
        compiler: Compiles the condition.
        node: The filter.
        done: Whether the loop before it checks the condition by itself, unless it is profiled.
    """
    condition = compiler.compile(node.condition)

    def checked(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        stats = execution_of(base).stats
        for row in rows:
            value = condition(row)
            if value is True or (value is not False and truth(value)):
                yield row
            else:
                stats.filtered += 1

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        return rows if done and execution_of(base).profile is None else checked(base, rows)

    return step


def calculate(compiler: Compiler, node: CalculationNode | SubqueryNode) -> Step:
    """Set a variable in each row."""
    place, value = node.variable.id, compiler.compile(node.value)

    def step(_: Row, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            row[place] = value(row)
            yield row

    return step


def limit_rows(compiler: Compiler, node: LimitNode) -> Step:
    """Skip some rows and let some through; count them all if asked."""
    offset, count = compiler.optional(node.offset), compiler.compile(node.count)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        first, most = amount(offset, base), amount(count, base, NO_LIMIT)
        if not node.full_count:
            yield from islice(rows, first, first + most)
            return
        total = 0
        for row in rows:
            if first <= total < first + most:
                yield row
            total += 1
        execution_of(base).stats.fullCount = total

    return step
