"""The AQL of computed values: one RETURN over `@doc`, which reads nothing but the document.

Source: ArangoDB manual, "Computed Value Expressions".
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.clauses import Return
from hades_mcp.embedded.aql.executor import Execution
from hades_mcp.embedded.aql.functions.registry import NOT_ON_DB_SERVERS
from hades_mcp.embedded.aql.nodes import Call, Name, Parameter, SubqueryExpression, walk
from hades_mcp.embedded.aql.parser import parse
from hades_mcp.embedded.aql.prepared import prepare
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage import computed

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.clauses import Query
    from hades_mcp.embedded.storage.records import Document

_BAD_PARAMETER = 10
_PARAMETER = "doc"
_PSEUDO_VARIABLE = "CURRENT"


@lru_cache(maxsize=256)
def compile_value(expression: str) -> Callable[[Document, bool], Any]:
    """Return what computes the value of an expression for a document.

    The function it returns takes the document and whether a warning is an error; it raises
    ArangoError with the number of what went wrong.

    Raises:
        ArangoError: 10, or what the parser raises, for an expression that may not be one.
    """
    query = parse(expression)
    _check(query)
    used = any(isinstance(node, Parameter) for node in walk(query))
    compiled = prepare(expression, {_PARAMETER: {}} if used else {}).compiled

    def compute(record: Document, fail_on_warning: bool) -> Any:  # noqa: FBT001  storage's protocol
        execution = Execution(None, {_PARAMETER: record}, fail_on_warning=fail_on_warning)
        try:
            return next(compiled.run(execution))
        except ArangoError as error:
            text = f"computed values runtime error: {error.message}"
            raise ArangoError(error.number, text) from error

    return compute


def _check(query: Query) -> None:
    if len(query.clauses) != 1 or not isinstance(query.clauses[0], Return):
        raise _bad("it must be one RETURN operation")
    if query.clauses[0].distinct:
        raise _bad("it cannot be DISTINCT")
    for node in walk(query):
        match node:
            case SubqueryExpression():
                raise _bad("it cannot contain a subquery")
            case Parameter(name=name) if name != _PARAMETER or node.collection:
                raise _bad(f"it cannot use bind parameter '{name}'")
            case Name(name=name) if name != _PSEUDO_VARIABLE:
                raise _bad(f"it cannot use '{name}'")
            case Call(name=name) if name.upper() in NOT_ON_DB_SERVERS or "::" in name:
                raise _bad(f"it cannot call function '{name}'")
            case _:
                pass


def _bad(text: str) -> ArangoError:
    return ArangoError(_BAD_PARAMETER, f"computation expression not allowed: {text}")


computed.install(compile_value)
