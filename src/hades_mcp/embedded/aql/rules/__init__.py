"""The optimizer rules in the order they are applied."""

from hades_mcp.embedded.aql.rules.optimizer import (
    NamedRule,
    Optimization,
    Schema,
    enabled,
    optimize,
)

RULES: tuple[NamedRule, ...] = ()

__all__ = ["RULES", "NamedRule", "Optimization", "Schema", "enabled", "optimize"]
