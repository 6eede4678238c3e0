"""The most values a row may hold at a time: ArangoDB's limit of result registers."""

from __future__ import annotations

from hades_mcp.embedded.aql.nodes import Constant, SubqueryExpression, walk
from hades_mcp.embedded.aql.plan import CalculationNode, Subplan, Variable, produced, used
from hades_mcp.embedded.errors import ArangoError

MOST_REGISTERS = 1000
"""See "Known limitations for AQL queries" in ArangoDB's manual."""
_RESOURCE_LIMIT = 32


def check_registers(plan: Subplan, width: int) -> None:
    """Raise ArangoError 32 if more values are needed at a time than there are registers.

    A value takes its register from where it is made to where it is read last; those a subquery
    reads, and those wanted after it, keep theirs meanwhile. Constants take none.

    Args:
        plan: The optimized plan.
        width: Variables there are in all.
    """
    if width > MOST_REGISTERS:
        _check(plan, set())


def _check(plan: Subplan, kept: set[Variable]) -> None:
    needed = set(kept)
    constants = {
        node.variable
        for node in plan.nodes
        if isinstance(node, CalculationNode) and isinstance(node.value, Constant)
    }
    for node in reversed(plan.nodes):
        made = set(produced(node)) - constants
        if len(needed | made) > MOST_REGISTERS:
            raise ArangoError(
                _RESOURCE_LIMIT,
                f"AQL: too many registers ({MOST_REGISTERS}) needed for AQL query"
                " (while instantiating plan)",
            )
        needed -= made
        for part in walk(node):
            if isinstance(part, SubqueryExpression) and part.plan is not None:
                _check(part.plan, needed)
        needed |= used(node) - constants
