"""Functions that choose, call, check or do nothing: control flow and what tests of engines use."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.arguments import integer, is_number
from hades_mcp.embedded.aql.functions.registry import aql_function, resolve
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values import compare, to_text, truth

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context

USER_ASSERT, USER_WARN, FAIL_CALLED = 1593, 1594, 1569
FUNCTION_NOT_FOUND, DYNAMIC_CALL = 1582, 1578
SERVER_VERSION = "3.12.10"  # the release whose behaviour this engine follows
_NAP = 0.05  # seconds between two looks at the kill flag
_NOT_CALLABLE = frozenset({"CALL", "APPLY"})


@aql_function("NOT_NULL", low=1, high=None)
def not_null(_context: Context, *values: Any) -> Any:
    """Return the first value that is not null."""
    return next((value for value in values if value is not None), None)


@aql_function("FIRST_LIST", low=1, high=None)
def first_list(_context: Context, *values: Any) -> Any:
    """Return the first value that is an array."""
    return next((value for value in values if isinstance(value, list)), None)


@aql_function("FIRST_DOCUMENT", low=1, high=None)
def first_document(_context: Context, *values: Any) -> Any:
    """Return the first value that is an object."""
    return next((value for value in values if isinstance(value, dict)), None)


@aql_function("MIN_MATCH", low=2, high=None)
def min_match(_context: Context, *arguments: Any) -> bool:
    """Tell whether at least so many conditions hold; the number comes last."""
    *conditions, least = arguments
    return sum(map(truth, conditions)) >= integer(least)


@aql_function("IN_RANGE", low=5)
def in_range(context: Context, value: Any, *limits: Any) -> Any:
    """Tell whether a value lies between two others, each included or not."""
    low, high, include_low, include_high = limits
    if not isinstance(include_low, bool) or not isinstance(include_high, bool):
        return context.refuse("IN_RANGE")
    above, below = compare(value, low), compare(value, high)
    return (above > 0 or (above == 0 and include_low)) and (
        below < 0 or (below == 0 and include_high)
    )


@aql_function("NOOPT", "V8", low=1, deterministic=False)
def noopt(_context: Context, value: Any) -> Any:
    """Return the value; keeps it from being computed at compile time."""
    return value


@aql_function("NOEVAL", "PASSTHRU", low=1)
def passthru(_context: Context, value: Any) -> Any:
    """Return the value."""
    return value


@aql_function("ASSERT", low=2, deterministic=False)
def assert_true(_context: Context, condition: Any, message: Any) -> bool:
    """Return true, or stop the query with the message.

    Raises:
        ArangoError: 1593.
    """
    if not truth(condition):
        raise ArangoError(USER_ASSERT, to_text(message))
    return True


@aql_function("WARN", low=2, deterministic=False)
def warn(context: Context, condition: Any, message: Any) -> bool:
    """Return whether a condition holds; if not, warn with the message."""
    holds = truth(condition)
    if not holds:
        context.warn(USER_WARN, to_text(message))
    return holds


@aql_function("FAIL", low=0, high=1, deterministic=False)
def fail(_context: Context, reason: Any = "") -> Any:
    """Stop the query.

    Raises:
        ArangoError: 1569.
    """
    raise ArangoError(FAIL_CALLED, f"FAIL({to_text(reason)}) called")


@aql_function("SLEEP", low=1, deterministic=False)
def sleep(context: Context, seconds: Any) -> Any:
    """Wait; a killed query stops waiting."""
    if not is_number(seconds) or seconds < 0:
        return context.refuse("SLEEP")
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        context.check()
        context.killed.wait(min(left, _NAP))
    context.check()
    return None


@aql_function("VERSION", low=0)
def version(_context: Context) -> str:
    """Return the ArangoDB release this engine follows."""
    return SERVER_VERSION


@aql_function("CURRENT_DATABASE", low=0, deterministic=False)
def current_database(context: Context) -> str:
    """Return the name of the database the query runs in."""
    return context.database


@aql_function("CURRENT_USER", low=0, deterministic=False)
def current_user(context: Context) -> str | None:
    """Return the name of the user who runs the query."""
    return context.user


@aql_function("CALL", low=1, high=None, deterministic=False, reads_data=True)
def call(context: Context, name: Any, *arguments: Any) -> Any:
    """Call a function by its name."""
    return _invoke(context, "CALL", name, list(arguments))


@aql_function("APPLY", low=1, high=2, deterministic=False, reads_data=True)
def apply(context: Context, name: Any, arguments: Any = None) -> Any:
    """Call a function by its name with an array of arguments."""
    if arguments is not None and not isinstance(arguments, list):
        return context.refuse("APPLY")
    return _invoke(context, "APPLY", name, arguments or [])


def _invoke(context: Context, caller: str, name: Any, arguments: list[Any]) -> Any:
    """Call a function found at run time.

    Raises:
        ArangoError: 1540 for an unknown name, 1582 for that of a user's function, 1542 for what is
            no name, 1578 for a function that may not be called so, 1541 for a wrong number of
            arguments.
    """
    if not isinstance(name, str):
        context.fail(caller)
    if "::" in name:
        raise ArangoError(FUNCTION_NOT_FOUND, f"user function '{name.upper()}()' not found")
    function = resolve(name)
    if function.name in _NOT_CALLABLE and not arguments:  # with arguments they may call each other
        raise ArangoError(DYNAMIC_CALL, f"disallowed dynamic call to '{function.name}'")
    function.check_count(len(arguments))
    return function.call(context, *arguments)
