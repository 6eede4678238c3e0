"""Steps that read, compute, filter, order and cut rows."""

from __future__ import annotations

from heapq import nsmallest
from itertools import islice
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.evaluation.arithmetic import span
from hades_mcp.embedded.aql.executor.step import NO_LIMIT, amount, execution_of
from hades_mcp.embedded.aql.nodes import Binary
from hades_mcp.embedded.aql.ordering import PIECE, in_order
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values import descending, order_key, truth, type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.plan import (
        CalculationNode,
        EnumerateListNode,
        FilterNode,
        LimitNode,
        NoResultsNode,
        SingletonNode,
        SortNode,
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


def filter_rows(compiler: Compiler, node: FilterNode) -> Step:
    """Let rows through whose condition is true."""
    condition = compiler.compile(node.condition)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        stats = execution_of(base).stats
        for row in rows:
            value = condition(row)
            if value is True or (value is not False and truth(value)):
                yield row
            else:
                stats.filtered += 1

    return step


def calculate(compiler: Compiler, node: CalculationNode | SubqueryNode) -> Step:
    """Set a variable in each row."""
    place, value = node.variable.id, compiler.compile(node.value)

    def step(_: Row, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            row[place] = value(row)
            yield row

    return step


def sort_rows(compiler: Compiler, node: SortNode) -> Step:
    """Put all rows in order; equal ones keep theirs."""
    key = _row_key([(compiler.compile(key.value), key.descending) for key in node.keys])
    count, offset = compiler.optional(node.limit), compiler.optional(node.limit_offset)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        if count is not None:
            wanted = amount(offset, base) + amount(count, base, NO_LIMIT)
            if wanted <= PIECE:
                return iter(nsmallest(wanted, rows, key=key))
        execution = execution_of(base)
        return iter(in_order(execution.gather(rows), key, execution.check))

    return step


def _row_key(keys: list[tuple[Evaluate, bool]]) -> Callable[[Row], bytes]:
    if len(keys) == 1:
        value, downwards = keys[0]
        if downwards:
            return lambda row: descending(order_key(value(row)))
        return lambda row: order_key(value(row))

    def key(row: Row) -> bytes:
        return b"".join(
            descending(order_key(value(row))) if downwards else order_key(value(row))
            for value, downwards in keys
        )

    return key


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
