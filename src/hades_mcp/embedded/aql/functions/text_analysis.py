"""TOKENS: what an Analyzer makes of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.analyzers import Analyzer, analyze
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.analyzer_catalog import find_analyzer

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context

_BAD_PARAMETER = 10


@aql_function("TOKENS", low=1, high=2, deterministic=False, reads_data=True)
def tokens(context: Context, value: Any, analyzer: Any = "identity") -> Any:
    """Split a text, or each text of an array, into an Analyzer's tokens.

    Raises:
        ArangoError: 10, for an Analyzer that is not there.
    """
    if not isinstance(analyzer, str):
        return context.refuse("TOKENS")
    return _tokens(context, value, analyzer_named(context, analyzer, "TOKENS"))


def analyzer_named(context: Context, name: str, function: str) -> Analyzer:
    """Return the Analyzer a function was given by name; 10 if there is none."""
    found = find_analyzer(context.transaction, context.database, name)
    if found is None:
        raise ArangoError(
            _BAD_PARAMETER,
            f"failure to find arangosearch analyzer with name '{name}'"
            f" while computing result for function '{function}'",
        )
    return found


def _tokens(context: Context, value: Any, analyzer: Analyzer) -> Any:
    if isinstance(value, list):
        return [_tokens(context, item, analyzer) for item in value]
    if not isinstance(value, str):
        return context.refuse("TOKENS")
    return [token.text for token in analyze(analyzer, value)]
