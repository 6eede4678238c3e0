"""OPTIONS objects: constants known before the query runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hades_mcp.embedded.aql.nodes import (
    ArrayLiteral,
    Constant,
    ObjectLiteral,
    Parameter,
    Unary,
)
from hades_mcp.embedded.aql.scope import refuse

if TYPE_CHECKING:
    from hades_mcp.embedded.aql.nodes import Expression
    from hades_mcp.embedded.aql.plan import Options
    from hades_mcp.embedded.aql.planning.planner import Planner

COMPILE_TIME_OPTIONS, UNKNOWN_OPTION = 1575, 1539

_WRITE = {
    "exclusive",
    "ignoreErrors",
    "ignoreRevs",
    "isRestore",
    "keepNull",
    "mergeObjects",
    "overwrite",
    "overwriteMode",
    "readOwnWrites",
    "refillIndexCaches",
    "skipDocumentValidation",
    "versionAttribute",
    "waitForSync",
}
_HINTS = {"disableIndex", "forceIndexHint", "indexHint", "useCache"}
_PATHS = {"algorithm", "defaultWeight", "parallelism", "useCache", "weightAttribute"}
KNOWN: dict[str, set[str]] = {
    "FOR": _HINTS | {"lookahead", "maxProjections", "waitForSync"},
    "SEARCH": {
        "collections",
        "conditionOptimization",
        "countApproximate",
        "filterOptimization",
        "noMaterialization",
        "parallelism",
        "waitForSync",
    },
    "COLLECT": {"aggregateIntoExpressionOnDBServers", "disableIndex", "method"},
    "INSERT": _WRITE,
    "UPDATE": _WRITE,
    "REPLACE": _WRITE,
    "REMOVE": _WRITE,
    "UPSERT": _WRITE | _HINTS,
    "SHORTEST_PATH": _PATHS,
    "TRAVERSAL": _PATHS
    | _HINTS
    | {
        "bfs",
        "edgeCollections",
        "maxProjections",
        "mode",
        "order",
        "uniqueEdges",
        "uniqueVertices",
        "vertexCollections",
    },
}
"""The options of each operation; ArangoDB takes all of writing in each that writes."""


def read_options(planner: Planner, node: ObjectLiteral | None, operation: str) -> Options:
    """Return the value of the OPTIONS of an operation; warn 1539 of those it does not have.

    Raises:
        ArangoError: 1575 if it holds anything but constants and parameters.
    """
    options: Options = {} if node is None else constant(planner, node)
    for name in options:
        if name not in KNOWN[operation]:
            planner.context.warn(
                UNKNOWN_OPTION,
                f"unknown/invalid OPTIONS attribute used: '{name}' in {operation}",
            )
    return options


def constant(planner: Planner, node: Expression) -> Any:
    """Return the value of an expression that must be known beforehand.

    Raises:
        ArangoError: 1575 if it is not.
    """
    match node:
        case Constant(value=value):
            return value
        case Parameter(name=name, collection=False):
            return planner.parameters.value(name)
        case ArrayLiteral(items=items):
            return [constant(planner, item) for item in items]
        case ObjectLiteral(entries=entries):
            return {
                entry.key: constant(planner, entry.value)
                for entry in entries
                if isinstance(entry.key, str) or _refuse()
            }
        case Unary(operator="-", operand=operand):
            value = constant(planner, operand)
            return -value if isinstance(value, int | float) else _refuse()
        case _:
            return _refuse()


def _refuse() -> Any:
    raise refuse(COMPILE_TIME_OPTIONS, "query options must be readable at query compile time")
