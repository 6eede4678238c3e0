"""The step that puts rows in order, by keys computed once for many rows."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.executor.step import NO_LIMIT, amount, execution_of
from hades_mcp.embedded.values import descending, order_key
from hades_mcp.embedded.values.sorting import PIECE, ordered_by
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hades_mcp.embedded.aql.evaluation import Compiler, Evaluate, Row
    from hades_mcp.embedded.aql.executor.step import Step
    from hades_mcp.embedded.aql.plan import SortNode

_FEW = 2000
_NUMBERS = frozenset({int, float})


def sort_rows(compiler: Compiler, node: SortNode) -> Step:
    """Put all rows in order; equal ones keep theirs."""
    keys = [(compiler.compile(key.value), key.descending) for key in node.keys]
    count, offset = compiler.optional(node.limit), compiler.optional(node.limit_offset)

    def step(base: Row, rows: Iterator[Row]) -> Iterator[Row]:
        execution = execution_of(base)
        if count is not None:
            wanted = amount(offset, base) + amount(count, base, NO_LIMIT)
            if wanted <= PIECE:
                return iter(_first(rows, wanted, keys, execution.check))
        held = execution.gather(rows)
        return iter(ordered_by(held, _sort_keys(held, keys, execution.check), execution.check))

    return step


def _first(
    rows: Iterator[Row], wanted: int, keys: list[tuple[Evaluate, bool]], check: Callable[[], None]
) -> list[Row]:
    """Return the first rows of the order, never holding many more."""
    best: list[Row] = []
    size = max(_FEW, wanted)
    while piece := list(islice(rows, size)):
        best += piece
        best = ordered_by(best, _sort_keys(best, keys, check), check)[:wanted]
    return best


def _sort_keys(
    rows: list[Row], keys: list[tuple[Evaluate, bool]], check: Callable[[], None]
) -> list[Any]:
    """Return for each row what sorts in Python as the row does in AQL."""
    columns = [_column(rows, value, check, downwards=downwards) for value, downwards in keys]
    return columns[0] if len(columns) == 1 else list(zip(*map(paced, columns), strict=True))


def _column(
    rows: list[Row], value: Evaluate, check: Callable[[], None], *, downwards: bool
) -> list[Any]:
    values: list[Any] = []
    for start in range(0, len(rows), PIECE):
        check()
        values += map(value, rows[start : start + PIECE])
    if set(map(type, paced(values))) <= _NUMBERS:  # Python compares these as AQL does
        return [-number for number in paced(values)] if downwards else values
    codes: list[bytes] = []
    for start in range(0, len(values), PIECE):
        check()
        codes += map(order_key, values[start : start + PIECE])
    return list(map(descending, paced(codes))) if downwards else codes
