"""Turns what python-arango raises into our errors: whose turn it is, and what to do next."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from arango.exceptions import ArangoClientError, ArangoServerError

from hades_mcp.errors import (
    ConfigError,
    Conflict,
    HadesError,
    LimitReached,
    NotFound,
    QueryError,
    Unavailable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

LOCKED = frozenset({18, 28, 29, 1200, 1304})
"""Lock timeout, deadlock, write-write conflict: the same call may work a moment later."""

UNUSABLE = frozenset({4, 1100, 1224})
"""Internal error, damaged file, folder not writable: no call helps."""

_PREFIX = re.compile(r"^\[HTTP \d+\](\[ERR \d+\])? ")


def translated(method: Callable[P, T]) -> Callable[P, T]:
    """Make a service's method raise only errors of our family for what a store can refuse."""

    @functools.wraps(method)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return method(*args, **kwargs)
        except (ArangoServerError, ArangoClientError, OSError) as error:
            raise refusal(error) from error

    return guarded


def refusal(error: Exception) -> HadesError:
    """Return our error for one of the driver's."""
    number = getattr(error, "error_code", None) or 0
    text = message(error)
    match number:
        case busy if busy in LOCKED:
            return Unavailable(f"The store is busy: {text}.", hint="Try again in a moment.")
        case broken if broken in UNUSABLE:
            return ConfigError(f"The store cannot be used: {text}.", hint="Run: hades doctor")
        case 1202 | 1203 | 1228 | 1924:
            return NotFound(f"Not found: {text}.", hint="Look at the schema for what is there.")
        case 1210:
            return Conflict(f"It exists already: {text}.")
        case 32:
            return LimitReached(f"The query needs too much memory: {text}.", hint="Ask for less.")
        case 401 | 11:
            return Unavailable(
                f"The store refuses us: {text}.", hint="Check the user name and password."
            )
    if number == 0 or isinstance(error, ArangoClientError | OSError):
        return Unavailable(
            f"The store does not answer: {text}.", hint="Run: hades doctor, and try again."
        )
    return QueryError(text, number=number)


def message(error: Exception) -> str:
    """Return ArangoDB's own words, without the driver's brackets."""
    text = getattr(error, "error_message", None) or _PREFIX.sub("", str(error))
    return str(text).strip().rstrip(".")
