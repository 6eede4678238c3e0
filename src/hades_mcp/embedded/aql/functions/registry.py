"""The table of AQL functions: name, number of arguments, and the Python function behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Callable

UNKNOWN_FUNCTION = 1540
ARGUMENT_COUNT = 1541
NOT_IMPLEMENTED = 9

NOT_ON_DB_SERVERS = frozenset(
    {
        "APPLY",
        "CALL",
        "COLLECTIONS",
        "COLLECTION_COUNT",
        "CURRENT_DATABASE",
        "CURRENT_USER",
        "DOCUMENT",
        "FULLTEXT",
        "NEAR",
        "SCHEMA_GET",
        "SCHEMA_VALIDATE",
        "V8",
        "VERSION",
        "WITHIN",
        "WITHIN_RECTANGLE",
    }
)
"""What only a Coordinator of a cluster may call: refused in PRUNE and in computed values."""


@dataclass(frozen=True, slots=True)
class AqlFunction:
    """One AQL function.

    Attributes:
        name: As the manual writes it.
        low: The fewest arguments it takes.
        high: The most; None for any number.
        call: Takes the context and the evaluated arguments. Must not change them: results may
            share structure with arguments.
        deterministic: False if two calls may differ; such calls are not evaluated beforehand.
        reads_data: True if it reads collections; not evaluated beforehand either.
        collection_arguments: Positions at which a bare collection name stands for its name.
    """

    name: str
    low: int
    high: int | None
    call: Callable[..., Any]
    deterministic: bool = True
    reads_data: bool = False
    collection_arguments: tuple[int, ...] = ()

    @property
    def foldable(self) -> bool:
        """Whether a call with constant arguments may be replaced by its value at compile time."""
        return self.deterministic and not self.reads_data

    def check_count(self, count: int) -> None:
        """Refuse a wrong number of arguments.

        Raises:
            ArangoError: 1541.
        """
        if count < self.low or (self.high is not None and count > self.high):
            highest = "unbounded" if self.high is None else str(self.high)
            raise ArangoError(
                ARGUMENT_COUNT,
                f"invalid number of arguments for function '{self.name}()', "
                f"expected number of arguments: minimum: {self.low}, maximum: {highest}",
            )


FUNCTIONS: dict[str, AqlFunction] = {}


def aql_function(
    *names: str,
    low: int,
    high: int | None = -1,
    deterministic: bool = True,
    reads_data: bool = False,
    collection_arguments: tuple[int, ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function under one name or several; without `high` it takes exactly `low`."""
    most = low if high == -1 else high

    def register(call: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            if name in FUNCTIONS:
                raise ValueError(f"two AQL functions named {name}")
            FUNCTIONS[name] = AqlFunction(
                name, low, most, call, deterministic, reads_data, collection_arguments
            )
        return call

    return register


def find(name: str) -> AqlFunction | None:
    """Return the function of this name, upper or lower case, or None."""
    return FUNCTIONS.get(name.upper())


def resolve(name: str) -> AqlFunction:
    """Return the function of this name.

    Raises:
        ArangoError: 1540 for an unknown one.
    """
    function = find(name)
    if function is None:
        raise ArangoError(UNKNOWN_FUNCTION, f"usage of unknown function '{name.upper()}()'")
    return function
