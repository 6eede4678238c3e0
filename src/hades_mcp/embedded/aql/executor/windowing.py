"""WINDOW: aggregates over the rows around each row."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.collecting import Aggregates
from hades_mcp.embedded.aql.executor.step import execution_of
from hades_mcp.embedded.aql.functions import resolve
from hades_mcp.embedded.aql.functions.arguments import is_number
from hades_mcp.embedded.aql.functions.date_calculation import duration
from hades_mcp.embedded.aql.nodes import Constant
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.executor.execution import Execution
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.plan import WindowNode

BAD_PARAMETER, INVALID_VALUE, INVALID_DATE = 10, 1561, 1572


def window(compiler: Compiler, node: WindowNode) -> Step:
    """Compile WINDOW over rows or over values."""
    assert isinstance(node.bounds, Constant)  # noqa: S101  the planner made it
    bounds: dict[str, Any] = node.bounds.value
    aggregates = Aggregates(compiler, node.aggregates)
    if node.range is None:
        before, after = bounds.get("preceding", 0), bounds.get("following", 0)
        return _over_rows(aggregates, _count(before), _count(after))
    dated = _is_dated(bounds)
    nothing = "P0D" if dated else 0
    before, after = bounds.get("preceding", nothing), bounds.get("following", nothing)
    value = compiler.compile(node.range)
    return _over_values(aggregates, value, before, after, dated=dated)


def _count(bound: Any) -> int | None:
    if isinstance(bound, str) and bound in {"unbounded", "inf"}:
        return None
    if not is_number(bound) or bound < 0:
        raise _bad('row spec is invalid; bounds must be positive integers or "unbounded"')
    return int(bound)


def _is_dated(bounds: dict[str, Any]) -> bool:
    """Tell whether the bounds of a range are durations."""
    if any(not isinstance(bound, str) and not is_number(bound) for bound in bounds.values()):
        raise _bad("range spec is invalid")
    dated = {isinstance(bound, str) for bound in bounds.values()}
    if len(dated) > 1:
        raise _bad("range spec is invalid; bounds must be of the same type")
    for name, bound in bounds.items():
        if isinstance(bound, str) and duration(bound) is None:
            raise _bad(f"range spec is invalid; '{name}' is not a valid ISO 8601 duration string")
    return dated == {True}


def _bad(message: str) -> ArangoError:
    return ArangoError(BAD_PARAMETER, f"AQL: WINDOW {message} (while optimizing plan)")


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


def _over_values(
    aggregates: Aggregates, value: Evaluate, before: Any, after: Any, *, dated: bool
) -> Step:
    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        held = []
        for row in rows:
            number = value(row)
            if is_number(number):
                held.append((number, row))
            else:
                execution.warn(INVALID_DATE if dated else INVALID_VALUE)
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
    if isinstance(bound, str):
        date = resolve(function).call(execution, number, bound)
        moved: float | None = resolve("DATE_TIMESTAMP").call(execution, date)
        return moved
    return number + sign * float(bound)
