"""AQL's functions, one module per group of the manual; importing this package registers all."""

from hades_mcp.embedded.aql.functions.registry import (
    FUNCTIONS,
    AqlFunction,
    aql_function,
    find,
    resolve,
)

__all__ = ["FUNCTIONS", "AqlFunction", "aql_function", "find", "resolve"]
