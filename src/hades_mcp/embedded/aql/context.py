"""What one running query carries: its clock, limits, warnings, randomness and transaction."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import chain
from random import Random
from threading import Event
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from hades_mcp.embedded.storage.transaction import Transaction

KILLED, RESOURCE_LIMIT = 1500, 32
ARGUMENT_TYPE = 1542
_SHORT, _FEW = 50, 5000

T = TypeVar("T")

WARNING_TEXTS: dict[int, str] = {
    32: "resource limit exceeded",
    10: "bad parameter",
    1504: "number out of range",
    1505: "invalid geo coordinate value",
    1542: "invalid argument type in call to function '%s()'",
    1543: "invalid regex value",
    1561: "invalid arithmetic value",
    1562: "division by zero",
    1563: "array expected",
    1572: "invalid date value",
    1582: "user function '%s()' not found",
}


@dataclass(frozen=True, slots=True)
class QueryWarning:
    """One entry of a result's `extra.warnings`: ArangoDB's error number and its text."""

    number: int
    message: str


class Context:
    """The surroundings of one query while it runs; made anew for each execution.

    Args:
        transaction: What reads and writes the collections; None for queries that use none.
        bind_vars: The values of `@name` and `@@name` parameters.
        database: The name CURRENT_DATABASE() gives.
        user: The name CURRENT_USER() gives; None where authentication is off.
        memory_limit: Bytes the query may hold, roughly; 0 for no limit.
        max_runtime: Seconds after which `check` stops the query; None for no limit.
        max_warnings: How many warnings are kept (`maxWarningCount`); later ones are dropped.
        fail_on_warning: Raise the first warning as an error (`failOnWarning`).
        seed: Makes RAND() and its kin repeatable, for tests.
    """

    __slots__ = (
        "_deadline",
        "_killed",
        "_random",
        "_seed",
        "bind_vars",
        "database",
        "fail_on_warning",
        "max_warnings",
        "memory_limit",
        "started",
        "transaction",
        "user",
        "warnings",
    )

    def __init__(
        self,
        transaction: Transaction | None = None,
        bind_vars: Mapping[str, Any] | None = None,
        *,
        database: str = "_system",
        user: str | None = None,
        memory_limit: int = 0,
        max_runtime: float | None = None,
        max_warnings: int = 10,
        fail_on_warning: bool = False,
        seed: int | None = None,
    ) -> None:
        self.transaction = transaction
        self.bind_vars: Mapping[str, Any] = bind_vars or {}
        self.database = database
        self.user = user
        self.memory_limit = memory_limit
        self.started = time.time()
        self._seed = seed
        self._random: Random | None = None
        self.warnings: list[QueryWarning] = []
        self.max_warnings = max_warnings
        self.fail_on_warning = fail_on_warning
        self._killed: Event | None = None
        self._deadline = None if max_runtime is None else time.monotonic() + max_runtime

    @property
    def random(self) -> Random:
        """What RAND() and its kin draw from; made when first asked for, as seeding takes time."""
        if self._random is None:
            self._random = Random(self._seed)  # noqa: S311  RAND() promises no cryptography
        return self._random

    @property
    def killed(self) -> Event:
        """What stops the query once it is set."""
        if self._killed is None:
            self._killed = Event()
        return self._killed

    @killed.setter
    def killed(self, event: Event) -> None:
        self._killed = event

    def warn(self, number: int, message: str = "") -> None:
        """Record a warning, or raise it as an error when the query fails on warnings.

        Raises:
            ArangoError: With this number, if `fail_on_warning` is set.
        """
        text = message or WARNING_TEXTS.get(number, "unknown error")
        if self.fail_on_warning:
            raise ArangoError(number, text)
        if len(self.warnings) < self.max_warnings:
            self.warnings.append(QueryWarning(number, text))

    def refuse(self, function: str, number: int = ARGUMENT_TYPE, result: Any = None) -> Any:
        """Warn, 1542 if not told otherwise, and give what the function returns in that case."""
        text = WARNING_TEXTS[number]
        self.warn(number, text % function if "%s" in text else text)
        return result

    def fail(self, function: str) -> NoReturn:
        """Stop the query over an argument, where ArangoDB does not leave it at a warning.

        Raises:
            ArangoError: 1542.
        """
        raise ArangoError(ARGUMENT_TYPE, WARNING_TEXTS[ARGUMENT_TYPE] % function)

    def each(self, values: list[T]) -> Iterable[T]:
        """Return the values to loop over; of many, every few thousand the query is checked."""
        if len(values) > _FEW:
            return chain.from_iterable(self._pieces(values))
        if len(values) > _SHORT:
            self.check()
        return values

    def _pieces(self, values: list[T]) -> Iterator[list[T]]:
        for start in range(0, len(values), _FEW):
            self.check()
            yield values[start : start + _FEW]

    def allow(self, size: int) -> None:
        """Refuse a value of so many bytes if the query may not hold it; ArangoError 32."""
        if size > self.memory_limit > 0:
            raise ArangoError(
                RESOURCE_LIMIT,
                "AQL: query would use more memory than allowed: its memoryLimit is"
                f" {self.memory_limit} bytes (while executing)",
            )

    def check(self) -> None:
        """Stop a query that was killed or has run too long; cheap enough for every batch of rows.

        Raises:
            ArangoError: 1500.
        """
        if self._killed is not None and self._killed.is_set():
            raise ArangoError(KILLED, "query killed", status=410)
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise ArangoError(KILLED, "query killed (due to maxRuntime)", status=410)
