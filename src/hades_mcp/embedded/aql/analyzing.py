"""The AQL of Analyzers: queries over `@param`, which read nothing but the text they are given.

Source: ArangoDB manual, Analyzers, type `aql`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.analyzers import queries
from hades_mcp.embedded.aql.clauses import Modification, PathSearch, Traversal
from hades_mcp.embedded.aql.executor import Execution
from hades_mcp.embedded.aql.functions import find
from hades_mcp.embedded.aql.nodes import Call, Parameter, walk
from hades_mcp.embedded.aql.parser import parse
from hades_mcp.embedded.aql.prepared import prepare
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.values import to_bool, to_number, to_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from hades_mcp.embedded.aql.executor import CompiledQuery

_BAD_PARAMETER = 10
_PARAMETER = "param"
_SECONDS = 5.0  # a query that never ends must not hold the writer's lock for ever
_CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "string": to_text,
    "number": to_number,
    "bool": to_bool,
}
_FORBIDDEN = frozenset(
    {
        *("ANALYZER", "APPLY", "BM25", "BOOST", "CALL", "CURRENT_DATABASE", "CURRENT_USER"),
        *("EXISTS", "LEVENSHTEIN_MATCH", "MINHASH_MATCH", "MIN_MATCH", "NGRAM_MATCH"),
        *("OFFSET_INFO", "PHRASE", "TFIDF", "TOKENS", "V8", "VERSION"),
    }
)


class _Runner:
    """Runs the queries of Analyzers without a transaction."""

    def check(self, query: str) -> None:
        """Raise 10 for a query that is none, or that looks further than its parameter."""
        try:
            _compiled(query)
        except ArangoError as error:
            message = f"query of the analyzer not allowed: {error.message}"
            raise ArangoError(_BAD_PARAMETER, message) from error

    def run(self, query: str, text: str, memory: int) -> list[Any]:
        """Return the rows of a query; none if it fails, as ArangoDB's index then has no tokens."""
        compiled, values = _compiled(query)
        execution = Execution(
            None, dict.fromkeys(values, text), memory_limit=memory, max_runtime=_SECONDS
        )
        rows = []
        try:
            for row in compiled.run(execution):
                execution.hold(row)
                rows.append(row)
        except ArangoError:
            return []
        return rows

    def convert(self, value: Any, kind: str) -> Any:
        """Return a value as a `string`, a `number` or a `bool`."""
        return _CONVERSIONS[kind](value)


@lru_cache(maxsize=256)
def _compiled(query: str) -> tuple[CompiledQuery, tuple[str, ...]]:
    """Return a query ready to run and the names of the parameters it has: `param` or none."""
    parsed = parse(query)
    used = set()
    for node in walk(parsed):
        match node:
            case Traversal() | PathSearch() | Modification():
                raise ArangoError(_BAD_PARAMETER, "it cannot use collections or graphs")
            case Parameter(name=name) if name != _PARAMETER or node.collection:
                raise ArangoError(_BAD_PARAMETER, f"it cannot use bind parameter '{name}'")
            case Parameter(name=name):
                used.add(name)
            case Call(name=name) if _is_forbidden(name):
                raise ArangoError(_BAD_PARAMETER, f"it cannot call function '{name}'")
            case _:
                pass
    return prepare(query, dict.fromkeys(used, "")).compiled, tuple(used)


def _is_forbidden(name: str) -> bool:
    function = find(name)
    reads = function is not None and function.reads_data
    return reads or "::" in name or name.upper() in _FORBIDDEN


queries.use(_Runner())
