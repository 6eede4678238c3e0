"""TOKENS: what an Analyzer makes of text."""

from __future__ import annotations

from base64 import b64encode
from struct import pack, unpack
from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.analyzers import GEO_TYPES, Analyzer, analyze, stopping
from hades_mcp.embedded.aql.functions.registry import aql_function
from hades_mcp.embedded.errors import ArangoError
from hades_mcp.embedded.storage.analyzer_catalog import find_analyzer
from hades_mcp.embedded.values import type_name
from hades_mcp.embedded.values.stopping import paced

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.context import Context

_BAD_PARAMETER = 10
_DOUBLE = 0xA0  # IResearch's mark before the terms of doubles; the shift is added to it
_SIGN, _ALL = 1 << 63, (1 << 64) - 1


@aql_function("TOKENS", low=1, high=2)
def tokens(context: Context, value: Any, analyzer: Any = "identity") -> Any:
    """Split a text, or each text of an array, into an Analyzer's tokens.

    What is no text gives the terms it is indexed by, as base64.

    Raises:
        ArangoError: 10, for an Analyzer that is not there and for values it does not take.
    """
    if not isinstance(analyzer, str):
        raise ArangoError(
            _BAD_PARAMETER,
            f"invalid type {type_name(analyzer)} of parameter 'analyzer'"
            " while computing result for function 'TOKENS'",
        )
    found = analyzer_named(context, analyzer, "TOKENS")
    with stopping(context.check):
        return _tokens(value, found)


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


def _tokens(value: Any, analyzer: Analyzer) -> list[Any]:
    if isinstance(value, list):
        return [_tokens(item, analyzer) for item in paced(value)] if value else [[]]
    if not isinstance(value, str | dict):
        return _terms(value)
    if isinstance(value, dict) or analyzer.type in GEO_TYPES:
        raise ArangoError(
            _BAD_PARAMETER,
            f"unexpected parameter type '{type_name(value)}'"
            " while computing result for function 'TOKENS'",
        )
    made = [token.text for token in analyze(analyzer, value)]
    return [token if isinstance(token, str) else _terms(token) for token in made]


def _terms(value: float | None) -> list[str]:
    """Return the terms ArangoDB indexes a value by: a number in four precisions, 16 bits apart."""
    if value is None:
        return [""]
    if isinstance(value, bool):
        return [b64encode(b"\xff" if value else b"\0").decode()]
    (bits,) = unpack(">Q", pack(">d", value))
    bits ^= _ALL if bits >> 63 else _SIGN  # so that bytes sort as numbers do
    whole = bits.to_bytes(8, "big")
    return [
        b64encode(bytes([_DOUBLE + shift]) + whole[: 8 - shift // 8]).decode()
        for shift in range(0, 64, 16)
    ]
