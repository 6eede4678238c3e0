"""What an execution node becomes: a step that turns an iterator of rows into another one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

from hades_mcp.embedded.aql.evaluation import Row
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.evaluation import Evaluate
    from hades_mcp.embedded.aql.executor.execution import Execution

Step: TypeAlias = Callable[[Row, Iterator[Row]], Iterator[Row]]
"""Takes the row the plan began with (its place 0 holds the execution) and the rows so far."""

NUMBER_OUT_OF_RANGE = 1504
NO_LIMIT = 2**62 - 1
"""More rows than there can be; two of them still make a Python slice."""


def execution_of(row: Row) -> Execution:
    """Return the running query a row belongs to."""
    found: Execution = row[0]
    return found


def amount(evaluate: Evaluate | None, row: Row, absent: int = 0) -> int:
    """Return the number LIMIT was given.

    Args:
        evaluate: The expression, if there is one.
        row: What it sees.
        absent: What is meant where there is no number: ArangoDB takes `LIMIT 0, null` for no limit,
            and python-arango's `all()` and `find()` send it.

    Raises:
        ArangoError: 1504 if it is neither null nor a number from 0 on.
    """
    value: Any = None if evaluate is None else evaluate(row)
    if value is None:
        return absent
    if type(value) not in {int, float} or value < 0:
        raise ArangoError(NUMBER_OUT_OF_RANGE, "AQL: number out of range (while executing)")
    return min(int(value), NO_LIMIT)
