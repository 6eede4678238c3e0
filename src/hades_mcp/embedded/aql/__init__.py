"""AQL, the ArangoDB Query Language: parser, planner, optimizer and executor.

Source: ArangoDB 3.12 manual, "AQL"; grammar.y and tokens.ll of ArangoDB 3.2.2 (Apache 2.0).
"""

from hades_mcp.embedded.aql import analyzing as _analyzing  # noqa: F401  lets Analyzers run AQL
from hades_mcp.embedded.aql.computed import compile_value
from hades_mcp.embedded.aql.explaining import explain
from hades_mcp.embedded.aql.parser import parse
from hades_mcp.embedded.aql.prepared import PreparedQuery, prepare
from hades_mcp.embedded.aql.query import QueryOptions, Result, execute, modifies
from hades_mcp.embedded.aql.streaming import Stream

__all__ = [
    "PreparedQuery",
    "QueryOptions",
    "Result",
    "Stream",
    "compile_value",
    "execute",
    "explain",
    "modifies",
    "parse",
    "prepare",
]
