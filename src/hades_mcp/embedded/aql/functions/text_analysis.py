"""TOKENS: what an Analyzer makes of text; only `identity` works without stemming data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.functions.registry import NOT_IMPLEMENTED, aql_function
from hades_mcp.embedded.errors import ArangoError

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context


@aql_function("TOKENS", low=1, high=2)
def tokens(context: Context, value: Any, analyzer: Any = "identity") -> Any:
    """Split a text, or each text of an array, into an Analyzer's tokens.

    Raises:
        ArangoError: 9, for an Analyzer other than `identity`.
    """
    if not isinstance(analyzer, str):
        return context.refuse("TOKENS")
    if analyzer != "identity":
        raise ArangoError(NOT_IMPLEMENTED, f"TOKENS() has no Analyzer '{analyzer}'")
    if isinstance(value, list):
        return [tokens(context, item) for item in value]
    return [value] if isinstance(value, str) else context.refuse("TOKENS")
