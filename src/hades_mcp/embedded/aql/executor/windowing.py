"""WINDOW: aggregates over the rows around each row."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.collecting import Aggregates
from hades_mcp.embedded.aql.executor.step import execution_of
from hades_mcp.embedded.aql.functions import resolve
from hades_mcp.embedded.aql.nodes import Constant
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.plan import WindowNode

BAD_PARAMETER, INVALID_VALUE = 10, 1561


def window(compiler: Compiler, node: WindowNode) -> Step:
    """Compile WINDOW over rows or over values."""
    assert isinstance(node.bounds, Constant)  # noqa: S101  the planner made it
    bounds: dict[str, Any] = node.bounds.value
    unknown = bounds.keys() - {"preceding", "following"}
    if unknown or not bounds:
        raise ArangoError(
            BAD_PARAMETER, "AQL: WINDOW needs 'preceding' or 'following' (while optimizing plan)"
        )
    aggregates = Aggregates(compiler, node.aggregates)
    before, after = bounds.get("preceding", 0), bounds.get("following", 0)
    if node.range is None:
        return _over_rows(aggregates, _count(before), _count(after))
    return _over_values(aggregates, compiler.compile(node.range), before, after)


def _count(bound: Any) -> int | None:
    if bound == "unbounded":
        return None
    if type(bound) is not int or bound < 0:
        raise ArangoError(
            BAD_PARAMETER, "AQL: WINDOW needs a number of rows from 0 on (while optimizing plan)"
        )
    return bound


def _over_rows(aggregates: Aggregates, before: int | None, after: int | None) -> Step:
    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        check, held = execution.check, execution.gather(rows)
        for position, row in enumerate(held):
            check()
            first = 0 if before is None else max(position - before, 0)
            last = len(held) if after is None else position + after + 1
            yield _result(aggregates, row, held[first:last])

    return step


def _result(aggregates: Aggregates, row: Row, around: list[Row]) -> Row:
    accumulators = aggregates.start()
    for neighbour in around:
        aggregates.add(accumulators, neighbour)
    new = row.copy()
    aggregates.store(accumulators, new)
    return new


def _over_values(aggregates: Aggregates, value: Evaluate, before: Any, after: Any) -> Step:
    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        held = []
        for row in rows:
            number = value(row)
            if type(number) in {int, float}:
                held.append((number, row))
            else:
                execution.warn(INVALID_VALUE)
                yield _result(aggregates, row, [])
        held.sort(key=lambda pair: pair[0])
        numbers = [number for number, _ in held]
        for number, row in held:
            execution.check()
            low = _moved(execution, number, before, "DATE_SUBTRACT")
            high = _moved(execution, number, after, "DATE_ADD")
            if low is None or high is None:  # no date that far
                yield _result(aggregates, row, [])
                continue
            near = held[bisect_left(numbers, low) : bisect_right(numbers, high)]
            yield _result(aggregates, row, [neighbour for _, neighbour in near])

    return step


def _moved(execution: Execution, number: float, bound: Any, function: str) -> float | None:
    """Return the end of the window that a number or an ISO 8601 duration away from a value is."""
    sign = 1 if function == "DATE_ADD" else -1
    if bound == "unbounded":
        return sign * float("inf")
    if isinstance(bound, str):
        date = resolve(function).call(execution, number, bound)
        moved: float | None = resolve("DATE_TIMESTAMP").call(execution, date)
        return moved
    return number + sign * float(bound)
