"""Expressions compiled to Python closures over the row of a query."""

from hades_mcp.embedded.aql.evaluation.compiler import Compiler, Evaluate, Row

__all__ = ["Compiler", "Evaluate", "Row"]
