"""The executor: plans compiled to steps, steps run as generators over rows."""

from hades_mcp.embedded.aql.executor.execution import Execution, Statistics
from hades_mcp.embedded.aql.executor.pipeline import CompiledQuery

__all__ = ["CompiledQuery", "Execution", "Statistics"]
