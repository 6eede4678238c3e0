"""Variables assigned what no row can change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hades_mcp.embedded.aql.nodes import VariableReference, walk
from hades_mcp.embedded.aql.plan import used
from hades_mcp.embedded.aql.rules.effects import is_steady
from hades_mcp.embedded.aql.rules.substitution import substituted

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Expression
    from hades_mcp.embedded.aql.plan import Variable

_MOST = 1000  # nodes of an expression: each variable in it may stand for several others


class Constants:
    """What is known of the variables of a query before it has any row."""

    def __init__(self) -> None:
        self._values: dict[Variable, Expression] = {}
        self._sizes: dict[Variable, int] = {}

    def note(self, variable: Variable, value: Expression) -> None:
        """Note what a variable is assigned, if no row can change it."""
        fixed = self.fixed(value)
        if fixed is not None:
            self._values[variable] = fixed
            self._sizes[variable] = sum(1 for _ in walk(fixed))

    def fixed(self, value: Expression) -> Expression | None:
        """Return a value without variables; None if it depends on rows, or is far too long."""
        if not used(value) <= self._values.keys() or not is_steady(value):
            return None
        parts = (part.variable for part in walk(value) if isinstance(part, VariableReference))
        if sum(self._sizes.get(variable, 0) for variable in parts) > _MOST:
            return None
        return substituted(value, self._values)
