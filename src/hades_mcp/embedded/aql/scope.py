"""What names mean while a query is planned: variables by scope, and bind parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.plan import Variable
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

REDECLARED = 1511
_PSEUDO_VARIABLES = {"$CURRENT": "CURRENT", "$NEW": "NEW", "$OLD": "OLD"}  # ArangoDB's own names
PARAMETER_MISSING, PARAMETER_UNDECLARED, PARAMETER_TYPE = 1551, 1552, 1553


def refuse(number: int, message: str) -> ArangoError:
    """Make the error of a query that can be parsed but not planned."""
    return ArangoError(number, f"AQL: {message} (while parsing)")


class Scopes:
    """The variables that can be named, innermost scope last."""

    def __init__(self) -> None:
        self._frames: list[dict[str, Variable]] = [{}]
        self._next = 1  # place 0 of a row holds the execution

    @property
    def width(self) -> int:
        """The number of places a row needs."""
        return self._next

    @property
    def level(self) -> int:
        """How many subqueries deep we are."""
        return len(self._frames) - 1

    def open(self) -> None:
        """Enter a subquery."""
        self._frames.append({})

    def close(self) -> None:
        """Leave it; its variables are gone."""
        self._frames.pop()

    def create(self, name: str = "") -> Variable:
        """Make a variable that no name leads to yet."""
        variable = Variable(self._next, name or str(self._next), user=bool(name))
        self._next += 1
        return variable

    def declare(self, name: str) -> Variable:
        """Make a variable and let its name lead to it.

        Raises:
            ArangoError: 1511 if the name is taken, here or further out.
        """
        if self.find(name) is not None:
            raise refuse(REDECLARED, f"variable '{name}' is assigned multiple times")
        return self.assign(name, self.create(name))

    def assign(self, name: str, variable: Variable) -> Variable:
        """Let a name lead to a variable, whatever it led to before (OLD, NEW, CURRENT)."""
        self._frames[-1][name] = variable
        return variable

    def find(self, name: str) -> Variable | None:
        """Return the variable of this name."""
        name = _PSEUDO_VARIABLES.get(name, name)
        for frame in reversed(self._frames):
            if name in frame:
                return frame[name]
        return None

    def restart(self, variables: Iterable[Variable]) -> None:
        """End this scope as COLLECT does: only these variables live on."""
        self._frames[-1] = {variable.name: variable for variable in variables}


class Parameters:
    """The bind parameters of one query.

    Args:
        values: As given with the query.

    Attributes:
        structural: Names whose values shaped the plan; another value needs another plan.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._used: set[str] = set()
        self.structural: set[str] = set()

    def use(self, name: str) -> None:
        """Note that the query mentions a parameter.

        Raises:
            ArangoError: 1551 if it has no value.
        """
        if name not in self._values:
            message = f"no value specified for declared bind parameter '{name}' (while parsing)"
            raise ArangoError(PARAMETER_MISSING, message)
        self._used.add(name)

    def value(self, name: str) -> Any:
        """Return a value that shapes the plan."""
        self.use(name)
        self.structural.add(name)
        return self._values[name]

    def text(self, name: str) -> str:
        """Return a name that shapes the plan, such as a collection's.

        Raises:
            ArangoError: 1553 if it is no text.
        """
        value = self.value(name)
        if not isinstance(value, str) or not value:
            raise refuse(PARAMETER_TYPE, f"bind parameter '{name}' has an invalid value or type")
        return value

    def path(self, name: str) -> None:
        """Check the value of a parameter used as attribute: text, or an array of texts.

        Raises:
            ArangoError: 1553 for anything else.
        """
        value = self.value(name)
        parts = value if isinstance(value, list) and value else [value]
        if not all(isinstance(part, str) and part for part in parts):
            raise refuse(PARAMETER_TYPE, f"bind parameter '{name}' has an invalid value or type")

    def check_all_used(self) -> None:
        """Refuse values the query never mentions.

        Raises:
            ArangoError: 1552.
        """
        for name in self._values:
            if name not in self._used:
                raise refuse(
                    PARAMETER_UNDECLARED, f"bind parameter '{name}' was not declared in the query"
                )
