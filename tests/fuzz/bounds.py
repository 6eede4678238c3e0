"""What must hold whatever is asked: an answer that is JSON, or an error of ArangoDB's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql import QueryOptions, execute, explain, parse
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hades_mcp.embedded.rest import Server
    from hades_mcp.embedded.storage.transaction import Transaction

SYNTAX_ERROR = 1501
LIMITS = QueryOptions(max_runtime=0.3, memory_limit=50_000_000, seed=1)


def bounded_parse(text: str) -> bool:
    """Parse a query; tell whether it could be.

    Raises:
        AssertionError: For a syntax error that does not say where.
    """
    try:
        parse(text)
    except ArangoError as error:
        _check(error)
        return False
    return True


def bounded_run(
    transaction: Transaction | None, text: str, bind_vars: Mapping[str, Any] | None = None
) -> None:
    """Run a query within limits and explain it.

    Raises:
        AssertionError: For an answer JSON cannot hold, or an error without number.
    """
    for act in (_run, explain):
        try:
            act(transaction, text, bind_vars)
        except ArangoError as error:
            _check(error)


def _run(transaction: Transaction | None, text: str, bind_vars: Mapping[str, Any] | None) -> None:
    result = execute(transaction, text, bind_vars, options=LIMITS)
    json.dumps(result.rows, allow_nan=False)
    for warning in result.warnings:
        assert warning.number > 0, warning


def _check(error: ArangoError) -> None:
    assert error.number > 0, error
    assert error.message, error.number
    if error.number == SYNTAX_ERROR:
        assert " at position " in error.message or "(while parsing)" in error.message, error


def bounded_request(server: Server, method: str, path: str, body: bytes) -> int:
    """Ask a server; return the status.

    Raises:
        AssertionError: For an answer that is not ArangoDB's, such as an error without number.
    """
    answer = server.handle(method, path, {}, {}, body)
    assert 200 <= answer.status < 600, answer
    if answer.status >= 400 and answer.body:
        told = json.loads(answer.body)
        if isinstance(told, dict):
            assert told["errorNum"] >= 0, told
            assert answer.status != 500 or told["errorNum"] != 4, told
    return answer.status
